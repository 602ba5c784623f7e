//! The keys of a screen, from the table that dispatches them.

pub mod keys;

use super::state::Help;
use crate::present::plain::{fold, pad};
use crate::tui::app::App;
use crate::tui::keys::{Action, Context, of};
use crate::tui::movement::{hidden, scrolled};
use crate::tui::theme::Role;
use crate::tui::view::bar::{label, offered};
use crate::tui::view::scroll::{Panel, middle, title};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The width of the window, and of the keys in it.
const WIDTH: u16 = 68;
const KEYS: usize = 22;

/// A sign, or several, and what they mean.
type Meaning = (&'static str, &'static str);

const LESSONS: &[Meaning] = &[
    ("○  ◐  ●", "a lesson: not begun; begun; finished"),
    ("✓  ⊘  ✗", "ready; blocked on this machine; with a mistake"),
];
const STEPS: &[Meaning] = &[("○  ●  ★", "a step: to come; watched; done by hand")];
const WHERE: &[Meaning] = &[("◐  ◉", "the step that is open, not done yet; done")];
const READOUTS: &[Meaning] =
    &[("=  ≠", "the same as before; changed"), ("+  −", "new since before; gone since then")];
const CHECKS: &[Meaning] =
    &[("✓  ✗  ⊘  –", "passed; failed; blocked on this machine; for another kind of machine")];
const ANSWERS: &[Meaning] = &[("○  ◉", "an answer; the one that you chose")];
const TEXT: &[Meaning] =
    &[("▲  ▼", "there is more above; below"), ("…  ↪", "cut here; goes on in the next line")];

/// The signs that can be seen where these keys are.
fn signs(of: Context) -> Vec<&'static [Meaning]> {
    match of {
        Context::Home | Context::Filter => vec![LESSONS, STEPS, TEXT],
        Context::Step | Context::Running => vec![READOUTS, CHECKS, ANSWERS, STEPS, WHERE, TEXT],
        Context::Demo => vec![READOUTS, CHECKS, ANSWERS, TEXT],
        Context::Shell | Context::Zoom | Context::Search => vec![READOUTS, CHECKS, TEXT],
        Context::Outline | Context::Summary => vec![STEPS, CHECKS, TEXT],
        Context::Map => vec![READOUTS, TEXT],
        Context::WhatIf => vec![READOUTS],
        Context::BoxChoice
        | Context::Chapters
        | Context::Notes
        | Context::Glossary
        | Context::Refusal
        | Context::Question
        | Context::Help
        | Context::Small
        | Context::NotesWindow => vec![TEXT],
    }
}

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
    middle(area, WIDTH, lines as u16 + 2)
}

/// A line for each key that does something now, and then what the signs mean.
fn lines(app: &App, help: &Help) -> Vec<Line<'static>> {
    let row = |keys: &str, text: &str| {
        let lines = fold(text, usize::from(WIDTH) - 2 - KEYS).into_iter().enumerate();
        let row = lines.map(|(i, text)| {
            let keys = if i == 0 { keys } else { "" };
            Line::from(vec![Span::styled(pad(keys, KEYS), app.theme.style(Role::Key)), Span::raw(text)])
        });
        row.collect::<Vec<_>>()
    };
    let mut lines: Vec<Line> = of(help.of)
        .filter(|b| offered(app, help.of, b.action, None))
        .flat_map(|b| {
            let names: Vec<String> = b.keys.iter().map(|k| k.name()).collect();
            row(&names.join("  "), label(app, b))
        })
        .collect();
    lines.push(Line::default());
    lines.extend(signs(help.of).into_iter().flatten().flat_map(|(sign, text)| row(sign, text)));
    lines
}
