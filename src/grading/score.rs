//! What a grade is made of: points of steps, in states that a report tells apart. Data alone; the sentences are made where they are shown.

use crate::events::{Refusal, Verdict};
use crate::model::Leftover;
use crate::vocabulary::Chosen;
use serde::{Deserialize, Serialize};

/// What became of a step that was graded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All that the step expects was true after what was typed.
    Earned,
    /// It was not.
    NotEarned {
        /// Why not.
        why: Shortfall,
        /// The expectations as they were judged last; empty when nothing was typed.
        verdicts: Vec<Verdict>,
    },
    /// This machine could not find out. It counts neither for the student nor against.
    NotGradable(Obstacle),
    /// The step has no points: there is nothing to do in it, or not on this kind of machine.
    NotCounted {
        /// Why.
        reason: String,
    },
}

/// What kept this machine from grading a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// The step could not be begun.
    Refused(Refusal),
    /// Other work has spoilt each attempt.
    OtherWork {
        /// How much of one CPU it used after the last attempt, in percent.
        percent: f64,
        /// How many attempts there were.
        attempts: u32,
    },
    /// There is no terminal to type at: operation, object and cause.
    NoTerminal(String),
}

/// Why a step was not earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// Nothing was handed in for it.
    NoAnswer,
    /// All was typed, and an expectation does not hold.
    Unmet,
    /// The time for the step was over.
    Overtime {
        /// The time that it had, in seconds.
        seconds: u64,
        /// How many lines had been typed by then.
        typed: usize,
    },
    /// The shell ended, and an expectation does not hold.
    ShellEnded,
    /// A line is for the shell of another box, and there can be none.
    NoShell {
        /// The box.
        of: String,
        /// Why not.
        refusal: Refusal,
    },
    /// The processes that watch over the run were ended from within.
    RunLost(Refusal),
    /// An earlier step was not earned, and the grading was strict.
    AfterFailure {
        /// The earlier step.
        step: String,
    },
}

/// A step, graded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepGrade {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is worth.
    pub points: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// The lines that were typed, as they are in the answer.
    pub typed: Vec<String>,
    /// The end of what the terminal showed, as it came: a student's programs can print anything.
    pub printed: String,
    /// How often it was tried: more than once where other work had spoilt what was measured.
    pub attempts: u32,
    /// Milliseconds from the start of the shell to the verdict, in the last attempt.
    pub took_ms: u64,
}

/// A lesson, graded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LessonGrade {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its seed, and the values and alternatives that it has got.
    #[serde(default, skip_serializing_if = "Chosen::is_empty")]
    pub chosen: Chosen,
    /// Its steps, in order.
    pub steps: Vec<StepGrade>,
    /// What could not be undone.
    pub left: Vec<Leftover>,
    /// Milliseconds for the whole lesson.
    pub took_ms: u64,
}

/// A sum of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Points {
    /// Of the steps that were earned.
    pub earned: u32,
    /// Of those that could be earned here: earned and not earned together.
    pub possible: u32,
    /// Of those that could not be graded here. They are in neither of the others.
    pub not_gradable: u32,
}

impl Points {
    /// Of steps that are worth so much each. The numbers can be somebody else's: the largest sum is the largest number.
    pub fn of<'o>(steps: impl IntoIterator<Item = (u32, &'o Outcome)>) -> Self {
        let mut sum = Points::default();
        let add = |to: &mut u32, points: u32| *to = to.saturating_add(points);
        for (points, outcome) in steps {
            match outcome {
                Outcome::Earned => {
                    add(&mut sum.earned, points);
                    add(&mut sum.possible, points);
                }
                Outcome::NotEarned { .. } => add(&mut sum.possible, points),
                Outcome::NotGradable(_) => add(&mut sum.not_gradable, points),
                Outcome::NotCounted { .. } => {}
            }
        }
        sum
    }

    /// Of all steps of these lessons.
    pub fn of_all<'g>(lessons: impl IntoIterator<Item = &'g LessonGrade>) -> Self {
        Points::of(lessons.into_iter().flat_map(|lesson| &lesson.steps).map(StepGrade::worth))
    }
}

impl LessonGrade {
    /// The points of its steps.
    pub fn points(&self) -> Points {
        Points::of(self.steps.iter().map(StepGrade::worth))
    }
}

impl StepGrade {
    /// What it is worth, and what became of it: a term of a sum of points.
    pub fn worth(&self) -> (u32, &Outcome) {
        (self.points, &self.outcome)
    }
}

/// A grading in one word. In order of precedence: the first that applies is the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// Something could not be undone.
    LeftBehind,
    /// The grading was interrupted.
    Interrupted,
    /// A step could not be graded here, so the points are not the whole grade.
    NotGradable,
    /// A step was not earned.
    NotEarned,
    /// Every step that counts was earned.
    Earned,
}

/// The word for these lessons. Without any step that counts nothing was graded.
pub fn overall(lessons: &[LessonGrade], interrupted: bool) -> Overall {
    let points = Points::of_all(lessons);
    if lessons.iter().any(|lesson| !lesson.left.is_empty()) {
        Overall::LeftBehind
    } else if interrupted {
        Overall::Interrupted
    } else if points.not_gradable > 0 || points.possible == 0 {
        Overall::NotGradable
    } else if points.earned < points.possible {
        Overall::NotEarned
    } else {
        Overall::Earned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(points: u32, outcome: Outcome) -> StepGrade {
        StepGrade {
            id: "x".into(),
            title: "X".into(),
            points,
            outcome,
            typed: vec![],
            printed: String::new(),
            attempts: 1,
            took_ms: 0,
        }
    }

    fn lesson(steps: Vec<StepGrade>) -> LessonGrade {
        let (id, title, chosen) = ("l".into(), "L".into(), Chosen::default());
        LessonGrade { id, title, chosen, steps, left: vec![], took_ms: 0 }
    }

    fn missed() -> Outcome {
        Outcome::NotEarned { why: Shortfall::Unmet, verdicts: vec![] }
    }

    fn blocked() -> Outcome {
        Outcome::NotGradable(Obstacle::Refused(Refusal::OtherMachine))
    }

    #[test]
    fn what_could_not_be_graded_counts_neither_way() {
        let silent = Outcome::NotCounted { reason: "This step only looks.".into() };
        let all =
            lesson(vec![step(3, Outcome::Earned), step(2, missed()), step(4, blocked()), step(8, silent)]);
        assert_eq!(all.points(), Points { earned: 3, possible: 5, not_gradable: 4 });
    }

    #[test]
    fn a_grade_that_is_not_whole_is_no_grade() {
        let of = |steps| overall(&[lesson(steps)], false);
        assert_eq!(of(vec![step(1, Outcome::Earned)]), Overall::Earned);
        assert_eq!(of(vec![step(1, Outcome::Earned), step(1, missed())]), Overall::NotEarned);
        assert_eq!(of(vec![step(1, missed()), step(1, blocked())]), Overall::NotGradable);
        assert_eq!(of(vec![]), Overall::NotGradable, "nothing was graded");
        assert_eq!(overall(&[lesson(vec![step(1, missed())])], true), Overall::Interrupted);
        let left = LessonGrade { left: vec![Leftover::Process { pid: 42 }], ..lesson(vec![]) };
        assert_eq!(overall(&[left], true), Overall::LeftBehind);
    }
}
