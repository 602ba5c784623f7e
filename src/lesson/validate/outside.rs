//! Checks for other files than lessons: what is said there of a lesson, and in the words of lessons.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::super::text;
use super::check::{Check, within};
use super::{expect, ids, prose};
use crate::vocabulary::control::Knob;
use crate::vocabulary::{Expect, Lesson};
use std::collections::HashSet;

/// What is wrong with the form of an id.
pub(crate) fn id(id: &str, span: Span) -> Option<Mistake> {
    ids::malformed(id, span)
}

/// What is wrong with texts for people that stand in a node: an empty one, one that YAML has cut, and a reference to what is not filled in there.
/// A parameter is filled in only in a lesson; the name of a control file also where texts are `filled`.
pub(crate) fn wording(written: &str, node: &Node, filled: bool) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    prose::wording(written, node, &mut mistakes);
    prose::scalars(node, &mut |node, scalar| {
        for piece in text::pieces(scalar) {
            let text::Piece::Reference(name) = piece else { continue };
            let reference = format!("{{{name}}}");
            let at = within(written, node.span, &reference);
            let file = !name.starts_with('$');
            mistakes.extend(match Knob::find(name) {
                Ok(_) if filled && file => None,
                Err(help) if filled && file => {
                    Some(Mistake::new(at, format!("unknown control file `{name}`")).maybe_help(help))
                }
                _ => Some(
                    Mistake::new(at, format!("`{reference}` is not filled in here"))
                        .help("write its value; `{$name}` works in texts of lessons, and names of control files in cards and notes"),
                ),
            });
        }
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
        broken_uses: &nothing,
        used_params: &nothing,
        setup: Vec::new(),
        steps: Vec::new(),
        mistakes: Vec::new(),
        meant: HashSet::new(),
    };
    expect::later(&mut check, expect, entry);
    check.mistakes
}
