//! Which steps a person can do in shells instead of the boxes. A shell is a process of its own: it stands in for the box in what the box is in and
//! what it changes, and what is about the box itself is read of the shell.

use super::readouts::named_by;
use crate::vocabulary::action::{Action, Failing, Failings};
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
    /// What of the person's programs only a tracer is told.
    pub observes: Observes,
    /// The expectations, by their index, on what the lab's own workload says of itself: a person's says it to nobody, and they are not judged.
    pub unheard: Vec<usize>,
}

/// What of a person's programs is to be seen that they tell to their parent alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Observes {
    /// Nothing.
    #[default]
    Nothing,
    /// How they end.
    Ends,
    /// Which of their calls fail, and how they end.
    Failures,
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
    let all_fail = step.actions.iter().all(always_fails);
    if all_fail && !step.actions.iter().all(fails_in_a_call) {
        return Err(
            "Nothing succeeds here, and no call is refused, so there is no change to watch.".to_owned()
        );
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
    if let Some((what, whose)) = readouts().find_map(heard_by_the_lab) {
        return Err(format!("It is about {what} of {whose}, which only the lab hears."));
    }
    if readouts().next().is_none() && !all_fail {
        return Err(
            "Only the calls are judged here, and those that succeed are not recorded in a shell.".to_owned()
        );
    }
    let started = started(step);
    let made = |id: &str| started.iter().any(|s| s == id) || born.iter().any(|b| !b.again && b.id == id);
    let is_of_made = |expect: &Expect, what: Personal| personal(lesson, expect, made) == Some(what);
    let unheard: Vec<usize> =
        (0..step.expect.len()).filter(|at| is_of_made(&step.expect[*at], Personal::Announced)).collect();
    if unheard.len() == step.expect.len() && !all_fail {
        return Err(
            "Only the lab's own workload says how far it is, and nothing else is judged here.".to_owned()
        );
    }
    let is_ending = |op: &Op| matches!(op, Op::KilledBy(_) | Op::Exited(_));
    let ends_are_judged =
        step.expect.iter().any(|e| is_of_made(e, Personal::State) && e.verbs.iter().any(is_ending));
    let observes = match (all_fail, ends_are_judged) {
        (true, _) => Observes::Failures,
        (false, true) => Observes::Ends,
        (false, false) => Observes::Nothing,
    };
    let unshares = |(actor, verb): (&str, &Verb)| {
        let is_new = |(_, mention): &(_, Mention)| matches!(mention, Mention::Namespaces(types, MadeIn::Unshare) if types.contains(&Ns::User));
        ordinary(&actor) && verb.facts().mentions.iter().any(is_new)
    };
    let left = if verbs.clone().any(unshares) { Inside::Powerless } else { Inside::MapsRoot };
    let inside = shells.iter().any(ordinary).then_some(left);
    let stand_ins = shells.iter().filter(|id| acting.contains(id) || born.iter().any(|b| b.parent == **id));
    let stand_ins = stand_ins.map(|&id| id.to_owned()).collect();
    let shells = shells.iter().map(|&id| id.to_owned()).collect();
    Ok(Hands { shells, stand_ins, born, started, inside, observes, unheard })
}

/// What an expectation says of a process that the step's actions make.
fn personal(lesson: &Lesson, expect: &Expect, made: impl Fn(&str) -> bool) -> Option<Personal> {
    let facts = lesson.readouts.get(&expect.subject)?.verbs.first()?.facts();
    facts.about.map(|about| about.id).filter(|id| made(id))?;
    facts.personal
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

/// Whether an action fails in a system call, on every kind of machine.
fn fails_in_a_call(action: &Action) -> bool {
    use crate::vocabulary::Per;
    // Who waits in vain has given up by itself.
    let is_answer =
        |failing: &Failing| matches!(failing, Failing::Errno(errno) if errno.0 != libc::ETIMEDOUT);
    let in_a_call = |failings: &Failings| failings.0.0.iter().all(is_answer);
    match &action.modifiers.fails {
        None => false,
        Some(Per::Same(all)) => in_a_call(all),
        Some(Per::Cgroup { v1, v2 }) => [v1, v2].into_iter().flatten().all(in_a_call),
        Some(Per::Rights { root, rootless }) => [root, rootless].into_iter().flatten().all(in_a_call),
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

/// What of a box only the lab hears, and whose it is: a shell's programs print on its terminal.
#[deny(clippy::wildcard_enum_match_arm)]
fn heard_by_the_lab(readout: &Readout) -> Option<(&'static str, &str)> {
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

    /// Of the built-in lessons' steps with actions, at least nine in ten can be tried; the others say why not.
    #[test]
    fn the_built_in_lessons() {
        const REFUSED: &[&str] =
            &["pid/zombie", "mount/chroot", "user/exec", "bridge/cables", "cgroup-pids/reap"];
        let (mut steps, mut refused) = (0, Vec::new());
        for source in Catalog::built_in().sources() {
            let lesson = source.load(&BTreeMap::new()).unwrap_or_else(|e| panic!("{}: {}", source.id, e[0]));
            for step in lesson.steps.iter().filter(|step| !step.actions.is_empty()) {
                steps += 1;
                let Err(why) = possible(&lesson, step) else { continue };
                assert!(why.ends_with('.') && why.contains(' '), "{why}");
                refused.push(format!("{}/{}", lesson.id, step.id));
            }
        }
        assert_eq!(refused, REFUSED);
        assert!(refused.len() * 10 <= steps, "{} of {steps}", refused.len());
    }
}
