//! What a reader must know of the run in order to read for it: who is who, and where things lie.

use super::cgroup::Group;
use super::text;
use crate::model::Process;
use crate::vocabulary::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The run as a reader sees it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct View {
    /// Host process numbers of the boxes and workloads that live.
    pub pids: BTreeMap<String, i32>,
    /// How those ended that do not.
    pub ended: BTreeMap<String, Process>,
    /// The run's own directory for files.
    pub workspace: PathBuf,
    /// Bytes that workloads said they have taken.
    pub announced: BTreeMap<String, u64>,
    /// How forks of workloads ended, as those said: children, and calls that failed.
    pub forked: BTreeMap<String, (u32, u32)>,
    /// What programs printed, by the box that ran them.
    pub output: BTreeMap<String, String>,
    /// How they ended.
    pub exit_statuses: BTreeMap<String, Process>,
    /// The lesson's cgroups on this machine, made or not.
    pub groups: BTreeMap<String, Group>,
    /// A person's processes are in the place of boxes: what they have mounted over a procfs is not taken for it.
    pub distrusts_mounts: bool,
    /// Cgroup version for texts that differ.
    pub version: Option<Version>,
}

impl View {
    /// A path of the lesson as a path for the reader: absolute ones are below its root, those with a leading `.` below its
    /// working directory, all others in the workspace.
    pub fn resolve(&self, path: &str) -> PathBuf {
        let full = if path.starts_with('/') || path.starts_with('.') {
            PathBuf::from(path)
        } else {
            self.workspace.join(path)
        };
        // Without a trailing `/` or `/.`, with which the kernel follows a link at the end in spite of O_NOFOLLOW (path_resolution(7)).
        full.components().collect()
    }

    /// A real path as the lesson would write it.
    pub fn shorten(&self, path: &Path) -> String {
        match path.strip_prefix(&self.workspace) {
            Ok(below) if below != Path::new("") => text::name(below),
            _ => text::name(path),
        }
    }

    /// The box or workload with this host process number.
    pub fn name_of(&self, pid: i32) -> Option<&str> {
        self.pids.iter().find(|(_, p)| **p == pid).map(|(n, _)| n.as_str())
    }
}
