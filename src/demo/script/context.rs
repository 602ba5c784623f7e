//! Shared by the checks of a script: the script's text, its lessons, and the mistakes found so far.

use crate::lesson::Catalog;
use crate::lesson::diagnostic::Mistake;
use crate::lesson::position::{Node, Span};
use crate::lesson::validate;
use crate::vocabulary::Lesson;
use crate::vocabulary::suggest::suggest;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

pub(super) struct Check<'a> {
    /// The script as it is written.
    pub text: &'a str,
    /// The file's name, as it was given.
    pub file_name: &'a str,
    lessons: &'a Catalog,
    /// Lessons that were requested; `None` for one that cannot be loaded.
    loaded: HashMap<String, Option<Rc<Lesson>>>,
    /// The mistakes, in the order in which they were found.
    pub mistakes: Vec<Mistake>,
}

impl<'a> Check<'a> {
    /// A context without mistakes.
    pub fn new(text: &'a str, file_name: &'a str, lessons: &'a Catalog) -> Self {
        Check { text, file_name, lessons, loaded: HashMap::new(), mistakes: Vec::new() }
    }

    pub fn tell(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Adds a mistake, and what to write instead.
    pub fn say(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.tell(Mistake::new(span, message).help(help));
    }

    /// Checks texts for people in which names of control files are filled in.
    pub fn prose(&mut self, node: Option<&Node>) {
        let text = self.text;
        self.mistakes.extend(node.into_iter().flat_map(|node| validate::wording(text, node, true)));
    }

    /// Checks a text of one line; a value that is not a text is reported with its shape.
    pub fn line(&mut self, node: Option<&Node>) {
        let (text, node) = (self.text, node.filter(|node| node.scalar().is_some()));
        self.mistakes.extend(node.into_iter().flat_map(|node| validate::wording(text, node, false)));
    }

    /// The lesson that an entry names; adds a mistake if there is none.
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
    /// The first mistake that the lesson then has.
    pub fn loads_with(&self, id: &str, set: &BTreeMap<String, String>) -> Result<(), String> {
        let Ok(source) = self.lessons.find(id) else { return Ok(()) };
        source
            .load(set)
            .map(drop)
            .map_err(|found| found.first().map_or_else(String::new, |d| d.message.clone()))
    }

    /// How to find the lesson, if it is in a file beside the script.
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
