//! What this machine offers, as a table.

use super::paint::Tone;
use super::table::{Cell, Column, Row, render};

/// One thing that lessons need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name, such as `UTS namespaces`.
    pub what: String,
    /// Whether this machine offers it.
    pub there: bool,
    /// What was found.
    pub finding: String,
    /// What would add it; may be empty.
    pub remedy: String,
    /// The lessons that are blocked without it.
    pub lessons: Vec<String>,
}

/// The table for `isolab doctor`.
pub fn doctor(findings: &[Finding], columns: usize) -> String {
    let heads = [
        Column { title: "what", folds: false },
        Column { title: "", folds: false },
        Column { title: "finding", folds: true },
    ];
    let rows: Vec<Row> = findings.iter().map(row).collect();
    render(&heads, &rows, columns)
}

fn row(finding: &Finding) -> Row {
    let (sign, tone) = if finding.there { ("✓ yes", Tone::Good) } else { ("✗ no", Tone::Bad) };
    let mut notes = Vec::new();
    if !finding.there {
        if !finding.remedy.is_empty() {
            notes.push(("remedy", finding.remedy.clone()));
        }
        if !finding.lessons.is_empty() {
            notes.push(("blocks", finding.lessons.join(", ")));
        }
    }
    let cells = vec![Cell::plain(&finding.what), Cell::new(sign, tone), Cell::plain(&finding.finding)];
    Row { cells, notes }
}
