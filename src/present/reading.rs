//! A reading as lines: its text, or its table with aligned cells.

use super::plain::{escape, one_line, pad, width};
use crate::model::{Reading, ReadoutRecord, Row, Value};

/// Whether both sides say something that a sign may compare.
pub fn compared(record: &ReadoutRecord) -> bool {
    !matches!((&record.before, &record.after), (Reading::NotMeasured, _) | (_, Reading::NotMeasured))
}

/// Both readings as lines of at most `room` columns, where that can be; for tables with a line of column names, cells aligned when that fits.
pub fn lines(before: &Reading, after: &Reading, room: usize) -> (Option<String>, Vec<String>, Vec<String>) {
    let tables = [before, after].map(|reading| match reading.value() {
        Some(Value::Table(rows)) if !rows.is_empty() => Some(rows.as_slice()),
        _ => None,
    });
    let widths = column_widths(tables.into_iter().flatten().flatten());
    let fits = |widths: &[(&str, usize)]| {
        !widths.is_empty() && widths.iter().map(|(_, width)| width + 2).sum::<usize>() <= room + 2
    };
    let named = fits(&titled(&widths));
    let widths = if named { titled(&widths) } else { widths };
    if !fits(&widths) {
        return (None, plain_lines(before), plain_lines(after));
    }
    let aligned = |reading: &Reading, rows: Option<&[Row]>| match rows {
        Some(rows) => {
            rows.iter().map(|row| line(&widths, |name| row.get(name).unwrap_or_default())).collect()
        }
        None => plain_lines(reading),
    };
    let header = (named && widths.len() > 1).then(|| line(&widths, |name| name));
    (header, aligned(before, tables[0]), aligned(after, tables[1]))
}

fn column_widths<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<(&'a str, usize)> {
    let mut widths: Vec<(&str, usize)> = Vec::new();
    for (name, cell) in rows.flat_map(|row| &row.0) {
        let room = width(&one_line(cell));
        match widths.iter_mut().find(|(known, _)| known == name) {
            Some((_, widest)) => *widest = room.max(*widest),
            None => widths.push((name, room)),
        }
    }
    widths
}

/// The widths with room for the names as well.
fn titled<'a>(widths: &[(&'a str, usize)]) -> Vec<(&'a str, usize)> {
    widths.iter().map(|(name, room)| (*name, width(name).max(*room))).collect()
}

fn line<'a>(widths: &[(&'a str, usize)], cell: impl Fn(&'a str) -> &'a str) -> String {
    let cells: Vec<String> = widths.iter().map(|(name, width)| pad(&one_line(cell(name)), *width)).collect();
    cells.join("  ").trim_end().to_owned()
}

/// A reading as lines, without columns; nothing is told as `(empty)`.
pub fn plain_lines(reading: &Reading) -> Vec<String> {
    let text = escape(&reading.to_string());
    if text.is_empty() { vec!["(empty)".into()] } else { text.lines().map(str::to_owned).collect() }
}
