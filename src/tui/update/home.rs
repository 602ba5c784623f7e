//! The list of lessons.

use super::super::app::{App, Screen};
use super::super::keys::Action;
use super::super::message::Effect;
use super::super::walk::Walk;
use crate::events::Command;
use crate::vocabulary::{Lesson, Val};
use std::collections::BTreeMap;

pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let shown = app.shown();
    match action {
        Action::Up | Action::Down | Action::Top | Action::Bottom => {
            app.home.cursor = super::moved(app.home.cursor, shown.len(), action);
        }
        Action::Filter => app.home.typing = true,
        Action::Leave => {
            app.home.filter.clear();
            app.home.typing = false;
            app.home.cursor = 0;
        }
        Action::Erase => {
            app.home.filter.pop();
            app.home.cursor = 0;
        }
        Action::Help => app.help = Some((app.context(), 0)),
        Action::Enter if app.home.typing => app.home.typing = false,
        Action::Enter => {
            if let Some(index) = shown.get(app.home.cursor) {
                let id = app.entries[*index].id.clone();
                let at = app.progress.lesson(&id).and_then(|l| l.last_step.clone());
                return open(app, &id, at.as_deref(), BTreeMap::new());
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Opens a lesson at a step, at its beginning unless told.
pub fn open(app: &mut App, id: &str, step: Option<&str>, set: BTreeMap<String, String>) -> Vec<Effect> {
    let loaded = match (app.entry(id).map(|e| &e.lesson), set.is_empty()) {
        (Some(Ok(lesson)), true) => Ok(lesson.clone()),
        (Some(Err(what)), true) => Err(what.clone()),
        _ => (app.around.load)(id, &set).map(std::sync::Arc::new),
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
    let mut walk = Walk::new(lesson, set.clone(), index, app.now);
    walk.params = depends(app, &walk.lesson);
    app.progress.opened(id, &walk.step().id);
    app.walk = Some(walk);
    app.screen = Screen::Step;
    app.overlay = None;
    vec![Effect::Ask(Command::Open { lesson: id.to_owned(), set }), Effect::Save]
}

/// The parameters that each step depends on: those with which it is another one at the smallest value than at the largest. A loaded lesson does not
/// tell any more where a value came from.
fn depends(app: &App, lesson: &Lesson) -> Vec<Vec<String>> {
    let mut of_steps = vec![Vec::new(); lesson.steps.len()];
    for (name, param) in &lesson.params {
        let at =
            |value: &Val| (app.around.load)(&lesson.id, &BTreeMap::from([(name.clone(), value.to_string())]));
        let (Ok(least), Ok(most)) = (at(&param.min), at(&param.max)) else { continue };
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
