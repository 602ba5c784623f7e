//! What an instructor sees and the room does not: one page, sent to notes windows whenever it changes.

use crate::model::millis;
use crate::present::action::Planned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The page that belongs to what is shown now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NotesPage {
    /// The script's title.
    pub script: String,
    /// The chapter's title.
    pub chapter: String,
    /// Number of the chapter from 1, and how many there are.
    pub chapters: (usize, usize),
    /// Number of the cue from 1, and how many there are.
    pub cues: (usize, usize),
    /// What is shown.
    pub title: String,
    /// What the show waits for, or does: `Space runs it`.
    pub now: String,
    /// CommonMark: the notes of the script's entry, then those of the lesson's step.
    pub notes: Vec<String>,
    /// What comes next, unless this is the last.
    pub next: Option<String>,
    /// What will be called, or was.
    pub calls: Vec<Planned>,
    /// What is expected to be read: sign (`○` not judged yet) and claim.
    pub expected: Vec<(String, String)>,
    /// What happened that the instructor should know, the newest last.
    pub said: Vec<String>,
    /// Milliseconds since the show began, when this page was made.
    pub spent_ms: u64,
    /// Milliseconds that the show should have taken when this cue begins, after the plan.
    pub due_ms: u64,
    /// Milliseconds that this cue should take, according to the plan.
    pub cue_ms: u64,
    /// Milliseconds since this cue began, when this page was made.
    pub cue_spent_ms: u64,
    /// Milliseconds that all of it should take, according to the plan.
    pub planned_ms: u64,
    /// Nothing goes on by itself.
    pub paused: bool,
    /// The room sees nothing.
    pub blank: bool,
    /// How fast it goes: `1x`, `2x`.
    pub speed: String,
    /// The show has ended.
    pub over: bool,
}

impl NotesPage {
    /// The page after a time in which nothing else happened: clocks go on, unless the show has ended.
    #[must_use]
    pub fn later(mut self, by: Duration) -> NotesPage {
        if !self.over {
            let by = millis(by);
            self.spent_ms = self.spent_ms.saturating_add(by);
            self.cue_spent_ms = self.cue_spent_ms.saturating_add(by);
        }
        self
    }
}

/// A speed as people write it: `1x`, `0.5x`.
pub fn speed(factor: f64) -> String {
    format!("{}x", (factor * 100.0).round() / 100.0)
}
