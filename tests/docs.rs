//! The authors' documentation lists every word of the format and none besides.

use isolab::lesson::shape::Val;
use isolab::lesson::{load, schema};
use std::collections::{BTreeMap, BTreeSet};

const DOCS: &str = include_str!("../docs/lesson-format.md");

/// The section below a heading, down to the next heading.
fn section(heading: &str) -> &'static str {
    let start = DOCS.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let body = &DOCS[start + heading.len() + 2..];
    &body[..body.find("\n#").unwrap_or(body.len())]
}

/// The words in backticks that begin the rows of a section's table.
fn listed(heading: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for row in section(heading).lines().filter_map(|l| l.strip_prefix("| `")) {
        let word = row.split('`').next().unwrap().to_owned();
        assert!(words.insert(word.clone()), "{heading}: {word} stands twice");
    }
    words
}

fn words(list: &[(String, String)]) -> BTreeSet<String> {
    list.iter().map(|(word, _)| word.clone()).collect()
}

#[test]
fn every_word_is_documented_and_none_besides() {
    assert_eq!(listed("## Verbs"), words(&schema::verbs()));
    assert_eq!(listed("## Readers"), words(&schema::readers()));
    assert_eq!(listed("## Operators"), words(&schema::operators()));
    assert_eq!(listed("## Needs"), words(&schema::needs()));
    assert_eq!(listed("### Namespaces"), words(&schema::namespaces()));
    assert_eq!(listed("### Signals"), words(&schema::signals()));
    assert_eq!(listed("### Controllers"), words(&schema::controllers()));
    assert_eq!(listed("### Workloads"), words(&schema::workloads()));
    let knobs: BTreeSet<String> = schema::knobs().map(str::to_owned).collect();
    assert_eq!(listed("### Control files"), knobs);
}

#[test]
fn every_word_has_a_description() {
    for (word, text) in [schema::verbs(), schema::readers(), schema::operators(), schema::needs()].concat() {
        assert!(!text.is_empty(), "{word}");
    }
}

#[test]
fn every_key_is_documented() {
    let schema = schema::schema();
    let keys = |pointer: &str| -> BTreeSet<String> {
        schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect()
    };
    let documented = |heading: &str| -> BTreeSet<String> {
        let cells = section(heading).lines().filter_map(|l| l.strip_prefix("| ")?.split(" | ").next());
        cells
            .flat_map(|c| c.split(", "))
            .filter_map(|c| Some(c.strip_prefix('`')?.strip_suffix('`')?.to_owned()))
            .collect()
    };
    assert_eq!(documented("## The lesson"), keys("/properties"));
    assert_eq!(documented("## Steps"), keys("/definitions/Step/properties"));
    assert_eq!(documented("### Boxes"), keys("/definitions/BoxDecl/properties"));
}

#[test]
fn units_are_those_that_values_are_read_with() {
    for unit in listed("### Units") {
        let value = Val::parse(&format!("2{unit}")).unwrap();
        assert!(matches!(value, Val::Quantity(..)), "{unit}");
    }
    let error = Val::parse("2parsec").unwrap_err();
    let known = error.split("known: ").nth(1).unwrap();
    let known: BTreeSet<String> = known.split(' ').map(str::to_owned).collect();
    assert_eq!(listed("### Units"), known);
}

#[test]
fn the_example_is_a_lesson() {
    let start = DOCS.find("```yaml\nformat: 1").unwrap() + "```yaml\n".len();
    let text = &DOCS[start..start + DOCS[start..].find("```").unwrap()];
    let lesson = load("names.yaml", text, &BTreeMap::new());
    assert_eq!(
        lesson.map_err(|d| d.iter().map(ToString::to_string).collect::<String>()).unwrap().id,
        "names"
    );
}
