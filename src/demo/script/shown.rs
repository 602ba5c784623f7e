//! What an entry of a script shows.

use crate::vocabulary::{Lesson, Step};

/// What an entry shows, as far as it is known.
pub(super) struct EntryContent {
    /// The lesson; `None` for a card.
    pub lesson: Option<std::rc::Rc<Lesson>>,
    /// Indexes of its steps.
    pub steps: Vec<usize>,
}

impl EntryContent {
    /// The steps.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.lesson.iter().flat_map(|l| self.steps.iter().map(|i| &l.steps[*i]))
    }

    /// How long the measurements of its steps take, in seconds.
    pub fn measures(&self) -> f64 {
        let window = |step: &Step| {
            let measure = step.measure.as_ref()?;
            Some(measure.settle.number()? + measure.window.number()?)
        };
        self.steps().filter(|s| s.when.is_none()).filter_map(window).sum()
    }
}
