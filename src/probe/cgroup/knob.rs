//! Knobs under their v2 names, and the files of this machine that stand for them.
//!
//! Values of v1 are brought to v2's form (`max` for no limit, a weight as a multiple of the default, microseconds), so
//! that a lesson compares the same thing everywhere; the raw text stays what the kernel said.

use super::{Group, Place};
use crate::model::{Fact, Reading, Row, Unit, Value};
use crate::probe::text;
use crate::vocabulary::Version;
use crate::vocabulary::whole::Controller;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The lesson's names of processes, by their number in the reader's `/proc`.
pub type Names = BTreeMap<i32, String>;

/// How the texts of a knob's files become a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Quota and period, from one file or from two.
    Quota,
    /// The period alone, in microseconds: the last word.
    Period,
    /// A multiple of this default.
    Weight(f64),
    /// Bytes.
    Bytes,
    /// Bytes, or `max`.
    Limit,
    /// The first less the second: v1 counts memory and swap together.
    Beyond,
    /// A number, or a word such as `max`.
    Count,
    /// A number in nanoseconds, shown in microseconds.
    Nanoseconds,
    /// One line of a flat-keyed file.
    Field(String),
    /// Likewise, in bytes.
    FieldBytes(String),
    /// Likewise, in nanoseconds, shown in microseconds.
    FieldNanoseconds(String),
    /// 0 or 1, by the file's word.
    Word(&'static [(&'static str, i64)]),
    /// Processes or threads.
    Members,
    /// v1 has no such file: whether this directory or one below it has a process.
    Populated,
    /// As it stands.
    Text,
}

/// A knob on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Knob {
    files: Vec<PathBuf>,
    kind: Kind,
}

/// What stands for a knob in a version: whose directory, which files, which kind.
type Entry = (Owner, Vec<String>, Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Where this controller is.
    Of(Controller),
    /// Where CPU time is counted.
    CpuTime,
    /// Any: every directory has it.
    Any,
}

/// The controller whose files begin like this.
pub(super) fn owner(knob: &str) -> Owner {
    let prefix = knob.split_once('.').map_or(knob, |(p, _)| p);
    match (prefix, knob) {
        (_, "cgroup.freeze" | "cgroup.events/frozen") => Owner::Of(Controller::Freezer),
        ("cpu", "cpu.stat/usage" | "cpu.stat/usage_usec") => Owner::CpuTime,
        ("cpu", _) => Owner::Of(Controller::Cpu),
        ("memory", _) => Owner::Of(Controller::Memory),
        ("pids", _) => Owner::Of(Controller::Pids),
        ("cpuset", _) => Owner::Of(Controller::Cpuset),
        ("io" | "blkio", _) => Owner::Of(Controller::Io),
        _ => Owner::Any,
    }
}

/// Fields of v2's `memory.stat` that count events and not bytes.
fn counts_events(field: &str) -> bool {
    ["pg", "workingset_", "thp_", "zswp", "numa_", "swpin", "swpout"].iter().any(|p| field.starts_with(p))
}

fn entry_v2(name: &str) -> Option<Entry> {
    let (file, field) = name.split_once('/').map_or((name, None), |(file, field)| (file, Some(field)));
    let kind = match (file, field) {
        ("cpu.max", None) => Kind::Quota,
        ("cpu.max", Some("period")) => Kind::Period,
        ("cpu.weight", None) => Kind::Weight(100.0),
        ("cpu.stat", Some("usage")) => Kind::Field("usage_usec".to_owned()),
        ("memory.current" | "memory.peak" | "memory.swap.current" | "memory.swap.peak", None) => Kind::Bytes,
        ("memory.max" | "memory.high" | "memory.low" | "memory.min" | "memory.swap.max", None) => Kind::Limit,
        ("memory.stat", Some(field)) if !counts_events(field) => Kind::FieldBytes(field.to_owned()),
        ("cgroup.procs" | "cgroup.threads", None) => Kind::Members,
        ("cgroup.controllers" | "cgroup.subtree_control" | "cpuset.cpus" | "cpuset.mems", None) => Kind::Text,
        ("tasks", _) => return None,
        (_, Some(field)) => Kind::Field(field.to_owned()),
        (_, None) => Kind::Count,
    };
    Some((owner(name), vec![file.to_owned()], kind))
}

fn entry_v1(name: &str) -> Option<Entry> {
    let (files, kind): (&[&str], Kind) = match name {
        "cpu.max" => (&["cpu.cfs_quota_us", "cpu.cfs_period_us"], Kind::Quota),
        "cpu.max/period" => (&["cpu.cfs_period_us"], Kind::Period),
        "cpu.weight" => (&["cpu.shares"], Kind::Weight(1024.0)),
        "cpu.stat/usage" | "cpu.stat/usage_usec" => (&["cpuacct.usage"], Kind::Nanoseconds),
        "cpu.stat/throttled_usec" => (&["cpu.stat"], Kind::FieldNanoseconds("throttled_time".to_owned())),
        "cpuset.cpus" => (&["cpuset.cpus"], Kind::Text),
        "cpuset.mems" => (&["cpuset.mems"], Kind::Text),
        "cpuset.cpus.effective" => (&["cpuset.effective_cpus"], Kind::Text),
        "cpuset.mems.effective" => (&["cpuset.effective_mems"], Kind::Text),
        "memory.max" => (&["memory.limit_in_bytes"], Kind::Limit),
        "memory.current" => (&["memory.usage_in_bytes"], Kind::Bytes),
        "memory.peak" => (&["memory.max_usage_in_bytes"], Kind::Bytes),
        "memory.swap.max" => (&["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"], Kind::Beyond),
        "memory.swap.current" => (&["memory.memsw.usage_in_bytes", "memory.usage_in_bytes"], Kind::Beyond),
        "memory.events/max" => (&["memory.failcnt"], Kind::Count),
        "memory.events/oom_kill" => (&["memory.oom_control"], Kind::Field("oom_kill".to_owned())),
        "memory.stat/anon" => (&["memory.stat"], Kind::FieldBytes("total_rss".to_owned())),
        "memory.stat/file" => (&["memory.stat"], Kind::FieldBytes("total_cache".to_owned())),
        // The first says what was asked for, the second whether it has come about.
        "cgroup.freeze" => (&["freezer.state"], Kind::Word(&[("THAWED", 0), ("FREEZING", 1), ("FROZEN", 1)])),
        "cgroup.events/frozen" => {
            (&["freezer.state"], Kind::Word(&[("THAWED", 0), ("FREEZING", 0), ("FROZEN", 1)]))
        }
        "cgroup.events/populated" => (&["cgroup.procs"], Kind::Populated),
        "cgroup.procs" => (&["cgroup.procs"], Kind::Members),
        "tasks" => (&["tasks"], Kind::Members),
        _ => return entry_v1_as_is(name),
    };
    Some((owner(name), files.iter().map(|f| (*f).to_owned()).collect(), kind))
}

/// Knobs that v1 has under the same name, and those that it does not have at all.
fn entry_v1_as_is(name: &str) -> Option<Entry> {
    let (file, field) = name.split_once('/').map_or((name, None), |(file, field)| (file, Some(field)));
    let kind = match (file, field) {
        ("memory.stat", Some(field)) if counts_events(field) => Kind::Field(format!("total_{field}")),
        ("memory.stat", Some(field)) => Kind::FieldBytes(format!("total_{field}")),
        ("memory.events" | "memory.high" | "memory.low" | "memory.min", _) => return None,
        (file, _) if file.starts_with("cgroup.") => return None,
        (_, Some(field)) => Kind::Field(field.to_owned()),
        (_, None) => Kind::Count,
    };
    Some((owner(name), vec![file.to_owned()], kind))
}

pub(super) fn entry(name: &str, version: Version) -> Option<Entry> {
    match version {
        Version::V1 => entry_v1(name),
        Version::V2 => entry_v2(name),
    }
}

impl Group {
    pub(super) fn owner_place(&self, owner: Owner) -> Option<&Place> {
        match owner {
            Owner::Of(Controller::Freezer) => self
                .place(Controller::Freezer)
                .or_else(|| self.places.iter().find(|p| p.version == Version::V2)),
            Owner::Of(controller) => self.place(controller),
            Owner::CpuTime => self.places.iter().find(|p| p.cpu_time),
            Owner::Any => self.places.first(),
        }
    }

    /// The files that stand for a knob, `cpu.max` or `cpu.stat/nr_periods`, in this group; nothing when this cgroup version
    /// has no such thing or the group was declared without the controller. Whether a file is there shows when it is read.
    pub fn knob(&self, name: &str) -> Option<Knob> {
        let place = self.owner_place(owner(name))?;
        let (_, files, kind) = entry(name, place.version)?;
        let plain = |f: &String| !f.contains('/') && f != ".." && f != "." && !f.is_empty();
        if !files.iter().all(plain) {
            return None;
        }
        Some(Knob { files: files.iter().map(|f| place.directory.join(f)).collect(), kind })
    }

    /// Reads a knob. `proc_root` and `names` tell whom the numbers in `cgroup.procs` mean.
    /// [`Reading::NotMeasured`] where this machine does not have it.
    pub fn read(&self, name: &str, proc_root: &Path, names: &Names) -> Reading {
        self.knob(name).map_or(Reading::NotMeasured, |k| k.read(proc_root, names))
    }

    /// The CPU time that the group has used, in microseconds.
    ///
    /// # Errors
    /// The counter cannot be read; `NotFound` when this group does not count CPU time.
    pub fn usage_usec(&self) -> io::Result<u64> {
        let knob = self.knob("cpu.stat/usage_usec").ok_or(io::ErrorKind::NotFound)?;
        match knob.fact(Path::new("/proc"), &Names::new())?.value {
            Value::Int(n) => Ok(n as u64),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl Knob {
    /// The real paths, to be shown: the first in full, further ones by their names.
    pub fn shown(&self) -> String {
        let name = |f: &PathBuf| f.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = self.files.iter();
        let first = files.next().map(|f| f.display().to_string()).unwrap_or_default();
        files.fold(first, |text, file| format!("{text}, {}", name(file)))
    }

    /// The real paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Reads it. A file that is missing in a directory that is there is one that this kernel does not have.
    pub fn read(&self, proc_root: &Path, names: &Names) -> Reading {
        let result = self.fact(proc_root, names);
        let absent = matches!(&result, Err(e) if e.kind() == io::ErrorKind::NotFound);
        let group_is_there = || self.files.iter().any(|f| f.parent().is_some_and(Path::is_dir));
        if absent && group_is_there() {
            return Reading::NotMeasured;
        }
        Reading::from_io(&format!("read {}", self.shown()), result)
    }

    fn fact(&self, proc_root: &Path, names: &Names) -> io::Result<Fact> {
        let mut texts = Vec::new();
        for file in &self.files {
            texts.push((file, text::read(file)?));
        }
        if self.kind == Kind::Members {
            return Ok(members(&texts[0].1, proc_root, names));
        }
        if self.kind == Kind::Populated {
            let directory = self.files[0].parent().unwrap_or(Path::new("/"));
            return Ok(Fact::of(Value::Int(i64::from(populated(directory)?))));
        }
        let plain: Vec<&str> = texts.iter().map(|(_, t)| t.as_str()).collect();
        let whole = || match texts.as_slice() {
            [(_, text)] => text.clone(),
            texts => texts.iter().map(|(f, t)| labelled(f, t)).collect(),
        };
        match (self.kind.value(&plain), &self.kind) {
            (Some((value, line)), _) => Ok(Fact { raw: line.unwrap_or_else(whole), value }),
            // A field that is not in the file is one that this kernel does not count.
            (None, Kind::Field(_) | Kind::FieldBytes(_) | Kind::FieldNanoseconds(_)) => {
                Err(io::ErrorKind::NotFound.into())
            }
            // A text that nobody foresaw is shown as it is. It is no number, so no statement on one holds of it.
            (None, _) => Ok(Fact::text(whole())),
        }
    }
}

/// A text of several files says which is which.
fn labelled(path: &Path, text: &str) -> String {
    format!("{}: {}\n", path.file_name().unwrap_or_default().to_string_lossy(), text.trim_end())
}

/// The rows `pid name` of `cgroup.procs` or `tasks`. A number 0 is a process that the reader's PID namespace does not have.
fn members(text: &str, proc_root: &Path, names: &Names) -> Fact {
    let row = |line: &str| {
        let known = line.trim().parse().ok().and_then(|pid: i32| names.get(&pid).cloned());
        // A process that has ended meanwhile has no name any more.
        let comm = || text::read(&proc_root.join(line.trim()).join("comm")).unwrap_or_default();
        let name = known.unwrap_or_else(|| comm().trim_end().to_owned());
        Row::new([("pid", line.trim().to_owned()), ("name", name)])
    };
    Fact { raw: text.to_owned(), value: Value::Table(text.lines().map(row).collect()) }
}

fn populated(directory: &Path) -> io::Result<bool> {
    if !std::fs::read_to_string(directory.join("cgroup.procs"))?.is_empty() {
        return Ok(true);
    }
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && populated(&entry.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// v1 prints a number of pages that cannot be exceeded where v2 prints `max`; it depends on the page size, but is always
/// close to 2⁶³.
fn limit(text: &str) -> Option<Value> {
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(n) if (0..1 << 62).contains(&n) => Some(Value::Quantity(n as f64, Unit::Bytes)),
        Ok(n) if n == -1 || n >= 1 << 62 => Some(Value::Text("max".to_owned())),
        Ok(_) => None,
        Err(_) => (text == "max").then(|| Value::Text("max".to_owned())),
    }
}

fn int(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// The line of a flat-keyed file, and its number.
fn field<'t>(text: &'t str, key: &str) -> Option<(&'t str, i64)> {
    text.lines().find_map(|line| {
        let (name, number) = line.split_once(' ')?;
        (name == key).then_some(())?;
        Some((line, int(number)?))
    })
}

impl Kind {
    /// The value, and the one line of the text that it comes from where it is not the whole.
    fn value(&self, texts: &[&str]) -> Option<(Value, Option<String>)> {
        let first = *texts.first()?;
        let of_line = |key: &str, value: &dyn Fn(i64) -> Value| {
            field(first, key).map(|(line, n)| (value(n), Some(line.to_owned())))
        };
        let value = match self {
            Kind::Quota => {
                let joined = texts.join(" ");
                let mut words = joined.split_whitespace();
                let (quota, period) = (words.next()?, words.next()?.parse::<f64>().ok()?);
                match quota.parse::<f64>() {
                    Ok(q) if q >= 0.0 && period > 0.0 => Value::Quantity(q / period * 100.0, Unit::Percent),
                    _ if ["max", "-1"].contains(&quota) => Value::Text("max".to_owned()),
                    _ => return None,
                }
            }
            Kind::Period => {
                Value::Quantity(int(first.split_whitespace().last()?)? as f64 / 1e6, Unit::Seconds)
            }
            Kind::Weight(default) => Value::Quantity(int(first)? as f64 / default, Unit::Times),
            Kind::Bytes => Value::Quantity(int(first)? as f64, Unit::Bytes),
            Kind::Limit => limit(first)?,
            Kind::Beyond => match (limit(first)?, limit(texts.get(1)?)?) {
                (Value::Quantity(all, unit), Value::Quantity(memory, _)) => {
                    Value::Quantity((all - memory).max(0.0), unit)
                }
                (unlimited, _) => unlimited,
            },
            Kind::Count => int(first).map_or_else(|| Value::Text(first.to_owned()), Value::Int),
            Kind::Nanoseconds => Value::Int(int(first)? / 1000),
            Kind::Field(key) => return of_line(key, &Value::Int),
            Kind::FieldBytes(key) => return of_line(key, &|n| Value::Quantity(n as f64, Unit::Bytes)),
            Kind::FieldNanoseconds(key) => return of_line(key, &|n| Value::Int(n / 1000)),
            Kind::Word(words) => Value::Int(words.iter().find(|(word, _)| first.trim() == *word)?.1),
            Kind::Text | Kind::Members | Kind::Populated => Value::Text(first.to_owned()),
        };
        Some((value, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a knob for the texts of its files, in their order.
    fn value(name: &str, version: Version, texts: &[&str]) -> Option<Value> {
        let (_, files, kind) = entry(name, version)?;
        assert!(texts.len() <= files.len(), "{name}: {files:?}");
        kind.value(texts).map(|(v, _)| v)
    }

    fn percent(n: f64) -> Value {
        Value::Quantity(n, Unit::Percent)
    }

    fn bytes(n: f64) -> Value {
        Value::Quantity(n, Unit::Bytes)
    }

    fn max() -> Value {
        Value::Text("max".to_owned())
    }

    #[test]
    fn both_versions_give_the_same_value() {
        use Version::{V1, V2};
        let times = |n| Some(Value::Quantity(n, Unit::Times));
        assert_eq!(value("cpu.max", V1, &["20000\n", "100000\n"]), Some(percent(20.0)));
        assert_eq!(value("cpu.max", V2, &["5000 25000\n"]), Some(percent(20.0)));
        assert_eq!(value("cpu.max", V1, &["-1\n", "100000\n"]), Some(max()));
        assert_eq!(value("cpu.max", V2, &["max 100000\n"]), Some(max()));
        let fifty = Some(Value::Quantity(0.05, Unit::Seconds));
        assert_eq!(value("cpu.max/period", V1, &["50000\n"]), fifty);
        assert_eq!(value("cpu.max/period", V2, &["max 50000\n"]), fifty);
        assert_eq!(value("cpu.weight", V1, &["4096\n"]), times(4.0));
        assert_eq!(value("cpu.weight", V2, &["400\n"]), times(4.0));
        assert_eq!(value("memory.max", V1, &["9223372036854771712\n"]), Some(max()));
        assert_eq!(value("memory.max", V1, &["9223372036854710272\n"]), Some(max()), "pages of 64 KiB");
        assert_eq!(value("memory.max", V2, &["max\n"]), Some(max()));
        assert_eq!(value("memory.max", V1, &["9998336\n"]), Some(bytes(9_998_336.0)));
        assert_eq!(value("memory.max", V2, &["9998336\n"]), Some(bytes(9_998_336.0)));
        let oom = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";
        assert_eq!(value("memory.events/oom_kill", V1, &[oom]), Some(Value::Int(1)));
        let events = "low 0\nhigh 0\nmax 35\noom 1\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(value("memory.events/oom_kill", V2, &[events]), Some(Value::Int(1)));
        assert_eq!(value("memory.events/max", V2, &[events]), Some(Value::Int(35)));
        assert_eq!(value("memory.events/max", V1, &["3\n"]), Some(Value::Int(3)));
        assert_eq!(value("cpu.stat/usage", V1, &["1234567\n"]), Some(Value::Int(1234)));
        assert_eq!(
            value("cpu.stat/usage", V2, &["usage_usec 1234\nuser_usec 1000\n"]),
            Some(Value::Int(1234))
        );
        assert_eq!(value("cgroup.freeze", V1, &["FROZEN\n"]), Some(Value::Int(1)));
        assert_eq!(value("cgroup.freeze", V2, &["0\n"]), Some(Value::Int(0)));
        assert_eq!(value("cgroup.freeze", V1, &["FREEZING\n"]), Some(Value::Int(1)), "it was asked for");
        assert_eq!(value("cgroup.events/frozen", V1, &["FREEZING\n"]), Some(Value::Int(0)), "not yet");
        assert_eq!(value("memory.stat/anon", V1, &["rss 1\ntotal_rss 4096\n"]), Some(bytes(4096.0)));
        assert_eq!(value("memory.stat/anon", V2, &["anon 4096\nfile 0\n"]), Some(bytes(4096.0)));
        assert_eq!(value("memory.swap.max", V1, &["20971520\n", "20971520\n"]), Some(bytes(0.0)));
    }

    /// Whatever a file says, its value is made of that or there is none.
    #[test]
    fn what_is_not_understood_is_not_translated() {
        use Version::{V1, V2};
        for (name, version, text) in [
            ("cpu.max", V2, "unlimited 100000\n"),
            ("cpu.max", V2, "20000 0\n"),
            ("memory.max", V2, "-2\n"),
            ("memory.max", V2, "none\n"),
            ("memory.current", V1, "\n"),
            ("cpu.weight", V1, "idle\n"),
            ("cgroup.freeze", V1, "MELTING\n"),
        ] {
            assert_eq!(value(name, version, &[text]), None, "{name} {text}");
            let file = std::env::temp_dir().join(format!("isolab-knob-{}", std::process::id()));
            std::fs::write(&file, text).expect("a file");
            let (_, files, kind) = entry(name, version).expect("a knob");
            let knob = Knob { files: files.iter().take(1).map(|_| file.clone()).collect(), kind };
            let read = knob.read(Path::new("/proc"), &Names::new());
            std::fs::remove_file(&file).expect("removed");
            assert_eq!(read, Reading::Fact(Fact::text(text)), "{name}");
        }
    }

    #[test]
    fn a_member_that_has_no_number_keeps_its_text() {
        let fact = members("0\n4211\nx\n", Path::new("/nowhere"), &[(4211, "box".to_owned())].into());
        let shown: Vec<String> = match &fact.value {
            Value::Table(rows) => rows.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        };
        assert_eq!(shown, ["0", "4211 box", "x"]);
    }

    #[test]
    fn what_a_version_lacks_is_not_invented() {
        assert_eq!(value("memory.high", Version::V1, &["1\n"]), None);
        assert_eq!(value("memory.events/high", Version::V1, &["high 1\n"]), None);
        assert_eq!(value("tasks", Version::V2, &["1\n"]), None);
        assert_eq!(value("cgroup.controllers", Version::V1, &["cpu\n"]), None);
        assert_eq!(
            value("memory.events/oom_group_kill", Version::V2, &["oom_kill 1\n"]),
            None,
            "before 5.17"
        );
    }
}
