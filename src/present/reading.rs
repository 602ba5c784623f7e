//! A reading as lines: its text, or its table with aligned cells.

use super::focus::Focus;
use crate::events::ReadoutRecord;
use crate::model::{Reading, Row, Value};
use crate::plain::{escape, one_line, pad, width};
use std::hash::{DefaultHasher, Hasher};

/// The most lines of a reading that are shown. The kernel's longest tables have fewer, on ordinary machines.
pub(super) const MOST_LINES: usize = 2000;
/// A cell is not cut to less than this.
const LEAST_CELL: usize = 10;

/// Whether both sides have something that a sign can compare.
pub fn compared(record: &ReadoutRecord) -> bool {
    !matches!((&record.before, &record.after), (Reading::NotMeasured, _) | (_, Reading::NotMeasured))
}

/// The rows of a list; none for what is not a list.
pub fn table(reading: &Reading) -> &[Row] {
    match reading.value() {
        Some(Value::Table(rows)) => rows,
        _ => &[],
    }
}

/// Both readings as lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Laid {
    /// The names of the columns, where the cells of a table are aligned below them.
    pub header: Option<String>,
    /// The lines of before.
    pub before: Vec<String>,
    /// The lines of after.
    pub after: Vec<String>,
}

/// Makes a cell narrower, to at most this many columns.
pub type Cut<'c> = &'c dyn Fn(&str, usize) -> String;

/// What is said of both sides where there is nobody to read: what has existed is gone, everything else is not there yet.
pub fn missing(record: &ReadoutRecord, focus: &Focus) -> [&'static str; 2] {
    let word = |existed| if existed { "(gone)" } else { "(not there yet)" };
    [word(focus.existed), word(focus.existed || record.before != Reading::Gone)]
}

/// A reading in words; `missing` where there is nobody to read.
pub fn words(reading: &Reading, missing: &str) -> String {
    match reading {
        Reading::Gone => missing.to_owned(),
        Reading::Fact(_) | Reading::Unread { .. } | Reading::NotMeasured => reading.to_string(),
    }
}

/// Both readings as lines of at most `room` columns, where that can be. The cells of a table are aligned when that fits; with `cut`, long cells are cut to
/// make it fit. A table has a line for each row, in order.
pub fn lines(record: &ReadoutRecord, focus: &Focus, room: usize, cut: Option<Cut>) -> Laid {
    let missing = missing(record, focus);
    let tables = [table(&record.before), table(&record.after)];
    if tables.iter().any(|rows| rows.len() > MOST_LINES) {
        return Laid {
            header: None,
            before: plain_lines(&record.before, missing[0]),
            after: plain_lines(&record.after, missing[1]),
        };
    }
    let widths = column_widths(tables.into_iter().flatten());
    let all = |widths: &[(&str, usize)]| {
        (widths.iter().map(|(_, width)| width + 2).sum::<usize>()).saturating_sub(2)
    };
    let fits = |widths: &[(&str, usize)]| !widths.is_empty() && all(widths) <= room;
    let mut chosen = titled(&widths);
    if !fits(&chosen) {
        chosen = widths;
    }
    while cut.is_some() && all(&chosen) > room {
        // The first of the widest.
        match chosen.iter_mut().rev().max_by_key(|(_, width)| *width) {
            Some((_, width)) if *width > LEAST_CELL => *width -= 1,
            _ => break,
        }
    }
    let aligned = fits(&chosen);
    let side = |reading: &Reading, rows: &[Row], missing| match rows {
        [] => plain_lines(reading, missing),
        rows if aligned => {
            rows.iter().map(|row| line(&chosen, |name| row.get(name).unwrap_or_default(), cut)).collect()
        }
        rows => rows.iter().map(|row| one_line(&row.to_string())).collect(),
    };
    let named = chosen.iter().all(|(name, room)| width(name) <= *room);
    Laid {
        header: (aligned && named && chosen.len() > 1).then(|| line(&chosen, |name| name, cut)),
        before: side(&record.before, tables[0], missing[0]),
        after: side(&record.after, tables[1], missing[1]),
    }
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

fn line<'a>(widths: &[(&'a str, usize)], cell: impl Fn(&'a str) -> &'a str, cut: Option<Cut>) -> String {
    let shown = |name: &'a str, room: usize| {
        let cell = one_line(cell(name));
        cut.filter(|_| width(&cell) > room)
            .map_or_else(|| pad(&cell, room), |cut| pad(&cut(&cell, room), room))
    };
    let cells: Vec<String> = widths.iter().map(|(name, room)| shown(name, *room)).collect();
    cells.join("  ").trim_end().to_owned()
}

/// A reading as lines, without columns; an empty one as `(empty)`. Of very many lines the first, and how many there are.
pub fn plain_lines(reading: &Reading, missing: &str) -> Vec<String> {
    let text = words(reading, missing);
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
