//! A readout as two columns, before and after.

use super::samples;
use crate::events::ReadoutRecord;
use crate::events::Sample;
use crate::model::{Reading, Value};
use crate::present::pairs::{Pair, by_position, pairs};
use crate::present::plain::{count, escape, fold, pad, width};
use crate::present::reading::{compared, lines};
use crate::report::paint::{Tone, paint};

/// Where values begin.
const INDENT: usize = 5;
/// Between the columns: space, sign, space.
const GAP: usize = 3;
/// The most lines of a value.
pub const MOST_LINES: usize = 12;
/// The most lines of a long value that did not change, enough to recognise it.
const MOST_LINES_UNCHANGED: usize = 3;

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
pub fn readout(record: &ReadoutRecord, samples: &[Sample], columns: usize) -> String {
    let (left, right) = sides(columns);
    let mut out = title(record, columns);
    let facts = [&record.before, &record.after].iter().all(|reading| matches!(reading, Reading::Fact(_)));
    let sides = Sides { left, right, compared: compared(record), facts };
    let (header, before, after) = lines(&record.before, &record.after, left.min(right));
    if let Some(header) = header {
        let over = |reading: &Reading| match reading.value() {
            Some(Value::Table(rows)) if !rows.is_empty() => header.as_str(),
            _ => "",
        };
        out += &sides.row(over(&record.before), " ", over(&record.after), Tone::Dim);
    }
    out += &sides.rows(&before, &after);
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
    compared: bool,
    /// Both sides were read, so that their lines can be partners of each other.
    facts: bool,
}

impl Sides {
    /// All lines when they are few; else those that differ, and how many there are besides.
    fn rows(&self, before: &[String], after: &[String]) -> String {
        if !self.compared {
            return self.apart(before, after);
        }
        let pairs = if self.facts { pairs(before, after) } else { by_position(before, after) };
        let same = pairs.iter().filter(|pair| matches!(pair, Pair::Same(_))).count();
        let all: Vec<String> = pairs.iter().map(|pair| self.pair(*pair)).collect();
        if all.iter().map(|lines| lines.lines().count()).sum::<usize>() <= MOST_LINES {
            return all.concat();
        }
        if same == pairs.len() {
            return capped(&all, MOST_LINES_UNCHANGED, |n| format!("… {} more {}, equal", n, lines_word(n)));
        }
        let differing: Vec<String> = pairs
            .iter()
            .zip(all)
            .filter(|(pair, _)| !matches!(pair, Pair::Same(_)))
            .map(|(_, line)| line)
            .collect();
        let mut out =
            capped(&differing, MOST_LINES, |n| format!("… {} more {} that differ", n, lines_word(n)));
        if same > 0 {
            out += &note(&format!("… {} more {}, equal", same, lines_word(same)));
        }
        out
    }

    /// Two values that no sign compares, each with a cap of its own.
    fn apart(&self, before: &[String], after: &[String]) -> String {
        let side = |lines: &[String], i: usize| lines.get(i).cloned().unwrap_or_default();
        let most = before.len().max(after.len());
        let rows: Vec<String> =
            (0..most).map(|i| self.row(&side(before, i), " ", &side(after, i), Tone::Plain)).collect();
        capped(&rows, MOST_LINES, |n| format!("… {} more {}", n, lines_word(n)))
    }

    fn pair(&self, pair: Pair) -> String {
        match pair {
            Pair::Same(line) => self.row(line, "=", line, Tone::Plain),
            Pair::Changed(old, new) => self.row(old, "≠", new, Tone::Warn),
            Pair::Before(old) => self.row(old, "≠", "", Tone::Warn),
            Pair::After(new) => self.row("", "≠", new, Tone::Warn),
        }
    }

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

/// Blocks up to the cap, and a note on how many were left out.
fn capped(blocks: &[String], most: usize, left_out: impl Fn(usize) -> String) -> String {
    let mut out = String::new();
    let mut lines = 0;
    for (i, block) in blocks.iter().enumerate() {
        lines += block.lines().count();
        if i > 0 && lines > most {
            return out + &note(&left_out(blocks.len() - i));
        }
        out += block;
    }
    out
}

fn note(text: &str) -> String {
    format!("{}{}\n", " ".repeat(INDENT), paint(text, Tone::Dim))
}

fn lines_word(n: usize) -> &'static str {
    if count(n, "line").ends_with('s') { "lines" } else { "line" }
}
