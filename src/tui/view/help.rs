//! The keys of a screen, from the table that dispatches them.

use super::bar::label;
use super::scroll::{Panel, middle, title};
use crate::present::plain::pad;
use crate::tui::app::App;
use crate::tui::keys::{self, Context};
use crate::tui::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// What the signs mean.
const SIGNS: &[(&str, &str)] = &[
    ("=  ≠", "the same as before; changed"),
    ("✓  ✗  ⊘", "passed; failed; blocked on this machine"),
    ("○  ●  ★", "a step to come; watched; done by hand"),
];

/// Keys of a context and what they mean, over whatever is there.
pub fn draw(frame: &mut Frame, app: &App, of: Context, top: usize, area: Rect) {
    let lines = lines(app, of);
    let place = place(lines.len(), area);
    Panel { title: title(app.theme, "keys"), focused: true, top }.draw(frame, app.theme, place, &lines);
}

/// Where so many lines stand.
pub fn place(lines: usize, area: Rect) -> Rect {
    middle(area, 68, lines as u16 + 2)
}

/// A line a key, and then what the signs mean.
pub fn lines(app: &App, of: Context) -> Vec<Line<'static>> {
    let row = |keys: &str, text: &str| {
        Line::from(vec![Span::styled(pad(keys, 22), app.theme.style(Role::Key)), Span::raw(text.to_owned())])
    };
    let mut lines: Vec<Line> = keys::of(of)
        .map(|b| {
            let names: Vec<String> = b.keys.iter().map(|k| k.name()).collect();
            row(&names.join("  "), label(app, b))
        })
        .collect();
    lines.push(Line::default());
    lines.extend(SIGNS.iter().map(|(sign, text)| row(sign, text)));
    lines
}
