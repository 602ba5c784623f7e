//! A row for each step that counts, as RFC 4180 has it.

use super::super::delimited::record;
use super::graded::Graded;
use super::sentence;
use crate::grading::score::Outcome;
use crate::present::plain::one_line;

/// The table, with a line of headings.
pub fn table(graded: &Graded) -> String {
    let heads = ["who", "lesson", "step", "title", "points", "earned", "outcome", "message", "took_ms"];
    let mut out = record(&heads);
    let who = graded.who.unwrap_or_default();
    for lesson in graded.lessons {
        for step in &lesson.steps {
            let is_open = matches!(step.outcome, Outcome::NotGradable(_) | Outcome::NotCounted { .. });
            // What could not be graded has no number: a spreadsheet would count a 0.
            let earned = if is_open { String::new() } else { sentence::earned(step).to_string() };
            out += &record(&[
                who,
                &lesson.id,
                &step.id,
                &one_line(&step.title),
                &step.points.to_string(),
                &earned,
                sentence::word(&step.outcome),
                &sentence::message(&step.outcome),
                &step.took_ms.to_string(),
            ]);
        }
    }
    out
}
