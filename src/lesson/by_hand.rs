//! Which steps a person can do in a shell instead of the box. A shell is a process of its own: it can stand in for the box in what the box is in
//! and what it changes, not in who the box is.

use super::readouts::named_by;
use crate::vocabulary::action::Action;
use crate::vocabulary::readout::Readout;
use crate::vocabulary::verb::says::{ByHand, Effect};
use crate::vocabulary::whole::UserOf;
use crate::vocabulary::{Lesson, Step, Variant, Verb};

/// The box in whose place a person can do this step on this kind of machine, with commands that the lesson can show.
///
/// # Errors
/// A sentence that says why nobody can.
pub fn can(lesson: &Lesson, step: &Step, variant: &Variant) -> Result<String, String> {
    let actor = possible(lesson, step)?;
    match &step.solution {
        None => Err("The lesson does not say how to do it in a shell.".to_owned()),
        Some(solution) if solution.here(variant).is_none() => {
            Err("On this kind of machine there is nothing to do in a shell.".to_owned())
        }
        Some(_) => Ok(actor),
    }
}

/// The box in whose place a shell can do this step, whether or not the lesson tells how.
///
/// # Errors
/// A sentence that says why none can.
pub fn possible(lesson: &Lesson, step: &Step) -> Result<String, String> {
    let Some(first) = step.actions.first() else {
        return Err("This step only looks; there is nothing to do.".to_owned());
    };
    let actor = &first.subject;
    if let Some(other) = step.actions.iter().find(|a| a.subject != *actor) {
        return Err(format!(
            "Both {actor} and {} act here, and a shell can take the place of only one.",
            other.subject
        ));
    }
    if lesson.boxes.get(actor).is_some_and(|b| b.user == Some(UserOf::Host)) {
        return Err(format!("{actor} is an ordinary process of this machine; no shell can open there."));
    }
    if step.actions.iter().all(always_fails) {
        return Err("The kernel refuses every action here, so there is no change to watch.".to_owned());
    }
    if let Some(why) = step.actions.iter().flat_map(|a| &a.verbs).find_map(|verb| why_not(actor, verb)) {
        return Err(why);
    }
    if has_other_root(lesson, step, actor) {
        return Err(format!("{actor} has another root directory, in which there is no shell."));
    }
    let readouts = || readouts(lesson, step);
    if let Some(what) = readouts().find_map(|readout| personal(readout, actor)) {
        return Err(format!("It is about {what} of {actor} itself, and a shell is a process of its own."));
    }
    if readouts().next().is_none() {
        return Err("Only the calls are judged here, and a shell's calls are not recorded.".to_owned());
    }
    Ok(actor.clone())
}

/// Whether an action fails on every kind of machine.
fn always_fails(action: &Action) -> bool {
    use crate::vocabulary::Per;
    match &action.modifiers.fails {
        None => false,
        Some(Per::Same(_)) => true,
        Some(Per::Cgroup { v1, v2 }) => v1.is_some() && v2.is_some(),
        Some(Per::Rights { root, rootless }) => root.is_some() && rootless.is_some(),
    }
}

/// Why a shell cannot do this instead of the actor; nothing where it can.
#[deny(clippy::wildcard_enum_match_arm)]
fn why_not(actor: &str, verb: &Verb) -> Option<String> {
    Some(match verb.facts().by_hand {
        ByHand::Shell => return None,
        ByHand::Child(child) => format!("Only {actor} itself can fork {child}, its child."),
        ByHand::Ends => format!("{actor} itself ends here."),
        ByHand::Waits => format!("Only {actor} itself can wait for its children."),
        ByHand::Workload(id) => {
            format!("{id} is a program of the lab's own, which {actor} starts and stops.")
        }
        ByHand::Root => {
            "A shell does not outlive a change of its root directory: its programs are gone.".to_owned()
        }
        ByHand::KeepsOpen => format!("{actor} itself must keep something open here."),
        ByHand::Itself => format!("It changes who {actor} itself is."),
    })
}

/// Whether the box has taken another root directory by then, so that no program of the machine is in its reach.
fn has_other_root(lesson: &Lesson, step: &Step, actor: &str) -> bool {
    let before = lesson.steps.iter().take_while(|s| s.id != step.id);
    let earlier = before.flat_map(|s| s.given.iter().chain(&s.actions));
    let all = lesson.setup.iter().chain(earlier).chain(&step.given).filter(|a| a.subject == actor);
    let changes_root = |effect: &Effect| matches!(effect, Effect::Chroots(_) | Effect::PivotsRoot);
    all.flat_map(|a| &a.verbs).any(|verb| verb.facts().effects.iter().any(changes_root))
}

/// The readouts that the step's expectations are about, those that they are compared with among them.
fn readouts<'l>(lesson: &'l Lesson, step: &'l Step) -> impl Iterator<Item = &'l Readout> {
    step.expect.iter().flat_map(named_by).filter_map(|id| lesson.readouts.get(id))
}

/// What a readout tells of the box as a process, and not of what it is in.
fn personal(readout: &Readout, actor: &str) -> Option<&'static str> {
    let facts = readout.verbs.first()?.facts();
    let whose = facts.about.map_or(readout.subject.as_str(), |about| about.id);
    facts.personal.filter(|_| whose == actor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Catalog;
    use crate::vocabulary::Version;
    use crate::vocabulary::when::Rights::{Root, Rootless};
    use std::collections::BTreeMap;

    /// A student is let in only where the lesson can help; the built-in ones can wherever it is possible at all.
    #[test]
    fn nobody_is_left_without_a_solution() {
        use Version::{V1, V2};
        for source in Catalog::built_in().sources() {
            let lesson = source.load(&BTreeMap::new()).unwrap_or_else(|e| panic!("{}: {}", source.id, e[0]));
            for step in &lesson.steps {
                let name = format!("{}/{}", lesson.id, step.id);
                assert_eq!(step.solution.is_some(), possible(&lesson, step).is_ok(), "{name}");
                let here = |version, rights| can(&lesson, step, &Variant::new(version, rights)).is_ok();
                let everywhere = [here(V1, Root), here(V1, Rootless), here(V2, Root), here(V2, Rootless)];
                match name.as_str() {
                    // There v1 refuses what is tried.
                    "cgroup-memory/lower" => assert_eq!(everywhere, [false, false, true, true]),
                    _ => assert_eq!(everywhere, [step.solution.is_some(); 4], "{name}"),
                }
                let hinted = (2..=3).contains(&step.hints.len());
                assert!(step.solution.is_none() || hinted, "{name} has {} hints", step.hints.len());
                let without = Step { solution: None, ..step.clone() };
                assert!(can(&lesson, &without, &Variant::new(V2, Root)).is_err(), "{name}");
            }
        }
    }

    /// Every step of the built-in lessons that can be tried; the others must say why not.
    #[test]
    fn the_built_in_lessons() {
        let wanted: &[(&str, &[&str])] = &[
            ("uts", &["copy", "rename", "join", "reader"]),
            ("pid", &["death"]),
            ("mount", &["copy", "private", "bind"]),
            ("user", &[]),
            ("net", &["cable"]),
            ("cgroup-cpu", &["one", "quota", "half", "period", "tasks"]),
            ("cgroup-memory", &["page", "blind", "late", "lower"]),
            (
                "overlay",
                &["merge", "copy-up", "identity", "whiteout", "opaque", "umount", "remount", "fresh"],
            ),
        ];
        for (source, (id, steps)) in Catalog::built_in().sources().iter().zip(wanted) {
            let lesson = source.load(&BTreeMap::new()).unwrap_or_else(|e| panic!("{}: {}", source.id, e[0]));
            assert_eq!(source.id, *id);
            let can: Vec<&str> =
                lesson.steps.iter().filter(|s| possible(&lesson, s).is_ok()).map(|s| s.id.as_str()).collect();
            assert_eq!(can, *steps, "{id}");
            for why in lesson.steps.iter().filter_map(|s| possible(&lesson, s).err()) {
                assert!(why.ends_with('.') && why.contains(' '), "{why}");
            }
        }
    }
}
