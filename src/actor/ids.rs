//! The ids of a run that root starts.

use serde::{Deserialize, Serialize};

/// A range of ids: the first one on the host, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange {
    /// The host's id of the run's root.
    pub first: u32,
    /// How many ids.
    pub count: u32,
}

impl IdRange {
    /// Whether the range contains this id.
    pub fn contains(&self, id: u32) -> bool {
        id.checked_sub(self.first).is_some_and(|offset| offset < self.count)
    }
}
