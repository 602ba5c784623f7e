//! Alternatives: a step says under `choose` what can be one thing or another, and one of them is taken before anything else is read.

use super::diagnostic::Mistake;
use super::id::malformed;
use super::position::{Key, Kind, Node};
use super::seed::{self, Of};
use crate::vocabulary::Seed;
use crate::vocabulary::suggest::suggest;
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashSet};

/// What may stand in an alternative: what a step is made of, but for what it is known by and where it applies.
pub(crate) const FIELDS: &[&str] = &[
    "text", "predict", "by_hand", "prints", "try", "given", "do", "measure", "watch", "show", "expect",
    "why", "docker", "myth", "man", "hints", "notes",
];

/// The most alternatives of a step.
const MOST: usize = 20;

/// Which alternatives are taken.
pub(super) enum Pick<'a> {
    /// Those that a seed chooses; without one, the first.
    By(Option<&'a Seed>),
    /// Those with these numbers, from 0, by the step's id; the first where there is none.
    Numbers(&'a BTreeMap<String, usize>),
}

impl Pick<'_> {
    fn number(&self, lesson: &str, step: &str, count: usize) -> usize {
        match self {
            Pick::By(None) => 0,
            // Below `count`, so it is small.
            Pick::By(Some(seed)) => seed::pick(seed, lesson, Of::Step(step), count as u64) as usize,
            Pick::Numbers(numbers) => numbers.get(step).copied().unwrap_or(0),
        }
    }
}

/// The steps of a lesson that have alternatives, with the ids of these.
pub(super) fn alternatives(tree: &Node) -> IndexMap<String, Vec<String>> {
    let of = |step: &Node| {
        let ids = step.get("choose")?.entries().iter().map(|(key, _)| key.text.clone()).collect::<Vec<_>>();
        Some((step.get("id")?.scalar()?.to_owned(), ids))
    };
    let steps = tree.get("steps").map(Node::items).unwrap_or_default();
    steps.iter().filter_map(of).filter(|(_, ids)| !ids.is_empty()).collect()
}

/// What became of the alternatives.
#[derive(Default)]
pub(super) struct Resolved {
    /// What is wrong with them.
    pub mistakes: Vec<Mistake>,
    /// The ids of those that were taken, by the step's id.
    pub taken: IndexMap<String, String>,
    /// Every word of the others: what they use is not forgotten.
    pub elsewhere: HashSet<String>,
}

/// Puts one alternative in the place of each `choose`.
pub(super) fn resolve(tree: &mut Node, lesson: &str, pick: &Pick) -> Resolved {
    let mut resolved = Resolved::default();
    let Kind::Map(sections) = &mut tree.kind else { return resolved };
    let steps = sections.iter_mut().filter(|(key, _)| key.text == "steps");
    for step in steps.flat_map(|(_, node)| match &mut node.kind {
        Kind::Seq(steps) => steps.as_mut_slice(),
        Kind::Map(_) | Kind::Scalar(..) => &mut [],
    }) {
        let Some(choose) = step.get("choose") else { continue };
        resolved.mistakes.extend(check(step, choose));
        let id = step.get("id").and_then(Node::scalar).unwrap_or_default().to_owned();
        let alternatives = choose.entries();
        let number = pick.number(lesson, &id, alternatives.len());
        let chosen = alternatives.get(number).cloned();
        let mut words = Vec::new();
        let others = alternatives.iter().enumerate().filter(|(index, _)| *index != number);
        others.for_each(|(_, (_, other))| other.words(&mut words));
        resolved.elsewhere.extend(words.into_iter().map(str::to_owned));
        let Kind::Map(fields) = &mut step.kind else { continue };
        fields.retain(|(key, _)| key.text != "choose");
        let Some((name, alternative)) = chosen else { continue };
        if let Kind::Map(own) = alternative.kind {
            let new = own
                .into_iter()
                .filter(|(key, _)| fits(&key.text) && !fields.iter().any(|(k, _)| k.text == key.text));
            let new: Vec<_> = new.collect();
            fields.extend(new);
        }
        resolved.taken.insert(id, name.text);
    }
    resolved
}

fn fits(field: &str) -> bool {
    FIELDS.contains(&field)
}

/// What is wrong with the alternatives of a step as such.
fn check(step: &Node, choose: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let head = step.key("choose").unwrap_or(choose.span);
    if !matches!(choose.kind, Kind::Map(_)) || choose.entries().is_empty() {
        let help = "write each alternative as `id: { … }`, with the fields of a step that differ";
        return vec![Mistake::new(head, "`choose` is a map of alternatives").help(help)];
    }
    let alternatives = choose.entries();
    if !(2..=MOST).contains(&alternatives.len()) {
        mistakes.push(
            Mistake::new(head, format!("not 2 to {MOST} alternatives but {}", alternatives.len()))
                .help("write an alternative as `id: { … }`, or its fields in the step itself"),
        );
    }
    for (name, alternative) in alternatives {
        mistakes.extend(malformed(&name.text, name.span));
        if !matches!(alternative.kind, Kind::Map(_)) {
            let span = if alternative.is_absent() { name.span } else { alternative.head() };
            let help = "write the fields of a step that differ: `text`, `try`, `hints`, …";
            mistakes
                .push(Mistake::new(span, format!("the alternative `{}` is not a map", name.text)).help(help));
            continue;
        }
        for (key, _) in alternative.entries() {
            if !fits(&key.text) {
                let help = suggest(&key.text, FIELDS.iter().copied());
                let message = format!("`{}` cannot be in an alternative", key.text);
                mistakes.push(Mistake::new(key.span, message).maybe_help(help));
            } else if step.get(&key.text).is_some() {
                let message = format!("`{}` is in the step and in its alternative `{}`", key.text, name.text);
                mistakes.push(
                    Mistake::new(key.span, message).help("write it in the step, or in each alternative"),
                );
            }
        }
        mistakes.extend(missing(name, alternative, alternatives));
    }
    mistakes
}

/// What an alternative lacks that another one has.
fn missing(name: &Key, alternative: &Node, all: &[(Key, Node)]) -> Vec<Mistake> {
    let lacks = |field: &str| {
        alternative.get(field).is_none() && all.iter().any(|(_, other)| other.get(field).is_some())
    };
    let tell = |field: &str| {
        Mistake::new(
            name.span,
            format!("the alternative `{}` has no `{field}`, and another one has", name.text),
        )
        .help(format!("write `{field}` in each alternative, or only in the step"))
    };
    FIELDS.iter().copied().filter(|field| lacks(field)).map(tell).collect()
}
