//! The JSON Schema agrees with the loader: what loads conforms, what does not fit does not.

#[path = "common/mistakes.rs"]
mod mistakes;

use isolab::lesson::catalog::BUILT_IN;
use isolab::lesson::schema;
use mistakes::{against, is_draft_7};
use serde_json::{Value, json};

const GOOD: &str = include_str!("lesson/good.yaml");

fn lesson(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&schema::schema()).unwrap()
}

#[test]
fn built_in_lessons_conform() {
    let validator = validator();
    for (id, text) in BUILT_IN {
        let errors = against(&validator, text);
        assert!(errors.is_empty(), "{id}: {errors:#?}");
    }
}

#[test]
fn the_schema_is_a_draft_7_schema() {
    is_draft_7(&schema::schema());
}

#[test]
fn what_does_not_fit_does_not_conform() {
    let validator = validator();
    let good = lesson(GOOD);
    assert!(validator.is_valid(&good));
    let break_at = |pointer: &str, value: Value| {
        let mut broken = good.clone();
        *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        broken
    };
    for (pointer, value) in [
        ("/format", json!(2)),
        ("/minutes", json!("ten")),
        ("/needs", json!(["uts"])),
        ("/boxes", json!({ "Box": {} })),
        ("/boxes", json!({ "box": { "forkedby": "x" } })),
        ("/readouts/box-name", json!({ "box": "hostnam" })),
        ("/readouts/box-name", json!({ "box": "hostname", "optional": 1 })),
        ("/readouts/box-uts", json!({ "box": { "namespace": { "utss": "box" } } })),
        ("/steps/0/title", Value::Null),
        ("/steps/0/text", json!({ "v1": "a", "root": "b" })),
        ("/steps/0/do/0", json!({ "box": { "unshare": ["nett"] } })),
        ("/steps/0/do/0", json!({ "box": { "unshare": ["net"], "wait": 1 } })),
        ("/steps/0/do/0", json!({ "box": { "exit": "now" } })),
        ("/steps/0/do/0", json!({ "box": "wait", "fails": "EPERMM" })),
        ("/steps/0/do/0", json!({ "box": { "mount": { "prc": "/proc" } } })),
        ("/steps/0/expect/0", json!({ "box-uts": { "between": [1, 2, 3] } })),
        ("/steps/0/expect/0", json!({ "box-uts": { "same_ass": "host-uts" } })),
    ] {
        assert!(!validator.is_valid(&break_at(pointer, value.clone())), "{pointer} {value}");
    }
    let mut extra = good.clone();
    extra["titel"] = json!("x");
    assert!(!validator.is_valid(&extra));
}

#[test]
fn a_parameter_may_stand_for_a_number() {
    let validator = validator();
    let mut with = lesson(GOOD);
    with["steps"][0]["do"][0] = json!({ "box": { "exit": "$status" } });
    assert!(validator.is_valid(&with));
}
