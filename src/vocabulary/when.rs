//! On which machines a part of a lesson applies.

use super::scalar::Version;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// On which machines something applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Only with this cgroup version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Version>,
    /// Only when started by `root`, or by an ordinary user (`rootless`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<Rights>,
}

/// Who runs the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Rights {
    Root,
    Rootless,
}

impl Rights {
    /// The word for it in lessons and reports.
    pub fn name(self) -> &'static str {
        match self {
            Rights::Root => "root",
            Rights::Rootless => "rootless",
        }
    }
}
