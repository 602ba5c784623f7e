//! The shared words: what was read, what was called, what was judged. Imports nothing of the program.

pub mod call;
pub mod cgroup;
pub mod fact;
pub mod map;

use std::time::Duration;

pub use call::{Call, Outcome, Source};
pub use cgroup::Change;
pub use fact::{Errno, Fact, Process, Reading, Row, Unit, Value};
pub use map::{Member, Namespace, NamespaceMap};

/// A span in milliseconds, as records have it.
pub fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
