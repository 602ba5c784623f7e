//! The question of a step, asked before a shell shows what would answer it.

use super::layer::{After, Layer};
use super::state::Question;
use crate::tui::app::App;
use crate::tui::key::{Action as A, Binding, Context as C, ENTER, ESC, bind, c, ctrl};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::screen::step;
use crate::tui::screen::step::text;
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, middle, title};
use crate::tui::view::styled::fold_text;
use crate::vocabulary::Predict;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Question, &[ENTER], A::Enter, "on to the shell", Some(0)),
    bind(C::Question, &[ESC, c('q')], A::Leave, "back", Some(1)),
    bind(C::Question, &[c('1')], A::Choose(0), "first answer", None),
    bind(C::Question, &[c('2')], A::Choose(1), "second answer", None),
    bind(C::Question, &[c('3')], A::Choose(2), "third answer", None),
    bind(C::Question, &[c('4')], A::Choose(3), "fourth answer", None),
    bind(C::Question, &[c('5')], A::Choose(4), "fifth answer", None),
    bind(C::Question, &[c('6')], A::Choose(5), "sixth answer", None),
    bind(C::Question, &[c('7')], A::Choose(6), "seventh answer", None),
    bind(C::Question, &[c('8')], A::Choose(7), "eighth answer", None),
    bind(C::Question, &[c('9')], A::Choose(8), "ninth answer", None),
    bind(C::Question, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

/// A question is no wider than what people read in one glance, in columns.
const WIDEST: u16 = 72;

impl Layer for Question {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        let Some(walk) = &mut app.walk else { return (After::Close, Vec::new()) };
        match action {
            Action::Choose(option) => {
                step::choose(walk, usize::from(option));
                let several = walk.step().predict.as_ref().is_some_and(Predict::takes_several);
                if several || walk.page().answer.is_empty() {
                    return (After::Stay, Vec::new());
                }
                (After::Close, step::open_try(app))
            }
            Action::Enter => (After::Close, step::open_try(app)),
            Action::Leave => (After::Close, Vec::new()),
            _ => (After::Stay, Vec::new()),
        }
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let Some(walk) = &app.walk else { return };
        let columns = WIDEST.min(area.width.saturating_sub(6));
        let why = "The checks beside the shell would tell the answer.";
        let mut lines = fold_text(why, Role::Dim, columns.into(), app.theme);
        text::question(app, walk, columns, &mut lines);
        lines.push(Line::default());
        let place = middle(area, columns + 4, lines.len() as u16 + 2);
        Panel { title: title(app.theme, "first, your guess"), focused: true, top: 0 }
            .draw(frame, app.theme, place, &lines);
    }
}
