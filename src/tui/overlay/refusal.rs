//! A refused shell: it takes the keys, for what one was about to type into the shell must not act on the lesson.

use super::layer::{After, Layer};
use super::state::Refusal;
use crate::present::plain::{escape, fold};
use crate::tui::app::App;
use crate::tui::key::{Action as A, Binding, Context as C, ENTER, ESC, bind, ctrl};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, middle, title};
use crate::tui::view::styled::fold_text;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Its keys.
pub const KEYS: &[Binding] = &[
    // Everything else that is typed goes nowhere.
    bind(C::Refusal, &[ENTER], A::Enter, "back", Some(0)),
    bind(C::Refusal, &[ESC], A::Leave, "back", Some(1)),
    bind(C::Refusal, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

/// Text is no wider than this, in columns.
const WIDEST: u16 = 66;

impl Layer for Refusal {
    fn act(&mut self, _: &mut App, action: Action) -> (After, Vec<Effect>) {
        match action {
            // The end of a line that was typed here belongs to that line.
            Action::Enter if std::mem::take(&mut self.typed) => (After::Stay, Vec::new()),
            Action::Enter | Action::Leave => (After::Close, Vec::new()),
            _ => (After::Stay, Vec::new()),
        }
    }

    fn typed(&mut self, _: char) {
        (self.typed, self.swallowed) = (true, true);
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let theme = app.theme;
        let columns = area.width.saturating_sub(8).min(WIDEST);
        let folded = |text: &str| fold(&escape(text), usize::from(columns));
        let mut lines: Vec<Line> = folded(&self.why).into_iter().map(Line::raw).collect();
        if !self.remedy.is_empty() {
            lines.push(Line::default());
            let help = folded(&format!("What helps: {}", self.remedy));
            lines.extend(help.into_iter().map(|line| Line::styled(line, theme.style(Role::Strong))));
        }
        if self.swallowed {
            lines.push(Line::default());
            let text = "There is no shell: what you typed went nowhere. Esc closes this.";
            lines.extend(fold_text(text, Role::Warn, usize::from(columns), theme));
        }
        let place = middle(area, columns + 4, lines.len() as u16 + 2);
        Panel { title: title(theme, self.title), focused: true, top: 0 }.draw(frame, theme, place, &lines);
    }
}
