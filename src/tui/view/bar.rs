//! The first line and the last.

use super::styled::{cut, spans_width};
use super::working::working;
use crate::lesson::by_hand;
use crate::present::plain::{escape, fold, one_line, width};
use crate::tui::app::{App, Screen};
use crate::tui::keys::{self, Action, Binding, Context};
use crate::tui::overlay::state::Overlay;
use crate::tui::screen::demo::draw as demo;
use crate::tui::screen::shell::{self, state::Shell};
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

/// Between two keys of the footer: this much, and less where they would not all have room.
const GAPS: [usize; 2] = [3, 2];

/// What can be done. `drawing` says whether the step has a drawing, where the screen has found that out already.
pub fn footer(frame: &mut Frame, app: &App, area: Rect, drawing: Option<bool>) {
    let theme = app.theme;
    let context = app.context();
    let mut spans = vec![Span::raw(" ")];
    let of_context = keys::of(context).filter(|b| b.footer.is_some());
    let shown: Vec<&Binding> = of_context.filter(|b| offered(app, context, b.action, drawing)).collect();
    if let Some(running) = app.walk.as_ref().and_then(|w| w.running.as_ref()).filter(|_| tells_work(context))
    {
        // The way out and help are always there; the text before them has the rest.
        let needed: Vec<&Binding> = shown.iter().copied().filter(|b| b.footer <= Some(1)).collect();
        let room = usize::from(area.width).saturating_sub(7 + text_width(app, &needed, GAPS[0]));
        spans.push(Span::styled(working(app, running, room), theme.style(Role::Accent)));
        spans.push(Span::raw("   "));
    }
    if let Some(text) = search(app, context) {
        spans.push(Span::styled(format!("/{}▏", escape(text)), theme.style(Role::Accent)));
        spans.push(Span::raw("   "));
    }
    let room = usize::from(area.width).saturating_sub(spans_width(&spans));
    let (shown, gap) = fitting(app, shown, room);
    for (keys, label) in named(app, &shown) {
        spans.push(Span::styled(keys, theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {label}{}", " ".repeat(gap))));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The keys that fit, in their order, and what is between them. What matters least is dropped first.
fn fitting<'b>(app: &App, mut shown: Vec<&'b Binding>, room: usize) -> (Vec<&'b Binding>, usize) {
    let mut by_weight = shown.clone();
    by_weight.sort_by_key(|b| b.footer);
    loop {
        if let Some(gap) = GAPS.into_iter().find(|gap| text_width(app, &shown, *gap) <= room) {
            return (shown, gap);
        }
        let Some(least) = by_weight.pop() else { return (Vec::new(), GAPS[0]) };
        shown.retain(|b| !std::ptr::eq(*b, least));
    }
}

fn text_width(app: &App, bindings: &[&Binding], gap: usize) -> usize {
    let named = named(app, bindings);
    let texts: usize = named.iter().map(|(keys, label)| width(keys) + 1 + width(label)).sum();
    texts + gap * named.len().saturating_sub(1)
}

/// Whether the footer says what the engine does.
fn tells_work(context: Context) -> bool {
    match context {
        Context::Running | Context::Demo => true,
        Context::Home
        | Context::Filter
        | Context::Step
        | Context::Shell
        | Context::Zoom
        | Context::Search
        | Context::Map
        | Context::Outline
        | Context::BoxChoice
        | Context::WhatIf
        | Context::Summary
        | Context::Chapters
        | Context::Notes
        | Context::Refusal
        | Context::Question
        | Context::Glossary
        | Context::Help
        | Context::Small
        | Context::NotesWindow => false,
    }
}

/// What is being searched for, while it is typed.
fn search(app: &App, context: Context) -> Option<&str> {
    match context {
        Context::Filter => Some(&app.home.filter),
        Context::Search => match &app.overlay {
            Some(Overlay::Zoom(zoom)) => Some(&zoom.search),
            _ => None,
        },
        Context::Home
        | Context::Step
        | Context::Running
        | Context::Shell
        | Context::Zoom
        | Context::Map
        | Context::Outline
        | Context::BoxChoice
        | Context::WhatIf
        | Context::Summary
        | Context::Demo
        | Context::Chapters
        | Context::Notes
        | Context::Refusal
        | Context::Question
        | Context::Glossary
        | Context::Help
        | Context::Small
        | Context::NotesWindow => None,
    }
}

/// Keys and what they do.
fn named(app: &App, bindings: &[&Binding]) -> Vec<(String, &'static str)> {
    named_by(bindings, |binding| now(app, binding).unwrap_or(binding.short))
}

/// Keys, and what they do in words that `label` knows. Two keys that move the same thing up and down share its name.
pub fn named_by(
    bindings: &[&Binding],
    label: impl Fn(&Binding) -> &'static str,
) -> Vec<(String, &'static str)> {
    let mut out: Vec<(String, &'static str)> = Vec::new();
    for binding in bindings {
        let (key, label) = (binding.keys[0].name(), label(binding));
        match (out.last_mut(), label.strip_suffix(" down")) {
            (Some((keys, last)), Some(what)) if last.strip_suffix(" up") == Some(what) => {
                (*keys, *last) = (format!("{keys}/{key}"), what);
            }
            _ => out.push((key, label)),
        }
    }
    out
}

/// What a key does, in words.
pub fn label(app: &App, binding: &Binding) -> &'static str {
    now(app, binding).unwrap_or(binding.label)
}

/// What a key does now, where that depends on where one is.
fn now(app: &App, binding: &Binding) -> Option<&'static str> {
    let (action, walk) = (binding.action, app.walk.as_ref());
    match binding.context {
        Context::Demo => demo::label(app, action),
        Context::Step => walk.and_then(|walk| match action {
            Action::Enter => enter(app, walk),
            Action::Try => by_hand::can(&walk.lesson, walk.step(), &app.environment.variant)
                .is_err()
                .then_some("not by hand"),
            _ => None,
        }),
        Context::Shell => {
            let open = walk.and_then(|w| w.shell.as_ref())?;
            match action {
                Action::Whole => open.whole.then_some("split"),
                Action::Pair => shell::is_pair(open, app.size.0).then_some("one"),
                _ => None,
            }
        }
        Context::Summary => {
            let last = walk.is_some_and(|walk| app.entries.last().is_some_and(|e| e.id == walk.lesson.id));
            (action == Action::Enter && last).then_some("lessons")
        }
        Context::Home
        | Context::Filter
        | Context::Running
        | Context::Zoom
        | Context::Search
        | Context::Map
        | Context::Outline
        | Context::BoxChoice
        | Context::WhatIf
        | Context::Chapters
        | Context::Notes
        | Context::Refusal
        | Context::Question
        | Context::Glossary
        | Context::Help
        | Context::Small
        | Context::NotesWindow => None,
    }
}

/// What Enter does in a step.
fn enter(app: &App, walk: &Walkthrough) -> Option<&'static str> {
    let here = app.environment.has(walk.step());
    if walk.page().record.is_none() && here {
        Some("run it")
    } else if panes::why_is_hidden(walk) {
        Some("next: why")
    } else {
        (walk.index == walk.pages.len()).then_some("summary")
    }
}

/// Whether a key of a context does anything now: what does nothing is not offered. `drawing` as for [`footer`].
pub fn offered(app: &App, context: Context, action: Action, drawing: Option<bool>) -> bool {
    let drawn = || drawing.unwrap_or_else(|| step::has_drawing(app));
    match context {
        Context::Demo => app.demo.as_ref().is_none_or(|demo| demo::offered(demo, action, drawn)),
        Context::Step if action == Action::Drawing => drawn(),
        Context::Step | Context::Running | Context::Shell => {
            app.walk.as_ref().is_none_or(|walk| offered_in_step(app, walk, action))
        }
        Context::Home => action != Action::Leave || !app.home.filter.is_empty(),
        Context::Glossary => action != Action::All || app.walk.is_some() && app.screen == Screen::Step,
        Context::Zoom => match &app.overlay {
            Some(Overlay::Zoom(zoom)) => action != Action::SearchNext || !zoom.search.is_empty(),
            _ => true,
        },
        Context::Filter
        | Context::Search
        | Context::Map
        | Context::Outline
        | Context::BoxChoice
        | Context::WhatIf
        | Context::Summary
        | Context::Chapters
        | Context::Notes
        | Context::Refusal
        | Context::Question
        | Context::Help
        | Context::Small
        | Context::NotesWindow => true,
    }
}

fn offered_in_step(app: &App, walk: &Walkthrough, action: Action) -> bool {
    match action {
        Action::Again => walk.page().record.is_some(),
        Action::Back if walk.running.is_none() => walk.index > 1,
        Action::NextOne => walk.index < walk.pages.len(),
        Action::Choose(n) => {
            let options = walk.step().predict.as_ref().map_or(0, |predict| predict.options.len());
            app.environment.has(walk.step()) && walk.page().record.is_none() && usize::from(n) < options
        }
        Action::WhatIf => walk.params.get(walk.index - 1).is_some_and(|p| !p.is_empty()),
        // Where nobody can, it says why.
        Action::Try => app.environment.has(walk.step()) && !walk.step().actions.is_empty(),
        Action::Hint | Action::Solution => walk.shell.as_ref().is_some_and(Shell::is_attempt),
        Action::OtherBox => shell::choices(walk).len() > 1,
        Action::Pair => walk.shell.as_ref().is_some_and(|s| s.open.len() > 1),
        _ => true,
    }
}
