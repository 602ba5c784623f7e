//! A live demo: what keys and time make of it.

mod detour;
pub mod draw;
pub mod keys;
pub mod notes_page;
mod outcome;
mod play;
pub mod player;
mod typed;
mod typing;
mod votes;

use super::step;
use crate::events::Status;
use crate::present::claim::claim;
use crate::tui::app::{App, End, Screen};
use crate::tui::keys::{Action, Context};
use crate::tui::message::Effect;
use crate::tui::overlay::state::{Chapters, Help, Notes, Overlay};
use crate::tui::screen::demo::player::{DemoPlayer, Phase, PlanPosition};
pub use outcome::heard;
use play::{busy, go, on_a_step, onward, over_and_out, run, stuck, tell, unwatch, watch};
use std::time::Instant;
pub use typed::without_shell;

/// The slowest and the fastest that a person may choose, in factors.
const SPEEDS: (f64, f64) = (0.25, 8.0);

/// Begins at the first cue.
pub fn begin(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Step;
    let first = PlanPosition { at: 0, aside: None };
    go(app, first)
}

/// Time has passed: what is due happens.
pub fn tick(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(demo) = &mut app.demo else { return Vec::new() };
    if demo.due().is_none_or(|due| due > now) {
        return Vec::new();
    }
    match &mut demo.phase {
        Phase::Typing(typing) if !typing.is_typed() => {
            // As many as should be there by now, however late it is noticed.
            let each = demo.lasts.unwrap_or_default().div_f64(demo.speed).as_secs_f64();
            let late = now.saturating_duration_since(demo.since).as_secs_f64();
            let due = if each > 0.0 { (late / each) as usize } else { usize::MAX };
            typing::type_on(demo, due.max(1), now)
        }
        Phase::Typing(_) => typed::over(app),
        Phase::Awaiting(_) => {
            let claim = demo.awaited.as_ref().map(|awaited| claim(&awaited.claim())).unwrap_or_default();
            let why = format!("did not become true in time: {claim}");
            let mut effects = unwatch(demo);
            demo.outcomes.insert(demo.place, Status::Failed);
            effects.extend(stuck(app, why));
            effects
        }
        Phase::Over => {
            app.end = Some(End::Quit);
            Vec::new()
        }
        _ => onward(app),
    }
}

/// One of its keys.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let Some(demo) = &mut app.demo else { return Vec::new() };
    let leaving = std::mem::take(&mut demo.leaving);
    if demo.blank {
        // The room sees again what it saw; nothing else happens unseen.
        demo.blank = false;
        return Vec::new();
    }
    if leaving && action != Action::Leave {
        // One key to think again, and nothing else.
        return Vec::new();
    }
    match action {
        Action::Enter => onward(app),
        Action::Back => match demo.previous() {
            _ if demo.phase == Phase::Over => {
                let place = demo.place;
                go(app, place)
            }
            _ if demo.phase == Phase::Running => busy(app),
            Some(place) => go(app, place),
            None => tell(app, "this is the beginning"),
        },
        Action::Rest => match demo.rest() {
            _ if demo.phase == Phase::Running => busy(app),
            Some(place) => go(app, place),
            None => over_and_out(app),
        },
        Action::Again => again(app),
        Action::Pause => {
            demo.paused = !demo.paused;
            Vec::new()
        }
        Action::More | Action::Less => {
            let factor = if action == Action::More { 2.0 } else { 0.5 };
            demo.speed = (demo.speed * factor).clamp(SPEEDS.0, SPEEDS.1);
            let line =
                format!("speed of what goes on by itself: {}", crate::demo::notes_page::speed(demo.speed));
            tell(app, &line)
        }
        Action::Blank => {
            demo.blank = true;
            Vec::new()
        }
        Action::Chapters => {
            app.overlay = Some(Overlay::Chapters(Chapters { cursor: demo.chapter_index() }));
            Vec::new()
        }
        Action::Notes => {
            app.overlay = Some(Overlay::Notes(Notes::default()));
            Vec::new()
        }
        Action::Leave if leaving || demo.phase == Phase::Over => {
            app.end = Some(End::Quit);
            vec![Effect::Cancel]
        }
        Action::Leave => {
            demo.leaving = true;
            tell(app, "q again ends the show; any other key stays")
        }
        Action::Zoom | Action::Cancel if app.overlay.is_some() => {
            app.overlay = None;
            Vec::new()
        }
        Action::Cancel if demo.types() => typed::cancel(app),
        Action::Cancel if demo.phase != Phase::Running => tell(app, "nothing is running; q ends the show"),
        Action::Shell | Action::Zoom | Action::Map | Action::Drawing if !on_a_step(demo) => {
            tell(app, "a card has no step to show this for")
        }
        Action::Drawing if !draw::on_its_panes(demo) => {
            tell(app, "there is nothing to draw before the calls")
        }
        Action::Shell if demo.phase == Phase::Running || demo.types() => busy(app),
        Action::Shell => detour::shell(app),
        Action::WhatIf if demo.types() || matches!(demo.phase, Phase::Running | Phase::Awaiting(_)) => {
            busy(app)
        }
        Action::WhatIf if !on_a_step(demo) => tell(app, "a card has no step to show this for"),
        Action::WhatIf => detour::what_if(app),
        Action::Choose(option) => vote(app, usize::from(option)),
        Action::Erase => {
            demo.take_vote_back();
            Vec::new()
        }
        Action::Map => detour::map(app),
        Action::Zoom => detour::zoom(app),
        Action::Help => {
            app.help = Some(Help { of: Context::Demo, top: 0 });
            Vec::new()
        }
        _ if matches!(app.overlay, Some(Overlay::Zoom(_))) => detour::zoomed(app, action),
        _ if app.walk.is_some() && on_a_step(demo) => step::act(app, action, draw::max_scroll),
        _ => Vec::new(),
    }
}

/// Somebody in the room thinks so.
fn vote(app: &mut App, option: usize) -> Vec<Effect> {
    let options = app.walk.as_ref().and_then(|w| Some(w.step().predict.as_ref()?.options.len())).unwrap_or(0);
    let Some(demo) = &mut app.demo else { return Vec::new() };
    if demo.phase != Phase::Staged || options == 0 {
        return tell(app, "votes are counted while a question is open");
    }
    demo.vote(option, options);
    Vec::new()
}

fn again(app: &mut App) -> Vec<Effect> {
    let Some(demo) = &app.demo else { return Vec::new() };
    match demo.phase {
        Phase::Running => busy(app),
        Phase::Card | Phase::Over => tell(app, "there is nothing to run again here"),
        _ => run(app),
    }
}

/// To the beginning of a chapter.
pub fn to_chapter(app: &mut App, index: usize) -> Vec<Effect> {
    let Some(demo) = &app.demo else { return Vec::new() };
    match demo.chapter(index) {
        _ if demo.phase == Phase::Running => busy(app),
        Some(place) => go(app, place),
        None => Vec::new(),
    }
}

/// Holds the show while something else is looked at, and lets it go on afterwards.
pub fn hold(app: &mut App) -> Vec<Effect> {
    let (held, now) = (held(app), app.now);
    let Some(demo) = &mut app.demo else { return Vec::new() };
    let again = demo.held && !held && matches!(demo.phase, Phase::Awaiting(_));
    demo.hold(held, now);
    // A shell has had the readouts to itself.
    if again { watch(app) } else { Vec::new() }
}

/// Whether nothing may go on by itself: the instructor wishes so, or looks at something else.
fn held(app: &App) -> bool {
    let typed = app.demo.as_ref().is_some_and(DemoPlayer::types);
    let aside = app.walk.as_ref().is_some_and(|w| w.shell.is_some() && !typed)
        || app.help.is_some()
        || !matches!(app.overlay, None | Some(Overlay::Zoom(_)));
    app.demo.as_ref().is_some_and(|demo| demo.paused || demo.blank || aside)
}

/// The instant at which [`tick`] has something to do.
pub fn due(app: &App) -> Option<Instant> {
    app.demo.as_ref().and_then(DemoPlayer::due)
}
