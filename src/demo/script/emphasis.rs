//! What the room should look at: a readout, or a system call.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// See [`super::shape::ScriptEntry::emphasis`].
#[derive(Debug, Clone, PartialEq)]
pub enum Emphasis {
    /// A readout.
    Readout {
        /// Its id in the lesson.
        id: String,
        /// It has the whole screen.
        zoom: bool,
    },
    /// A system call, by the name that the trace has for it.
    Call(String),
}

impl Emphasis {
    /// The system call.
    pub fn call(&self) -> Option<&str> {
        match self {
            Emphasis::Call(name) => Some(name),
            Emphasis::Readout { .. } => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    readout: Option<String>,
    call: Option<String>,
    zoom: Option<bool>,
}

impl Long {
    fn emphasis<E: Error>(self) -> Result<Emphasis, E> {
        match (self.readout, self.call) {
            (Some(_), Some(_)) => Err(E::custom("`call` beside `readout`: write one of them")),
            (None, Some(_)) if self.zoom.is_some() => {
                Err(E::custom("`zoom` beside `call`: it is for a `readout`"))
            }
            (None, Some(call)) if !is_name(&call) => {
                Err(E::custom(format!("`{call}` is not the name of a system call")))
            }
            (None, Some(call)) => Ok(Emphasis::Call(call)),
            (Some(id), None) => Ok(Emphasis::Readout { id, zoom: self.zoom == Some(true) }),
            (None, None) => Err(E::missing_field("readout")),
        }
    }
}

/// Whether a system call could have this name. Which ones a step makes is known only when it is run.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

impl<'de> Deserialize<'de> for Emphasis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EmphasisVisitor;
        impl<'de> Visitor<'de> for EmphasisVisitor {
            type Value = Emphasis;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a readout, alone or in a map, or a map with `call`")
            }
            fn visit_str<E: Error>(self, id: &str) -> Result<Emphasis, E> {
                Ok(Emphasis::Readout { id: id.to_owned(), zoom: false })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Emphasis, A::Error> {
                Long::deserialize(MapAccessDeserializer::new(map))?.emphasis()
            }
        }
        deserializer.deserialize_any(EmphasisVisitor)
    }
}

impl JsonSchema for Emphasis {
    fn schema_name() -> Cow<'static, str> {
        "Emphasis".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A readout, or a system call.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "readout": { "type": "string", "description": "The readout." },
                        "zoom": { "type": "boolean", "description": "It has the whole screen." },
                        "call": {
                            "type": "string",
                            "pattern": "^[a-z][a-z0-9_]*$",
                            "description": "The name of a system call.",
                        },
                    },
                    "additionalProperties": false,
                    "oneOf": [
                        { "required": ["readout"], "properties": { "call": false } },
                        { "required": ["call"], "properties": { "readout": false, "zoom": false } },
                    ],
                },
            ],
        })
    }
}
