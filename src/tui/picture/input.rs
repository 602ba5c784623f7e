//! What a drawing is made from, and what it is.

use crate::events::{ActionRecord, ReadoutRecord};
use crate::model::NamespaceMap;
use crate::tui::view::styled::spans_width;
use crate::vocabulary::{Lesson, Reader, Step};
use ratatui::text::Line;

/// All that a drawing may know. What it shows as read stands in `readouts`, `actions` or one of the maps.
#[derive(Clone, Copy)]
pub struct PictureInput<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// Its step that is shown.
    pub step: &'a Step,
    /// What was read for the step.
    pub readouts: &'a [ReadoutRecord],
    /// The readouts have their values of after the actions, too.
    pub after: bool,
    /// What was called, as far as it has come.
    pub actions: &'a [ActionRecord],
    /// The namespaces before the step's actions.
    pub before: Option<&'a NamespaceMap>,
    /// The namespaces after them.
    pub now: Option<&'a NamespaceMap>,
}

impl<'a> PictureInput<'a> {
    /// The reader of a record, as the lesson declares it.
    pub fn reader(&self, record: &ReadoutRecord) -> Option<&'a Reader> {
        self.lesson.readouts.get(&record.id)?.verbs.first()
    }
}

/// A drawing, ready for the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What it shows, in a word for a title: `processes`.
    pub name: &'static str,
    /// The readouts of which it tells everything. Where there are any, it comes first even if there is little room, and they are not shown beside it.
    pub tells: Vec<String>,
    /// Its lines. None is wider than the width that was asked for; there may be more of them than the height, which is then scrolled.
    pub lines: Vec<Line<'static>>,
}

impl Picture {
    /// The columns that it takes.
    pub fn width(&self) -> usize {
        self.lines.iter().map(|line| spans_width(&line.spans)).max().unwrap_or(0)
    }

    /// The rows that it takes.
    pub fn height(&self) -> usize {
        self.lines.len()
    }
}
