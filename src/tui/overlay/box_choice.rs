//! The choice of a box for a shell.

use super::layer::{After, Layer};
use super::state::BoxChoice;
use crate::present::plain::pad;
use crate::tui::app::App;
use crate::tui::key::{Action as A, Binding, Context as C, DOWN, ENTER, ESC, UP, bind, c, ctrl};
use crate::tui::keys::Action;
use crate::tui::message::{Effect, Purpose};
use crate::tui::movement::moved;
use crate::tui::screen::shell;
use crate::tui::view::scroll::{Panel, middle, select, title};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::BoxChoice, &[ENTER], A::Enter, "open a shell in it", Some(0)),
    bind(C::BoxChoice, &[ESC, c('s'), c('q')], A::Leave, "back", Some(1)),
    bind(C::BoxChoice, UP, A::UP, "up", None),
    bind(C::BoxChoice, DOWN, A::DOWN, "down", None),
    bind(C::BoxChoice, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

impl Layer for BoxChoice {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        match action {
            Action::Enter => {
                let purpose = Purpose::Look(self.boxes[self.cursor].clone());
                return (After::Close, shell::open(app, purpose));
            }
            Action::Move(by) => self.cursor = moved(self.cursor, self.boxes.len(), by),
            Action::Leave => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let row = |(i, name): (usize, &String)| {
            let mark = if i == self.cursor { "▸ " } else { "  " };
            select(Line::raw(pad(&format!("{mark}{name}"), 30)), i == self.cursor, app.theme)
        };
        let rows: Vec<Line> = self.boxes.iter().enumerate().map(row).collect();
        let place = middle(area, 36, rows.len() as u16 + 2);
        Panel { title: title(app.theme, "a shell in which box?"), focused: true, top: 0 }
            .draw(frame, app.theme, place, &rows);
    }
}
