//! Expectations: what must be true afterwards.

use super::general::{Entry, Modifiers, One};
use super::need::Need;
use super::scalar::{Sig, Val};
use super::when::When;
use crate::model::Errno;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Within a tolerance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Near {
    /// The value.
    pub value: Val,
    /// How far from it, either way.
    pub by: Val,
}

/// What a row must have: a value in any cell, or values in named cells.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RowMatch {
    /// In any cell.
    Cell(Val),
    /// In these cells.
    Cells(IndexMap<String, Val>),
}

impl<'de> Deserialize<'de> for RowMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowVisitor;
        impl<'de> Visitor<'de> for RowVisitor {
            type Value = RowMatch;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a value, or { column: value, … }")
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<RowMatch, E> {
                Ok(RowMatch::Cell(Val::Text(s.to_owned())))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<RowMatch, E> {
                Ok(RowMatch::Cell(Val::Num(n as i64)))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RowMatch, A::Error> {
                Ok(RowMatch::Cells(IndexMap::deserialize(MapAccessDeserializer::new(map))?))
            }
        }
        deserializer.deserialize_any(RowVisitor)
    }
}

/// A statement on a readout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// It equals this value.
    Is(Val),
    /// It was read and does not equal this value.
    IsNot(Val),
    /// It is this or more.
    AtLeast(Val),
    /// It is this or less.
    AtMost(Val),
    /// From … to, both included.
    Between(Val, Val),
    /// Within a tolerance.
    Near(Near),
    /// It equals another readout.
    SameAs(String),
    /// It differs from another readout, and both were read.
    DiffersFrom(String),
    /// It equals what it was before the given earlier step.
    AsBefore(String),
    /// Its ratio to another readout.
    RatioTo(One<Box<Op>>),
    /// It is not what it was before the step.
    Changed,
    /// It is what it was before the step.
    Unchanged,
    /// It is more than before the step.
    Grew,
    /// It is less.
    Fell,
    /// The difference to before the step.
    GrewBy(Box<Op>),
    /// What it was before the step.
    Was(Box<Op>),
    /// The highest value that was sampled during the step.
    Peak(Box<Op>),
    /// A row, or a text, is in it.
    Contains(RowMatch),
    /// It is not.
    Lacks(RowMatch),
    /// The number of rows.
    Count(Box<Op>),
    /// The last row, or the last word of a text.
    Last(Val),
    /// The process lives.
    Alive,
    /// The process has ended and was not waited for.
    Zombie,
    /// It ended by itself with this status.
    Exited(i32),
    /// This signal killed it.
    KilledBy(Sig),
    /// Reading fails with this error.
    Fails(Errno),
    /// There is nobody to read it, or nothing to be read of.
    Gone,
}

/// What may stand beside an expectation's readout.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct ExpectModifiers {
    /// It becomes true within this time.
    pub within: Option<Val>,
    /// It stays true for this time.
    pub r#for: Option<Val>,
    /// Only here.
    pub when: Option<When>,
    /// What the machine must be like for it to be judged.
    pub needs: Vec<Need>,
}

impl Modifiers for ExpectModifiers {
    const KEYS: &'static [&'static str] = &["within", "for", "when", "needs"];
    fn set<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "within" => self.within = Some(map.next_value()?),
            "for" => self.r#for = Some(map.next_value()?),
            "when" => self.when = Some(map.next_value()?),
            _ => self.needs = map.next_value::<Vec<Need>>()?,
        }
        Ok(())
    }
}

/// `READOUT: { OP: VALUE }`.
pub type Expect = Entry<Op, ExpectModifiers>;
