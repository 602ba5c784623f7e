//! What a step's record says about cgroups, sorted by group.

use super::super::input::PictureInput;
use super::resource::{Resource, bytes, value_text};
use crate::events::ReadoutRecord;
use crate::model::{Reading, Row, Unit, Value};
use crate::vocabulary::Reader;
use crate::vocabulary::control::Knob;

/// A part of a bar that is seen.
pub const VISIBLE: f64 = 0.02;

/// A value as it is, and as it was before the actions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Side {
    pub now: Option<f64>,
    before: Option<f64>,
}

impl Side {
    fn of(record: &ReadoutRecord, after: bool) -> Self {
        let before = number(&record.before);
        if after { Side { now: number(&record.after), before } } else { Side { now: before, before: None } }
    }

    /// The same, without a move that no bar would show: usage is never twice the same to the byte.
    pub fn settled(self, scale: f64) -> Self {
        let little = |before: &f64| self.now.is_some_and(|now| (now - before).abs() <= scale * VISIBLE);
        Side { before: self.before.filter(|before| !little(before)), ..self }
    }

    pub fn moved(self) -> bool {
        self.moved_from().is_some()
    }

    /// The value before, where it is another one now.
    pub fn moved_from(self) -> Option<f64> {
        self.before.filter(|before| self.now != Some(*before))
    }

    /// As it is, with what it was before it, where that reads differently.
    pub fn text(self, words: impl Fn(f64) -> String) -> Option<String> {
        let now = words(self.now?);
        let before = self.moved_from().map(&words).filter(|before| *before != now);
        Some(before.map_or_else(|| now.clone(), |before| format!("{before} → {now}")))
    }
}

fn number(reading: &Reading) -> Option<f64> {
    match reading.value()? {
        Value::Int(number) => Some(*number as f64),
        Value::Quantity(number, _) => Some(*number),
        Value::Text(_) | Value::Table(_) | Value::Process(_) => None,
    }
}

/// A limit of a resource.
pub struct Limit {
    pub name: &'static str,
    pub value: Side,
    /// In words, as `max` is no number.
    pub text: String,
    pub changed: bool,
}

/// A resource of one group.
pub struct Gauge {
    pub resource: Resource,
    pub used: Side,
    pub reached: Option<f64>,
    pub limits: Vec<Limit>,
}

/// A named value.
pub struct Count {
    pub name: String,
    pub text: String,
    pub changed: bool,
}

/// Whether something was there before and is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Throughout,
    NotYet,
    Made,
    Gone,
    Unknown,
}

impl Held {
    fn of(before: bool, now: bool) -> Self {
        match (before, now) {
            (true, true) => Held::Throughout,
            (false, true) => Held::Made,
            (true, false) => Held::Gone,
            (false, false) => Held::NotYet,
        }
    }
}

/// A member of a group.
pub struct Member {
    pub name: String,
    pub held: Held,
}

/// A process that was read about.
pub struct Worker<'a> {
    pub name: &'a str,
    /// The group that it is in, as far as that is known.
    pub group: Option<String>,
    /// Before, and after if that was read.
    pub state: Option<(&'a Reading, Option<&'a Reading>)>,
    pub counts: Vec<Count>,
    pub bar: Option<(Resource, f64)>,
}

/// A cgroup of the lesson.
pub struct Group<'a> {
    pub name: &'a str,
    pub depth: usize,
    pub controllers: Vec<&'static str>,
    pub gauges: Vec<Gauge>,
    pub counts: Vec<Count>,
    pub members: Option<Vec<Member>>,
    pub workers: Vec<Worker<'a>>,
    held: Held,
}

impl Group<'_> {
    /// Nothing of it was read.
    pub fn bare(&self) -> bool {
        let empty = self.gauges.is_empty() && self.counts.is_empty() && self.members.is_none();
        empty && self.held == Held::Unknown
    }

    pub fn held(&self) -> Held {
        self.held
    }
}

/// All that was read about cgroups.
pub struct World<'a> {
    /// Parents before their children.
    pub groups: Vec<Group<'a>>,
    /// Processes that are in none of the groups.
    pub workers: Vec<Worker<'a>>,
    /// What was read besides.
    pub notes: Vec<Count>,
    scales: [f64; 3],
}

impl<'a> World<'a> {
    pub fn of(input: &PictureInput<'a>) -> Self {
        let read: Vec<(&Reader, &ReadoutRecord)> =
            input.readouts.iter().filter_map(|record| Some((input.reader(record)?, record))).collect();
        let mut groups: Vec<Group> =
            tree(input, None, 0).into_iter().map(|(name, depth)| group(input, &read, name, depth)).collect();
        let mut workers = workers(input, &read);
        for worker in &mut workers {
            let member = |group: &&Group| {
                let names =
                    |m: &Member| m.name == worker.name && matches!(m.held, Held::Made | Held::Throughout);
                group.members.iter().flatten().any(names)
            };
            let read = groups.iter().find(member).map(|group| group.name.to_owned());
            let declared = || input.lesson.workloads.get(worker.name)?.cgroup().map(str::to_owned);
            worker.group = read.or_else(declared);
        }
        // A group stays when it was read, when a process of it was, or for the sake of one below it.
        let wanted = |group: &Group| {
            !group.bare() || workers.iter().any(|worker| worker.group.as_deref() == Some(group.name))
        };
        let named: Vec<&str> = groups.iter().filter(|group| wanted(group)).map(|group| group.name).collect();
        groups.retain(|group| named.iter().any(|name| within(input, name, group.name)));
        for worker in workers.extract_if(.., |worker| worker.group.is_some()) {
            if let Some(group) = groups.iter_mut().find(|group| Some(group.name) == worker.group.as_deref()) {
                group.workers.push(worker);
            }
        }
        let scales = Resource::ALL.map(|resource| scale(resource, &groups, &workers));
        World { groups, workers, notes: notes(&read, input.after), scales }
    }

    /// The value that a whole bar stands for.
    pub fn scale(&self, resource: Resource) -> f64 {
        let [cpu, memory, pids] = self.scales;
        match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory,
            Resource::Pids => pids,
        }
    }
}

/// Groups with their depth, parents before their children.
fn tree<'a>(input: &PictureInput<'a>, under: Option<&str>, depth: usize) -> Vec<(&'a str, usize)> {
    let children = input.lesson.cgroups.iter().filter(|(_, group)| group.under.as_deref() == under);
    let mut out = Vec::new();
    for (name, _) in children {
        out.push((name.as_str(), depth));
        out.extend(tree(input, Some(name), depth + 1));
    }
    out
}

/// Whether a group is this one or below it.
fn within(input: &PictureInput, name: &str, above: &str) -> bool {
    let parent = || input.lesson.cgroups.get(name)?.under.as_deref();
    name == above || parent().is_some_and(|parent| within(input, parent, above))
}

fn group<'a>(
    input: &PictureInput<'a>,
    read: &[(&Reader, &ReadoutRecord)],
    name: &'a str,
    depth: usize,
) -> Group<'a> {
    let after = input.after;
    let knobs: Vec<(&Knob, &ReadoutRecord)> = read
        .iter()
        .filter_map(|(reader, record)| match reader {
            Reader::Knob(of) if of.0.cgroup == name => Some((&of.0.knob, *record)),
            _ => None,
        })
        .collect();
    let share = read.iter().find(|(reader, _)| matches!(reader, Reader::CpuShare(of) if of.0 == name));
    let gauges = Resource::ALL.into_iter().filter_map(|resource| {
        let share = share.map(|(_, record)| *record).filter(|_| resource == Resource::Cpu);
        gauge(resource, &knobs, share, after)
    });
    let drawn = |file: &str| {
        Resource::ALL.into_iter().map(Resource::files).any(|(used, reached, limits)| {
            file == used || file == reached || limits.iter().any(|(limit, _)| file == *limit)
        })
    };
    let mut members = None;
    let mut counts = Vec::new();
    for (knob, record) in &knobs {
        match knob.to_string().as_str() {
            "cgroup.procs" => members = members_of(record, after),
            file if drawn(file) => {}
            file => counts.extend(count(label(file), record, after)),
        }
    }
    let there = |reading: fn(&ReadoutRecord) -> &Reading| {
        knobs.iter().any(|(_, record)| matches!(reading(record), Reading::Fact(_)))
    };
    let refused = knobs.iter().any(|(_, record)| matches!(record.before, Reading::Unread { .. }));
    let (before, now) = (there(|record| &record.before), there(|record| &record.after));
    let held = match after {
        _ if knobs.is_empty() => Held::Unknown,
        true => Held::of(before, now),
        false if !before && refused => Held::NotYet,
        false => Held::Unknown,
    };
    let declared = input.lesson.cgroups.get(name);
    let controllers = declared.iter().flat_map(|group| &group.controllers).map(|c| c.name()).collect();
    Group { name, depth, controllers, gauges: gauges.collect(), counts, members, workers: Vec::new(), held }
}

fn gauge(
    resource: Resource,
    knobs: &[(&Knob, &ReadoutRecord)],
    share: Option<&ReadoutRecord>,
    after: bool,
) -> Option<Gauge> {
    let (used, reached, limits) = resource.files();
    let of = |file: &str| knobs.iter().find(|(knob, _)| knob.to_string() == file).map(|(_, record)| *record);
    let used = share.or_else(|| of(used));
    // The share of a window has been measured once; what it was meanwhile is in the curve.
    let sampled = used.filter(|_| share.is_none()).and_then(|record| record.peak.as_ref()).and_then(number);
    let kept = of(reached).and_then(|record| number(if after { &record.after } else { &record.before }));
    let reached = if after { sampled.into_iter().chain(kept).reduce(f64::max) } else { kept };
    let limits: Vec<Limit> = limits
        .iter()
        .filter_map(|(file, name)| {
            let record = of(file)?;
            let said = count(String::new(), record, after)?;
            Some(Limit { name, value: Side::of(record, after), text: said.text, changed: said.changed })
        })
        .collect();
    let used = used.map(|record| Side::of(record, after));
    let known = used.is_some_and(|used| used.now.is_some()) || !limits.is_empty() || reached.is_some();
    known.then(|| Gauge { resource, used: used.unwrap_or_default(), reached, limits })
}

/// A value in words, with what it was before where it has changed. Nothing for what could not be read.
fn count(name: String, record: &ReadoutRecord, after: bool) -> Option<Count> {
    let words = |reading: &Reading| match reading.value()? {
        Value::Quantity(value, Unit::Bytes) => Some(bytes(*value)),
        Value::Quantity(value, Unit::Percent) => {
            let text = format!("{value:.1}");
            Some(format!("{} %", text.strip_suffix(".0").unwrap_or(&text)))
        }
        Value::Table(rows) => Some(rows.iter().map(Row::to_string).collect::<Vec<_>>().join(" ")),
        Value::Int(_)
        | Value::Quantity(_, Unit::Seconds | Unit::Times)
        | Value::Text(_)
        | Value::Process(_) => Some(reading.to_string()),
    };
    let before = words(&record.before);
    if !after {
        return before.map(|text| Count { name, text, changed: false });
    }
    let now = words(&record.after)?;
    let Some(before) = before else { return Some(Count { name, text: now, changed: false }) };
    let changed = before != now;
    let text = match (record.before.value(), record.after.value()) {
        _ if !changed => now,
        (Some(Value::Int(old)), Some(Value::Int(new))) if new > old => {
            format!("{before} → {now} (+{})", new.saturating_sub(*old))
        }
        _ => format!("{before} → {now}"),
    };
    Some(Count { name, text, changed })
}

/// What a file or field is called here: a word where everybody in the field uses one, else its name.
fn label(file: &str) -> String {
    match file {
        "cpu.stat/nr_throttled" => "throttled",
        "cpu.stat/nr_periods" => "periods",
        "cpu.max/period" => "period",
        "cpu.weight" => "weight",
        "memory.events/oom_kill" => "oom_kill",
        "memory.events/max" => "hit the limit",
        "memory.events/high" => "hit memory.high",
        file => file,
    }
    .to_owned()
}

fn members_of(record: &ReadoutRecord, after: bool) -> Option<Vec<Member>> {
    let names = |reading: &Reading| -> Option<Vec<String>> {
        let Some(Value::Table(rows)) = reading.value() else { return None };
        let name = |row: &Row| {
            row.get("name").filter(|name| !name.is_empty()).or_else(|| row.get("pid")).map(str::to_owned)
        };
        Some(rows.iter().filter_map(name).collect())
    };
    let (before, now) = (names(&record.before), names(&record.after));
    if !after {
        return Some(before?.into_iter().map(|name| Member { name, held: Held::Throughout }).collect());
    }
    if before.is_none() && now.is_none() {
        return None;
    }
    let (before, now) = (before.unwrap_or_default(), now.unwrap_or_default());
    let gone = before.iter().filter(|name| !now.contains(name)).cloned();
    let all = now.iter().cloned().chain(gone);
    let held = |name: &String| Held::of(before.contains(name), now.contains(name));
    Some(all.map(|name| Member { held: held(&name), name }).collect())
}

/// Processes whose state, memory or CPU time was read, in the order of the readouts.
fn workers<'a>(input: &PictureInput<'a>, read: &[(&'a Reader, &'a ReadoutRecord)]) -> Vec<Worker<'a>> {
    let mut out: Vec<Worker> = Vec::new();
    for (reader, record) in read {
        let name = match reader {
            Reader::State(of) => &of.0,
            Reader::Rss(of) => &of.0,
            Reader::Announced(of) => &of.0,
            Reader::CpuShare(of) if input.lesson.workloads.contains_key(&of.0) => &of.0,
            _ => continue,
        };
        let at = out.iter().position(|worker| worker.name == name).unwrap_or_else(|| {
            out.push(Worker { name, group: None, state: None, counts: Vec::new(), bar: None });
            out.len() - 1
        });
        let worker = &mut out[at];
        let side = Side::of(record, input.after);
        match reader {
            Reader::State(_) => worker.state = Some((&record.before, input.after.then_some(&record.after))),
            Reader::CpuShare(_) => {
                let text = side.text(|value| value_text(Resource::Cpu, value));
                worker.counts.extend(text.map(|text| Count { name: "used".into(), text, changed: false }));
                worker.bar = side.now.map(|value| (Resource::Cpu, value));
            }
            Reader::Rss(_) => {
                worker.counts.extend(count("VmRSS".into(), record, input.after));
                worker.bar = side.now.map(|value| (Resource::Memory, value));
            }
            _ => worker.counts.extend(count("took".into(), record, input.after)),
        }
    }
    out
}

/// What was read of the whole machine.
fn notes(read: &[(&Reader, &ReadoutRecord)], after: bool) -> Vec<Count> {
    let note = |(reader, record): &(&Reader, &ReadoutRecord)| match reader {
        Reader::Meminfo(field) => {
            count(format!("{} in /proc/meminfo, read by {}:", field.0, record.viewpoint), record, after)
        }
        _ => None,
    };
    read.iter().filter_map(note).collect()
}

/// The value at the end of all bars of a resource: whole CPUs; else the highest limit, or a round number above what was used.
fn scale(resource: Resource, groups: &[Group], outside: &[Worker]) -> f64 {
    let highest = |values: &mut dyn Iterator<Item = Option<f64>>| {
        values.flatten().filter(|value| value.is_finite()).fold(0.0, f64::max)
    };
    let gauges = || groups.iter().flat_map(|group| &group.gauges).filter(|gauge| gauge.resource == resource);
    let limits = gauges().flat_map(|gauge| &gauge.limits);
    let limit = highest(&mut limits.flat_map(|limit| [limit.value.now, limit.value.before]));
    let workers = groups.iter().flat_map(|group| &group.workers).chain(outside);
    let bars = workers.filter_map(|worker| worker.bar).filter(|(of, _)| *of == resource);
    let used = gauges().flat_map(|gauge| [gauge.used.now, gauge.used.before, gauge.reached]);
    let used = highest(&mut used.chain(bars.map(|(_, value)| Some(value))));
    match resource {
        Resource::Cpu => (used.max(limit) / 100.0).ceil().max(1.0) * 100.0,
        Resource::Memory | Resource::Pids if used <= limit => limit.max(1.0),
        Resource::Memory | Resource::Pids => used.log2().ceil().exp2(),
    }
}
