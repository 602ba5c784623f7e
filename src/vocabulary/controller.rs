//! The controllers of cgroups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cgroup controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Controller {
    Cpu,
    Memory,
    Pids,
    Cpuset,
    Io,
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
