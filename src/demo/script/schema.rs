//! The format as JSON Schema (draft 7), made of the types that also load it; what the types cannot say is put in.

use super::Script;
use super::entry::OF_STEPS;
use super::pace::NEVER;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema of a script file.
pub fn schema() -> Value {
    let mut root = SchemaSettings::draft07().into_generator().into_root_schema_for::<Script>().to_value();
    root["title"] = json!("A demo script of isolab");
    without_null(&mut root);
    let id = json!({ "pattern": "^[a-z][a-z0-9-]*$" });
    let text = json!({ "pattern": "\\S" });
    let time = json!({ "type": "string", "pattern": "^([1-9][0-9.]*|0[0-9]*\\.0*[1-9][0-9]*)(us|ms|s)$" });
    root["properties"]["demo"] = json!({ "const": 1, "description": "Version of the format." });
    for (pointer, more) in [
        ("/properties/id", &id),
        ("/properties/title", &text),
        ("/properties/summary", &text),
        ("/properties/chapters", &json!({ "minItems": 1 })),
        ("/definitions/Chapter/properties/title", &text),
        ("/definitions/Chapter/properties/entries", &json!({ "minItems": 1 })),
        ("/definitions/Entry/properties/id", &id),
        ("/definitions/Entry/properties/set", &json!({ "propertyNames": id })),
        ("/definitions/Entry/properties/pace_of", &json!({ "propertyNames": id })),
        ("/definitions/Entry/properties/steps/anyOf/1", &json!({ "minItems": 1, "uniqueItems": true })),
        ("/definitions/Entry", &one_of_two()),
    ] {
        put(&mut root, pointer, more);
    }
    for key in ["card", "notes"] {
        if let Some(prose) = root.pointer_mut(&format!("/definitions/Entry/properties/{key}")) {
            texts(prose, &text);
        }
    }
    let takes = json!({ "description": root["definitions"]["Entry"]["properties"]["takes"]["description"] });
    root["definitions"]["Entry"]["properties"]["takes"] = with(takes, &time);
    let paces = root.pointer_mut("/definitions/Pace/oneOf").and_then(Value::as_array_mut);
    for pace in paces.into_iter().flatten().filter_map(|pace| pace.get_mut("properties")) {
        if let Some(after) = pace.get_mut("after") {
            *after = time.clone();
        }
        if let Some(statement) = pace.get_mut("when") {
            let within = with(json!({ "description": "How long that may take at most." }), &time);
            statement["properties"] =
                json!({ "within": within, "for": false, "when": false, "needs": false });
            // One statement, and `within` beside it.
            statement["oneOf"] = json!([
                { "maxProperties": 1, "not": { "required": ["within"] } },
                { "minProperties": 2, "maxProperties": 2, "required": ["within"] },
            ]);
        }
    }
    // Beside a reference nothing else counts in draft 7.
    let entry = root["properties"]["reserve"]["items"].take();
    root["properties"]["reserve"]["items"] = json!({ "allOf": [entry, { "required": ["id"] }] });
    if let Some(operators) = root.pointer_mut("/definitions/Op/oneOf").and_then(Value::as_array_mut) {
        operators.retain(|o| !NEVER.iter().any(|word| o["properties"].get(word).is_some()));
    }
    root
}

/// A card or a lesson, and on a card nothing that is for steps.
fn one_of_two() -> Value {
    let none: Map<String, Value> = OF_STEPS.iter().map(|key| ((*key).to_owned(), json!(false))).collect();
    json!({
        "oneOf": [
            { "required": ["card"], "properties": none, "not": { "required": ["lesson"] } },
            { "required": ["lesson"], "not": { "required": ["card"] } },
        ],
    })
}

/// Adds keywords to a part of a schema.
fn put(root: &mut Value, pointer: &str, more: &Value) {
    if let Some(place) = root.pointer_mut(pointer) {
        *place = with(place.take(), more);
    }
}

fn with(mut schema: Value, more: &Value) -> Value {
    if let (Some(place), Some(more)) = (schema.as_object_mut(), more.as_object()) {
        place.extend(more.clone());
    }
    schema
}

/// Adds keywords to every text.
fn texts(schema: &mut Value, more: &Value) {
    if schema["type"] == "string" {
        put(schema, "", more);
        return;
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(|v| texts(v, more)),
        Value::Array(items) => items.iter_mut().for_each(|v| texts(v, more)),
        _ => {}
    }
}

/// A key that may be left out may still not be there without a value.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("default").is_some_and(|d| d.is_null() || *d == json!({}) || *d == json!([])) {
                map.remove("default");
            }
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|t| t != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(any)) = map.get_mut("anyOf") {
                any.retain(|s| s["type"] != "null");
                if let [Value::Object(one)] = any.as_slice() {
                    let one = one.clone();
                    map.remove("anyOf");
                    map.extend(one);
                }
            }
            map.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::{CHAPTER_KEYS, ENTRY_KEYS, SCRIPT_KEYS};
    use super::*;
    use std::collections::BTreeMap;

    /// What the loader knows are the types' own keys.
    #[test]
    fn keys_are_those_of_the_types() {
        let schema = schema();
        for (pointer, known) in
            [("", SCRIPT_KEYS), ("/definitions/Chapter", CHAPTER_KEYS), ("/definitions/Entry", ENTRY_KEYS)]
        {
            let part = schema.pointer(pointer).unwrap();
            let required: Vec<&str> =
                part["required"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
            let keys = part["properties"].as_object().unwrap().keys();
            let of_type: BTreeMap<&str, bool> =
                keys.map(|k| (k.as_str(), required.contains(&k.as_str()))).collect();
            assert_eq!(of_type, known.iter().copied().collect(), "{pointer}");
        }
    }

    /// What cannot be waited for is no operator in the schema, and every other one is.
    #[test]
    fn operators_are_those_of_lessons_but_three() {
        let schema = schema();
        let all = schema["definitions"]["Op"]["oneOf"].as_array().unwrap();
        let words = |o: &Value| match &o["properties"] {
            Value::Object(map) => map.keys().cloned().collect::<Vec<_>>(),
            _ => vec![o["const"].as_str().unwrap().to_owned()],
        };
        let mut here: Vec<String> = all.iter().flat_map(words).collect();
        here.extend(NEVER.iter().map(|w| (*w).to_owned()));
        here.sort();
        let mut there: Vec<String> =
            crate::lesson::schema::operators().into_iter().map(|(word, _)| word).collect();
        there.sort();
        assert_eq!(here, there);
    }
}
