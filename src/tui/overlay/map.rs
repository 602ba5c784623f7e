//! Who shares which namespace with whom.

use super::layer::{After, Layer};
use super::state::Map;
use crate::events::Command;
use crate::tui::app::App;
use crate::tui::key::{
    Action as A, BOTTOM, Binding, Context as C, DOWN, ENTER, ESC, PAGE_DOWN, PAGE_UP, TOP, UP, bind, c, ctrl,
    k,
};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::{hidden, scrolled};
use crate::tui::picture::everybody;
use crate::tui::theme::Role;
use crate::tui::view::map as namespaces;
use crate::tui::view::scroll::{Panel, inside, title};
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Map, &[ESC, c('m'), c('q'), ENTER], A::Leave, "back", Some(0)),
    bind(C::Map, &[c('d')], A::Drawing, "table or frames", Some(1)),
    bind(C::Map, &[c('r')], A::Again, "read again", Some(1)),
    bind(C::Map, UP, A::UP, "up", None),
    bind(C::Map, DOWN, A::DOWN, "down", None),
    bind(C::Map, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Map, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(2)),
    bind(C::Map, TOP, A::TOP, "to the beginning", None),
    bind(C::Map, BOTTOM, A::BOTTOM, "to the end", None),
    bind(C::Map, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Map, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

impl Layer for Map {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        match action {
            Action::Move(by) => {
                let body = app.body();
                let max_scroll = hidden(lines(app, self.table, inside(body)).len(), body.height);
                self.top = scrolled(self.top, app.overlay_page(), max_scroll, by);
            }
            Action::Drawing => (self.table, self.top) = (!self.table, 0),
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
        let lines = lines(app, self.table, inside(area));
        Panel { title: title(app.theme, "who is in which namespace"), focused: true, top: self.top }
            .draw(frame, app.theme, area, &lines);
    }
}

/// The map in frames or as a table, or that it is still being read.
fn lines(app: &App, table: bool, width: u16) -> Vec<Line<'static>> {
    let Some(walk) = &app.walk else { return Vec::new() };
    let (now, before) = (walk.map_now.as_ref(), walk.map_before.as_ref());
    let mut out = match now {
        Some(_) => Vec::new(),
        None => vec![Line::styled("reading…", app.theme.style(Role::Dim))],
    };
    match now {
        Some(now) if table => out.extend(namespaces::lines(now, before, width, app.theme)),
        _ => out.extend(everybody::lines(&walk.lesson, now, before, width.into(), app.theme)),
    }
    out
}
