//! What became of a script that was played without a screen.

use crate::events::{Status, StepRecord, Verdict};
use crate::model::Leftover;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole rehearsal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The script's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its chapters, with what was shown of them.
    pub chapters: Vec<Chapter>,
    /// It ended before its end: the user wished so, or the engine was gone.
    pub interrupted: bool,
    /// What could not be undone; empty when nothing is left. In a JSON document `left` has the words for it.
    #[serde(rename = "left_behind", default)]
    pub left: Vec<Leftover>,
    /// Milliseconds from the first cue until everything was undone.
    pub took_ms: u64,
}

/// A chapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chapter {
    /// Its title.
    pub title: String,
    /// What was shown, in order.
    pub shown: Vec<CueRecord>,
    /// Milliseconds that all of it should take here, according to the plan ([`CueRecord::due_ms`]); also what was not reached any more.
    pub planned_ms: u64,
}

/// One cue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CueRecord {
    /// Number of the entry in the script, from 1; entries of the reserve go on behind those of the chapters.
    pub entry: usize,
    /// What it shows.
    pub what: CueTitle,
    /// The judgement, on the step and on what was waited for after it. A card has passed.
    pub status: Status,
    /// Milliseconds that it took: opening the lesson and getting there, calls, measurements, and the wait after them.
    pub took_ms: u64,
    /// Milliseconds that it should take, talking included, according to the plan.
    pub planned_ms: u64,
    /// The step's record. Where something on the way to the step has failed, the record of that.
    pub record: Option<StepRecord>,
    /// What was waited for after the step (`pace: when`).
    pub awaited: Option<Verdict>,
    /// Why the engine could not go on, if it could not.
    pub trouble: Option<String>,
    /// What was shown in its place, where it is blocked or an earlier cue of its entry is.
    pub instead: Option<Instead>,
}

/// What a cue shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CueTitle {
    /// A title card: CommonMark.
    Card(String),
    /// A step.
    Step {
        /// Its lesson.
        lesson: String,
        /// Values of the lesson's parameters.
        set: BTreeMap<String, String>,
        /// Its id.
        id: String,
        /// Its title.
        title: String,
    },
}

/// What stands in the place of a blocked cue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// The entry's fallback.
    Fallback(Vec<CueRecord>),
    /// Nothing more: the fallback was shown in the place of an earlier cue, and stands for the rest of the entry.
    Before,
}

impl CueRecord {
    /// What it is to the room: where it is blocked and something stands in its place, what that is.
    pub fn amounts_to(&self) -> Status {
        match &self.instead {
            None => self.status.clone(),
            Some(Instead::Before) => Status::NotHere,
            Some(Instead::Fallback(shown)) => worst(shown.iter().map(CueRecord::amounts_to)),
        }
    }

    /// This cue and what stands in its place, and in the place of that.
    pub fn with_fallbacks(&self) -> Vec<&CueRecord> {
        let mut all = vec![self];
        if let Some(Instead::Fallback(shown)) = &self.instead {
            all.extend(shown.iter().flat_map(CueRecord::with_fallbacks));
        }
        all
    }

    /// Milliseconds that it should take here, according to the plan; if something replaces it, the time of the replacement.
    pub fn due_ms(&self) -> u64 {
        match &self.instead {
            None => self.planned_ms,
            Some(Instead::Before) => 0,
            Some(Instead::Fallback(shown)) => shown.iter().map(CueRecord::due_ms).sum(),
        }
    }

    /// Milliseconds that it really took, with what stands in its place.
    pub fn real_ms(&self) -> u64 {
        self.with_fallbacks().iter().map(|s| s.took_ms).sum()
    }
}

impl Chapter {
    /// What was shown under a title.
    pub fn new(title: String, shown: Vec<CueRecord>) -> Self {
        let planned_ms = shown.iter().map(CueRecord::due_ms).sum();
        Chapter { title, shown, planned_ms }
    }

    /// Milliseconds that its calls and measurements take.
    pub fn real_ms(&self) -> u64 {
        self.shown.iter().map(CueRecord::real_ms).sum()
    }

    /// Milliseconds that are left for talking; below zero, the plan cannot be kept.
    pub fn left_ms(&self) -> i64 {
        let ms = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        ms(self.planned_ms) - ms(self.real_ms())
    }
}

impl Rehearsal {
    /// Everything that was shown, fallbacks behind what they stand for.
    pub fn shown(&self) -> impl Iterator<Item = &CueRecord> {
        self.chapters.iter().flat_map(|c| &c.shown)
    }

    /// The judgement on all of it.
    pub fn status(&self) -> Status {
        worst(self.shown().map(CueRecord::amounts_to))
    }

    /// Milliseconds that all calls and measurements take.
    pub fn real_ms(&self) -> u64 {
        self.chapters.iter().map(Chapter::real_ms).sum()
    }

    /// Milliseconds that all of it should take, according to the plan.
    pub fn planned_ms(&self) -> u64 {
        self.chapters.iter().map(|c| c.planned_ms).sum()
    }
}

/// Failed before blocked before not run before passed; nothing at all is not here.
fn worst(all: impl Iterator<Item = Status>) -> Status {
    let rank = |status: &Status| match status {
        Status::Failed => 4,
        Status::Blocked { .. } => 3,
        Status::NotRun => 2,
        Status::Passed => 1,
        Status::NotHere => 0,
    };
    // Of equals the first, because its cause is shown.
    all.fold(Status::NotHere, |worst, next| if rank(&next) > rank(&worst) { next } else { worst })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: Status, took_ms: u64, instead: Option<Instead>) -> CueRecord {
        CueRecord {
            entry: 1,
            what: CueTitle::Card("x".into()),
            status,
            took_ms,
            planned_ms: 1000,
            record: None,
            awaited: None,
            trouble: None,
            instead,
        }
    }

    fn none_of_it() -> CueRecord {
        shown(blocked("a"), 0, None)
    }

    fn blocked(reason: &str) -> Status {
        Status::Blocked { reason: reason.into(), remedy: String::new() }
    }

    #[test]
    fn a_fallback_counts_for_what_it_stands_for() {
        let fallback = |shown| Some(Instead::Fallback(shown));
        let good = shown(blocked("a"), 5, fallback(vec![shown(Status::Passed, 7, None)]));
        assert_eq!((good.amounts_to(), good.real_ms()), (Status::Passed, 12));
        let chain = shown(blocked("a"), 1, fallback(vec![good.clone()]));
        assert_eq!((chain.amounts_to(), chain.real_ms()), (Status::Passed, 13));
        assert_eq!(chain.with_fallbacks().len(), 3);
        let card = CueRecord { planned_ms: 300, ..shown(Status::Passed, 0, None) };
        let told = shown(blocked("a"), 0, fallback(vec![card]));
        let rest = shown(Status::NotRun, 0, Some(Instead::Before));
        let nested = shown(blocked("a"), 0, fallback(vec![told.clone()]));
        assert_eq!(
            [told.due_ms(), rest.due_ms(), nested.due_ms(), none_of_it().due_ms()],
            [300, 0, 300, 1000]
        );
        let bad = shown(blocked("a"), 0, fallback(vec![shown(Status::Failed, 0, None), good]));
        assert_eq!(bad.amounts_to(), Status::Failed);
        let none = shown(blocked("a"), 0, fallback(vec![shown(blocked("b"), 0, None)]));
        assert_eq!(none.amounts_to(), blocked("b"), "a fallback that is blocked itself is none");
        assert_eq!(shown(blocked("a"), 0, None).amounts_to(), blocked("a"));
        assert_eq!(worst([].into_iter()), Status::NotHere);
    }

    #[test]
    fn what_cannot_be_kept_is_below_zero() {
        let shown = vec![shown(Status::Passed, 1500, None)];
        let chapter = Chapter::new("x".into(), shown);
        assert_eq!(chapter.left_ms(), -500);
    }
}
