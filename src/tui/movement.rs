//! Cursors and scrolled text.

use super::keys::Move;

/// Moves a cursor in a list of `count`.
pub fn moved(cursor: usize, count: usize, by: Move) -> usize {
    let last = count.saturating_sub(1);
    match by {
        Move::Up => cursor.saturating_sub(1),
        Move::Down => (cursor + 1).min(last),
        Move::Top => 0,
        Move::Bottom => last,
        Move::PageUp | Move::PageDown => cursor.min(last),
    }
}

/// Moves the first line that is shown of a text that is scrolled. It is never more than `max`, at which the last screenful is shown.
pub fn scrolled(top: usize, page: usize, max: usize, by: Move) -> usize {
    let top = top.min(max);
    let wanted = match by {
        Move::Up => top.saturating_sub(1),
        Move::Down => top + 1,
        Move::PageUp => top.saturating_sub(page),
        Move::PageDown => top + page,
        Move::Top => 0,
        Move::Bottom => max,
    };
    wanted.min(max)
}

/// The lines of a text that do not fit in a panel of this height.
pub fn hidden(lines: usize, height: u16) -> usize {
    lines.saturating_sub(usize::from(height.saturating_sub(2)))
}
