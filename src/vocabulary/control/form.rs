//! What is known of a control file: its names, what it holds, and what can be written to it.

use crate::model::Unit;
use crate::vocabulary::controller::Controller;
use crate::vocabulary::yields::Yields;
use crate::vocabulary::{Val, Version};

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
    /// The numbers behind this word, added up over all devices: `254:0 rbytes=4096 …` in v2, `254:0 Read 4096` in v1. No line means that no device
    /// was used.
    Devices(&'static str, Scale),
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
            Form::Bytes
            | Form::Limit
            | Form::Beyond
            | Form::Line(_, Scale::Bytes)
            | Form::Devices(_, Scale::Bytes) => Yields::Number(Some(Unit::Bytes)),
            Form::Count
            | Form::Nanoseconds
            | Form::Line(_, Scale::Plain | Scale::Nanoseconds)
            | Form::Devices(_, Scale::Plain | Scale::Nanoseconds)
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
