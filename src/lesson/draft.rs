//! The typed lesson, as far as a tree fits it. What does not fit is reported and taken out of the tree.

use super::choose::{self, Pick};
use super::de::{Error, from_node};
use super::diagnostic::{MAX_MISTAKES, Mistake};
use super::make::Maker;
use super::param;
use super::position::{Kind, Node, Span};
use super::put_in::put_in;
use crate::vocabulary::verb::VerbName;
use crate::vocabulary::{
    Cgroup, Lesson, Param, Readout, Selection, Step, Work, action::Action, whole::BoxDecl,
};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// The keys of a lesson, and whether they must be there.
const LESSON_KEYS: &[(&str, bool)] = &[
    ("format", true),
    ("id", true),
    ("title", true),
    ("summary", true),
    ("part", false),
    ("minutes", true),
    ("needs", false),
    ("params", false),
    ("boxes", true),
    ("cgroups", false),
    ("workloads", false),
    ("setup", false),
    ("readouts", true),
    ("steps", true),
];

/// A lesson as far as it could be made, and the tree that it was made of.
pub(super) struct Draft {
    /// What fitted. What was missing or broken has its default value.
    pub lesson: Lesson,
    /// The file without what did not fit.
    pub tree: Node,
    /// For each of the lesson's steps its index in the file's list.
    pub step_at: Vec<usize>,
    /// See [`Maker::broken`].
    pub broken: HashSet<String>,
    /// See [`Maker::broken_uses`].
    pub broken_uses: HashSet<String>,
    /// Steps of the file's list in which something did not fit.
    pub broken_steps: HashSet<usize>,
    /// Parameters that stand somewhere.
    pub used_params: HashSet<String>,
    /// Words of the alternatives that were not taken.
    pub elsewhere: HashSet<String>,
}

impl Draft {
    pub(super) fn new(mut tree: Node, text: &str, wanted: &Selection, pick: &Pick) -> (Draft, Vec<Mistake>) {
        let mut maker = Maker::default();
        if matches!(tree.kind, Kind::Map(_)) {
            maker.recover(&mut tree, LESSON_KEYS);
            maker.keys(&tree, LESSON_KEYS, "`KEY: …` at the left margin");
        } else {
            maker.mistakes.push(Mistake::new(tree.head(), "a lesson is a map that starts with `format: 1`"));
            tree.kind = Kind::Map(Vec::new());
        }
        let mut params: IndexMap<String, Param> = maker.map(&tree, "params");
        for (name, value) in &wanted.set {
            if let Some(param) = params.get_mut(name) {
                param.set = param::fitting(param, value).ok();
            }
        }
        maker.mistakes.extend(param::check(&params, &tree));
        let id: String = maker.field(&tree, "id");
        if let Some(seed) = &wanted.seed {
            param::choose(&mut params, &id, seed);
        }
        let resolved = choose::resolve(&mut tree, &id, pick);
        maker.mistakes.extend(resolved.mistakes);
        let (undeclared, used_params) = put_in(&mut tree, &params, &maker.broken);
        maker.mistakes.extend(undeclared);
        let boxes = tree.get("boxes").map(Node::entries).unwrap_or_default();
        let boxes = boxes.iter().map(|(k, _)| k.text.clone()).collect();
        let mut lists = Lists { boxes, broken_steps: HashSet::new() };
        let (needs, needs_at) = lists.list(&mut maker, &mut tree, "needs", 1);
        keep_items(&mut tree, "needs", &needs_at);
        let mut lesson = Lesson {
            format: maker.field(&tree, "format"),
            id,
            title: maker.field(&tree, "title"),
            summary: maker.field(&tree, "summary"),
            part: maker.optional(&tree, "part"),
            minutes: maker.field(&tree, "minutes"),
            needs,
            params,
            boxes: maker.map::<BoxDecl>(&tree, "boxes"),
            cgroups: maker.map::<Cgroup>(&tree, "cgroups"),
            workloads: maker.map::<Work>(&tree, "workloads"),
            setup: lists.list::<Action>(&mut maker, &mut tree, "setup", 1).0,
            readouts: maker.map::<Readout>(&tree, "readouts"),
            steps: Vec::new(),
            seed: wanted.seed.clone(),
            alternatives: resolved.taken,
        };
        let (steps, step_at) = lists.list::<Step>(&mut maker, &mut tree, "steps", MAX_MISTAKES);
        lesson.steps = steps;
        let Maker { mistakes, broken, broken_uses } = maker;
        let Lists { broken_steps, .. } = lists;
        debug_assert!(mistakes.iter().all(|m| m.span.end <= text.len()));
        let elsewhere = resolved.elsewhere;
        (Draft { lesson, tree, step_at, broken, broken_uses, broken_steps, used_params, elsewhere }, mistakes)
    }
}

/// `sethostname: bird` without a box in front of it, said as what it is.
fn missing_actor(item: &Node, mut error: Error, boxes: &HashSet<String>) -> Error {
    let at = error.span.unwrap_or_default();
    let inner = ["given", "do"].iter().filter_map(|k| item.get(k)).flat_map(Node::items);
    for action in inner.chain([item]).filter(|a| a.span.contains(at)) {
        for (key, _) in action.entries() {
            if super::schema::is_verb(&key.text) && !boxes.contains(&key.text) {
                error.message = format!("`{}` is a verb, and who does it is missing", key.text);
                error.help = Some(format!("write `BOX: {{ {}: … }}`", key.text));
                error.span = Some(key.span);
            }
        }
    }
    error
}

/// The same with how the verb's object is written, where an object does not fit and nothing better is known.
fn explained(item: &Node, mut error: Error) -> Error {
    let at = error.span.unwrap_or_default();
    if error.good_advice().is_some() {
        return error;
    }
    let inner = ["given", "do"].iter().filter_map(|k| item.get(k)).flat_map(Node::items);
    for action in inner.chain([item]).filter(|a| a.span.contains(at)) {
        if action.get("fails").is_some_and(|fails| fails.span.contains(at)) {
            error.help = Some("write the error, such as `fails: EPERM`".to_owned());
        }
        let verbs = action.entries().iter().flat_map(|(_, value)| [value].into_iter().chain(value.items()));
        for (key, object) in verbs.flat_map(Node::entries).filter(|(_, object)| object.span.contains(at)) {
            let verb = VerbName::ALL.iter().find(|name| name.word() == key.text);
            let whole = object.scalar().is_some() || object.entries().iter().any(|(key, _)| key.span == at);
            if let Some(verb) = verb.filter(|verb| !verb.object().is_empty() && whole) {
                let object = verb.object().split(" and so on").next().unwrap_or_default();
                error.help = Some(format!("`{}` takes {object}", key.text));
            }
        }
    }
    error
}

/// Takes a key of an item that nobody knows for the one that it resembles, so that what is below it is checked.
fn rename(item: &mut Node, error: &Error) -> bool {
    let (Some(word), Some(meant), Some(span)) = (error.unknown_word(), error.meant(), error.span) else {
        return false;
    };
    if item.get(meant).is_some() {
        return false;
    }
    let Kind::Map(entries) = &mut item.kind else { return false };
    let found = entries.iter_mut().find(|(key, _)| key.span == span && key.text == word);
    found.map(|(key, _)| meant.clone_into(&mut key.text)).is_some()
}

/// Lists of the lesson.
struct Lists {
    /// The ids of the boxes.
    boxes: HashSet<String>,
    /// Steps in which something did not fit.
    broken_steps: HashSet<usize>,
}

impl Lists {
    /// A list of the lesson, item by item, and the indexes of those that could be made. In an item that does not fit, up to
    /// `tries` parts that do not fit are taken out and reported.
    fn list<T: DeserializeOwned>(
        &mut self,
        maker: &mut Maker,
        tree: &mut Node,
        key: &str,
        tries: usize,
    ) -> (Vec<T>, Vec<usize>) {
        let place = tree.key(key);
        let Some(node) = entry_mut(tree, key) else { return (Vec::new(), Vec::new()) };
        let head = node.head();
        let absent = node.is_absent();
        let Kind::Seq(items) = &mut node.kind else {
            let span = if absent { place.unwrap_or(head) } else { head };
            maker.mistakes.push(Mistake::new(span, format!("`{key}` is a list: `- …`, a line each")));
            return (Vec::new(), Vec::new());
        };
        let (mut made, mut indexes) = (Vec::new(), Vec::new());
        for (index, item) in items.iter_mut().enumerate() {
            let mut pruned: HashSet<String> = HashSet::new();
            // More mistakes would not be reported.
            let tries = if maker.mistakes.len() < MAX_MISTAKES { tries } else { 1 };
            for attempt in 0..tries {
                let error = match from_node::<T>(item) {
                    Ok(thing) => {
                        made.push(thing);
                        indexes.push(index);
                        break;
                    }
                    Err(error) => error,
                };
                if tries > 1 && rename(item, &error) {
                    maker.fail(error);
                    continue;
                }
                if tries > 1 {
                    self.broken_steps.insert(index);
                }
                let span = error.span;
                let error = explained(item, missing_actor(item, error, &self.boxes));
                let consequence = error.missing_word().is_some_and(|w| pruned.contains(w));
                if !consequence {
                    maker.fail(error);
                }
                let out = span.filter(|_| !consequence && attempt + 1 < tries).and_then(|s| prune(item, s));
                let Some((field, part)) = out else {
                    maker.taint_uses(item);
                    break;
                };
                maker.taint_uses(&part);
                pruned.insert(field);
            }
        }
        (made, indexes)
    }
}

/// Takes all other items out of a list, so that those that were made and their nodes are side by side.
fn keep_items(tree: &mut Node, key: &str, indexes: &[usize]) {
    if let Some(Node { kind: Kind::Seq(items), .. }) = entry_mut(tree, key) {
        let mut index = 0;
        items.retain(|_| {
            index += 1;
            indexes.contains(&(index - 1))
        });
    }
}

fn entry_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &mut node.kind {
        Kind::Map(entries) => entries.iter_mut().find(|(k, _)| k.text == key).map(|(_, v)| v),
        _ => None,
    }
}

/// Takes the smallest part of a step out that holds a place and can be done without: an item of a list of verbs, an item of
/// a field's list, or a field. Returns the field's name and what was taken out.
fn prune(step: &mut Node, at: Span) -> Option<(String, Node)> {
    let Kind::Map(fields) = &mut step.kind else { return None };
    let field = fields.iter().position(|(k, v)| k.span.contains(at) || v.span.contains(at))?;
    let name = fields[field].0.text.clone();
    if let Kind::Seq(items) = &mut fields[field].1.kind
        && let Some(item) = items.iter().position(|i| i.span.contains(at))
    {
        if let Kind::Map(entries) = &mut items[item].kind {
            for (_, value) in entries {
                if let Kind::Seq(verbs) = &mut value.kind
                    && verbs.len() > 1
                    && let Some(verb) = verbs.iter().position(|v| v.span.contains(at))
                {
                    return Some((name, verbs.remove(verb)));
                }
            }
        }
        return Some((name, items.remove(item)));
    }
    Some((name, fields.remove(field).1))
}
