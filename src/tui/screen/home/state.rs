//! The state of the list of lessons.

/// The list of lessons.
#[derive(Default)]
pub struct Home {
    /// Index into the lessons that the filter lets through.
    pub cursor: usize,
    /// First line that is shown of what there is to know about the selected lesson.
    pub top: usize,
    /// What is filtered by.
    pub filter: String,
    /// The filter is being typed.
    pub typing: bool,
}
