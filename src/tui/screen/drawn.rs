//! What is known of a screen when it is drawn.

use ratatui::layout::Rect;

/// The screen as it was drawn.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// What an overlay may cover.
    pub rest: Rect,
    /// Whether the step has a drawing, where the screen had to find that out.
    pub drawing: Option<bool>,
}
