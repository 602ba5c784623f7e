//! The report for people. It streams: everything is printed as soon as it is known, and nothing twice.

mod columns;
mod ends;
mod samples;
mod step;

pub use ends::{left, summary, totals, unreported};
pub use step::{blocked, verdict};

use super::paint::{Tone, lines, paint, stamp, tone};
use super::points::failure;
use super::reporter::Reporter;
use crate::events::{ActionRecord, Event, LessonRecord, Status, StepRecord};
use crate::model::Reading;
use crate::present::action::awaiting;
use crate::present::chosen::in_words;
use crate::present::focus::Foci;
use crate::present::plain::{fold, hang, one_line, took, width};
use crate::vocabulary::Chosen;
use std::collections::BTreeSet;

/// Waits of at least this many milliseconds are announced.
const WORTH_SAYING_MS: u64 = 1000;

/// See [`super::Format::Text`].
pub struct Text {
    columns: usize,
    /// Lessons that are reported whole.
    closed: Vec<String>,
    /// The lesson that is open.
    open: Option<Open>,
}

/// What has been printed of a lesson.
#[derive(Default)]
struct Open {
    id: String,
    /// Steps that are reported whole.
    steps: Vec<StepRecord>,
    /// The step that is under way.
    step: String,
    /// How many of its actions are printed.
    actions: usize,
    /// Readouts of what has existed in one of its steps.
    read: BTreeSet<String>,
    /// The word that stands before the calls now.
    label: &'static str,
}

impl Text {
    /// A report as wide as this many columns.
    pub fn new(columns: usize) -> Self {
        Text { columns: columns.max(40), closed: Vec::new(), open: None }
    }

    fn open(&mut self, id: &str, title: &str, chosen: &Chosen) -> String {
        self.open = Some(Open { id: id.to_owned(), ..Open::default() });
        let lines = fold(&one_line(&format!("{id} · {title}")), self.columns - 4);
        let rule = self.columns.saturating_sub(4 + lines.last().map_or(0, |line| width(line)));
        let text = format!("━━ {} {}", lines.join("\n   "), "━".repeat(rule));
        let gap = if self.closed.is_empty() { "" } else { "\n\n" };
        let painted: Vec<String> = text.lines().map(|line| paint(line.trim_end(), Tone::Strong)).collect();
        let chosen = in_words(chosen).map(|told| hang("   ", "   ", &one_line(&told), self.columns));
        format!("{gap}{}\n{}", painted.join("\n"), chosen.unwrap_or_default())
    }

    fn start(&mut self, id: &str, title: &str) -> String {
        let open = self.open.get_or_insert_default();
        if open.step == id {
            return String::new();
        }
        (open.step, open.actions, open.label) = (id.to_owned(), 0, "");
        step::heading(id, title, self.columns)
    }

    fn act(&mut self, action: &ActionRecord) -> String {
        // A world is built before its first step is announced.
        let between = self.open.as_ref().is_none_or(|open| open.step.is_empty());
        let heading = if between { self.start("setup", "Setup") } else { String::new() };
        let open = self.open.get_or_insert_default();
        open.actions += 1;
        let label = step::label(&open.step, action);
        let shown = if label == open.label { "" } else { label };
        open.label = label;
        heading + &step::action(action, shown, self.columns)
    }

    fn end(&mut self, record: &StepRecord) -> String {
        let mut out = String::new();
        let open = self.open.get_or_insert_default();
        if open.step != record.id {
            out += &self.start(&record.id, &record.title);
        }
        let printed = self.open.as_ref().map_or(0, |open| open.actions);
        for action in record.actions.iter().skip(printed) {
            out += &self.act(action);
        }
        let open = self.open.get_or_insert_default();
        out += &step::outcome(record, &Foci::of_record(record, &open.read), &open.steps, self.columns);
        open.read.extend(record.readouts.iter().filter(|r| r.after != Reading::Gone).map(|r| r.id.clone()));
        open.steps.push(record.clone());
        open.step.clear();
        out
    }

    fn close(&mut self, record: &LessonRecord) -> String {
        let mut out = String::new();
        if self.open.as_ref().is_none_or(|open| open.id != record.id) {
            out += &self.open(&record.id, &record.title, &record.chosen);
        }
        for step in &record.steps {
            if self.open.as_ref().is_some_and(|open| open.steps.iter().all(|s| s.id != step.id)) {
                out += &self.end(step);
            }
        }
        self.open = None;
        self.closed.push(record.id.clone());
        let text = summary(record);
        out += &format!("\n{}", lines(&text, tone(&record.status), "", self.columns));
        if let Status::Blocked { reason, remedy } = &record.status
            && record.steps.iter().all(|step| step.status != record.status)
        {
            out += &step::blocked(reason, remedy, self.columns);
        }
        out + &left(record, self.columns)
    }

    /// Repeats everything that did not pass, where the eye is at the end of a long run.
    fn recap(&self, records: &[LessonRecord]) -> String {
        let mut out = String::new();
        for record in records {
            for step in record.steps.iter().filter(|step| step.status == Status::Failed) {
                let failed: Vec<String> =
                    step.verdicts.iter().filter(|v| v.status == Status::Failed).map(failure).collect();
                let failed = if failed.is_empty() { vec![one_line(&step.title)] } else { failed };
                for line in failed {
                    out += &self.entry(&step.status, &format!("{}/{}", record.id, step.id), &line);
                }
            }
            let failed_step = record.steps.iter().any(|step| step.status == Status::Failed);
            match &record.status {
                Status::Failed if !failed_step => {
                    out += &self.entry(&record.status, &record.id, &record.title);
                }
                Status::Blocked { reason, .. } => out += &self.entry(&record.status, &record.id, reason),
                Status::NotRun => out += &self.entry(&record.status, &record.id, &record.title),
                _ => {}
            }
            out += &left(record, self.columns);
        }
        out
    }

    fn entry(&self, status: &Status, what: &str, line: &str) -> String {
        let line = one_line(&format!("{what}  {line}"));
        hang(&stamp(status), &" ".repeat(12), &line, self.columns)
    }
}

impl Reporter for Text {
    fn event(&mut self, event: &Event) -> Vec<u8> {
        let out = match event {
            Event::Opened { id, title, chosen } => self.open(id, title, chosen),
            Event::StepStarted { id, title, .. } => self.start(id, title),
            Event::Acted(action) => self.act(action),
            Event::Waiting { what, at_most_ms } if *at_most_ms >= WORTH_SAYING_MS => {
                let line = format!("{} (at most {})", one_line(&awaiting(what)), took(*at_most_ms));
                format!("   {}\n", paint(&format!("…      {line}"), Tone::Dim))
            }
            Event::StepEnded(record) => self.end(record),
            Event::Closed(record) => self.close(record),
            // Short waits, what the step's record repeats, and answers to commands that a check does not give.
            _ => String::new(),
        };
        out.into_bytes()
    }

    fn finish(&mut self, records: &[LessonRecord]) -> Vec<u8> {
        let rest = unreported(records, &self.closed);
        let mut out: String = rest.into_iter().map(|record| self.close(record)).collect();
        let recap = self.recap(records);
        if !recap.is_empty() && records.len() > 1 {
            out += &format!("\n\n{}\n{recap}", paint("What did not pass", Tone::Strong));
        }
        out += &totals(records, self.columns);
        out.into_bytes()
    }
}
