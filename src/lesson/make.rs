//! From nodes to parts, each for itself: a part that does not fit is reported, and the rest goes on.

use super::de::{Error, from_node};
use super::diagnostic::Mistake;
use super::position::{Kind, Node};
use super::schema;
use crate::vocabulary::Reader;
use crate::vocabulary::suggest::{nearest, suggest};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// What was found wrong while parts were made.
#[derive(Default)]
pub(crate) struct Maker {
    /// The mistakes.
    pub mistakes: Vec<Mistake>,
    /// Words that parts which did not fit may have declared: nothing is said about them as unknown.
    pub broken: HashSet<String>,
    /// Words that such parts used: nothing is said about them as unused, or as missing at some moment.
    pub broken_uses: HashSet<String>,
}

impl Maker {
    /// Takes unknown keys for the known ones that they resemble, and reports them: what stands below is then checked as what it was meant to be.
    pub fn recover(&mut self, tree: &mut Node, known: &[(&'static str, bool)]) {
        let words = known.iter().map(|(k, _)| *k);
        let Kind::Map(entries) = &mut tree.kind else { return };
        for at in 0..entries.len() {
            let written = entries[at].0.text.clone();
            let is_there = |word: &str| entries.iter().any(|(key, _)| key.text == word);
            let near = nearest(&written, words.clone()).filter(|near| !is_there(near));
            if let Some(near) = near.filter(|_| !known.iter().any(|(k, _)| *k == written)) {
                let key = &mut entries[at].0;
                let mistake = Mistake::new(key.span, format!("unknown key `{written}`"));
                self.mistakes.push(mistake.maybe_help(suggest(&written, words.clone())));
                near.clone_into(&mut key.text);
            }
        }
    }

    /// Unknown and missing keys of a map; `known` says which must be there, and `how` to write one (`KEY` stands for it). Gives the keys that
    /// unknown ones were probably meant to be: they are not missing.
    pub fn keys<'k>(&mut self, tree: &Node, known: &'k [(&'k str, bool)], how: &str) -> HashSet<&'k str> {
        let words = known.iter().map(|(k, _)| *k);
        let mut meant = HashSet::new();
        for (key, value) in tree.entries() {
            if !known.iter().any(|(k, _)| *k == key.text) {
                let mistake = Mistake::new(key.span, format!("unknown key `{}`", key.text));
                self.mistakes.push(mistake.maybe_help(suggest(&key.text, words.clone())));
                meant.extend(nearest(&key.text, words.clone()));
                self.taint(value);
            }
        }
        let missing = |key: &str| tree.get(key).is_none() && !meant.contains(key);
        for (key, _) in known.iter().filter(|(k, required)| *required && missing(k)) {
            let mistake = Mistake::new(tree.head(), format!("`{key}` is missing"));
            self.mistakes.push(mistake.help(format!("write {}", how.replace("KEY", key))));
        }
        meant
    }

    /// Remembers the words of a part that is left out and that may declare something.
    pub fn taint(&mut self, node: &Node) {
        self.broken.extend(words(node));
    }

    /// Remembers the words of a part that is left out and that only uses what others declare.
    pub fn taint_uses(&mut self, node: &Node) {
        self.broken_uses.extend(words(node));
    }

    /// Reports what does not fit.
    pub fn fail(&mut self, error: Error) {
        self.mistakes.push(error.into());
    }

    /// A field of a map, or nothing where it is not there or does not fit; that it is not there is told by [`Self::keys`].
    pub fn optional<T: DeserializeOwned>(&mut self, tree: &Node, key: &str) -> Option<T> {
        let node = tree.get(key)?;
        from_node(node)
            .map_err(|mut e| {
                if node.is_absent() {
                    e.span = tree.key(key);
                }
                self.fail(e);
            })
            .ok()
    }

    /// As [`Self::optional`], with the default value for nothing.
    pub fn field<T: DeserializeOwned + Default>(&mut self, tree: &Node, key: &str) -> T {
        self.optional(tree, key).unwrap_or_default()
    }

    /// The items of a field that is a list.
    pub fn items<'n>(&mut self, tree: &'n Node, key: &str) -> &'n [Node] {
        let Some(node) = tree.get(key) else { return &[] };
        if let Kind::Seq(items) = &node.kind {
            return items;
        }
        let span = if node.is_absent() { tree.key(key).unwrap_or(node.span) } else { node.head() };
        self.mistakes.push(Mistake::new(span, format!("`{key}` is a list: `- …`, a line each")));
        &[]
    }

    /// A field that is a map, entry by entry.
    pub fn map<T: DeserializeOwned>(&mut self, tree: &Node, key: &str) -> IndexMap<String, T> {
        let Some(node) = tree.get(key) else { return IndexMap::new() };
        if !matches!(node.kind, Kind::Map(_)) {
            let span = if node.is_absent() { tree.key(key).unwrap_or(node.span) } else { node.head() };
            self.mistakes.push(Mistake::new(span, format!("`{key}` is a map: `id: …`, a line each")));
            return IndexMap::new();
        }
        let mut made = IndexMap::new();
        for (id, value) in node.entries() {
            match from_node(value) {
                Ok(thing) => {
                    made.insert(id.text.clone(), thing);
                }
                Err(mut e) => {
                    if value.is_absent() {
                        e.span = Some(id.span);
                        e.message = format!("`{}` has no value: {}", id.text, e.message);
                        e.help = (key == "boxes").then(|| format!("write `{}: {{}}`", id.text)).or(e.help);
                    }
                    if key == "readouts" {
                        e.help = reader_first(value).or_else(|| object_of(value, &e)).or(e.help);
                    }
                    self.fail(e);
                    self.broken.insert(id.text.clone());
                    self.taint_uses(value);
                }
            }
        }
        made
    }
}

/// Advice for `{ hostname: box }`, where the reader stands in the place of who reads.
fn reader_first(value: &Node) -> Option<String> {
    let [(reader, of)] = value.entries() else { return None };
    let readers = schema::readers();
    let of = of.scalar()?;
    readers.iter().find(|(word, _)| *word == reader.text && *word != of)?;
    Some(format!("write who reads first: `{{ {of}: {} }}`", reader.text))
}

/// How the object of a reader is written, where an object does not fit and nothing better is known.
fn object_of(value: &Node, error: &Error) -> Option<String> {
    let at = error.span.filter(|_| error.good_advice().is_none())?;
    let (reader, object) = value.entries().iter().flat_map(|(_, reader)| reader.entries()).next()?;
    let direct = object.span == at || object.entries().iter().any(|(key, _)| key.span == at);
    let readers = schema::readers();
    let (_, written) = readers.iter().zip(Reader::OBJECTS).find(|((word, _), _)| *word == reader.text)?;
    match *written {
        _ if !direct => None,
        "" => Some(format!("`{}` takes no object: write the word alone", reader.text)),
        written => Some(format!("`{}` takes {written}", reader.text)),
    }
}

/// The words of a part. `burner/cpu.max` is about `burner`.
fn words(node: &Node) -> Vec<String> {
    let mut words = Vec::new();
    node.words(&mut words);
    let parts = words.iter().flat_map(|word| word.split('/').take(2).chain([*word]));
    parts.map(str::to_owned).collect()
}
