//! Which steps a person can do in shells instead of the boxes. A shell is a process of its own: it stands in for the box in what the box is in and
//! what it changes, and what is about the box itself is read of the shell.

use super::readouts::named_by;
use crate::vocabulary::action::Action;
use crate::vocabulary::expect::{Expect, Op};
use crate::vocabulary::reader::Personal;
use crate::vocabulary::readout::Readout;
use crate::vocabulary::verb::says::{ByHand, Effect, MadeIn, Mention};
use crate::vocabulary::whole::UserOf;
use crate::vocabulary::{Lesson, Ns, Step, Variant, Verb};
use std::collections::BTreeSet;

/// How a person does a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hands {
    /// The boxes in which the person can have a shell, those that act first in front. Not empty.
    pub shells: Vec<String>,
    /// Those for which their shell stands in: what is read of the box is read of the shell.
    pub stand_ins: Vec<String>,
    /// The boxes that a child of the person's becomes, parents first.
    pub born: Vec<Born>,
    /// The workloads that a program of the person's becomes.
    pub started: Vec<String>,
    /// Where the lesson's ordinary processes are born in the run's user namespace, in which a shell can open, as its root without its powers.
    pub inside: Option<Inside>,
}

/// What an ordinary process is left with that is born in the run's user namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// Nothing.
    Powerless,
    /// `CAP_SETFCAP`: the only id that it can map is root's there, and without that capability the kernel forbids it (`user_namespaces(7)`).
    MapsRoot,
}

/// A box that a child of the person's becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Born {
    /// The box.
    pub id: String,
    /// The box that forks it.
    pub parent: String,
    /// There is such a box already, and only a child in another PID namespace takes its place.
    pub again: bool,
}

impl Hands {
    /// The box whose shell opens by itself.
    pub fn first(&self) -> &str {
        self.shells.first().map_or("", String::as_str)
    }
}

/// How a person can do this step on this kind of machine, with commands that the lesson can show.
///
/// # Errors
/// A sentence that says why nobody can.
pub fn can(lesson: &Lesson, step: &Step, variant: &Variant) -> Result<Hands, String> {
    let hands = possible(lesson, step)?;
    match &step.solution {
        None => Err("The lesson does not say how to do it in a shell.".to_owned()),
        Some(solution) if solution.here(variant).is_none() => {
            Err("On this kind of machine there is nothing to do in a shell.".to_owned())
        }
        Some(_) => Ok(hands),
    }
}

/// How a person can do this step, whether or not the lesson says how.
///
/// # Errors
/// A sentence that says why nobody can.
pub fn possible(lesson: &Lesson, step: &Step) -> Result<Hands, String> {
    if step.actions.is_empty() {
        return Err("This step only looks; there is nothing to do.".to_owned());
    }
    if step.actions.iter().all(always_fails) {
        return Err("The kernel refuses every action here, so there is no change to watch.".to_owned());
    }
    let actors = actors(step);
    let ordinary = |actor: &&str| lesson.boxes.get(*actor).is_some_and(|b| b.user == Some(UserOf::Host));
    let verbs = step.actions.iter().flat_map(|a| a.verbs.iter().map(|verb| (a.subject.as_str(), verb)));
    if let Some(why) = verbs.clone().find_map(|(actor, verb)| why_not(actor, verb)) {
        return Err(why);
    }
    // Who ends here is ended by the person, from elsewhere: a shell in its place would keep its namespaces.
    let ends =
        |actor: &str| verbs.clone().any(|(a, verb)| a == actor && verb.facts().by_hand == ByHand::Ends);
    let born = born(lesson, step, &actors);
    let acting: Vec<&str> = actors.iter().copied().filter(|actor| !ends(actor)).collect();
    let becomes = |actor: &&str| born.iter().any(|b| b.id == **actor);
    let again = born.iter().filter(|b| b.again).map(|b| b.parent.as_str());
    let mut shells: Vec<&str> = again.chain(acting.iter().copied().filter(|actor| !becomes(actor))).collect();
    let mut seen = BTreeSet::new();
    shells.retain(|actor| seen.insert(*actor));
    if shells.is_empty() {
        shells = beside(lesson, step, &actors);
    }
    if shells.is_empty() {
        return Err("No box is left in which there could be a shell.".to_owned());
    }
    if let Some(actor) = shells.iter().find(|actor| has_other_root(lesson, step, actor)) {
        return Err(format!("{actor} has another root directory, in which there is no shell."));
    }
    let readouts = || readouts(lesson, step);
    if let Some((what, whose)) = readouts().find_map(told_to_the_lab) {
        return Err(format!("It is about {what} of {whose}, which only the lab is told."));
    }
    if readouts().next().is_none() {
        return Err("Only the calls are judged here, and a shell's calls are not recorded.".to_owned());
    }
    let started = started(step);
    let made = |id: &str| started.iter().any(|s| s == id) || born.iter().any(|b| !b.again && b.id == id);
    if let Some(why) = step.expect.iter().find_map(|expect| told_to_the_parent(lesson, expect, made)) {
        return Err(why);
    }
    let unshares = |(actor, verb): (&str, &Verb)| {
        let is_new = |(_, mention): &(_, Mention)| matches!(mention, Mention::Namespaces(types, MadeIn::Unshare) if types.contains(&Ns::User));
        ordinary(&actor) && verb.facts().mentions.iter().any(is_new)
    };
    let left = if verbs.clone().any(unshares) { Inside::Powerless } else { Inside::MapsRoot };
    let inside = shells.iter().any(ordinary).then_some(left);
    let stand_ins = shells.iter().filter(|id| acting.contains(id) || born.iter().any(|b| b.parent == **id));
    let stand_ins = stand_ins.map(|&id| id.to_owned()).collect();
    let shells = shells.iter().map(|&id| id.to_owned()).collect();
    Ok(Hands { shells, stand_ins, born, started, inside })
}

/// Why what a person's own process does cannot be judged: it tells the lab nothing, and how it ends is told to the shell that has started it.
fn told_to_the_parent(lesson: &Lesson, expect: &Expect, made: impl Fn(&str) -> bool) -> Option<String> {
    let facts = lesson.readouts.get(&expect.subject)?.verbs.first()?.facts();
    let id = facts.about.map(|about| about.id).filter(|id| made(id))?;
    let ending = |op: &Op| matches!(op, Op::KilledBy(_) | Op::Exited(_));
    match facts.personal? {
        Personal::Announced => Some(format!("Only the lab's own {id} tells the lab how far it is.")),
        Personal::State if expect.verbs.iter().any(ending) => {
            Some(format!("What becomes of {id} is told to its parent alone, which would be your shell."))
        }
        _ => None,
    }
}

/// The boxes that the step's actions fork, and those that are only what they are to be where nobody else is.
fn born(lesson: &Lesson, step: &Step, actors: &[&str]) -> Vec<Born> {
    let forked = step.actions.iter().filter(|a| !always_fails(a)).flat_map(|action| {
        let forks = |verb: &Verb| match verb.facts().by_hand {
            ByHand::Child(id) => Some(id.to_owned()),
            _ => None,
        };
        action.verbs.iter().filter_map(forks).map(|id| Born {
            id,
            parent: action.subject.clone(),
            again: false,
        })
    });
    let mut all: Vec<Born> = forked.collect();
    let listed =
        |id: &str| readouts(lesson, step).any(|r| r.subject == id && is_about(r, Personal::Processes));
    for id in actors.iter().filter(|id| listed(id)) {
        let parent = lesson.boxes.get(*id).and_then(|b| b.forked_by.clone());
        if let Some(parent) = parent.filter(|_| !all.iter().any(|b| b.id == **id)) {
            all.push(Born { id: (*id).to_owned(), parent, again: true });
        }
    }
    all
}

fn is_about(readout: &Readout, what: Personal) -> bool {
    readout.verbs.first().is_some_and(|reader| reader.facts().personal == Some(what))
}

/// The workloads that the step's actions start.
fn started(step: &Step) -> Vec<String> {
    let starts = |verb: &Verb| match verb.facts().by_hand {
        ByHand::Workload(id) => Some(id.to_owned()),
        _ => None,
    };
    step.actions.iter().filter(|a| !always_fails(a)).flat_map(|a| a.verbs.iter().filter_map(starts)).collect()
}

/// Who acts in a step, in order.
fn actors(step: &Step) -> Vec<&str> {
    let mut actors: Vec<&str> = Vec::new();
    for action in &step.actions {
        if !actors.contains(&action.subject.as_str()) {
            actors.push(&action.subject);
        }
    }
    actors
}

/// Where to stand when all who act are to end: in another box that the step reads.
fn beside<'l>(lesson: &'l Lesson, step: &'l Step, ending: &[&str]) -> Vec<&'l str> {
    let of_the_lesson = |id: &&str| lesson.boxes.contains_key(*id) && !ending.contains(id);
    readouts(lesson, step).map(|r| r.subject.as_str()).filter(of_the_lesson).take(1).collect()
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

/// Why a person cannot do this; nothing where one can.
#[deny(clippy::wildcard_enum_match_arm)]
fn why_not(actor: &str, verb: &Verb) -> Option<String> {
    match verb.facts().by_hand {
        ByHand::Shell
        | ByHand::Child(_)
        | ByHand::Ends
        | ByHand::Workload(_)
        | ByHand::Root
        | ByHand::KeepsOpen
        | ByHand::Itself => None,
        ByHand::Waits => Some(format!("Only {actor} itself can wait for its children.")),
    }
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

/// What of a box only the lab is told, and whose it is: a shell's programs print on its terminal, and end as its children.
#[deny(clippy::wildcard_enum_match_arm)]
fn told_to_the_lab(readout: &Readout) -> Option<(&'static str, &str)> {
    let facts = readout.verbs.first()?.facts();
    let what = match facts.personal? {
        Personal::Output => "the output",
        Personal::ExitStatus => "the exit status",
        Personal::Pid
        | Personal::Parent
        | Personal::Numbers
        | Personal::OwnDirectory
        | Personal::Credentials
        | Personal::Processes
        | Personal::State
        | Personal::Memory
        | Personal::Announced => return None,
    };
    Some((what, facts.about.map_or(readout.subject.as_str(), |about| about.id)))
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
            ("uts", &["copy", "rename", "join", "reader", "lifetime"]),
            ("pid", &["stay", "first", "own-proc", "orphan", "death", "join"]),
            ("mount", &["copy", "private", "accident", "heal", "pivot", "grid", "bind", "conditions"]),
            ("user", &["nobody", "order", "outside", "power", "limits", "ranges", "maps"]),
            (
                "net",
                &[
                    "empty", "loopback", "ports", "cable", "address", "packet", "unplug", "death", "sysfs",
                    "move", "settings", "low", "door",
                ],
            ),
            ("bridge", &["bridge", "learn", "leave", "address", "port"]),
            ("nat", &["route", "forward", "masquerade", "publish", "itself"]),
            ("net-modes", &["as-host", "none", "bridge", "container", "same", "ports", "holder"]),
            ("vxlan", &["apart", "ends", "entry", "flood", "wire", "mtu", "vni"]),
            (
                "cgroup-cpu",
                &["free", "one", "quota", "half", "weight", "alone", "crowd", "period", "nested", "tasks"],
            ),
            ("cgroup-memory", &["charge", "page", "blind", "late", "lower", "high"]),
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
