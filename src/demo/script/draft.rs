//! A script as far as it could be made of the file's tree. Every field is made for itself, so that all mistakes are reported at once.

use super::{Chapter, Script, ScriptEntry};
use crate::lesson::diagnostic::Mistake;
use crate::lesson::make::Maker;
use crate::lesson::position::{Kind, Node};
use crate::vocabulary::Val;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// Keys of a script, and whether they must be there.
pub(super) const SCRIPT_KEYS: &[(&str, bool)] = &[
    ("demo", true),
    ("id", true),
    ("title", true),
    ("summary", true),
    ("chapters", true),
    ("reserve", false),
];

/// Keys of a chapter.
pub(super) const CHAPTER_KEYS: &[(&str, bool)] = &[("title", true), ("entries", true)];

/// Keys of an entry.
pub(super) const ENTRY_KEYS: &[(&str, bool)] = &[
    ("id", false),
    ("card", false),
    ("lesson", false),
    ("steps", false),
    ("set", false),
    ("pace", false),
    ("pace_of", false),
    ("stage", false),
    ("typed", false),
    ("emphasis", false),
    ("notes", false),
    ("takes", true),
    ("fallback", false),
];

/// Takes misspelled keys for what they were meant to be, and reports them.
pub(super) fn recover(tree: &mut Node) -> Vec<Mistake> {
    fn list<'n>(node: &'n mut Node, key: &str) -> &'n mut [Node] {
        let Kind::Map(entries) = &mut node.kind else { return &mut [] };
        match entries.iter_mut().find(|(k, _)| k.text == key).map(|(_, value)| &mut value.kind) {
            Some(Kind::Seq(items)) => items,
            _ => &mut [],
        }
    }
    let mut maker = Maker::default();
    maker.recover(tree, SCRIPT_KEYS);
    for chapter in list(tree, "chapters") {
        maker.recover(chapter, CHAPTER_KEYS);
        for entry in list(chapter, "entries") {
            maker.recover(entry, ENTRY_KEYS);
        }
    }
    for entry in list(tree, "reserve") {
        maker.recover(entry, ENTRY_KEYS);
    }
    maker.mistakes
}

/// What could be made of a file.
pub(super) struct Draft<'t> {
    pub tree: &'t Node,
    /// Without chapters and reserve.
    head: Script,
    /// Titles of the chapters, and their nodes.
    pub chapters: Vec<(String, &'t Node)>,
    /// All entries, those of the reserve behind.
    pub entries: Vec<At<'t>>,
    /// Words of parts that did not fit: nothing is said about what is missing because of them.
    pub broken: HashSet<String>,
}

/// An entry and where it stands.
pub(super) struct At<'t> {
    pub entry: ScriptEntry,
    pub node: &'t Node,
    /// Index of its chapter; none in the reserve.
    pub chapter: Option<usize>,
    /// Keys that did not fit, or that a misspelled one was meant to be.
    bad: HashSet<&'static str>,
}

impl<'t> At<'t> {
    /// Whether a key was written, well or not.
    pub fn written(&self, key: &str) -> bool {
        self.node.get(key).is_some() || self.bad.contains(key)
    }

    /// The value of a key that fits.
    pub fn good(&self, key: &str) -> Option<&'t Node> {
        self.node.get(key).filter(|_| !self.bad.contains(key))
    }
}

impl<'t> Draft<'t> {
    /// Also gives what did not fit.
    pub fn new(tree: &'t Node) -> (Draft<'t>, Vec<Mistake>) {
        let mut maker = Maker::default();
        if matches!(tree.kind, Kind::Map(_)) {
            maker.keys(tree, SCRIPT_KEYS, "`KEY: …` at the left margin");
        } else {
            maker
                .mistakes
                .push(Mistake::new(tree.head(), "a demo script is a map that starts with `demo: 1`"));
        }
        let told = maker.mistakes.len();
        let demo = maker.field(tree, "demo");
        advise(&mut maker.mistakes[told..], "", "write `demo: 1`");
        let head = Script {
            demo,
            id: maker.field(tree, "id"),
            title: maker.field(tree, "title"),
            summary: maker.field(tree, "summary"),
            chapters: Vec::new(),
            reserve: Vec::new(),
        };
        let (mut chapters, mut entries) = (Vec::new(), Vec::new());
        for node in maker.items(tree, "chapters") {
            if !is_map(&mut maker, node, "a chapter is a map with `title` and `entries`") {
                continue;
            }
            maker.keys(node, CHAPTER_KEYS, "`KEY: …` in the chapter");
            let chapter = chapters.len();
            chapters.push((maker.field(node, "title"), node));
            let items = maker.items(node, "entries");
            entries.extend(items.iter().filter_map(|node| at(&mut maker, node, Some(chapter))));
        }
        let items = maker.items(tree, "reserve");
        entries.extend(items.iter().filter_map(|node| at(&mut maker, node, None)));
        let Maker { mistakes, broken, .. } = maker;
        (Draft { tree, head, chapters, entries, broken }, mistakes)
    }

    /// The version of the format that it is written in.
    pub fn version(&self) -> u32 {
        self.head.demo
    }

    /// The script's id.
    pub fn id(&self) -> &str {
        &self.head.id
    }

    /// The script, when nothing is wrong with it.
    pub fn into_script(self) -> Script {
        let mut script = self.head;
        let chapter = |(title, _)| Chapter { title, entries: Vec::new() };
        script.chapters = self.chapters.into_iter().map(chapter).collect();
        for at in self.entries {
            match at.chapter {
                Some(chapter) => script.chapters[chapter].entries.push(at.entry),
                None => script.reserve.push(at.entry),
            }
        }
        script
    }
}

const ONE_PACE: &str = "write one of `manual`, `auto`, `after: 5s` and `when: …`";

/// Says what to write instead where a message begins like this: what is known of lessons is no help here.
fn advise(mistakes: &mut [Mistake], beginning: &str, help: &str) {
    for mistake in mistakes.iter_mut().filter(|m| m.message.starts_with(beginning)) {
        mistake.help = Some(help.to_owned());
    }
}

fn is_map(maker: &mut Maker, node: &Node, otherwise: &str) -> bool {
    let good = matches!(node.kind, Kind::Map(_));
    if !good {
        maker.mistakes.push(Mistake::new(node.head(), otherwise));
        maker.taint(node);
    }
    good
}

fn at<'t>(maker: &mut Maker, node: &'t Node, chapter: Option<usize>) -> Option<At<'t>> {
    if !is_map(maker, node, "an entry is a map with `card` or `lesson`, and `takes`") {
        return None;
    }
    let meant = maker.keys(node, ENTRY_KEYS, "`KEY: …` in the entry");
    let mut fields = Fields { maker, node, bad: meant };
    let entry = ScriptEntry {
        id: fields.take("id"),
        card: fields.take("card"),
        lesson: fields.take("lesson"),
        steps: fields.take("steps").unwrap_or_default(),
        set: fields.told("set", |maker, node| maker.map(node, "set")),
        pace: fields.take("pace").unwrap_or_default(),
        pace_of: fields.told("pace_of", |maker, node| maker.map(node, "pace_of")),
        stage: fields.take("stage"),
        typed: fields.take("typed").unwrap_or_default(),
        emphasis: fields.take("emphasis"),
        notes: fields.take("notes"),
        takes: fields.take("takes").unwrap_or(Val::Num(0)),
        fallback: fields.take("fallback"),
    };
    let bad = fields.bad;
    Some(At { entry, node, chapter, bad })
}

/// Makes the fields of one entry.
struct Fields<'m, 't> {
    maker: &'m mut Maker,
    node: &'t Node,
    bad: HashSet<&'static str>,
}

impl Fields<'_, '_> {
    fn take<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        self.told(key, |maker, node| maker.optional(node, key))
    }

    /// Makes a field, and remembers when something was told about it.
    fn told<T>(&mut self, key: &'static str, make: impl FnOnce(&mut Maker, &Node) -> T) -> T {
        let before = self.maker.mistakes.len();
        let field = make(self.maker, self.node);
        let told = &mut self.maker.mistakes[before..];
        if !told.is_empty() {
            self.bad.insert(key);
            let after = self.node.find(&["pace", "after"]).is_some();
            if key == "takes" || key == "pace_of" || key == "pace" && after {
                advise(told, "unknown unit", "write seconds, such as `90s`");
                advise(told, "expected a number", "write seconds, such as `90s`");
            }
            if key == "pace" {
                for mistake in told.iter_mut().filter(|m| m.message.ends_with("is one key too many here")) {
                    mistake.help = Some(ONE_PACE.to_owned());
                }
            }
            if let Some(node) = self.node.get(key) {
                self.maker.taint(node);
            }
        }
        field
    }
}
