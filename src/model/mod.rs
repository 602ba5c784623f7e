//! The shared words: what was read, what was called, what was judged. Imports nothing of the program.

pub mod call;
pub mod cgroup;
pub mod event;
pub mod fact;
pub mod map;
pub mod verdict;

pub use call::{Call, Outcome, Source};
pub use cgroup::Change;
pub use event::{ActionRecord, Command, Event, LessonRecord, Readiness, ReadoutRecord, StepRecord};
pub use fact::{Errno, Fact, Process, Reading, Row, Unit, Value};
pub use map::{Member, Namespace, NamespaceMap};
pub use verdict::{Status, Verdict};
