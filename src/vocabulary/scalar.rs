//! Scalars: values with units, namespace types, signals.

use crate::model::Unit;
use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A number, a quantity, a text, or a parameter's name.
#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    /// `$quota`; replaced by the parameter's value before anything runs.
    Param(String),
    /// A plain number.
    Num(i64),
    /// A quantity in its base unit, and the text that it was written as.
    Quantity(f64, Unit, String),
    /// Anything else.
    Text(String),
}

/// The parameter that a scalar stands for: `quota` for `$quota`, nothing for `$1` or `a $b`.
pub fn parameter(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(good)).then_some(name)
}

impl Val {
    /// Reads a scalar as the format does: `20%`, `20M`, `300ms`, `4x`, `$quota`, or a text.
    ///
    /// # Errors
    /// A number that is followed by letters which are no unit.
    pub fn parse(s: &str) -> Result<Val, String> {
        if let Some(name) = parameter(s) {
            return Ok(Val::Param(name.to_owned()));
        }
        let digits = s.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(s.len());
        let (number, unit) = s.split_at(digits);
        let Ok(n) = number.parse::<f64>() else { return Ok(Val::Text(s.to_owned())) };
        let (factor, base) = match unit {
            "%" => (1.0, Unit::Percent),
            "B" => (1.0, Unit::Bytes),
            "K" => (1024.0, Unit::Bytes),
            "M" => (1_048_576.0, Unit::Bytes),
            "G" => (1_073_741_824.0, Unit::Bytes),
            "us" => (1e-6, Unit::Seconds),
            "ms" => (1e-3, Unit::Seconds),
            "s" => (1.0, Unit::Seconds),
            "x" => (1.0, Unit::Times),
            u if !u.is_empty() && u.chars().all(char::is_alphabetic) => {
                return Err(format!("unknown unit `{unit}`\nknown: % B K M G us ms s x"));
            }
            _ => return Ok(Val::Text(s.to_owned())),
        };
        Ok(Val::Quantity(n * factor, base, s.to_owned()))
    }

    /// The number in its base unit.
    pub fn number(&self) -> Option<f64> {
        match self {
            Val::Num(n) => Some(*n as f64),
            Val::Quantity(n, ..) => Some(*n),
            Val::Text(s) => s.parse().ok(),
            Val::Param(_) => None,
        }
    }

    /// The span, when it is a time.
    pub fn duration(&self) -> Option<std::time::Duration> {
        match self {
            Val::Quantity(n, Unit::Seconds, _) if *n >= 0.0 && *n < 3600.0 => {
                Some(std::time::Duration::from_secs_f64(*n))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Val::Param(name) => write!(f, "${name}"),
            Val::Num(n) => n.fmt(f),
            Val::Quantity(_, _, s) => f.write_str(s),
            Val::Text(s) => f.write_str(s.trim_end_matches('\n')),
        }
    }
}

impl Serialize for Val {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Val::Num(n) => serializer.serialize_i64(*n),
            Val::Text(s) => serializer.serialize_str(s),
            other => serializer.serialize_str(&other.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for Val {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValVisitor;
        impl Visitor<'_> for ValVisitor {
            type Value = Val;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number, a quantity such as 20%, 20M, 300ms or 4x, a text, or $parameter")
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Val, E> {
                i64::try_from(n).map(Val::Num).map_err(|_| E::custom(format!("{n} is too large")))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Val, E> {
                Ok(Val::Num(n))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Val, E> {
                Val::parse(s).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(ValVisitor)
    }
}

/// A type of namespace (`namespaces(7)`), under the names of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ns {
    /// Host and domain name.
    Uts,
    /// Process numbers.
    Pid,
    /// The PID namespace of children to come.
    PidForChildren,
    /// The mount table.
    Mount,
    /// Interfaces, routes, ports.
    Net,
    /// System V IPC and POSIX message queues.
    Ipc,
    /// User and group ids, capabilities.
    User,
    /// The view of the cgroup tree.
    Cgroup,
    /// Monotonic and boot-time clocks.
    Time,
    /// The time namespace of children to come.
    TimeForChildren,
}

impl Ns {
    /// The name of the link below `/proc/PID/ns`.
    pub fn link(self) -> &'static str {
        match self {
            Ns::Uts => "uts",
            Ns::Pid => "pid",
            Ns::PidForChildren => "pid_for_children",
            Ns::Mount => "mnt",
            Ns::Net => "net",
            Ns::Ipc => "ipc",
            Ns::User => "user",
            Ns::Cgroup => "cgroup",
            Ns::Time => "time",
            Ns::TimeForChildren => "time_for_children",
        }
    }
}

/// A signal (`signal(7)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum Sig {
    Term,
    Kill,
    Hup,
    Int,
    Usr1,
    Stop,
    Cont,
    Chld,
}

impl Sig {
    /// Its number, the same on x86-64 and aarch64.
    pub fn number(self) -> i32 {
        match self {
            Sig::Hup => 1,
            Sig::Int => 2,
            Sig::Kill => 9,
            Sig::Usr1 => 10,
            Sig::Term => 15,
            Sig::Chld => 17,
            Sig::Cont => 18,
            Sig::Stop => 19,
        }
    }

    /// Its name without `SIG`.
    pub fn name(self) -> &'static str {
        match self {
            Sig::Term => "TERM",
            Sig::Kill => "KILL",
            Sig::Hup => "HUP",
            Sig::Int => "INT",
            Sig::Usr1 => "USR1",
            Sig::Stop => "STOP",
            Sig::Cont => "CONT",
            Sig::Chld => "CHLD",
        }
    }
}

/// A cgroup version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// One hierarchy a controller.
    V1,
    /// The unified hierarchy.
    V2,
}

impl Version {
    /// As it is said of a machine: `v1` or `v2`.
    pub fn name(self) -> &'static str {
        match self {
            Version::V1 => "v1",
            Version::V2 => "v2",
        }
    }
}
