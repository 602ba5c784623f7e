//! A step is prepared when it has been looked at for a moment, so that what is there before can be seen before anything is guessed.

use super::tried;
use crate::events::Command;
use crate::tui::app::{App, Shown};
use crate::tui::message::Effect;
use crate::tui::screen::demo::player::{DemoPlayer, Phase};
use crate::tui::walkthrough::{Preparation, Running, Walkthrough};
use std::time::{Duration, Instant};

/// A step that is looked at for so long is prepared: 300 ms. Who pages through the steps is faster.
const MOMENT: Duration = Duration::from_millis(300);

/// When the step that is shown is to be prepared, if it is.
pub fn due(app: &App) -> Option<Instant> {
    let walk = wanting(app)?;
    Some(walk.looked_at.unwrap_or(app.now) + MOMENT)
}

/// Time has passed.
pub fn tick(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    if due(app).is_none_or(|due| due > now) {
        return Vec::new();
    }
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let mut effects = Vec::new();
    if let Some(demo) = &mut app.demo {
        effects.extend(open(demo, walk));
    } else {
        effects.extend(tried::settle(walk));
    }
    walk.preparation = Some(Preparation { run: Running::new(walk.index, now), ready: false });
    effects.push(Effect::Ask(Command::Prepare(walk.index)));
    effects
}

/// Opens the lesson that is shown, where the engine has another one open.
pub fn open(demo: &mut DemoPlayer, walk: &mut Walkthrough) -> Option<Effect> {
    let wanted = (walk.lesson.id.clone(), walk.set.clone());
    if demo.opened.as_ref() == Some(&wanted) {
        return None;
    }
    // What was prepared in it has ended since.
    walk.preparation = None;
    walk.world_ended();
    demo.opened = Some(wanted.clone());
    Some(Effect::Ask(Command::Open { lesson: wanted.0, set: wanted.1, seed: walk.lesson.seed.clone() }))
}

/// The lesson whose step is shown and is to be prepared.
fn wanting(app: &App) -> Option<&Walkthrough> {
    let shown = match app.shown() {
        Shown::Step(walk) => walk,
        Shown::Demo(demo) if demo.phase == Phase::Staged => app.walk.as_ref()?,
        Shown::Home | Shown::Shell(..) | Shown::Summary(_) | Shown::Demo(_) => return None,
    };
    let known = app.entry(&shown.lesson.id).is_some_and(|e| e.readiness.is_some() && e.blocked().is_none());
    let busy = app.pending > 0 || shown.running.is_some() || app.overlay.is_some() || app.help.is_some();
    let here = app.environment.has(shown.step());
    (known && !busy && here && shown.lacks_preparation()).then_some(shown)
}
