//! The keys of a screen, from the table that dispatches them.

use super::state::Help;
use crate::present::plain::pad;
use crate::tui::app::App;
use crate::tui::keys::{self, Action};
use crate::tui::movement::{hidden, scrolled};
use crate::tui::theme::Role;
use crate::tui::view::bar::label;
use crate::tui::view::scroll::{Panel, middle, title};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// What the signs mean.
const SIGNS: &[(&str, &str)] = &[
    ("=  ≠", "the same as before; changed"),
    ("✓  ✗  ⊘", "passed; failed; blocked on this machine"),
    ("○  ●  ★", "a step to come; watched; done by hand"),
];

/// One of its keys: it scrolls, or is closed.
pub fn act(app: &mut App, action: Action) {
    let Some(lines) = app.help.as_ref().map(|help| lines(app, help).len()) else { return };
    let max_scroll = hidden(lines, place(lines, app.body()).height);
    let page = app.overlay_page();
    let Some(help) = &mut app.help else { return };
    match action {
        Action::Move(by) => help.top = scrolled(help.top, page, max_scroll, by),
        Action::Leave => app.help = None,
        _ => {}
    }
}

/// The keys and what they mean, over whatever is there.
pub fn draw(frame: &mut Frame, app: &App, area: Rect) {
    let Some(help) = &app.help else { return };
    let lines = lines(app, help);
    let place = place(lines.len(), area);
    Panel { title: title(app.theme, "keys"), focused: true, top: help.top }
        .draw(frame, app.theme, place, &lines);
}

fn place(lines: usize, area: Rect) -> Rect {
    middle(area, 68, lines as u16 + 2)
}

/// A line for each key, and then what the signs mean.
fn lines(app: &App, help: &Help) -> Vec<Line<'static>> {
    let row = |keys: &str, text: &str| {
        Line::from(vec![Span::styled(pad(keys, 22), app.theme.style(Role::Key)), Span::raw(text.to_owned())])
    };
    let mut lines: Vec<Line> = keys::of(help.of)
        .map(|b| {
            let names: Vec<String> = b.keys.iter().map(|k| k.name()).collect();
            row(&names.join("  "), label(app, b))
        })
        .collect();
    lines.push(Line::default());
    lines.extend(SIGNS.iter().map(|(sign, text)| row(sign, text)));
    lines
}
