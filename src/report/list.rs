//! The lessons as a table.

use super::paint::Tone;
use super::table::{Cell, Column, Row, render};
use crate::events::Readiness;

/// A lesson in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How long a student needs.
    pub minutes: u32,
    /// Whether it runs here.
    pub readiness: Readiness,
}

/// The table for `isolab list`.
pub fn list(rows: &[ListRow], columns: usize) -> String {
    let heads = [
        Column { title: "lesson", folds: false },
        Column { title: "title", folds: true },
        Column { title: "min", folds: false },
        Column { title: "here", folds: false },
    ];
    let rows: Vec<Row> = rows.iter().map(row).collect();
    render(&heads, &rows, columns)
}

fn row(row: &ListRow) -> Row {
    let (here, notes) = match &row.readiness {
        Readiness::Ready => (Cell::new("✓ ready", Tone::Good), vec![]),
        Readiness::Rootless => (Cell::new("✓ rootless", Tone::Good), vec![]),
        Readiness::Blocked { reason, remedy } => {
            let mut notes = vec![("blocked", reason.clone())];
            if !remedy.is_empty() {
                notes.push(("remedy", remedy.clone()));
            }
            (Cell::new("⊘ blocked", Tone::Warn), notes)
        }
    };
    let minutes = Cell::plain(format!("{:>3}", row.minutes));
    Row { cells: vec![Cell::new(&row.id, Tone::Strong), Cell::plain(&row.title), minutes, here], notes }
}
