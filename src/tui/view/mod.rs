//! Views: free functions from the state to cells. None of them changes anything.

pub mod bar;
pub mod calls;
pub mod chart;
pub mod curves;
pub mod diff;
mod emphasis;
pub mod help;
pub mod home;
pub mod lists;
pub mod map;
pub mod markdown;
pub mod page;
pub mod planned;
pub mod readouts;
pub mod scroll;
pub mod shell;
pub mod show;
pub mod step;
pub mod styled;
pub mod summary;
pub mod verdicts;
pub mod xray;
pub mod zoom;

use super::app::{App, Overlay, SMALLEST, Screen};
use super::theme::Role;
use crate::present::plain::hides;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::Line;

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
    if app.show.as_ref().is_some_and(|show| show.blank) {
        return show::blank(frame, area);
    }
    let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    bar::header(frame, app, Rect { height: 1, ..area });
    match (app.screen, &app.walk) {
        (Screen::Step, Some(walk)) if walk.shell.is_some() => shell::draw(frame, app, walk, body),
        _ if app.show.is_some() => show_draw(frame, app, body),
        (Screen::Step, Some(walk)) => match &app.overlay {
            Some(Overlay::Zoom(zoom)) => zoom::draw(frame, app, walk, zoom, body),
            Some(Overlay::Map(top)) => zoom::map(frame, app, walk, *top, body),
            _ => step::draw(frame, app, walk, body),
        },
        (Screen::Summary, Some(walk)) => summary::draw(frame, app, walk, body),
        _ => home::draw(frame, app, body),
    }
    match &app.overlay {
        Some(Overlay::Outline(cursor)) => lists::outline(frame, app, *cursor, body),
        Some(Overlay::Boxes(boxes, cursor)) => lists::boxes(frame, app, boxes, *cursor, body),
        Some(Overlay::WhatIf(what_if)) => lists::what_if(frame, app, what_if, body),
        Some(Overlay::Peek(top)) => show::peek(frame, app, *top, body),
        Some(Overlay::Chapters(cursor)) => {
            if let Some(show) = &app.show {
                show::chapters(frame, app, show, *cursor, body);
            }
        }
        _ => {}
    }
    if let Some((of, top)) = app.help {
        help::draw(frame, app, of, top, body);
    }
    let footer = Rect { y: area.bottom() - 1, height: 1, ..area };
    bar::footer(frame, app, footer);
    bar::notice(frame, app, footer);
}

fn show_draw(frame: &mut Frame, app: &App, body: Rect) {
    if let Some(show) = &app.show {
        show::draw(frame, app, show, body);
    }
}

fn in_shell(app: &App) -> bool {
    app.walk.as_ref().is_some_and(|w| w.shell.is_some())
}

/// What is between the first line and the last.
pub fn body(app: &App) -> Rect {
    Rect::new(0, 1, app.size.0, app.size.1.saturating_sub(2))
}

/// The largest number of lines that can be scrolled out of what the keys scroll.
pub fn max_scroll(app: &App) -> usize {
    let body = body(app);
    let hidden =
        |lines: usize, place: Rect| lines.saturating_sub(usize::from(place.height.saturating_sub(2)));
    if app.is_too_small() {
        return 0;
    }
    if let Some((of, _)) = app.help {
        let lines = help::lines(app, of).len();
        return hidden(lines, help::place(lines, body));
    }
    if let (Some(show), false) = (&app.show, in_shell(app)) {
        let own = !matches!(app.overlay, Some(Overlay::Zoom(_) | Overlay::Map(_)))
            && (matches!(app.overlay, Some(Overlay::Peek(_))) || show.is_ahead());
        if own {
            return show::max_scroll(app, show, body);
        }
    }
    let Some(walk) = &app.walk else { return 0 };
    if let Some(shell) = &walk.shell {
        return shell::max_scroll(app, walk, shell, body);
    }
    match (&app.overlay, app.screen) {
        (Some(Overlay::Zoom(zoom)), _) => zoom::max_scroll(app, walk, zoom, body),
        (Some(Overlay::Map(_)), _) => hidden(zoom::map_lines(app, walk, scroll::inside(body)).len(), body),
        (_, Screen::Summary) => hidden(summary::lines(app, walk, scroll::inside(body)).len(), body),
        _ => step::max_scroll(app, walk, body),
    }
}

fn too_small(frame: &mut Frame, app: &App, area: Rect) {
    let text = format!(
        "{}x{} is too small: isolab needs {}x{}; q quits",
        area.width, area.height, SMALLEST.0, SMALLEST.1
    );
    let style = app.theme.style(Role::Strong);
    for (i, part) in
        crate::present::plain::fold(&text, usize::from(area.width.max(4))).into_iter().enumerate()
    {
        let row = area.y + i as u16;
        if row < area.bottom() {
            frame.render_widget(Line::styled(part, style), Rect { y: row, height: 1, ..area });
        }
    }
}
