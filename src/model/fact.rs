//! What a readout saw.

use super::errno::Errno;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The unit of a quantity, already scaled to its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Percent of one CPU.
    Percent,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// A multiple of something.
    Times,
}

/// What a process is, or how it ended (`proc_pid_stat(5)`, `wait(2)`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// It runs or sleeps; the letter is the state in `/proc/PID/stat`.
    Alive(char),
    /// It has ended and nobody has waited for it.
    Zombie,
    /// It ended by itself with this status.
    Exited(i32),
    /// It was killed by this signal (name without `SIG`).
    KilledBy(String),
    /// It is not there any more, and nobody could tell how it ended.
    Gone,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Process::Alive(c) => write!(f, "alive ({c})"),
            Process::Zombie => f.write_str("zombie (Z)"),
            Process::Exited(n) => write!(f, "exited with status {n}"),
            Process::KilledBy(s) => write!(f, "killed by SIG{s}"),
            Process::Gone => f.write_str("gone"),
        }
    }
}

/// One line of a table: named cells in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Row(pub Vec<(String, String)>);

impl Row {
    /// A row from pairs.
    pub fn new<const N: usize>(cells: [(&str, String); N]) -> Self {
        Row(cells.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }

    /// The cell of a column.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == column).map(|(_, v)| v.as_str())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let cells: Vec<&str> = self.0.iter().map(|(_, v)| v.as_str()).filter(|v| !v.is_empty()).collect();
        f.write_str(&cells.join(" "))
    }
}

/// A typed value, made from the raw text that the kernel gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A plain number.
    Int(i64),
    /// A number with a unit, in the unit's base (percent, bytes, seconds).
    Quantity(f64, Unit),
    /// Text as it stands.
    Text(String),
    /// Lines with named cells.
    Table(Vec<Row>),
    /// The state or the end of a process.
    Process(Process),
}

/// A number with at most this many decimals, without trailing zeros.
fn short(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Int(n) => write!(f, "{n}"),
            Value::Quantity(n, Unit::Percent) => write!(f, "{n:.1} %"),
            Value::Quantity(n, Unit::Bytes) if *n >= 1_048_576.0 => {
                write!(f, "{n:.0} bytes ({:.1} MiB)", n / 1_048_576.0)
            }
            Value::Quantity(n, Unit::Bytes) => write!(f, "{n:.0} bytes"),
            // A clock, and not how long something took.
            Value::Quantity(n, Unit::Seconds) if *n >= 1000.0 => write!(f, "{} s", short(*n, 3)),
            Value::Quantity(n, Unit::Seconds) => write!(f, "{} ms", short(n * 1000.0, 3)),
            // The smallest weights are a thousandth of the default.
            Value::Quantity(n, Unit::Times) if *n < 0.1 => write!(f, "{}x", short(*n, 4)),
            Value::Quantity(n, Unit::Times) => write!(f, "{n:.2}x"),
            Value::Text(s) => f.write_str(s.trim_end_matches('\n')),
            Value::Table(rows) if rows.is_empty() => f.write_str("(empty)"),
            Value::Table(rows) => {
                let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Value::Process(p) => p.fmt(f),
        }
    }
}

/// Something read from the kernel: raw text and typed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The bytes as the kernel gave them; those that are not UTF-8 as `\xNN`. For facts that come from a system call and not from a
    /// file, the value as text; of interfaces a line each with all that was read ([`super::Interface`]).
    pub raw: String,
    /// The same, typed.
    pub value: Value,
}

impl Fact {
    /// A fact whose raw text is its value's.
    pub fn of(value: Value) -> Self {
        Fact { raw: value.to_string(), value }
    }

    /// A text that is shown as it was read and compared without its final line feed.
    pub fn text(raw: impl Into<String>) -> Self {
        let raw = raw.into();
        Fact { value: Value::Text(raw.clone()), raw }
    }
}

/// A fact, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// It was read.
    Fact(Fact),
    /// The kernel refused, with this errno; the text says which operation on which object.
    Unread {
        /// What the kernel answered.
        errno: Errno,
        /// Operation, object and cause.
        what: String,
    },
    /// The box that should have read it, or the process that it is about, does not exist (any more, or yet).
    Gone,
    /// A rate outside its measuring window, or a value that this kernel version does not have.
    NotMeasured,
}

impl Reading {
    /// The typed value, when there is one.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Reading::Fact(f) => Some(&f.value),
            _ => None,
        }
    }

    /// A reading from a fallible reader; `what` is `operation object`.
    pub fn from_io(what: &str, result: std::io::Result<Fact>) -> Self {
        match result {
            Ok(f) => Reading::Fact(f),
            Err(e) => {
                let errno = Errno::of(&e);
                Reading::Unread { errno, what: format!("{what}: {errno}") }
            }
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Reading::Fact(fact) => fact.value.fmt(f),
            Reading::Unread { errno, .. } => write!(f, "({errno})"),
            Reading::Gone => f.write_str("(gone)"),
            Reading::NotMeasured => f.write_str("(not measured)"),
        }
    }
}

/// What an operator was applied to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actual {
    /// One value: the reading after the actions or before them, its peak, a difference, a ratio, a number of rows.
    Reading(Reading),
    /// Two values that were compared: the readout's, and another readout's or an earlier one.
    Compared(Reading, Reading),
    /// The values before and after the actions.
    Change(Reading, Reading),
}
