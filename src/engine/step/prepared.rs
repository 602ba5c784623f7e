//! What is kept of a step that is prepared and waits.

use crate::events::{ActionRecord, ReadoutRecord, Verdict};
use crate::model::Reading;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is given is made, and what the step reads has been read.
pub struct Prepared {
    /// What was read.
    pub before: BTreeMap<String, Reading>,
    /// The same as it was told.
    pub rows: Vec<ReadoutRecord>,
    /// What is given.
    pub actions: Vec<ActionRecord>,
    /// What was judged of that.
    pub verdicts: Vec<Verdict>,
    /// How long it took.
    pub spent: Duration,
    /// Who lived then: names, and numbers on the host.
    pub living: BTreeSet<(String, i32)>,
}
