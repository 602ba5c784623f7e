//! The frames that a box captures while a step is made.

use super::execute::Failure;
use super::guard::Guard;
use crate::kernel::Error;
use crate::model::{Errno, Reading};
use crate::probe::View;
use crate::probe::capture::Capture;
use crate::vocabulary::Reader;
use crate::vocabulary::reader::Frames;
use std::os::fd::{AsFd, BorrowedFd};

/// As errors name it.
const OBJECT: &str = "AF_PACKET";

/// A box's capture.
#[derive(Default)]
pub(super) enum Captured {
    /// It has not begun any.
    #[default]
    Never,
    /// It goes on.
    Since(Capture),
    /// It could not be made.
    Not(Error),
}

fn failed(operation: &'static str, e: &std::io::Error) -> Error {
    Error::new(operation, OBJECT, Errno::of(e))
}

impl Captured {
    /// Begins a capture in place of an earlier one, in a network namespace that is not the host's.
    ///
    /// # Errors
    /// When the guard or the kernel refuses.
    pub fn begin(&mut self, guard: &Guard) -> Result<(), Failure> {
        if let Err(why) = guard.may_capture() {
            let object = format!("{OBJECT} in the host's network namespace");
            *self = Captured::Not(Error::new("socket", object, Errno(libc::EPERM)));
            return Err(Failure::Refused(why));
        }
        *self = Capture::begin().map_or_else(|e| Captured::Not(failed("socket", &e)), Captured::Since);
        Ok(())
    }

    /// What can be read when frames have come.
    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Captured::Since(capture) => Some(capture.as_fd()),
            Captured::Never | Captured::Not(_) => None,
        }
    }

    /// Takes in what has come, before the socket has no room for more.
    pub fn take_in(&mut self) {
        if let Captured::Since(capture) = self
            && let Err(e) = capture.take_in()
        {
            *self = Captured::Not(failed("recvmsg", &e));
        }
    }

    /// The frames so far.
    pub fn read(&mut self, asked: &Frames, view: &View) -> Reading {
        match self {
            Captured::Never => Reading::NotMeasured,
            Captured::Not(e) => Reading::Unread { errno: e.errno, what: e.to_string() },
            Captured::Since(capture) => {
                let place = crate::probe::place(&Reader::Frames(asked.clone()), view);
                Reading::from_io(&format!("read {place}"), capture.read(asked))
            }
        }
    }
}
