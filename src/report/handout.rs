//! A handout of a whole demo: its cards, and what one real run of its steps said, as Markdown.

use super::markdown::{Context, Edition, HandoutPage, head, left_behind, outcome, verdict};
use super::markup::{text, word};
use crate::demo::Plan;
use crate::demo::plan::CueContent;
use crate::demo::rehearsal::{CueRecord, CueTitle, Instead, Rehearsal};
use crate::events::Status;
use crate::present::plain::{escape, one_line};
use crate::vocabulary::Lesson;
use std::collections::BTreeMap;

/// The level of a card's headings, below those of the chapters.
const BELOW: usize = 2;
/// The smallest heading of Markdown.
const SMALLEST: usize = 6;

/// The whole demo, without the instructor's notes.
pub fn script(plan: &Plan, rehearsal: &Rehearsal, context: &Context) -> String {
    let handout = Handout { plan, context };
    let mut out = format!("# {}\n\n{}", one_line(&rehearsal.title), head(context));
    for (i, chapter) in rehearsal.chapters.iter().enumerate() {
        out += &format!("\n## {}. {}\n", i + 1, one_line(&chapter.title));
        out.extend(chapter.shown.iter().map(|shown| handout.shown(shown)));
    }
    out + &left_behind(&rehearsal.left)
}

struct Handout<'a> {
    plan: &'a Plan,
    context: &'a Context<'a>,
}

impl Handout<'_> {
    fn shown(&self, shown: &CueRecord) -> String {
        let CueTitle::Step { lesson, set, id, title } = &shown.what else { return card(shown) };
        let instead = match &shown.instead {
            // An earlier entry has shown it.
            Some(Instead::Before) => return String::new(),
            Some(Instead::Fallback(instead)) => Some(instead),
            None => None,
        };
        let set_to: Vec<String> = set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let set_to = if set_to.is_empty() { String::new() } else { format!(" ({})", set_to.join(", ")) };
        let found = self.lesson(lesson, set);
        let name = found.map_or(lesson, |lesson| &lesson.title);
        let mut out = format!("\n### {}: {}{}\n\n", text(name), text(title), text(&set_to));
        if let Some(instead) = instead {
            out += &format!("**{}**\n\nIn its place:\n", word(&shown.status));
            out.extend(instead.iter().map(|shown| self.shown(shown)));
            return out;
        }
        let complete = self.context.edition == Edition::Complete;
        let own = shown.record.as_ref().filter(|record| record.id == *id);
        let step = found.and_then(|lesson| Some((lesson, lesson.steps.iter().find(|s| s.id == *id)?)));
        if let Some((lesson, step)) = step {
            let page = HandoutPage { lesson, context: self.context };
            out += &match (own, &shown.status) {
                // A lesson that cannot be opened leaves no record.
                (None, Status::Blocked { .. }) => {
                    page.told_before(step) + &format!("\n**{}**\n", word(&shown.status))
                }
                (own, _) => page.step(step, own),
            };
        }
        if let (None, Some(other)) = (own, &shown.record) {
            out += &format!("\nStep {}, on which it builds, failed.\n", text(&other.id));
            if complete {
                out += &outcome(other);
            }
        }
        if let Some(awaited) = shown.awaited.as_ref().filter(|_| complete) {
            out += &format!("\nWaited for after it:\n\n{}", verdict(awaited));
        }
        if let Some(trouble) = &shown.trouble {
            out += &format!("\n**It could not go on:** {}\n", text(trouble));
        }
        out
    }

    /// The lesson that was run, with its parameters set.
    fn lesson(&self, id: &str, set: &BTreeMap<String, String>) -> Option<&Lesson> {
        let cues = self.plan.cues.iter().chain(self.plan.reserve.iter().flatten());
        cues.filter_map(|cue| match &cue.what {
            CueContent::Step { lesson, set, .. } => Some((lesson, set)),
            CueContent::Card(_) => None,
        })
        .find(|(lesson, values)| lesson.id == id && *values == set)
        .map(|(lesson, _)| &**lesson)
    }
}

/// A card's own text, its headings below that of the chapter.
fn card(shown: &CueRecord) -> String {
    let CueTitle::Card(text) = &shown.what else { return String::new() };
    format!("\n{}", below_chapters(text))
}

/// What an author wrote in a script, its headings below those of the chapters.
pub(super) fn below_chapters(text: &str) -> String {
    let mut fence = None;
    let mut out = String::new();
    for line in escape(text).trim_end().lines() {
        let start = ["```", "~~~"].into_iter().find(|f| line.trim_start().starts_with(f));
        match (fence, start) {
            (None, Some(_)) => fence = start,
            (Some(open), Some(close)) if open == close => fence = None,
            _ => {}
        }
        let level = line.len() - line.trim_start_matches('#').len();
        let heading = fence.is_none() && (1..=SMALLEST).contains(&level) && line[level..].starts_with(' ');
        if heading {
            out += &"#".repeat((level + BELOW).min(SMALLEST));
            out += &line[level..];
        } else {
            out += line;
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_cards_stand_below_those_of_chapters() {
        let text = "# Title\n\ntext # no heading\n#neither\n```sh\n# a comment\n```\n##### deep\n";
        let shown = CueRecord {
            entry: 1,
            what: CueTitle::Card(text.into()),
            status: Status::Passed,
            took_ms: 0,
            planned_ms: 0,
            record: None,
            awaited: None,
            trouble: None,
            instead: None,
        };
        let below = "\n### Title\n\ntext # no heading\n#neither\n```sh\n# a comment\n```\n###### deep\n";
        assert_eq!(card(&shown), below);
    }
}
