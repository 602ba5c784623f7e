//! A lesson's requirements on the machine beyond those it declares: each verb needs what its calls need.

use crate::vocabulary::action::Action;
use crate::vocabulary::verb::says::{Effect, Maker};
use crate::vocabulary::{Ability, Lesson, Step, Variant, Verb, Work};

/// Files of a lesson besides those of its workloads, with room to spare: 1 MiB.
const ROOM: u64 = 1 << 20;
/// Processes of a run that no lesson declares: the guardian, the lab's helper, the holder of the user namespace, the reader for a person, and a shell with
/// a command.
const PROCESSES: u32 = 6;

/// The abilities that this verb's calls take, and the workloads that it starts.
fn taken(verb: &Verb, lesson: &Lesson) -> Vec<Ability> {
    let facts = verb.facts();
    let mut abilities = facts.abilities;
    for effect in facts.effects {
        if let Effect::Starts(id) = effect {
            abilities.extend(lesson.workloads.get(id).and_then(of_workload));
        }
    }
    abilities
}

fn of_workload(work: &Work) -> Option<Ability> {
    match work {
        Work::Filereader(_) => Some(Ability::PageCache),
        Work::Busyloop(_)
        | Work::Memhog(_)
        | Work::Forker(_)
        | Work::TcpServer(_)
        | Work::UnixListener(_) => None,
    }
}

/// An action that is expected to fail needs nothing: the lesson is about the kernel's error. But a program is never run without walls.
fn of_actions<'l>(
    actions: impl Iterator<Item = &'l Action>,
    lesson: &Lesson,
    here: &Variant,
) -> Vec<Ability> {
    let made =
        actions.filter(|a| (a.modifiers.fails.is_none() || runs(a)) && here.meets(a.modifiers.when.as_ref()));
    sorted(made.flat_map(|a| &a.verbs).flat_map(|verb| taken(verb, lesson)).collect())
}

fn runs(action: &Action) -> bool {
    action.verbs.iter().any(|v| matches!(v.facts().maker, Maker::Helper(_)))
}

fn sorted(mut all: Vec<Ability>) -> Vec<Ability> {
    all.sort_unstable();
    all.dedup();
    all
}

/// The abilities that must be there before the first step.
pub fn of_lesson(lesson: &Lesson, here: &Variant) -> Vec<Ability> {
    let born = lesson.boxes.values().flat_map(|b| &b.new.0).filter_map(|ns| Ability::to_make(*ns));
    let mut all: Vec<Ability> = born.collect();
    all.extend(of_actions(lesson.setup.iter(), lesson, here));
    sorted(all)
}

/// The abilities that must be there before this step.
pub fn of_step(step: &Step, lesson: &Lesson, here: &Variant) -> Vec<Ability> {
    of_actions(step.given.iter().chain(&step.actions), lesson, here)
}

/// Whether a lesson or one of its steps needs this ability.
pub fn includes(lesson: &Lesson, ability: Ability, here: &Variant) -> bool {
    let in_a_step = || lesson.steps.iter().any(|step| of_step(step, lesson, here).contains(&ability));
    of_lesson(lesson, here).contains(&ability) || in_a_step()
}

/// The size of a lesson's files, in bytes.
pub fn room(lesson: &Lesson) -> u64 {
    let file = |work: &Work| match work {
        Work::Filereader(w) => w.size.number().unwrap_or(0.0) as u64,
        Work::Busyloop(_)
        | Work::Memhog(_)
        | Work::Forker(_)
        | Work::TcpServer(_)
        | Work::UnixListener(_) => 0,
    };
    lesson.workloads.values().map(file).max().unwrap_or(0) + ROOM
}

/// The most processes and threads that a lesson has at once.
pub fn processes(lesson: &Lesson) -> u32 {
    let of = |work: &Work| match work {
        Work::Busyloop(w) => w.threads.max(1),
        Work::Forker(w) => w.forks.saturating_add(1),
        Work::Memhog(_) | Work::Filereader(_) | Work::TcpServer(_) | Work::UnixListener(_) => 1,
    };
    let boxes = u32::try_from(lesson.boxes.len()).unwrap_or(u32::MAX);
    let works = lesson.workloads.values().map(of).fold(0, u32::saturating_add);
    boxes.saturating_add(works).saturating_add(PROCESSES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Catalog;
    use crate::vocabulary::Version;
    use crate::vocabulary::when::Rights;
    use std::collections::BTreeMap;

    fn lesson(id: &str) -> Lesson {
        Catalog::built_in().load(id, &BTreeMap::new()).expect("a built-in lesson")
    }

    #[test]
    fn a_step_needs_what_its_verbs_need() {
        let variant = Variant::new(Version::V2, Rights::Root);
        let of = |id: &str, step: &str| {
            let lesson = lesson(id);
            let step = lesson.steps.iter().find(|s| s.id == step).expect("the step").clone();
            of_step(&step, &lesson, &variant)
        };
        assert_eq!(of("mount", "pivot"), [Ability::Mount, Ability::PivotRoot]);
        assert_eq!(of("cgroup-memory", "cache"), [Ability::PageCache]);
        assert_eq!(of_lesson(&lesson("mount"), &variant), [Ability::Mount]);
        assert!(room(&lesson("cgroup-memory")) > 60 << 20);
        assert_eq!(room(&lesson("uts")), ROOM);
        assert!(processes(&lesson("mount")) >= 8 + PROCESSES);
    }
}
