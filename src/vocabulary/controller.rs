//! The controllers of cgroups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cgroup controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Controller {
    /// Quota and weight of CPU time.
    Cpu,
    /// Limits and counts of memory.
    Memory,
    /// The number of processes.
    Pids,
    /// Which CPUs and memory nodes are used.
    Cpuset,
    /// Disks.
    Io,
    /// `cgroup.freeze`; a controller only in v1.
    Freezer,
}

impl Controller {
    /// Its name in cgroup v2.
    pub fn name(self) -> &'static str {
        match self {
            Controller::Cpu => "cpu",
            Controller::Memory => "memory",
            Controller::Pids => "pids",
            Controller::Cpuset => "cpuset",
            Controller::Io => "io",
            Controller::Freezer => "freezer",
        }
    }
}
