//! Where everything stands: the file as a tree of nodes that know their place.
//!
//! The tree comes from a marked event parser (YAML 1.2). Anchors, aliases, tags and a second document are refused, and so is
//! nesting beyond [`MAX_DEPTH`]: nothing that this format can say needs them, and without them a file cannot be larger in
//! memory than it is on disk.

use super::diagnostic::Mistake;
pub use super::span::{Span, boundary, line_column};
use super::syntax;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput};
use std::collections::HashMap;

/// How deep maps and lists may be nested. The format itself needs 12.
pub const MAX_DEPTH: usize = 32;

/// The most entries of one map or list. A person reads a lesson; the longest list of the built-in ones has about 40.
pub const MAX_ENTRIES: usize = 1000;

/// The most scalars, maps and lists of one file.
pub const MAX_NODES: usize = 50_000;

/// The most duplicate keys of one file that are reported.
const MAX_DUPLICATES: usize = 100;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// What stands at a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A scalar, with its text after unquoting.
    Scalar(String, Style),
    /// A list.
    Seq(Vec<Node>),
    /// A map in the order of the file; every key is a scalar and occurs once.
    Map(Vec<(Key, Node)>),
}

/// A map's key and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, from its first byte to its last.
    pub span: Span,
    /// Whether it is a map or list in `{ }` or `[ ]`.
    pub flow: bool,
    /// Whether it lies in a map or list that is written in `{ }` or `[ ]`.
    pub in_flow: bool,
}

impl Node {
    /// The entries, when it is a map.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, when it is a list.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Seq(items) => items,
            _ => &[],
        }
    }

    /// The text, when it is a scalar.
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.text == key).map(|(_, v)| v)
    }

    /// Where a key stands.
    pub fn key(&self, key: &str) -> Option<Span> {
        self.entries().iter().find(|(k, _)| k.text == key).map(|(k, _)| k.span)
    }

    /// The item of a list, or the node itself where one stands without a list.
    pub fn one_of(&self, index: usize) -> &Node {
        match &self.kind {
            Kind::Seq(items) => items.get(index).unwrap_or(self),
            _ => self,
        }
    }

    /// Whether no value stands there.
    pub fn is_absent(&self) -> bool {
        self.span.is_empty() && matches!(&self.kind, Kind::Scalar(_, Style::Plain))
    }

    /// Follows keys and list indexes; an index on something that is no list is the thing itself.
    pub fn find(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, step| match step.parse::<usize>() {
            Ok(index) if !matches!(node.kind, Kind::Map(_)) => Some(node.one_of(index)),
            _ => node.get(step),
        })
    }

    /// Every text in it: scalars and keys.
    pub fn words<'a>(&'a self, into: &mut Vec<&'a str>) {
        match &self.kind {
            Kind::Scalar(text, _) => into.push(text),
            Kind::Seq(items) => items.iter().for_each(|i| i.words(into)),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    into.push(&key.text);
                    value.words(into);
                }
            }
        }
    }
}

/// From the parser's characters to bytes.
struct Offsets {
    /// The byte offset of every character, unless they are the same.
    bytes: Option<Vec<u32>>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(|(i, _)| i as u32).collect());
        Offsets { bytes, len: text.len() }
    }

    fn byte(&self, marker: &Marker) -> usize {
        match &self.bytes {
            None => marker.index().min(self.len),
            Some(table) => table.get(marker.index()).map_or(self.len, |b| *b as usize),
        }
    }
}

/// A map or list that is not complete yet.
struct Open {
    start: usize,
    flow: bool,
    body: Body,
}

enum Body {
    Seq(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, known: HashMap<String, Span>, key: Option<Key> },
}

/// Reads a file into a tree.
///
/// # Errors
/// What is wrong with it as YAML. Duplicate keys are all found; the first syntax error ends the reading.
pub fn parse(text: &str) -> Result<Node, Vec<Mistake>> {
    let mut tree = Tree {
        text,
        offsets: Offsets::new(text),
        stack: Vec::new(),
        root: None,
        nodes: 0,
        mistakes: Vec::new(),
    };
    let mut parser = Parser::new(StrInput::new(text));
    let mut documents = 0;
    loop {
        let (event, span) = match parser.next_event() {
            None => break,
            Some(Ok(next)) => next,
            Some(Err(error)) => {
                let at = tree.offsets.byte(error.marker());
                tree.mistakes.push(syntax::mistake(text, at, error.info()));
                return Err(tree.mistakes);
            }
        };
        let span = Span { start: tree.offsets.byte(&span.start), end: tree.offsets.byte(&span.end) };
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
        }
        if documents > 1 {
            tree.mistakes.push(
                Mistake::new(span, "a second document in the same file")
                    .help("one file holds one lesson or demo script"),
            );
            return Err(tree.mistakes);
        }
        if let Err(mistake) = tree.take(event, span) {
            tree.mistakes.push(mistake);
            return Err(tree.mistakes);
        }
    }
    match tree.root {
        Some(root) if tree.mistakes.is_empty() => Ok(root),
        Some(_) => Err(tree.mistakes),
        None => Err(vec![
            Mistake::new(Span::default(), "the file is empty")
                .help("a lesson starts with `format: 1`, a demo script with `demo: 1`"),
        ]),
    }
}

struct Tree<'t> {
    text: &'t str,
    offsets: Offsets,
    stack: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    mistakes: Vec<Mistake>,
}

impl Tree<'_> {
    fn take(&mut self, event: Event, span: Span) -> Result<(), Mistake> {
        let anchored = |id: usize| id != 0;
        if matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..)) {
            self.count(span)?;
        }
        match event {
            Event::Alias(_) => {
                return Err(
                    Mistake::new(span, "an alias (`*name`) is not part of the format").help("write it out")
                );
            }
            Event::Scalar(_, _, id, _) | Event::SequenceStart(id, _) | Event::MappingStart(id, _)
                if anchored(id) =>
            {
                return Err(Mistake::new(span, "an anchor (`&name`) is not part of the format")
                    .help("write it out where it is needed, or quote text that begins with `&`"));
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return Err(Mistake::new(span, "a tag (`!name`) is not part of the format")
                    .help("quote text that begins with `!`"));
            }
            Event::Scalar(value, style, ..) => self.scalar(&value, style, span),
            Event::SequenceStart(..) => self.open(span, Body::Seq(Vec::new()))?,
            Event::MappingStart(..) => {
                self.open(span, Body::Map { entries: Vec::new(), known: HashMap::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            _ => {}
        }
        Ok(())
    }

    /// Counts one more, so that nothing takes long that compares each entry with every other, or visits each node several times.
    fn count(&mut self, span: Span) -> Result<(), Mistake> {
        let entries = match self.stack.last().map(|open| &open.body) {
            Some(Body::Seq(items)) => items.len(),
            Some(Body::Map { entries, key: None, .. }) => entries.len(),
            Some(Body::Map { key: Some(_), .. }) | None => 0,
        };
        self.nodes += 1;
        let (most, of) = if entries >= MAX_ENTRIES {
            (MAX_ENTRIES, "entries in one map or list")
        } else if self.nodes > MAX_NODES {
            (MAX_NODES, "words, maps and lists in one file")
        } else {
            return Ok(());
        };
        Err(Mistake::new(span, format!("more than {most} {of}"))
            .help("split it: nobody could read it anyway"))
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, mut span: Span) {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        let written = self.text.get(span.start..span.end).unwrap_or_default();
        // where a value was left out the parser gives the place of what comes next
        let left_out = style == Style::Plain && matches!(value, "" | "~") && written != "~";
        span.end = if left_out { span.start } else { span.start + written.trim_end().len() };
        if style == Style::Block && value.trim().is_empty() {
            // nothing stands behind the `|`, and the parser gives the place of what comes next
            let before = self.text[..span.start].trim_end();
            span = Span { start: before.len().saturating_sub(1), end: before.len() };
        }
        if let Some(Open { body: Body::Map { known, key: key @ None, .. }, .. }) = self.stack.last_mut() {
            if let Some(first) = known.get(value)
                && self.mistakes.len() < MAX_DUPLICATES
            {
                let line = self.text[..first.start].matches('\n').count() + 1;
                self.mistakes.push(
                    Mistake::new(span, format!("`{value}` occurs twice in this map"))
                        .help(format!("the first one is on line {line}; rename or remove one of them")),
                );
            }
            known.insert(value.to_owned(), span);
            *key = Some(Key { text: value.to_owned(), span });
            return;
        }
        let in_flow = self.stack.last().is_some_and(|o| o.flow);
        self.put(Node { kind: Kind::Scalar(value.to_owned(), style), span, flow: false, in_flow });
    }

    fn open(&mut self, span: Span, body: Body) -> Result<(), Mistake> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Mistake::new(span, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        if let Some(Open { body: Body::Map { key: None, .. }, .. }) = self.stack.last() {
            return Err(Mistake::new(span, "a key must be a word, not a map or list")
                .help("quote a value that begins with `{` or `[`"));
        }
        let flow = self.text[span.start..].starts_with(['{', '[']);
        self.stack.push(Open { start: span.start, flow, body });
        Ok(())
    }

    fn close(&mut self, span: Span) {
        let Some(open) = self.stack.pop() else { return };
        let (kind, last) = match open.body {
            Body::Seq(items) => {
                let last = items.last().map_or(open.start, |i| i.span.end);
                (Kind::Seq(items), last)
            }
            Body::Map { entries, .. } => {
                let last = entries.last().map_or(open.start, |(k, v)| v.span.end.max(k.span.end));
                (Kind::Map(entries), last)
            }
        };
        let end = if open.flow { span.end } else { last };
        let in_flow = self.stack.last().is_some_and(|o| o.flow);
        self.put(Node { kind, span: Span { start: open.start, end }, flow: open.flow, in_flow });
    }

    fn put(&mut self, node: Node) {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open { body: Body::Seq(items), .. }) => items.push(node),
            Some(Open { body: Body::Map { entries, key, .. }, .. }) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, path: &[&str]) -> (usize, usize) {
        let tree = parse(text).unwrap();
        line_column(text, tree.find(path).unwrap().span.start)
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "a: 1\nsteps:\n  - id: \"ü\"\n    do: [ { box: wait } ]\n  - id: x\n";
        assert_eq!(at(text, &["steps", "0", "id"]), (3, 9));
        assert_eq!(at(text, &["steps", "0", "do", "0", "box"]), (4, 18));
        assert_eq!(at(text, &["steps", "1", "id"]), (5, 9));
        let tree = parse(text).unwrap();
        let span = tree.get("steps").unwrap().items()[1].key("id").unwrap();
        assert_eq!(&text[span.start..span.end], "id");
    }

    #[test]
    fn crlf_and_a_byte_order_mark_do_not_shift() {
        let text = "\u{feff}a: é\r\nb:\r\n  c: |\r\n    x\r\n  d: 2\r\n";
        let tree = parse(text).unwrap();
        let span = tree.find(&["b", "d"]).unwrap().span;
        assert_eq!(&text[span.start..span.end], "2");
    }

    #[test]
    fn duplicate_keys_are_all_found() {
        let mistakes = parse("a: 1\nb: {x: 1, x: 2}\na: 3\n").unwrap_err();
        let words: Vec<&str> = mistakes.iter().map(|m| m.message.as_str()).collect();
        assert_eq!(words, ["`x` occurs twice in this map", "`a` occurs twice in this map"]);
    }

    #[test]
    fn what_could_grow_is_refused() {
        for text in ["a: &x 1\nb: *x\n", "a: !t 1\n", "a: 1\n---\nb: 2\n", "? [a]\n: 1\n", ""] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(5_000)).is_err());
        for text in ["- a\n".repeat(MAX_ENTRIES + 1), format!("[{}]", "a,".repeat(400_000))] {
            let mistakes = parse(&text).unwrap_err();
            assert!(mistakes[0].message.contains("more than 1000 entries"), "{mistakes:?}");
            assert!(mistakes[0].span.start < 8 * MAX_ENTRIES);
        }
        assert!(parse(&"- a\n".repeat(MAX_ENTRIES)).is_ok());
        let map: String =
            (0..=MAX_ENTRIES).flat_map(|i| ["k".to_owned(), i.to_string(), ": 1\n".to_owned()]).collect();
        assert!(parse(&map).is_err());
        let lists = format!("- [{}]\n", "a,".repeat(MAX_ENTRIES)).repeat(100);
        assert!(parse(&lists).unwrap_err()[0].message.contains("more than 50000 words"));
    }
}
