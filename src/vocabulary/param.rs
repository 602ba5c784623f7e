//! Parameters of a lesson: values that a person may change, and that may vary from student to student.

use super::scalar::Val;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A parameter of the lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// What it is, for the person who may change it.
    pub ask: String,
    /// Its default value.
    pub default: Val,
    /// The smallest allowed.
    #[serde(default)]
    pub min: Option<Val>,
    /// The largest allowed.
    #[serde(default)]
    pub max: Option<Val>,
    /// All that are allowed, in the place of `min` and `max`: numbers, names or addresses.
    #[serde(default)]
    pub choices: Vec<Val>,
    /// The distance between the values from `min` to `max` that a seed chooses from; by default, 1 of the unit of `min`.
    #[serde(default)]
    pub step: Option<Val>,
    /// Whether a seed chooses the value: `true` for any that is allowed, or a list of those that it chooses from.
    #[serde(default)]
    pub vary: Vary,
    /// What the seed has chosen.
    #[serde(skip)]
    pub seeded: Option<Val>,
    /// What `--set` gave it.
    #[serde(skip)]
    pub set: Option<Val>,
}

/// From what a seed chooses.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Vary {
    /// It does not choose.
    #[default]
    No,
    /// From all that are allowed.
    Yes,
    /// From these.
    Among(Vec<Val>),
}

/// Which values a person may give a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowed<'a> {
    /// From the first to the second.
    Range(&'a Val, &'a Val),
    /// These.
    Among(&'a [Val]),
}

impl fmt::Display for Allowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Allowed::Range(min, max) => write!(f, "from {min} to {max}"),
            Allowed::Among(values) => {
                let all: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "one of {}", all.join(", "))
            }
        }
    }
}

impl Param {
    /// The value that every `$name` was replaced by.
    pub fn value(&self) -> &Val {
        self.set.as_ref().unwrap_or_else(|| self.initial())
    }

    /// Its value as long as nobody sets another: the seed's, or else the default.
    pub fn initial(&self) -> &Val {
        self.seeded.as_ref().unwrap_or(&self.default)
    }

    /// Which values a person may give it. A loaded lesson has one of both kinds.
    pub fn allowed(&self) -> Allowed<'_> {
        match (&self.min, &self.max) {
            (Some(min), Some(max)) => Allowed::Range(min, max),
            _ => Allowed::Among(&self.choices),
        }
    }

    /// How many values a seed chooses from; 0, if it does not choose.
    pub fn varieties(&self) -> u64 {
        match &self.vary {
            Vary::No => 0,
            Vary::Among(values) => values.len() as u64,
            Vary::Yes if self.choices.is_empty() => Notches::of(self).map_or(0, |notches| notches.count()),
            Vary::Yes => self.choices.len() as u64,
        }
    }

    /// The value with this number, from 0, of those that a seed chooses from.
    pub fn variety(&self, number: u64) -> Option<Val> {
        let listed = |values: &[Val]| values.get(usize::try_from(number).ok()?).cloned();
        match &self.vary {
            Vary::No => None,
            Vary::Among(values) => listed(values),
            Vary::Yes if self.choices.is_empty() => Notches::of(self)?.at(number),
            Vary::Yes => listed(&self.choices),
        }
    }
}

/// The values from `min` to `max`, as whole numbers of the last decimal place that is written.
struct Notches<'a> {
    first: i128,
    last: i128,
    step: i128,
    decimals: u32,
    unit: &'a str,
}

/// A number as it is written: the digits without the point, how many of them are behind it, and the unit.
fn written(text: &str) -> Option<(i128, u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    // So many digits that the arithmetic cannot overflow.
    if part.len() > 9 || whole.len() > 18 {
        return None;
    }
    Some((format!("{whole}{part}").parse().ok()?, part.len() as u32, unit))
}

impl<'a> Notches<'a> {
    /// Nothing, where the bounds and the step are not written in the same unit, or the step is nothing.
    fn of(param: &'a Param) -> Option<Self> {
        let (min, max) = (param.min.as_ref()?.to_string(), param.max.as_ref()?.to_string());
        let unit_at = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let unit = match param.min.as_ref()? {
            Val::Quantity(_, _, text) => &text[unit_at(text)..],
            Val::Num(_) | Val::Text(_) | Val::Param(_) => "",
        };
        let step = param.step.as_ref().map_or_else(|| format!("1{unit}"), ToString::to_string);
        let all = [written(&min)?, written(&max)?, written(&step)?];
        if all.iter().any(|(.., own)| *own != unit) {
            return None;
        }
        let decimals = all.iter().map(|(_, decimals, _)| *decimals).max()?;
        let [first, last, step] = all.map(|(digits, own, _)| digits * 10_i128.pow(decimals - own));
        (step > 0 && first <= last).then_some(Notches { first, last, step, decimals, unit })
    }

    fn count(&self) -> u64 {
        u64::try_from((self.last - self.first) / self.step + 1).unwrap_or(u64::MAX)
    }

    fn at(&self, number: u64) -> Option<Val> {
        let value = self.first + i128::from(number) * self.step;
        let one = 10_i128.pow(self.decimals);
        let mut text = (value / one).to_string();
        if self.decimals > 0 {
            text = format!("{text}.{:0width$}", value % one, width = self.decimals as usize);
            text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
        }
        match text.parse() {
            Ok(number) if self.unit.is_empty() => Some(Val::Num(number)),
            _ => Val::parse(&format!("{text}{}", self.unit)).ok(),
        }
    }
}

impl Serialize for Vary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Vary::No => serializer.serialize_bool(false),
            Vary::Yes => serializer.serialize_bool(true),
            Vary::Among(values) => values.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Vary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct VaryVisitor;
        impl<'de> Visitor<'de> for VaryVisitor {
            type Value = Vary;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("true, or a list of values")
            }
            fn visit_bool<E: de::Error>(self, yes: bool) -> Result<Vary, E> {
                Ok(if yes { Vary::Yes } else { Vary::No })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vary, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Vary::Among(values))
            }
        }
        deserializer.deserialize_any(VaryVisitor)
    }
}

impl JsonSchema for Vary {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Vary".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<Vec<Val>>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, values] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(min: &str, max: &str, step: Option<&str>) -> Param {
        let val = |text: &str| text.parse().map_or_else(|_| Val::parse(text).expect(text), Val::Num);
        Param {
            ask: String::new(),
            default: val(min),
            min: Some(val(min)),
            max: Some(val(max)),
            choices: Vec::new(),
            step: step.map(val),
            vary: Vary::Yes,
            seeded: None,
            set: None,
        }
    }

    fn all(param: &Param) -> Vec<String> {
        (0..param.varieties()).filter_map(|i| param.variety(i)).map(|v| v.to_string()).collect()
    }

    #[test]
    fn values_are_written_as_the_bounds_are() {
        assert_eq!(all(&range("10%", "25%", Some("5%"))), ["10%", "15%", "20%", "25%"]);
        assert_eq!(all(&range("10%", "24%", Some("5%"))), ["10%", "15%", "20%"], "never past a bound");
        assert_eq!(all(&range("8080", "8082", None)), ["8080", "8081", "8082"]);
        assert_eq!(all(&range("1x", "2x", Some("0.25x"))), ["1x", "1.25x", "1.5x", "1.75x", "2x"]);
        assert_eq!(all(&range("0.5s", "1s", Some("0.5s"))), ["0.5s", "1s"]);
        assert_eq!(range("16M", "1G", None).varieties(), 0, "other units have no distance");
        assert_eq!(range("1", "9", Some("0")).varieties(), 0);
        assert_eq!(range("0", "999999999999999999", None).varieties(), 1_000_000_000_000_000_000);
    }
}
