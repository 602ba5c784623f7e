//! Who shares which namespace with whom.

use super::layer::{After, Layer};
use super::state::Map;
use crate::events::Command;
use crate::tui::app::App;
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::{hidden, scrolled};
use crate::tui::theme::Role;
use crate::tui::view::map as namespaces;
use crate::tui::view::scroll::{Panel, inside, title};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

impl Layer for Map {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        match action {
            Action::Move(by) => {
                let body = app.body();
                let max_scroll = hidden(lines(app, inside(body)).len(), body.height);
                self.top = scrolled(self.top, app.overlay_page(), max_scroll, by);
            }
            Action::Again => {
                let idle = app.walk.as_ref().is_some_and(|w| w.running.is_none());
                if idle && app.has_its_lesson_open() {
                    return (After::Stay, vec![Effect::Ask(Command::Namespaces)]);
                }
            }
            Action::Leave => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn covers_screen(&self) -> bool {
        true
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let lines = lines(app, inside(area));
        Panel { title: title(app.theme, "who is in which namespace"), focused: true, top: self.top }
            .draw(frame, app.theme, area, &lines);
    }
}

/// The map, or that it is still being read.
fn lines(app: &App, width: u16) -> Vec<Line<'static>> {
    let walk = app.walk.as_ref();
    match walk.and_then(|walk| Some((walk, walk.map_now.as_ref()?))) {
        Some((walk, now)) => namespaces::lines(now, walk.map_before.as_ref(), width, app.theme),
        None => vec![Line::styled("reading…", app.theme.style(Role::Dim))],
    }
}
