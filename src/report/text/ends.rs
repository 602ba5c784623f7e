//! How a lesson and a whole run end, in text.

use crate::events::LessonRecord;
use crate::present::leftover::leftovers;
use crate::present::plain::{count, hang, one_line, took};
use crate::report::paint::{Tone, lines, paint, sign};
use crate::report::status::Counts;

/// `✓ passed: uts – 5 steps: 5 passed (1.2 s)`
pub fn summary(record: &LessonRecord) -> String {
    let counts = Counts::of(record.steps.iter().map(|step| &step.status));
    let steps = if record.steps.is_empty() {
        String::new()
    } else {
        format!(" – {}: {counts}", count(record.steps.len(), "step"))
    };
    format!(
        "{} {}: {}{steps} ({})",
        sign(&record.status),
        record.status.word(),
        one_line(&record.id),
        took(record.took_ms)
    )
}

/// What could not be undone, if anything.
pub fn left(record: &LessonRecord, columns: usize) -> String {
    let start = format!("{} ", paint("✗ could not be undone:", Tone::Bad));
    leftovers(&record.left).iter().map(|line| hang(&start, "  ", &one_line(line), columns)).collect()
}

/// The lessons of a run that were not reported when they ended, in order.
pub fn unreported<'r>(records: &'r [LessonRecord], reported: &[String]) -> Vec<&'r LessonRecord> {
    records.iter().filter(|record| !reported.contains(&record.id)).collect()
}

/// The last line of a run of several lessons, or of none.
pub fn totals(records: &[LessonRecord], columns: usize) -> String {
    if records.len() == 1 {
        return String::new();
    }
    let counts = Counts::of(records.iter().map(|record| &record.status));
    let ms = records.iter().map(|record| record.took_ms).sum();
    let line = format!("{}: {counts} ({})", count(records.len(), "lesson"), took(ms));
    format!("\n{}", lines(&line, Tone::Strong, "", columns))
}
