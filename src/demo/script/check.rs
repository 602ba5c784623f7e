//! What a script means: whether everything that it names exists, and whether it can be played as it says.

use super::context::Check;
use super::draft::Draft;
use super::{entry, fallback};
use crate::lesson::Catalog;
use crate::lesson::diagnostic::Mistake;
use crate::lesson::position::{Node, Span};
use crate::lesson::validate;
use std::collections::HashMap;

/// Everything that is wrong with a script whose shapes fit.
pub(super) fn all(draft: &Draft, file_name: &str, text: &str, lessons: &Catalog) -> Vec<Mistake> {
    let mut check = Check::new(text, file_name, lessons);
    head(&mut check, draft);
    ids(&mut check, draft);
    for at in &draft.entries {
        entry::check(&mut check, at);
    }
    fallback::check(&mut check, draft);
    check.mistakes
}

fn head(check: &mut Check, draft: &Draft) {
    let tree = draft.tree;
    for key in ["title", "summary"] {
        check.line(tree.get(key));
    }
    if draft.version() != 1
        && let Some(node) = tree.get("demo")
        && node.scalar().is_some_and(|s| s.parse::<u32>().is_ok())
    {
        check.say(node.span, format!("demo {} is not known", draft.version()), "write `demo: 1`");
    }
    if let Some(node) = tree.get("id") {
        match validate::id(draft.id(), node.span).filter(|_| node.scalar().is_some() && !node.is_absent()) {
            Some(mistake) => check.tell(mistake),
            None => check.mistakes.extend(validate::file_name(check.file_name, tree, draft.id())),
        }
    }
    let empty = |node: &Node, key: &str| {
        let list = node.get(key).filter(|list| list.flow && list.items().is_empty());
        list.filter(|list| list.entries().is_empty() && list.scalar().is_none()).map(|list| list.span)
    };
    if let Some(span) = empty(tree, "chapters") {
        check.say(span, "a demo without chapters", "write `- title: …` and `entries:`");
    }
    for (_, node) in &draft.chapters {
        check.line(node.get("title"));
        if let Some(span) = empty(node, "entries") {
            check.say(span, "a chapter without entries", "write `- card: …` or `- lesson: …`");
        }
    }
}

/// Ids of entries.
fn ids(check: &mut Check, draft: &Draft) {
    let mut known: HashMap<&str, Span> = HashMap::new();
    for at in &draft.entries {
        let (Some(id), Some(node)) = (&at.entry.id, at.good("id")) else { continue };
        if let Some(mistake) = validate::id(id, node.span) {
            check.tell(mistake);
        } else if let Some(first) = known.get(id.as_str()) {
            let line = check.text[..first.start].matches('\n').count() + 1;
            check.say(
                node.span,
                format!("a second entry `{id}`"),
                format!("the first one is on line {line}; rename one of them"),
            );
        } else {
            known.insert(id, node.span);
        }
    }
}
