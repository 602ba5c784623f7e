//! Control files of cgroups: one table for the loader, which checks what a lesson names and sets, for `probe`, which reads them, and for `actor`,
//! which writes them.
//!
//! A lesson uses the names and units of cgroup v2 (kernel document `cgroup-v2.rst`), also on a machine with v1. Values of v1 are brought to v2's
//! form: `max` for no limit, a weight as a multiple of the default, microseconds.

mod table;

pub use table::{FILES, PERIOD_US, WEIGHT_V2};

use super::Val;
use super::general::{misfit, text_value};
use super::suggest::suggest;
use super::whole::Controller;
use super::{Version, yields::Yields};
use crate::model::Unit;
use std::fmt;
use std::str::FromStr;

/// A control file.
#[derive(Debug)]
pub struct ControlFile {
    /// Its name in cgroup v2; `tasks` has no counterpart there.
    pub name: &'static str,
    /// The file as a whole.
    pub whole: Content,
    /// Its fields, each of which can be read alone: `memory.events/oom_kill`.
    pub fields: Fields,
    /// What a lesson can write to it.
    pub takes: Takes,
}

/// The fields of a control file.
#[derive(Debug)]
pub enum Fields {
    /// None.
    None,
    /// These.
    Known(&'static [Field]),
    /// Too many to list, and more in newer kernels: how a field of this name is read.
    Any(fn(&str) -> Content),
}

/// A field of a control file.
#[derive(Debug)]
pub struct Field {
    /// Its name in cgroup v2.
    pub name: &'static str,
    /// What it holds.
    pub content: Content,
}

/// What a file or a field holds, and where it is read.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// The directories that have it.
    pub carrier: Carrier,
    /// It only ever grows.
    pub counter: bool,
    /// Where v2 has it.
    pub v2: Option<Source>,
    /// Where v1 has what means the same.
    pub v1: Option<Source>,
}

/// The cgroup directories that have a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// Those in the hierarchy of this controller.
    Controller(Controller),
    /// Those in which CPU time is counted: in v1, the hierarchy of `cpuacct`; in v2, all.
    CpuTime,
    /// All.
    Every,
}

impl Carrier {
    /// The controller that a cgroup must have.
    pub fn controller(self) -> Option<Controller> {
        match self {
            Carrier::Controller(controller) => Some(controller),
            Carrier::CpuTime => Some(Controller::Cpu),
            Carrier::Every => None,
        }
    }
}

/// The files that a value is read from, and how.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// Their names.
    pub files: &'static [&'static str],
    /// How their texts become a value.
    pub form: Form,
}

/// How the texts of control files become a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Quota and period, from one file or from two.
    Quota,
    /// The period alone, in microseconds: the last word.
    Period,
    /// A multiple of the default.
    Weight(WeightRange),
    /// Bytes.
    Bytes,
    /// Bytes, or `max`.
    Limit,
    /// The first file's bytes less the second's: v1 counts memory and swap together.
    Beyond,
    /// A number, or a word such as `max`.
    Count,
    /// A number in nanoseconds, shown in microseconds.
    Nanoseconds,
    /// The number behind a key, in a file with lines `KEY NUMBER`.
    Line(Key, Scale),
    /// 0 or 1, by the file's word.
    Word(&'static [(&'static str, i64)]),
    /// A line for each process or thread.
    Members(Member),
    /// v1 has no such file: whether the directory or one below it has a process.
    Populated,
    /// The text itself.
    Text,
}

/// What the members of a cgroup are listed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// Processes.
    Process,
    /// Threads.
    Thread,
}

/// A key in a control file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// This one.
    Named(&'static str),
    /// The field's name in v2.
    Field,
    /// The field's name in v2 with `total_` in front: in v1's `memory.stat`, the sum over the cgroups below.
    TotalOfField,
}

/// What a number in a file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Events, or microseconds: no unit in a lesson.
    Plain,
    /// Bytes.
    Bytes,
    /// Nanoseconds, shown in microseconds.
    Nanoseconds,
}

/// The default of a weight, and its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightRange {
    /// The weight of a new cgroup.
    pub default: f64,
    /// The lowest.
    pub least: f64,
    /// The highest.
    pub most: f64,
}

impl Form {
    /// The kind of value.
    pub fn yields(&self) -> Yields {
        match self {
            Form::Quota => Yields::Number(Some(Unit::Percent)),
            Form::Period => Yields::Number(Some(Unit::Seconds)),
            Form::Weight(_) => Yields::Number(Some(Unit::Times)),
            Form::Bytes | Form::Limit | Form::Beyond | Form::Line(_, Scale::Bytes) => {
                Yields::Number(Some(Unit::Bytes))
            }
            Form::Count
            | Form::Nanoseconds
            | Form::Line(_, Scale::Plain | Scale::Nanoseconds)
            | Form::Word(_)
            | Form::Populated => Yields::Number(None),
            Form::Members(_) => Yields::Rows(&["pid", "name"]),
            Form::Text => Yields::Any,
        }
    }
}

impl Content {
    /// Where a version has it.
    pub fn source(&self, version: Version) -> Option<&Source> {
        match version {
            Version::V1 => self.v1.as_ref(),
            Version::V2 => self.v2.as_ref(),
        }
    }

    /// The kind of value, the same for both versions.
    pub fn yields(&self) -> Yields {
        self.v2.as_ref().or(self.v1.as_ref()).map_or(Yields::Any, |source| source.form.yields())
    }
}

/// What a lesson can write to a control file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is read-only.
    Nothing,
    /// A box or workload, by its name.
    Member,
    /// A share of one CPU, a time in each period, or `max`.
    Quota,
    /// A multiple of the default.
    Weight,
    /// Bytes, or `max`.
    Size,
    /// A number.
    Number,
    /// A number, or `max`.
    Limit,
    /// A text.
    Text,
}

impl Takes {
    /// What to write instead of a value that the file does not take; none for one that it takes. Members are texts here: who is declared is
    /// another question.
    pub fn instead_of(self, value: &Val) -> Option<&'static str> {
        let max = matches!(value, Val::Text(text) if text == "max");
        let (fits, instead) = match self {
            Takes::Nothing => (false, "say with which error it `fails`"),
            Takes::Member => (matches!(value, Val::Text(_)), "write the name of a box or workload"),
            Takes::Quota => (
                max || matches!(value, Val::Quantity(n, Unit::Percent | Unit::Seconds, _) if *n > 0.0),
                "write a share such as 20%, a time such as 5ms, or max",
            ),
            Takes::Weight => (
                matches!(value, Val::Quantity(n, Unit::Times, _) if *n > 0.0),
                "write a multiple of the default: 4x",
            ),
            Takes::Size => (
                max || matches!(value, Val::Quantity(_, Unit::Bytes, _) | Val::Num(0..)),
                "write a size such as 20M, or max",
            ),
            Takes::Number => (matches!(value, Val::Num(0..)), "write a number"),
            Takes::Limit => (max || matches!(value, Val::Num(0..)), "write a number"),
            Takes::Text => (matches!(value, Val::Text(_) | Val::Num(_)), "write it as the file takes it"),
        };
        (!fits).then_some(instead)
    }

    /// Values that it takes, as an author writes them; none where nothing can be written.
    pub fn examples(self) -> Option<&'static str> {
        match self {
            Takes::Nothing => None,
            Takes::Member => Some("a box or workload"),
            Takes::Quota => Some("`20%`, `max`, `{ value: 5ms, period: 25ms }`"),
            Takes::Weight => Some("`4x`"),
            Takes::Size => Some("`20M`, `max`"),
            Takes::Number => Some("`1`"),
            Takes::Limit => Some("`20`, `max`"),
            Takes::Text => Some("a text"),
        }
    }
}

/// A control file, or one of its fields: `cpu.max`, `cpu.stat/nr_throttled`.
#[derive(Debug, Clone)]
pub struct Knob {
    /// The file.
    pub file: &'static ControlFile,
    /// The field's name in v2; none for the whole file.
    pub field: Option<String>,
    /// What it holds.
    pub content: Content,
}

impl PartialEq for Knob {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.file, other.file) && self.field == other.field
    }
}

impl Knob {
    /// The control file `FILE`, or its field `FILE/FIELD`.
    ///
    /// # Errors
    /// What to write instead; nothing where no name is near.
    pub fn find(name: &str) -> Result<Self, Option<String>> {
        let (file, field) = name.split_once('/').map_or((name, None), |(file, field)| (file, Some(field)));
        let Some(file) = FILES.iter().find(|f| f.name == file) else {
            return Err(suggest(file, FILES.iter().map(|f| f.name)));
        };
        let Some(field) = field else {
            return Ok(Knob { file, field: None, content: file.whole });
        };
        let content = match &file.fields {
            Fields::None => return Err(Some(format!("`{}` has no fields", file.name))),
            Fields::Any(content) => content(field),
            Fields::Known(known) => match (known.iter().find(|k| k.name == field), known) {
                (Some(known), _) => known.content,
                (None, [one]) => {
                    return Err(Some(format!("the one field of `{}` is `{}`", file.name, one.name)));
                }
                (None, _) => return Err(suggest(field, known.iter().map(|k| k.name))),
            },
        };
        Ok(Knob { file, field: Some(field.to_owned()), content })
    }

    /// The CPU time that a cgroup has used, in microseconds.
    pub fn cpu_time() -> Self {
        Knob::known("cpu.stat/usage_usec")
    }

    /// The periods of `cpu.max` that a cgroup has gone through.
    pub fn periods() -> Self {
        Knob::known("cpu.stat/nr_periods")
    }

    fn known(name: &str) -> Self {
        Knob::find(name).unwrap_or_else(|_| unreachable!("{name} is in the table"))
    }

    /// The kind of value. Of files with many fields, the unit of a field is not known before it is read.
    pub fn yields(&self) -> Yields {
        match (&self.file.fields, &self.field) {
            (Fields::Any(_), Some(_)) => Yields::Any,
            (Fields::None | Fields::Known(_) | Fields::Any(_), _) => self.content.yields(),
        }
    }
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.file.name)?;
        self.field.iter().try_for_each(|field| write!(f, "/{field}"))
    }
}

/// A control file of a lesson's cgroup, `CGROUP/FILE` or `CGROUP/FILE/FIELD`.
#[derive(Debug, Clone, PartialEq)]
pub struct CgroupKnob {
    /// The cgroup's id.
    pub cgroup: String,
    /// The file or field.
    pub knob: Knob,
}

impl FromStr for CgroupKnob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((cgroup, name)) = text.split_once('/') else {
            let message = format!("`{text}` names no control file");
            return Err(misfit(&message, "write CGROUP/FILE: `burner/cpu.max`", text));
        };
        let unknown = |help: Option<String>| {
            misfit(&format!("unknown control file `{name}`"), &help.unwrap_or_default(), name)
        };
        Ok(CgroupKnob { cgroup: cgroup.to_owned(), knob: Knob::find(name).map_err(unknown)? })
    }
}

impl fmt::Display for CgroupKnob {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.cgroup, self.knob)
    }
}

text_value!(CgroupKnob);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_found_or_the_nearest_is_suggested() {
        for known in ["memory.events/oom_kill", "memory.stat/anon", "cpu.max/period", "tasks"] {
            assert_eq!(Knob::find(known).expect(known).to_string(), known);
        }
        let advice = |name: &str| Knob::find(name).expect_err(name).unwrap_or_default();
        assert_eq!(advice("memory.events/oomkill"), "did you mean `oom_kill`?");
        assert_eq!(advice("memory.max/x"), "`memory.max` has no fields");
        assert_eq!(advice("cpu.max/x"), "the one field of `cpu.max` is `period`");
        assert_eq!(advice("cpu.mx"), "did you mean `cpu.max`?");
        assert_eq!(Knob::cpu_time().to_string(), "cpu.stat/usage_usec");
        assert_eq!(Knob::periods().to_string(), "cpu.stat/nr_periods");
    }

    #[test]
    fn every_file_is_listed_once_and_belongs_to_the_controller_of_its_name() {
        let names: HashSet<&str> = FILES.iter().map(|f| f.name).collect();
        assert_eq!(names.len(), FILES.len());
        for file in FILES {
            let prefix = file.name.split('.').next().unwrap_or_default();
            let controller = file.whole.carrier.controller();
            match file.name {
                "cgroup.freeze" => assert_eq!(controller, Some(Controller::Freezer)),
                name => assert_eq!(
                    controller.map_or("", Controller::name),
                    if ["cgroup", "tasks"].contains(&prefix) { "" } else { prefix },
                    "{name}"
                ),
            }
        }
    }

    /// A statement on a value is checked once for both versions.
    #[test]
    fn both_versions_yield_the_same_kind_of_value() {
        for file in FILES {
            let fields: Vec<Content> = match &file.fields {
                Fields::None => Vec::new(),
                Fields::Known(known) => known.iter().map(|k| k.content).collect(),
                Fields::Any(content) => ["anon", "file", "pgfault"].map(content).to_vec(),
            };
            for content in [&file.whole].into_iter().chain(&fields) {
                if let (Some(v1), Some(v2)) = (&content.v1, &content.v2) {
                    assert_eq!(v1.form.yields(), v2.form.yields(), "{}", file.name);
                }
            }
        }
    }

    #[test]
    fn a_file_takes_the_values_of_its_kind() {
        let value = |text: &str| text.parse().map_or_else(|_| Val::parse(text).expect(text), Val::Num);
        let takes = |name: &str, text: &str| {
            Knob::find(name).expect(name).file.takes.instead_of(&value(text)).is_none()
        };
        for (name, good, bad) in [
            ("cpu.max", "20%", "20M"),
            ("cpu.max", "max", "0%"),
            ("cpu.weight", "4x", "20%"),
            ("memory.low", "max", "20%"),
            ("memory.max", "20M", "none"),
            ("pids.max", "max", "5ms"),
            ("cgroup.freeze", "1", "max"),
            ("cpuset.cpus", "0-1", "20%"),
            ("cgroup.procs", "box", "77"),
        ] {
            assert!(takes(name, good), "{name} {good}");
            assert!(!takes(name, bad), "{name} {bad}");
        }
        assert!(!takes("cpu.stat", "1"));
    }
}
