//! The format as JSON Schema (draft 7, which editors know best), made of the types that also load it.

use super::choose;
use crate::model::Errno;
use crate::vocabulary::control;
use crate::vocabulary::controller::Controller;
use crate::vocabulary::expect::RowMatch;
use crate::vocabulary::general::{Entry, Many, One, Per};
use crate::vocabulary::reader::NsOf;
use crate::vocabulary::verb::VerbName;
use crate::vocabulary::{Lesson, Need, Ns, Op, Reader, Sig, Val, Work};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The schema of a lesson file.
pub fn schema() -> Value {
    let mut root = SchemaSettings::draft07().into_generator().into_root_schema_for::<Lesson>().to_value();
    root["title"] = json!("A lesson of isolab");
    if let Some(properties) = root["properties"].as_object_mut() {
        for section in ["params", "boxes", "cgroups", "workloads", "readouts"] {
            if let Some(map) = properties.get_mut(section) {
                map["propertyNames"] = json!({ "pattern": "^[a-z][a-z0-9-]*$" });
            }
        }
        properties["format"] = json!({ "const": 1, "description": "Version of the format." });
    }
    if let Some(definitions) = root.get_mut("definitions").and_then(Value::as_object_mut) {
        allow_alternatives(definitions);
        for (_, definition) in definitions.iter_mut().filter(|(name, _)| *name != "Param") {
            allow_parameters(definition);
        }
    }
    root
}

/// A step may have some of its fields in alternatives.
fn allow_alternatives(definitions: &mut Map<String, Value>) {
    let Some(step) = definitions.get_mut("Step").and_then(Value::as_object_mut) else { return };
    let Some(Value::Object(own)) = step.get("properties") else { return };
    let of_alternative = own.iter().filter(|(key, _)| choose::FIELDS.contains(&key.as_str()));
    let alternative = json!({
        "type": "object",
        "description": "What is different in this alternative of a step.",
        "properties": of_alternative.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>(),
        "additionalProperties": false,
        "minProperties": 1,
    });
    let required = step.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let (varies, fixed): (Vec<Value>, Vec<Value>) =
        required.into_iter().partition(|key| key.as_str().is_some_and(|key| choose::FIELDS.contains(&key)));
    step.insert("required".to_owned(), Value::Array(fixed));
    step.insert("anyOf".to_owned(), json!([{ "required": varies }, { "required": ["choose"] }]));
    if let Some(Value::Object(own)) = step.get_mut("properties") {
        let choose = json!({
            "type": "object",
            "description": "Alternatives, of which a seed chooses one; without a seed, it is the first.",
            "propertyNames": { "pattern": "^[a-z][a-z0-9-]*$" },
            "additionalProperties": { "$ref": "#/definitions/Alternative" },
            "minProperties": 2,
        });
        own.insert("choose".to_owned(), choose);
    }
    definitions.insert("Alternative".to_owned(), alternative);
}

/// A parameter may stand wherever a number may.
fn allow_parameters(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let is_integer = match map.get("type") {
                Some(Value::String(t)) => t == "integer",
                Some(Value::Array(types)) => types.iter().any(|t| t == "integer"),
                _ => false,
            };
            if is_integer {
                let description = map.remove("description");
                let number = Value::Object(std::mem::take(map));
                let parameter = json!({ "type": "string", "pattern": "^\\$[a-z][a-z0-9-]*$" });
                map.insert("anyOf".to_owned(), json!([number, parameter]));
                map.extend(description.map(|d| ("description".to_owned(), d)));
            } else {
                map.values_mut().for_each(allow_parameters);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(allow_parameters),
        _ => {}
    }
}

/// The words of an externally tagged enum, with their descriptions, in the order of the type.
fn words<T: JsonSchema>() -> Vec<(String, String)> {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>().to_value();
    let variants = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
    let mut words = Vec::new();
    for variant in variants {
        let description = variant["description"].as_str().unwrap_or_default().to_owned();
        if let Some(word) = variant["const"].as_str() {
            words.push((word.to_owned(), description));
        } else if let Some(list) = variant["enum"].as_array() {
            words.extend(list.iter().filter_map(|w| Some((w.as_str()?.to_owned(), description.clone()))));
        } else if let Some(properties) = variant["properties"].as_object() {
            words.extend(properties.keys().map(|word| (word.clone(), description.clone())));
        }
    }
    words
}

/// Every verb, with what it does.
pub fn verbs() -> Vec<(String, String)> {
    VerbName::ALL.iter().map(|name| (name.word().to_owned(), name.does().to_owned())).collect()
}

/// Whether a word is the name of a verb.
pub(super) fn is_verb(word: &str) -> bool {
    VerbName::ALL.iter().any(|name| name.word() == word)
}

/// Every reader, with what it reads.
pub fn readers() -> Vec<(String, String)> {
    words::<Reader>()
}

/// Every operator, with what it states.
pub fn operators() -> Vec<(String, String)> {
    words::<Op>()
}

/// Every need, with what it asks of the machine.
pub fn needs() -> Vec<(String, String)> {
    words::<Need>()
}

/// Every type of namespace.
pub fn namespaces() -> Vec<(String, String)> {
    words::<Ns>()
}

/// Every signal.
pub fn signals() -> Vec<(String, String)> {
    words::<Sig>()
}

/// Every cgroup controller.
pub fn controllers() -> Vec<(String, String)> {
    words::<Controller>()
}

/// Every workload.
pub fn workloads() -> Vec<(String, String)> {
    words::<Work>()
}

/// Every control file of a cgroup, under its v2 name.
pub fn knobs() -> impl Iterator<Item = &'static str> {
    control::FILES.iter().map(|f| f.name)
}

impl<V: JsonSchema, M: JsonSchema> JsonSchema for Entry<V, M> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Entry_of_{}", V::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let verb = generator.subschema_for::<V>();
        let mut modifiers = M::json_schema(generator).to_value();
        let properties = modifiers["properties"].take();
        let most = 1 + properties.as_object().map_or(0, serde_json::Map::len);
        json_schema!({
            "type": "object",
            "properties": properties,
            "additionalProperties": { "anyOf": [verb, { "type": "array", "items": verb, "minItems": 1 }] },
            "minProperties": 1,
            "maxProperties": most,
        })
    }
}

impl<T: JsonSchema> JsonSchema for Many<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Many_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

impl<T: JsonSchema> JsonSchema for Per<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Per_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        let pair = |a: &str, b: &str| {
            json!({
                "type": "object",
                "properties": { a: one, b: one },
                "additionalProperties": false,
                "minProperties": 1,
            })
        };
        json_schema!({ "anyOf": [one, pair("v1", "v2"), pair("root", "rootless")] })
    }
}

impl<T: JsonSchema, K> JsonSchema for One<T, K> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("One_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({
            "type": "object",
            "additionalProperties": value,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

impl JsonSchema for Val {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, a quantity (20% 20M 300ms 4x), a text, or a parameter ($name).",
            "type": ["integer", "string"],
        })
    }
}

impl JsonSchema for RowMatch {
    fn schema_name() -> Cow<'static, str> {
        "Row".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<Val>();
        let cells = generator.subschema_for::<BTreeMap<String, Val>>();
        json_schema!({ "anyOf": [value, cells] })
    }
}

impl JsonSchema for NsOf {
    fn schema_name() -> Cow<'static, str> {
        "NamespaceOf".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let own = generator.subschema_for::<Ns>();
        let words = namespaces().into_iter().map(|(w, _)| w).collect::<Vec<_>>();
        json_schema!({
            "anyOf": [own, {
                "type": "object",
                "propertyNames": { "enum": words },
                "additionalProperties": { "type": "string" },
                "minProperties": 1,
                "maxProperties": 1,
            }],
        })
    }
}

impl JsonSchema for Errno {
    fn schema_name() -> Cow<'static, str> {
        "Errno".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<String> = Errno::names().collect();
        json_schema!({ "description": "An error number by its name (errno(3)).", "type": "string", "enum": names })
    }
}
