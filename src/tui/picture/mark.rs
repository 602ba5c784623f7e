//! What became of something in a step, as a sign: no drawing tells it by colour alone.

/// What became of something between before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Same,
    /// It is another one now.
    Changed,
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
}

impl Mark {
    /// From what it was and what it is.
    pub fn of<T: PartialEq>(before: Option<&T>, now: Option<&T>) -> Self {
        match (before, now) {
            (None, Some(_)) => Mark::New,
            (Some(_), None) => Mark::Gone,
            (before, now) if before == now => Mark::Same,
            _ => Mark::Changed,
        }
    }

    /// The sign before its name.
    pub fn sign(self) -> &'static str {
        match self {
            Mark::Same => " ",
            Mark::Changed => "≠",
            Mark::New => "+",
            Mark::Gone => "−",
        }
    }

    /// What the signs that occur mean.
    pub fn legend(used: &[Mark]) -> Vec<String> {
        let all = [(Mark::New, "new"), (Mark::Changed, "changed"), (Mark::Gone, "gone")];
        let known = all.into_iter().filter(|(mark, _)| used.contains(mark));
        known.map(|(mark, word)| format!("{} {word}", mark.sign())).collect()
    }
}
