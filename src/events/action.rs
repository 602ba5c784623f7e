//! Records of actions: what was to be done, which calls that made, how it ended.

use crate::model::{Call, Errno, Outcome, Process, Source};
use crate::vocabulary::Verb;
use crate::vocabulary::action::Failing;
use serde::{Deserialize, Serialize};

/// What an action does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Something that a lesson can say.
    Verb(Box<Verb>),
    /// Something that only the lab itself does, before a lesson's own actions.
    Lab(LabDeed),
}

/// What the lab does to build a world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabDeed {
    /// Marks the run's user namespace, so that a later start recognizes processes that have stayed in it.
    MarkUserNamespace,
    /// Makes the directories of the run's cgroups, and hands them to the run.
    PrepareCgroups,
    /// Moves a box into its cgroup.
    JoinCgroup {
        /// The box.
        r#box: String,
    },
    /// Enters the run's user namespace.
    EnterUserNamespace,
    /// Becomes an ordinary process of the host.
    BecomeOrdinary,
}

/// Which action of a step, as the lesson has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ActionPlace {
    /// The list that it is in.
    pub list: ActionList,
    /// Its index in that list, from 0.
    pub action: usize,
    /// The index of the verb in that action, from 0.
    pub verb: usize,
}

/// A list of actions in a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionList {
    /// `setup` of the lesson.
    Setup,
    /// `given` of a step.
    Given,
    /// `do` of a step.
    Do,
}

/// One action of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// The box that made it.
    pub actor: String,
    /// What it does.
    #[serde(flatten)]
    pub deed: Deed,
    /// Which one of the lesson's it is; none for what the lab does by itself.
    pub place: Option<ActionPlace>,
    /// The system calls, in order.
    pub calls: Vec<Call>,
    /// Who says so.
    pub source: Source,
    /// Whether it is part of `given` or `setup` and not of the step's one idea.
    pub preparation: bool,
    /// The ways to fail that the lesson declares here, one of which must occur; empty when it must succeed.
    pub declared: Vec<Failing>,
    /// What a program printed, for actions that run one.
    pub output: Option<String>,
    /// When it was made: milliseconds since the step began.
    #[serde(default)]
    pub at_ms: u64,
}

impl ActionRecord {
    /// The index of the call that failed as declared: the last one with such an error.
    pub fn declared_failure(&self) -> Option<usize> {
        self.calls.iter().rposition(|call| match call.outcome {
            Outcome::Failed(errno) => self.declared.contains(&Failing::Errno(errno)),
            Outcome::Returned(_) | Outcome::Unfinished => false,
        })
    }
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionEnd {
    /// Without an error.
    Succeeded,
    /// The kernel refused.
    Failed {
        /// With this error.
        errno: Errno,
        /// Operation, object and cause.
        what: String,
    },
    /// Its program ended otherwise than with status 0.
    Program(Process),
    /// The lab ended its program, or did not make the action at all; the text says why.
    Refused(String),
    /// The process that should have made it did not answer.
    Lost(String),
}
