//! Judgements on expectations.

use serde::{Deserialize, Serialize};

/// The word of a verdict, of a step or of a lesson. Only [`Status::Passed`] counts as passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// What was expected was read.
    Passed,
    /// Something else was read, or nothing.
    Failed,
    /// This kernel, these rights or this load do not allow it; found by a probe.
    Blocked {
        /// The exact cause.
        reason: String,
        /// The command or change that lifts it.
        remedy: String,
    },
    /// The lesson says that this belongs to another kind of machine (`when`).
    NotHere,
    /// An earlier step failed or was blocked, or the run was cancelled.
    NotRun,
}

impl Status {
    /// The word as it is printed.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Blocked { .. } => "blocked",
            Status::NotHere => "not here",
            Status::NotRun => "not run",
        }
    }
}

/// What became of one expectation, or of one action's declared outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The id of the readout, or `call` for an action's outcome.
    pub subject: String,
    /// The expectation in words, e.g. `box-name is bird`.
    pub claim: String,
    /// The judgement.
    pub status: Status,
    /// What would have passed.
    pub expected: String,
    /// What was read or returned.
    pub actual: String,
    /// Where it was read: viewpoint and path, or the box and its call.
    pub source: String,
}
