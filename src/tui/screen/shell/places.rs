//! Where the shells are on the screen, and where the readouts are.

use super::state::Shell;
use ratatui::layout::Rect;

/// From so many columns on, the readouts are beside one shell.
const WIDE: u16 = 130;
/// From so many columns on, they are beside two, which are then shown without being asked for.
const WIDEST: u16 = 160;

/// The parts of the screen.
pub struct Places {
    /// Of each shell that is shown.
    pub shells: Vec<Rect>,
    /// Of the readouts; without a height where there is no room.
    pub beside: Rect,
}

/// Divides the screen between so many shells, side by side, and the readouts.
pub fn places(area: Rect, whole: bool, shells: usize) -> Places {
    let (left, beside) = if whole {
        (area, Rect { y: area.bottom(), height: 0, ..area })
    } else if area.width >= if shells > 1 { WIDEST } else { WIDE } {
        let width = if shells > 1 { area.width / 3 * 2 } else { area.width * 11 / 20 };
        let beside = Rect { x: area.x + width, width: area.width - width, ..area };
        (Rect { width, ..area }, beside)
    } else {
        let height = (area.height * 3 / 5).max(8).min(area.height);
        let beside = Rect { y: area.y + height, height: area.height - height, ..area };
        (Rect { height, ..area }, beside)
    };
    let shells = u16::try_from(shells).unwrap_or(1).max(1);
    let width = left.width / shells;
    let column = |i: u16| {
        let width = if i + 1 == shells { left.width - i * width } else { width };
        Rect { x: left.x + i * (left.width / shells), width, ..left }
    };
    Places { shells: (0..shells).map(column).collect(), beside }
}

/// The indices of the shells that are shown on a screen of this width, from left to right.
pub fn shown(shell: &Shell, width: u16) -> Vec<usize> {
    let pair = shell.pair.unwrap_or(width >= WIDEST);
    let other = (0..shell.open.len()).rfind(|i| *i != shell.current);
    match shell.last.filter(|i| *i != shell.current && *i < shell.open.len()).or(other) {
        Some(other) if pair => vec![shell.current.min(other), shell.current.max(other)],
        _ => vec![shell.current],
    }
}

/// Columns and rows of the terminal in a place, inside its border.
pub fn inside(place: Rect) -> (u16, u16) {
    (place.width.saturating_sub(2).max(20), place.height.saturating_sub(2).max(4))
}
