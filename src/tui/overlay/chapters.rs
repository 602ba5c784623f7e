//! The chapters of a demo, and where it is.

use super::layer::{After, Layer};
use super::state::Chapters;
use crate::present::plain::escape;
use crate::tui::app::App;
use crate::tui::key::{Action as A, Binding, Context as C, DOWN, ENTER, ESC, UP, bind, c, ctrl};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::moved;
use crate::tui::screen::demo;
use crate::tui::view::scroll::{Panel, middle, select, title};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Chapters, &[ENTER, c(' ')], A::Enter, "go there", Some(0)),
    bind(C::Chapters, &[ESC, c('g'), c('q')], A::Leave, "back", Some(1)),
    bind(C::Chapters, UP, A::UP, "up", None),
    bind(C::Chapters, DOWN, A::DOWN, "down", None),
    bind(C::Chapters, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

impl Layer for Chapters {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        let count = app.demo.as_ref().map_or(0, |demo| demo.plan.chapters.len());
        match action {
            Action::Enter => return (After::Close, demo::to_chapter(app, self.cursor)),
            Action::Move(by) => self.cursor = moved(self.cursor, count, by),
            Action::Leave => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let Some(demo) = &app.demo else { return };
        let here = demo.chapter_index();
        let row = |(i, (name, _)): (usize, &(String, usize))| {
            let mark = if i == self.cursor { "▸" } else { " " };
            let sign = if i == here { "◐" } else { "○" };
            let line = Line::raw(format!("{mark} {sign} {:>2}  {} ", i + 1, escape(name)));
            select(line, i == self.cursor, app.theme)
        };
        let rows: Vec<Line> = demo.plan.chapters.iter().enumerate().map(row).collect();
        let widest = rows.iter().map(Line::width).max().unwrap_or(20) as u16;
        let place = middle(area, widest + 4, rows.len() as u16 + 2);
        let top = (self.cursor + 1).saturating_sub(usize::from(place.height.saturating_sub(2)));
        Panel { title: title(app.theme, "chapters"), focused: true, top }
            .draw(frame, app.theme, place, &rows);
    }
}
