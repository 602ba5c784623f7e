//! Fallbacks: each is an entry of the reserve, each entry of the reserve is one, and none leads back to itself.

use super::context::Check;
use super::draft::{At, Draft};
use crate::vocabulary::suggest::{nearest, suggest};
use indexmap::IndexSet;
use std::collections::HashSet;

pub(super) fn check(check: &mut Check, draft: &Draft) {
    let reserve: Vec<&At> = draft.entries.iter().filter(|at| at.chapter.is_none()).collect();
    let ids = || reserve.iter().filter_map(|at| at.entry.id.as_deref());
    let mut named: HashSet<&str> = HashSet::new();
    for at in &draft.entries {
        let (Some(name), Some(node)) = (at.entry.fallback.as_deref(), at.good("fallback")) else { continue };
        named.insert(name);
        // On a card it is wrong whatever it names.
        if at.written("card") || ids().any(|id| id == name) || draft.broken.contains(name) {
            continue;
        }
        if draft.entries.iter().any(|at| at.entry.id.as_deref() == Some(name)) {
            let help = "only an entry that is not played anyway can be a fallback: move it to `reserve`";
            check.say(node.span, format!("`{name}` is not in the reserve"), help);
            continue;
        }
        named.extend(nearest(name, ids()));
        let help = suggest(name, ids().collect::<Vec<_>>())
            .unwrap_or_else(|| format!("write an entry with `id: {name}` under `reserve`"));
        check.say(node.span, format!("unknown fallback `{name}`"), help);
    }
    for at in &reserve {
        match (&at.entry.id, at.good("id")) {
            (Some(id), Some(node)) if !named.contains(id.as_str()) && !draft.broken.contains(id) => check
                .say(
                    node.span,
                    format!("`{id}` is never played"),
                    format!("write `fallback: {id}` in the entry that it stands in for, or remove it"),
                ),
            (None, _) if !at.written("id") => check.say(
                at.node.head(),
                "an entry of the reserve without `id`",
                "write `id: …`, and name it in the `fallback` of another entry",
            ),
            _ => {}
        }
    }
    circles(check, &reserve);
}

/// Fallbacks that lead back to themselves.
fn circles(check: &mut Check, reserve: &[&At]) {
    let of = |id: &str| reserve.iter().find(|at| at.entry.id.as_deref() == Some(id));
    let mut done: HashSet<&str> = HashSet::new();
    for start in reserve.iter().filter_map(|at| at.entry.id.as_deref()) {
        let mut chain: IndexSet<&str> = IndexSet::new();
        let mut next = Some(start);
        while let Some(id) = next.filter(|id| !done.contains(id)) {
            if let (from, false) = chain.insert_full(id) {
                let ring: Vec<&str> = chain.iter().copied().skip(from).chain([id]).collect();
                if let Some(node) = of(id).and_then(|at| at.good("fallback")) {
                    let ring = ring.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" → ");
                    let help =
                        "a machine where all of them are blocked would never end: one must have no fallback";
                    check.say(node.span, format!("fallbacks in a circle: {ring}"), help);
                }
                break;
            }
            next = of(id).and_then(|at| at.entry.fallback.as_deref());
        }
        done.extend(chain);
    }
}
