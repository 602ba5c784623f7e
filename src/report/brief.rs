//! The short report for people: a line for each step, and of its expectations only those that did not hold.

use super::paint::{Tone, lines, stamp, tone};
use super::points::{expectations, not_run_after};
use super::reporter::Reporter;
use super::text::{blocked, left, summary, totals, unreported, verdict};
use crate::events::{Event, LessonRecord, SETUP, Status, StepRecord};
use crate::present::chosen::in_words;
use crate::present::plain::{hang, one_line};
use crate::vocabulary::Chosen;

/// What is about a step is this far from the margin.
const INDENT: &str = "  ";
/// Where the words of a step's line begin, after the indent.
const WORDS: usize = 12;

/// See `isolab check --brief`.
pub struct Brief {
    columns: usize,
    /// Lessons that are reported whole.
    closed: Vec<String>,
    /// The lesson that is open, and the steps of it that are reported.
    open: Option<(String, Vec<StepRecord>)>,
}

impl Brief {
    /// A report as wide as this many columns.
    pub fn new(columns: usize) -> Self {
        Brief { columns: columns.max(40), closed: Vec::new(), open: None }
    }

    fn open(&mut self, id: &str, title: &str, chosen: &Chosen) -> String {
        self.open = Some((id.to_owned(), Vec::new()));
        let gap = if self.closed.is_empty() { "" } else { "\n" };
        let title = lines(&one_line(&format!("{id} · {title}")), Tone::Strong, "", self.columns);
        let chosen = in_words(chosen).map(|told| hang(INDENT, INDENT, &one_line(&told), self.columns));
        format!("{gap}{title}{}", chosen.unwrap_or_default())
    }

    fn step(&mut self, record: &StepRecord) -> String {
        let Some((_, reported)) = &mut self.open else { return String::new() };
        let out = step(record, reported, self.columns);
        reported.push(record.clone());
        out
    }

    fn close(&mut self, record: &LessonRecord) -> String {
        let mut out = String::new();
        if self.open.as_ref().is_none_or(|(id, _)| *id != record.id) {
            out += &self.open(&record.id, &record.title, &record.chosen);
        }
        for step in &record.steps {
            let reported = self.open.as_ref().is_some_and(|(_, steps)| steps.iter().any(|s| s.id == step.id));
            if !reported {
                out += &self.step(step);
            }
        }
        self.open = None;
        self.closed.push(record.id.clone());
        out += &lines(&summary(record), tone(&record.status), "", self.columns);
        if let Status::Blocked { reason, remedy } = &record.status
            && record.steps.iter().all(|step| step.status != record.status)
        {
            out += &blocked(reason, remedy, self.columns);
        }
        out + &left(record, self.columns)
    }
}

impl Reporter for Brief {
    fn event(&mut self, event: &Event) -> Vec<u8> {
        let out = match event {
            Event::Opened { id, title, chosen } => self.open(id, title, chosen),
            Event::StepEnded(record) => self.step(record),
            Event::Closed(record) => self.close(record),
            // What a step's record repeats, and answers to commands that a check does not give.
            _ => String::new(),
        };
        out.into_bytes()
    }

    fn finish(&mut self, records: &[LessonRecord]) -> Vec<u8> {
        let rest = unreported(records, &self.closed);
        let out: String = rest.into_iter().map(|record| self.close(record)).collect();
        (out + &totals(records, self.columns)).into_bytes()
    }
}

/// The line of a step, and below it what did not hold. `earlier` are the steps before it.
fn step(record: &StepRecord, earlier: &[StepRecord], columns: usize) -> String {
    let held = expectations(record).filter(|_| record.id != SETUP || record.status != Status::Passed);
    let why = not_run_after(record, earlier);
    let said: Vec<String> = [Some(one_line(&record.id)), held, why].into_iter().flatten().collect();
    let said = said.join(" – ");
    let columns = columns.saturating_sub(INDENT.len());
    let mut out = hang(&stamp(&record.status), &" ".repeat(WORDS), &said, columns);
    let failed = record.verdicts.iter().filter(|judged| judged.status == Status::Failed);
    out.extend(failed.map(|judged| verdict(judged, columns)));
    if let Status::Blocked { reason, remedy } = &record.status {
        // A whole lesson is blocked for one reason, which is said once.
        if earlier.last().is_none_or(|step| step.status != record.status) {
            out += &blocked(reason, remedy, columns);
        }
    }
    out.lines().map(|line| format!("{INDENT}{line}\n")).collect()
}
