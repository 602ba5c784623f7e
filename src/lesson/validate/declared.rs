//! What a lesson declares: boxes, cgroups, workloads, needs, and the times of its steps.

use super::super::diagnostic::Mistake;
use super::super::position::Node;
use super::check::{Check, inside};
use super::path::{self, Use};
use crate::model::Unit;
use crate::vocabulary::value::SocketName;
use crate::vocabulary::verb::says::MadeIn;
use crate::vocabulary::{Need, Ns, Val, Work, limits};
use indexmap::IndexSet;
use std::collections::HashSet;

/// The longest time that a step may settle, measure or wait, in seconds.
const LONGEST: f64 = 60.0;

pub(super) fn check(check: &mut Check) {
    let (lesson, tree) = (check.lesson, check.tree);
    let box_rings =
        rings(lesson.boxes.keys().map(String::as_str), |b| lesson.boxes.get(b)?.forked_by.as_deref());
    let cgroup_rings =
        rings(lesson.cgroups.keys().map(String::as_str), |g| lesson.cgroups.get(g)?.under.as_deref());
    for (id, node) in entries(tree, "boxes") {
        let Some(decl) = lesson.boxes.get(id) else { continue };
        if let Some(parent) = &decl.forked_by
            && let Some(place) = node.get("forked_by")
            && check.is_box(parent, place.span)
            && box_rings.contains(id)
        {
            check.tell(Mistake::new(place.span, format!("`{id}` would be its own ancestor")));
        }
        if let (Some(parent), Some(key)) = (&decl.forked_by, node.key("new")) {
            let message =
                format!("`new` on a forked box: `{parent}` decides which namespaces it is forked into");
            check.tell(
                Mistake::new(key, message)
                    .help(format!("write `{parent}: {{ fork: {{ box: {id}, new: … }} }}`")),
            );
        }
        namespaces(check, MadeIn::Birth, &decl.new.0, node.get("new"));
    }
    for (id, node) in entries(tree, "cgroups") {
        let Some(cgroup) = lesson.cgroups.get(id) else { continue };
        if cgroup.controllers.is_empty()
            && let Some(list) = node.get("controllers")
        {
            check.tell(
                Mistake::new(list.span, "no controllers")
                    .help("on cgroup v1 it would be in no hierarchy: write `[cpu]`, `[memory]`, …"),
            );
        }
        let Some(parent) = &cgroup.under else { continue };
        let Some(place) = node.get("under") else { continue };
        if !check.is_cgroup(parent, place.span) {
            continue;
        }
        if cgroup_rings.contains(id) {
            check.tell(Mistake::new(place.span, format!("`{id}` would be its own ancestor")));
        } else if let Some(above) = lesson.cgroups.get(parent) {
            for controller in cgroup.controllers.iter().filter(|c| !above.controllers.contains(c)) {
                let name = controller.name();
                check.tell(
                    Mistake::new(place.span, format!("`{parent}` has no {name} controller to pass on"))
                        .help(format!("add `{name}` to the controllers of `{parent}`")),
                );
            }
        }
    }
    for (id, node) in entries(tree, "workloads") {
        if let Some(work) = lesson.workloads.get(id) {
            workload(check, work, inside(node).1);
        }
    }
    let lists = std::iter::once((&lesson.needs, tree.get("needs")))
        .chain(check.steps.iter().map(|s| (&s.step.needs, s.node.get("needs"))))
        .chain(
            check
                .steps
                .iter()
                .flat_map(|s| &s.stated)
                .map(|s| (&s.expect.modifiers.needs, s.entry.get("needs"))),
        )
        .collect::<Vec<_>>();
    for (list, node) in lists {
        for (need, node) in list.iter().zip(node.map(Node::items).unwrap_or_default()) {
            self::need(check, need, inside(node).1);
        }
    }
    let measures: Vec<_> =
        check.steps.iter().filter_map(|s| Some((s.step.measure.as_ref()?, s.node.get("measure")?))).collect();
    for (measure, node) in measures {
        for (key, value) in [("settle", &measure.settle), ("window", &measure.window)] {
            if let Some(node) = node.get(key) {
                time(check, value, node, key == "window");
            }
        }
    }
}

fn entries<'a>(tree: &'a Node, section: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
    tree.get(section).map(Node::entries).unwrap_or_default().iter().map(|(k, v)| (k.text.as_str(), v))
}

/// Those whose chain of parents comes back to themselves.
fn rings<'a>(
    ids: impl Iterator<Item = &'a str>,
    parent: impl Fn(&'a str) -> Option<&'a str>,
) -> HashSet<&'a str> {
    let (mut done, mut rings) = (HashSet::new(), HashSet::new());
    for start in ids {
        let mut chain: IndexSet<&str> = IndexSet::new();
        let mut at = Some(start);
        while let Some(id) = at.filter(|id| !done.contains(id)) {
            if let (from, false) = chain.insert_full(id) {
                rings.extend(chain.iter().skip(from));
                break;
            }
            at = parent(id);
        }
        done.extend(chain);
    }
    rings
}

/// Checks namespaces to be made: each once, none that only names the children's, and none that this call cannot make.
pub(super) fn namespaces(check: &mut Check, by: MadeIn, list: &[Ns], node: Option<&Node>) {
    let Some(node) = node else { return };
    for (index, ns) in list.iter().enumerate() {
        let place = node.one_of(index);
        let cannot = match (by, ns) {
            // Its bit is in the part that clone(2) takes for the signal at the child's end (`CSIGNAL`).
            (MadeIn::Clone, Ns::Time) => Some((
                "clone(2) cannot make a time namespace: there its flag is part of the signal number"
                    .to_owned(),
                "let the box unshare time, write the offsets, then fork: its children are in the new namespace",
            )),
            (MadeIn::Birth, Ns::Pid | Ns::Time) => Some((
                format!("a process never enters a new {} namespace itself, only its children do", ns.link()),
                "let the box unshare it and then fork another box, which is in it",
            )),
            _ => None,
        };
        if let Some((message, help)) = cannot {
            check.tell(Mistake::new(place.span, message).help(help));
            continue;
        }
        let plain = match ns {
            Ns::PidForChildren => "pid",
            Ns::TimeForChildren => "time",
            _ if list[..index].contains(ns) => {
                let word = place.scalar().unwrap_or_default();
                check.tell(Mistake::new(place.span, format!("`{word}` occurs twice")));
                continue;
            }
            _ => continue,
        };
        check.tell(
            Mistake::new(place.span, "only a link has this name; there is no such type of namespace")
                .help(format!("write `{plain}`: for this type, the children move")),
        );
    }
}

fn workload(check: &mut Check, work: &Work, node: &Node) {
    if let Some(cgroup) = work.cgroup()
        && let Some(place) = node.get("cgroup")
    {
        check.is_cgroup(cgroup, place.span);
    }
    match work {
        Work::Busyloop(w) => {
            for (key, n) in [("threads", Some(w.threads)), ("cpus", w.cpus)] {
                if let (Some(n), Some(place)) = (n, node.get(key))
                    && !(1..=limits::WORKLOAD_THREADS).contains(&n)
                {
                    let help = format!("write a number from 1 to {}", limits::WORKLOAD_THREADS);
                    check.tell(Mistake::new(place.span, format!("{n} {key}")).help(help));
                }
            }
        }
        Work::Memhog(w) => {
            for (key, value) in [("take", Some(&w.take)), ("step", w.step.as_ref())] {
                if let (Some(value), Some(place)) = (value, node.get(key)) {
                    size_up_to(check, value, place, limits::WORKLOAD_BYTES);
                }
            }
            if let (Some(every), Some(place)) = (&w.every, node.get("every")) {
                time(check, every, place, true);
            }
        }
        Work::Forker(w) => {
            if let Some(place) = node.get("forks")
                && !(1..=limits::WORKLOAD_FORKS).contains(&w.forks)
            {
                let help = format!("write a number from 1 to {}", limits::WORKLOAD_FORKS);
                check.tell(Mistake::new(place.span, format!("{} forks", w.forks)).help(help));
            }
            if let (Some(every), Some(place)) = (&w.every, node.get("every")) {
                time(check, every, place, true);
            }
        }
        Work::Filereader(w) => {
            if let Some(place) = node.get("size") {
                size_up_to(check, &w.size, place, limits::WORKLOAD_BYTES);
            }
        }
        Work::TcpServer(w) => {
            if w.port == 0
                && let Some(place) = node.get("port")
            {
                port(check, place);
            }
        }
        Work::UnixListener(w) => {
            if let (SocketName::Path(path), Some(place)) = (&w.at, node.get("at")) {
                // Which box starts it, and with which root, is known at that step.
                path::check(check, place, path, Use::Change { own_root: true, may_fail: false });
            }
        }
    }
}

/// Says that port 0 cannot be meant.
pub(super) fn port(check: &mut Check, place: &Node) {
    check.tell(
        Mistake::new(place.span, "port 0 means any free port")
            .help("write a number from 1 to 65535, such as 8080"),
    );
}

/// A size in bytes, greater than 0 and at most this.
pub(super) fn size_up_to(check: &mut Check, value: &Val, node: &Node, most: u64) {
    match value {
        Val::Quantity(n, Unit::Bytes, _) if *n > most as f64 => {
            let help = format!("write {}M or less", most >> 20);
            check.tell(Mistake::new(node.span, format!("`{value}` is too much for a lesson")).help(help));
        }
        _ => size(check, value, node),
    }
}

/// A size in bytes, more than nothing.
fn size(check: &mut Check, value: &Val, node: &Node) {
    if !matches!(value, Val::Quantity(n, Unit::Bytes, _) if *n >= 1.0) {
        check.tell(
            Mistake::new(node.span, format!("`{value}` is not a size")).help("write 4096B, 64K, 20M or 1G"),
        );
    }
}

/// A time up to a minute; `some`: more than nothing.
pub(super) fn time(check: &mut Check, value: &Val, node: &Node, some: bool) {
    match value {
        Val::Quantity(n, Unit::Seconds, _) if *n > LONGEST => {
            check.tell(Mistake::new(node.span, format!("`{value}` is too long")).help("write 60s or less"));
        }
        Val::Quantity(n, Unit::Seconds, _) if *n > 0.0 || !some => {}
        _ => {
            check.tell(Mistake::new(node.span, format!("`{value}` is not a time")).help("write 300ms or 2s"));
        }
    }
}

fn need(check: &mut Check, need: &Need, node: &Node) {
    if let Some(help) = need.correction() {
        check.tell(Mistake::new(node.span, "nobody can ever need this").help(help));
    }
}
