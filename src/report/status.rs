//! The overall status of a run.

use crate::events::{LessonRecord, Status};
use serde::Serialize;
use std::fmt;

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[allow(missing_docs)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub blocked: usize,
    pub not_here: usize,
    pub not_run: usize,
}

impl Counts {
    /// Counts judgements.
    pub fn of<'a>(statuses: impl IntoIterator<Item = &'a Status>) -> Self {
        let mut counts = Counts::default();
        for status in statuses {
            *match status {
                Status::Passed => &mut counts.passed,
                Status::Failed => &mut counts.failed,
                Status::Blocked { .. } => &mut counts.blocked,
                Status::NotHere => &mut counts.not_here,
                Status::NotRun => &mut counts.not_run,
            } += 1;
        }
        counts
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.passed + self.failed + self.blocked + self.not_here + self.not_run
    }
}

impl fmt::Display for Counts {
    /// Writes `6 passed, 2 blocked`; counts of 0 are left out.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let words = [
            (self.passed, "passed"),
            (self.failed, "failed"),
            (self.blocked, "blocked"),
            (self.not_here, "not here"),
            (self.not_run, "not run"),
        ];
        let parts: Vec<String> =
            words.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

/// A whole run in one word. In order of precedence: the first that applies is the word of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// Something could not be undone. It comes first, because somebody has to tidy this machine.
    LeftBehind,
    /// The run was interrupted; what it did not reach is unknown.
    Interrupted,
    /// An expectation failed, or a lesson was not run although nothing blocked it.
    Failed,
    /// Nothing failed, but something was blocked; or nothing in it belongs to this kind of machine.
    Blocked,
    /// At least one lesson passed, and every other one does not belong to this kind of machine.
    Passed,
}

/// The word of a run. A run without any record has not passed.
pub fn overall(records: &[LessonRecord], interrupted: bool) -> Overall {
    let counts = Counts::of(records.iter().map(|record| &record.status));
    if records.iter().any(|record| !record.left.is_empty()) {
        Overall::LeftBehind
    } else if interrupted {
        Overall::Interrupted
    } else if counts.failed > 0 || counts.not_run > 0 || records.is_empty() {
        Overall::Failed
    } else if counts.blocked > 0 || counts.passed == 0 {
        Overall::Blocked
    } else {
        Overall::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Leftover;
    use crate::vocabulary::Chosen;

    fn record(status: Status, left: &[Leftover]) -> LessonRecord {
        LessonRecord {
            id: "x".into(),
            title: "X".into(),
            chosen: Chosen::default(),
            status,
            steps: vec![],
            left: left.to_vec(),
            took_ms: 0,
        }
    }

    fn blocked() -> Status {
        Status::Blocked { reason: "no veth".into(), remedy: "modprobe veth".into() }
    }

    #[test]
    fn each_word_gives_way_to_the_one_before_it() {
        let passed = record(Status::Passed, &[]);
        let blocked = record(blocked(), &[]);
        let failed = record(Status::Failed, &[]);
        let left = record(Status::Passed, &[Leftover::Process { pid: 7 }]);
        let mut records = vec![passed];
        assert_eq!(overall(&records, false), Overall::Passed);
        records.push(blocked);
        assert_eq!(overall(&records, false), Overall::Blocked);
        records.push(failed);
        assert_eq!(overall(&records, false), Overall::Failed);
        assert_eq!(overall(&records, true), Overall::Interrupted);
        records.push(left);
        assert_eq!(overall(&records, true), Overall::LeftBehind);
    }

    #[test]
    fn nothing_is_not_passed() {
        assert_eq!(overall(&[], false), Overall::Failed);
        assert_eq!(overall(&[record(Status::NotRun, &[])], false), Overall::Failed);
        assert_eq!(overall(&[record(Status::NotHere, &[])], false), Overall::Blocked);
        let beside = [record(Status::NotHere, &[]), record(Status::Passed, &[])];
        assert_eq!(overall(&beside, false), Overall::Passed);
    }

    #[test]
    fn counts_name_only_what_there_is() {
        let counts = Counts::of(&[Status::Passed, Status::Passed, blocked(), Status::NotRun]);
        assert_eq!(counts.to_string(), "2 passed, 1 blocked, 1 not run");
        assert_eq!(counts.total(), 4);
        assert_eq!(Counts::default().to_string(), "none");
    }
}
