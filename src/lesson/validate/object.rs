//! The two actions with most to them: a mount, and a value for a control file.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::act::visit;
use super::caps::size_up_to;
use super::declared::time;
use super::{Act, Check, field};
use crate::vocabulary::action::{Mount, Setting};
use crate::vocabulary::control::{CgroupKnob, Knob, Takes};
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
pub(super) fn set(check: &mut Check, act: &Act, target: &str, setting: &Setting, key: Span, object: &Node) {
    let Some((cgroup, name)) = target.split_once('/') else {
        check.tell(
            Mistake::new(key, format!("`{target}` names no control file"))
                .help("write CGROUP/FILE: `burner/cpu.max`"),
        );
        return;
    };
    let knob = match Knob::find(name) {
        Ok(knob) => knob,
        Err(help) => {
            let at = check.within(key, cgroup);
            check.is_cgroup(cgroup, at);
            let at = check.within(key, name);
            check.tell(Mistake::new(at, format!("unknown control file `{name}`")).maybe_help(help));
            return;
        }
    };
    let of = CgroupKnob { cgroup: cgroup.to_owned(), knob };
    super::read::knob(check, &of, key);
    let CgroupKnob { knob, .. } = of;
    let takes = knob.file.takes;
    if (knob.field.is_some() || takes == Takes::Nothing) && !act.may_fail() {
        check.tell(
            Mistake::new(key, format!("`{}` cannot be written", knob.file.name))
                .help("say which error it `fails` with"),
        );
        return;
    }
    if let (Some(period), Some(place)) = (&setting.period, object.get("period")) {
        if takes == Takes::Quota {
            time(check, period, place, true);
        } else {
            check.tell(Mistake::new(place.span, format!("`{}` has no period", knob.file.name)));
        }
    }
    if act.may_fail() {
        return;
    }
    let (value, node) = (&setting.value, field(object, "value"));
    if let Some(help) = takes.instead_of(value) {
        let message = format!("`{value}` is not a value of `{}`", knob.file.name);
        check.tell(Mistake::new(node.span, message).help(help));
    } else if let (Takes::Member, Val::Text(id)) = (takes, value) {
        check.is_process(id, node.span);
    }
}
