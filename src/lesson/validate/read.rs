//! Readouts, and the lists of them in a step.

use super::super::diagnostic::Mistake;
use super::super::position::{Kind, Node, Span};
use super::kind;
use super::path::{self, Use};
use super::{Check, field, inside};
use crate::vocabulary::control::CgroupKnob;
use crate::vocabulary::host_files::{self, HostPlace};
use crate::vocabulary::readout::NsOf;
use crate::vocabulary::yields::Yields;
use crate::vocabulary::{Reader, Step};
use std::collections::HashSet;

/// Fields of an interface below `/sys/class/net` that can be read.
pub(super) const LINK_FIELDS: &[&str] =
    &["index", "peer", "rx_packets", "tx_packets", "rx_bytes", "tx_bytes"];

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
                    && matches!(reader, Some(Reader::CpuShare(_)))
                {
                    check.tell(
                        Mistake::new(
                            place.span,
                            format!("`{id}` is measured over a window, and the step has none"),
                        )
                        .help("write `measure: { settle: 300ms, window: 2s }` in the step"),
                    );
                }
                let yields = reader.map_or(Yields::Any, kind::of);
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
    let span = object.span;
    match reader {
        Reader::Namespace(NsOf::Of(_, of)) => {
            if let [(_, place), ..] = object.entries() {
                check.is_box(of, place.span);
            }
        }
        Reader::Pids(of) | Reader::State(of) => {
            check.is_process(of, span);
        }
        Reader::Rss(of) | Reader::Announced(of) => {
            check.is_workload(of, span);
        }
        Reader::Output(of) | Reader::ExitStatus(of) => {
            check.is_box(of, span);
        }
        Reader::Mounts(m) => {
            path::check(check, field(object, "below"), &m.below, Use::Visit);
            of_box(check, m.of.as_deref(), object);
        }
        Reader::File(f) => {
            path::check(check, field(object, "path"), &f.path, Use::Visit);
            of_box(check, f.of.as_deref(), object);
        }
        Reader::Status(s) => {
            if let (Some(of), Some(place)) = (&s.of, object.get("of")) {
                check.is_process(of, place.span);
            }
            if s.field.is_empty() || s.field.contains([':', ' ']) {
                check.tell(
                    Mistake::new(field(object, "field").span, format!("`{}` is not a field", s.field))
                        .help("write a name of /proc/PID/status without the colon, such as `CapEff`"),
                );
            }
        }
        Reader::IdMap(m) => of_box(check, m.of.as_deref(), object),
        Reader::Link(p)
        | Reader::Listing(p)
        | Reader::Tree(p)
        | Reader::Inode(p)
        | Reader::Device(p)
        | Reader::Owner(p) => path::check(check, object, p, Use::Visit),
        Reader::LinkField(text) => link_field(check, text, span),
        Reader::TcpAnswer(address) => socket(check, address, object),
        Reader::Meminfo(name) => {
            if name.is_empty() || name.contains([':', ' ']) {
                check.tell(
                    Mistake::new(span, format!("`{name}` is not a field"))
                        .help("write a name of /proc/meminfo without the colon, such as `MemTotal`"),
                );
            }
        }
        Reader::Knob(of) => knob(check, of, span),
        Reader::CpuShare(of) => {
            let lesson = check.lesson;
            if !lesson.cgroups.contains_key(of) && !lesson.workloads.contains_key(of) {
                let ids = lesson.cgroups.keys().chain(lesson.workloads.keys()).map(String::as_str);
                check.unknown(
                    "cgroup or workload",
                    of,
                    span,
                    ids,
                    "declare it under `cgroups` or `workloads`",
                );
            }
        }
        Reader::Namespace(NsOf::Own(_))
        | Reader::Hostname
        | Reader::Domainname
        | Reader::KernelRelease
        | Reader::Pid
        | Reader::Ppid
        | Reader::Processes
        | Reader::Interfaces
        | Reader::Routes
        | Reader::Neighbours => {}
    }
}

/// Checks reads of the host by path: the run's own files, and those files of the machine that are on the list.
fn of_the_host(check: &mut Check, reader: &Reader, object: &Node) {
    let (path, place) = match reader {
        Reader::File(f) if f.of.is_none() => (&f.path, field(object, "path")),
        Reader::Link(p)
        | Reader::Listing(p)
        | Reader::Tree(p)
        | Reader::Inode(p)
        | Reader::Device(p)
        | Reader::Owner(p) => (p, object),
        Reader::File(_)
        | Reader::Hostname
        | Reader::Domainname
        | Reader::KernelRelease
        | Reader::Pid
        | Reader::Ppid
        | Reader::Processes
        | Reader::Interfaces
        | Reader::Routes
        | Reader::Neighbours
        | Reader::Namespace(_)
        | Reader::Pids(_)
        | Reader::State(_)
        | Reader::Rss(_)
        | Reader::Announced(_)
        | Reader::Output(_)
        | Reader::ExitStatus(_)
        | Reader::Mounts(_)
        | Reader::Status(_)
        | Reader::IdMap(_)
        | Reader::LinkField(_)
        | Reader::TcpAnswer(_)
        | Reader::Meminfo(_)
        | Reader::Knob(_)
        | Reader::CpuShare(_) => return,
    };
    let found = if path.starts_with('/') { host_files::place_of(path) } else { None };
    let whole = matches!(reader, Reader::Tree(_));
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

fn of_box(check: &mut Check, of: Option<&str>, object: &Node) {
    if let (Some(of), Some(place)) = (of, object.get("of")) {
        check.is_box(of, place.span);
    }
}

fn link_field(check: &mut Check, text: &str, span: Span) {
    let Some((link, name)) = text.split_once('/') else {
        check.tell(
            Mistake::new(span, format!("`{text}` names no field"))
                .help("write INTERFACE/FIELD: `eth0/tx_packets`"),
        );
        return;
    };
    interface(check, link, span);
    if !LINK_FIELDS.contains(&name) {
        let at = check.within(span, name);
        check.unknown("field", name, at, LINK_FIELDS.iter().copied(), "");
    }
}

/// The name of an interface (`netdevice(7)`): up to 15 bytes, no `/`, no blanks.
pub(super) fn interface(check: &mut Check, name: &str, span: Span) {
    let good =
        (1..=15).contains(&name.len()) && !name.contains(['/', ':']) && !name.contains(char::is_whitespace);
    if !good || name == "." || name == ".." {
        check.tell(
            Mistake::new(span, format!("`{name}` is not the name of an interface"))
                .help("use up to 15 characters without spaces, `/` or `:`, such as `eth0`"),
        );
    }
}

/// `ADDRESS:PORT`, IPv4.
pub(super) fn socket(check: &mut Check, text: &str, node: &Node) {
    match text.parse::<std::net::SocketAddrV4>() {
        Ok(address) if address.port() == 0 => super::declared::port(check, node),
        Ok(_) => {}
        Err(_) => check.tell(
            Mistake::new(node.span, format!("`{text}` is not an address with a port"))
                .help("write `127.0.0.1:8080`"),
        ),
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
