//! What all reports of a grading are made of.

use super::super::reporter::{Header, RunInfo};
use crate::grading::LessonGrade;
use crate::grading::score::{Overall, overall};
use crate::vocabulary::Seed;

/// A grading that is over.
#[derive(Debug)]
pub struct Graded<'g> {
    /// The lessons, in order.
    pub lessons: &'g [LessonGrade],
    /// Somebody has ended it.
    pub interrupted: bool,
    /// Whose answers they are, if that was said.
    pub who: Option<&'g str>,
    /// What has chosen the variants, if that was said.
    pub seed: Option<&'g Seed>,
    /// The machine and the program.
    pub header: &'g Header,
    /// What else is said of a run.
    pub run: &'g RunInfo,
    /// Columns for the text.
    pub columns: usize,
}

impl Graded<'_> {
    /// The grading in one word.
    pub fn overall(&self) -> Overall {
        overall(self.lessons, self.interrupted)
    }
}
