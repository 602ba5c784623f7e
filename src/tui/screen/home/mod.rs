//! The list of lessons, and what there is to know about the selected one.

mod draw;
pub mod keys;
pub mod state;

pub use draw::draw;

use crate::events::Command;
use crate::tui::app::{App, Screen};
use crate::tui::keys::{Action, Move};
use crate::tui::message::Effect;
use crate::tui::movement::{moved, scrolled};
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::param::Allowed;
use crate::vocabulary::{Lesson, Val};
use std::collections::BTreeMap;

/// One of its keys.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let shown = app.filtered();
    match action {
        Action::Move(by @ (Move::PageUp | Move::PageDown)) => {
            let (page, most) = draw::panel(app, app.body());
            app.home.top = scrolled(app.home.top, page, most, by);
        }
        Action::Move(by) => select(app, moved(app.home.cursor, shown.len(), by)),
        Action::Filter => app.home.typing = true,
        Action::Leave => {
            app.home.typing = false;
            filter(app, String::clear);
        }
        Action::Erase => filter(app, |text| {
            text.pop();
        }),
        Action::Enter if app.home.typing => app.home.typing = false,
        Action::Enter => {
            if let Some(index) = shown.get(app.home.cursor) {
                let id = app.entries[*index].id.clone();
                let at = next_step(app, &id);
                return open(app, &id, at.as_deref(), BTreeMap::new());
            }
        }
        _ => {}
    }
    Vec::new()
}

/// A character of the filter.
pub fn typed(app: &mut App, c: char) {
    filter(app, |text| text.push(c));
}

/// Another lesson is selected; what there is to know about it is shown from its beginning.
fn select(app: &mut App, cursor: usize) {
    if cursor != app.home.cursor {
        (app.home.cursor, app.home.top) = (cursor, 0);
    }
}

/// Changes the filter. The selected lesson stays selected where the filter lets it through.
fn filter(app: &mut App, change: impl FnOnce(&mut String)) {
    let selected = app.filtered().get(app.home.cursor).copied();
    change(&mut app.home.filter);
    let place = app.filtered().iter().position(|at| Some(*at) == selected);
    select(app, place.unwrap_or(0));
}

/// Where a lesson goes on: at the step that was open last or, where that is done, at the next one that is not.
pub fn next_step(app: &App, id: &str) -> Option<String> {
    let lesson = app.entry(id)?.lesson.as_ref().ok()?;
    let here = lesson.steps.iter().filter(|step| app.environment.variant.meets(step.when.as_ref()));
    let steps: Vec<&str> = here.map(|step| step.id.as_str()).collect();
    app.progress.lesson(id)?.next_step(&steps).map(ToOwned::to_owned)
}

/// Opens a lesson at a step, or else at its beginning.
pub fn open(app: &mut App, id: &str, step: Option<&str>, set: BTreeMap<String, String>) -> Vec<Effect> {
    let loaded = match (app.entry(id).map(|e| &e.lesson), set.is_empty()) {
        (Some(Err(what)), true) => Err(what.clone()),
        _ => (app.environment.load)(id, &set).map(std::sync::Arc::new),
    };
    let lesson = match loaded {
        Ok(lesson) => lesson,
        Err(what) => {
            app.notice =
                Some(format!("{id} has a mistake, see: isolab lint ({})", what.lines().next().unwrap_or("")));
            return Vec::new();
        }
    };
    let index = step.and_then(|s| lesson.steps.iter().position(|x| x.id == s)).map_or(1, |i| i + 1);
    let seed = lesson.seed.clone();
    let mut walk = Walkthrough::new(lesson, set.clone(), index, app.now);
    walk.params = depends(app, &walk.lesson);
    app.progress.opened(id, &walk.step().id);
    app.walk = Some(walk);
    // Back in the list, the cursor is at this lesson.
    if let Some(place) = app.filtered().iter().position(|at| app.entries[*at].id == id) {
        select(app, place);
    }
    app.screen = Screen::Step;
    app.overlay = None;
    vec![Effect::Ask(Command::Open { lesson: id.to_owned(), set, seed }), Effect::Save]
}

/// The parameters between bounds that each step depends on: those with which it is another one at the smallest value than at the largest. A loaded lesson does not
/// tell any more where a value came from.
pub fn depends(app: &App, lesson: &Lesson) -> Vec<Vec<String>> {
    let mut of_steps = vec![Vec::new(); lesson.steps.len()];
    for (name, param) in &lesson.params {
        let at = |value: &Val| {
            (app.environment.load)(&lesson.id, &BTreeMap::from([(name.clone(), value.to_string())]))
        };
        // A name is for seeds: nobody asks what if it were another.
        let Allowed::Range(low, high) = param.allowed() else { continue };
        let (Ok(least), Ok(most)) = (at(low), at(high)) else { continue };
        for (i, (a, b)) in least.steps.iter().zip(&most.steps).enumerate().take(of_steps.len()) {
            if a != b {
                of_steps[i].push(name.clone());
            }
        }
        // A workload that depends on it is not found in the step that starts it.
        if least.workloads != most.workloads || of_steps.iter().all(|s| !s.contains(name)) {
            of_steps.iter_mut().filter(|s| !s.contains(name)).for_each(|s| s.push(name.clone()));
        }
    }
    of_steps
}
