//! The two actions with most to them: a mount, and a value for a control file.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::act::visit;
use super::caps::size_up_to;
use super::declared::time;
use super::{Act, Check, Knob, field};
use crate::model::Unit;
use crate::vocabulary::action::{Mount, Setting};
use crate::vocabulary::{Val, limits};

/// What is mounted, and where.
pub(super) fn mount(check: &mut Check, mount: &Mount, object: &Node, act: &Act) {
    let (_, value) = super::inside(object);
    match mount {
        Mount::Tmpfs(t) => {
            visit(check, field(value, "at"), &t.at);
            if let (Some(bytes), Some(node)) = (&t.size, value.get("size")) {
                size_up_to(check, bytes, node, limits::TMPFS_BYTES);
            }
        }
        Mount::Proc(p) | Mount::Sysfs(p) | Mount::Cgroup2(p) | Mount::Mqueue(p) => visit(check, value, p),
        Mount::Bind(b) => {
            for (key, path) in [("from", &b.from), ("at", &b.at)] {
                if let Some(node) = value.get(key) {
                    visit(check, node, path);
                }
            }
        }
        Mount::Overlay(o) => {
            for (key, path) in [("upper", o.upper.as_ref()), ("work", o.work.as_ref()), ("at", Some(&o.at))] {
                if let (Some(node), Some(path)) = (value.get(key), path) {
                    visit(check, node, path);
                }
            }
            if let Some(list) = value.get("lower") {
                for (index, path) in o.lower.0.iter().enumerate() {
                    visit(check, list.one_of(index), path);
                }
            }
            if o.upper.is_some() != o.work.is_some() && !act.may_fail() {
                let (there, missing) = if o.upper.is_some() { ("upper", "work") } else { ("work", "upper") };
                let span = value.key(there).unwrap_or(value.span);
                check.tell(
                    Mistake::new(span, format!("`{there}` without `{missing}`"))
                        .help("an overlay that is written to needs both, in the same filesystem"),
                );
            }
        }
    }
}

/// A value for a control file.
pub(super) fn set(
    check: &mut Check,
    act: &Act,
    knob: &Knob,
    with_field: bool,
    setting: &Setting,
    key: Span,
    object: &Node,
) {
    let node = field(object, "value");
    if (with_field || !knob.writable) && !act.may_fail() {
        check.tell(
            Mistake::new(key, format!("`{}` cannot be written", knob.name))
                .help("say with which error it `fails`"),
        );
        return;
    }
    if let (Some(period), Some(place)) = (&setting.period, object.get("period")) {
        if knob.name == "cpu.max" {
            time(check, period, place, true);
        } else {
            check.tell(Mistake::new(place.span, format!("`{}` has no period", knob.name)));
        }
    }
    if act.may_fail() {
        return;
    }
    let value = &setting.value;
    let help = match (knob.name, value) {
        ("cpu.max" | "memory.max" | "memory.high" | "memory.swap.max" | "pids.max", Val::Text(t))
            if t == "max" =>
        {
            return;
        }
        ("cgroup.procs" | "cgroup.threads" | "tasks", Val::Text(id)) => {
            check.is_process(id, node.span);
            return;
        }
        ("cpu.max", Val::Quantity(n, Unit::Percent | Unit::Seconds, _)) if *n > 0.0 => return,
        ("cpu.max", _) => "write a share such as 20%, a time such as 5ms, or max",
        ("cpu.weight", Val::Quantity(n, Unit::Times, _)) if *n > 0.0 => return,
        ("cpu.weight", _) => "write a multiple of the default: 4x",
        (name, Val::Quantity(_, Unit::Bytes, _) | Val::Num(0..)) if name.starts_with("memory.") => return,
        (name, _) if name.starts_with("memory.") && name != "memory.oom.group" => {
            "write a size such as 20M, or max"
        }
        ("pids.max" | "cgroup.freeze" | "cpu.idle" | "memory.oom.group" | "io.weight", Val::Num(0..)) => {
            return;
        }
        ("pids.max" | "cgroup.freeze" | "cpu.idle" | "memory.oom.group" | "io.weight", _) => "write a number",
        ("cgroup.procs" | "cgroup.threads" | "tasks", _) => "write the name of a box or workload",
        (_, Val::Text(_) | Val::Num(_)) => return,
        _ => "write it as the file takes it",
    };
    check.tell(Mistake::new(node.span, format!("`{value}` is not a value of `{}`", knob.name)).help(help));
}
