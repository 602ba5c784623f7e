//! The formats of other graders.

use super::super::json::written;
use super::graded::Graded;
use super::sentence;
use crate::grading::score::{LessonGrade, Outcome, Points, StepGrade};
use crate::present::plain::one_line;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

fn steps<'g>(graded: &'g Graded) -> impl Iterator<Item = (&'g LessonGrade, &'g StepGrade)> {
    let all = graded.lessons.iter().flat_map(|lesson| lesson.steps.iter().map(move |step| (lesson, step)));
    all.filter(|(_, step)| !matches!(step.outcome, Outcome::NotCounted { .. }))
}

/// The step's name where steps of several lessons stand side by side.
fn name(lesson: &LessonGrade, step: &StepGrade) -> String {
    format!("{}/{}", lesson.id, step.id)
}

/// What the step is worth here: nothing where it could not be graded, so that it counts neither way.
fn possible(step: &StepGrade) -> u32 {
    Points::of([step.worth()]).possible
}

/// `results.json` of a Gradescope autograder (<https://gradescope-autograders.readthedocs.io/en/latest/specs/>).
pub fn gradescope(graded: &Graded) -> String {
    let points = Points::of_all(graded.lessons);
    let test = |(lesson, step): (&LessonGrade, &StepGrade)| {
        let mut test = json!({
            "name": name(lesson, step),
            "name_format": "text",
            "score": sentence::earned(step),
            "max_score": possible(step),
            "output": output(step),
            "output_format": "text",
        });
        let status = match step.outcome {
            Outcome::Earned => Some("passed"),
            Outcome::NotEarned { .. } => Some("failed"),
            // Gradescope has no third state: without one it shows the points alone.
            Outcome::NotGradable(_) | Outcome::NotCounted { .. } => None,
        };
        if let (Some(status), Some(object)) = (status, test.as_object_mut()) {
            object.insert("status".to_owned(), json!(status));
        }
        test
    };
    let took: u64 = graded.lessons.iter().map(|lesson| lesson.took_ms).sum();
    written(&json!({
        "score": points.earned,
        "execution_time": took.div_ceil(1000),
        "output": sentence::sum(points),
        "output_format": "text",
        "tests": steps(graded).map(test).collect::<Vec<Value>>(),
        "extra_data": { "isolab": graded.header.isolab, "overall": graded.overall() },
    }))
}

fn output(step: &StepGrade) -> String {
    let mut lines = vec![format!("{}: {}", one_line(&step.title), sentence::word(&step.outcome))];
    lines.push(sentence::reason(&step.outcome));
    lines.extend(sentence::missed(&step.outcome));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// What a runner of GitHub Classroom's autograding hands to `autograding-grading-reporter`: JSON in base64, on one line.
pub fn github_classroom(graded: &Graded) -> String {
    let points = Points::of_all(graded.lessons);
    let status = |earned: bool| if earned { "pass" } else { "fail" };
    let test = |(lesson, step): (&LessonGrade, &StepGrade)| {
        let outcome = match step.outcome {
            Outcome::Earned => "pass",
            Outcome::NotEarned { .. } => "fail",
            Outcome::NotGradable(_) | Outcome::NotCounted { .. } => "error",
        };
        json!({
            "name": name(lesson, step),
            "status": outcome,
            "score": sentence::earned(step),
            "message": output(step),
            "test_code": step.typed.join("\n"),
            "filename": "",
            "line_no": 0,
            "execution_time": step.took_ms,
        })
    };
    let overall = if points.not_gradable > 0 { "error" } else { status(points.earned == points.possible) };
    let document = json!({
        "version": 1,
        "status": overall,
        "max_score": points.possible,
        "tests": steps(graded).map(test).collect::<Vec<Value>>(),
    });
    BASE64_STANDARD.encode(document.to_string()) + "\n"
}

/// An object from `LESSON/STEP` to the points earned. What could not be graded here is null.
pub fn scores(graded: &Graded) -> String {
    let score = |(lesson, step): (&LessonGrade, &StepGrade)| {
        let value = match step.outcome {
            Outcome::NotGradable(_) => Value::Null,
            Outcome::Earned | Outcome::NotEarned { .. } | Outcome::NotCounted { .. } => {
                json!(sentence::earned(step))
            }
        };
        (name(lesson, step), value)
    };
    written(&Value::Object(steps(graded).map(score).collect::<Map<String, Value>>()))
}
