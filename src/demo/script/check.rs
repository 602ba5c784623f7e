//! What a script means: whether everything that it names exists, and whether it can be played as it says.

use super::draft::Draft;
use super::{entry, fallback};
use crate::lesson::Catalog;
use crate::lesson::diagnostic::{Mistake, suggest};
use crate::lesson::position::{Node, Span};
use crate::lesson::shape::Lesson;
use crate::lesson::validate;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

/// Everything that is wrong with a script whose shapes fit.
pub(super) fn all(draft: &Draft, file_name: &str, text: &str, lessons: &Catalog) -> Vec<Mistake> {
    let mut check = Check { text, file_name, lessons, loaded: HashMap::new(), mistakes: Vec::new() };
    check.head(draft);
    check.ids(draft);
    for at in &draft.entries {
        entry::check(&mut check, at);
    }
    fallback::check(&mut check, draft);
    check.mistakes
}

pub(super) struct Check<'a> {
    /// The script as it is written.
    pub text: &'a str,
    file_name: &'a str,
    lessons: &'a Catalog,
    /// Lessons that were asked for; none for one that cannot be loaded.
    loaded: HashMap<String, Option<Rc<Lesson>>>,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    pub fn tell(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// A mistake, and what to write instead.
    pub fn say(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.tell(Mistake::new(span, message).help(help));
    }

    /// Texts for people in which names of control files are filled in.
    pub fn prose(&mut self, node: Option<&Node>) {
        let text = self.text;
        self.mistakes.extend(node.into_iter().flat_map(|node| validate::wording(text, node, true)));
    }

    /// A text of one line; the shape says where it is none.
    fn line(&mut self, node: Option<&Node>) {
        let (text, node) = (self.text, node.filter(|node| node.scalar().is_some()));
        self.mistakes.extend(node.into_iter().flat_map(|node| validate::wording(text, node, false)));
    }

    fn head(&mut self, draft: &Draft) {
        let tree = draft.tree;
        for key in ["title", "summary"] {
            self.line(tree.get(key));
        }
        if draft.version() != 1
            && let Some(node) = tree.get("demo")
            && node.scalar().is_some_and(|s| s.parse::<u32>().is_ok())
        {
            self.say(node.span, format!("demo {} is not known", draft.version()), "write `demo: 1`");
        }
        if let Some(node) = tree.get("id") {
            match validate::id(draft.id(), node.span).filter(|_| node.scalar().is_some() && !node.is_absent())
            {
                Some(mistake) => self.tell(mistake),
                None => self.mistakes.extend(validate::file_name(self.file_name, tree, draft.id())),
            }
        }
        let empty = |node: &Node, key: &str| {
            let list = node.get(key).filter(|list| list.flow && list.items().is_empty());
            list.filter(|list| list.entries().is_empty() && list.scalar().is_none()).map(|list| list.span)
        };
        if let Some(span) = empty(tree, "chapters") {
            self.say(span, "a demo without chapters", "write `- title: …` and `entries:`");
        }
        for (_, node) in &draft.chapters {
            self.line(node.get("title"));
            if let Some(span) = empty(node, "entries") {
                self.say(span, "a chapter without entries", "write `- card: …` or `- lesson: …`");
            }
        }
    }

    /// Ids of entries.
    fn ids(&mut self, draft: &Draft) {
        let mut known: HashMap<&str, Span> = HashMap::new();
        for at in &draft.entries {
            let (Some(id), Some(node)) = (&at.entry.id, at.good("id")) else { continue };
            if let Some(mistake) = validate::id(id, node.span) {
                self.tell(mistake);
            } else if let Some(first) = known.get(id.as_str()) {
                let line = self.text[..first.start].matches('\n').count() + 1;
                self.say(
                    node.span,
                    format!("a second entry `{id}`"),
                    format!("the first one is in line {line}; rename one of them"),
                );
            } else {
                known.insert(id, node.span);
            }
        }
    }

    /// The lesson that an entry names; says so when there is none.
    pub fn lesson(&mut self, id: &str, place: Span) -> Option<Rc<Lesson>> {
        let Ok(source) = self.lessons.find(id) else {
            let ids = self.lessons.sources().iter().map(|s| s.id.as_str());
            let help = self.beside(id).or_else(|| suggest(id, ids));
            self.tell(Mistake::new(place, format!("unknown lesson `{id}`")).maybe_help(help));
            return None;
        };
        if let Some(known) = self.loaded.get(id) {
            return known.clone();
        }
        let loaded = source.load(&BTreeMap::new()).ok().map(Rc::new);
        if loaded.is_none() {
            let help = format!("`isolab lint {}` says which", source.file);
            self.say(place, format!("the lesson `{id}` has mistakes"), help);
        }
        self.loaded.insert(id.to_owned(), loaded.clone());
        loaded
    }

    /// Whether a lesson can be loaded with these values.
    ///
    /// # Errors
    /// The first mistake that it then has.
    pub fn loads_with(&self, id: &str, set: &BTreeMap<String, String>) -> Result<(), String> {
        let Ok(source) = self.lessons.find(id) else { return Ok(()) };
        source
            .load(set)
            .map(drop)
            .map_err(|found| found.first().map_or_else(String::new, |d| d.message.clone()))
    }

    /// Where a lesson lies beside the script, how it is found.
    fn beside(&self, id: &str) -> Option<String> {
        let directory = Path::new(self.file_name).parent()?;
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let plain = validate::id(id, Span { start: 0, end: 1 }).is_none();
        let file = directory.join(format!("{id}.yaml"));
        (plain && file.is_file()).then(|| {
            format!("it is in {}: `isolab --lessons {} …` finds it", file.display(), directory.display())
        })
    }
}
