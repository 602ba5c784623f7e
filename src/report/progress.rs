//! What a person has done so far.

use super::paint::Tone;
use super::table::{Cell, Column, Row, render};
use crate::grading::score::Points;
use crate::present::plain::{self, count, escape, hang};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What was done of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressRow {
    /// Its id.
    pub lesson: String,
    /// Steps that were done.
    pub steps_done: usize,
    /// Steps that it has; unknown for a lesson that is not here.
    pub steps: Option<usize>,
    /// Those of the steps done that were done by hand.
    pub by_hand: usize,
    /// Predictions that were right.
    pub predictions_right: usize,
    /// Predictions that were answered.
    pub predictions_answered: usize,
    /// Predictions that it asks for; unknown for a lesson that is not here.
    pub predictions: Option<usize>,
    /// The step that was open last.
    pub last_step: Option<String>,
    /// When it was finished, in seconds since 1970.
    pub finished_at: Option<u64>,
    /// When anything was last done of it, in seconds since 1970.
    pub changed_at: Option<u64>,
    /// Its steps one by one: those that it has, in order, and then those that somebody did and it has no more.
    pub by_step: Vec<StepRow>,
}

/// What was done of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StepRow {
    /// Its id.
    pub step: String,
    /// `by_hand` or `watched`; nothing, if it was not done.
    pub done: Option<&'static str>,
    /// When it was first opened, in seconds since 1970.
    pub started_at: Option<u64>,
    /// When it was done, in seconds since 1970.
    pub done_at: Option<u64>,
    /// Ids of the options that were chosen; nothing, if its question was not answered.
    pub chosen: Option<Vec<String>>,
    /// Whether they were right.
    pub right: Option<bool>,
}

/// A receipt that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptRow {
    /// The lesson.
    pub lesson: String,
    /// The file.
    pub file: PathBuf,
    /// What it claims.
    #[serde(flatten)]
    pub points: Points,
    /// When the last of it was judged.
    pub ended: Timestamp,
}

/// The table for `isolab progress`, with times of this zone.
pub fn table(rows: &[ProgressRow], columns: usize, zone: &TimeZone) -> String {
    let heads = ["lesson", "steps", "by hand", "predictions", "when"]
        .map(|title| Column { title, folds: title == "when" });
    let rows: Vec<Row> = rows.iter().map(|row| line(row, zone)).collect();
    render(&heads, &rows, columns)
}

fn line(row: &ProgressRow, zone: &TimeZone) -> Row {
    let or_none = |text: String, there: bool| if there { text } else { "–".to_owned() };
    let all = row.steps.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let complete = row.steps == Some(row.steps_done);
    let when = |at: u64| time(at, zone);
    let (when, tone) = match (row.finished_at, row.changed_at, &row.last_step) {
        (Some(at), ..) => (format!("✓ finished {}", when(at)), Tone::Good),
        (None, Some(at), Some(step)) => (format!("at {step}, {}", when(at)), Tone::Plain),
        (None, Some(at), None) => (when(at), Tone::Plain),
        (None, None, _) => ("–".to_owned(), Tone::Dim),
    };
    let steps = format!("{}/{all}", row.steps_done);
    let cells = vec![
        Cell::new(&row.lesson, Tone::Strong),
        Cell::new(steps, if complete { Tone::Good } else { Tone::Plain }),
        Cell::plain(or_none(row.by_hand.to_string(), row.by_hand > 0)),
        Cell::plain(or_none(
            format!("{} of {} right", row.predictions_right, row.predictions_answered),
            row.predictions_answered > 0,
        )),
        Cell::new(when, tone),
    ];
    Row { cells, notes: vec![] }
}

/// A moment as people write it; its seconds, when no calendar has it.
fn time(seconds: u64, zone: &TimeZone) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|s| Timestamp::from_second(s).ok());
    moment.map_or_else(
        || seconds.to_string(),
        |m| m.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// The receipts below it: a line for each, and nothing where there are none.
pub fn receipts(rows: &[ReceiptRow], columns: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |row: &ReceiptRow| {
        let Points { earned, possible, .. } = row.points;
        let text = format!("{}, {earned} of {possible} points: {}", row.lesson, row.file.display());
        hang("  ", "    ", &escape(&text).replace('\n', " "), columns)
    };
    "\nReceipts of what you typed, to hand in:\n".to_owned() + &rows.iter().map(line).collect::<String>()
}

/// The same for programs. `last`: the lesson that was opened last; `file`: where it is kept.
pub fn json(
    rows: &[ProgressRow],
    last: Option<&str>,
    file: Option<&Path>,
    receipts: &[ReceiptRow],
) -> String {
    let document =
        serde_json::json!({ "format": 1, "file": file, "last": last, "lessons": rows, "receipts": receipts });
    plain::json(&format!("{document:#}")) + "\n"
}

/// A line for each step, for spreadsheets; times in UTC, as RFC 3339 writes them.
pub fn csv(rows: &[ProgressRow]) -> String {
    let heads = ["lesson", "step", "done", "started", "done_at", "chosen", "right"];
    let line = |row: &ProgressRow, step: &StepRow| {
        let when = |at: Option<u64>| at.map(rfc3339).unwrap_or_default();
        vec![
            row.lesson.clone(),
            step.step.clone(),
            step.done.unwrap_or_default().to_owned(),
            when(step.started_at),
            when(step.done_at),
            step.chosen.as_ref().map(|chosen| chosen.join(" ")).unwrap_or_default(),
            step.right.map(|right| if right { "yes" } else { "no" }).unwrap_or_default().to_owned(),
        ]
    };
    super::delimited::table(
        &heads,
        rows.iter().flat_map(|row| row.by_step.iter().map(|step| line(row, step))),
    )
}

/// A moment in UTC; its seconds, when no calendar has it.
fn rfc3339(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|s| Timestamp::from_second(s).ok());
    moment.map_or_else(|| seconds.to_string(), |m| m.to_string())
}

/// What was cleared: lessons with their steps and predictions, and receipts. `asked`: the lessons that were named.
pub fn cleared(taken: &[(&str, usize, usize)], asked: &[String], receipts: usize) -> String {
    let mut text: String = taken
        .iter()
        .map(|(id, steps, predictions)| {
            format!(
                "cleared {}: {}, {}\n",
                escape(id),
                count(*steps, "step"),
                count(*predictions, "prediction")
            )
        })
        .collect();
    for id in asked.iter().filter(|id| !taken.iter().any(|(t, ..)| t == id)) {
        text += &format!("{}: there was nothing to clear\n", escape(id));
    }
    if receipts > 0 {
        text += &format!("cleared {}\n", count(receipts, "receipt"));
    }
    if text.is_empty() {
        "there was nothing to clear\n".clone_into(&mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(lesson: &str) -> ProgressRow {
        ProgressRow {
            lesson: lesson.into(),
            steps_done: 0,
            steps: Some(6),
            by_hand: 0,
            predictions_right: 0,
            predictions_answered: 0,
            predictions: Some(2),
            last_step: None,
            finished_at: None,
            changed_at: None,
            by_step: vec![],
        }
    }

    #[test]
    fn a_spreadsheet_has_a_line_for_each_step() {
        let done = StepRow {
            step: "rename".into(),
            done: Some("by_hand"),
            started_at: Some(1_763_822_000),
            done_at: Some(1_763_822_060),
            chosen: Some(vec!["kernel".into(), "=1".into()]),
            right: Some(false),
        };
        let not = StepRow { step: "@join".into(), ..StepRow::default() };
        let lines = [
            "lesson,step,done,started,done_at,chosen,right",
            "uts,rename,by_hand,2025-11-22T14:33:20Z,2025-11-22T14:34:20Z,kernel =1,no",
            "uts,'@join,,,,,",
        ];
        let made = csv(&[ProgressRow { by_step: vec![done, not], ..row("uts") }]);
        assert_eq!(made.lines().collect::<Vec<_>>(), lines, "{made}");
    }

    #[test]
    fn a_row_says_how_far_somebody_came() {
        colored::control::set_override(false);
        let finished = ProgressRow {
            steps_done: 6,
            by_hand: 2,
            predictions_right: 1,
            predictions_answered: 2,
            finished_at: Some(1_763_822_000),
            changed_at: Some(1_763_829_000),
            ..row("uts")
        };
        let begun = ProgressRow {
            steps_done: 1,
            last_step: Some("orphan".into()),
            changed_at: Some(u64::MAX),
            ..row("pid")
        };
        let gone = ProgressRow { steps_done: 3, steps: None, changed_at: Some(0), ..row("own") };
        let text = table(&[finished, begun, gone, row("net")], 80, &TimeZone::UTC);
        let lines = [
            "lesson  steps  by hand  predictions   when",
            "uts     6/6    2        1 of 2 right  ✓ finished 2025-11-22 14:33",
            "pid     1/6    –        –             at orphan, 18446744073709551615",
            "own     3/?    –        –             1970-01-01 00:00",
            "net     0/6    –        –             –",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines, "{text}");
    }

    #[test]
    fn clearing_is_told() {
        let asked = ["uts".to_owned(), "pid".to_owned()];
        assert_eq!(
            cleared(&[("uts", 1, 2)], &asked, 0),
            "cleared uts: 1 step, 2 predictions\npid: there was nothing to clear\n"
        );
        assert_eq!(cleared(&[], &[], 0), "there was nothing to clear\n");
        assert_eq!(cleared(&[], &[], 2), "cleared 2 receipts\n");
    }
}
