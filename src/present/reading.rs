//! A reading as lines: its text, or its table with aligned cells.

use crate::events::ReadoutRecord;
use crate::model::{Reading, Row, Value};
use crate::plain::{escape, one_line, pad, width};
use std::hash::{DefaultHasher, Hasher};

/// The most lines of a reading that are shown. The kernel's longest tables have fewer, on ordinary machines.
const MOST_LINES: usize = 2000;

/// Whether both sides have something that a sign can compare.
pub fn compared(record: &ReadoutRecord) -> bool {
    !matches!((&record.before, &record.after), (Reading::NotMeasured, _) | (_, Reading::NotMeasured))
}

/// Both readings as lines of at most `room` columns, where that can be; for tables with a line of column names, cells aligned when that fits.
pub fn lines(before: &Reading, after: &Reading, room: usize) -> (Option<String>, Vec<String>, Vec<String>) {
    let tables = [before, after].map(|reading| match reading.value() {
        Some(Value::Table(rows)) if !rows.is_empty() => Some(rows.as_slice()),
        _ => None,
    });
    if tables.iter().flatten().any(|rows| rows.len() > MOST_LINES) {
        return (None, plain_lines(before), plain_lines(after));
    }
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

/// A reading as lines, without columns; an empty one as `(empty)`. Of very many lines the first, and how many there are.
pub fn plain_lines(reading: &Reading) -> Vec<String> {
    let text = reading.to_string();
    if text.is_empty() {
        return vec!["(empty)".into()];
    }
    let all = text.strip_suffix('\n').unwrap_or(&text);
    let mut lines: Vec<String> = all.split('\n').take(MOST_LINES).map(escape).collect();
    lines.extend(more(all));
    lines
}

/// The line in place of those that are not shown: how many, and a number that differs if they do.
fn more(text: &str) -> Option<String> {
    let all = text.split('\n').count();
    (all > MOST_LINES).then(|| {
        let mut hasher = DefaultHasher::new();
        text.split('\n').skip(MOST_LINES).for_each(|line| hasher.write(line.as_bytes()));
        format!("… ({all} lines in all, checksum of the rest {:08x})", hasher.finish() as u32)
    })
}

/// Whether two readings show the same text.
pub fn equal(before: &Reading, after: &Reading) -> bool {
    before.to_string() == after.to_string()
}
