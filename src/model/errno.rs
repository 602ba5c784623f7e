//! Error numbers (`errno(3)`). The names are those of [`nix::errno::Errno`].

use serde::{Deserialize, Serialize};
use std::fmt;

/// The highest number that a kernel returns with a name (`asm-generic/errno.h`).
const LAST: i32 = libc::EHWPOISON;

/// A kernel error number. Shown and compared by its symbolic name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Errno(pub i32);

impl Errno {
    /// The error behind an `io::Error`; `EIO` where the library made the error up by itself.
    pub fn of(error: &std::io::Error) -> Self {
        Errno(error.raw_os_error().unwrap_or(match error.kind() {
            std::io::ErrorKind::NotFound => libc::ENOENT,
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => libc::EINVAL,
            std::io::ErrorKind::TimedOut => libc::ETIMEDOUT,
            _ => libc::EIO,
        }))
    }

    /// The number of a symbolic name such as `EPERM`.
    pub fn named(name: &str) -> Option<Self> {
        (1..=LAST).map(Errno).find(|e| e.name().as_deref() == Some(name))
    }

    /// Every symbolic name.
    pub fn names() -> impl Iterator<Item = String> {
        (1..=LAST).filter_map(|number| Errno(number).name())
    }

    fn name(self) -> Option<String> {
        match nix::errno::Errno::from_raw(self.0) {
            nix::errno::Errno::UnknownErrno => None,
            known => Some(format!("{known:?}")),
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(&name),
            None => write!(f, "E#{}", self.0),
        }
    }
}

impl From<Errno> for String {
    fn from(e: Errno) -> String {
        e.to_string()
    }
}

impl TryFrom<String> for Errno {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        if let Some(number) = s.strip_prefix("E#") {
            return number.parse().map(Errno).map_err(|_| format!("`{s}` is not an errno"));
        }
        Errno::named(&s).ok_or_else(|| {
            format!("`{s}` is not the name of an error\nwrite a name of errno(3), such as EPERM")
        })
    }
}
