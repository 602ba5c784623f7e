//! Readouts, and the lists of them in a step.

use super::super::diagnostic::Mistake;
use super::super::position::{Kind, Node, Span};
use super::check::{Check, field, inside};
use super::path::{self, Use};
use crate::vocabulary::control::CgroupKnob;
use crate::vocabulary::host_files::{self, HostPlace};
use crate::vocabulary::reader::network::wrong_interface;
use crate::vocabulary::reader::{About, KnobValue, Opens, PathOf, Role};
use crate::vocabulary::yields::Yields;
use crate::vocabulary::{Reader, Step};
use std::collections::HashSet;

pub(super) fn check(check: &mut Check) {
    let (lesson, tree) = (check.lesson, check.tree);
    for (key, entry) in tree.get("readouts").map(Node::entries).unwrap_or_default() {
        let Some(readout) = lesson.readouts.get(&key.text) else { continue };
        let Some(value) = entry.get(&readout.subject) else { continue };
        let who = entry.key(&readout.subject).unwrap_or(entry.span);
        if readout.subject != "host" {
            check.is_box(&readout.subject, who);
        }
        if matches!(value.kind, Kind::Seq(_)) {
            check.tell(
                Mistake::new(value.head(), "a readout reads only one thing")
                    .help("write a separate readout for each"),
            );
        }
        if let Some(reader) = readout.verbs.first() {
            let object = inside(value.one_of(0)).1;
            self::reader(check, reader, object);
            if readout.subject == "host" {
                of_the_host(check, reader, object);
                if reader.is_captured() {
                    let message = "frames of the host are never captured";
                    let help = "let a box read them that has a network namespace of its own";
                    check.tell(Mistake::new(who, message).help(help));
                }
            }
        }
    }
    let steps: Vec<(&Node, &Step, bool)> = check.steps.iter().map(|s| (s.node, s.step, s.broken)).collect();
    for (node, step, broken) in steps {
        for (key, ids) in [("show", &step.show), ("watch", &step.watch)] {
            let mut seen = HashSet::new();
            for (id, place) in ids.iter().zip(node.get(key).map(Node::items).unwrap_or_default()) {
                if !check.is_readout(id, place.span) {
                    continue;
                }
                if !seen.insert(id) {
                    check.tell(Mistake::new(place.span, format!("`{id}` occurs twice in `{key}`")));
                }
                let reader = lesson.readouts[id].verbs.first();
                if key == "show"
                    && step.measure.is_none()
                    && !broken
                    && reader.is_some_and(|r| r.share_of().is_some())
                {
                    check.tell(
                        Mistake::new(
                            place.span,
                            format!("`{id}` is measured over a window, and the step has none"),
                        )
                        .help("write `measure: { settle: 300ms, window: 2s }` in the step"),
                    );
                }
                let yields = reader.map_or(Yields::Any, |reader| reader.facts().yields);
                if key == "watch" && !matches!(yields, Yields::Number(_) | Yields::Any) {
                    check.tell(
                        Mistake::new(
                            place.span,
                            format!("`{id}` is {}, and only numbers can be watched", yields.words()),
                        )
                        .help("put it under `show`"),
                    );
                }
            }
        }
    }
}

fn reader(check: &mut Check, reader: &Reader, object: &Node) {
    let facts = reader.facts();
    if let Some(path) = facts.path {
        path::check(check, field(object, path.key), path.path, Use::Visit);
    }
    if let Reader::Frames(frames) = reader {
        interface(check, &frames.interface, field(object, "interface").span);
    }
    if let Reader::Knob(KnobValue(of)) = reader {
        knob(check, of, object.span);
    } else if let Some(about) = facts.about {
        // `BOX`, `{ uts: BOX }` or `{ …, of: BOX }`.
        let place = object.get("of").unwrap_or(inside(object).1).span;
        declared(check, about, place);
    }
}

fn declared(check: &mut Check, About { id, role, .. }: About, place: Span) {
    let lesson = check.lesson;
    match role {
        Role::Box => check.is_box(id, place),
        Role::Workload => check.is_workload(id, place),
        Role::Process => check.is_process(id, place),
        Role::Cgroup => check.is_cgroup(id, place),
        Role::CgroupOrWorkload => {
            let known = lesson.cgroups.keys().chain(lesson.workloads.keys());
            let otherwise = "declare it under `cgroups` or `workloads`";
            check.is_declared("cgroup or workload", (id, place), known, otherwise)
        }
    };
}

/// Checks reads of the host by path: the run's own files, and those files of the machine that are on the list.
fn of_the_host(check: &mut Check, reader: &Reader, object: &Node) {
    let Some(PathOf { path, key, opens }) = reader.facts().path else { return };
    let whole = match opens {
        Opens::Nothing | Opens::InRootOfAnother => return,
        Opens::Itself => false,
        Opens::AllBelow => true,
    };
    let place = field(object, key);
    let found = if path.starts_with('/') { host_files::place_of(path) } else { None };
    let mistake = match found {
        None if path.starts_with('.') => {
            Mistake::new(place.span, format!("`{path}` is in the directory from which the lab was started"))
                .help("write a path in the workspace, without the `.`; or let a box read it")
        }
        None if path.starts_with('/') => {
            Mistake::new(place.span, format!("`{path}` is not on the list of what the host reads"))
                .help("`What the host reads` in docs/lesson-format.md has the list; or let a box read it")
        }
        Some(HostPlace::Itself(_)) if whole => {
            Mistake::new(place.span, format!("the host cannot read the tree below `{path}`"))
                .help("write `listing`, or a directory below it")
        }
        Some(_) | None => return,
    };
    check.tell(mistake);
}

/// Checks the name of an interface.
pub(super) fn interface(check: &mut Check, name: &str, span: Span) {
    if let Some((message, help)) = wrong_interface(name) {
        check.tell(Mistake::new(span, message).help(help));
    }
}

/// A control file: the cgroup is there and has its controller.
pub(super) fn knob(check: &mut Check, of: &CgroupKnob, span: Span) {
    let at = check.within(span, &of.cgroup);
    let lesson = check.lesson;
    if check.is_cgroup(&of.cgroup, at)
        && let Some(controller) = of.knob.content.carrier.controller()
        && !lesson.cgroups[&of.cgroup].controllers.contains(&controller)
    {
        let at = check.within(span, &of.knob.to_string());
        let word = controller.name();
        check.tell(
            Mistake::new(at, format!("`{}` has no {word} controller", of.cgroup))
                .help(format!("add `{word}` to the controllers of `{}`", of.cgroup)),
        );
    }
}
