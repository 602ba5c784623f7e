//! Changes of a cgroup tree as data: planned where the machine is read, made by the kernel layer, and known before
//! they are made.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One change. A list of them is made in its order and stops at the first that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// `mkdir(2)`.
    Mkdir(PathBuf),
    /// Writes a control file.
    Write {
        /// The file.
        file: PathBuf,
        /// The whole text, written in one call.
        text: String,
    },
    /// Writes a control file that some kernels do not have; without it nothing is done.
    WriteIfThere {
        /// The file.
        file: PathBuf,
        /// The whole text, written in one call.
        text: String,
    },
    /// Writes what another control file says (v1's `cpuset.cpus` and `cpuset.mems`, which are born empty).
    Copy {
        /// The file that is read.
        from: PathBuf,
        /// The file that is written.
        to: PathBuf,
    },
    /// `chown(2)`.
    Chown {
        /// The file or directory.
        path: PathBuf,
        /// Its new owner, as the host counts.
        uid: u32,
        /// Its new group, as the host counts.
        gid: u32,
    },
}

impl Change {
    /// A [`Change::Write`].
    pub fn write(file: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Change::Write { file: file.into(), text: text.into() }
    }
}
