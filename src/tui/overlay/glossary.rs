//! The glossary: the terms of the step that is shown, or all of them, a line each.

use super::layer::{After, Layer};
use super::state::Glossary;
use crate::lesson::glossary::Term;
use crate::present::plain::escape;
use crate::tui::app::{App, Shown};
use crate::tui::key::{
    Action as A, Binding, Context as C, DOWN, END, ENTER, ESC, PAGE_DOWN, PAGE_UP, TOP, UP, bind, c, ctrl, k,
};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::{hidden, scrolled};
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::styled;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Glossary, &[ESC, c('G'), c('q'), ENTER], A::Leave, "back", Some(0)),
    bind(C::Glossary, &[c('a')], A::All, "all terms, or those of the step", Some(1)),
    bind(C::Glossary, UP, A::UP, "up", None),
    bind(C::Glossary, DOWN, A::DOWN, "down", None),
    bind(C::Glossary, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Glossary, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(2)),
    bind(C::Glossary, TOP, A::TOP, "to the beginning", None),
    bind(C::Glossary, END, A::BOTTOM, "to the end", None),
    bind(C::Glossary, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Glossary, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

/// The glossary over what is shown: with the terms of a step, where there is one.
pub fn open(app: &App) -> Glossary {
    Glossary { all: of_step(app).is_none(), top: 0 }
}

/// The terms of the step that is shown. The explanation counts only when the kernel has spoken: a term could tell what will happen.
fn of_step(app: &App) -> Option<Vec<(&str, &Term)>> {
    let Shown::Step(walk) = app.shown() else { return None };
    let told = walk.running_here().is_none() && walk.page().record.is_some();
    let environment = &app.environment;
    Some(environment.glossary.of_step(&walk.lesson, walk.step(), &environment.variant, told))
}

impl Layer for Glossary {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        match action {
            Action::Move(by) => {
                let body = app.body();
                let most = hidden(lines(app, self.all, inside(body)).len(), body.height);
                self.top = scrolled(self.top, app.overlay_page(), most, by);
            }
            Action::All if of_step(app).is_some() => (self.all, self.top) = (!self.all, 0),
            Action::Leave => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let name = if self.all { "glossary" } else { "terms of this step" };
        let lines = lines(app, self.all, inside(area));
        Panel { title: title(app.theme, name), focused: true, top: self.top }
            .draw(frame, app.theme, area, &lines);
    }
}

fn lines(app: &App, all: bool, columns: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let terms = if all { app.environment.glossary.terms() } else { of_step(app).unwrap_or_default() };
    if terms.is_empty() {
        return vec![Line::styled("no term of the glossary is used here", theme.style(Role::Dim))];
    }
    let line = |(name, term): (&str, &Term)| {
        let first = [Span::styled(escape(name), theme.style(Role::Strong)), Span::raw("  ")];
        let step = term.steps.first().map(|step| escape(step)).unwrap_or_default();
        let text = [
            Span::raw(format!("{} ", escape(&term.means))),
            Span::styled(format!("({step})"), theme.style(Role::Dim)),
        ];
        styled::fold(&text, &first, &[Span::raw("    ")], usize::from(columns))
    };
    terms.into_iter().flat_map(line).collect()
}
