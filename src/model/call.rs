//! What really happened: system calls.

use super::errno::Errno;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who says that a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The kernel, by `ptrace(2)`.
    Kernel,
    /// The box that made it; used where tracing is refused, and always labelled.
    Box,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It returned this value.
    Returned(i64),
    /// It failed.
    Failed(Errno),
    /// The process ended, or was let go, inside the call.
    Unfinished,
}

/// One system call as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Process number in the host's PID namespace.
    pub pid: i32,
    /// Name without prefix, as in section 2 of the manual.
    pub name: String,
    /// Arguments, decoded as `strace(1)` does.
    pub args: Vec<String>,
    /// Return value or error.
    pub outcome: Outcome,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}({}) = ", self.name, self.args.join(", "))?;
        match self.outcome {
            Outcome::Returned(v) => write!(f, "{v}"),
            Outcome::Failed(e) => write!(f, "-1 {e}"),
            Outcome::Unfinished => f.write_str("?"),
        }
    }
}
