//! Circles of imports between files: a file that uses another must not be used by it, not even by way of others.
//!
//! A parent that only re-exports what a child defines uses the child; the child may then not use what the parent's own file defines. What is
//! imported by way of a re-export counts for the file that defines it.

use super::{split_list, word_end};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A module's path from the crate's root: `tui`, `view`, `map`.
type Module = Vec<String>;

/// Where a path leads.
enum Target {
    /// A module itself.
    Module(Module),
    /// Something that a module's file defines or re-exports.
    Item(Module, String),
}

/// A path in a file that imports or names something, in words.
struct Import {
    words: Vec<String>,
    /// The name that it has in the file, if it is a `use`.
    alias: Option<String>,
    exported: bool,
}

struct File {
    code: String,
    imports: Vec<Import>,
}

/// All files of a source tree.
pub struct Tree {
    files: BTreeMap<Module, File>,
}

fn module(path: &str) -> Module {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|word| !matches!(*word, "lib" | "main")).map(str::to_owned).collect()
}

/// The code without the file's modules of tests, which stand at its end.
fn without_tests(code: &str) -> &str {
    let at = ["\n#[cfg(test)]\nmod ", "\n#[cfg(test)]\npub mod "].iter().filter_map(|start| code.find(start));
    &code[..at.min().unwrap_or(code.len())]
}

/// The paths of a `use`, without the word itself and the semicolon.
fn expand(prefix: &[String], tree: &str, exported: bool, imports: &mut Vec<Import>) {
    let tree = tree.trim();
    let (head, list) = match tree.split_once('{') {
        Some((head, list)) => (head.trim().trim_end_matches("::"), Some(list)),
        None => (tree, None),
    };
    let (path, renamed) =
        head.split_once(" as ").map_or((head, None), |(p, a)| (p, Some(a.trim().to_owned())));
    let mut words = prefix.to_vec();
    words.extend(path.split("::").map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()));
    if let Some(list) = list {
        return split_list(list).iter().for_each(|part| expand(&words, part, exported, imports));
    }
    if words.len() > 1 && words.last().is_some_and(|last| last == "self") {
        words.pop();
    }
    let alias = renamed.or_else(|| words.last().cloned());
    imports.push(Import { words, alias, exported });
}

/// The imports of a file, and its code without them.
fn imports(code: &str) -> (Vec<Import>, String) {
    let (mut imports, mut rest) = (Vec::new(), String::new());
    let mut statement: Option<String> = None;
    for line in code.lines() {
        let trimmed = line.trim_start();
        let start = ["use ", "pub use ", "pub(super) use ", "pub(crate) use "];
        if statement.is_none() && start.iter().any(|s| trimmed.starts_with(s)) {
            statement = Some(String::new());
        }
        let Some(text) = &mut statement else {
            rest += line;
            rest.push('\n');
            continue;
        };
        *text += trimmed;
        text.push(' ');
        if trimmed.ends_with(';') {
            let (before, tree) = text.split_once("use ").unwrap_or(("", text));
            expand(&[], tree.trim().trim_end_matches(';'), !before.is_empty(), &mut imports);
            statement = None;
        }
    }
    (imports, rest)
}

/// Every path of at least two words: `super::x`, `view::map::lines`.
fn paths(code: &str) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(at) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        rest = &rest[at..];
        let mut words = Vec::new();
        loop {
            let (word, after) = rest.split_at(word_end(rest));
            words.push(word.to_owned());
            rest = after;
            match after.strip_prefix("::").filter(|next| word_end(next) > 0) {
                Some(next) => rest = next,
                None => break,
            }
        }
        if words.len() > 1 {
            found.insert(words);
        }
    }
    found
}

impl Tree {
    /// Of files, each with its path below `src` and its code without comments.
    pub fn new<'s>(sources: impl IntoIterator<Item = (&'s str, &'s str)>) -> Self {
        let file = |(path, code): (&str, &str)| {
            let (imports, code) = imports(without_tests(code));
            (module(path), File { code, imports })
        };
        let sources = sources.into_iter().filter(|(path, _)| !path.ends_with("tests.rs"));
        Tree { files: sources.map(file).collect() }
    }

    /// Where a path in a file leads, if it stays in the tree.
    fn resolve(&self, from: &Module, words: &[String]) -> Option<Target> {
        let mut words = words.iter();
        let mut at = from.clone();
        match words.next()?.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => drop(at.pop()),
            first => {
                let child: Module = from.iter().cloned().chain([first.to_owned()]).collect();
                let import = || self.files[from].imports.iter().find(|i| i.alias.as_deref() == Some(first));
                at = match (self.files.contains_key(&child), import()) {
                    (true, _) => child,
                    (false, Some(import)) if import.words[0] != *first => {
                        match self.resolve(from, &import.words)? {
                            Target::Module(module) => module,
                            Target::Item(..) => return None,
                        }
                    }
                    _ => return None,
                };
            }
        }
        for word in words {
            if word == "super" {
                at.pop();
                continue;
            }
            at.push(word.clone());
            if !self.files.contains_key(&at) {
                at.pop();
                return Some(Target::Item(at, word.clone()));
            }
        }
        Some(Target::Module(at))
    }

    /// The module whose file defines an item: re-exports are followed.
    fn defining(&self, module: &Module, item: &str, steps: usize) -> Module {
        let exported = |import: &&Import| import.exported && steps > 0;
        for import in self.files[module].imports.iter().filter(exported) {
            let named = import.alias.as_deref() == Some(item);
            let glob = import.words.last().is_some_and(|last| last == "*");
            match self.resolve(module, &import.words) {
                Some(Target::Item(of, name)) if named => return self.defining(&of, &name, steps - 1),
                Some(Target::Item(of, _)) if glob && self.defines(&of, item) => return of,
                _ => {}
            }
        }
        module.clone()
    }

    fn defines(&self, module: &Module, item: &str) -> bool {
        let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static"];
        kinds.iter().any(|kind| {
            let start = format!("pub {kind} {item}");
            let code = &self.files[module].code;
            code.match_indices(&start).any(|(at, _)| word_end(&code[at + start.len()..]) == 0)
        })
    }

    /// The files that a file uses.
    fn used_by(&self, from: &Module, file: &File) -> BTreeSet<Module> {
        let imported = file.imports.iter().map(|i| i.words.clone());
        let used =
            imported.chain(paths(&file.code)).filter_map(|words| match self.resolve(from, &words)? {
                // A module that is imported is used where something of it is named.
                Target::Module(_) => None,
                Target::Item(module, item) => Some(self.defining(&module, &item, 8)),
            });
        used.filter(|to| to != from && self.files.contains_key(to)).collect()
    }

    /// The shortest circles, each once, as `a → b → a`.
    pub fn circles(&self) -> Vec<String> {
        let graph: BTreeMap<&Module, BTreeSet<Module>> =
            self.files.iter().map(|(module, file)| (module, self.used_by(module, file))).collect();
        let mut circles = BTreeMap::new();
        for start in graph.keys() {
            let mut queue = VecDeque::from([vec![(*start).clone()]]);
            let mut seen = BTreeSet::new();
            while let Some(way) = queue.pop_front() {
                let Some(last) = way.last() else { continue };
                if last == *start && way.len() > 1 {
                    let text: Vec<String> = way.iter().map(|module| module.join("::")).collect();
                    let members: BTreeSet<Module> = way.into_iter().collect();
                    circles.entry(members).or_insert(text.join(" → "));
                    break;
                }
                let next = graph[last].iter().filter(|to| seen.insert((*to).clone()));
                queue.extend(next.map(|to| [way.clone(), vec![to.clone()]].concat()));
            }
        }
        circles.into_values().collect()
    }
}

#[test]
fn circles_are_found() {
    let circles = |files: &[(&str, &str)]| Tree::new(files.iter().copied()).circles();
    let pair = [
        ("a/mod.rs", "mod b;\nmod c;"),
        ("a/b.rs", "use super::c::C;"),
        ("a/c.rs", "fn f() { super::b::g() }"),
    ];
    assert_eq!(circles(&pair), ["a::b → a::c → a::b"]);
    let parent = [
        ("a/mod.rs", "mod b;\npub struct A;\nfn f() { b::g() }"),
        ("a/b.rs", "use super::A;\npub fn g() {}"),
    ];
    assert_eq!(circles(&parent), ["a → a::b → a"]);
    let parent_exports =
        [("a/mod.rs", "mod b;\npub use b::B;\npub struct A;"), ("a/b.rs", "use super::A;\npub struct B;")];
    assert_eq!(circles(&parent_exports), ["a → a::b → a"]);
    let long = [
        ("a.rs", "use crate::{b::{B, D}, x};"),
        ("b.rs", "use crate::c;\npub struct B;\nfn f() { c::g() }"),
        ("c.rs", "use std::fmt;\nfn g() -> crate::a::A {}"),
        ("x.rs", "use crate::a::A;"),
    ];
    assert_eq!(circles(&long), ["a → b → c → a"]);
    let renamed = [("a.rs", "use crate::b as other;\nfn f() { other::g() }"), ("b.rs", "use crate::a::*;")];
    assert_eq!(circles(&renamed), ["a → b → a"]);
}

#[test]
fn what_is_no_circle_is_not_found() {
    let files = [
        // By way of the parent's re-exports, siblings use each other's files.
        ("a/mod.rs", "pub mod b;\nmod c;\npub use b::B;\npub use c::*;"),
        ("a/b.rs", "use super::C;\npub struct B;"),
        ("a/c.rs", "pub struct C;"),
        // A module that is imported and not used, and the tests of a file.
        ("d.rs", "use crate::e;\npub struct D;"),
        ("e.rs", "use crate::d::D;\n\n#[cfg(test)]\nmod tests {\n    use crate::a::B;\n}\n"),
        ("lib.rs", "pub mod a;\npub mod d;\npub mod e;"),
    ];
    assert!(Tree::new(files).circles().is_empty());
}
