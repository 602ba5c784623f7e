//! Scalars: values with units, cgroup versions.

use crate::model::Unit;
pub use crate::model::{Ns, Sig};
use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The units of quantities: the suffix, its size in the base unit, the base unit, and what it means.
pub const UNITS: &[(&str, f64, Unit, &str)] = &[
    ("%", 1.0, Unit::Percent, "percent of one CPU"),
    ("B", 1.0, Unit::Bytes, "bytes"),
    ("K", 1024.0, Unit::Bytes, "1024 bytes"),
    ("M", 1_048_576.0, Unit::Bytes, "1024 K"),
    ("G", 1_073_741_824.0, Unit::Bytes, "1024 M"),
    ("us", 1e-6, Unit::Seconds, "microseconds"),
    ("ms", 1e-3, Unit::Seconds, "milliseconds"),
    ("s", 1.0, Unit::Seconds, "seconds"),
    ("x", 1.0, Unit::Times, "times: of the default weight, or a ratio"),
];

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
        let Some((_, factor, base, _)) = UNITS.iter().find(|(word, ..)| *word == unit) else {
            if unit.is_empty() || !unit.chars().all(char::is_alphabetic) {
                return Ok(Val::Text(s.to_owned()));
            }
            let known: Vec<&str> = UNITS.iter().map(|(word, ..)| *word).collect();
            return Err(format!("unknown unit `{unit}`\nknown: {}", known.join(" ")));
        };
        Ok(Val::Quantity(n * factor, *base, s.to_owned()))
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
