//! The JSON Schema of demo scripts agrees with their loader: what loads conforms, and what does not fit neither loads nor conforms.

#[path = "common/mistakes.rs"]
mod mistakes;

use isolab::demo::library::BUILT_IN;
use isolab::demo::script::{load::load, schema};
use isolab::lesson::Catalog;
use mistakes::{against, is_draft_7};
use serde_json::{Value, json};

const GOOD: &str = include_str!("demo/good.yaml");
const DOCS: &str = include_str!("../docs/demo-format.md");

fn script(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&schema::schema()).unwrap()
}

#[test]
fn the_schema_is_a_draft_7_schema() {
    is_draft_7(&schema::schema());
}

#[test]
fn what_loads_conforms() {
    let validator = validator();
    let whole = DOCS.split("```yaml\n").skip(1).filter(|block| block.starts_with("demo: 1"));
    let examples: Vec<&str> = whole.map(|block| block.split("```").next().unwrap()).collect();
    assert!(!examples.is_empty());
    for text in BUILT_IN.iter().map(|(_, text)| *text).chain(examples).chain([GOOD]) {
        let errors = against(&validator, text);
        assert!(errors.is_empty(), "{text}\n{errors:#?}");
    }
}

/// Each of these is refused by the loader as well as by the schema.
#[test]
fn what_does_not_fit_neither_loads_nor_conforms() {
    let (validator, lessons) = (validator(), Catalog::built_in());
    let good = script(GOOD);
    // JSON is YAML, so what the schema sees can be loaded.
    let both =
        |value: &Value| (validator.is_valid(value), load("good.yaml", &value.to_string(), &lessons).is_ok());
    assert_eq!(both(&good), (true, true));
    let (card, steps) = ("/chapters/0/entries/0", "/chapters/0/entries/1");
    for (pointer, key, value) in [
        ("", "demo", json!(2)),
        ("", "id", json!("Good one")),
        ("", "title", json!("")),
        ("", "titel", json!("x")),
        ("", "chapters", json!([])),
        ("", "chapters", json!({})),
        ("", "reserve", json!([{ "card": "x", "takes": "5s" }])),
        ("/chapters/0", "entries", json!([])),
        ("/chapters/0", "title", Value::Null),
        (card, "card", json!({ "v1": "a", "root": "b" })),
        (card, "card", json!(" ")),
        (card, "lesson", json!("uts")),
        (card, "steps", json!("copy")),
        (card, "stage", json!(true)),
        (card, "fallback", json!("spare")),
        (card, "takes", json!(5)),
        (card, "takes", json!("0s")),
        (card, "takes", json!("20M")),
        (card, "pace", json!("fast")),
        (card, "pace", json!({ "after": "0.0s" })),
        (card, "pace", json!({ "after": 5 })),
        (card, "pace_of", json!({ "copy": "auto" })),
        (steps, "pace_of", json!("auto")),
        (steps, "pace_of", json!({ "copy": "fast" })),
        (steps, "pace_of", json!({ "Copy": "auto" })),
        (steps, "pace_of", json!({ "copy": { "after": 5 } })),
        (steps, "lesson", json!(null)),
        (steps, "steps", json!([])),
        (steps, "steps", json!(["copy", "copy"])),
        (steps, "stage", json!("yes")),
        (steps, "typed", json!(1)),
        (steps, "set", json!({ "Quota": "20%" })),
        (steps, "emphasis", json!({ "readout": "box-name", "zom": true })),
        (steps, "emphasis", json!({ "zoom": true })),
        (steps, "emphasis", json!({ "call": "unshare()" })),
        (steps, "emphasis", json!({ "call": "unshare", "zoom": true })),
        (steps, "emphasis", json!({ "call": "unshare", "readout": "box-name" })),
        (steps, "notes", json!([])),
        (steps, "pace", json!({ "when": { "box-name": { "is": "bird" }, "for": "1s" } })),
        (steps, "pace", json!({ "when": { "box-name": { "is": "bird" }, "within": "0s" } })),
        (steps, "pace", json!({ "when": { "box-name": { "was": { "is": "bird" } } } })),
        (steps, "pace", json!({ "when": { "box-name": { "iss": "bird" } } })),
        (steps, "pace", json!({ "when": { "within": "5s" } })),
        (steps, "pace", json!({ "when": { "box-name": { "is": "x" }, "host-name": { "is": "x" } } })),
    ] {
        let mut broken = good.clone();
        broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"))[key] = value.clone();
        assert_eq!(both(&broken), (false, false), "{pointer}/{key}: {value}");
    }
    for (pointer, key) in [("", "summary"), (card, "card"), (card, "takes"), (steps, "lesson")] {
        let mut broken = good.clone();
        broken.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().remove(key);
        assert_eq!(both(&broken), (false, false), "{pointer} without {key}");
    }
}
