//! Whether this machine can grade: a line for each lesson, with what stands in the way.

use super::super::paint::Tone;
use super::super::points::blocked;
use super::super::table::{Cell, Column, Row, render};
use crate::present::plain::count;

/// A reason and its remedy.
type Cause = (String, String);

/// A lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonRow {
    /// Its id.
    pub id: String,
    /// Whether it can be run here at all.
    pub whole: Result<(), Cause>,
    /// How many of its steps can be graded, if it can be run.
    pub gradable: usize,
    /// Steps that this machine blocks.
    pub blocked: Vec<(String, Cause)>,
    /// Steps in which there is nothing to do by hand: they have no points.
    pub silent: usize,
}

impl LessonRow {
    /// Whether each step that has points can be graded.
    pub fn is_whole(&self) -> bool {
        self.whole.is_ok() && self.blocked.is_empty()
    }
}

/// The table.
pub fn table(rows: &[LessonRow], columns: usize) -> String {
    let heads = ["lesson", "can be graded here", "not counted"]
        .map(|title| Column { title, folds: title == "can be graded here" });
    let rows: Vec<Row> = rows.iter().map(line).collect();
    render(&heads, &rows, columns)
}

fn line(row: &LessonRow) -> Row {
    let total = row.gradable + row.blocked.len();
    let (text, tone) = match (&row.whole, total) {
        (Err(_), _) => ("⊘ nothing".to_owned(), Tone::Warn),
        (Ok(()), 0) => ("– no step can be done by hand".to_owned(), Tone::Dim),
        (Ok(()), _) if row.blocked.is_empty() => (format!("✓ {}", count(total, "step")), Tone::Good),
        (Ok(()), _) => (format!("⊘ {} of {}", row.gradable, count(total, "step")), Tone::Warn),
    };
    let mut notes = Vec::new();
    if let Err((reason, remedy)) = &row.whole {
        notes.push(("", blocked(reason, remedy)));
    } else {
        let of_step =
            |(step, (reason, remedy)): &(String, Cause)| ("", format!("{step}: {}", blocked(reason, remedy)));
        notes.extend(row.blocked.iter().map(of_step));
    }
    let silent = if row.silent == 0 { "–".to_owned() } else { count(row.silent, "step") };
    Row { cells: vec![Cell::new(&row.id, Tone::Strong), Cell::new(text, tone), Cell::plain(silent)], notes }
}
