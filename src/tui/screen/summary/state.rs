//! The state of the end of a lesson.

/// The end of a lesson.
#[derive(Default)]
pub struct Summary {
    /// First line that is shown.
    pub top: usize,
}
