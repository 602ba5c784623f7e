//! The grades as one JSON document.

use super::super::json::written;
use super::super::record::{FileView, VerdictView};
use super::super::reporter::{Header, RunView};
use super::graded::Graded;
use super::sentence;
use crate::events::Verdict;
use crate::grading::score::{LessonGrade, Obstacle, Outcome, Overall, Points, Shortfall, StepGrade};
use crate::lesson::file::{LessonFile, TextPlace};
use crate::model::Leftover;
use crate::present::leftover::leftovers;
use crate::vocabulary::{Chosen, Seed};
use serde::Serialize;

/// Version of the document's shape. A key that is added does not change it; one that goes or changes its meaning does.
pub const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    #[serde(flatten)]
    header: &'a Header,
    #[serde(flatten)]
    run: RunView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<&'a Seed>,
    overall: Overall,
    #[serde(flatten)]
    points: Points,
    lessons: Vec<LessonView<'a>>,
}

#[derive(Serialize)]
struct LessonView<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileView<'a>>,
    #[serde(skip_serializing_if = "Chosen::is_empty")]
    chosen: &'a Chosen,
    #[serde(flatten)]
    points: Points,
    steps: Vec<StepView<'a>>,
    left: Vec<String>,
    left_behind: &'a [Leftover],
    took_ms: u64,
}

#[derive(Serialize)]
struct StepView<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<TextPlace>,
    points: u32,
    outcome: OutcomeView<'a>,
    message: String,
    typed: &'a [String],
    printed: &'a str,
    attempts: u32,
    took_ms: u64,
}

/// An [`Outcome`], its verdicts with their sentences.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeView<'a> {
    Earned,
    NotEarned { why: &'a Shortfall, verdicts: Vec<VerdictView<'a>> },
    NotGradable { why: &'a Obstacle, reason: String, remedy: String },
    NotCounted { reason: &'a str },
}

/// One document with every step.
pub fn document(graded: &Graded) -> String {
    let files = &graded.run.files;
    let lesson = |lesson| LessonView::new(lesson, files.iter().find(|file| file.id == lesson.id));
    written(&Document {
        format: FORMAT,
        header: graded.header,
        run: graded.run.view(),
        who: graded.who,
        seed: graded.seed,
        overall: graded.overall(),
        points: Points::of_all(graded.lessons),
        lessons: graded.lessons.iter().map(lesson).collect(),
    })
}

impl<'a> LessonView<'a> {
    fn new(grade: &'a LessonGrade, file: Option<&'a LessonFile>) -> Self {
        let LessonGrade { id, title, chosen, steps, left, took_ms } = grade;
        LessonView {
            id,
            title,
            file: file.map(FileView::new),
            chosen,
            points: grade.points(),
            steps: steps.iter().map(|step| StepView::new(step, file)).collect(),
            left: leftovers(left),
            left_behind: left,
            took_ms: *took_ms,
        }
    }
}

impl<'a> StepView<'a> {
    fn new(grade: &'a StepGrade, file: Option<&LessonFile>) -> Self {
        let StepGrade { id, title, points, outcome, typed, printed, attempts, took_ms } = grade;
        let verdict = |verdict| {
            let at = |file: &LessonFile| file.expectation(id, Verdict::expectation(verdict)?.expectation);
            VerdictView::new(verdict, file.and_then(at))
        };
        StepView {
            id,
            title,
            at: file.and_then(|file| file.step(id)),
            points: *points,
            outcome: match outcome {
                Outcome::Earned => OutcomeView::Earned,
                Outcome::NotEarned { why, verdicts } => {
                    OutcomeView::NotEarned { why, verdicts: verdicts.iter().map(verdict).collect() }
                }
                Outcome::NotGradable(why) => {
                    let (reason, remedy) = sentence::obstacle(why);
                    OutcomeView::NotGradable { why, reason, remedy }
                }
                Outcome::NotCounted { reason } => OutcomeView::NotCounted { reason },
            },
            message: sentence::message(outcome),
            typed,
            printed,
            attempts: *attempts,
            took_ms: *took_ms,
        }
    }
}
