//! The only place that changes the kernel: one file a subject. Every function makes the system calls that its
//! name says and nothing else, in the order that its comment explains, and records each one with [`record`], so that a
//! box can report its calls where `ptrace(2)` is refused. Nothing here checks whether a change is allowed: that is
//! the guard's, in `actor`.

pub mod cgroup;
pub mod file;
pub mod identity;
pub mod ipc;
pub mod link;
pub mod marker;
pub mod memory;
pub mod mount;
pub mod namespace;
mod netlink;
pub mod nft;
pub mod ping;
pub mod process;
pub mod raw;
pub mod record;
pub mod socket;

use crate::model::Errno;
use std::fmt;

/// An operation that the kernel refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The operation, by the system call's name.
    pub operation: String,
    /// What it was done to.
    pub object: String,
    /// The kernel's answer.
    pub errno: Errno,
}

impl Error {
    /// An error from its parts.
    pub fn new(operation: &str, object: impl fmt::Display, errno: impl Into<Errno>) -> Self {
        Error { operation: operation.to_owned(), object: object.to_string(), errno: errno.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.object.is_empty() {
            return write!(f, "{}: {}", self.operation, self.errno);
        }
        write!(f, "{} {}: {}", self.operation, self.object, self.errno)
    }
}

impl std::error::Error for Error {}

impl From<nix::errno::Errno> for Errno {
    fn from(e: nix::errno::Errno) -> Self {
        Errno(e as i32)
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(e: rustix::io::Errno) -> Self {
        Errno(e.raw_os_error())
    }
}

/// The result of an operation.
pub type Result<T> = std::result::Result<T, Error>;
