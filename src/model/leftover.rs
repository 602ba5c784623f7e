//! What of a run could not be undone.

use super::Errno;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Something of a run that could not be undone. [`crate::present`] has the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leftover {
    /// A process that lives on after `SIGKILL`.
    Process {
        /// Its number in the PID namespace of the lab.
        pid: i32,
    },
    /// A file or a directory.
    Path {
        /// Where it is.
        path: PathBuf,
        /// Why it is still there.
        cause: NotRemoved,
    },
    /// A ledger that could not be read, with everything that is listed there.
    Ledger {
        /// Where it is.
        path: PathBuf,
        /// The kernel's answer.
        errno: Errno,
    },
}

/// Why a path is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotRemoved {
    /// The kernel refused to remove it.
    Refused(Errno),
    /// The kernel refused to remove something in it.
    Entries {
        /// How many entries, without the directories around them.
        count: usize,
        /// The name of the first one, shortened and escaped.
        first: String,
        /// The kernel's answer for that one.
        errno: Errno,
    },
    /// Somebody moved a directory in it during the removal.
    Moved,
}
