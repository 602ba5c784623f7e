//! The terminal at which a student's lines are typed. Nobody looks at it: what is printed is taken away, so that no program has to wait for a reader, and
//! only its end is kept.

use super::typed::ACT_AT_ONCE;
use crate::model::Errno;
use crate::probe::terminal::{Device, Waiting, reader};
use crate::probe::text::shown;
use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Its size.
const SIZE: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
/// So much of what was printed last is kept, in bytes.
const KEPT: usize = 4 << 10;
/// The most that is taken away at one time, in bytes, however fast a program prints.
const MOST_AT_ONCE: usize = 1 << 20;
/// Makes the next character one of the line, whatever it does otherwise: `VLNEXT` of `termios(3)`, and `quoted-insert` of `readline(3)`.
const LITERALLY: char = '\u{16}';

/// The keys that make a terminal take this line.
pub fn keys(line: &str) -> String {
    // A shell with line editing would complete a word at a tab.
    line.replace('\t', &format!("{LITERALLY}\t"))
}

/// A terminal, and the hands at it.
pub struct Terminal {
    keyboard: File,
    /// Held open so that there is no hang-up between two programs, and to ask what is left to be read.
    other_end: File,
    /// Where a shell opens it.
    pub path: PathBuf,
    /// What is typed and does not fit in yet.
    unsent: Vec<u8>,
    printed: Vec<u8>,
    /// Who waited for input when the last line was typed.
    before: Option<Waiting>,
    /// Who waited for input at the last look.
    last: Option<Waiting>,
}

impl Terminal {
    /// Opens one.
    ///
    /// # Errors
    /// Operation and cause.
    pub fn open() -> io::Result<Self> {
        let failed =
            |what: &str, e: io::Error| io::Error::new(e.kind(), format!("{what}: {}", Errno::of(&e)));
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let master: PtyMaster = posix_openpt(flags).map_err(|e| failed("open /dev/ptmx", e.into()))?;
        grantpt(&master).map_err(|e| failed("grantpt", e.into()))?;
        unlockpt(&master).map_err(|e| failed("unlockpt", e.into()))?;
        let path = PathBuf::from(ptsname_r(&master).map_err(|e| failed("ptsname", e.into()))?);
        let open = || OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(&path);
        let other_end = open().map_err(|e| failed(&format!("open {}", path.display()), e))?;
        let keyboard = File::from(OwnedFd::from(master));
        tcsetwinsize(&keyboard, SIZE).map_err(|e| failed("ioctl TIOCSWINSZ", e.into()))?;
        let (unsent, printed) = (Vec::new(), Vec::new());
        Ok(Terminal { keyboard, other_end, path, unsent, printed, before: None, last: None })
    }

    /// Types a line and Enter. It is sent as far as it fits; [`Self::waits`] sends the rest.
    pub fn type_line(&mut self, line: &str) {
        self.unsent.extend(keys(line).bytes());
        self.unsent.push(b'\n');
        self.before.clone_from(&self.last);
        self.last = None;
        self.send();
    }

    /// Sends what somebody sent at a keyboard: the keys of a line, and Enter unless the line ended with a key that acts at once.
    pub fn send_line(&mut self, keys: &str) {
        self.unsent.extend(keys.bytes());
        if !keys.ends_with(ACT_AT_ONCE) {
            self.unsent.push(b'\r');
        }
        self.before.clone_from(&self.last);
        self.last = None;
        self.send();
    }

    fn send(&mut self) {
        while !self.unsent.is_empty() {
            match self.keyboard.write(&self.unsent) {
                Ok(n @ 1..) => drop(self.unsent.drain(..n)),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // It does not fit now, or nobody can read it any more: the deadline ends that.
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Takes away what was printed.
    pub fn drain(&mut self) {
        let mut piece = [0; 16 << 10];
        let mut taken = 0;
        while taken < MOST_AT_ONCE {
            match self.keyboard.read(&mut piece) {
                Ok(n @ 1..) => {
                    taken += n;
                    self.printed.extend_from_slice(&piece[..n]);
                    let over = self.printed.len().saturating_sub(KEPT);
                    self.printed.drain(..over);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Whether everything that was typed has been read, and a program below this shell waits for more. It must be the same one at two looks.
    pub fn waits(&mut self, shell: i32) -> bool {
        self.send();
        let now = self.waiting(shell);
        let stays = now.is_some() && now == self.last && now != self.before;
        self.last = now;
        stays
    }

    /// The end of what was printed, what was typed among it.
    pub fn printed(&self) -> String {
        shown(&self.printed)
    }

    fn waiting(&self, shell: i32) -> Option<Waiting> {
        let left = rustix::io::ioctl_fionread(&self.other_end).ok()?;
        if left > 0 || !self.unsent.is_empty() {
            return None;
        }
        let modes = tcgetattr(self.other_end.as_fd()).ok()?.local_modes;
        let file = rustix::fs::fstat(&self.other_end).ok()?;
        reader(Path::new("/proc"), shell, Device::new(&file, modes.contains(LocalModes::ICANON)))
    }
}
