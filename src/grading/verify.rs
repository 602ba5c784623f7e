//! Compares a receipt with what came of the same lines here. A receipt that was edited does not hold; one that this machine cannot make again says nothing.

use super::again::number_of_that_run;
use super::receipt::{LessonReceipt, Machine, Receipt, StepReceipt};
use super::score::{Obstacle, Outcome, Shortfall, StepGrade};
use super::tools;
use crate::events::{Refusal, Verdict};
use crate::model::Leftover;
use crate::vocabulary::Lesson;
use serde::{Deserialize, Serialize};

/// What a report on a verification says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The only one.
    #[serde(rename = "isolab-verification")]
    Verification,
}

/// What became of one step's claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// The same lines have earned it here, too.
    Confirmed,
    /// They have not, or the receipt contradicts itself.
    Failed(Contradiction),
    /// They cannot be made again here.
    NotComparable(Incomparable),
    /// The receipt does not say that it was earned.
    NotClaimed,
}

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contradiction {
    /// It was earned, it says, and nothing was typed.
    NothingTyped,
    /// The lesson has no such step.
    UnknownStep,
    /// The step is in it twice.
    Twice,
    /// The step is worth something else.
    OtherPoints {
        /// In the receipt.
        claimed: u32,
        /// In the lesson.
        worth: u32,
    },
    /// The step has no points.
    NotCounted {
        /// Why.
        reason: String,
    },
    /// The lines do not earn it.
    NotEarned {
        /// Why not.
        why: Shortfall,
        /// The expectations as they were judged last.
        verdicts: Vec<Verdict>,
    },
}

/// Why something cannot be made again here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incomparable {
    /// There is no such lesson here.
    NoLesson,
    /// The lesson has another text here.
    OtherLesson {
        /// SHA-256 in the receipt.
        theirs: String,
        /// SHA-256 here.
        here: String,
    },
    /// The lesson does not take the values of the receipt.
    OtherValues {
        /// Why not.
        reason: String,
    },
    /// Another cgroup version.
    OtherCgroup {
        /// In the receipt.
        theirs: String,
        /// Here.
        here: String,
    },
    /// Other rights.
    OtherRights {
        /// In the receipt.
        theirs: String,
        /// Here.
        here: String,
    },
    /// A program that the lines name is not here.
    MissingTool {
        /// The program.
        tool: String,
    },
    /// More was typed than the receipt keeps.
    Cut,
    /// A process number was typed that belongs to the run of the receipt alone.
    ProcessNumber {
        /// The number.
        number: String,
    },
    /// This machine could not grade the step.
    NotGradable(Obstacle),
    /// It was not come to.
    NotMade,
}

/// A step of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepCheck {
    /// Its id in the receipt.
    pub step: String,
    /// Its points in the receipt.
    pub points: u32,
    /// What became of it.
    pub checked: Checked,
}

/// A lesson of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LessonCheck {
    /// Its id in the receipt.
    pub lesson: String,
    /// Its steps.
    pub steps: Vec<StepCheck>,
    /// What could not be undone here.
    pub left: Vec<Leftover>,
}

/// A verification in one word. In order of precedence: the first that applies is the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// Something could not be undone.
    LeftBehind,
    /// It was interrupted.
    Interrupted,
    /// A claim does not hold.
    Failed,
    /// A claim could not be made again here.
    NotComparable,
    /// Every claim holds.
    Confirmed,
}

/// The word for these lessons. A receipt that claims nothing has no claim that does not hold.
pub fn overall(lessons: &[LessonCheck], interrupted: bool) -> Overall {
    let any = |is: fn(&Checked) -> bool| lessons.iter().flat_map(|l| &l.steps).any(|s| is(&s.checked));
    if lessons.iter().any(|lesson| !lesson.left.is_empty()) {
        Overall::LeftBehind
    } else if interrupted {
        Overall::Interrupted
    } else if any(|checked| matches!(checked, Checked::Failed(_))) {
        Overall::Failed
    } else if any(|checked| matches!(checked, Checked::NotComparable(_))) {
        Overall::NotComparable
    } else {
        Overall::Confirmed
    }
}

/// What keeps a whole lesson from being made again here; `sha256` is the text's here.
pub fn obstacle(
    receipt: &Receipt,
    lesson: &LessonReceipt,
    here: &Machine,
    sha256: &str,
) -> Option<Incomparable> {
    let theirs = &receipt.machine;
    let both = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    if lesson.file.sha256 != sha256 {
        let (theirs, here) = both(&lesson.file.sha256, sha256);
        return Some(Incomparable::OtherLesson { theirs, here });
    }
    if theirs.cgroup != here.cgroup {
        let (theirs, here) = both(&theirs.cgroup, &here.cgroup);
        return Some(Incomparable::OtherCgroup { theirs, here });
    }
    if theirs.rights != here.rights {
        let (theirs, here) = both(&theirs.rights, &here.rights);
        return Some(Incomparable::OtherRights { theirs, here });
    }
    None
}

/// What a step's claim comes to before anything is typed, if that is enough to know. `lesson` is the same lesson here, unless something stands in the way
/// of all of it.
pub fn before(receipt: &LessonReceipt, at: usize, lesson: Result<&Lesson, &Incomparable>) -> Option<Checked> {
    let step = &receipt.steps[at];
    if step.outcome != Outcome::Earned {
        return Some(Checked::NotClaimed);
    }
    let failed = |why| Some(Checked::Failed(why));
    if !step.is_typed() {
        return failed(Contradiction::NothingTyped);
    }
    if receipt.steps[..at].iter().any(|earlier| earlier.step == step.step) {
        return failed(Contradiction::Twice);
    }
    let lesson = match lesson {
        Ok(lesson) => lesson,
        Err(obstacle) => return Some(Checked::NotComparable(obstacle.clone())),
    };
    let Some(there) = lesson.steps.iter().find(|s| s.id == step.step) else {
        return failed(Contradiction::UnknownStep);
    };
    if there.points() != step.points {
        return failed(Contradiction::OtherPoints { claimed: step.points, worth: there.points() });
    }
    if step.cut {
        return Some(Checked::NotComparable(Incomparable::Cut));
    }
    let missing = step.tools.keys().find(|tool| tools::find(tool).is_none());
    missing.map(|tool| Checked::NotComparable(Incomparable::MissingTool { tool: tool.clone() }))
}

/// What a step's claim comes to after its lines were typed here.
pub fn after(step: &StepReceipt, here: Option<&StepGrade>) -> Checked {
    match here.map(|grade| &grade.outcome) {
        None => Checked::NotComparable(Incomparable::NotMade),
        Some(Outcome::Earned) => Checked::Confirmed,
        Some(Outcome::NotGradable(obstacle)) => {
            Checked::NotComparable(Incomparable::NotGradable(obstacle.clone()))
        }
        Some(Outcome::NotCounted { reason }) => {
            Checked::Failed(Contradiction::NotCounted { reason: reason.clone() })
        }
        Some(Outcome::NotEarned { why: Shortfall::NoShell { refusal, .. }, .. })
            if of_this_machine(refusal) =>
        {
            Checked::NotComparable(Incomparable::NotGradable(Obstacle::Refused(refusal.clone())))
        }
        Some(Outcome::NotEarned { why, verdicts }) => match number_of_that_run(step) {
            Some(number) => Checked::NotComparable(Incomparable::ProcessNumber { number }),
            None => {
                Checked::Failed(Contradiction::NotEarned { why: why.clone(), verdicts: verdicts.clone() })
            }
        },
    }
}

/// Whether it is this machine that gives no shell, and neither the lesson nor what was typed before.
fn of_this_machine(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Blocked { .. }
        | Refusal::Engine(_)
        | Refusal::OtherMachine
        | Refusal::NotRead { .. }
        | Refusal::NoShell { .. } => true,
        Refusal::NoLesson
        | Refusal::NotLoaded(_)
        | Refusal::NoStep { .. }
        | Refusal::NoWorld
        | Refusal::StepFailed { .. }
        | Refusal::GivenFailed
        | Refusal::AlreadyTrue
        | Refusal::NotByHand(_)
        | Refusal::ShellOpen
        | Refusal::NotABox { .. }
        | Refusal::NotRunning { .. }
        | Refusal::OrdinaryProcess { .. }
        | Refusal::RootOfHost { .. } => false,
    }
}
