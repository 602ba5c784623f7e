//! An instructor's notes of a whole demo, to be printed before anything is run: Markdown.

use super::handout::below_chapters;
use super::markup::{fenced, text};
use super::reporter::Header;
use crate::demo::plan::{CueContent, heading, with_reason};
use crate::demo::script::emphasis::Emphasis;
use crate::demo::script::shape::Pace;
use crate::demo::{Cue, Plan};
use crate::events::Claim;
use crate::lesson::text::fill;
use crate::present::claim::claim;
use crate::present::plain::{escape, one_line};
use crate::vocabulary::spelling::spell;
use crate::vocabulary::{Lesson, Step, Variant};
use std::collections::BTreeMap;
use std::time::Duration;

/// The notes of everything that can be played on this kind of machine, with the answers.
pub fn page(plan: &Plan, header: &Header, variant: &Variant) -> String {
    let notes = Notes { plan, variant };
    let all = total(&plan.cues);
    let Header { cgroup, rights, .. } = header;
    let mut out = format!(
        "# {}\n\nThe instructor's notes, with the answers, for cgroup {cgroup}, {rights}. Nothing was run for them. The whole demo should take {}; times are minutes and seconds.\n",
        one_line(&plan.title),
        clock(all)
    );
    let mut from = Duration::ZERO;
    for (i, (title, first)) in plan.chapters.iter().enumerate() {
        let end = plan.chapters.get(i + 1).map_or(plan.cues.len(), |(_, next)| *next);
        let cues = &plan.cues[*first..end];
        let takes = total(cues);
        out += &format!(
            "\n## {}. {}\n\nFrom {} to {}: {}.\n",
            i + 1,
            one_line(title),
            clock(from),
            clock(from + takes),
            clock(takes)
        );
        for entry in cues.chunk_by(|one, next| one.entry == next.entry) {
            out += &notes.entry(entry, Some(from));
            from += total(entry);
        }
    }
    if !plan.reserve.is_empty() {
        out += "\n## Fallbacks\n\nPlayed only in the place of what is blocked.\n";
        out.extend(plan.reserve.iter().map(|entry| notes.entry(entry, None)));
    }
    out
}

struct Notes<'a> {
    plan: &'a Plan,
    variant: &'a Variant,
}

impl Notes<'_> {
    /// An entry with its cues; one of the reserve begins at no time of its own.
    fn entry(&self, cues: &[Cue], from: Option<Duration>) -> String {
        let Some(first) = cues.first() else { return String::new() };
        let from = from.map_or_else(String::new, |from| format!("{} – ", clock(from)));
        let mut out = format!("\n### {from}{}\n\n", text(&title(first)));
        out += &format!("- Takes: {}\n", clock(total(cues)));
        let one_pace = cues.iter().all(|cue| cue.pace == first.pace);
        if one_pace {
            out += &format!("- Pace: {}\n", pace(&first.pace));
        }
        if let Some(emphasis) = &first.emphasis {
            out += &match emphasis {
                Emphasis::Readout { id, zoom: true } => {
                    format!("- Emphasis: {}, on the whole screen\n", text(id))
                }
                Emphasis::Readout { id, zoom: false } => format!("- Emphasis: {}\n", text(id)),
                Emphasis::Call(name) => format!("- Emphasis: the call {}\n", text(name)),
            };
        }
        if let Some(index) = first.fallback {
            let names = self.plan.reserve.get(index).and_then(|cues| cues.first()).map(title);
            out += &format!("- If it is blocked: {}\n", text(&names.unwrap_or_default()));
        }
        if let Some(notes) = &first.notes {
            out += &format!("\n**Notes**\n\n{}", below_chapters(notes));
        }
        for cue in cues {
            out += &match &cue.what {
                CueContent::Card(card) => quoted(&with_reason(card, Some("(the reason)"))),
                CueContent::Step { lesson, index, .. } => {
                    let own_pace = (!one_pace).then_some(&cue.pace);
                    self.step(lesson, *index, cue.typed, own_pace)
                }
            };
        }
        out
    }

    /// A step; `own_pace` where the steps of its entry have different ones.
    fn step(&self, lesson: &Lesson, index: usize, typed: bool, own_pace: Option<&Pace>) -> String {
        let step = &lesson.steps[index - 1];
        let filled = |text: &str| escape(&fill(text, &lesson.params, self.variant)).trim_end().to_owned();
        let mut out = format!("\n#### Step {index}. {}\n", text(&step.title));
        if let Some(own) = own_pace {
            out += &format!("\n- Pace: {}\n", pace(own));
        }
        if let Some(notes) = &step.notes {
            out += &format!("\n**The lesson's notes**\n\n{}", below_chapters(&filled(notes)));
        }
        let commands = step.solution.as_ref().filter(|_| typed).and_then(|c| c.here(self.variant));
        if let Some(commands) = commands {
            out += &format!("\n**Typed into the box's shell**\n\n{}", fenced("sh", &filled(commands)));
        }
        out + &self.question(step, &filled)
    }

    fn question(&self, step: &Step, filled: &dyn Fn(&str) -> String) -> String {
        let Some(predict) = &step.predict else { return String::new() };
        let mut out = format!("\n**Question:** {}\n\n", filled(&predict.ask));
        out.extend(predict.options.values().map(|option| format!("- {}\n", filled(option))));
        let true_here: Vec<String> = predict
            .truth(self.variant)
            .iter()
            .filter_map(|id| predict.options.get(id))
            .map(|option| filled(option))
            .collect();
        out + &format!("\n**Answer:** {}\n", true_here.join("; "))
    }
}

/// A card's first words, or the lesson with the values that were set for it.
fn title(cue: &Cue) -> String {
    match &cue.what {
        CueContent::Card(card) => heading(card).to_owned(),
        CueContent::Step { lesson, set, .. } => format!("{}{}", lesson.title, values(set)),
    }
}

fn values(set: &BTreeMap<String, String>) -> String {
    let all: Vec<String> = set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}

/// When the show goes on.
fn pace(pace: &Pace) -> String {
    match pace {
        Pace::Manual => "you press Space".to_owned(),
        Pace::Auto => "goes on by itself, when it can have been read".to_owned(),
        Pace::After(time) => format!("goes on by itself after {}", text(&spell(time))),
        Pace::When(expect) => {
            format!("goes on by itself as soon as {}", text(&claim(&Claim::from(&**expect))))
        }
    }
}

/// What the room reads, set apart from what it does not.
fn quoted(card: &str) -> String {
    let lines = below_chapters(card);
    let lines = lines.lines().map(|line| format!("> {line}").trim_end().to_owned() + "\n");
    "\n**On the card**\n\n".to_owned() + &lines.collect::<String>()
}

fn total(cues: &[Cue]) -> Duration {
    cues.iter().map(|cue| cue.takes).sum()
}

/// Minutes and seconds. Rounded, since the parts of an entry need not be whole nanoseconds.
fn clock(time: Duration) -> String {
    let seconds = (time + Duration::from_millis(500)).as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
