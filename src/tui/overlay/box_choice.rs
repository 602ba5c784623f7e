//! The choice of a box for a shell.

use super::layer::{After, Layer};
use super::state::BoxChoice;
use crate::present::plain::pad;
use crate::tui::app::App;
use crate::tui::key::{Action as A, Binding, Context as C, DOWN, ENTER, ESC, UP, bind, c, ctrl, k};
use crate::tui::keys::Action;
use crate::tui::message::{Effect, Purpose};
use crate::tui::movement::moved;
use crate::tui::screen::shell;
use crate::tui::screen::shell::state::Shell;
use crate::tui::view::scroll::{Panel, middle, select, title};
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::BoxChoice, &[ENTER], A::Enter, "go to its shell", Some(0)),
    bind(C::BoxChoice, &[ESC, c('s'), c('q')], A::Leave, "back", Some(1)),
    bind(C::BoxChoice, UP, A::UP, "up", None),
    bind(C::BoxChoice, DOWN, A::DOWN, "down", None),
    bind(C::BoxChoice, &[k(KeyCode::F(5))], A::NextOne, "next one", None),
    bind(C::BoxChoice, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

/// The shells of an attempt, which can be several.
fn attempt(app: &App) -> Option<&Shell> {
    app.walk.as_ref()?.shell.as_ref().filter(|shell| shell.is_attempt())
}

/// What there is to say of a box beside its name.
fn what_of(shell: &Shell, name: &str) -> String {
    let acts = if shell.acts(name) { "  acts in this step" } else { "" };
    let here = if shell.now().of == name {
        "  you are here"
    } else if shell.open.iter().any(|s| s.of == name) {
        "  open"
    } else {
        ""
    };
    format!("{acts}{here}")
}

impl Layer for BoxChoice {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        match action {
            Action::Enter => {
                let of = self.boxes[self.cursor].clone();
                let effects = match attempt(app) {
                    Some(_) => shell::show(app, &of),
                    None => shell::open(app, Purpose::Look(of)),
                };
                return (After::Close, effects);
            }
            Action::NextOne => self.cursor = (self.cursor + 1) % self.boxes.len(),
            Action::Move(by) => self.cursor = moved(self.cursor, self.boxes.len(), by),
            Action::Leave => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let attempt = attempt(app);
        let (columns, name) =
            if attempt.is_some() { (48, "whose shell?") } else { (30, "a shell in which box?") };
        let row = |(i, of): (usize, &String)| {
            let mark = if i == self.cursor { "▸ " } else { "  " };
            let more = attempt.map(|shell| what_of(shell, of)).unwrap_or_default();
            let text = format!("{mark}{}{more}", pad(of, 12));
            select(Line::raw(pad(&text, columns)), i == self.cursor, app.theme)
        };
        let rows: Vec<Line> = self.boxes.iter().enumerate().map(row).collect();
        let place = middle(area, columns as u16 + 6, rows.len() as u16 + 2);
        Panel { title: title(app.theme, name), focused: true, top: 0 }.draw(frame, app.theme, place, &rows);
    }
}
