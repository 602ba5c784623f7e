//! The report for people. It streams: each step is printed as soon as it is graded.

use super::super::paint::{Tone, lines, paint};
use super::graded::Graded;
use super::sentence;
use crate::grading::score::{LessonGrade, Outcome, Points, StepGrade};
use crate::present::chosen::in_words;
use crate::present::leftover::leftovers;
use crate::present::plain::one_line;
use crate::vocabulary::Chosen;

/// Where the details of a step begin.
const DETAILS: &str = "      ";

/// A lesson begins.
pub fn heading(id: &str, title: &str, chosen: &Chosen, columns: usize) -> String {
    let title = format!("{}\n", paint(&one_line(&format!("{id} · {title}")), Tone::Strong));
    let chosen = in_words(chosen).map(|told| lines(&one_line(&told), Tone::Plain, "  ", columns));
    title + &chosen.unwrap_or_default()
}

/// A step, with what was missed below it.
pub fn step(step: &StepGrade, columns: usize) -> String {
    let (sign, tone) = match step.outcome {
        Outcome::Earned => ("✓", Tone::Good),
        Outcome::NotEarned { .. } => ("✗", Tone::Bad),
        Outcome::NotGradable(_) => ("⊘", Tone::Warn),
        Outcome::NotCounted { .. } => ("–", Tone::Dim),
    };
    let points = match step.outcome {
        Outcome::Earned | Outcome::NotEarned { .. } => format!("{}/{}", sentence::earned(step), step.points),
        Outcome::NotGradable(_) => format!("–/{}", step.points),
        Outcome::NotCounted { .. } => String::new(),
    };
    let head = format!("{sign} {points:<5} {}", one_line(&step.id));
    let word = paint(sentence::word(&step.outcome), tone);
    let mut out = format!("  {}  {word}\n", paint(&head, tone));
    for line in details(&step.outcome) {
        out += &lines(&line, Tone::Plain, DETAILS, columns);
    }
    out
}

fn details(outcome: &Outcome) -> Vec<String> {
    let missed = sentence::missed(outcome);
    let mut all = vec![sentence::reason(outcome)];
    all.extend(missed);
    all.retain(|line| !line.is_empty());
    all
}

/// The end of a lesson.
pub fn end_of_lesson(lesson: &LessonGrade, columns: usize) -> String {
    let text = format!("{}: {}", one_line(&lesson.id), sentence::sum(lesson.points()));
    let mut out = lines(&text, Tone::Strong, "  ", columns);
    for left in leftovers(&lesson.left) {
        out += &lines(&format!("could not be undone: {}", one_line(&left)), Tone::Bad, "  ", columns);
    }
    out + "\n"
}

/// The end of it all.
pub fn end(graded: &Graded) -> String {
    let points = Points::of_all(graded.lessons);
    let mut out = String::new();
    if graded.interrupted {
        out += &lines("Interrupted: what comes after was not graded.", Tone::Warn, "", graded.columns);
    }
    out + &lines(&sentence::sum(points), Tone::Strong, "", graded.columns)
}

/// All of it at once.
pub fn whole(graded: &Graded) -> String {
    let mut out = String::new();
    for lesson in graded.lessons {
        out += &heading(&lesson.id, &lesson.title, &lesson.chosen, graded.columns);
        out.extend(lesson.steps.iter().map(|graded_step| step(graded_step, graded.columns)));
        out += &end_of_lesson(lesson, graded.columns);
    }
    out + &end(graded)
}
