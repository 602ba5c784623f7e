//! A lesson's file as reports name it: which text was run, and where in it the steps and expectations are.

use super::position::{Node, line_column, parse};
use indexmap::IndexMap;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A place in a lesson's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TextPlace {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// The text that a lesson was loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonFile {
    /// The lesson's id.
    pub id: String,
    /// The path as it was given, or `lessons/ID.yaml` for a built-in lesson.
    pub name: String,
    /// Whether it comes with isolab.
    pub built_in: bool,
    /// SHA-256 of the text, in lower-case hexadecimal digits.
    pub sha256: String,
    steps: BTreeMap<String, StepPlaces>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct StepPlaces {
    step: TextPlace,
    expectations: Vec<TextPlace>,
}

impl LessonFile {
    /// Of the text of the lesson with this id. A text that is not YAML has no places.
    pub fn new(id: &str, name: &str, built_in: bool, text: &str) -> Self {
        Self::with_alternatives(id, name, built_in, text, &IndexMap::new())
    }

    /// As [`Self::new`], where these alternatives were taken, by the step's id: of other steps, the first.
    pub fn with_alternatives(
        id: &str,
        name: &str,
        built_in: bool,
        text: &str,
        taken: &IndexMap<String, String>,
    ) -> Self {
        let place = |node: &Node| {
            let (line, column) = line_column(text, node.span.start);
            TextPlace { line, column }
        };
        let step = |node: &Node| {
            let id = node.get("id")?.scalar()?.to_owned();
            let choose = node.get("choose");
            let first = || choose?.entries().first().map(|(_, alternative)| alternative);
            let alternative = taken.get(&id).and_then(|name| choose?.get(name)).or_else(first);
            let expect = node.get("expect").or_else(|| alternative?.get("expect"));
            let expectations = expect.into_iter().flat_map(Node::items).map(place).collect();
            Some((id, StepPlaces { step: place(node), expectations }))
        };
        let tree = parse(text).ok();
        let steps = tree.iter().filter_map(|tree| tree.get("steps")).flat_map(Node::items);
        LessonFile {
            id: id.to_owned(),
            name: name.to_owned(),
            built_in,
            sha256: Sha256::digest(text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")),
            steps: steps.filter_map(step).collect(),
        }
    }

    /// Where a step begins.
    pub fn step(&self, id: &str) -> Option<TextPlace> {
        self.steps.get(id).map(|places| places.step)
    }

    /// Where the expectation with this index begins, from 0.
    pub fn expectation(&self, step: &str, index: usize) -> Option<TextPlace> {
        self.steps.get(step)?.expectations.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Catalog;

    #[test]
    fn places_are_where_the_file_has_them() {
        let text = "id: x\nsteps:\n  - id: one\n    expect:\n      - name: { is: a }\n      - name: { is: b }\n  - id: two\n";
        let file = LessonFile::new("x", "x.yaml", false, text);
        let place = |line, column| Some(TextPlace { line, column });
        assert_eq!((file.step("one"), file.step("two")), (place(3, 5), place(7, 5)));
        assert_eq!(file.expectation("one", 1), place(6, 9));
        assert_eq!((file.expectation("one", 2), file.step("three")), (None, None));
        let same = LessonFile::new("x", "x.yaml", false, "abc");
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(same.sha256, known, "the example of FIPS 180-4");
    }

    #[test]
    fn every_expectation_of_the_built_in_lessons_has_its_place() {
        let catalog = Catalog::built_in();
        for (source, lesson) in catalog.sources().iter().zip(catalog.load_all()) {
            let (text, lesson) = (source.text().expect("a text"), lesson.expect("a lesson"));
            let file = LessonFile::new(&lesson.id, &source.file, true, &text);
            for step in &lesson.steps {
                let line = file.step(&step.id).expect("a place").line;
                assert!(text.lines().nth(line - 1).is_some_and(|l| l.trim_start().starts_with("- ")));
                for (index, expect) in step.expect.iter().enumerate() {
                    let place = file.expectation(&step.id, index).expect("a place");
                    let at = text.lines().nth(place.line - 1).and_then(|l| l.get(place.column - 1..));
                    assert!(
                        at.is_some_and(|at| at.trim_start_matches(['{', ' ']).starts_with(&expect.subject)),
                        "{}/{} {index}: {at:?}",
                        lesson.id,
                        step.id
                    );
                }
            }
        }
    }
}
