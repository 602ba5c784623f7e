//! What to write, into which file of this machine and in which order, for a knob that a lesson sets.

use super::knob::{entry, owner};
use super::{Group, Place};
use crate::model::{Change, Unit};
use crate::vocabulary::action::Setting;
use crate::vocabulary::{Val, Version};
use std::path::Path;

/// The kernel's own period for `cpu.max`, in microseconds (`sched-bwc.rst`).
const PERIOD: u64 = 100_000;
/// How much more v1's second limit allows: the largest page that Linux has, as the kernel counts in pages.
const PAGE: u64 = 65_536;

impl Group {
    /// The writes that give a knob this value. Members (`cgroup.procs`, `tasks`) are named by their process number, as the
    /// writer's PID namespace counts, and join every hierarchy of the group. Where an order matters the present values are
    /// read first.
    ///
    /// # Errors
    /// A sentence: the group has no such knob on this machine, or it takes no such value.
    pub fn set(&self, name: &str, setting: &Setting) -> Result<Vec<Change>, String> {
        let value = &setting.value;
        let wrong = || format!("{name} does not take {value}");
        if let "cgroup.procs" | "cgroup.threads" | "tasks" = name {
            return self.join(name, value).ok_or_else(wrong)?;
        }
        let owner = owner(name);
        let place =
            self.owner_place(owner).ok_or_else(|| format!("the group has no controller for {name}"))?;
        if entry(name, place.version).is_none() || name.contains('/') {
            return Err(format!("{name} is not a setting of this cgroup version"));
        }
        let file = |f: &str| place.directory.join(f);
        let v1 = place.version == Version::V1;
        let one =
            |v1_name: &str, text: String| vec![Change::write(file(if v1 { v1_name } else { name }), text)];
        let changes = match name {
            "cpu.max" => quota(place, value, setting.period.as_ref()),
            "cpu.weight" => weight(value, v1).map(|text| one("cpu.shares", text)),
            "memory.max" => bytes(value).map(|b| self.memory_limit(place, b)),
            "memory.swap.max" if v1 => bytes(value).and_then(|b| swap_limit(place, b)),
            "memory.swap.max" | "memory.high" | "memory.low" | "memory.min" => {
                bytes(value).map(|b| one(name, b.map_or_else(|| "max".to_owned(), |b| b.to_string())))
            }
            "cgroup.freeze" => match value.number() {
                Some(n) if v1 => {
                    Some(one("freezer.state", if n > 0.0 { "FROZEN" } else { "THAWED" }.to_owned()))
                }
                n => n.map(|n| one(name, n.to_string())),
            },
            _ => Some(one(name, plain(value))),
        };
        changes.ok_or_else(wrong)
    }

    fn join(&self, name: &str, member: &Val) -> Option<Result<Vec<Change>, String>> {
        let pid = member.number().filter(|n| *n >= 0.0)? as i32;
        if self.places.iter().any(|p| entry(name, p.version).is_none())
            || (name == "cgroup.threads" && self.v1())
        {
            return Some(Err(format!("{name} is not a setting of this cgroup version")));
        }
        let join = |p: &Place| Change::write(p.directory.join(name), pid.to_string());
        Some(Ok(self.places.iter().map(join).collect()))
    }

    fn v1(&self) -> bool {
        self.places.iter().any(|p| p.version == Version::V1)
    }

    /// v1 keeps a second limit, on memory and swap together, which must never be the lower one: on the way up it goes first, on
    /// the way down second. It is kept a page higher where the lesson wants no swap. Were both the same, the kernel would
    /// meet the second first, and `memory.failcnt` would not count.
    fn memory_limit(&self, place: &Place, bytes: Option<u64>) -> Vec<Change> {
        let text = |b: u64| b.to_string();
        if place.version == Version::V2 {
            let text = bytes.map_or_else(|| "max".to_owned(), text);
            return vec![Change::write(place.directory.join("memory.max"), text)];
        }
        let unlimited = || "-1".to_owned();
        let both = place.directory.join("memory.memsw.limit_in_bytes");
        let limit =
            Change::write(place.directory.join("memory.limit_in_bytes"), bytes.map_or_else(unlimited, text));
        let Some(now) = number(&both).filter(|_| self.unswappable) else { return vec![limit] };
        let both = Change::write(both, bytes.map_or_else(unlimited, |b| text(b + PAGE)));
        if bytes.is_none_or(|b| b > now) { vec![both, limit] } else { vec![limit, both] }
    }
}

fn number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Bytes; the inner nothing is `max`.
#[allow(clippy::option_option)]
fn bytes(value: &Val) -> Option<Option<u64>> {
    match value {
        Val::Text(t) if t == "max" => Some(None),
        Val::Quantity(n, Unit::Bytes, _) if *n >= 0.0 => Some(Some(*n as u64)),
        Val::Num(n) => u64::try_from(*n).ok().map(Some),
        _ => None,
    }
}

fn swap_limit(place: &Place, bytes: Option<u64>) -> Option<Vec<Change>> {
    let memory = number(&place.directory.join("memory.limit_in_bytes"))?;
    let text = bytes.map_or_else(|| "-1".to_owned(), |b| memory.saturating_add(b).to_string());
    Some(vec![Change::write(place.directory.join("memory.memsw.limit_in_bytes"), text)])
}

fn weight(value: &Val, v1: bool) -> Option<String> {
    let (default, least, most) = if v1 { (1024.0, 2.0, 262_144.0) } else { (100.0, 1.0, 10_000.0) };
    match value {
        Val::Quantity(n, Unit::Times, _) => Some((n * default).round().clamp(least, most).to_string()),
        Val::Num(n) if v1 => Some((*n as f64 * default / 100.0).round().to_string()),
        Val::Num(n) => Some(n.to_string()),
        _ => None,
    }
}

/// A scalar as the file wants it: quantities in their base unit.
fn plain(value: &Val) -> String {
    match value {
        Val::Quantity(n, Unit::Bytes, _) => (*n as u64).to_string(),
        Val::Quantity(n, Unit::Seconds, _) => ((n * 1e6).round() as u64).to_string(),
        other => other.to_string(),
    }
}

fn micros(value: &Val) -> Option<u64> {
    match value {
        Val::Quantity(n, Unit::Seconds, _) if *n > 0.0 => Some((n * 1e6).round() as u64),
        Val::Num(n) => u64::try_from(*n).ok(),
        _ => None,
    }
}

/// `cpu.max`: percent of the period, a time, or `max`. The period is the kernel's default unless told.
fn quota(place: &Place, value: &Val, period: Option<&Val>) -> Option<Vec<Change>> {
    let file = |f: &str| place.directory.join(f);
    let v1 = place.version == Version::V1;
    if matches!(value, Val::Text(t) if t == "max") {
        let change = if v1 { (file("cpu.cfs_quota_us"), "-1") } else { (file("cpu.max"), "max") };
        return Some(vec![Change::write(change.0, change.1)]);
    }
    let period = period.map_or(Some(PERIOD), micros)?;
    let quota = match value {
        Val::Quantity(n, Unit::Percent, _) => (n / 100.0 * period as f64).round() as u64,
        other => micros(other)?,
    };
    if !v1 {
        return Some(vec![Change::write(file("cpu.max"), format!("{quota} {period}"))]);
    }
    let now = number(&file("cpu.cfs_period_us"));
    let quota = Change::write(file("cpu.cfs_quota_us"), quota.to_string());
    let change = Change::write(file("cpu.cfs_period_us"), period.to_string());
    // v1 refuses a share above the parent's even in between, so what makes the share smaller goes first.
    Some(match now {
        Some(now) if now == period => vec![quota],
        Some(now) if now > period => vec![quota, change],
        _ => vec![change, quota],
    })
}
