//! The machine around a refusal.

use crate::probe::cgroup::Blocked;
use crate::probe::mountinfo::{self, Mount};
use std::path::{Path, PathBuf};

/// Where to look for a cause.
pub struct Surroundings<'a> {
    /// The directory that contains `proc`: `/`, or a sample tree.
    pub root: &'a Path,
    /// The user's id.
    pub uid: u32,
    /// The kernel's release.
    pub kernel: &'a str,
    /// The lab's own cgroup in the hierarchy that counts processes, and where that is mounted.
    pub pids: Option<(PathBuf, PathBuf)>,
}

impl Surroundings<'_> {
    pub(super) fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok().map(|t| t.trim().to_owned())
    }

    pub(super) fn sysctl(&self, name: &str) -> Option<i64> {
        self.read(&format!("proc/sys/{name}"))?.parse().ok()
    }

    /// A command to be run as root.
    pub(super) fn as_root(&self, command: &str) -> String {
        if self.uid == 0 { command.to_owned() } else { format!("sudo {command}") }
    }

    pub(super) fn mounts(&self) -> Vec<Mount> {
        mountinfo::read(&self.root.join("proc/self")).unwrap_or_default()
    }
}

/// A cause and its remedy.
pub(super) fn blocked(reason: impl Into<String>, remedy: impl Into<String>) -> Blocked {
    Blocked { reason: reason.into(), remedy: remedy.into() }
}
