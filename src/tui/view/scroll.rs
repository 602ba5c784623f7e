//! Lines in a frame, scrolled.

use crate::tui::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear};

/// A frame with a title.
pub struct Panel<'t> {
    /// What stands in the upper border.
    pub title: Line<'t>,
    /// The keys go here.
    pub focused: bool,
    /// First line that is shown.
    pub top: usize,
}

impl Panel<'_> {
    /// Draws the frame with the lines in it, never scrolled further than to the last screenful. A mark in the border tells where one is.
    pub fn draw(self, frame: &mut Frame, theme: Theme, area: Rect, lines: &[Line<'static>]) {
        let rows = usize::from(area.height.saturating_sub(2));
        let top = self.top.min(lines.len().saturating_sub(rows));
        let inner = self.frame(frame, theme, area, (top, rows, lines.len()));
        let shown: Vec<Line> = lines.iter().skip(top).take(rows).cloned().collect();
        frame.render_widget(Text::from(shown), inner);
    }

    /// Draws the frame alone; gives what is inside, with a column of air on both sides.
    pub fn frame(
        self,
        frame: &mut Frame,
        theme: Theme,
        area: Rect,
        (top, rows, all): (usize, usize, usize),
    ) -> Rect {
        let role = if self.focused { Role::BorderFocus } else { Role::Border };
        // Told by the form as well, for terminals without colours.
        let set = if self.focused { border::THICK } else { border::PLAIN };
        let mut block = Block::bordered().border_set(set).border_style(theme.style(role)).title(self.title);
        if all > rows {
            let more = if top + rows < all { " ▼" } else { "" };
            let less = if top > 0 { "▲ " } else { "" };
            let place = format!(" {less}{}–{} of {all}{more} ", top + 1, (top + rows).min(all));
            block = block.title_bottom(Line::styled(place, theme.style(Role::Dim)).right_aligned());
        }
        let inside = block.inner(area);
        frame.render_widget(Clear, area);
        frame.render_widget(block, area);
        Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
    }
}

/// A title with air around it.
pub fn title(theme: Theme, text: impl Into<String>) -> Line<'static> {
    Line::from(vec![Span::raw(" "), Span::styled(text.into(), theme.style(Role::Title)), Span::raw(" ")])
}

/// A line of a list; the selected one is marked.
pub fn select(line: Line<'static>, selected: bool, theme: Theme) -> Line<'static> {
    if selected { line.patch_style(theme.style(Role::Selected)) } else { line }
}

/// A smaller rectangle in the middle of a larger one.
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// The width inside of a panel.
pub fn inside(area: Rect) -> u16 {
    area.width.saturating_sub(4)
}
