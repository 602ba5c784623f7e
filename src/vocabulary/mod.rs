//! What an author writes, as types. `SUBJECT: { VERB: OBJECT }` everywhere; unknown keys are errors.

pub mod action;
pub mod control;
pub mod controller;
pub mod expect;
pub mod general;
pub mod host_files;
pub mod limits;
pub mod need;
pub mod param;
pub mod printed;
pub mod reader;
pub mod readout;
pub mod scalar;
pub mod selection;
pub mod spelling;
pub mod suggest;
pub mod value;
pub mod variant;
pub mod verb;
pub mod when;
pub mod whole;
pub mod yields;

pub use crate::model::Capability;
pub use action::Action;
pub use expect::{Expect, Op};
pub use general::{Many, One, Per};
pub use need::{Ability, Need};
pub use param::Param;
pub use printed::Printed;
pub use reader::Reader;
pub use readout::Readout;
pub use scalar::{Ns, Sig, Val, Version};
pub use selection::{Chosen, Seed, Selection};
pub use variant::Variant;
pub use verb::Verb;
pub use whole::{BoxDecl, Cgroup, Lesson, Measure, Predict, Step, Work};

/// The most bytes in a text of an action or a workload: 64 KiB. It is sent to a process of the run as a whole, and shown with the result.
pub const MOST_TEXT: usize = 64 << 10;
