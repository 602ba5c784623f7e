//! Checks for other files than lessons: what is said there of a lesson, and in the words of lessons.

use super::super::diagnostic::Mistake;
use super::super::id::malformed;
use super::super::position::{Node, Span};
use super::super::text;
use super::check::{Check, within};
use super::world::{Life, Thing, World, things};
use super::{expect, prose};
use crate::vocabulary::control::Knob;
use crate::vocabulary::verb::says::Effect;
use crate::vocabulary::{Expect, Lesson};
use std::collections::HashSet;

/// What is wrong with the form of an id.
pub(crate) fn id(id: &str, span: Span) -> Option<Mistake> {
    malformed(id, span)
}

/// What is wrong with texts for people that stand in a node: an empty one, one that YAML has cut, and a reference to what is not filled in there.
/// A parameter is filled in only in a lesson; the name of a control file also where texts are `filled`.
pub(crate) fn wording(written: &str, node: &Node, filled: bool) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    prose::wording(written, node, &mut mistakes);
    prose::scalars(node, &mut |node, scalar| {
        for piece in text::pieces(scalar) {
            let text::Piece::Reference(name) = piece else { continue };
            let reference = format!("{{{name}}}");
            let at = within(written, node.span, &reference);
            let file = !name.starts_with('$');
            mistakes.extend(match Knob::find(name) {
                Ok(_) if filled && file => None,
                Err(help) if filled && file => {
                    Some(Mistake::new(at, format!("unknown control file `{name}`")).maybe_help(help))
                }
                _ => Some(
                    Mistake::new(at, format!("`{reference}` is not filled in here"))
                        .help("write its value; `{$name}` works in texts of lessons, and names of control files in cards and notes"),
                ),
            });
        }
    });
    mistakes
}

/// What a readout is about or is read by, where nothing makes it before the actions of the step with this index: there is nothing to read before the step.
pub(crate) fn made_in<'l>(lesson: &'l Lesson, step: usize, readout: &str) -> Option<&'l str> {
    let (readout, at) = (lesson.readouts.get(readout)?, lesson.steps.get(step)?);
    let mut world = World::new(lesson);
    let earlier = lesson.steps[..step].iter().flat_map(|step| step.given.iter().chain(&step.actions));
    for action in lesson.setup.iter().chain(earlier).chain(&at.given) {
        for effect in action.verbs.iter().flat_map(|verb| verb.facts().effects) {
            match effect {
                Effect::Forks(id) => world.set(Thing::Box(id), Life::There),
                Effect::Starts(id) => world.set(Thing::Workload(id), Life::There),
                Effect::CreatesCgroup(id) => world.set(Thing::Cgroup(id), Life::There),
                Effect::Holds(_)
                | Effect::Exits
                | Effect::Stops(_)
                | Effect::RemovesCgroup(_)
                | Effect::Joins
                | Effect::Signals(..)
                | Effect::Chroots(_)
                | Effect::PivotsRoot
                | Effect::MountsOwn(_) => {}
            }
        }
    }
    let unborn = |thing: &Thing| world.life(*thing) == Life::Unborn;
    things(lesson, readout).into_iter().map(|(thing, _)| thing).find(unborn).map(Thing::id)
}

/// What is wrong with a statement on a lesson's readouts that is judged outside of its steps; `entry` is where it stands.
pub(crate) fn said_of(lesson: &Lesson, expect: &Expect, entry: &Node, written: &str) -> Vec<Mistake> {
    let nothing = HashSet::new();
    let mut check = Check {
        lesson,
        tree: entry,
        text: written,
        broken: &nothing,
        broken_uses: &nothing,
        used_params: &nothing,
        elsewhere: &nothing,
        setup: Vec::new(),
        steps: Vec::new(),
        mistakes: Vec::new(),
        meant: HashSet::new(),
    };
    expect::later(&mut check, expect, entry);
    check.mistakes
}
