//! Views: free functions from the state to cells. None of them changes anything.

pub mod bar;
pub mod calls;
pub mod chart;
pub mod curves;
pub mod diff;
pub mod emphasis;
pub mod map;
pub mod markdown;
pub mod planned;
pub mod readouts;
pub mod scroll;
pub mod styled;
pub mod verdicts;
pub mod working;

use super::app::{App, SMALLEST};
use super::overlay::{self, help};
use super::screen;
use super::theme::Role;
use crate::present::plain::{fold, hides};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::Line;
use ratatui::widgets::Clear;

/// Draws everything.
pub fn draw(frame: &mut Frame, app: &App) {
    draw_cells(frame, app);
    show_what_hides(frame.buffer_mut());
    let Some((ink, paper)) = app.theme.paper() else { return };
    for cell in &mut frame.buffer_mut().content {
        if cell.fg == Color::Reset {
            cell.set_fg(ink);
        }
        if cell.bg == Color::Reset {
            cell.set_bg(paper);
        }
    }
}

/// The last look at a frame: what the views have not escaped, or a shell's screen holds, is no instruction to the terminal.
fn show_what_hides(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().chars().any(hides) {
            cell.set_symbol("\u{fffd}");
        }
    }
}

fn draw_cells(frame: &mut Frame, app: &App) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, app, area);
    }
    if app.demo.as_ref().is_some_and(|demo| demo.blank) {
        return frame.render_widget(Clear, area);
    }
    let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    bar::header(frame, app, Rect { height: 1, ..area });
    let drawn = screen::draw(frame, app, body);
    overlay::draw(frame, app, body, drawn.rest);
    help::draw(frame, app, body);
    let footer = Rect { y: area.bottom() - 1, height: 1, ..area };
    bar::footer(frame, app, footer, drawn.drawing);
    bar::notice(frame, app, footer);
}

fn too_small(frame: &mut Frame, app: &App, area: Rect) {
    let text = format!(
        "{}x{} is too small: isolab needs {}x{}; q quits",
        area.width, area.height, SMALLEST.0, SMALLEST.1
    );
    let style = app.theme.style(Role::Strong);
    for (i, part) in fold(&text, usize::from(area.width.max(4))).into_iter().enumerate() {
        let row = area.y + i as u16;
        if row < area.bottom() {
            frame.render_widget(Line::styled(part, style), Rect { y: row, height: 1, ..area });
        }
    }
}
