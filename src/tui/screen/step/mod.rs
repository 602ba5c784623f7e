//! A step: read, predict, run, look.

pub mod draw;
mod kernel;
pub mod keys;
pub mod panes;
pub mod prepare;
mod room;
pub mod text;
pub mod tried;

use super::shell;
use crate::events::Command;
use crate::lesson::by_hand;
use crate::tui::app::{App, Screen, Shown};
use crate::tui::keys::Action;
use crate::tui::look::Look;
use crate::tui::message::{Effect, Purpose};
use crate::tui::movement::scrolled;
use crate::tui::overlay::state::{BoxChoice, Map, Outline, Overlay, Question, Refusal, WhatIf, Zoom, Zoomed};
use crate::tui::picture::picture;
use crate::tui::walkthrough::{PANES, Pane, Walkthrough};
use crate::vocabulary::Predict;
use crate::vocabulary::whole::Level;

/// One of its keys. `max_scroll` tells as far as what the keys scroll can be scrolled; it lays the page out, and only a key that scrolls asks it.
pub fn act(app: &mut App, action: Action, max_scroll: impl FnOnce(&App) -> usize) -> Vec<Effect> {
    if matches!(action, Action::Enter | Action::Again | Action::Try | Action::Shell)
        && let Some((reason, remedy)) = refusal(app)
    {
        if matches!(action, Action::Try | Action::Shell) {
            app.overlay = Some(Overlay::Refusal(Refusal::new("no shell", reason, remedy)));
            return Vec::new();
        }
        let help = if remedy.is_empty() { String::new() } else { format!("; what helps: {remedy}") };
        app.notice = Some(format!("{reason}{help}"));
        return Vec::new();
    }
    let why_is_hidden = app.walk.as_ref().is_some_and(panes::why_is_hidden);
    let half = usize::from(app.size.1.saturating_sub(8).max(1)) / 2;
    let max_scroll = if matches!(action, Action::Move(_)) { max_scroll(app) } else { 0 };
    let here = app.walk.as_ref().is_some_and(|walk| app.environment.has(walk.step()));
    let Some(walk) = &mut app.walk else { return Vec::new() };
    match action {
        Action::Enter if why_is_hidden => walk.focus = Pane::Text,
        Action::Enter if walk.page().record.is_some() || !here => return forward(app),
        Action::Enter => return run(app, false),
        Action::Again => return run(app, true),
        Action::Back => walk.turn(walk.index.saturating_sub(1).max(1)),
        Action::NextOne => walk.turn((walk.index + 1).min(walk.pages.len())),
        Action::Choose(n) if here => choose(walk, usize::from(n)),
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
        Action::Move(by) => {
            let pane = walk.focus as usize;
            let top = &mut walk.page_mut().top[pane];
            *top = scrolled(*top, half, max_scroll, by);
        }
        Action::Drawing => drawing(app),
        Action::Zoom => return zoom(app),
        Action::Map => {
            app.overlay = Some(Overlay::Map(Map::default()));
            return if walk.running.is_none() { vec![Effect::Ask(Command::Namespaces)] } else { Vec::new() };
        }
        Action::Outline => app.overlay = Some(Overlay::Outline(Outline { cursor: walk.index - 1 })),
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
    let shown = draw::reachable(walk, app.body());
    let at = PANES.iter().position(|p| *p == walk.focus).unwrap_or(0);
    let by = if action == Action::NextPane { 1 } else { PANES.len() - 1 };
    let next = (1..=PANES.len()).map(|n| PANES[(at + n * by) % PANES.len()]).find(|p| shown.contains(p));
    if let (Some(walk), Some(next)) = (&mut app.walk, next) {
        walk.focus = next;
    }
    Vec::new()
}

/// Whether Enter passes over a step unless it was chosen.
fn deeper(walk: &Walkthrough, index: usize) -> bool {
    walk.lesson.steps.get(index - 1).is_some_and(|s| s.level == Some(Level::Deeper))
}

/// To the next step, or to the end.
fn forward(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let last = walk.pages.len();
    // Somebody who is in the deeper steps goes on with them.
    let going_deep = deeper(walk, walk.index);
    let here = |index: usize| app.environment.has(&walk.lesson.steps[index - 1]);
    let wanted = |index: &usize| here(*index) && (going_deep || !deeper(walk, *index));
    if let Some(next) = (walk.index + 1..=last).find(wanted) {
        walk.turn(next);
        let (lesson, step) = (walk.lesson.id.clone(), walk.step().id.clone());
        app.progress.opened(&lesson, &step);
    } else {
        app.screen = Screen::Summary;
        app.summary.top = 0;
        let id = walk.lesson.id.clone();
        let done = walk
            .lesson
            .steps
            .iter()
            .filter(|s| s.level != Some(Level::Deeper) && app.environment.has(s))
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
    let mut effects = tried::settle(walk);
    let index = walk.index;
    if again && let Some(record) = &mut walk.page_mut().record {
        record.samples.clear();
    }
    walk.page_mut().other = None;
    start(walk, index, now);
    effects.push(Effect::Ask(Command::Run(index)));
    effects
}

/// The run of a step begins.
pub fn start(walk: &mut Walkthrough, index: usize, now: std::time::Instant) {
    walk.begin(index, now);
    walk.page_mut().top = [0; 4];
    walk.focus = Pane::Kernel;
}

/// Chooses an option, or takes it back where several can be chosen.
pub fn choose(walk: &mut Walkthrough, option: usize) {
    // Once the kernel has spoken it is too late to predict.
    if walk.page().record.is_some() || walk.running.is_some() {
        return;
    }
    let chosen = walk.step().predict.as_ref().and_then(|p| p.options.keys().nth(option)).cloned();
    let Some(id) = chosen else { return };
    let several = walk.step().predict.as_ref().is_some_and(Predict::takes_several);
    let answer = &mut walk.page_mut().answer;
    match answer.iter().position(|a| *a == id) {
        Some(at) if several => drop(answer.remove(at)),
        _ if several => answer.push(id),
        _ => *answer = vec![id],
    }
}

/// Notes that the explanation is on the screen: from then on, Enter goes on.
pub fn note_explained(app: &mut App) {
    let zoomed = matches!(&app.overlay, Some(Overlay::Zoom(zoom)) if zoom.what == Zoomed::Text);
    let plain = matches!(app.shown(), Shown::Step(_)) && app.overlay.is_none() && app.help.is_none();
    let body = app.body();
    let seen = app.walk.as_ref().is_some_and(|walk| {
        panes::why_is_hidden(walk)
            && !app.is_too_small()
            && (zoomed || plain && draw::explains(app, walk, body))
    });
    if let (true, Some(walk)) = (seen, &mut app.walk) {
        walk.page_mut().explained = true;
    }
}

/// Begins the lesson again.
pub fn restart(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let ((lesson, set), params) = (walk.opened_with.clone(), std::mem::take(&mut walk.params));
    let mut effects = stop_preparing(walk);
    let tried = walk.set != set;
    *walk = Walkthrough { params, ..Walkthrough::new(lesson, set, 1, now) };
    app.screen = Screen::Step;
    app.notice = Some("from the beginning; what was made is undone".to_owned());
    effects.push(if tried { tried::open(walk) } else { Effect::Ask(Command::Restart) });
    effects
}

/// What is being prepared is of no use any more.
fn stop_preparing(walk: &Walkthrough) -> Vec<Effect> {
    if walk.is_preparing() { vec![Effect::Cancel] } else { Vec::new() }
}

/// Closes the lesson.
pub fn leave(app: &mut App) -> Vec<Effect> {
    let mut effects = app.walk.as_ref().map(stop_preparing).unwrap_or_default();
    app.screen = Screen::Home;
    app.walk = None;
    app.overlay = None;
    effects.extend([Effect::Ask(Command::Close), Effect::Save]);
    effects
}

/// Whether the step that is shown has a drawing.
pub fn has_drawing(app: &App) -> bool {
    let Some(walk) = &app.walk else { return false };
    picture(&walk.picture_input(), app.size.0, app.size.1, app.theme).is_some()
}

/// Drawing, readouts or both; where another pane hides them, the drawing.
fn drawing(app: &mut App) {
    let Some(walk) = &app.walk else { return };
    let shown = draw::kernel(app, walk, app.body());
    let is_shown = shown.is_some();
    let pane = shown.unwrap_or_else(|| kernel::KernelPane::new(app, walk, draw::alone(app.body())));
    let Some(look) = pane.next_look() else {
        let nothing = walk.readouts().0.is_empty();
        let why = if nothing {
            "nothing has been read yet, so there is nothing to draw"
        } else {
            "this step has no drawing"
        };
        app.notice = Some(why.to_owned());
        return;
    };
    app.look = if is_shown { look } else { Look::Drawing };
    if let Some(walk) = &mut app.walk {
        walk.focus = Pane::Kernel;
        walk.page_mut().top[Pane::Kernel as usize] = 0;
    }
}

fn zoom(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &app.walk else { return Vec::new() };
    let what = match walk.focus {
        Pane::Text => Zoomed::Text,
        Pane::Kernel if draw::shows_drawing(app, walk, app.body()) => Zoomed::Drawing,
        Pane::Kernel => Zoomed::Readout(0),
        Pane::Calls => Zoomed::Calls,
        Pane::Checks => Zoomed::Checks,
    };
    app.overlay = Some(Overlay::Zoom(Zoom::new(what)));
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

fn shell_in(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let boxes = walk.living();
    // The box that the step is about, when it lives.
    let actor = walk.step().actions.iter().chain(&walk.step().given).map(|a| &a.subject);
    let mut acting = actor.filter_map(|a| boxes.iter().position(|b| b == a));
    let cursor = acting.next().unwrap_or(0);
    match boxes.as_slice() {
        [] => {
            let refusal = Refusal::new("no shell", "No box is alive.", "r runs the step again");
            app.overlay = Some(Overlay::Refusal(refusal));
        }
        [only] => {
            let purpose = Purpose::Look(only.clone());
            return shell::open(app, purpose);
        }
        _ => app.overlay = Some(Overlay::BoxChoice(BoxChoice { boxes, cursor })),
    }
    Vec::new()
}

/// Opens the shell in which the person does the step.
pub fn open_try(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let purpose = Purpose::Try(walk.index);
    let mut effects = tried::settle(walk);
    effects.extend(shell::open(app, purpose));
    effects
}

/// Said before the step's question is answered.
const NOT_BY_HAND: &str = "This step cannot be done in a shell. Its text says why once it has run, as that can answer the question.";

fn try_it(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &app.walk else { return Vec::new() };
    match by_hand::can(&walk.lesson, walk.step(), &app.environment.variant) {
        // The checks beside the shell would be the answer.
        Ok(_) if walk.is_question_open() && app.environment.has(walk.step()) => {
            app.overlay = Some(Overlay::Question(Question));
            Vec::new()
        }
        Ok(_) => open_try(app),
        Err(why) => {
            // Why can be that the kernel refuses, which is what the step asks about.
            let why = if walk.is_question_open() && app.environment.has(walk.step()) {
                NOT_BY_HAND.to_owned()
            } else {
                why
            };
            app.overlay = Some(Overlay::Refusal(Refusal::new("not by hand", why, "")));
            Vec::new()
        }
    }
}
