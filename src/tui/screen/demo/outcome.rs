//! What the engine says to a demo, and what becomes of a cue.

use super::super::step;
use super::play::{blocked, failed, next, shown};
use super::{typed, typing};
use crate::events::SETUP;
use crate::events::{Event, Status};
use crate::model::Reading;
use crate::present::shell::refusal;
use crate::present::verdict;
use crate::tui::app::App;
use crate::tui::message::Effect;
use crate::tui::overlay::state::Overlay;
use crate::tui::screen::demo::player::Phase;
use crate::tui::update::engine;

/// What the engine says.
pub fn heard(app: &mut App, event: Event) -> Vec<Effect> {
    let refused = matches!(event, Event::Refused(_));
    if let (Event::Refused(why), Some(demo)) = (&event, &mut app.demo) {
        // What is refused because of that is refused for less of a reason.
        demo.refused.get_or_insert_with(|| refusal(why));
    }
    let mut outcome = match &event {
        Event::StepEnded(record) if record.id != SETUP || record.status != Status::Passed => {
            Some(record.status.clone())
        }
        _ => None,
    };
    if let (Event::Cancelled, Some(demo)) = (&event, &mut app.demo) {
        demo.cancelled = true;
    }
    if let Event::Snapshot(read) = &event
        && let Some(effects) = awaited(app, read)
    {
        return effects;
    }
    let readouts = match &event {
        Event::Tried { readouts, .. } => readouts.clone(),
        _ => Vec::new(),
    };
    let began = matches!(event, Event::ShellStarted { .. });
    let by_hand = matches!(&event, Event::StepEnded(record) if record.by_hand);
    let before = app.notice.take();
    let mut effects = engine::take(app, event);
    if let (true, Some(demo), Some(Overlay::Refusal(refusal))) = (refused, &mut app.demo, &app.overlay) {
        demo.say(refusal.why.clone());
    }
    match (&mut app.demo, &app.notice) {
        (Some(demo), Some(line)) => demo.say(line.clone()),
        _ => app.notice = before,
    }
    let idle = app.walk.as_ref().is_none_or(|w| w.running.is_none());
    let Some(demo) = &mut app.demo else { return effects };
    if refused && app.walk.as_ref().is_some_and(|w| w.pages.iter().all(|p| p.record.is_none())) {
        // For a detour before the first step: it may have been the lesson that could not be opened.
        demo.opened = None;
    }
    if demo.types() {
        if began {
            typing::began(demo, app.now);
        } else if by_hand {
            typed::came_true(app);
        } else if let Some(status) = outcome {
            // A step on the way, or what is given, did not go as it should.
            effects.extend(typing::end(app));
            effects.extend(ended(app, Some(status)));
        }
        effects.extend(typed::tried(app, &readouts));
        return effects;
    }
    if demo.phase != Phase::Running || !idle {
        return effects;
    }
    if let (Some(why), None) = (demo.refused.take(), &outcome) {
        demo.opened = None;
        let Some((reason, remedy)) = step::refusal(app) else {
            effects.extend(failed(app, why));
            return effects;
        };
        outcome = Some(Status::Blocked { reason, remedy });
    }
    effects.extend(ended(app, outcome));
    effects
}

/// The run of a step has ended.
fn ended(app: &mut App, outcome: Option<Status>) -> Vec<Effect> {
    let now = app.now;
    let Some(demo) = &mut app.demo else { return Vec::new() };
    let Some(status) = outcome else {
        // Cancelled, and undone: it waits to be run as before.
        let again = std::mem::take(&mut demo.cancelled);
        if !again {
            return failed(app, "the run has ended without a result".to_owned());
        }
        demo.turn(Phase::Staged, 0, now);
        // Who has cancelled it does not want it to begin again by itself.
        demo.paused |= demo.lasts.is_some() && !demo.auto;
        return Vec::new();
    };
    demo.cancelled = false;
    match status {
        Status::Passed | Status::NotHere => {
            demo.came_to(status);
            shown(app)
        }
        Status::Blocked { reason, remedy } => blocked(app, reason, remedy),
        Status::NotRun => failed(app, "an earlier step did not go as it should".to_owned()),
        Status::Failed => failed(app, first_failure(app)),
    }
}

/// What of the step's checks failed, in words.
fn first_failure(app: &App) -> String {
    let record = app.walk.as_ref().and_then(|w| w.page().record.as_ref());
    let failed = record.and_then(|r| r.verdicts.iter().find(|v| v.status == Status::Failed));
    failed.map_or_else(
        || "it failed; the calls show where".to_owned(),
        |v| format!("{}: expected {}, read {}", verdict::claim(v), verdict::expected(v), verdict::actual(v)),
    )
}

/// What was read while something is awaited. `None`: nothing is.
fn awaited(app: &mut App, read: &[(String, Reading)]) -> Option<Vec<Effect>> {
    let demo = app.demo.as_mut()?;
    let awaited = demo.awaited.as_mut().filter(|_| matches!(demo.phase, Phase::Awaiting(_)))?;
    let verdict = awaited.see(read);
    // The room sees it move.
    let record = app.walk.as_mut().and_then(|walk| walk.page_mut().record.as_mut());
    for readout in record.into_iter().flat_map(|record| &mut record.readouts) {
        if let Some((_, reading)) = read.iter().find(|(id, _)| *id == readout.id) {
            readout.after.clone_from(reading);
        }
    }
    if verdict.status != Status::Passed || demo.held {
        return Some(Vec::new());
    }
    Some(next(app))
}
