//! How the shells are drawn, and what is written over them.

use super::beside;
use super::places::{Places, places, shown};
use super::state::{BoxShell, Shell};
use crate::present::plain::count;
use crate::tui::app::App;
use crate::tui::message::Purpose;
use crate::tui::theme::{Depth, Role};
use crate::tui::view::scroll::title;
use crate::tui::view::working::working;
use crate::tui::walkthrough::Walkthrough;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use tui_term::widget::PseudoTerminal;

/// Draws the shells that are shown, and the readouts.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, shell: &Shell, area: Rect) {
    let shown = shown(shell, area.width);
    let Places { shells, beside } = places(area, shell.whole, shown.len());
    for (index, place) in shown.iter().zip(shells) {
        draw_one(frame, app, walk, (shell, *index), place);
    }
    if beside.height > 0 {
        beside::draw(frame, app, walk, shell, beside);
    }
}

/// What is written over a shell.
fn name(app: &App, walk: &Walkthrough, shell: &Shell, one: &BoxShell, width: u16) -> String {
    let name = match (&shell.purpose, one.pid) {
        (_, None) => match &walk.running {
            Some(running) => format!(
                "a shell, but first: {}",
                working(app, running, usize::from(width.saturating_sub(26)))
            ),
            None => "a shell is being started…".to_owned(),
        },
        (Purpose::Look(of), Some(pid)) => format!("shell in {of}, process {pid}"),
        (Purpose::Try(_), Some(pid)) if shell.acts(&one.of) => format!("you are {}, process {pid}", one.of),
        (Purpose::Try(_), Some(pid)) => format!("shell in {}, process {pid}", one.of),
    };
    match (one.parser.screen().scrollback(), shell.done && shell.whole) {
        (0, false) => name,
        (0, true) => format!("{name} · ✓ done"),
        (back, _) => format!("{name} · {} back", count(back, "line")),
    }
}

fn draw_one(frame: &mut Frame, app: &App, walk: &Walkthrough, of: (&Shell, usize), place: Rect) {
    let (theme, (shell, index)) = (app.theme, of);
    let one = &shell.open[index];
    let has_keys = index == shell.current;
    let (border, role) = if has_keys {
        (ratatui::symbols::border::THICK, Role::BorderFocus)
    } else {
        (ratatui::symbols::border::PLAIN, Role::Border)
    };
    let block = ratatui::widgets::Block::bordered()
        .border_set(border)
        .border_style(theme.style(role))
        .title(title(theme, name(app, walk, shell, one, place.width)));
    frame.render_widget(ratatui::widgets::Clear, place);
    let inside_of = block.inner(place);
    frame.render_widget(block, place);
    // In the terminal's own colour: a grey one is hard to see on white.
    let cursor = tui_term::widget::Cursor::default().style(theme.style(Role::Plain)).visibility(has_keys);
    frame.render_widget(PseudoTerminal::new(one.parser.screen()).cursor(cursor), inside_of);
    if theme.depth == Depth::None {
        // Also what programs have coloured.
        for position in inside_of.positions() {
            frame.buffer_mut()[position].set_fg(Color::Reset).set_bg(Color::Reset);
        }
    }
}
