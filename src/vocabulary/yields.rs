//! What a readout yields, so that statements on it can be checked before anything runs.

use crate::model::{Ns, Unit};

/// The kind of value that a readout yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yields {
    /// A number in this unit.
    Number(Option<Unit>),
    /// A text that is never a number.
    Text,
    /// The identity of a namespace of this type; a text, too.
    Identity(Ns),
    /// A text that may be a number.
    Any,
    /// Rows with these columns.
    Rows(&'static [&'static str]),
    /// The state or the end of a process.
    Process,
}

impl Yields {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Yields::Number(_) => "a number",
            Yields::Text | Yields::Any => "a text",
            Yields::Identity(_) => "the identity of a namespace",
            Yields::Rows(_) => "a list of rows",
            Yields::Process => "the state of a process",
        }
    }
}
