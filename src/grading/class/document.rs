//! One file that was handed in: a receipt, a report of `isolab grade`, or somebody's progress.

use super::evidence::Evidence;
use crate::grading::receipt::{self, Receipt};
use crate::grading::score::{Outcome, Points};
use crate::grading::verify::{self, Checked, LessonCheck, StepCheck};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The most bytes of a file. A report of all lessons with every verdict has less than a tenth of it.
pub const MOST_BYTES: u64 = receipt::MOST_BYTES;

/// The most lessons of one file: each is a column of the table.
const MOST_LESSONS: usize = 200;
/// The most characters of a person's name and of an id.
const LONGEST_NAME: usize = 100;

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct HandIn {
    /// Whose it is, if the file says so.
    pub who: Option<String>,
    /// What it is worth.
    pub evidence: Evidence,
    /// What chose the lessons' variants.
    pub seed: Option<String>,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// Lesson by lesson.
    pub lessons: Vec<LessonResult>,
}

/// What it says of one lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LessonResult {
    /// The lesson's id.
    pub lesson: String,
    /// Its points; `possible` is 0 where nobody knows what there was to earn.
    pub points: Points,
    /// Hints that were shown; none where nobody counted them.
    pub hints: Option<usize>,
    /// Steps whose solution was shown.
    pub solutions: usize,
    /// The first step that was not earned after the last one that was; without such a step, the first that was not earned.
    pub stopped_at: Option<String>,
    /// Steps whose question was answered, and whether it was right.
    pub guesses: Vec<(String, bool)>,
}

/// The part of a report of `isolab grade` that counts here.
#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    who: Option<String>,
    #[serde(default)]
    seed: Option<String>,
    #[serde(default)]
    ended: Option<Timestamp>,
    lessons: Vec<ReportLesson>,
}

#[derive(Deserialize)]
struct ReportLesson {
    id: String,
    steps: Vec<ReportStep>,
}

#[derive(Deserialize)]
struct ReportStep {
    id: String,
    points: u32,
    outcome: ReportOutcome,
}

/// An outcome, without its details.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReportOutcome {
    Earned,
    NotEarned(IgnoredAny),
    NotGradable(IgnoredAny),
    NotCounted(IgnoredAny),
}

/// The part of a verification's report that counts here.
#[derive(Deserialize)]
struct Verification {
    #[serde(rename = "kind")]
    _kind: verify::Kind,
    #[serde(default)]
    who: Option<String>,
    #[serde(default)]
    seed: Option<String>,
    #[serde(default)]
    ended: Option<Timestamp>,
    lessons: Vec<LessonCheck>,
}

/// The part of `isolab progress --format json` that counts here.
#[derive(Deserialize)]
struct ProgressReport {
    #[serde(default)]
    who: Option<String>,
    lessons: Vec<ProgressRow>,
}

#[derive(Deserialize)]
struct ProgressRow {
    lesson: String,
    steps: Option<u32>,
    by_hand: u32,
    changed_at: Option<u64>,
    last_step: Option<String>,
    finished_at: Option<u64>,
    #[serde(default)]
    by_step: Vec<ProgressStep>,
}

#[derive(Deserialize)]
struct ProgressStep {
    step: String,
    right: Option<bool>,
}

/// The part of a progress file that counts here.
#[derive(Deserialize)]
struct ProgressFile {
    lessons: BTreeMap<String, ProgressOfLesson>,
}

#[derive(Deserialize)]
struct ProgressOfLesson {
    #[serde(default)]
    steps: BTreeMap<String, String>,
    #[serde(default)]
    predictions: BTreeMap<String, Predicted>,
    last_step: Option<String>,
    finished_at: Option<u64>,
    changed_at: u64,
}

#[derive(Deserialize)]
struct Predicted {
    right: bool,
}

/// What tells a report of `isolab check` from one of `isolab grade`.
#[derive(Deserialize)]
struct CheckReport {
    #[serde(rename = "lessons_by_status")]
    _counts: IgnoredAny,
}

/// What tells a receipt, however damaged, from everything else.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "kind")]
    _kind: receipt::Kind,
}

/// Reads a file's content.
///
/// # Errors
/// Why nothing can be made of it; the text quotes none of the content.
pub fn parse(bytes: &[u8]) -> Result<HandIn, String> {
    let mut hand_in = read(bytes)?;
    hand_in.who = hand_in
        .who
        .map(|who| who.trim().chars().take(LONGEST_NAME).collect())
        .filter(|who: &String| !who.is_empty());
    if hand_in.lessons.len() > MOST_LESSONS {
        return Err(format!("more than {MOST_LESSONS} lessons"));
    }
    let steps = |result: &LessonResult| {
        let guessed = result.guesses.iter().map(|(step, _)| step);
        result.stopped_at.iter().chain(guessed).all(|step| is_id(step))
    };
    if !hand_in.lessons.iter().all(|result| is_id(&result.lesson) && steps(result)) {
        return Err("it names a lesson or a step that no lesson can have".to_owned());
    }
    Ok(hand_in)
}

/// Whether a lesson or a step can be called this.
fn is_id(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=LONGEST_NAME).contains(&text.len()) && text.chars().all(good)
}

fn read(bytes: &[u8]) -> Result<HandIn, String> {
    if let Err(e) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Err(format!("not JSON at line {}, column {}", e.line(), e.column()));
    }
    let said = match Receipt::parse(bytes) {
        Ok(receipt) => return Ok(of_receipt(receipt)),
        Err(said) => said,
    };
    if serde_json::from_slice::<Named>(bytes).is_ok() {
        return Err(said);
    }
    if let Ok(verification) = serde_json::from_slice::<Verification>(bytes) {
        return Ok(of_verification(verification));
    }
    if let Ok(report) = serde_json::from_slice::<Report>(bytes) {
        return Ok(of_report(report));
    }
    if let Ok(progress) = serde_json::from_slice::<ProgressReport>(bytes) {
        return Ok(of_progress_report(progress));
    }
    if let Ok(progress) = serde_json::from_slice::<ProgressFile>(bytes) {
        return Ok(of_progress_file(progress));
    }
    Err(match serde_json::from_slice::<CheckReport>(bytes) {
        Ok(_) => {
            "a report of isolab check, which says what the lab did and not what somebody typed".to_owned()
        }
        Err(_) => "neither a receipt, nor a report of isolab grade, nor progress".to_owned(),
    })
}

fn of_receipt(receipt: Receipt) -> HandIn {
    let lesson = |lesson: &receipt::LessonReceipt| LessonResult {
        lesson: lesson.id.clone(),
        // What the file adds up itself is not asked.
        points: receipt::claimed(&lesson.steps),
        hints: Some(lesson.steps.iter().fold(0, |sum, s| sum.saturating_add(s.hints))),
        solutions: lesson.steps.iter().filter(|s| s.solution).count(),
        stopped_at: stopped_at(lesson.steps.iter().map(|step| (step.step.as_str(), state(&step.outcome)))),
        guesses: guesses(lesson.steps.iter().filter_map(|s| Some((&s.step, s.guess.as_ref()?.right)))),
    };
    HandIn {
        evidence: Evidence::Receipt,
        at: Some(receipt.ended),
        lessons: receipt.lessons.iter().map(lesson).collect(),
        who: receipt.who,
        seed: receipt.seed,
    }
}

/// The points of steps, each with whether it was earned, if that is known. The largest sum is the largest number.
fn points(steps: impl Iterator<Item = (u32, Option<bool>)>) -> Points {
    let mut sum = Points::default();
    for (points, earned) in steps {
        let to = if earned.is_some() { &mut sum.possible } else { &mut sum.not_gradable };
        *to = to.saturating_add(points);
        sum.earned = sum.earned.saturating_add(if earned == Some(true) { points } else { 0 });
    }
    sum
}

/// A lesson of which each step was graded here: its id, its points, and whether it was earned, if that is known.
fn graded(lesson: String, steps: &[(String, u32, Option<bool>)]) -> LessonResult {
    LessonResult {
        points: points(steps.iter().map(|(_, points, earned)| (*points, *earned))),
        stopped_at: stopped_at(steps.iter().map(|(id, _, earned)| (id.as_str(), *earned))),
        lesson,
        ..LessonResult::default()
    }
}

fn of_report(report: Report) -> HandIn {
    let step = |step: ReportStep| {
        let earned = match step.outcome {
            ReportOutcome::Earned => Some(true),
            ReportOutcome::NotEarned(_) => Some(false),
            ReportOutcome::NotGradable(_) => None,
            ReportOutcome::NotCounted(_) => return None,
        };
        Some((step.id, step.points, earned))
    };
    let lesson = |lesson: ReportLesson| {
        graded(lesson.id, &lesson.steps.into_iter().filter_map(step).collect::<Vec<_>>())
    };
    HandIn {
        evidence: Evidence::Graded,
        at: report.ended,
        lessons: report.lessons.into_iter().map(lesson).collect(),
        who: report.who,
        seed: report.seed,
    }
}

fn of_verification(verification: Verification) -> HandIn {
    let step = |step: StepCheck| {
        let earned = match step.checked {
            Checked::Confirmed => Some(true),
            Checked::Failed(_) | Checked::NotClaimed => Some(false),
            Checked::NotComparable(_) => None,
        };
        (step.step, step.points, earned)
    };
    let lesson =
        |lesson: LessonCheck| graded(lesson.lesson, &lesson.steps.into_iter().map(step).collect::<Vec<_>>());
    HandIn {
        evidence: Evidence::Graded,
        at: verification.ended,
        lessons: verification.lessons.into_iter().map(lesson).collect(),
        who: verification.who,
        seed: verification.seed,
    }
}

fn of_progress_report(progress: ProgressReport) -> HandIn {
    let at = progress.lessons.iter().filter_map(|row| row.changed_at).max().and_then(moment);
    let touched = progress.lessons.into_iter().filter(|row| row.changed_at.is_some());
    let lesson = |row: ProgressRow| LessonResult {
        points: Points { earned: row.by_hand, possible: row.steps.unwrap_or(0), not_gradable: 0 },
        hints: None,
        solutions: 0,
        stopped_at: row.last_step.filter(|_| row.finished_at.is_none()),
        guesses: guesses(row.by_step.iter().filter_map(|step| Some((&step.step, step.right?)))),
        lesson: row.lesson,
    };
    HandIn {
        who: progress.who,
        evidence: Evidence::Progress,
        seed: None,
        at,
        lessons: touched.map(lesson).collect(),
    }
}

fn of_progress_file(progress: ProgressFile) -> HandIn {
    let at = progress.lessons.values().map(|lesson| lesson.changed_at).max().and_then(moment);
    let lesson = |(id, lesson): (String, ProgressOfLesson)| LessonResult {
        points: Points {
            earned: lesson
                .steps
                .values()
                .filter(|how| *how == "by_hand")
                .count()
                .try_into()
                .unwrap_or(u32::MAX),
            ..Points::default()
        },
        hints: None,
        solutions: 0,
        stopped_at: lesson.last_step.filter(|_| lesson.finished_at.is_none()),
        guesses: guesses(lesson.predictions.iter().map(|(step, predicted)| (step, predicted.right))),
        lesson: id,
    };
    let lessons = progress.lessons.into_iter().map(lesson).collect();
    HandIn { who: None, evidence: Evidence::Progress, seed: None, at, lessons }
}

fn guesses<'s>(all: impl Iterator<Item = (&'s String, bool)>) -> Vec<(String, bool)> {
    all.map(|(step, right)| (step.clone(), right)).collect()
}

fn moment(seconds: u64) -> Option<Timestamp> {
    i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// Whether a step was earned; none where it does not count.
fn state(outcome: &Outcome) -> Option<bool> {
    match outcome {
        Outcome::Earned => Some(true),
        Outcome::NotEarned { .. } => Some(false),
        Outcome::NotGradable(_) | Outcome::NotCounted { .. } => None,
    }
}

fn stopped_at<'s>(steps: impl Iterator<Item = (&'s str, Option<bool>)>) -> Option<String> {
    let steps: Vec<_> = steps.collect();
    let after = steps.iter().rposition(|(_, earned)| *earned == Some(true)).map_or(0, |last| last + 1);
    let (before, behind) = steps.split_at(after);
    behind.iter().chain(before).find(|(_, earned)| *earned == Some(false)).map(|(step, _)| (*step).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_somebody_stopped() {
        let of = |all: &str| {
            let earned = |c| match c {
                '+' => Some(true),
                '-' => Some(false),
                _ => None,
            };
            let ids = ["0", "1", "2", "3", "4"];
            stopped_at(ids.into_iter().zip(all.chars().map(earned)))
        };
        assert_eq!(of("+-+--").as_deref(), Some("3"), "behind the last that was earned");
        assert_eq!(of("+-+.+").as_deref(), Some("1"), "passed over");
        assert_eq!(of(".--").as_deref(), Some("1"));
        assert_eq!((of("++."), of("")), (None, None));
    }

    #[test]
    fn a_file_is_what_it_says() {
        for (text, said) in [
            ("{", "not JSON at line 1, column 1"),
            ("[]", "neither a receipt"),
            ("{\"lessons\": 3}", "neither a receipt"),
            ("{\"kind\": \"isolab-receipt\", \"format\": 9}", "format 9"),
            ("{\"kind\": \"isolab-receipt\", \"format\": 1}", "is not what a receipt has there"),
            (
                "{\"lessons_by_status\": {}, \"lessons\": [{\"id\": \"uts\", \"status\": \"passed\"}]}",
                "isolab check",
            ),
        ] {
            let why = parse(text.as_bytes()).expect_err(text);
            assert!(why.contains(said), "{text}: {why}");
        }
        let file = r#"{"format":1,"lessons":{"uts":{"steps":{"a":"by_hand","b":"watched"},"changed_at":9}}}"#;
        let progress = parse(file.as_bytes()).expect("progress");
        assert_eq!((progress.evidence, progress.lessons[0].points.earned), (Evidence::Progress, 1));
    }
}
