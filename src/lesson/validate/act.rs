//! Actions, each for itself: the actor, what it names, and whether its values can be meant.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::super::schema::is_verb;
use super::declared::{By, namespaces, port, time};
use super::path::{self, Use};
use super::read::{interface, socket};
use super::{Act, Check, Part, field};
use crate::vocabulary::action::{Ending, Failing, Mount, OWN_ID, Remount};
use crate::vocabulary::{Capability, Ns, Verb};
use std::collections::HashSet;
use std::net::Ipv4Addr;

/// The longest host or domain name, in bytes (`sethostname(2)`).
const HOST_NAME_MAX: usize = 64;

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
        match act.verb {
            Verb::Chroot(_) | Verb::PivotRoot(_) => {
                self.own.insert(subject.clone());
            }
            Verb::Fork(f) if self.own.contains(subject) => {
                self.own.insert(f.r#box.clone());
            }
            Verb::Mount(Mount::Tmpfs(t)) if t.at.starts_with('/') => self.mounted.push(t.at.clone()),
            Verb::Mount(Mount::Overlay(o)) if o.at.starts_with('/') => self.mounted.push(o.at.clone()),
            _ => {}
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
        match (ending, act.verb) {
            (Failing::Ending(Ending::Exited(0)), Verb::Run(_)) => check.tell(
                Mistake::new(act.place, "exit status 0 is not a failure")
                    .help("leave out `fails`: then it must exit with 0"),
            ),
            (Failing::Ending(Ending::Exited(n)), Verb::Run(_)) if !(1..=255).contains(n) => check
                .tell(Mistake::new(act.place, format!("`{n}` is not an exit status")).help("write 1 to 255")),
            (Failing::Ending(_), Verb::Run(_)) | (Failing::Errno(_), _) => {}
            (Failing::Ending(_), _) => check.tell(
                Mistake::new(
                    act.place,
                    "`exited` and `killed_by` are about programs, which only `run` starts",
                )
                .help("name the error, as in `fails: EPERM`"),
            ),
        }
    }
}

#[allow(clippy::too_many_lines)] // a table: one arm a verb
fn verb(check: &mut Check, act: &Act, roots: &Roots) {
    let object = act.object;
    let span = object.span;
    let bad = |check: &mut Check, span: Span, message: String, help: &str| {
        if !act.may_fail() {
            check.tell(Mistake::new(span, message).help(help));
        }
    };
    match act.verb {
        Verb::Unshare(list) => {
            if list.0.is_empty() {
                check.tell(Mistake::new(span, "no namespaces").help("write `[uts]`"));
            }
            namespaces(check, By::Unshare, &list.0, Some(object));
        }
        Verb::Setns(one) | Verb::Hold(one) => {
            let [(key, value), ..] = object.entries() else { return };
            let known = Ns::ALL.iter().map(|ns| ns.word());
            if Ns::named(&one.0).is_none() {
                check.unknown("type of namespace", &one.0, key.span, known, "");
            }
            check.is_box(&one.1, value.span);
        }
        Verb::Fork(fork) => {
            let place = field(object, "box");
            namespaces(check, By::Clone, &fork.new.clone().unwrap_or_default().0, object.get("new"));
            if !check.is_box(&fork.r#box, place.span) {
                return;
            }
            let subject = &act.action.subject;
            match &check.lesson.boxes[&fork.r#box].forked_by {
                None => check.tell(
                    Mistake::new(place.span, format!("`{}` starts with the lesson", fork.r#box))
                        .help(format!("declare it as `{}: {{ forked_by: {subject} }}`", fork.r#box)),
                ),
                Some(parent) if parent != subject => check.tell(
                    Mistake::new(place.span, format!("`{}` is declared as forked by `{parent}`", fork.r#box))
                        .help(format!("let `{parent}` fork it, or declare `forked_by: {subject}`")),
                ),
                Some(_) => {}
            }
        }
        Verb::Exit(status) => {
            if !(0..=255).contains(status) {
                check.tell(
                    Mistake::new(span, format!("`{status}` is not an exit status")).help("write 0 to 255"),
                );
            }
        }
        Verb::Kill(one) => {
            if let [(key, _), ..] = object.entries() {
                check.is_process(&one.0, key.span);
            }
        }
        Verb::Start(id) | Verb::Stop(id) => {
            check.is_workload(id, span);
        }
        Verb::Run(argv) => {
            if argv.0.first().is_none_or(String::is_empty) {
                check.tell(Mistake::new(span, "no program").help("write `run: [ls, -l]`"));
            }
            let in_host = check.lesson.boxes.get(&act.action.subject).is_some_and(|b| b.user.is_some());
            if in_host {
                check.tell(
                    Mistake::new(act.place, "a box with `user: host` cannot run programs")
                        .help("use typed verbs, or another box"),
                );
            }
        }
        Verb::Affinity(list) => {
            if list.0.is_empty() {
                check.tell(Mistake::new(span, "no CPUs").help("write `[0]`"));
            }
        }
        Verb::Sethostname(name) | Verb::Setdomainname(name) => {
            if name.len() > HOST_NAME_MAX {
                bad(
                    check,
                    span,
                    format!("{} bytes; the kernel accepts {HOST_NAME_MAX}", name.len()),
                    "write a shorter name, or add `fails: EINVAL`",
                );
            }
        }
        Verb::UidMap(map) | Verb::GidMap(map) => {
            let place = field(object, "map");
            if let (Some(of), Some(place)) = (&map.of, object.get("of")) {
                check.is_box(of, place.span);
            }
            let number = |word: &str| word.parse::<u32>().is_ok();
            let numbers = |line: &str| {
                let words: Vec<&str> = line.split_whitespace().collect();
                matches!(words.as_slice(), [inside, outside, count] if number(inside) && number(count)
                    && (number(outside) || (*outside == OWN_ID && map.of.is_none())))
            };
            if map.map.trim().is_empty() || !map.map.lines().all(numbers) {
                bad(
                    check,
                    place.span,
                    format!("`{}` is not an id map", map.map.trim_end()),
                    "write INSIDE OUTSIDE COUNT: `0 1000 1`, or `0 own 1` for the box's own; or say which error it `fails` with",
                );
            }
        }
        Verb::Setgroups(word) => {
            if !["allow", "deny"].contains(&word.as_str()) {
                bad(check, span, format!("`{word}` is not a value of this file"), "write `deny` or `allow`");
            }
        }
        Verb::DropCapabilities(list) => {
            let known = Capability::words();
            for (index, name) in list.0.iter().enumerate() {
                let place = object.one_of(index).span;
                if !known.contains(name) {
                    check.unknown("capability", name, place, known.iter().map(String::as_str), "");
                }
            }
        }
        Verb::Mount(mount) => super::object::mount(check, mount, object, act),
        Verb::Remount(Remount::ReadOnly(p) | Remount::ReadWrite(p)) => {
            visit(check, super::inside(object).1, p);
        }
        Verb::Propagation(p) => visit(check, super::inside(object).1, p.parts().1),
        Verb::Umount(u) => visit(check, field(object, "at"), &u.at),
        Verb::Chroot(p) | Verb::Chdir(p) | Verb::Open(p) => visit(check, object, p),
        Verb::PivotRoot(p) => {
            for (key, path) in [("new", &p.new), ("old", &p.old)] {
                if let Some(node) = object.get(key) {
                    visit(check, node, path);
                }
            }
        }
        Verb::Mkdir(list) => {
            if list.0.is_empty() {
                check.tell(Mistake::new(span, "no directories").help("write `mkdir: [stage]`"));
            }
            for (index, path) in list.0.iter().enumerate() {
                path::check(check, object.one_of(index), path, roots.change(act, path));
            }
        }
        Verb::Write(files) | Verb::Append(files) => {
            if files.is_empty() {
                check.tell(Mistake::new(span, "no files").help("write `{ stage/file: \"text\\n\" }`"));
            }
            for (key, _) in object.entries() {
                path::at(check, key.span, &key.text, roots.change(act, &key.text));
            }
        }
        Verb::Remove(p) => path::check(check, object, p, roots.change(act, p)),
        Verb::Rename(one) => {
            pair(check, act, roots, &one.0);
            if let [(_, value), ..] = object.entries() {
                path::check(check, value, &one.1, roots.change(act, &one.1));
            }
        }
        Verb::Chmod(one) => {
            pair(check, act, roots, &one.0);
            if one.1.len() > 4 || u32::from_str_radix(&one.1, 8).is_err() {
                behind(check, object, format!("`{}` is not an octal mode", one.1), "write \"0755\"");
            }
        }
        Verb::Chown(one) => {
            pair(check, act, roots, &one.0);
            if !one
                .1
                .split_once(':')
                .is_some_and(|(u, g)| u.parse::<u32>().is_ok() && g.parse::<u32>().is_ok())
            {
                behind(
                    check,
                    object,
                    format!("`{}` is not an owner", one.1),
                    "write \"UID:GID\" in numbers: \"0:0\"",
                );
            }
        }
        Verb::Mknod(one) => {
            pair(check, act, roots, &one.0);
            let words: Vec<&str> = one.1.split_whitespace().collect();
            let good = matches!(words.as_slice(), ["c", major, minor]
                if major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok());
            if !good {
                behind(check, object, format!("`{}` is not a device", one.1), "write `c MAJOR MINOR`: c 1 3");
            }
        }
        Verb::LinkUp(name) | Verb::LinkDown(name) => interface(check, name, span),
        Verb::Veth(veth) => {
            if let Some(node) = object.get("name") {
                interface(check, &veth.name, node.span);
            }
            if let Some([(key, value), ..]) = object.get("peer").map(Node::entries) {
                check.is_box(&veth.peer.0, key.span);
                interface(check, &veth.peer.1, value.span);
            }
        }
        Verb::Address(one) => {
            if let [(key, value), ..] = object.entries() {
                interface(check, &one.0, key.span);
                if !is_network(&one.1) {
                    bad(
                        check,
                        value.span,
                        format!("`{}` is not an address", one.1),
                        "write ADDRESS/PREFIX: 10.77.0.1/24",
                    );
                }
            }
        }
        Verb::Route(one) => {
            if let [(key, value), ..] = object.entries() {
                if one.0 != "default" && !is_network(&one.0) {
                    let help = "write `default`, or ADDRESS/PREFIX: 10.78.0.0/24";
                    bad(check, key.span, format!("`{}` is not a destination", one.0), help);
                }
                address(check, &one.1, value);
            }
        }
        Verb::Ping(ping) => {
            address(check, &ping.to, field(object, "to"));
            if let (Some(count), Some(node)) = (ping.count, object.get("count"))
                && !(1..=100).contains(&count)
            {
                check.tell(Mistake::new(node.span, format!("{count} requests")).help("write 1 to 100"));
            }
            if let (Some(wait), Some(node)) = (&ping.wait, object.get("wait")) {
                time(check, wait, node, true);
            }
        }
        Verb::Listen(0) => port(check, object),
        Verb::Connect(to) => socket(check, to, object),
        Verb::Send(send) => {
            if let Some(node) = object.get("to") {
                socket(check, &send.to, node);
            }
        }
        Verb::CreateCgroup(id) | Verb::RemoveCgroup(id) | Verb::KillCgroup(id) => {
            check.is_cgroup(id, span);
        }
        Verb::Set(one) => {
            if let [(key, value), ..] = object.entries() {
                super::object::set(check, act, &one.0, &one.1, key.span, value);
            }
        }
        Verb::Wait | Verb::Setuid(_) | Verb::Setgid(_) | Verb::Listen(_) => {}
    }
}

/// A path that is read, entered or mounted on.
pub(super) fn visit(check: &mut Check, node: &Node, path: &str) {
    path::check(check, node, path, Use::Visit);
}

/// The key of a pair is a path that is changed.
fn pair(check: &mut Check, act: &Act, roots: &Roots, path: &str) {
    if let [(key, _), ..] = act.object.entries() {
        path::at(check, key.span, path, roots.change(act, path));
    }
}

/// A mistake in the value of a pair.
fn behind(check: &mut Check, object: &Node, message: String, help: &str) {
    if let [(_, value), ..] = object.entries() {
        check.tell(Mistake::new(value.span, message).help(help));
    }
}

fn address(check: &mut Check, text: &str, node: &Node) {
    if text.parse::<Ipv4Addr>().is_err() {
        check.tell(
            Mistake::new(node.span, format!("`{text}` is not an IPv4 address")).help("write 127.0.0.1"),
        );
    }
}

fn is_network(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, prefix)| {
        address.parse::<Ipv4Addr>().is_ok() && prefix.parse::<u8>().is_ok_and(|p| p <= 32)
    })
}
