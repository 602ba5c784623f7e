//! The state of the shells in boxes: the one to look around in, or those of an attempt.

use crate::events::{ReadoutRecord, Verdict};
use crate::grading::typed::Typed;
use crate::model::ShellNotice;
use crate::tui::message::Purpose;
use std::collections::BTreeMap;
use std::time::Instant;
use tui_term::vt100;

/// The shell of one box.
pub struct BoxShell {
    /// The number of its terminal.
    pub terminal: u32,
    /// The box; empty until the engine has chosen it.
    pub of: String,
    /// Its number, once it lives.
    pub pid: Option<i32>,
    /// What the person should know about it, the most important first.
    pub notice: Vec<ShellNotice>,
    /// Those of its variables that speak of the run, with their values.
    pub variables: BTreeMap<String, String>,
    /// Its screen.
    pub parser: vt100::Parser,
}

/// The shells that are open, and what is beside them.
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub struct Shell {
    /// What they are for.
    pub purpose: Purpose,
    /// One at least, in the order in which they were opened.
    pub open: Vec<BoxShell>,
    /// Index of the one that has the keys.
    pub current: usize,
    /// Index of the one that had them before.
    pub last: Option<usize>,
    /// The boxes that act in the step that is tried.
    pub acting: Vec<String>,
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
    /// The shells have the whole screen.
    pub whole: bool,
    /// Whether two shells are side by side; until somebody wishes, that depends on the screen.
    pub pair: Option<bool>,
    /// All expectations have been true at once.
    pub done: bool,
}

impl Shell {
    /// The one that has the keys.
    pub fn now(&self) -> &BoxShell {
        &self.open[self.current]
    }

    /// The same, to be changed.
    pub fn now_mut(&mut self) -> &mut BoxShell {
        &mut self.open[self.current]
    }

    /// Whether a person does a step in it.
    pub fn is_attempt(&self) -> bool {
        matches!(self.purpose, Purpose::Try(_))
    }

    /// Whether a box acts in the step that is tried. An engine that does not say has one that does, whose shell comes first.
    pub fn acts(&self, of: &str) -> bool {
        if self.acting.is_empty() { self.open[0].of == of } else { self.acting.iter().any(|a| a == of) }
    }

    /// The shell on this terminal.
    pub fn on(&mut self, terminal: u32) -> Option<&mut BoxShell> {
        self.open.iter_mut().find(|shell| shell.terminal == terminal)
    }

    /// Gives the keys to the shell with this index.
    pub fn turn_to(&mut self, index: usize) {
        if index != self.current {
            self.last = Some(std::mem::replace(&mut self.current, index));
        }
    }

    /// Takes a shell out; one must be left. The keys go to the one that had them before.
    pub fn take_out(&mut self, index: usize) -> BoxShell {
        let gone = self.open.remove(index);
        let moved = |i: usize| if i > index { i - 1 } else { i };
        let last = self.last.filter(|last| *last != index).map(moved);
        if self.current == index {
            (self.current, self.last) = (last.unwrap_or(0), None);
        } else {
            (self.current, self.last) = (moved(self.current), last);
        }
        gone
    }
}
