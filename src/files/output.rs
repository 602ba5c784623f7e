//! A file that a person has named for a report: whatever kind of file it is, the program must not wait for it for ever.

use super::rights::as_person;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// How long a pipe's reader, or a person at a terminal, may pause, in milliseconds.
const PATIENCE: u16 = 30_000;

/// A regular file, a terminal, another character device or a pipe, open for writing.
#[derive(Debug)]
pub struct Output(File);

impl Output {
    /// Makes a file, or empties the existing one. Does not wait for the reader of a named pipe.
    ///
    /// # Errors
    /// The error of `open(2)`; a sentence if nobody reads a named pipe, or if it is not a file, terminal or pipe.
    pub fn create(path: &Path) -> io::Result<Self> {
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let open = || {
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .custom_flags(flags.bits().cast_signed())
                .open(path)
        };
        let file = as_person(open).map_err(|e| match e.raw_os_error() {
            // open(2): a named pipe that no process has open for reading; or a socket.
            Some(libc::ENXIO) => refused("it is a named pipe that nobody reads, or a socket"),
            _ => e,
        })?;
        let kind = file.metadata()?.file_type();
        if kind.is_file() || kind.is_fifo() || kind.is_char_device() {
            Ok(Output(file))
        } else {
            Err(refused("it is neither a regular file nor a pipe nor a terminal"))
        }
    }

    fn wait(&self) -> io::Result<()> {
        let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLOUT)];
        match poll(&mut polled, PollTimeout::from(PATIENCE))? {
            0 => Err(io::Error::new(ErrorKind::TimedOut, "nobody has read from it for 30 s")),
            _ => Ok(()),
        }
    }
}

fn refused(text: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, text)
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => self.wait()?,
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
