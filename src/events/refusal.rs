//! Why a command was not carried out.

use crate::model::Errno;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Why a command was not carried out. [`crate::present`] has the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It needs a lesson, and none is open.
    NoLesson,
    /// The lesson cannot be loaded: what the loader says.
    NotLoaded(String),
    /// This machine does not allow it, or another run is in the way.
    Blocked {
        /// The exact cause.
        reason: String,
        /// What lifts it; may be empty.
        remedy: String,
    },
    /// The guardian is gone or does not answer: operation, object and cause.
    Engine(String),
    /// The lesson has no step with this index.
    NoStep {
        /// The lesson's id.
        lesson: String,
        /// The index.
        index: usize,
        /// How many steps it has.
        steps: usize,
    },
    /// It needs a world, and there is none.
    NoWorld,
    /// A step on the way failed.
    StepFailed {
        /// That step's title.
        title: String,
    },
    /// What the step takes as given could not be made.
    GivenFailed,
    /// Nothing is left to try: every expectation holds before anything was done.
    AlreadyTrue,
    /// The step's `when` does not apply here.
    OtherMachine,
    /// The step cannot be done by hand: what the lesson's analysis says.
    NotByHand(String),
    /// One shell is open, and there is one at a time.
    ShellOpen,
    /// The lesson has no box of this name.
    NotABox {
        /// The name.
        of: String,
    },
    /// The box does not run.
    NotRunning {
        /// The box.
        of: String,
    },
    /// The box is in the host's user namespace.
    OrdinaryProcess {
        /// The box.
        of: String,
    },
    /// The box's map makes its root the host's.
    RootOfHost {
        /// The box.
        of: String,
    },
    /// A file that decides it cannot be read.
    NotRead {
        /// The file.
        path: PathBuf,
        /// The kernel's answer.
        errno: Errno,
    },
    /// The shell could not be started.
    NoShell {
        /// Operation, object and cause.
        cause: String,
        /// The kernel's answer, where it was the kernel's.
        errno: Option<Errno>,
    },
}
