//! The columns of a text.

use unicode_width::UnicodeWidthStr;

/// The columns that a text takes; escape sequences of colours take none.
pub fn width(text: &str) -> usize {
    if text.contains('\x1b') { textwrap::core::display_width(text) } else { text.width() }
}
