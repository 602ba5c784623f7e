//! Keys, without a screen: each counts when it is pressed, and is not shown. Ctrl-C stays a signal.

use crate::model::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::io::read;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal, stdin};
use std::os::fd::AsFd;

/// Ctrl-D, the end of what is typed.
const END: u8 = 4;

/// What a wait has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// Nothing that means something.
    Nothing,
    /// `q`, or Ctrl-D.
    Quit,
    /// The terminal is gone.
    HungUp,
}

/// Standard input, until this is dropped.
pub struct Keys {
    /// How the terminal was; nothing where there is none.
    before: Option<Termios>,
    /// Whether there can be more to read.
    open: bool,
}

impl Keys {
    /// Reads single keys from now on, where standard input is a terminal.
    pub fn open() -> Self {
        let terminal = std::io::stdin().is_terminal();
        let before = if terminal { tcgetattr(stdin()).ok() } else { None };
        if let Some(before) = &before {
            let mut modes = before.clone();
            modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            let _ = tcsetattr(stdin(), OptionalActions::Now, &modes);
        }
        Keys { before, open: true }
    }

    /// Waits for a key, at most this many milliseconds. A signal ends the wait.
    pub fn wait(&mut self, at_most_ms: u8) -> Pressed {
        let input = stdin();
        let mut polled = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        let polled = if self.open { &mut polled[..] } else { &mut [] };
        match poll(polled, PollTimeout::from(at_most_ms)) {
            Ok(some) if some > 0 => self.read(),
            _ => Pressed::Nothing,
        }
    }

    fn read(&mut self) -> Pressed {
        let mut keys = [0; 64];
        match read(stdin(), &mut keys) {
            Ok(0) if self.before.is_some() => Pressed::HungUp,
            Ok(0) => {
                self.open = false;
                Pressed::Nothing
            }
            Ok(some) if keys[..some].iter().any(|key| matches!(key, b'q' | b'Q' | &END)) => Pressed::Quit,
            Err(e) if Errno(e.raw_os_error()) == Errno(libc::EIO) => Pressed::HungUp,
            Ok(_) | Err(_) => Pressed::Nothing,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}
