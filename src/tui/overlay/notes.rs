//! The instructor's page, over the demo that the room sees.

use super::layer::{After, Layer};
use super::state::Notes;
use crate::demo::NotesPage;
use crate::model::millis;
use crate::tui::app::App;
use crate::tui::key::{Action as A, Binding, Context as C, DOWN, ENTER, ESC, UP, bind, c, ctrl, k};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::{hidden, scrolled};
use crate::tui::notes;
use crate::tui::view::scroll::{Panel, inside, title};
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use std::time::Instant;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Notes, &[ESC, c('n'), c('q'), c(' '), ENTER], A::Leave, "back to the show", Some(0)),
    bind(C::Notes, UP, A::UP, "up", None),
    bind(C::Notes, DOWN, A::DOWN, "down", None),
    bind(C::Notes, &[k(KeyCode::PageUp), ctrl('u')], A::PAGE_UP, "page up", None),
    bind(C::Notes, &[k(KeyCode::PageDown), ctrl('d')], A::PAGE_DOWN, "page down", Some(1)),
    bind(C::Notes, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

/// This many of the newest messages are shown above the notes.
const MESSAGES: usize = 2;

impl Layer for Notes {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        match action {
            Action::Move(by) => {
                let body = app.body();
                let max_scroll = hidden(lines(app, inside(body)).len(), body.height);
                self.top = scrolled(self.top, usize::from(app.size.1 / 2), max_scroll, by);
            }
            Action::Leave => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let lines = lines(app, inside(area));
        Panel { title: title(app.theme, "notes"), focused: true, top: self.top }
            .draw(frame, app.theme, area, &lines);
    }
}

fn lines(app: &App, columns: u16) -> Vec<Line<'static>> {
    let Some((demo, page)) = app.demo.as_ref().and_then(|demo| Some((demo, demo.page.as_ref()?))) else {
        return Vec::new();
    };
    let ms = |since: Instant| millis(app.now.saturating_duration_since(since));
    let newest = page.said.len().saturating_sub(MESSAGES);
    let said = page.said[newest..].to_vec();
    let page = NotesPage { spent_ms: ms(demo.began), cue_spent_ms: ms(demo.reached), said, ..page.clone() };
    notes::lines(&page, app.theme, columns)
}
