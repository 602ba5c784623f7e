//! How much room a step has.

use ratatui::layout::Rect;

/// From this size on, all panes are shown at once: columns and rows.
const ROOMY: (u16, u16) = (100, 30);

/// Whether all panes are shown at once; else they are tabs.
pub fn roomy(area: Rect) -> bool {
    area.width >= ROOMY.0 && area.height + 2 >= ROOMY.1
}
