//! Terms that a lesson uses before they are explained: warnings for its author.

use super::diagnostic::{Diagnostic, Mistake};
use super::glossary::{Found, Glossary};
use super::load::tree;
use super::position::{Node, Span};
use super::validate::prose::scalars;
use crate::vocabulary::Lesson;
use std::collections::BTreeSet;

/// Each term that the text or the question of a step uses although no step that explains it comes before it, once for the lesson. `order` has the ids of the
/// lessons in teaching order; a lesson that is not among them comes behind all. What is in `code` is not a use; `*term*` and `term (…)` explain.
pub fn early(
    glossary: &Glossary,
    order: &[&str],
    file: &str,
    text: &str,
    lesson: &Lesson,
) -> Vec<Diagnostic> {
    let Ok(tree) = tree(file, text) else { return Vec::new() };
    let steps = tree.get("steps").map(Node::items).unwrap_or_default();
    let at = |id: &str| order.iter().position(|known| *known == id);
    let here = at(&lesson.id).unwrap_or(order.len());
    let explained = |term: &str, step: usize| {
        glossary.term(term).is_some_and(|term| {
            term.steps.iter().filter_map(|place| place.split_once('/')).any(|(of, id)| {
                if of == lesson.id {
                    lesson.steps.iter().position(|s| s.id == id).is_some_and(|place| place <= step)
                } else {
                    at(of).is_some_and(|place| place < here)
                }
            })
        })
    };
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut mistakes = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let alternatives = step.get("choose").map(Node::entries).unwrap_or_default();
        let parts = [step].into_iter().chain(alternatives.iter().map(|(_, alternative)| alternative));
        let read = parts.flat_map(|part| {
            let predict = part.get("predict");
            [part.get("text"), predict.and_then(|p| p.get("ask")), predict.and_then(|p| p.get("options"))]
        });
        for node in read.flatten() {
            scalars(node, &mut |scalar, _| {
                let source = text.get(scalar.span.start..scalar.span.end).unwrap_or_default();
                for Found { term, at } in glossary.find(&lesson.id, source) {
                    let (before, after) = (&source[..at.start], &source[at.end..]);
                    let told = before.ends_with('*') && after.starts_with('*')
                        || after.trim_start().starts_with('(');
                    let code = before.matches('`').count() % 2 == 1;
                    if !told && (code || known.contains(term) || explained(term, index)) {
                        continue;
                    }
                    if known.insert(term) && !told {
                        let span =
                            Span { start: scalar.span.start + at.start, end: scalar.span.start + at.end };
                        mistakes.push(not_explained(glossary, term, span));
                    }
                }
            });
        }
    }
    Diagnostic::locate(file, text, mistakes.into_iter().map(Mistake::as_warning).collect())
}

fn not_explained(glossary: &Glossary, term: &str, span: Span) -> Mistake {
    let step = glossary.term(term).and_then(|t| t.steps.first()).map_or("", String::as_str);
    Mistake::new(span, format!("`{term}` is used before it is explained, in {step}")).help(format!(
        "explain it here, as `*{term}*` or with a few words in parentheses right after it, or name this step in the glossary"
    ))
}
