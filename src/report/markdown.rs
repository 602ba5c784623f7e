//! A handout: a lesson and what one real run of it said, as Markdown.

use super::markup::{cell, code, fenced, sign, text, word};
use super::points::call_lines;
use super::reporter::Header;
use super::worksheet;
use crate::events::{ActionRecord, LessonRecord, ReadoutRecord, Status, StepRecord, Verdict};
use crate::lesson::text::fill;
use crate::model::Leftover;
use crate::model::{Reading, Source};
use crate::present::action::{deed_text, either};
use crate::present::chosen::in_words;
use crate::present::focus::{Foci, Focus};
use crate::present::leftover::leftovers;
use crate::present::plain::{escape, one_line};
use crate::present::reading::{compared, lines, missing, table, words as reading};
use crate::present::rows::{Change, Comparison};
use crate::present::verdict as words;
use crate::vocabulary::when::Rights;
use crate::vocabulary::{Lesson, Per, Step, Variant};
use std::collections::BTreeSet;

/// Columns, wide enough that no table is taken apart.
const WIDE: usize = 400;

/// For whom a handout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// For after the class: everything that the lesson and the run said.
    Complete,
    /// To be filled in: without the answers and whatever tells them.
    Worksheet,
}

/// The machine and the variant of a run.
pub struct Context<'a> {
    /// What every report begins with.
    pub header: &'a Header,
    /// Which variant of the lesson was run.
    pub variant: &'a Variant,
    /// For whom it is made.
    pub edition: Edition,
}

/// The whole lesson.
pub fn handout(lesson: &Lesson, record: &LessonRecord, context: &Context) -> String {
    let page = HandoutPage { lesson, context };
    let mut out = format!("# {}\n\n{}\n\n", one_line(&lesson.title), page.filled(&lesson.summary).trim_end());
    out += &head(context);
    if let Some(told) = in_words(&lesson.chosen()) {
        out += &format!("\n{}\n", text(&told));
    }
    for (i, step) in lesson.steps.iter().enumerate() {
        let record = record.steps.iter().find(|r| r.id == step.id);
        out += &format!("\n## {}. {}\n\n{}", i + 1, one_line(&step.title), page.step(step, record));
    }
    out + &left_behind(&record.left)
}

/// What stands below the title: where everything comes from, and what to do with it.
pub(super) fn head(context: &Context) -> String {
    match context.edition {
        Edition::Complete => origin(context.header),
        Edition::Worksheet => worksheet::head(context.header),
    }
}

fn origin(header: &Header) -> String {
    let Header { isolab, kernel, cgroup, rights } = header;
    format!(
        "Everything below was read from the kernel or returned by a system call in one run: isolab {isolab}, Linux {kernel}, cgroup {cgroup}, {rights}.\n"
    )
}

/// What could not be undone.
pub(super) fn left_behind(left: &[Leftover]) -> String {
    leftovers(left).iter().map(|left| format!("\n**Could not be undone:** {}\n", one_line(left))).collect()
}

/// A lesson's steps on paper.
pub(super) struct HandoutPage<'a> {
    pub lesson: &'a Lesson,
    pub context: &'a Context<'a>,
}

impl HandoutPage<'_> {
    /// A step below its heading: what the lesson says, and what the run said.
    pub fn step(&self, step: &Step, record: Option<&StepRecord>) -> String {
        let not_run = || "\n**This step was not run.**\n".to_owned();
        self.told_before(step) + &record.map_or_else(not_run, |record| self.record(step, record))
    }

    /// What the lesson says before the step is run.
    pub fn told_before(&self, step: &Step) -> String {
        self.text(&step.text) + &self.question(step) + &self.commands(step)
    }

    /// What an author wrote, with this machine's names and the values that were set.
    pub fn filled(&self, text: &str) -> String {
        escape(&fill(text, &self.lesson.params, self.context.variant))
    }

    fn here<'p, T>(&self, per: &'p Per<T>) -> Option<&'p T> {
        per.here(self.context.variant)
    }

    fn text(&self, per: &Per<String>) -> String {
        self.here(per).map_or_else(String::new, |text| format!("{}\n", self.filled(text).trim_end()))
    }

    fn question(&self, step: &Step) -> String {
        let Some(predict) = &step.predict else { return String::new() };
        if self.context.edition == Edition::Worksheet {
            return worksheet::question(predict, &|text| self.filled(text));
        }
        let mut out = format!("\n**What do you expect?** {}\n\n", self.filled(&predict.ask).trim_end());
        for text in predict.options.values() {
            out += &format!("- {}\n", self.filled(text).trim_end());
        }
        out
    }

    /// What a person types for the same. On a worksheet only what belongs to this machine: Docker's command comes with the explanation.
    fn commands(&self, step: &Step) -> String {
        let block = |title: &str, commands: &str| {
            format!("\n{title}:\n\n{}", fenced("sh", self.filled(commands).trim_end()))
        };
        let mut out = String::new();
        if let Some(commands) = step.by_hand.as_ref().and_then(|c| self.here(c)) {
            let title = match self.context.variant.rights {
                Rights::Root => "By hand, in a root shell",
                Rights::Rootless => "By hand, in your own shell",
            };
            out += &block(title, commands);
        }
        match self.context.edition {
            Edition::Worksheet => {}
            Edition::Complete => {
                if let Some(commands) = step.solution.as_ref().and_then(|c| self.here(c)) {
                    out += &block("In the box's shell, which `s` opens in the lab", commands);
                }
                if let Some(docker) = &step.docker {
                    out += &block("With Docker", docker);
                }
            }
        }
        out
    }

    fn record(&self, step: &Step, record: &StepRecord) -> String {
        match self.context.edition {
            Edition::Worksheet => worksheet::record(step, record, self.context.variant),
            Edition::Complete if record.status == Status::Passed => outcome(record) + &self.told(step),
            Edition::Complete => outcome(record),
        }
    }

    /// What the lesson says after the kernel has spoken.
    fn told(&self, step: &Step) -> String {
        let mut out = String::new();
        let answer = step.predict.as_ref().and_then(|p| Some((p, self.here(&p.answer)?)));
        if let Some((predict, ids)) = answer {
            let texts: Vec<String> = ids
                .0
                .iter()
                .filter_map(|id| predict.options.get(id))
                .map(|t| self.filled(t).trim_end().to_owned())
                .collect();
            out += &format!("\n**Answer:** {}\n", texts.join("; "));
        }
        if let Some(why) = step.why.as_ref().and_then(|w| self.here(w)) {
            out += &format!("\n{}\n", self.filled(why).trim_end());
        }
        if let Some(myth) = &step.myth {
            out += &format!("\nSo this is a myth: *{}*\n", self.filled(myth).trim_end());
        }
        out
    }
}

/// What a step called and read, and how it was judged.
pub(super) fn outcome(record: &StepRecord) -> String {
    let mut out = String::new();
    let calls: Vec<&ActionRecord> = record.actions.iter().collect();
    if !calls.is_empty() {
        out += &format!("\nCalls:\n\n{}", fenced("", &trace(&calls)));
    }
    if !record.readouts.is_empty() {
        out += &format!("\nBefore and after:\n\n{}", readouts(record));
    }
    if record.verdicts.is_empty() {
        out += &format!("\n**{}**\n", word(&record.status));
    } else {
        out += &format!("\nChecks: **{}**\n\n", word(&record.status));
        out.extend(record.verdicts.iter().map(verdict));
    }
    out
}

fn trace(actions: &[&ActionRecord]) -> String {
    let mut out = Vec::new();
    for action in actions {
        if action.calls.is_empty() {
            out.push(one_line(&format!("{}: {}", action.actor, deed_text(&action.deed))));
        }
        let told =
            if action.source == Source::Box { "   # reported by the box itself, not traced" } else { "" };
        let meant = match action.declared.as_slice() {
            [] => String::new(),
            declared => format!("   # fails on purpose: {}", either(declared)),
        };
        out.extend(call_lines(action).map(|line| format!("{line}{told}")));
        if let Some(last) = out.last_mut() {
            last.push_str(&meant);
        }
        out.extend(action.output.iter().flat_map(|o| o.lines()).map(|l| format!("    {}", escape(l))));
    }
    out.join("\n")
}

/// Values of one line in a table; longer ones below it, each as a comparison.
fn readouts(step: &StepRecord) -> String {
    let (records, foci) = (&step.readouts, Foci::of_record(step, &BTreeSet::new()));
    let short = |r: &Reading| r.to_string().lines().count() <= 1;
    let (one, many): (Vec<_>, Vec<_>) = records.iter().partition(|r| short(&r.before) && short(&r.after));
    let mut out = String::new();
    if !one.is_empty() {
        out += "| readout | read by | from | before | | after |\n| --- | --- | --- | --- | --- | --- |\n";
        for record in one {
            let sign = match compared(record) {
                false => " ",
                true if record.before == record.after => "=",
                true => "≠",
            };
            let peak = record
                .peak
                .as_ref()
                .map_or_else(String::new, |p| format!(" (peak {})", cell(&p.to_string())));
            let missing = missing(record, foci.in_readout(&record.id));
            out += &format!(
                "| {} | {} | {} | {} | {sign} | {}{peak} |\n",
                cell(&record.id),
                cell(&record.viewpoint),
                code(&record.path),
                cell(&reading(&record.before, missing[0])),
                cell(&reading(&record.after, missing[1]))
            );
        }
    }
    for record in many {
        let (id, path, by) = (text(&record.id), code(&record.path), cell(&record.viewpoint));
        out += &format!("\n{id}: {path}, read by {by}:\n\n");
        out += &fenced("diff", &comparison(record, foci.in_readout(&record.id)));
    }
    out
}

fn comparison(record: &ReadoutRecord, focus: &Focus) -> String {
    let laid = lines(record, focus, WIDE, None);
    let mut out: Vec<String> = laid.header.iter().map(|h| format!("  {h}")).collect();
    // What is said of a side that is no list, or an empty one.
    let word = |reading: &Reading, other: &Reading| table(reading).is_empty() && !table(other).is_empty();
    if word(&record.before, &record.after) {
        out.extend(laid.before.iter().map(|line| format!("- {line}")));
    }
    if word(&record.after, &record.before) {
        out.extend(laid.after.iter().map(|line| format!("+ {line}")));
    }
    for pair in Comparison::of(record, focus, true).pairs {
        let old = pair.before.and_then(|i| laid.before.get(i));
        let new = pair.after.and_then(|j| laid.after.get(j));
        if pair.change == Change::Same {
            out.extend(new.map(|line| format!("  {line}")));
        } else {
            out.extend(old.map(|line| format!("- {line}")));
            out.extend(new.map(|line| format!("+ {line}")));
        }
    }
    out.join("\n")
}

/// One expectation, as an item of a list.
pub(super) fn verdict(verdict: &Verdict) -> String {
    let mut out = format!("- {} {}", sign(&verdict.status), text(&words::claim(verdict)));
    match &verdict.status {
        Status::Passed => {}
        Status::Blocked { reason, remedy } => {
            out += &format!(": {} – what helps: {}", text(reason), text(remedy));
        }
        _ => {
            out += &format!(
                ": expected {}, actual {}, from {}",
                text(&words::expected(verdict)),
                text(&words::actual(verdict)),
                text(&words::source(verdict))
            );
        }
    }
    out + "\n"
}
