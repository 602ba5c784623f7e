//! A step: read, predict, run, look.

use super::super::app::{App, Overlay, Screen, WhatIf, Zoom, Zoomed};
use super::super::keys::{Action, Context};
use super::super::message::{Effect, Purpose};
use super::super::view;
use super::super::walk::{PANES, Pane, Running, Walk};
use super::{home, scrolled, shell};
use crate::events::Command;
use crate::lesson::by_hand;
use crate::vocabulary::whole::Level;

pub fn act(app: &mut App, context: Context, action: Action) -> Vec<Effect> {
    if action == Action::Help {
        app.help = Some((context, 0));
        return Vec::new();
    }
    if app.screen == Screen::Summary {
        return summary(app, action);
    }
    if matches!(action, Action::Enter | Action::Again | Action::Try | Action::Shell)
        && let Some((reason, remedy)) = refusal(app)
    {
        let help = if remedy.is_empty() { String::new() } else { format!("; what helps: {remedy}") };
        app.notice = Some(format!("{reason}{help}"));
        return Vec::new();
    }
    let why_is_hidden = app.walk.as_ref().is_some_and(|w| view::step::why_is_hidden(w, view::body(app)));
    let half = usize::from(app.size.1.saturating_sub(8).max(1)) / 2;
    let max_scroll = view::max_scroll(app);
    let Some(walk) = &mut app.walk else { return Vec::new() };
    match action {
        Action::Enter if why_is_hidden => walk.focus = Pane::Text,
        Action::Enter if walk.page().record.is_some() => return forward(app),
        Action::Enter => return run(app, false),
        Action::Again => return run(app, true),
        Action::Back => walk.turn(walk.index.saturating_sub(1).max(1)),
        Action::NextOne => walk.turn((walk.index + 1).min(walk.pages.len())),
        Action::Choose(n) => choose(walk, usize::from(n)),
        Action::Restart => return restart(app),
        Action::Cancel => {
            // Once: a second wish could reach the engine when it has undone everything and is at the next command.
            if let Some(running) = walk.running.as_mut().filter(|r| !r.cancelling) {
                running.cancelling = true;
                return vec![Effect::Cancel];
            }
        }
        Action::NextPane | Action::PreviousPane => {
            return turn_to(app, action);
        }
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Top | Action::Bottom => {
            let pane = walk.focus as usize;
            let top = &mut walk.page_mut().top[pane];
            *top = scrolled(*top, half, max_scroll, action);
        }
        Action::Zoom => return zoom(app),
        Action::Map => {
            app.overlay = Some(Overlay::Map(0));
            return if walk.running.is_none() { vec![Effect::Ask(Command::Namespaces)] } else { Vec::new() };
        }
        Action::Outline => app.overlay = Some(Overlay::Outline(walk.index - 1)),
        Action::WhatIf => what_if(app),
        Action::Shell => return shell_in(app),
        Action::Try => return try_it(app),
        Action::Leave => return leave(app),
        _ => {}
    }
    Vec::new()
}

/// Why nothing of the open lesson can be run here, if so, and what helps: the engine refuses to open it.
pub fn refusal(app: &App) -> Option<(String, String)> {
    let (reason, remedy) = app.entry(&app.walk.as_ref()?.lesson.id)?.blocked()?;
    Some((reason.to_owned(), remedy.to_owned()))
}

/// The keys go to the next pane, or to the one before, of those that are shown.
fn turn_to(app: &mut App, action: Action) -> Vec<Effect> {
    let Some(walk) = &app.walk else { return Vec::new() };
    let shown = view::step::reachable(app, walk, view::body(app));
    let at = PANES.iter().position(|p| *p == walk.focus).unwrap_or(0);
    let by = if action == Action::NextPane { 1 } else { PANES.len() - 1 };
    let next = (1..=PANES.len()).map(|n| PANES[(at + n * by) % PANES.len()]).find(|p| shown.contains(p));
    if let (Some(walk), Some(next)) = (&mut app.walk, next) {
        walk.focus = next;
    }
    Vec::new()
}

/// Whether Enter passes over a step unless it was chosen.
fn deeper(walk: &Walk, index: usize) -> bool {
    walk.lesson.steps.get(index - 1).is_some_and(|s| s.level == Some(Level::Deeper))
}

/// To the next step, or to the end.
fn forward(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let last = walk.pages.len();
    // Somebody who is in the deeper steps goes on with them.
    let going_deep = deeper(walk, walk.index);
    if let Some(next) = (walk.index + 1..=last).find(|i| going_deep || !deeper(walk, *i)) {
        walk.turn(next);
        let (lesson, step) = (walk.lesson.id.clone(), walk.step().id.clone());
        app.progress.opened(&lesson, &step);
    } else {
        app.screen = Screen::Summary;
        app.summary_top = 0;
        let id = walk.lesson.id.clone();
        let done = walk
            .lesson
            .steps
            .iter()
            .filter(|s| s.level != Some(Level::Deeper))
            .all(|s| app.progress.lesson(&id).is_some_and(|l| l.steps.contains_key(&s.id)));
        if done {
            app.progress.finished(&id);
        }
    }
    vec![Effect::Save]
}

fn run(app: &mut App, again: bool) -> Vec<Effect> {
    let now = app.now;
    let Some(walk) = &mut app.walk else { return Vec::new() };
    if walk.running.is_some() {
        return Vec::new();
    }
    let index = walk.index;
    if again && let Some(record) = &mut walk.page_mut().record {
        record.samples.clear();
    }
    walk.page_mut().other = None;
    start(walk, index, now);
    vec![Effect::Ask(Command::Run(index))]
}

/// The run of a step begins.
pub fn start(walk: &mut Walk, index: usize, now: std::time::Instant) {
    walk.running = Some(Running::new(index, now));
    walk.page_mut().top = [0; 4];
    walk.focus = Pane::Kernel;
}

fn choose(walk: &mut Walk, option: usize) {
    // Once the kernel has spoken it is too late to predict.
    if walk.page().record.is_some() || walk.running.is_some() {
        return;
    }
    let chosen = walk.step().predict.as_ref().and_then(|p| p.options.keys().nth(option)).cloned();
    if let Some(id) = chosen {
        walk.page_mut().answer = vec![id];
    }
}

fn restart(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let (lesson, set, params) = (walk.lesson.clone(), walk.set.clone(), std::mem::take(&mut walk.params));
    *walk = Walk { params, ..Walk::new(lesson, set, 1, now) };
    app.screen = Screen::Step;
    app.notice = Some("from the beginning; what was made is undone".to_owned());
    vec![Effect::Ask(Command::Restart)]
}

fn leave(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Home;
    app.walk = None;
    app.overlay = None;
    vec![Effect::Ask(Command::Close), Effect::Save]
}

fn zoom(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &app.walk else { return Vec::new() };
    let what = match walk.focus {
        Pane::Text => Zoomed::Text,
        Pane::Kernel => Zoomed::Readout(0),
        Pane::Calls => Zoomed::Calls,
        Pane::Checks => Zoomed::Checks,
    };
    app.overlay = Some(Overlay::Zoom(Zoom { what, top: 0, search: String::new(), typing: false }));
    Vec::new()
}

fn what_if(app: &mut App) {
    let Some(walk) = &app.walk else { return };
    let of_step = &walk.params[walk.index - 1];
    if of_step.is_empty() {
        let places: Vec<String> = (1..=walk.pages.len())
            .filter(|i| !walk.params[i - 1].is_empty())
            .map(|i| i.to_string())
            .collect();
        app.notice = Some(match places.as_slice() {
            [] => "this lesson has nothing that may be set".to_owned(),
            [one] => format!("nothing in this step may be set; step {one} has something"),
            some => format!("nothing in this step may be set; steps {} have something", some.join(", ")),
        });
        return;
    }
    let value = |name: &String| Some((name.clone(), walk.lesson.params.get(name)?.value().to_string()));
    let values = of_step.iter().filter_map(value).collect();
    app.overlay = Some(Overlay::WhatIf(WhatIf { values, cursor: 0, typed: false, complaint: None }));
}

/// The boxes that may have a shell: those that live, as far as is known.
fn living(walk: &Walk) -> Vec<String> {
    let alive = |id: &String| match &walk.map_now {
        Some(map) => map.members.iter().any(|m| m.name == *id),
        // Before the first step, those that are started with the lesson.
        None => walk.lesson.boxes.get(id).is_some_and(|b| b.forked_by.is_none()),
    };
    walk.lesson.boxes.keys().filter(|id| alive(id)).cloned().collect()
}

fn shell_in(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let boxes = living(walk);
    // The box that the step is about, when it lives.
    let actor = walk.step().actions.iter().chain(&walk.step().given).map(|a| &a.subject);
    let mut acting = actor.filter_map(|a| boxes.iter().position(|b| b == a));
    let cursor = acting.next().unwrap_or(0);
    match boxes.as_slice() {
        [] => app.notice = Some("no box lives now; run the step again with r".to_owned()),
        [only] => {
            let purpose = Purpose::Look(only.clone());
            return shell::open(app, purpose);
        }
        _ => app.overlay = Some(Overlay::Boxes(boxes, cursor)),
    }
    Vec::new()
}

fn try_it(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &app.walk else { return Vec::new() };
    match by_hand::can(&walk.lesson, walk.step(), &app.around.variant) {
        Ok(_) => {
            let purpose = Purpose::Try(walk.index);
            shell::open(app, purpose)
        }
        Err(why) => {
            app.notice = Some(format!("not by hand: {why}"));
            Vec::new()
        }
    }
}

fn summary(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Enter => {
            let open = app.walk.as_ref().map(|w| w.lesson.id.clone());
            let at = app.entries.iter().position(|e| Some(&e.id) == open.as_ref());
            match at.and_then(|at| app.entries.get(at + 1)).map(|e| e.id.clone()) {
                Some(next) => home::open(app, &next, None, std::collections::BTreeMap::new()),
                None => leave(app),
            }
        }
        Action::Back => {
            app.screen = Screen::Step;
            Vec::new()
        }
        Action::Outline => {
            app.overlay = app.walk.as_ref().map(|w| Overlay::Outline(w.index - 1));
            Vec::new()
        }
        Action::Restart => restart(app),
        Action::Leave => leave(app),
        _ => {
            let (half, max_scroll) = (usize::from(app.size.1 / 2), view::max_scroll(app));
            app.summary_top = scrolled(app.summary_top, half, max_scroll, action);
            Vec::new()
        }
    }
}
