//! The lab's end of a shell's terminal (`pty(7)`).

use super::message::Message;
use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, sync_channel};

/// So many pieces of output may wait to be shown.
const PIECES: usize = 8;

/// A terminal for a shell.
pub struct Pty {
    master: File,
    /// Held open until the shell has it, or reading would end before it began.
    slave: Option<File>,
    /// A word for every piece of output that was shown: so far behind, and no further, the screen may be.
    shown: Receiver<()>,
    /// Where the shell opens it.
    pub path: PathBuf,
}

impl Pty {
    /// Opens one of this size under this number, and sends what is printed on it from then on.
    ///
    /// # Errors
    /// Operation and cause.
    pub fn open(number: u32, size: (u16, u16), to: Sender<Message>) -> io::Result<Self> {
        let master: PtyMaster = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = PathBuf::from(ptsname_r(&master)?);
        let slave = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(&path)?;
        let master = File::from(OwnedFd::from(master));
        let mut reader = master.try_clone()?;
        let (ahead, shown) = sync_channel(PIECES);
        let pty = Pty { master, slave: Some(slave), shown, path };
        pty.resize(size)?;
        std::thread::Builder::new().name("shell".to_owned()).spawn(move || {
            let mut bytes = [0; 8192];
            // EIO: the last process has closed its end.
            // A program that prints faster than people see must wait, or what was typed would be read after all of it.
            while ahead.send(()).is_ok() {
                let Ok(n @ 1..) = reader.read(&mut bytes) else { break };
                if to.send(Message::ShellOutput(number, bytes[..n].to_vec())).is_err() {
                    return;
                }
            }
            let _ = to.send(Message::ShellClosed(number));
        })?;
        Ok(pty)
    }

    /// Whether the shell has not opened it yet.
    pub fn awaits_shell(&self) -> bool {
        self.slave.is_some()
    }

    /// The shell has it open: from now on its end is the end.
    pub fn handed_over(&mut self) {
        self.slave = None;
    }

    /// A piece of output has been shown.
    pub fn took(&self) {
        let _ = self.shown.try_recv();
    }

    /// Types.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.master.write_all(bytes)
    }

    /// Sets its size; the kernel tells the shell (`SIGWINCH`).
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn resize(&self, (columns, rows): (u16, u16)) -> io::Result<()> {
        let size = rustix::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(self.master.as_fd(), size).map_err(io::Error::from)
    }
}
