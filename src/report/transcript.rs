//! A lesson as lines that come one after the other, for a person who walks through it without a screen: no colours, no frames, no columns, and every
//! sign of the screen as a word.

use super::prose::prose;
use crate::events::{ActionRecord, ReadoutRecord, Status, StepRecord, Verdict};
use crate::lesson::text::fill;
use crate::model::Source;
use crate::present::action::{deed_text, either};
use crate::present::chosen::in_words;
use crate::present::focus::{Foci, Focus};
use crate::present::plain::{count, escape, hang, one_line, took};
use crate::present::reading::{Laid, compared, lines, missing, plain_lines};
use crate::present::rows::{Change, Comparison, Rank};
use crate::present::verdict as words;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Lesson, Per, Step, Variant};

/// The most lines of one reading, and the most calls of one action.
const MOST_LINES: usize = 12;

/// A lesson, and which machine its text is for.
pub struct Transcript<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// Which variant of it applies here.
    pub variant: &'a Variant,
    /// How wide lines are at most.
    pub columns: usize,
}

impl Transcript<'_> {
    /// What the lesson is about, and which words it takes.
    pub fn head(&self) -> String {
        let Lesson { id, title, summary, minutes, steps, .. } = self.lesson;
        let deeper = steps.iter().filter(|step| is_deeper(step)).count();
        let mut out = self.line("", &format!("Lesson {id}: {title}"));
        out += &prose(&self.filled(summary), "", self.columns);
        out += &self.line(
            "",
            &format!("{}, {deeper} of them deeper; about {minutes} minutes.", count(steps.len(), "step")),
        );
        if let Some(told) = in_words(&self.lesson.chosen()) {
            out += &self.line("", &format!("{told}."));
        }
        out + &self.line(
            "",
            "Enter goes on, a number answers a question, q ends the lesson. Whatever the lesson makes is undone when it ends.",
        )
    }

    /// The title of a step; its index is 1 for the first.
    pub fn title(&self, index: usize, step: &Step) -> String {
        let deeper = if is_deeper(step) { " (deeper)" } else { "" };
        let line = format!("Step {index} of {}: {}{deeper}", self.lesson.steps.len(), step.title);
        format!("\n{}", self.line("", &line))
    }

    /// Its text.
    pub fn text(&self, step: &Step) -> String {
        self.here(Some(&step.text)).map_or_else(String::new, |text| prose(&text, "", self.columns))
    }

    /// What was made before the first reading, and what was read then.
    pub fn prepared(&self, step: &Step, given: &[ActionRecord], before: &[ReadoutRecord]) -> String {
        let mut out = String::new();
        if !given.is_empty() {
            out += "\nPrepared:\n";
            out.extend(given.iter().map(|action| self.action(action)));
        }
        if !before.is_empty() {
            out += "\nBefore:\n";
            let foci = Foci::of_step(self.lesson, step, self.variant);
            out.extend(before.iter().map(|record| {
                let missing = missing(record, foci.in_readout(&record.id))[0];
                self.value(&place(record), &plain_lines(&record.before, missing))
            }));
        }
        out
    }

    /// The question before a step, with its answers numbered.
    pub fn question(&self, step: &Step) -> String {
        let Some(predict) = &step.predict else { return String::new() };
        let mut out = format!("\n{}", self.line("Question: ", &self.filled(&predict.ask)));
        for (number, text) in (1..).zip(predict.options.values()) {
            out += &self.line(&format!("  {number}. "), &self.filled(text));
        }
        out
    }

    /// An action and its calls.
    pub fn action(&self, action: &ActionRecord) -> String {
        let mut out = self.line("  ", &format!("{}: {}", action.actor, deed_text(&action.deed)));
        for call in action.calls.iter().take(MOST_LINES) {
            out += &self.line("    ", &call.to_string());
        }
        if action.calls.len() > MOST_LINES {
            out += &format!("    and {}\n", count(action.calls.len() - MOST_LINES, "more call"));
        }
        if !action.declared.is_empty() {
            out += &self.line("    ", &format!("fails on purpose: {}", either(&action.declared)));
        }
        if action.source == Source::Box {
            out += "    (reported by the box itself, not traced)\n";
        }
        for line in action.output.iter().flat_map(|output| output.lines()).take(MOST_LINES) {
            out += &self.line("    output: ", line);
        }
        out
    }

    /// What was read and how it was judged, and then what the lesson says to it. `answer` has the ids of the options that the person chose.
    pub fn ended(&self, step: &Step, record: &StepRecord, answer: &[String]) -> String {
        let mut out = String::new();
        if !record.readouts.is_empty() {
            out += "\nWhat changed:\n";
            let foci = Foci::of_step(self.lesson, step, self.variant);
            out.extend(
                record.readouts.iter().map(|readout| self.change(readout, foci.in_readout(&readout.id))),
            );
        }
        if !record.verdicts.is_empty() {
            out += "\nChecks:\n";
            out.extend(record.verdicts.iter().map(|verdict| self.verdict(verdict)));
        }
        out += &format!("\n{}", self.line("Result: ", &result(record)));
        if record.is_explained() {
            out += &self.told(step, answer);
        }
        out
    }

    /// What the lesson says after the kernel has spoken.
    fn told(&self, step: &Step, answer: &[String]) -> String {
        let mut out = String::new();
        if let Some(predict) = &step.predict {
            let texts = |ids: &[String]| {
                let texts = ids.iter().filter_map(|id| predict.options.get(id));
                texts.map(|text| self.filled(text).trim_end().to_owned()).collect::<Vec<_>>().join("; ")
            };
            if let Some(right) = predict.is_right(answer, self.variant) {
                let judged = if right { "right" } else { "not right" };
                out += &self.line("You said: ", &format!("{} ({judged})", texts(answer)));
            }
            out += &self.line("Answer: ", &texts(predict.truth(self.variant)));
        }
        if let Some(why) = self.here(step.why.as_ref()) {
            out += &format!("\nWhy:\n{}", prose(&why, "", self.columns));
        }
        if let Some(docker) = &step.docker {
            out += &format!("\n{}", self.line("With Docker: ", &self.filled(docker)));
        }
        if let Some(myth) = &step.myth {
            out += &format!("\n{}", self.line("So this is a myth: ", &self.filled(myth)));
        }
        if let Some(commands) = self.here(step.by_hand.as_ref()) {
            // Not folded: a command must be pasted as it is.
            let lines: String = escape(&commands).trim_end().lines().map(|l| format!("  {l}\n")).collect();
            out += &format!("\nBy hand:\n{lines}");
        }
        out
    }

    /// A readout whose value is one line in one line, a longer one line by line.
    fn change(&self, record: &ReadoutRecord, focus: &Focus) -> String {
        let place = place(record);
        if !compared(record) {
            return self.value(&place, &plain_lines(&record.after, missing(record, focus)[1]));
        }
        let Laid { before, after, .. } = lines(record, focus, 0, None);
        let peak = record.peak.as_ref();
        let peak =
            peak.map_or_else(String::new, |peak| format!(" (at most {})", one_line(&peak.to_string())));
        if let ([old], [new]) = (before.as_slice(), after.as_slice()) {
            let said = if old == new {
                format!("{place}: unchanged, {new}{peak}")
            } else {
                format!("{place}: changed from {old} to {new}{peak}")
            };
            return self.line("  ", &said);
        }
        if before == after {
            return self.line("  ", &format!("{place}: unchanged, {}", count(after.len(), "line")));
        }
        self.lines_changed(&place, &Comparison::of(record, focus, true), &before, &after)
    }

    fn lines_changed(
        &self,
        place: &str,
        comparison: &Comparison,
        before: &[String],
        after: &[String],
    ) -> String {
        let selection = comparison.select(usize::MAX);
        // Processes that are not the run's come and go by themselves.
        let own = selection.shown.iter().filter(|pair| pair.rank != Rank::Foreign);
        let old = |at: Option<usize>| at.and_then(|at| before.get(at)).map_or("", String::as_str);
        let new = |at: Option<usize>| at.and_then(|at| after.get(at)).map_or("", String::as_str);
        let said: Vec<String> = own
            .filter_map(|pair| match pair.change {
                Change::Same | Change::Unknown => None,
                Change::Changed => Some(format!("changed from {} to {}", old(pair.before), new(pair.after))),
                Change::Gone => Some(format!("gone: {}", old(pair.before))),
                Change::New => Some(format!("new: {}", new(pair.after))),
            })
            .collect();
        let sides = format!("from {} to {}", count(before.len(), "line"), after.len());
        let mut out = self.line("  ", &format!("{place}: changed, {sides}"));
        for line in said.iter().take(MOST_LINES) {
            out += &self.line("    ", line);
        }
        let same = comparison.pairs.iter().filter(|pair| pair.change == Change::Same).count();
        let more = said.len().saturating_sub(MOST_LINES);
        if more > 0 {
            out += &format!("    and {}\n", count(more, "more change"));
        }
        if same > 0 {
            out += &format!("    {} unchanged\n", count(same, "line"));
        }
        out
    }

    /// A value, in the line of its place where it is one line.
    fn value(&self, place: &str, lines: &[String]) -> String {
        if let [one] = lines {
            return self.line("  ", &format!("{place}: {one}"));
        }
        let mut out = self.line("  ", &format!("{place}: {}", count(lines.len(), "line")));
        for line in lines.iter().take(MOST_LINES) {
            out += &self.line("    ", line);
        }
        if lines.len() > MOST_LINES {
            out += &format!("    and {}\n", count(lines.len() - MOST_LINES, "more line"));
        }
        out
    }

    fn verdict(&self, verdict: &Verdict) -> String {
        let claim = one_line(&words::claim(verdict));
        let said = match &verdict.status {
            Status::Failed => format!(
                "failed: {claim}; expected {}, actual {}, read from {}",
                words::expected(verdict),
                words::actual(verdict),
                words::source(verdict)
            ),
            Status::Blocked { reason, remedy } => format!("blocked: {claim}: {}", cause(reason, remedy)),
            status @ (Status::Passed | Status::NotRun | Status::NotHere) => {
                format!("{}: {claim}", status.word())
            }
        };
        self.line("  ", &said)
    }

    fn line(&self, start: &str, text: &str) -> String {
        let blank = start.len() - start.trim_start().len();
        let rest = if start.is_empty() { 0 } else { blank + 2 };
        hang(start, &" ".repeat(rest), &one_line(text.trim_end()), self.columns)
    }

    fn here(&self, text: Option<&Per<String>>) -> Option<String> {
        Some(self.filled(text?.here(self.variant)?))
    }

    fn filled(&self, text: &str) -> String {
        fill(text, &self.lesson.params, self.variant)
    }
}

/// Whether people in a hurry pass it over.
pub fn is_deeper(step: &Step) -> bool {
    step.level == Some(Level::Deeper)
}

/// Where something was read, and by whom.
fn place(record: &ReadoutRecord) -> String {
    one_line(&format!("{}, read by {}", record.path, record.viewpoint))
}

fn result(record: &StepRecord) -> String {
    match &record.status {
        Status::Blocked { reason, remedy } => format!("blocked: {}", cause(reason, remedy)),
        Status::NotHere => "not here: the lesson has this step for another kind of machine".to_owned(),
        status @ (Status::Passed | Status::Failed | Status::NotRun) => {
            format!("{} ({})", status.word(), took(record.took_ms))
        }
    }
}

/// Why something is blocked, and what helps.
pub fn cause(reason: &str, remedy: &str) -> String {
    if remedy.is_empty() { reason.to_owned() } else { format!("{reason}; what helps: {remedy}") }
}
