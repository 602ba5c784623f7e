//! A shell on a pseudo-terminal, and somebody who types into it or pastes.

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The shell's prompts: nothing else prints them.
pub const PROMPT: &str = "@#1 ";
pub const MORE: &str = "@#2 ";
/// A line of commands takes no longer.
const LINE: Duration = Duration::from_secs(90);
/// After a prompt nothing more comes within this time, but from the background.
const QUIET: Duration = Duration::from_millis(400);
/// How often a shell is told to end: some lessons start one within another.
const SHELLS: usize = 5;

/// Into which shell, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    TypedIntoBash,
    PastedIntoBash,
    TypedIntoSh,
    PastedIntoSh,
}

impl Way {
    pub const ALL: [Way; 4] = [Way::TypedIntoBash, Way::PastedIntoBash, Way::TypedIntoSh, Way::PastedIntoSh];

    pub fn name(self) -> &'static str {
        match self {
            Way::TypedIntoBash => "typed into bash",
            Way::PastedIntoBash => "pasted into bash",
            Way::TypedIntoSh => "typed into sh",
            Way::PastedIntoSh => "pasted into sh",
        }
    }

    pub fn shell(self) -> &'static [&'static str] {
        match self {
            Way::TypedIntoBash | Way::PastedIntoBash => &["bash", "--norc", "--noprofile", "-i"],
            Way::TypedIntoSh | Way::PastedIntoSh => &["sh", "-i"],
        }
    }
}

pub struct Session {
    master: PtyMaster,
    way: Way,
    /// All that the terminal got.
    seen: Vec<u8>,
    closed: bool,
}

impl Session {
    /// A terminal, and the end of it that a shell gets.
    pub fn open(way: Way) -> (Self, File) {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a terminal");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        // No line of a lesson is folded.
        let size = Winsize { ws_row: 50, ws_col: 500, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("a size");
        let path = ptsname_r(&master).expect("a name");
        let slave = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(path);
        (Session { master, way, seen: Vec::new(), closed: false }, slave.expect("the terminal's other end"))
    }

    /// Takes what comes within this time; whether anything did.
    fn read(&mut self, at_most: Duration) -> bool {
        if self.closed {
            std::thread::sleep(at_most.min(Duration::from_millis(10)));
            return false;
        }
        let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout).unwrap_or(0) == 0 {
            return false;
        }
        let mut part = [0; 16384];
        match self.master.read(&mut part) {
            Ok(n) if n > 0 => self.seen.extend_from_slice(&part[..n]),
            _ => self.closed = true,
        }
        !self.closed
    }

    fn prompts(&self, from: usize) -> usize {
        let text = plain(&self.seen[from..]);
        text.matches(PROMPT).count() + text.matches(MORE).count()
    }

    /// Waits for so many prompts since a place, and until nothing more comes; whether they came in time.
    fn settle(&mut self, from: usize, prompts: usize) -> bool {
        let until = Instant::now() + LINE;
        while self.prompts(from) < prompts {
            if self.closed || Instant::now() > until {
                return false;
            }
            self.read(Duration::from_millis(100));
        }
        let until = Instant::now() + LINE;
        while self.read(QUIET) && Instant::now() < until {}
        true
    }

    /// # Errors
    /// What the terminal showed instead.
    pub fn wait_for_prompt(&mut self) -> Result<(), String> {
        if self.settle(0, 1) { Ok(()) } else { Err(plain(&self.seen)) }
    }

    fn write(&mut self, bytes: &[u8]) {
        // A shell that has ended does not read; what is missing then shows.
        let _ = self.master.write_all(bytes);
    }

    /// Enters a block; what appeared, without what was typed, and whether the shell asks for more.
    pub fn enter(&mut self, block: &str) -> (String, bool) {
        let mut shown = Vec::new();
        let ended = match self.way {
            Way::TypedIntoBash | Way::TypedIntoSh => {
                let from = self.seen.len();
                let ended = self.type_lines(block);
                shown.extend_from_slice(&self.seen[from..]);
                ended
            }
            // A block with an empty line in it is pasted in pieces.
            Way::PastedIntoBash | Way::PastedIntoSh => pieces(block).into_iter().all(|piece| {
                let (from, ended) = self.paste(&piece);
                shown.extend_from_slice(&self.seen[from..]);
                ended
            }),
        };
        (without(&plain(&shown), block), ended)
    }

    fn type_lines(&mut self, block: &str) -> bool {
        block.lines().all(|line| {
            let from = self.seen.len();
            self.write(format!("{line}\r").as_bytes());
            self.settle(from, 1)
        })
    }

    /// Where in all that was seen the output begins, and whether the shell asks for more.
    fn paste(&mut self, piece: &str) -> (usize, bool) {
        let from = self.seen.len();
        let lines = piece.lines().count();
        if self.brackets() {
            // As terminals do it: line ends become carriage returns, and Enter comes from the person.
            let text = piece.trim_end().replace('\n', "\r");
            self.write(format!("\x1b[200~{text}\x1b[201~").as_bytes());
            // What the shell shows of it is drawn and drawn again.
            while self.read(QUIET) {}
            let from = self.seen.len();
            self.write(b"\r");
            return (from, self.settle(from, 1));
        }
        self.write(piece.replace('\n', "\r").as_bytes());
        (from, self.settle(from, lines))
    }

    /// Whether the program in the foreground has asked for brackets around what is pasted.
    fn brackets(&self) -> bool {
        let text = String::from_utf8_lossy(&self.seen);
        let (on, off) = (text.rfind("\x1b[?2004h"), text.rfind("\x1b[?2004l"));
        on > off
    }

    /// Ends the shell and those within it, until this file is there.
    pub fn leave(&mut self, ended: &Path) {
        for _ in 0..SHELLS {
            self.write(b"exit\r");
            let until = Instant::now() + Duration::from_secs(3);
            while Instant::now() < until {
                if ended.exists() {
                    return;
                }
                self.read(Duration::from_millis(50));
            }
        }
    }
}

/// A block in the pieces between its empty lines.
fn pieces(block: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for line in block.lines() {
        match pieces.last_mut() {
            Some(last) if !line.trim().is_empty() => last.extend([line, "\n"]),
            _ => pieces.push(String::new()),
        }
    }
    pieces.retain(|p| !p.is_empty());
    pieces
}

/// What a terminal got, without its controls.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' => match letters.next() {
                Some('[') => while letters.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                Some(']') => while letters.next().is_some_and(|c| c != '\x07') {},
                _ => {}
            },
            '\r' | '\x07' => {}
            '\x08' => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// What was printed: no prompts, and no line of the block, which the terminal has echoed.
fn without(seen: &str, block: &str) -> String {
    let typed: Vec<&str> = block.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let text = seen.replace(PROMPT, "\n").replace(MORE, "\n");
    let printed = text.lines().filter(|l| !l.trim().is_empty() && !typed.contains(&l.trim()));
    printed.flat_map(|l| [l, "\n"]).collect()
}

#[test]
fn what_is_typed_is_told_from_what_is_printed() {
    let seen = "@#1 \x1b[?2004hhostname bird; hostname\r\n\x1b[?2004l\rbird\r\n@#1 I am 1\r\n@#2 ";
    assert_eq!(without(&plain(seen.as_bytes()), "hostname bird; hostname\n"), "bird\nI am 1\n");
    assert_eq!(pieces("a\nb\n\nc\n\n"), ["a\nb\n", "c\n"]);
}
