//! Actions: what a box does.

use super::general::{Differs, Entry, Many, Modifiers, Per};
use super::scalar::Sig;
use super::verb::Verb;
use super::when::When;
use crate::model::Errno;
use schemars::JsonSchema;
use serde::de::{IntoDeserializer, MapAccess};
use serde::{Deserialize, Serialize};

/// How a program fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    KilledBy(Sig),
}

/// How an action fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Failing {
    /// The kernel answers with this error.
    Errno(Errno),
    /// Its program ends in this way.
    Ending(Ending),
}

impl std::fmt::Display for Failing {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Failing::Errno(errno) => errno.fmt(f),
            Failing::Ending(Ending::Exited(status)) => write!(f, "exit status {status}"),
            Failing::Ending(Ending::KilledBy(signal)) => write!(f, "SIG{}", signal.name()),
        }
    }
}

impl<'de> Deserialize<'de> for Failing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FailingVisitor;
        impl<'de> serde::de::Visitor<'de> for FailingVisitor {
            type Value = Failing;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an error such as EPERM, or { exited: 1 }, or { killed_by: KILL }")
            }
            fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Failing, E> {
                Errno::deserialize(s.into_deserializer()).map(Failing::Errno)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Failing, A::Error> {
                Ending::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Failing::Ending)
            }
        }
        deserializer.deserialize_any(FailingVisitor)
    }
}

/// The ways in which an action may be declared to fail; any one of them will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Failings(pub Many<Failing>);

impl Differs for Failings {
    fn of_key<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Option<Self>, A::Error> {
        let ending = match key {
            "exited" => Ending::Exited(map.next_value()?),
            "killed_by" => Ending::KilledBy(map.next_value()?),
            _ => return Ok(None),
        };
        Ok(Some(Failings(Many(vec![Failing::Ending(ending)]))))
    }
}

/// What may stand beside an action's actor.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct ActionModifiers {
    /// It must fail in this way.
    pub fails: Option<Per<Failings>>,
    /// Only here.
    pub when: Option<When>,
}

impl Modifiers for ActionModifiers {
    const KEYS: &'static [&'static str] = &["fails", "when"];
    fn set<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "fails" => self.fails = Some(map.next_value()?),
            _ => self.when = Some(map.next_value()?),
        }
        Ok(())
    }
}

/// `BOX: { VERB: OBJECT }` or `BOX: [VERB, …]`.
pub type Action = Entry<Verb, ActionModifiers>;
