//! A lesson as test points: what JUnit and TAP have in common.

use super::status::Counts;
use crate::events::{ActionRecord, LessonRecord, Status, StepRecord, Verdict};
use crate::present::leftover::leftovers;
use crate::present::plain::one_line;
use crate::present::verdict as words;

/// What a test point amounts to for a program that knows only these words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PointResult {
    /// It passed.
    Ok,
    /// It could not be tried here, for this reason; not a failure.
    Skipped(String),
    /// An expectation was not met.
    Failed(String),
    /// It has no judgement, although nothing blocked it: never to be counted as passed.
    Missing(String),
}

/// One test point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point<'a> {
    /// The step's id; `lesson` or `undo` for points about the lesson as a whole.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// The outcome, with its message on one line.
    pub outcome: PointResult,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The step, for details.
    pub step: Option<&'a StepRecord>,
}

/// The points of a lesson: a step each, one for the lesson when its steps do not say what became of it, and one for
/// what could not be undone.
pub fn points(lesson: &LessonRecord) -> Vec<Point<'_>> {
    let mut points: Vec<Point> = lesson
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| Point {
            id: &step.id,
            title: &step.title,
            outcome: match (
                outcome(&step.status, lesson, &step.verdicts),
                not_run_after(step, &lesson.steps[..index]),
            ) {
                (PointResult::Missing(_), Some(why)) => PointResult::Missing(format!("not run: {why}")),
                (outcome, _) => outcome,
            },
            took_ms: step.took_ms,
            step: Some(step),
        })
        .collect();
    let said = points.iter().any(|point| match lesson.status {
        Status::Failed | Status::NotRun => {
            matches!(point.outcome, PointResult::Failed(_) | PointResult::Missing(_))
        }
        Status::Blocked { .. } | Status::NotHere => matches!(point.outcome, PointResult::Skipped(_)),
        Status::Passed => true,
    });
    if !said {
        let outcome = outcome(&lesson.status, lesson, &[]);
        points.push(Point {
            id: "lesson",
            title: &lesson.title,
            outcome,
            took_ms: lesson.took_ms,
            step: None,
        });
    }
    if !lesson.left.is_empty() {
        let message = one_line(&format!("could not be undone: {}", leftovers(&lesson.left).join("; ")));
        let outcome = PointResult::Failed(message);
        points.push(Point { id: "undo", title: "Leave nothing behind", outcome, took_ms: 0, step: None });
    }
    points
}

fn outcome(status: &Status, lesson: &LessonRecord, verdicts: &[Verdict]) -> PointResult {
    match status {
        Status::Passed => PointResult::Ok,
        Status::Failed => {
            let failed: Vec<String> =
                verdicts.iter().filter(|v| v.status == Status::Failed).map(failure).collect();
            PointResult::Failed(if failed.is_empty() { "failed".into() } else { failed.join("; ") })
        }
        Status::Blocked { reason, remedy } => PointResult::Skipped(blocked(reason, remedy)),
        Status::NotHere => {
            PointResult::Skipped("not here: the lesson has it for another kind of machine".into())
        }
        Status::NotRun => match blocker(lesson) {
            Some(why) => PointResult::Skipped(format!("not run: {why}")),
            None => {
                PointResult::Missing("not run: what stood before it failed, or the run was cancelled".into())
            }
        },
    }
}

/// Why a step was not run, where that is a step before it, and how far that one came.
pub fn not_run_after(step: &StepRecord, earlier: &[StepRecord]) -> Option<String> {
    if step.status != Status::NotRun {
        return None;
    }
    let stopped = |s: &&StepRecord| matches!(s.status, Status::Failed | Status::Blocked { .. });
    let cause = earlier.iter().find(stopped)?;
    let how = match expectations(cause) {
        _ if cause.status != Status::Failed => ", which is blocked".to_owned(),
        Some(held) => format!(", where {held}"),
        None => String::new(),
    };
    Some(one_line(&format!("it comes after {}{how}", cause.id)))
}

/// `2 of 3 expectations hold`, of those that could be judged; nothing where there are none.
pub fn expectations(step: &StepRecord) -> Option<String> {
    let counts = Counts::of(step.verdicts.iter().map(|verdict| &verdict.status));
    let judged = counts.passed + counts.failed;
    (judged > 0).then(|| format!("{} of {judged} expectations hold", counts.passed))
}

/// Why steps were not run that nothing failed before.
fn blocker(lesson: &LessonRecord) -> Option<String> {
    let failed = |step: &StepRecord| step.status == Status::Failed;
    let Status::Blocked { reason, remedy } = &lesson.status else { return None };
    (!lesson.steps.iter().any(failed)).then(|| blocked(reason, remedy))
}

/// A blocked judgement on one line.
pub fn blocked(reason: &str, remedy: &str) -> String {
    let remedy = if remedy.is_empty() { String::new() } else { format!(" – remedy: {remedy}") };
    one_line(&format!("blocked: {reason}{remedy}"))
}

/// A failed verdict on one line; a value of many lines only by their number.
pub fn failure(verdict: &Verdict) -> String {
    let brief = |text: &str| match text.lines().count() {
        0 => "nothing".to_owned(),
        1 => text.to_owned(),
        n => format!("({n} lines)"),
    };
    let (expected, actual) = (words::expected(verdict), words::actual(verdict));
    one_line(&format!("{}: expected {}, actual {}", words::claim(verdict), brief(&expected), brief(&actual)))
}

/// An action's calls as lines, without colours.
pub fn call_lines(action: &ActionRecord) -> impl Iterator<Item = String> + '_ {
    action.calls.iter().map(|call| one_line(&format!("{} {}  {call}", action.actor, call.pid)))
}
