//! The documentation of demo scripts lists every key of the format and none besides, and its examples are scripts.

use isolab::demo::script::{load::load, schema};
use isolab::lesson::Catalog;
use std::collections::BTreeSet;

const DOCS: &str = include_str!("../docs/demo-format.md");

/// The section below a heading, down to the next heading.
fn section(heading: &str) -> &'static str {
    let start = DOCS.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let body = &DOCS[start + heading.len() + 2..];
    &body[..body.find("\n## ").unwrap_or(body.len())]
}

/// The words in backticks in the first column of a section's table.
fn listed(heading: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let cells = section(heading).lines().filter_map(|l| l.strip_prefix("| ")?.split(" | ").next());
    for word in cells.flat_map(|c| c.split(", ")).filter_map(|c| c.strip_prefix('`')?.strip_suffix('`')) {
        assert!(words.insert(word.to_owned()), "{heading}: {word} occurs twice");
    }
    words
}

#[test]
fn every_key_is_documented_and_none_besides() {
    let schema = schema::schema();
    let keys = |pointer: &str| -> BTreeSet<String> {
        schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(listed("## The script"), keys("/properties"));
    assert_eq!(listed("## Chapters"), keys("/definitions/Chapter/properties"));
    assert_eq!(listed("## Entries"), keys("/definitions/Entry/properties"));
    assert_eq!(listed("## Emphasis"), keys("/definitions/Emphasis/anyOf/1/properties"));
    let paces = schema["definitions"]["Pace"]["oneOf"].as_array().unwrap().iter();
    let paces: BTreeSet<String> = paces
        .map(|pace| match pace["const"].as_str() {
            Some(word) => word.to_owned(),
            None => pace["properties"].as_object().unwrap().keys().next().unwrap().clone(),
        })
        .collect();
    assert_eq!(listed("## Paces"), paces);
}

/// The table marks as required exactly the keys that the schema requires.
#[test]
fn what_may_be_left_out_is_said() {
    let schema = schema::schema();
    for key in listed("## Entries") {
        let row = section("## Entries").lines().find(|l| l.starts_with(&format!("| `{key}` "))).unwrap();
        let required =
            schema["definitions"]["Entry"]["required"].as_array().unwrap().contains(&key.clone().into());
        assert_eq!(row.ends_with("| required |"), required, "{key}");
    }
}

#[test]
fn every_example_is_a_script() {
    let mut ids = BTreeSet::new();
    for block in DOCS.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let id = text.lines().find_map(|l| l.strip_prefix("id: ")).expect("every example is a whole script");
        let script = load(&format!("{id}.yaml"), text, &Catalog::built_in());
        let script = script.map_err(|d| d.iter().map(ToString::to_string).collect::<String>()).unwrap();
        assert!(ids.insert(script.id), "{id} occurs twice");
    }
    assert!(ids.len() > 3);
    let first = DOCS.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(first.lines().count() <= 10, "the first script has ten lines");
}
