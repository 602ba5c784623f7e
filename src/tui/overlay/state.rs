//! What lies over a screen: data only.

use crate::tui::keys::Context;

/// What lies over a screen until it is closed.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// One pane on the whole screen.
    Zoom(Zoom),
    /// The namespace map.
    Map(Map),
    /// The steps of the lesson.
    Outline(Outline),
    /// The choice of a box for a shell.
    BoxChoice(BoxChoice),
    /// Other values for the lesson's parameters.
    WhatIf(WhatIf),
    /// The chapters of a demo.
    Chapters(Chapters),
    /// The instructor's page.
    Notes(Notes),
    /// What the words mean.
    Glossary(Glossary),
    /// Why there is no shell.
    Refusal(Refusal),
    /// The step's question, asked before a shell would answer it.
    Question(Question),
}

impl Overlay {
    /// Which keys it has.
    pub fn context(&self) -> Context {
        match self {
            Overlay::Zoom(zoom) if zoom.typing => Context::Search,
            Overlay::Zoom(_) => Context::Zoom,
            Overlay::Map(_) => Context::Map,
            Overlay::Outline(_) => Context::Outline,
            Overlay::BoxChoice(_) => Context::BoxChoice,
            Overlay::WhatIf(_) => Context::WhatIf,
            Overlay::Chapters(_) => Context::Chapters,
            Overlay::Notes(_) => Context::Notes,
            Overlay::Glossary(_) => Context::Glossary,
            Overlay::Refusal(_) => Context::Refusal,
            Overlay::Question(_) => Context::Question,
        }
    }
}

/// What is zoomed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zoomed {
    /// The drawing of the step.
    Drawing,
    /// The readout with this index.
    Readout(usize),
    /// The trace.
    Calls,
    /// The checks.
    Checks,
    /// The text.
    Text,
}

/// One pane on the whole screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Zoom {
    /// The pane, or one of its readouts.
    pub what: Zoomed,
    /// First line that is shown.
    pub top: usize,
    /// The text that is searched for.
    pub search: String,
    /// The search is being typed.
    pub typing: bool,
}

impl Zoom {
    /// From the first line on, without a search.
    pub fn new(what: Zoomed) -> Self {
        Zoom { what, top: 0, search: String::new(), typing: false }
    }
}

/// The namespace map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// First line that is shown.
    pub top: usize,
    /// A table instead of frames.
    pub table: bool,
}

/// The steps of the lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Index of the selected step.
    pub cursor: usize,
}

/// The choice of a box for a shell.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxChoice {
    /// The names of the boxes that are alive.
    pub boxes: Vec<String>,
    /// Index of the selected one.
    pub cursor: usize,
}

/// Other values for the lesson's parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WhatIf {
    /// Name and value as it is typed.
    pub values: Vec<(String, String)>,
    /// Which one has the cursor.
    pub cursor: usize,
    /// The value under the cursor was edited: before that, the first key replaces it.
    pub typed: bool,
    /// Why the step cannot be run with these values.
    pub complaint: Option<String>,
}

/// The chapters of a demo.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapters {
    /// Index of the selected chapter.
    pub cursor: usize,
}

/// The instructor's page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notes {
    /// First line that is shown.
    pub top: usize,
}

/// Why there is no shell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Refusal {
    /// What was refused.
    pub title: &'static str,
    /// Operation, object and cause, or a sentence.
    pub why: String,
    /// What helps; may be empty.
    pub remedy: String,
    /// Something was typed since the last Enter.
    pub typed: bool,
    /// Something was typed.
    pub swallowed: bool,
}

impl Refusal {
    /// Nothing has been typed yet.
    pub fn new(title: &'static str, why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Refusal { title, why: why.into(), remedy: remedy.into(), ..Refusal::default() }
    }
}

/// The step's question, asked before a shell would answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct Question;

/// What the words mean.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Glossary {
    /// All terms, and not only those of the step.
    pub all: bool,
    /// First line that is shown.
    pub top: usize,
}

/// The keys of a context, over everything else.
#[derive(Debug, Clone, PartialEq)]
pub struct Help {
    /// Whose keys are shown.
    pub of: Context,
    /// First line that is shown.
    pub top: usize,
}
