//! The first line and the last.

use super::styled::{cut, spans_width};
use super::working::working;
use crate::lesson::by_hand;
use crate::present::plain::{escape, fold, one_line, width};
use crate::tui::app::{App, Screen};
use crate::tui::keys::{self, Action, Binding, Context};
use crate::tui::overlay::state::Overlay;
use crate::tui::screen::demo::draw as demo;
use crate::tui::screen::step::{self, panes};
use crate::tui::theme::Role;
use crate::tui::walkthrough::Walkthrough;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

/// Who and where: the program, the lesson, the step; the machine.
pub fn header(frame: &mut Frame, app: &App, area: Rect) {
    if let Some(demo) = &app.demo {
        return demo::header(frame, app, demo, area);
    }
    let theme = app.theme;
    let mut left = vec![Span::styled(" isolab", theme.style(Role::Accent))];
    if let (true, Some(walk)) = (app.screen != Screen::Home, &app.walk) {
        left.push(Span::styled("  ", theme.style(Role::Plain)));
        left.push(Span::styled(walk.lesson.id.clone(), theme.style(Role::Strong)));
        left.push(Span::raw(format!(" · {}", escape(&walk.lesson.title))));
    }
    let rights = app.environment.variant.rights.name();
    let version = app.environment.variant.version.name();
    let release: String = app.environment.kernel.split('-').next().unwrap_or_default().to_owned();
    let machine = format!("{rights} · Linux {release} · cgroup {version} ");
    let mut right = Vec::new();
    if let (Screen::Step, Some(walk)) = (app.screen, &app.walk) {
        right.push(Span::styled(
            format!("step {}/{} ", walk.index, walk.pages.len()),
            theme.style(Role::Strong),
        ));
        right.push(Span::styled(dots(app, walk), theme.style(Role::Accent)));
        right.push(Span::raw("  "));
    }
    let all = usize::from(area.width);
    let (l, r) = (spans_width(&left), spans_width(&right));
    if l + r + width(&machine) + 2 <= all {
        right.push(Span::styled(machine, theme.style(Role::Dim)));
    }
    let room = all.saturating_sub(spans_width(&right));
    if l + 1 > room {
        // The title gives way.
        let known = spans_width(&left[..left.len().min(3)]);
        let title = left.get(3).map(|s| cut(&s.content, room.saturating_sub(known + 1)));
        left.truncate(3);
        left.extend(title.map(Span::raw));
    }
    let gap = room.saturating_sub(spans_width(&left));
    left.push(Span::raw(" ".repeat(gap)));
    left.extend(right);
    frame.render_widget(Line::from(left), area);
}

/// A sign a step: done, open, or to come.
fn dots(app: &App, walk: &Walkthrough) -> String {
    let done = |id: &str| app.progress.lesson(&walk.lesson.id).is_some_and(|l| l.steps.contains_key(id));
    let sign = |(i, step): (usize, &crate::vocabulary::Step)| {
        let here = i + 1 == walk.index;
        match (done(&step.id), here) {
            (true, true) => '◉',
            (true, false) => '●',
            (false, true) => '◐',
            (false, false) => '○',
        }
    };
    walk.lesson.steps.iter().enumerate().map(sign).collect()
}

/// One thing that matters now, whole, above the footer.
pub fn notice(frame: &mut Frame, app: &App, footer: Rect) {
    let Some(text) = &app.notice else { return };
    let theme = app.theme;
    let lines = fold(&one_line(text), usize::from(footer.width).saturating_sub(4));
    let height = (lines.len() as u16).min(footer.y.saturating_sub(1));
    let area = Rect { y: footer.y - height, height, ..footer };
    frame.render_widget(Clear, area);
    for (row, (i, line)) in (area.y..area.bottom()).zip(lines.into_iter().enumerate()) {
        let sign = Span::styled(if i == 0 { " ! " } else { "   " }, theme.style(Role::Warn));
        let line = Line::from(vec![sign, Span::styled(line, theme.style(Role::Strong))]);
        frame.render_widget(line, Rect { y: row, height: 1, ..area });
    }
}

/// What can be done.
pub fn footer(frame: &mut Frame, app: &App, area: Rect) {
    let theme = app.theme;
    let context = app.context();
    let mut spans = vec![Span::raw(" ")];
    let mut shown: Vec<&Binding> =
        keys::of(context).filter(|b| b.footer.is_some() && offered(app, context, b.action)).collect();
    if let (Context::Running | Context::Demo, Some(running)) =
        (context, app.walk.as_ref().and_then(|w| w.running.as_ref()))
    {
        // The way out and help are always there; the text before them has the rest.
        let needed: Vec<&Binding> = shown.iter().copied().filter(|b| b.footer <= Some(1)).collect();
        let room = usize::from(area.width).saturating_sub(4 + text_width(app, &needed));
        spans.push(Span::styled(working(app, running, room), theme.style(Role::Accent)));
        spans.push(Span::raw("   "));
    }
    match (context, app.overlay.as_ref()) {
        (Context::Filter, _) => {
            spans.push(Span::styled(format!("/{}▏", escape(&app.home.filter)), theme.style(Role::Accent)));
            spans.push(Span::raw("   "));
        }
        (Context::Search, Some(Overlay::Zoom(zoom))) => {
            spans.push(Span::styled(format!("/{}▏", escape(&zoom.search)), theme.style(Role::Accent)));
            spans.push(Span::raw("   "));
        }
        _ => {}
    }
    // What matters least is dropped first; what stays keeps its order.
    let mut by_weight = shown.clone();
    by_weight.sort_by_key(|b| b.footer);
    let room = usize::from(area.width).saturating_sub(spans_width(&spans));
    while text_width(app, &shown) > room {
        let Some(least) = by_weight.pop() else { break };
        shown.retain(|b| !std::ptr::eq(*b, least));
    }
    for (keys, label) in named(app, &shown) {
        spans.push(Span::styled(keys, theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {label}   ")));
    }
    frame.render_widget(Line::from(spans), area);
}

fn text_width(app: &App, bindings: &[&Binding]) -> usize {
    named(app, bindings).iter().map(|(keys, label)| width(keys) + width(label) + 4).sum()
}

/// Keys and what they do. Two keys that move the same thing up and down share its name.
fn named(app: &App, bindings: &[&Binding]) -> Vec<(String, &'static str)> {
    let mut out: Vec<(String, &'static str)> = Vec::new();
    for binding in bindings {
        let (key, label) = (binding.keys[0].name(), label(app, binding));
        match (out.last_mut(), label.strip_suffix(" down")) {
            (Some((keys, last)), Some(what)) if last.strip_suffix(" up") == Some(what) => {
                (*keys, *last) = (format!("{keys}/{key}"), what);
            }
            _ => out.push((key, label)),
        }
    }
    out
}

/// What Enter does depends on where one is.
pub fn label(app: &App, binding: &Binding) -> &'static str {
    let walk = app.walk.as_ref();
    if let (Context::Demo, Action::Enter, Some(demo)) = (binding.context, binding.action, &app.demo) {
        return demo::space(demo);
    }
    if let (Context::Demo, Some(Overlay::Zoom(_))) = (binding.context, &app.overlay) {
        match binding.action {
            Action::Zoom => return "back from the zoom",
            Action::NextPane => return "next one",
            Action::PreviousPane => return "previous one",
            _ => {}
        }
    }
    match (binding.context, binding.action, walk) {
        (Context::Step, Action::Enter, Some(walk)) if walk.page().record.is_none() => "run it",
        (Context::Step, Action::Enter, Some(walk)) if panes::why_is_hidden(walk) => "next: why",
        (Context::Step, Action::Enter, Some(walk)) if walk.index == walk.pages.len() => "summary",
        (Context::Shell, Action::Whole, Some(walk)) if walk.shell.as_ref().is_some_and(|s| s.whole) => {
            "split"
        }
        (Context::Summary, Action::Enter, Some(walk))
            if app.entries.last().is_some_and(|e| e.id == walk.lesson.id) =>
        {
            "lessons"
        }
        _ => binding.label,
    }
}

/// Whether a key of a context does anything now: what does nothing is not offered.
pub fn offered(app: &App, context: Context, action: Action) -> bool {
    if action == Action::Drawing && matches!(context, Context::Step | Context::Demo) {
        let on_a_step = app.demo.as_ref().is_none_or(demo::on_its_panes);
        return on_a_step && step::has_drawing(app);
    }
    if let Some(demo) = app.demo.as_ref().filter(|_| context == Context::Demo) {
        return demo::offered(demo, action);
    }
    match (context, action, &app.walk) {
        (Context::Home, Action::Leave, _) => !app.home.filter.is_empty(),
        (Context::Glossary, Action::All, walk) => walk.is_some() && app.screen == Screen::Step,
        (Context::Zoom, Action::SearchNext, _) => {
            matches!(&app.overlay, Some(Overlay::Zoom(zoom)) if !zoom.search.is_empty())
        }
        (Context::Step | Context::Running | Context::Shell, action, Some(walk)) => {
            offered_in_step(app, walk, action)
        }
        _ => true,
    }
}

fn offered_in_step(app: &App, walk: &Walkthrough, action: Action) -> bool {
    match action {
        Action::Again => walk.page().record.is_some(),
        Action::Back if walk.running.is_none() => walk.index > 1,
        Action::NextOne => walk.index < walk.pages.len(),
        Action::Choose(n) => {
            let options = walk.step().predict.as_ref().map_or(0, |predict| predict.options.len());
            walk.page().record.is_none() && usize::from(n) < options
        }
        Action::WhatIf => walk.params.get(walk.index - 1).is_some_and(|p| !p.is_empty()),
        Action::Try => by_hand::can(&walk.lesson, walk.step(), &app.environment.variant).is_ok(),
        Action::Hint | Action::Solution => {
            walk.shell.as_ref().is_some_and(|s| matches!(s.purpose, crate::tui::message::Purpose::Try(_)))
        }
        _ => true,
    }
}
