//! What a person did in one attempt on the screen, on its way into a receipt.

use super::receipt::{Guess, StepReceipt, TypedLine, Variables};
use super::score::Outcome;
use super::tools;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// One attempt at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The lesson's id in the catalog.
    pub lesson: String,
    /// Values of its parameters that were set by hand.
    pub set: BTreeMap<String, String>,
    /// The step's id.
    pub step: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Milliseconds from the start of the shell.
    pub took_ms: u64,
    /// What was typed.
    pub typed: Vec<TypedLine>,
    /// More was typed than is kept.
    pub cut: bool,
    /// The variables of the first shell.
    pub variables: Variables,
    /// Those of each further shell, by the box that it was in.
    pub shells: BTreeMap<String, Variables>,
    /// How many hints were shown.
    pub hints: usize,
    /// The solution was shown.
    pub solution: bool,
    /// The answer to the step's question.
    pub guess: Option<Guess>,
}

impl Tried {
    /// The entry of a receipt for it; it ends `now`, and the step is worth so many points.
    pub fn receipt(self, points: u32, now: Timestamp) -> StepReceipt {
        let took = SignedDuration::from_millis(i64::try_from(self.took_ms).unwrap_or(i64::MAX));
        StepReceipt {
            tools: tools::named(&self.typed),
            step: self.step,
            points,
            outcome: self.outcome,
            started: now.checked_sub(took).unwrap_or(now),
            took_ms: self.took_ms,
            typed: self.typed,
            cut: self.cut,
            variables: self.variables,
            shells: self.shells,
            hints: self.hints,
            solution: self.solution,
            guess: self.guess,
        }
    }
}
