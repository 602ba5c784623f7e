//! The status of a step, from its verdicts.

use crate::events::{Status, Verdict};

/// Failed when anything has, else blocked when anything is; passed only when something was judged here.
pub(super) fn overall(verdicts: &[Verdict]) -> Status {
    if verdicts.iter().any(|v| v.status == Status::Failed) {
        return Status::Failed;
    }
    if let Some(blocked) = verdicts.iter().find(|v| matches!(v.status, Status::Blocked { .. })) {
        return blocked.status.clone();
    }
    if verdicts.iter().any(|v| v.status == Status::Passed) { Status::Passed } else { Status::NotHere }
}
