//! Actions, each for itself: the actor, what it names, and whether its values can be meant.
#![deny(clippy::wildcard_enum_match_arm)]

use super::super::diagnostic::Mistake;
use super::super::position::Span;
use super::super::schema::is_verb;
use super::check::{Act, Check, Part};
use super::declared::{namespaces, size_up_to, time};
use super::path::{self, Use};
use super::read::interface;
use crate::vocabulary::action::{Ending, Failing};
use crate::vocabulary::verb::says::{Effect, Locator, Maker, Mention, PathUse, Wrong};
use std::collections::HashSet;

/// What is known of roots before an action.
#[derive(Default)]
struct Roots {
    /// Boxes that have another root directory than the host's.
    own: HashSet<String>,
    /// Absolute paths on which something was mounted.
    mounted: Vec<String>,
}

impl Roots {
    fn change(&self, act: &Act, path: &str) -> Use {
        let below = |at: &String| path.strip_prefix(at.as_str()).is_some_and(|r| r.starts_with('/'));
        let own_root = self.own.contains(&act.action.subject) || self.mounted.iter().any(below);
        Use::Change { own_root, may_fail: act.may_fail() }
    }

    fn after(&mut self, act: &Act) {
        let subject = &act.action.subject;
        for effect in act.verb.facts().effects {
            match effect {
                Effect::Chroots(_) | Effect::PivotsRoot => {
                    self.own.insert(subject.clone());
                }
                Effect::Forks(child) => {
                    if self.own.contains(subject) {
                        self.own.insert(child.to_owned());
                    }
                }
                Effect::MountsOwn(at) => {
                    if at.starts_with('/') {
                        self.mounted.push(at.to_owned());
                    }
                }
                Effect::Holds(_)
                | Effect::Joins
                | Effect::Exits
                | Effect::Signals(..)
                | Effect::Starts(_)
                | Effect::Stops(_)
                | Effect::CreatesCgroup(_)
                | Effect::RemovesCgroup(_) => {}
            }
        }
    }
}

pub(super) fn check(check: &mut Check) {
    let mut roots = Roots::default();
    let acts: Vec<Act> =
        check.setup.iter().chain(check.steps.iter().flat_map(|s| &s.acts)).copied().collect();
    let mut last_subject = Span::default();
    for act in acts {
        // `box: [verb, …]` stands once
        if act.subject != last_subject {
            actor(check, &act);
            last_subject = act.subject;
        }
        verb(check, &act, &roots);
        ends(check, &act);
        roots.after(&act);
    }
}

fn actor(check: &mut Check, act: &Act) {
    let subject = &act.action.subject;
    let lesson = check.lesson;
    if subject == "host" {
        check.tell(
            Mistake::new(act.subject, "the host only looks; it never acts")
                .help("let a box act; a box with `plays: host` plays the part of a machine"),
        );
    } else if lesson.workloads.contains_key(subject) {
        check.tell(
            Mistake::new(act.subject, format!("`{subject}` is a workload; only boxes act"))
                .help(format!("write `BOX: {{ start: {subject} }}`")),
        );
    } else if !lesson.boxes.contains_key(subject) && is_verb(subject) {
        check.tell(
            Mistake::new(act.subject, format!("`{subject}` is a verb, and the box that acts is missing"))
                .help(format!("write `BOX: {{ {subject}: … }}`")),
        );
    } else {
        check.is_box(subject, act.subject);
    }
    if act.part == Part::Given
        && let Some(fails) = &act.action.modifiers.fails
        && fails.all().all(|e| e.0.0.is_empty())
    {
        check.tell(Mistake::new(act.subject, "`fails` names no error").help("write `fails: EPERM`"));
    }
}

/// Only a program has an end; one that exits with 0 has not failed.
fn ends(check: &mut Check, act: &Act) {
    let Some(fails) = &act.action.modifiers.fails else { return };
    for ending in fails.all().flat_map(|f| &f.0.0) {
        match (ending, runs_program(act)) {
            (Failing::Ending(Ending::Exited(0)), true) => check.tell(
                Mistake::new(act.place, "exit status 0 is not a failure")
                    .help("leave out `fails`: then it must exit with 0"),
            ),
            (Failing::Ending(Ending::Exited(n)), true) if !(1..=255).contains(n) => check
                .tell(Mistake::new(act.place, format!("`{n}` is not an exit status")).help("write 1 to 255")),
            (Failing::Ending(_), true) | (Failing::Errno(_), _) => {}
            (Failing::Ending(_), false) => check.tell(
                Mistake::new(
                    act.place,
                    "`exited` and `killed_by` are about programs, which only `run` starts",
                )
                .help("name the error, as in `fails: EPERM`"),
            ),
        }
    }
}

fn verb(check: &mut Check, act: &Act, roots: &Roots) {
    let facts = act.verb.facts();
    for (at, mention) in &facts.mentions {
        self::mention(check, act, (at, mention), roots);
    }
    let in_host = check.lesson.boxes.get(&act.action.subject).is_some_and(|b| b.user.is_some());
    if in_host && runs_program(act) {
        check.tell(
            Mistake::new(act.place, "a box with `user: host` cannot run programs")
                .help("use typed verbs, or another box"),
        );
    }
}

fn runs_program(act: &Act) -> bool {
    matches!(act.verb.facts().maker, Maker::Helper(_))
}

fn mention(check: &mut Check, act: &Act, (at, mention): (&Locator, &Mention), roots: &Roots) {
    let (node, span) = check.locate(act, at);
    match mention {
        Mention::Box(id, _) => {
            check.is_box(id, span);
        }
        Mention::Child(id) => child(check, act, id, span),
        Mention::Workload(id) => {
            check.is_workload(id, span);
        }
        Mention::Process(id, _) => {
            check.is_process(id, span);
        }
        Mention::Cgroup(id, _) => {
            check.is_cgroup(id, span);
        }
        Mention::Path(path, PathUse::Visit | PathUse::Enter) => path::at(check, span, path, Use::Visit),
        Mention::Path(path, PathUse::Copy | PathUse::Change | PathUse::MakeDirectory) => {
            path::at(check, span, path, roots.change(act, path));
        }
        Mention::Namespaces(types, by) => namespaces(check, *by, types, Some(node)),
        Mention::Interface(name) => interface(check, name, span),
        Mention::Time(value) => time(check, value, node, true),
        Mention::Memory(value, most) => size_up_to(check, value, node, *most),
        Mention::Setting(to, setting) => {
            super::object::set(check, act, to, setting, span, super::check::inside(node).1);
        }
        Mention::Wrong(Wrong { message, help, may_fail }) => {
            if !(*may_fail && act.may_fail()) {
                check.tell(Mistake::new(span, message.clone()).help(help.clone()));
            }
        }
    }
}

/// A box that is forked is declared as forked by this actor.
fn child(check: &mut Check, act: &Act, id: &str, span: Span) {
    if !check.is_box(id, span) {
        return;
    }
    let subject = &act.action.subject;
    match &check.lesson.boxes[id].forked_by {
        None => check.tell(
            Mistake::new(span, format!("`{id}` starts with the lesson"))
                .help(format!("declare it as `{id}: {{ forked_by: {subject} }}`")),
        ),
        Some(parent) if parent != subject => check.tell(
            Mistake::new(span, format!("`{id}` is declared as forked by `{parent}`"))
                .help(format!("let `{parent}` fork it, or declare `forked_by: {subject}`")),
        ),
        Some(_) => {}
    }
}
