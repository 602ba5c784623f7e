//! A whole lesson as it would run here: what `isolab show` prints. Nothing runs and nothing is read.

use super::paint::{Tone, paint};
use super::prose::{inline, prose};
use crate::events::Claim;
use crate::lesson::readouts::readouts_of;
use crate::lesson::text::fill;
use crate::lesson::words::reading;
use crate::present::action::{Ends, Files, condition, planned};
use crate::present::chosen::in_words;
use crate::present::claim::claim;
use crate::present::plain::{count, escape, hang, one_line, width};
use crate::vocabulary::spelling::spell;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Action, Lesson, Need, Per, Predict, Step, Variant};

/// Where the text of a step begins.
const INDENT: &str = "   ";
/// Where lists begin: below their word.
const LIST: usize = 12;

/// The terminal, the machine and the options.
pub struct Context<'a> {
    /// Columns of the terminal.
    pub width: usize,
    /// Which variant of the lesson is shown.
    pub variant: &'a Variant,
    /// Whether to show the answers to predictions, and whatever tells them: what is expected, which errors are declared, the commands by hand, the
    /// explanations.
    pub answers: bool,
    /// Whether to show the notes for the instructor.
    pub notes: bool,
    /// Why a need is not met on this machine, when it is not.
    pub unmet: &'a dyn Fn(&Need) -> Option<String>,
}

/// The whole lesson.
pub fn show(lesson: &Lesson, context: &Context) -> String {
    let page = LessonText { lesson, context };
    let mut out = page.head();
    if !lesson.setup.is_empty() {
        out += &page.title("setup", "Before the first step", "");
        out += &page.actions("do", &lesson.setup, Ends::Told);
    }
    out.extend(lesson.steps.iter().map(|step| page.step(step)));
    if !context.answers && lesson.steps.iter().any(|step| step.predict.is_some()) {
        let text =
            "--answers also shows what is true, what is expected, the commands by hand and the explanations.";
        out += &format!("\n{}", hang("", "", text, context.width));
    }
    out
}

struct LessonText<'a> {
    lesson: &'a Lesson,
    context: &'a Context<'a>,
}

impl LessonText<'_> {
    fn head(&self) -> String {
        let Lesson { id, title, summary, minutes, steps, needs, params, .. } = self.lesson;
        let columns = self.context.width;
        let mut out = paint(&one_line(&format!("{id} · {title}")), Tone::Strong) + "\n";
        out += &prose(&self.filled(summary), "", columns);
        let deeper = steps.iter().filter(|step| step.level == Some(Level::Deeper)).count();
        let deeper = if deeper == 0 { String::new() } else { format!(", {deeper} of them deeper") };
        out += &paint(&format!("{minutes} minutes, {}{deeper}\n", count(steps.len(), "step")), Tone::Dim);
        if let Some(told) = in_words(&self.lesson.chosen()) {
            out += &hang("", "  ", &one_line(&told), columns);
        }
        out += &self.needs(needs, "");
        for (name, param) in params {
            let said = format!("{} (${name} = {}, {})", param.ask, param.default, param.allowed());
            out += &hang("may be set: ", "            ", &one_line(&said), columns);
        }
        out
    }

    fn needs(&self, needs: &[Need], indent: &str) -> String {
        let mut out = String::new();
        for (i, wanted) in needs.iter().enumerate() {
            let word = if i == 0 { "needs" } else { "" };
            let start = format!("{indent}{word:<6}");
            let (sign, tone, why) = match (self.context.unmet)(wanted) {
                None => ("✓", Tone::Good, String::new()),
                Some(why) => ("✗", Tone::Bad, format!(" – missing: {}", one_line(&why))),
            };
            let start = format!("{start}{} ", paint(sign, tone));
            out += &hang(&start, &" ".repeat(width(&start)), &format!("{wanted}{why}"), self.context.width);
        }
        out
    }

    fn title(&self, id: &str, title: &str, remark: &str) -> String {
        let text = format!("{}{remark}", one_line(title));
        let start = format!("\n── {} · ", paint(id, Tone::Strong));
        hang(&start, &" ".repeat(6 + width(id)), &text, self.context.width)
    }

    fn step(&self, step: &Step) -> String {
        let context = self.context;
        let deeper = if step.level == Some(Level::Deeper) { ", deeper" } else { "" };
        let only = step.when.as_ref().map_or_else(String::new, |when| format!(", only {}", condition(when)));
        let mut out = self.title(&step.id, &step.title, &format!("{deeper}{only}"));
        out += &self.paragraph(Some(&step.text));
        out += &self.needs(&step.needs, INDENT);
        if let Some(predict) = &step.predict {
            out += &self.predict(predict);
        }
        // Without a question there is nothing to keep back.
        let open = context.answers || step.predict.is_none();
        let ends = if open { Ends::Told } else { Ends::Hidden };
        out += &self.actions("given", &step.given, ends);
        out += &self.actions("do", &step.actions, ends);
        out += &self.measure(step);
        out += &self.readouts(step);
        if open {
            out += &self.claims(step);
            if let Some(commands) = self.here(step.by_hand.as_ref()) {
                out += &block("by hand", &commands);
            }
        }
        if context.answers {
            out += &self.told(step);
        }
        if !step.man.is_empty() {
            out += &self.items("man", &[step.man.join(", ")]);
        }
        if let Some(notes) = step.notes.as_ref().filter(|_| context.notes) {
            out += &self.authored("notes", &[notes.split_whitespace().collect::<Vec<_>>().join(" ")]);
        }
        out
    }

    /// What is expected.
    fn claims(&self, step: &Step) -> String {
        let claims = step.expect.iter().map(|expect| {
            let only = expect.modifiers.when.as_ref().map(|when| format!(" – only {}", condition(when)));
            let needs: Vec<String> = expect.modifiers.needs.iter().map(ToString::to_string).collect();
            let needs =
                if needs.is_empty() { String::new() } else { format!(" – needs {}", needs.join(", ")) };
            self.named(&format!("{}{}{needs}", claim(&Claim::from(expect)), only.unwrap_or_default()))
        });
        self.items("expect", &claims.collect::<Vec<_>>())
    }

    fn predict(&self, predict: &Predict) -> String {
        let answer = predict.answer.here(self.context.variant);
        let true_ones = answer.filter(|_| self.context.answers).map_or(&[][..], |ids| &ids.0);
        let mut items = vec![self.filled(&predict.ask)];
        for (id, text) in &predict.options {
            let sign = if true_ones.contains(id) { "✓" } else { "○" };
            items.push(format!("{sign} {}", self.filled(text)));
        }
        self.authored("predict", &items)
    }

    /// What a lesson says after the kernel has spoken.
    fn told(&self, step: &Step) -> String {
        let mut out = String::new();
        if let Some(commands) = self.here(step.solution.as_ref()) {
            out += &block("try", &commands);
        }
        if let Some(why) = self.here(step.why.as_ref()) {
            out += &self.authored("why", &[why.split_whitespace().collect::<Vec<_>>().join(" ")]);
        }
        if let Some(docker) = &step.docker {
            out += &block("docker", &self.filled(docker));
        }
        if let Some(myth) = &step.myth {
            out += &self.authored("myth", &[self.filled(myth)]);
        }
        out
    }

    fn actions(&self, word: &str, actions: &[Action], ends: Ends) -> String {
        let plans = planned(actions, self.context.variant, Files::AsWritten, ends).into_iter();
        let lines = plans.map(|plan| self.named(&format!("{}: {}", plan.actor, plan.what)));
        self.items(word, &lines.collect::<Vec<_>>())
    }

    fn measure(&self, step: &Step) -> String {
        let Some(measure) = &step.measure else { return String::new() };
        let (settle, window) = (spell(&measure.settle), spell(&measure.window));
        self.items("measure", &[format!("for {window}, {settle} after the actions")])
    }

    /// The readouts that the step needs, in the lesson's order.
    fn readouts(&self, step: &Step) -> String {
        let line = |id: &str| {
            let watched = if step.watch.iter().any(|w| w == id) { ", all the time" } else { "" };
            Some(format!("{id}: {}{watched}", reading(self.lesson.readouts.get(id)?)))
        };
        let lines: Vec<String> = readouts_of(self.lesson, step).into_iter().filter_map(line).collect();
        self.items("read", &lines)
    }

    fn paragraph(&self, text: Option<&Per<String>>) -> String {
        self.here(text).map_or_else(String::new, |text| prose(&text, INDENT, self.context.width))
    }

    /// A word and what an author wrote, folded, with its marks.
    fn authored(&self, word: &str, items: &[String]) -> String {
        self.folded(word, &items.iter().map(|item| inline(item)).collect::<Vec<_>>(), LIST + 1)
    }

    /// A word and its items, folded.
    fn items(&self, word: &str, items: &[String]) -> String {
        self.folded(word, &items.iter().map(|item| one_line(item)).collect::<Vec<_>>(), LIST + 3)
    }

    fn folded(&self, word: &str, items: &[String], rest: usize) -> String {
        let rest = " ".repeat(rest);
        let mut out = String::new();
        for (i, item) in items.iter().enumerate() {
            let start = word_before(if i == 0 { word } else { "" });
            out += &hang(&start, &rest, item, self.context.width);
        }
        out
    }

    fn here(&self, text: Option<&Per<String>>) -> Option<String> {
        let text = text?.here(self.context.variant)?;
        Some(self.filled(text))
    }

    fn filled(&self, text: &str) -> String {
        fill(text, &self.lesson.params, self.context.variant)
    }

    /// A plan in which parameters that are still names are replaced by their values.
    fn named(&self, plan: &str) -> String {
        let mut out = plan.to_owned();
        for (name, param) in &self.lesson.params {
            out = out.replace(&format!("${name}"), &param.value().to_string());
        }
        out
    }
}

/// The word before a list, dimmed, as wide as every other one.
fn word_before(word: &str) -> String {
    let room = LIST - INDENT.len();
    format!("{INDENT}{} ", paint(&format!("{word:<room$}"), Tone::Dim))
}

/// Lines as they were written, below their word.
fn block(word: &str, text: &str) -> String {
    let mut out = String::new();
    for (i, line) in escape(text).trim_end().lines().enumerate() {
        let word = if i == 0 { word } else { "" };
        out += &format!("{}{}\n", word_before(word), paint(line, Tone::Code));
    }
    out
}
