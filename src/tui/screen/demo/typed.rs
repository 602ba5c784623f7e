//! What becomes of commands that the show types into a shell.

use super::super::step;
use super::play::{self, failed, next, onward, shown, to_be_awaited};
use super::typing::end;
use crate::events::{ReadoutRecord, Status};
use crate::present::verdict;
use crate::tui::app::App;
use crate::tui::message::Effect;
use crate::tui::overlay::state::Overlay;
use crate::tui::screen::demo::player::{Phase, Typing};

/// The time for what was typed is over.
pub fn over(app: &mut App) -> Vec<Effect> {
    let Some(demo) = &app.demo else { return Vec::new() };
    match &demo.phase {
        Phase::Typing(typing) if typing.done && demo.awaited.is_none() => onward(app),
        _ => {
            let why = open_check(app).unwrap_or_else(|| "the checks".to_owned());
            failed(app, format!("typed, but this did not come true in time: {why}"))
        }
    }
}

/// The first check that has not come true, in words.
fn open_check(app: &App) -> Option<String> {
    let shell = app.walk.as_ref()?.shell.as_ref()?;
    let open = shell.verdicts.iter().find(|v| matches!(v.status, Status::Failed | Status::NotRun))?;
    Some(format!("{}: read {}", verdict::claim(open), verdict::actual(open)))
}

/// Everything that the step expects has come true. The room sees the shell until the show goes on.
pub fn came_true(app: &mut App) {
    let (now, words) = (app.now, play::words_after(app));
    let Some(demo) = &mut app.demo else { return };
    let Phase::Typing(typing) = &demo.phase else { return };
    let typing = Typing { done: true, typed: typing.text.chars().count(), ..typing.clone() };
    demo.came_to(Status::Passed);
    let awaited = to_be_awaited(demo, app.walk.as_ref(), now);
    demo.turn(Phase::Typing(typing), words, now);
    if let Some(awaited) = &awaited {
        demo.lasts = Some(awaited.until().saturating_duration_since(now));
    }
    demo.awaited = awaited;
}

/// What the shell's attempt has read, where the script awaits something of it.
pub fn tried(app: &mut App, readouts: &[ReadoutRecord]) -> Vec<Effect> {
    let Some(demo) = app.demo.as_mut().filter(|demo| demo.types() && !demo.held) else { return Vec::new() };
    let Some(awaited) = &mut demo.awaited else { return Vec::new() };
    let read: Vec<_> = readouts.iter().map(|r| (r.id.clone(), r.after.clone())).collect();
    if awaited.see(&read).status == Status::Passed { next(app) } else { Vec::new() }
}

/// Esc: the shell is closed, and the step waits as before.
pub fn cancel(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let effects = end(app);
    if let Some(demo) = &mut app.demo {
        demo.turn(Phase::Staged, 0, now);
        demo.paused |= demo.lasts.is_some() && !demo.auto;
    }
    effects
}

/// The shell that is typed into is gone by itself, or could not be opened.
pub fn without_shell(app: &mut App) -> Vec<Effect> {
    let gone = app.walk.as_ref().is_none_or(|walk| walk.shell.is_none());
    let Some(demo) = app.demo.as_mut().filter(|demo| demo.types() && gone) else { return Vec::new() };
    if let Phase::Typing(Typing { done: true, .. }) = &demo.phase {
        return shown(app);
    }
    let refusal = match app.overlay.take() {
        Some(Overlay::Refusal(refusal)) => Some(refusal.why),
        other => {
            app.overlay = other;
            None
        }
    };
    let why = demo.refused.take().or(refusal).unwrap_or_else(|| "the shell ended too early".to_owned());
    demo.opened = None;
    match step::refusal(app) {
        Some((reason, remedy)) => play::blocked(app, reason, remedy),
        None => failed(app, why),
    }
}
