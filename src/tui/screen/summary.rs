//! The end of a lesson.

use super::{home, step};
use crate::events::Status;
use crate::present::plain::escape;
use crate::tui::app::{App, Screen};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::{hidden, scrolled};
use crate::tui::overlay::state::{Outline, Overlay};
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::{markdown, verdicts};
use crate::tui::walkthrough::{StepPage, Walkthrough};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// One of its keys.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Enter => {
            let open = app.walk.as_ref().map(|w| w.lesson.id.clone());
            let at = app.entries.iter().position(|e| Some(&e.id) == open.as_ref());
            match at.and_then(|at| app.entries.get(at + 1)).map(|e| e.id.clone()) {
                Some(next) => home::open(app, &next, None, BTreeMap::new()),
                None => step::leave(app),
            }
        }
        Action::Back => {
            app.screen = Screen::Step;
            Vec::new()
        }
        Action::Outline => {
            app.overlay = app.walk.as_ref().map(|w| Overlay::Outline(Outline { cursor: w.index - 1 }));
            Vec::new()
        }
        Action::Restart => step::restart(app),
        Action::Leave => step::leave(app),
        Action::Move(by) => {
            let Some(walk) = &app.walk else { return Vec::new() };
            let body = app.body();
            let max_scroll = hidden(lines(app, walk, inside(body)).len(), body.height);
            app.summary_top = scrolled(app.summary_top, usize::from(app.size.1 / 2), max_scroll, by);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// What was learned, what was guessed, what did not go, what is next.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect) {
    let name = format!("{}: the end", escape(&walk.lesson.title));
    let lines = lines(app, walk, inside(area));
    Panel { title: title(app.theme, name), focused: true, top: app.summary_top }
        .draw(frame, app.theme, area, &lines);
}

/// All of it, folded to a width.
fn lines(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let mut out = Vec::new();
    let head = |text: &str, out: &mut Vec<Line<'static>>| {
        if !out.is_empty() {
            out.push(Line::default());
        }
        out.push(Line::styled(text.to_owned(), theme.style(Role::Accent)));
    };
    head("Steps", &mut out);
    let done = app.progress.lesson(&walk.lesson.id);
    for (step, page) in walk.lesson.steps.iter().zip(&walk.pages) {
        let (sign, role) = verdicts::done_sign(done.and_then(|d| d.steps.get(&step.id)));
        let mut spans =
            vec![Span::styled(format!("{sign} "), theme.style(role)), Span::raw(escape(&step.title))];
        if let Some(record) = page.record.as_ref().filter(|r| r.status != Status::Passed) {
            let (sign, word, role) = verdicts::status(&record.status);
            spans.push(Span::styled(format!("   {sign} {word}"), theme.style(role)));
            if let Status::Blocked { reason, .. } = &record.status {
                spans.push(Span::raw(format!(": {}", escape(reason))));
            }
        }
        out.push(Line::from(spans));
    }
    let answered: Vec<(usize, bool)> = (1..=walk.pages.len())
        .filter_map(|i| {
            let answer =
                walk.lesson.steps[i - 1].predict.as_ref().and_then(|p| app.environment.here(&p.answer));
            walk.right(i, answer.map(|a| &a.0)).map(|right| (i, right))
        })
        .collect();
    if !answered.is_empty() {
        let right = answered.iter().filter(|(_, r)| *r).count();
        head(&format!("Your guesses: {right} of {} right", answered.len()), &mut out);
        for (i, right) in answered {
            let (sign, role) = if right { ("✓", Role::Good) } else { ("✗", Role::Warn) };
            out.push(Line::from(vec![
                Span::styled(format!("{sign} "), theme.style(role)),
                Span::raw(escape(&walk.lesson.steps[i - 1].title)),
            ]));
        }
    }
    let myths: Vec<&String> = walk
        .lesson
        .steps
        .iter()
        .zip(&walk.pages)
        .filter(|(_, p)| passed(p))
        .filter_map(|(s, _)| s.myth.as_ref())
        .collect();
    if !myths.is_empty() {
        head("No longer believed", &mut out);
        for myth in myths {
            let text = app.environment.fill(&walk.lesson, myth);
            for (i, line) in markdown::render(&text, width.saturating_sub(2), theme).into_iter().enumerate() {
                let mut spans = vec![Span::raw(if i == 0 { "× " } else { "  " })];
                spans.extend(line.spans);
                out.push(Line::from(spans));
            }
        }
    }
    let deeper =
        walk.lesson.steps.iter().filter(|s| !done.is_some_and(|d| d.steps.contains_key(&s.id))).count();
    if deeper > 0 {
        out.push(Line::default());
        let text = match deeper {
            1 => "1 step is left, which Enter passes over because it goes deeper: o shows it".to_owned(),
            n => format!("{n} steps are left; Enter passes over those that go deeper: o shows all"),
        };
        out.push(Line::styled(text, theme.style(Role::Dim)));
    }
    let at = app.entries.iter().position(|e| e.id == walk.lesson.id);
    if let Some(next) = at.and_then(|at| app.entries.get(at + 1)) {
        out.push(Line::default());
        let name = next.lesson.as_ref().map_or_else(|_| String::new(), |l| escape(&l.title));
        out.push(Line::from(vec![
            Span::styled("Next: ", theme.style(Role::Accent)),
            Span::styled(next.id.clone(), theme.style(Role::Strong)),
            Span::raw(format!(" · {name}")),
        ]));
    }
    out
}

fn passed(page: &StepPage) -> bool {
    page.record.as_ref().is_some_and(|r| r.status == Status::Passed)
}
