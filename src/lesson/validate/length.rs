//! Checks that the texts of actions and workloads are short enough to be sent to a process of the run.

use super::super::diagnostic::Mistake;
use super::super::position::{Kind, Node, Span};
use super::check::Check;
use crate::vocabulary::MOST_TEXT;

pub(super) fn check(check: &mut Check) {
    let acts: Vec<&Node> =
        check.setup.iter().chain(check.steps.iter().flat_map(|s| &s.acts)).map(|act| act.object).collect();
    let workloads = check.tree.get("workloads").map(Node::entries).unwrap_or_default();
    let mut long = Vec::new();
    for node in acts.into_iter().chain(workloads.iter().map(|(_, node)| node)) {
        find(node, &mut long);
    }
    // Verbs without an object of their own have the same position.
    long.dedup();
    for (span, bytes) in long {
        let message = format!("a text of {bytes} bytes; in an action it has at most {MOST_TEXT}");
        check.tell(Mistake::new(span, message).help("write a shorter text, or several"));
    }
}

/// Finds texts that are too long, and where they begin.
fn find(node: &Node, long: &mut Vec<(Span, usize)>) {
    match &node.kind {
        Kind::Scalar(text, _) => long.extend(too_long(text, node.span)),
        Kind::Seq(items) => items.iter().for_each(|item| find(item, long)),
        Kind::Map(entries) => {
            for (key, value) in entries {
                long.extend(too_long(&key.text, key.span));
                find(value, long);
            }
        }
    }
}

fn too_long(text: &str, span: Span) -> Option<(Span, usize)> {
    (text.len() > MOST_TEXT).then(|| (Span { start: span.start, end: span.start + 1 }, text.len()))
}
