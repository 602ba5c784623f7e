//! What of a script is to be played on this machine, one cue after the other.

use super::script::emphasis::Emphasis;
use super::script::{Script, ScriptEntry, shape::Pace};
use crate::lesson::text::fill;
use crate::present::plain::one_line;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Lesson, Per, Variant};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Loads a lesson with values for its parameters; else says what is wrong, ready to be shown.
pub type Load<'l> = dyn Fn(&str, &BTreeMap<String, String>) -> Result<Lesson, String> + 'l;

/// A script, made ready for this machine.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The script's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Titles of the chapters, and the index of each one's first cue.
    pub chapters: Vec<(String, usize)>,
    /// What is played, in order.
    pub cues: Vec<Cue>,
    /// What is played only in the place of others, an entry each; [`Cue::fallback`] is an index into it.
    pub reserve: Vec<Vec<Cue>>,
}

/// One thing that is shown until the show goes on.
#[derive(Debug, Clone)]
pub struct Cue {
    /// Index of the chapter; in the reserve, 0.
    pub chapter: usize,
    /// Number of the entry in the script, from 0; entries of the reserve go on behind those of the chapters.
    pub entry: usize,
    /// What is shown.
    pub what: CueContent,
    /// When the show goes on.
    pub pace: Pace,
    /// Whether the show waits before the calls are made.
    pub staged: bool,
    /// Whether the commands of the step's `try` are typed into a shell instead of making its calls.
    pub typed: bool,
    /// The readout or the system call with the emphasis.
    pub emphasis: Option<Emphasis>,
    /// The entry's notes; on its first cue only.
    pub notes: Option<String>,
    /// How long it should take: the entry's duration in equal parts.
    pub takes: Duration,
    /// What is played instead where it is blocked: an index into [`Plan::reserve`].
    pub fallback: Option<usize>,
}

/// What a cue shows.
#[derive(Debug, Clone)]
pub enum CueContent {
    /// A title card: CommonMark.
    Card(String),
    /// A step of a lesson.
    Step {
        /// The lesson with its parameters set.
        lesson: Arc<Lesson>,
        /// Those that were set, as they are asked for.
        set: BTreeMap<String, String>,
        /// The step; the first is 1.
        index: usize,
    },
}

/// The first line of a card that says something, without the signs of CommonMark.
pub fn heading(card: &str) -> &str {
    let lines = card.lines().filter_map(|line| line.split(WHY).next());
    let said = lines.map(|l| l.trim_start_matches(['#', ' ', '*', '-']).trim_end()).find(|l| !l.is_empty());
    said.unwrap_or_default().trim_end_matches('*')
}

/// What a card of the reserve says for the reason that it is shown for.
pub const WHY: &str = "{why}";

/// A card with the reason for which it is shown instead of something else.
pub fn with_reason(card: &str, why: Option<&str>) -> String {
    card.replace(WHY, &one_line(why.unwrap_or("it cannot be run here")))
}

/// The reason for a blocked step, and what would help.
pub fn why_blocked(reason: &str, remedy: &str) -> String {
    if remedy.is_empty() { reason.to_owned() } else { format!("{reason}; what helps: {remedy}") }
}

impl Plan {
    /// Makes a script ready, its cards and notes filled in. A step or a card that is not for this kind of machine is left out.
    ///
    /// # Errors
    /// What is wrong with a lesson; a script that was validated against the same lessons has no other mistakes.
    pub fn new(script: &Script, variant: &Variant, load: &Load) -> Result<Plan, String> {
        let mut maker = Maker { script, variant, load, entries: 0 };
        let (mut chapters, mut cues) = (Vec::new(), Vec::new());
        for (at, chapter) in script.chapters.iter().enumerate() {
            let first = cues.len();
            for entry in &chapter.entries {
                cues.extend(maker.cues(at, entry)?);
            }
            // One of which nothing is for this machine is not there.
            if cues.len() > first {
                chapters.push((chapter.title.clone(), first));
                let here = chapters.len() - 1;
                cues[first..].iter_mut().for_each(|cue| cue.chapter = here);
            }
        }
        let reserve: Result<Vec<Vec<Cue>>, String> =
            script.reserve.iter().map(|e| maker.cues(0, e)).collect();
        Ok(Plan { id: script.id.clone(), title: script.title.clone(), chapters, cues, reserve: reserve? })
    }

    /// The ids of the lessons that it can show, each as often as it is shown.
    pub fn lessons(&self) -> impl Iterator<Item = &str> {
        self.cues.iter().chain(self.reserve.iter().flatten()).filter_map(|cue| match &cue.what {
            CueContent::Step { lesson, .. } => Some(lesson.id.as_str()),
            CueContent::Card(_) => None,
        })
    }

    /// How long each cue should take, in order. Where something else is played instead of one, which `instead` says as an index into the reserve,
    /// that counts in its place, and the rest of its entry not at all.
    pub fn times(&self, instead: &dyn Fn(usize, &Cue) -> Option<usize>) -> Vec<Duration> {
        let mut replaced = None;
        let time = |(at, cue): (usize, &Cue)| {
            if replaced == Some(cue.entry) {
                return Duration::ZERO;
            }
            let Some(cues) = instead(at, cue).and_then(|index| self.reserve.get(index)) else {
                return cue.takes;
            };
            replaced = Some(cue.entry);
            cues.iter().map(|c| c.takes).sum()
        };
        self.cues.iter().enumerate().map(time).collect()
    }

    /// What is played instead of a cue whose lesson is blocked, as an index into the reserve: the first that is not blocked itself, else the last.
    pub fn instead(&self, cue: &Cue, blocked: &dyn Fn(&str) -> bool) -> Option<usize> {
        let (mut cue, mut found) = (cue, None);
        // A circle of them would be a mistake in the script.
        for _ in 0..self.reserve.len() {
            let CueContent::Step { lesson, .. } = &cue.what else { break };
            if !blocked(&lesson.id) {
                break;
            }
            let Some(index) = cue.fallback else { break };
            let Some(first) = self.reserve.get(index).and_then(|cues| cues.first()) else { break };
            (cue, found) = (first, Some(index));
        }
        found
    }
}

struct Maker<'s> {
    script: &'s Script,
    variant: &'s Variant,
    load: &'s Load<'s>,
    entries: usize,
}

impl Maker<'_> {
    fn cues(&mut self, chapter: usize, entry: &ScriptEntry) -> Result<Vec<Cue>, String> {
        let number = self.entries;
        self.entries += 1;
        let mut shown = Vec::new();
        shown.extend(self.text(entry.card.as_ref()).map(CueContent::Card));
        if let Some(id) = &entry.lesson {
            let set: BTreeMap<String, String> =
                entry.set.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
            let lesson = Arc::new((self.load)(id, &set)?);
            for index in self.steps(entry, &lesson)? {
                shown.push(CueContent::Step { lesson: lesson.clone(), set: set.clone(), index });
            }
        }
        let fallback = entry.fallback.as_ref();
        let fallback = fallback
            .and_then(|name| self.script.reserve.iter().position(|e| e.id.as_deref() == Some(name.as_str())));
        let notes = self.text(entry.notes.as_ref());
        let takes = entry.duration() / u32::try_from(shown.len().max(1)).unwrap_or(1);
        let pace = |what: &CueContent| match what {
            CueContent::Card(_) => entry.pace.clone(),
            CueContent::Step { lesson, index, .. } => entry.pace_of(&lesson.steps[*index - 1].id).clone(),
        };
        let cue = |(i, what)| Cue {
            chapter,
            entry: number,
            pace: pace(&what),
            what,
            staged: entry.stage.unwrap_or(true),
            typed: entry.typed,
            emphasis: entry.emphasis.clone(),
            notes: notes.clone().filter(|_| i == 0),
            takes,
            fallback,
        };
        Ok(shown.into_iter().enumerate().map(cue).collect())
    }

    /// What of a text belongs to this kind of machine, with the names that control files have on it.
    fn text(&self, text: Option<&Per<String>>) -> Option<String> {
        Some(fill(text?.here(self.variant)?, &IndexMap::new(), self.variant))
    }

    /// The numbers of an entry's steps.
    fn steps(&self, entry: &ScriptEntry, lesson: &Lesson) -> Result<Vec<usize>, String> {
        let here = |index: &usize| self.variant.meets(lesson.steps[*index - 1].when.as_ref());
        let chosen: Vec<usize> = if entry.steps.0.is_empty() {
            let plain = |index: &usize| lesson.steps[*index - 1].level != Some(Level::Deeper);
            (1..=lesson.steps.len()).filter(plain).collect()
        } else {
            let number = |id: &String| {
                let at = lesson.steps.iter().position(|s| s.id == *id);
                at.map(|i| i + 1).ok_or_else(|| format!("lesson `{}` has no step `{id}`", lesson.id))
            };
            entry.steps.0.iter().map(number).collect::<Result<_, _>>()?
        };
        Ok(chosen.into_iter().filter(here).collect())
    }
}
