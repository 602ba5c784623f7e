//! What a trial that did not succeed says.

use crate::model::Errno;
use std::fmt;
use std::time::Duration;

/// A trial ends by itself; one that hangs is killed after so long: 10 s.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// The result when a trial did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The kernel's error.
    Errno(Errno),
    /// The process was killed by this signal in the middle of it.
    Killed(i32),
    /// Nothing within the deadline.
    Late,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Answer::Errno(errno) => write!(f, "{errno}"),
            Answer::Killed(number) => match nix::sys::signal::Signal::try_from(*number) {
                Ok(signal) => write!(f, "killed by {}", signal.as_str()),
                Err(_) => write!(f, "killed by signal {number}"),
            },
            Answer::Late => write!(f, "no answer in {} s", DEADLINE.as_secs()),
        }
    }
}

/// The operation that failed, and the kernel's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The system call's name.
    pub operation: String,
    /// The object of the call; for `unshare` and `clone` the flags.
    pub object: String,
    /// The answer.
    pub answer: Answer,
}

impl Refusal {
    /// The error, if the kernel returned one.
    pub fn errno(&self) -> Option<i32> {
        match self.answer {
            Answer::Errno(errno) => Some(errno.0),
            Answer::Killed(_) | Answer::Late => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}: {}", self.operation, self.object, self.answer)
    }
}
