//! Judgements on expectations and actions.

use super::action::{ActionEnd, ActionRecord, Deed};
use crate::model::Actual;
use crate::vocabulary::action::Failing;
use crate::vocabulary::{Expect, Op, Val};
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was judged, with what was found.
    #[serde(flatten)]
    pub judged: Judged,
    /// The judgement.
    pub status: Status,
}

/// What a verdict is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// A statement on a readout.
    Expectation(Box<JudgedExpectation>),
    /// The end of an action.
    Action(JudgedAction),
    /// The run as a whole: it broke off before its end.
    Run {
        /// Why.
        cause: String,
    },
}

/// What is stated of a readout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The readout.
    pub readout: String,
    /// All of these must hold.
    pub operators: Vec<Op>,
    /// It becomes true within this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Val>,
    /// It stays true for this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#for: Option<Val>,
}

impl From<&Expect> for Claim {
    fn from(expect: &Expect) -> Self {
        Claim {
            readout: expect.subject.clone(),
            operators: expect.verbs.clone(),
            within: expect.modifiers.within.clone(),
            r#for: expect.modifiers.r#for.clone(),
        }
    }
}

/// Which expectation of a step, as the lesson has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExpectationPlace {
    /// Its index in `expect`, from 0.
    pub expectation: usize,
    /// The index of its operator, from 0.
    pub operator: usize,
}

/// A statement on a readout, with what was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedExpectation {
    /// Which one of the step's it is; none for what a demo waits for.
    pub place: Option<ExpectationPlace>,
    /// What is stated.
    #[serde(flatten)]
    pub claim: Claim,
    /// Who reads the readout: `host` or a box.
    pub viewpoint: String,
    /// The path or call that it is read from.
    pub path: String,
    /// What was read, as far as the operator looks at it.
    pub actual: Actual,
}

/// The end of an action, where the lesson declares it or where it went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedAction {
    /// Its index among the step's records of actions, from 0.
    pub record: usize,
    /// Who made it.
    pub actor: String,
    /// What it does.
    #[serde(flatten)]
    pub deed: Deed,
    /// The ways to fail that the lesson declares; empty when it must succeed.
    pub declared: Vec<Failing>,
    /// How it ended.
    pub end: ActionEnd,
}

impl JudgedAction {
    /// Of a step's record with this index.
    pub fn new(index: usize, record: &ActionRecord, end: ActionEnd) -> Self {
        JudgedAction {
            record: index,
            actor: record.actor.clone(),
            deed: record.deed.clone(),
            declared: record.declared.clone(),
            end,
        }
    }
}

impl Verdict {
    /// Which expectation of its step this is about, if it is about one.
    pub fn expectation(&self) -> Option<ExpectationPlace> {
        match &self.judged {
            Judged::Expectation(expectation) => expectation.place,
            Judged::Action(_) | Judged::Run { .. } => None,
        }
    }

    /// Whether it is about an action.
    pub fn is_of_action(&self) -> bool {
        matches!(self.judged, Judged::Action(_))
    }
}
