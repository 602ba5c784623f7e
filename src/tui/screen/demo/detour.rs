//! What an instructor looks at besides: a shell in a box, the map, one readout.

use super::super::{home, step};
use super::play::{emphasise, tell};
use crate::tui::app::App;
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::overlay::layer::Layer;
use crate::tui::overlay::state::{Map, Overlay};
use crate::tui::walkthrough::Pane;

/// A shell in a box of the lesson that is shown.
pub fn shell(app: &mut App) -> Vec<Effect> {
    if app.has_its_lesson_open() || step::refusal(app).is_some() {
        return step::act(app, Action::Shell, |_| 0);
    }
    let (Some(demo), Some(walk)) = (&mut app.demo, &mut app.walk) else { return Vec::new() };
    if walk.pages.iter().any(|page| page.record.is_some()) {
        // Anew they would be as before the step, beside what was read after it.
        return tell(app, "the boxes of this lesson are gone: another one was begun; r makes them again");
    }
    let mut effects = Vec::from_iter(step::prepare::open(demo, walk));
    effects.extend(step::act(app, Action::Shell, |_| 0));
    effects
}

/// Other values for the parameters of the step that is shown.
pub fn what_if(app: &mut App) -> Vec<Effect> {
    let Some(walk) = &app.walk else { return Vec::new() };
    if walk.params.iter().all(Vec::is_empty) {
        let params = home::depends(app, &walk.lesson);
        if let Some(walk) = &mut app.walk {
            walk.params = params;
        }
    }
    step::act(app, Action::WhatIf, |_| 0)
}

/// Who is in which namespace: now, or when the lesson was last open.
pub fn map(app: &mut App) -> Vec<Effect> {
    if app.has_its_lesson_open() {
        return step::act(app, Action::Map, |_| 0);
    }
    if app.walk.as_ref().is_none_or(|walk| walk.map_now.is_none()) {
        return tell(app, "nothing of this lesson lives before its first step is run");
    }
    app.overlay = Some(Overlay::Map(Map::default()));
    tell(app, "as it was when this lesson was run")
}

/// The readout with the emphasis comes first.
pub fn zoom(app: &mut App) -> Vec<Effect> {
    let effects = step::act(app, Action::Zoom, |_| 0);
    if app.walk.as_ref().is_some_and(|walk| walk.focus == Pane::Kernel) {
        emphasise(app, true);
    }
    effects
}

/// A key while something has the whole screen.
pub fn zoomed(app: &mut App, action: Action) -> Vec<Effect> {
    let action = match action {
        Action::NextPane => Action::NextOne,
        Action::PreviousPane => Action::PreviousOne,
        action => action,
    };
    let Some(Overlay::Zoom(mut zoom)) = app.overlay.take() else { return Vec::new() };
    let (_, effects) = zoom.act(app, action);
    app.overlay = Some(Overlay::Zoom(zoom));
    effects
}
