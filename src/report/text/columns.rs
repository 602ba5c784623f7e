//! A readout as two columns, before and after.

use super::samples;
use crate::events::ReadoutRecord;
use crate::events::Sample;
use crate::present::focus::Focus;
use crate::present::plain::{escape, fold, pad, width};
use crate::present::reading::{lines, table};
use crate::present::rows::{Change, Comparison, Rank};
use crate::report::paint::{Tone, paint};

/// Where values begin.
const INDENT: usize = 5;
/// Between the columns: space, sign, space.
const GAP: usize = 3;
/// The most lines of a value.
pub const MOST_LINES: usize = 12;

/// The widths of both columns on a terminal of `columns`.
fn sides(columns: usize) -> (usize, usize) {
    let room = columns.saturating_sub(INDENT + GAP).max(24);
    (room / 2, room - room / 2)
}

/// The line above all readouts of a step.
pub fn heading(columns: usize) -> String {
    let (left, _) = sides(columns);
    let line = format!("{}{}{}after", " ".repeat(INDENT), pad("before", left), " ".repeat(GAP));
    paint(&line, Tone::Dim) + "\n"
}

/// One readout: id, viewpoint and path, then its value before and after with a sign between.
pub fn readout(record: &ReadoutRecord, focus: &Focus, samples: &[Sample], columns: usize) -> String {
    let (left, right) = sides(columns);
    let sides = Sides { left, right };
    let mut out = title(record, columns);
    let comparison = Comparison::of(record, focus, true);
    let laid = lines(record, focus, left.min(right), None);
    let lists = [&record.before, &record.after].map(|reading| !table(reading).is_empty());
    if let Some(header) = &laid.header {
        let over = |list: bool| if list { header.as_str() } else { "" };
        out += &sides.row(over(lists[0]), " ", over(lists[1]), Tone::Dim);
    }
    let selection = comparison.select(MOST_LINES);
    // What is said of a side that has no rows stands in its first line.
    let mut words = [(lists[0], &laid.before), (lists[1], &laid.after)]
        .map(|(list, lines)| lines.first().filter(|_| !list).map(String::as_str));
    for pair in &selection.shown {
        let mut side = |side: usize, at: Option<usize>, lines: &[String]| {
            let word = words[side].take();
            at.and_then(|at| lines.get(at).cloned()).or(word.map(str::to_owned)).unwrap_or_default()
        };
        let (old, new) = (side(0, pair.before, &laid.before), side(1, pair.after, &laid.after));
        let (sign, tone) = match (pair.change, pair.rank) {
            (Change::Same, _) => ("=", Tone::Plain),
            (Change::Changed | Change::Gone | Change::New, Rank::Named | Rank::Other) => ("≠", Tone::Warn),
            (Change::Unknown, _) | (_, Rank::Foreign) => (" ", Tone::Plain),
        };
        out += &sides.row(&old, sign, &new, tone);
    }
    if !selection.left_out.is_empty() {
        out += &note(&format!("… {}", selection.left_out.join(" · ")));
    }
    if let Some(peak) = &record.peak {
        out += &sides.row("", " ", &format!("peak {}", escape(&peak.to_string())), Tone::Dim);
    }
    if let Some(over_time) = samples::over_time(record, samples, right) {
        out += &sides.row("", " ", &over_time, Tone::Dim);
    }
    out
}

fn title(record: &ReadoutRecord, columns: usize) -> String {
    let id = escape(&record.id);
    let from = escape(&format!("{} · {}", record.viewpoint, record.path));
    let first = format!("   {id}  ");
    let room = columns.saturating_sub(width(&first)).max(20);
    let mut out = String::new();
    for (i, part) in fold(&from, room).iter().enumerate() {
        let start =
            if i == 0 { format!("   {}  ", paint(&id, Tone::Strong)) } else { " ".repeat(width(&first)) };
        out += &format!("{start}{}\n", paint(part, Tone::Dim));
    }
    out
}

struct Sides {
    left: usize,
    right: usize,
}

impl Sides {
    fn row(&self, before: &str, sign: &str, after: &str, tone: Tone) -> String {
        let (old, new) = (fold(before, self.left), fold(after, self.right));
        let mut out = String::new();
        for i in 0..old.len().max(new.len()) {
            let cell = |side: &[String]| side.get(i).cloned().unwrap_or_default();
            let sign = if i == 0 { sign } else { " " };
            let (old, new) = (pad(&cell(&old), self.left), cell(&new));
            let old_tone = if tone == Tone::Warn { Tone::Plain } else { tone };
            let line = format!(
                "{}{} {} {}",
                " ".repeat(INDENT),
                paint(&old, old_tone),
                paint(sign, if tone == Tone::Plain { Tone::Dim } else { tone }),
                paint(&new, tone)
            );
            out += line.trim_end();
            out.push('\n');
        }
        out
    }
}

fn note(text: &str) -> String {
    format!("{}{}\n", " ".repeat(INDENT), paint(text, Tone::Dim))
}
