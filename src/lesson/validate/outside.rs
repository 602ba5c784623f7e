//! Checks for other files than lessons: what is said there of a lesson, and in the words of lessons.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::super::shape::{Expect, Lesson};
use super::super::text;
use super::{Check, expect, ids, prose};
use std::collections::HashSet;

/// What is wrong with the form of an id.
pub(crate) fn id(id: &str, span: Span) -> Option<Mistake> {
    ids::malformed(id, span)
}

/// What is wrong with texts for people that stand in a node: an empty one, one that YAML has cut, and a reference, which only a lesson fills in.
pub(crate) fn wording(written: &str, node: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    prose::wording(written, node, &mut mistakes);
    prose::scalars(node, &mut |node, scalar| {
        let references = text::pieces(scalar).filter_map(|piece| match piece {
            text::Piece::Reference(name) => Some(format!("{{{name}}}")),
            text::Piece::Text(_) => None,
        });
        mistakes.extend(references.map(|reference| {
            Mistake::new(
                within(written, node.span, &reference),
                format!("`{reference}` is filled in only in lessons"),
            )
            .help("write what it stands for; where that depends on the machine, write `v1: …` and `v2: …`")
        }));
    });
    mistakes
}

/// What is wrong with a statement on a lesson's readouts that is judged outside of its steps; `entry` is where it stands.
pub(crate) fn said_of(lesson: &Lesson, expect: &Expect, entry: &Node, written: &str) -> Vec<Mistake> {
    let nothing = HashSet::new();
    let mut check = Check {
        lesson,
        tree: entry,
        text: written,
        broken: &nothing,
        used_params: &nothing,
        setup: Vec::new(),
        steps: Vec::new(),
        mistakes: Vec::new(),
        meant: HashSet::new(),
    };
    expect::later(&mut check, expect, entry);
    check.mistakes
}

/// Where a part of what is written at a place stands, or else the place.
pub(super) fn within(written: &str, span: Span, part: &str) -> Span {
    let there = written.get(span.start..span.end).unwrap_or_default();
    match there.find(part) {
        Some(at) if !part.is_empty() => Span { start: span.start + at, end: span.start + at + part.len() },
        _ => span,
    }
}
