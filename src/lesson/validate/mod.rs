//! What a lesson means: whether everything that it names exists, in time, and whether its steps can fail.

use super::diagnostic::Mistake;
use super::load::Draft;

/// Everything that is wrong with a lesson whose shapes fit.
pub(super) fn all(_draft: &Draft, _text: &str) -> Vec<Mistake> {
    Vec::new()
}

/// A lesson's id is its file's name.
pub(super) fn file_name(_file: &str, _draft: &Draft) -> Vec<Mistake> {
    Vec::new()
}
