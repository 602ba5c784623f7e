//! A step in text: its calls, what was read, how it was judged.

use super::columns::{self, MOST_LINES};
use crate::events::{ActionRecord, ReadoutRecord, Status, StepRecord, Verdict};
use crate::model::{Outcome, Source};
use crate::present::action::deed_text;
use crate::present::focus::Foci;
use crate::present::plain::{escape, fold, hang, one_line, took, width};
use crate::present::verdict as words;
use crate::report::paint::{Tone, lines, paint, sign, stamp, tone};
use crate::report::points::not_run_after;

/// The column where calls begin, after their label (`do`, `given`).
const CALLS: usize = 10;
/// How many calls to show from the start of an action with more than [`MOST_LINES`]; the others come from its end.
const FIRST_CALLS: usize = 6;

/// The heading of a step.
pub fn heading(id: &str, title: &str, columns: usize) -> String {
    let id = one_line(id);
    let first = format!("── {id} · ");
    let start = format!("── {} · ", paint(&id, Tone::Strong));
    let lines = fold(&one_line(title), columns.saturating_sub(width(&first)).max(20));
    let lines: Vec<String> = lines.iter().map(|line| paint(line, Tone::Strong)).collect();
    format!("\n{start}{}\n", lines.join(&format!("\n{}", " ".repeat(width(&first)))))
}

/// The word before an action's calls.
pub fn label(step: &str, action: &ActionRecord) -> &'static str {
    match (step, action.preparation) {
        ("setup", true) => "setup",
        (_, true) => "given",
        (_, false) => "do",
    }
}

/// One action with its calls. `label` is empty when it is that of the action before.
pub fn action(action: &ActionRecord, label: &str, columns: usize) -> String {
    let tone = if action.preparation { Tone::Dim } else { Tone::Plain };
    let mut said = Lines { label, tone, columns, out: String::new() };
    let mut sayer = String::new();
    if action.calls.len() != 1 {
        let none = if action.calls.is_empty() { "  (no system call seen)" } else { "" };
        said.push(&one_line(&format!("{}  {}{none}", action.actor, deed_text(&action.deed))), Tone::Dim);
        sayer += "  ";
    }
    let declared = action.declared_failure();
    let hidden = action.calls.len().saturating_sub(MOST_LINES);
    for (i, call) in action.calls.iter().enumerate() {
        if hidden > 0 && i == FIRST_CALLS {
            said.push(&format!("{sayer}… {} more calls", hidden + 1), Tone::Dim);
        }
        if hidden == 0 || i < FIRST_CALLS || i > FIRST_CALLS + hidden {
            let mut line = one_line(&format!("{sayer}{} {}  {call}", action.actor, call.pid));
            let mut this = tone;
            match (declared == Some(i), &call.outcome) {
                (true, _) => line += "  (as declared)",
                (false, Outcome::Failed(_)) if !action.preparation => this = Tone::Warn,
                _ => {}
            }
            if action.source == Source::Box {
                line += "  (reported by the box)";
            }
            said.push(&line, this);
        }
    }
    if let Some(output) = &action.output {
        said.output(&escape(output));
    }
    said.out
}

struct Lines<'a> {
    label: &'a str,
    tone: Tone,
    columns: usize,
    out: String,
}

impl Lines<'_> {
    fn push(&mut self, line: &str, tone: Tone) {
        let (first, rest) = (" ".repeat(CALLS), " ".repeat(CALLS + 4));
        for (i, part) in hang(&first, &rest, line, self.columns).lines().enumerate() {
            let part = part.trim_start();
            let start = match i {
                0 => format!("   {}{}", paint(&format!("{:<7}", self.label), Tone::Dim), leading(line)),
                _ => rest.clone(),
            };
            self.out += &format!("{start}{}\n", paint(part, tone));
            self.label = "";
        }
    }

    fn output(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        for line in lines.iter().take(MOST_LINES) {
            for part in fold(line, self.columns.saturating_sub(CALLS + 4).max(20)) {
                self.out +=
                    &format!("{}{} {}\n", " ".repeat(CALLS), paint("│", Tone::Dim), paint(&part, self.tone));
            }
        }
        if lines.len() > MOST_LINES {
            let more = format!("│ … {} more lines", lines.len() - MOST_LINES);
            self.out += &format!("{}{}\n", " ".repeat(CALLS), paint(&more, Tone::Dim));
        }
    }
}

/// The spaces that a line begins with.
fn leading(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// What was read and how it was judged: everything of a step below its calls. `earlier` are the steps before it.
pub fn outcome(step: &StepRecord, foci: &Foci, earlier: &[StepRecord], columns: usize) -> String {
    let mut out = String::new();
    if !step.readouts.is_empty() {
        out += &columns::heading(columns);
        let readout = |record: &ReadoutRecord| {
            columns::readout(record, foci.in_readout(&record.id), &step.samples, columns)
        };
        out.extend(step.readouts.iter().map(readout));
    }
    out.extend(step.verdicts.iter().map(|judged| verdict(judged, columns)));
    out + &ending(step, earlier, columns)
}

/// One expectation.
pub fn verdict(verdict: &Verdict, columns: usize) -> String {
    let claim = one_line(&words::claim(verdict));
    let (actual, source) = (escape(&words::actual(verdict)), one_line(&words::source(verdict)));
    match &verdict.status {
        Status::Passed => {
            let seen = words::seen(verdict).map_or_else(String::new, |seen| format!(": {seen}"));
            stamped(&verdict.status, &format!("{claim}{seen}"), columns)
        }
        Status::Failed => {
            let mut out = stamped(&verdict.status, &claim, columns);
            for (word, text) in
                [("expected", &escape(&words::expected(verdict))), ("actual", &actual), ("read", &source)]
            {
                out += &field(word, text, columns);
            }
            out
        }
        Status::Blocked { reason, remedy } => {
            stamped(&verdict.status, &claim, columns) + &blocked(reason, remedy, columns)
        }
        Status::NotHere | Status::NotRun => stamped(&verdict.status, &claim, columns),
    }
}

fn stamped(status: &Status, text: &str, columns: usize) -> String {
    let start = format!("   {}", stamp(status));
    hang(&start, &" ".repeat(width(&start)), text, columns)
}

/// A named text below a verdict, folded and capped.
fn field(word: &str, text: &str, columns: usize) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    let lines: Vec<&str> = text.lines().collect();
    for (i, line) in lines.iter().take(MOST_LINES).enumerate() {
        let start = if i == 0 { format!("       {word:<8}  ") } else { " ".repeat(17) };
        out += &hang(&start, &" ".repeat(17), line, columns);
    }
    if lines.len() > MOST_LINES {
        out += &format!(
            "{}{}\n",
            " ".repeat(17),
            paint(&format!("… {} more lines", lines.len() - MOST_LINES), Tone::Dim)
        );
    }
    out
}

/// Why something is blocked, and what lifts it.
pub fn blocked(reason: &str, remedy: &str, columns: usize) -> String {
    field("reason", &escape(reason), columns) + &field("remedy", &escape(remedy), columns)
}

/// The judgement on the whole step.
fn ending(step: &StepRecord, earlier: &[StepRecord], columns: usize) -> String {
    let mut time = took(step.took_ms);
    if step.measured_ms > 0 {
        time += &format!(", {} of it measured", took(step.measured_ms));
    }
    let said = match step.status {
        Status::NotHere => ": it belongs to another kind of machine".to_owned(),
        Status::NotRun => not_run_after(step, earlier).map_or_else(String::new, |why| format!(": {why}")),
        _ => format!(": {} ({time})", one_line(&step.id)),
    };
    let text = format!("{} {}{said}", sign(&step.status), step.status.word());
    let mut out = lines(&text, tone(&step.status), "   ", columns);
    if let Status::Blocked { reason, remedy } = &step.status {
        out += &blocked(reason, remedy, columns);
    }
    out
}
