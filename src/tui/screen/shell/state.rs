//! The state of a shell in a box.

use crate::events::{ReadoutRecord, Verdict};
use crate::grading::typed::Typed;
use crate::model::ShellNotice;
use crate::tui::message::Purpose;
use std::collections::BTreeMap;
use std::time::Instant;
use tui_term::vt100;

/// A shell in a box.
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct Shell {
    /// What it is for.
    pub purpose: Purpose,
    /// The box.
    pub of: String,
    /// Its number, once it lives.
    pub pid: Option<i32>,
    /// What the person should know about it, the most important first.
    pub notice: Vec<ShellNotice>,
    /// Those of its variables that speak of the run, with their values.
    pub variables: BTreeMap<String, String>,
    /// Its screen.
    pub parser: vt100::Parser,
    /// Readouts as they are now, beside what was read before.
    pub readouts: Vec<ReadoutRecord>,
    /// In an attempt: the expectations as they are now.
    pub verdicts: Vec<Verdict>,
    /// When it began to live.
    pub began: Option<Instant>,
    /// What was typed into it, as far as that is kept.
    pub typed: Typed,
    /// Something was typed.
    pub used: bool,
    /// How many hints are shown.
    pub hints: usize,
    /// The solution is shown.
    pub solution: bool,
    /// First line of the readouts that is shown.
    pub top: usize,
    /// It has the whole screen.
    pub whole: bool,
    /// All expectations have been true at once.
    pub done: bool,
}
