//! A demo script, as types. Unknown keys are errors, as in lessons.

use super::emphasis::Emphasis;
use crate::vocabulary::expect::Expect;
use crate::vocabulary::{Many, Per, Val};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// A demo script.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Version of the format: 1.
    pub demo: u32,
    /// Its id, the file's name without `.yaml`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// What is played, in order.
    pub chapters: Vec<Chapter>,
    /// Entries that are played only in the place of others: what a `fallback` names.
    #[serde(default)]
    pub reserve: Vec<ScriptEntry>,
}

/// A part of a demo that has a name.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// Its title.
    pub title: String,
    /// What is played, in order.
    pub entries: Vec<ScriptEntry>,
}

/// A title card, or steps of a lesson.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entry")]
pub struct ScriptEntry {
    /// Its name, for a `fallback`.
    #[serde(default)]
    pub id: Option<String>,
    /// A short text on an otherwise empty screen; stands instead of `lesson`.
    #[serde(default)]
    pub card: Option<Per<String>>,
    /// The id of a lesson; stands instead of `card`.
    #[serde(default)]
    pub lesson: Option<String>,
    /// Ids of its steps; by default, all that are not `deeper`.
    #[serde(default)]
    pub steps: Many<String>,
    /// Values for the lesson's parameters.
    #[serde(default)]
    pub set: IndexMap<String, Val>,
    /// When the show goes on.
    #[serde(default)]
    pub pace: Pace,
    /// Other paces for some of its steps, by the steps' ids.
    #[serde(default)]
    pub pace_of: IndexMap<String, Pace>,
    /// Whether what will be called is shown before it is run, and waits there; by default, yes.
    #[serde(default)]
    pub stage: Option<bool>,
    /// Whether the commands of the steps' `try` are typed into a shell, and the steps' own calls not made.
    #[serde(default)]
    pub typed: bool,
    /// The readout or the system call that the room should look at.
    #[serde(default)]
    pub emphasis: Option<Emphasis>,
    /// What the instructor wants to be reminded of.
    #[serde(default)]
    pub notes: Option<Per<String>>,
    /// How long it should take, talking included.
    pub takes: Val,
    /// The name of an entry that is played instead where this one is blocked.
    #[serde(default)]
    pub fallback: Option<String>,
}

/// When the show goes on after what is shown.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pace {
    /// When the instructor says so.
    #[default]
    Manual,
    /// When it can have been read.
    Auto,
    /// After this time.
    After(Val),
    /// As soon as this holds; the readout is read again and again. `within` says how long that may take at most (by default, 60 s).
    When(Box<Expect>),
}

impl ScriptEntry {
    /// When the show goes on after one of its steps.
    pub fn pace_of(&self, step: &str) -> &Pace {
        self.pace_of.get(step).unwrap_or(&self.pace)
    }

    /// The expected duration.
    pub fn duration(&self) -> Duration {
        self.takes.duration().unwrap_or_default()
    }
}
