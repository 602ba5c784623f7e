//! A question that is asked again, as lines.

use super::paint::{Tone, paint};
use super::prose::{inline, prose};
use crate::lesson::text::fill;
use crate::present::plain::{count, hang, one_line};
use crate::vocabulary::{Lesson, Per, Predict, Step, Variant};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Where texts begin.
const INDENT: &str = "  ";

/// A question of a lesson, for a terminal of `columns`.
pub struct Question<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// The step that asks.
    pub step: &'a Step,
    /// What it asks.
    pub predict: &'a Predict,
    /// Which variant of the lesson is shown.
    pub variant: &'a Variant,
    /// Columns of the terminal.
    pub columns: usize,
}

impl Question<'_> {
    fn filled(&self, text: &str) -> String {
        fill(text, &self.lesson.params, self.variant)
    }

    fn paragraphs(&self, text: Option<&Per<String>>) -> String {
        let text = text.and_then(|t| t.here(self.variant));
        text.map_or_else(String::new, |t| prose(&self.filled(t), INDENT, self.columns))
    }

    fn item(&self, sign: &str, text: &str) -> String {
        let start = format!("{INDENT}{sign} ");
        let rest = " ".repeat(INDENT.len() + 2);
        hang(&start, &rest, &inline(&one_line(&self.filled(text))), self.columns)
    }

    /// What it is about, what is asked, and what may be answered. `number` of `all`.
    pub fn asked(&self, number: usize, all: usize) -> String {
        let head = format!("{number} of {all} · {} · {}", self.lesson.id, self.step.title);
        let mut out = format!("\n{}\n\n", paint(&one_line(&head), Tone::Strong));
        out += &self.paragraphs(Some(&self.step.text));
        out += "\n";
        out += &prose(&self.filled(&self.predict.ask), INDENT, self.columns);
        for (i, text) in self.predict.options.values().enumerate() {
            out += &self.item(&(i + 1).to_string(), text);
        }
        out
    }

    /// What is typed.
    pub fn prompt(&self) -> String {
        let last = self.predict.options.len();
        if self.predict.takes_several() {
            format!("{INDENT}Which are true (numbers, such as 1 3)? Enter if you do not know: ")
        } else {
            format!("{INDENT}1 to {last}, or Enter if you do not know: ")
        }
    }

    /// The options that a line names, by their ids; `None` where it is not an answer.
    pub fn chosen(&self, line: &str) -> Option<Vec<String>> {
        let mut chosen: Vec<String> = Vec::new();
        for word in line.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()) {
            let at = word.parse::<usize>().ok()?.checked_sub(1)?;
            let (id, _) = self.predict.options.get_index(at)?;
            if !chosen.contains(id) {
                chosen.push(id.clone());
            }
        }
        (chosen.len() <= 1 || self.predict.takes_several()).then_some(chosen)
    }

    /// Said to a line that is not an answer.
    pub fn not_an_answer(&self) -> String {
        format!("{INDENT}write a number from 1 to {}\n", self.predict.options.len())
    }

    /// Whether it was right, what is true, and why.
    pub fn answered(&self, right: bool) -> String {
        let truth = self.predict.truth(self.variant);
        let texts: Vec<&str> =
            truth.iter().filter_map(|id| self.predict.options.get(id)).map(String::as_str).collect();
        let mut out = if right { self.item(&paint("✓", Tone::Good), "Right.") } else { String::new() };
        if !right {
            out += &self.item(&paint("→", Tone::Strong), &format!("The answer: {}", texts.join("; ")));
        }
        let why = self.paragraphs(self.step.why.as_ref());
        if !why.is_empty() {
            out += &format!("\n{why}");
        }
        out
    }
}

/// The end: how many of those that were asked were right, and when the next one is due, in seconds since 1970.
pub fn end(right: usize, asked: usize, next: Option<u64>, zone: &TimeZone) -> String {
    let next = next.map_or_else(String::new, |at| format!(" The next one is due on {}.", day(at, zone)));
    if asked == 0 {
        format!("{}\n", next.trim_start())
    } else {
        format!("\n{right} of {asked} right.{next}\n")
    }
}

/// What is said where nothing is asked. `later`: how many will be, and from when on the first one, in seconds since 1970.
pub fn nothing(later: Option<(usize, u64)>, zone: &TimeZone) -> String {
    match later {
        None => "Nothing to ask again: no guess was wrong, or you know all the answers by now.\n".to_owned(),
        Some((n, at)) => format!(
            "Nothing is due yet. {} will be asked again, the first on {}; `isolab review --all` asks now.\n",
            count(n, "question"),
            day(at, zone)
        ),
    }
}

/// A day as people write it; its seconds, when no calendar has it.
fn day(seconds: u64, zone: &TimeZone) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|s| Timestamp::from_second(s).ok());
    moment.map_or_else(
        || seconds.to_string(),
        |m| m.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d").to_string(),
    )
}
