//! What to write, into which files of this machine and in which order, for a knob that a lesson sets.

use crate::model::{Change, Unit};
use crate::probe::cgroup::{CgroupDirectory, Group};
use crate::vocabulary::control::{Form, Knob, PERIOD_US, Source, Takes, WEIGHT_V2, WeightRange};
use crate::vocabulary::verb::setting::Setting;
use crate::vocabulary::{Val, Version};
use std::path::{Path, PathBuf};

/// How much more v1's limit on memory and swap together allows than its limit on memory, in bytes: the largest page that Linux has, as the kernel
/// counts in pages.
const PAGE: u64 = 65_536;

/// The number that a control file holds at present; none when it cannot be read.
pub type Present<'a> = &'a dyn Fn(&Path) -> Option<u64>;

/// The writes that give a knob of a group this value. Members (`cgroup.procs`, `tasks`) are given by their process number, as the writer's PID
/// namespace counts, and join every hierarchy of the group. Where an order matters, `present` is asked first.
///
/// # Errors
/// A sentence: the group has no such knob on this machine, or it takes no such value.
pub fn changes(
    group: &Group,
    knob: &Knob,
    setting: &Setting,
    present: Present,
) -> Result<Vec<Change>, String> {
    let unknown = || format!("{knob} is not a setting of this cgroup version");
    if knob.field.is_some() {
        return Err(unknown());
    }
    let place = group
        .carried_by(knob.content.carrier)
        .ok_or_else(|| format!("the group has no controller for {knob}"))?;
    let source = knob.content.source(place.version).ok_or_else(unknown)?;
    let files = Files { place, source, present };
    let value = &setting.value;
    let changes = match knob.file.takes {
        Takes::Member => {
            if group.places.iter().any(|p| knob.content.source(p.version).is_none()) {
                return Err(unknown());
            }
            join(group, files.name(), value)
        }
        Takes::Quota => files.quota(value, setting.period.as_ref()),
        Takes::Weight => files.weight(value),
        Takes::Size => files.size(value, group.unswappable),
        // A read-only file is written too where the kernel's refusal is the lesson.
        Takes::Nothing | Takes::Number | Takes::Limit | Takes::Text => files.plain(value),
    };
    changes.ok_or_else(|| format!("{knob} does not take {value}"))
}

fn join(group: &Group, file: &str, member: &Val) -> Option<Vec<Change>> {
    let pid = member.number().filter(|n| *n >= 0.0)? as i32;
    Some(group.places.iter().map(|p| Change::write(p.directory.join(file), pid.to_string())).collect())
}

/// The files that stand for a knob in one directory.
struct Files<'a> {
    place: &'a CgroupDirectory,
    source: &'a Source,
    present: Present<'a>,
}

impl Files<'_> {
    fn name(&self) -> &'static str {
        self.source.files.first().copied().unwrap_or_default()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.place.directory.join(file)
    }

    fn one(&self, text: impl Into<String>) -> Vec<Change> {
        vec![Change::write(self.path(self.name()), text)]
    }

    /// A scalar as the file takes it: quantities in their base unit.
    fn plain(&self, value: &Val) -> Option<Vec<Change>> {
        let text = match (self.source.form, value) {
            (Form::Word(words), value) => {
                let wanted = i64::from(value.number()? > 0.0);
                // Of several words for one state the last is the one that can be written: FREEZING is only read.
                words.iter().rev().find(|(_, n)| *n == wanted)?.0.to_owned()
            }
            (_, Val::Quantity(n, Unit::Bytes, _)) => (*n as u64).to_string(),
            (_, Val::Quantity(n, Unit::Seconds, _)) => ((n * 1e6).round() as u64).to_string(),
            (_, other) => other.to_string(),
        };
        Some(self.one(text))
    }

    fn weight(&self, value: &Val) -> Option<Vec<Change>> {
        let Form::Weight(WeightRange { default, least, most }) = self.source.form else { return None };
        let text = match value {
            Val::Quantity(n, Unit::Times, _) => (n * default).round().clamp(least, most).to_string(),
            Val::Num(n) => (*n as f64 * default / WEIGHT_V2.default).round().to_string(),
            _ => return None,
        };
        Some(self.one(text))
    }

    fn size(&self, value: &Val, unswappable: bool) -> Option<Vec<Change>> {
        let bytes = bytes(value)?;
        Some(match (self.place.version, self.source.form, self.source.files) {
            (Version::V1, Form::Beyond, &[both, memory]) => {
                let memory = (self.present)(&self.path(memory))?;
                let text = unlimited_or(bytes.map(|b| memory.saturating_add(b)));
                vec![Change::write(self.path(both), text)]
            }
            (Version::V1, ..) => self.memory_limit(bytes, unswappable),
            (Version::V2, ..) => self.one(bytes.map_or_else(|| "max".to_owned(), |b| b.to_string())),
        })
    }

    /// v1 keeps a second limit, on memory and swap together, which must never be the lower one: on the way up it goes first, on the way down
    /// second. It is kept a page higher where the lesson wants no swap. Were both the same, the kernel would meet the second first, and
    /// `memory.failcnt` would not count.
    fn memory_limit(&self, bytes: Option<u64>, unswappable: bool) -> Vec<Change> {
        let both = self.path("memory.memsw.limit_in_bytes");
        let limit = Change::write(self.path(self.name()), unlimited_or(bytes));
        let Some(now) = (self.present)(&both).filter(|_| unswappable) else { return vec![limit] };
        let both = Change::write(both, unlimited_or(bytes.map(|b| b + PAGE)));
        if bytes.is_none_or(|b| b > now) { vec![both, limit] } else { vec![limit, both] }
    }

    /// `cpu.max`: percent of the period, a time, or `max`.
    fn quota(&self, value: &Val, period: Option<&Val>) -> Option<Vec<Change>> {
        if matches!(value, Val::Text(t) if t == "max") {
            return Some(self.one(if self.place.version == Version::V1 { "-1" } else { "max" }));
        }
        let period = period.map_or(Some(u64::from(PERIOD_US)), micros)?;
        let quota = match value {
            Val::Quantity(n, Unit::Percent, _) => (n / 100.0 * period as f64).round() as u64,
            other => micros(other)?,
        };
        let &[quota_file, period_file] = self.source.files else {
            return Some(self.one(format!("{quota} {period}")));
        };
        let period_file = self.path(period_file);
        let now = (self.present)(&period_file);
        let quota = Change::write(self.path(quota_file), quota.to_string());
        let change = Change::write(period_file, period.to_string());
        // v1 refuses a share above the parent's even in between, so what makes the share smaller goes first.
        Some(match now {
            Some(now) if now == period => vec![quota],
            Some(now) if now > period => vec![quota, change],
            _ => vec![change, quota],
        })
    }
}

/// A limit of v1.
fn unlimited_or(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "-1".to_owned(), |b| b.to_string())
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

fn micros(value: &Val) -> Option<u64> {
    match value {
        Val::Quantity(n, Unit::Seconds, _) if *n > 0.0 => Some((n * 1e6).round() as u64),
        Val::Num(n) => u64::try_from(*n).ok(),
        _ => None,
    }
}
