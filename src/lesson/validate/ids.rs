//! Ids: their form, and that each means one thing.

use super::super::diagnostic::Mistake;
use super::super::id::malformed;
use super::super::position::{Node, Span};
use super::check::Check;
use crate::vocabulary::action::ActionModifiers;
use crate::vocabulary::expect::ExpectModifiers;
use crate::vocabulary::general::Modifiers;
use crate::vocabulary::readout::ReadoutModifiers;
use std::collections::HashMap;

/// The longest name of a process, in bytes (`PR_SET_NAME(2const)`, without the NUL).
const COMM_LEN: usize = 15;

/// Whether an id is a word that means something beside a subject.
fn reserved(id: &str) -> bool {
    let modifiers = [ActionModifiers::KEYS, ExpectModifiers::KEYS, ReadoutModifiers::KEYS];
    id == "host" || modifiers.iter().any(|keys| keys.contains(&id))
}

pub(super) fn check(check: &mut Check) {
    let tree = check.tree;
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for section in ["params", "boxes", "cgroups", "workloads", "readouts"] {
        let Some(node) = tree.get(section) else { continue };
        for (key, _) in node.entries() {
            id(check, &key.text, key.span);
            if matches!(section, "boxes" | "workloads") && key.text.len() > COMM_LEN {
                let message = format!("`{}` is longer than {COMM_LEN} characters", key.text);
                check.tell(
                    Mistake::new(key.span, message)
                        .help("it becomes the name of a process, and the kernel would cut it"),
                );
            }
            if matches!(section, "boxes" | "workloads") && key.text == "run" {
                check.tell(
                    Mistake::new(key.span, "`run` is the process that holds the run's user namespace")
                        .help("choose another id"),
                );
            }
            if matches!(section, "boxes" | "workloads" | "cgroups")
                && let Some(first) = owners.insert(&key.text, section)
            {
                let message = format!("`{}` is already one of the {first}", key.text);
                check.tell(Mistake::new(key.span, message).help("give each its own name"));
            }
        }
    }
    if let Some(node) = tree.get("id") {
        id(check, &check.lesson.id, node.span);
    }
    let mut steps: HashMap<&str, usize> = HashMap::new();
    for (index, step) in tree.get("steps").map(Node::items).unwrap_or_default().iter().enumerate() {
        if let Some(node) = step.get("id")
            && let Some(text) = node.scalar()
        {
            id(check, text, node.span);
            if let Some(first) = steps.insert(text, index) {
                let message = format!("a second step `{text}`");
                check.tell(Mistake::new(node.span, message).help(format!("step {} has this id", first + 1)));
            }
        }
        for (key, _) in step.find(&["predict", "options"]).map(Node::entries).unwrap_or_default() {
            // a text that a comma has cut in two looks like an id with spaces; the shape says it better
            if !key.text.contains(' ') {
                form(check, &key.text, key.span);
            }
        }
    }
}

fn id(check: &mut Check, id: &str, span: Span) {
    if reserved(id) {
        check.tell(
            Mistake::new(span, format!("`{id}` is a word of the format")).help(
                "choose another id; these are reserved: fails, for, host, needs, optional, when, within",
            ),
        );
    } else {
        form(check, id, span);
    }
}

fn form(check: &mut Check, id: &str, span: Span) {
    if let Some(mistake) = malformed(id, span) {
        check.tell(mistake);
    }
}
