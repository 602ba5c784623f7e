//! What every overlay can do.

use crate::tui::app::App;
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Whether an overlay is still there after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It keeps the keys.
    Stay,
    /// It is closed. An overlay that the key has opened in its place stays.
    Close,
}

/// What an overlay does; all of it is in the overlay's own file.
pub trait Layer {
    /// What one of its keys does. Meanwhile `app.overlay` is empty.
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>);

    /// A character, in an overlay into which something can be typed.
    fn typed(&mut self, _: char) {}

    /// It covers the screen, but for what a screen keeps free of it. Others are drawn as a window in the middle.
    fn covers_screen(&self) -> bool {
        false
    }

    /// Draws it.
    fn draw(&self, frame: &mut Frame, app: &App, area: Rect);
}
