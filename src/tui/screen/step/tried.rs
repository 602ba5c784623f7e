//! A value that was tried in a what-if, and the lesson as it was opened.

use crate::events::Command;
use crate::tui::message::Effect;
use crate::tui::walkthrough::Walkthrough;

/// Opens the lesson with the values that it has now.
pub fn open(walk: &Walkthrough) -> Effect {
    let lesson = &walk.lesson;
    Effect::Ask(Command::Open { lesson: lesson.id.clone(), set: walk.set.clone(), seed: lesson.seed.clone() })
}

/// Before a step is made that the values of a what-if do not touch: the lesson is again as it was opened. The step that was run with them keeps both
/// results.
pub fn settle(walk: &mut Walkthrough) -> Vec<Effect> {
    let set = &walk.opened_with.1;
    let touches = |name: &String| walk.set.get(name) != set.get(name);
    if walk.set == *set || walk.params[walk.index - 1].iter().any(touches) {
        return Vec::new();
    }
    restore(walk);
    vec![open(walk)]
}

/// The lesson is again as it was opened: the step that was run with the values of a what-if keeps both results.
pub fn restore(walk: &mut Walkthrough) {
    let (lesson, set) = walk.opened_with.clone();
    let touches = |name: &String| walk.set.get(name) != set.get(name);
    let (tried, depends_on) = (walk.values(), walk.params.clone());
    for (page, _) in walk.pages.iter_mut().zip(depends_on).filter(|(_, params)| params.iter().any(touches)) {
        page.record = match (page.record.take(), page.other.take()) {
            (Some(record), Some((_, first))) => {
                page.other = Some((tried.clone(), record));
                Some(first)
            }
            _ => None,
        };
    }
    (walk.lesson, walk.set) = (lesson, set);
    // What was prepared with the tried value ends with its world.
    walk.preparation = None;
    walk.world_ended();
}
