//! Holds the source against the map of the modules: who may import whom, where `unsafe` may stand, how long a file may be, and that
//! every file is part of the program.

#[path = "architecture/circles.rs"]
mod circles;

use circles::Tree;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each module at the top, and what it may import. Itself is understood.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    // Opening what a person names, with that person's rights.
    ("files", &["model"]),
    // What is foreign made visible, at every edge.
    ("plain", &[]),
    // What a lesson can say: below all that load, act, read and judge.
    ("vocabulary", &["model"]),
    // System calls in words.
    ("calls", &["model"]),
    // Commands into the engine, events and records out of it.
    ("events", &["model", "vocabulary"]),
    ("lesson", &["files", "model", "plain", "vocabulary"]),
    ("kernel", &["calls", "model"]),
    ("probe", &["files", "model", "vocabulary"]),
    ("workload", &["model", "vocabulary", "kernel"]),
    ("actor", &["calls", "kernel", "probe", "model", "vocabulary", "workload"]),
    ("engine", &["actor", "events", "kernel", "probe", "lesson", "model", "vocabulary", "workload"]),
    // What reports and screens have in common.
    ("present", &["events", "model", "lesson", "plain", "vocabulary"]),
    // Types answers, and asks the kernel who reads them; what it gives points for is judged by the engine, which it knows by events alone.
    ("grading", &["events", "files", "lesson", "model", "plain", "probe", "vocabulary"]),
    ("report", &["events", "model", "lesson", "present", "demo", "grading", "vocabulary"]),
    // What a person has done so far; kept in a file.
    ("progress", &["files", "model"]),
    ("demo", &["events", "files", "model", "lesson", "present", "vocabulary"]),
    // A live demo is played on the screen.
    ("tui", &["events", "grading", "model", "lesson", "present", "progress", "demo", "vocabulary"]),
    (
        "cli",
        &[
            "actor",
            "demo",
            "engine",
            "events",
            "files",
            "grading",
            "kernel",
            "lesson",
            "model",
            "present",
            "probe",
            "progress",
            "report",
            "tui",
            "vocabulary",
            "workload",
        ],
    ),
];

/// A file may be this long.
const LINES: usize = 500;

/// Those that are longer, and why.
const LONG: &[(&str, &str)] = &[];

/// The only file with `unsafe`.
const UNSAFE: &str = "kernel/raw.rs";

struct Source {
    /// Below `src/`.
    path: String,
    /// Without comments.
    code: String,
    lines: usize,
}

impl Source {
    /// The module at the top that the file belongs to, if it belongs to any (`main.rs` and `lib.rs` do not).
    fn top(&self) -> Option<&str> {
        self.path.split_once('/').map(|(top, _)| top)
    }

    /// The modules that a `super` can climb: `actor/trace/mod.rs` is `actor::trace`, which is two.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") { parts - 1 } else { parts }
    }
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("src can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a source file can be read");
        let below = path.strip_prefix(&root).expect("below src").display().to_string();
        Source { path: below, code: without_comments(&text), lines: text.lines().count() }
    };
    found.into_iter().map(read).collect()
}

/// Line comments go; block comments are not used here, and `//` in a text is taken for one, which loses no path.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn word_end(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The parts of a list in braces at its own level: `a::{b, c}, d` → `a::{b, c}`, `d`.
fn split_list(text: &str) -> Vec<String> {
    let (mut parts, mut level) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => break,
            '}' => level -= 1,
            ',' if level == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

/// Every path of a piece of code that begins at the crate's root, each as its first two words.
fn paths(code: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + start.len()..];
        let items = match rest.strip_prefix('{') {
            Some(list) => split_list(list),
            None => vec![rest.to_owned()],
        };
        for item in items {
            let (first, after) = item.split_at(word_end(&item));
            let after = after.strip_prefix("::").unwrap_or("");
            let seconds = match after.strip_prefix('{') {
                Some(list) => split_list(list),
                None => vec![after.to_owned()],
            };
            found.extend(seconds.iter().map(|s| (first.to_owned(), s[..word_end(s)].to_owned())));
        }
    }
    found
}

fn report(what: &str, mut faults: Vec<String>) {
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

#[test]
fn paths_are_found() {
    let code = "use crate::model::{Call, Errno};\nuse crate::{actor, lesson::{load, shape::Verb}};\n\
                fn f() { crate::probe::read(); mycrate::x(); }";
    let found: Vec<String> = paths(code).into_iter().map(|(a, b)| format!("{a} {b}")).collect();
    let wanted = ["model Call", "model Errno", "actor ", "lesson load", "lesson shape", "probe read"];
    assert_eq!(found, wanted);
}

#[test]
fn imports_go_one_way() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut faults = Vec::new();
    let mut seen = 0;
    for source in sources() {
        let Some(top) = source.top() else { continue };
        let Some(allowed) = table.get(top) else {
            faults.push(format!("src/{}: {top} is not in the table", source.path));
            continue;
        };
        for (first, second) in paths(&source.code) {
            seen += 1;
            // The root itself has only the modules; a macro or item there would be named here.
            if first != top && !allowed.contains(&first.as_str()) {
                faults.push(format!("src/{}: {top} imports {first}::{second}", source.path));
            }
        }
    }
    assert!(seen > 100, "only {seen} paths found: the reader of this test is broken");
    report("imports against the direction", faults);
}

#[test]
fn the_table_has_no_circle() {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < MAY_IMPORT.len() {
        let next = MAY_IMPORT.iter().find(|(m, of)| !done.contains(m) && of.iter().all(|o| done.contains(o)));
        let (module, _) = next.unwrap_or_else(|| panic!("a circle among those that are not in {done:?}"));
        done.insert(module);
    }
}

#[test]
fn no_file_is_used_by_what_it_uses() {
    let all = sources();
    let tree = Tree::new(all.iter().map(|source| (source.path.as_str(), source.code.as_str())));
    report("circles of imports between files", tree.circles());
}

/// `super` stays below the module at the top; what lies beyond is written from the crate's root, where this test sees it.
#[test]
fn super_does_not_leave_its_module() {
    let mut faults = Vec::new();
    for source in sources().into_iter().filter(|s| s.top().is_some()) {
        // In the file's own module of tests one `super` more is the file itself.
        let (code, tests) = source.code.split_once("\nmod tests {").unwrap_or((&source.code, ""));
        for (code, depth) in [(code, source.depth()), (tests, source.depth() + 1)] {
            let climbs =
                (1..=source.depth() + 2).take_while(|n| code.contains(&"super::".repeat(*n))).count();
            if climbs >= depth {
                faults.push(format!("src/{}: {} climbs to the root", source.path, "super::".repeat(climbs)));
            }
        }
    }
    report("super beyond the module", faults);
}

#[test]
fn the_library_does_not_name_itself_and_the_program_is_thin() {
    let mut faults = Vec::new();
    for source in sources() {
        if source.path != "main.rs" && source.code.contains("isolab::") {
            faults.push(format!("src/{}: names isolab::", source.path));
        }
        if source.path == "main.rs" && source.lines > 40 {
            faults.push("src/main.rs is more than a dispatch".to_owned());
        }
    }
    report("the library's own name", faults);
}

#[test]
fn unsafe_stands_in_one_file() {
    let is_word = |code: &str, at: usize, word: &str| {
        let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        edge(code[..at].chars().next_back()) && edge(code[at + word.len()..].chars().next())
    };
    let uses = |s: &Source| s.code.match_indices("unsafe").any(|(at, w)| is_word(&s.code, at, w));
    let allows = |s: &Source| s.code.contains("allow(unsafe_code") || s.code.contains("expect(unsafe_code");
    let all = sources();
    let raw = all.iter().find(|s| s.path == UNSAFE).expect("the file is there");
    assert!(uses(raw) && allows(raw), "{UNSAFE} has no unsafe: the reader of this test is broken");
    let faults =
        all.iter().filter(|s| s.path != UNSAFE && (uses(s) || allows(s))).map(|s| format!("src/{}", s.path));
    report("unsafe outside of its file", faults.collect());
}

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for source in sources() {
        let reason = LONG.iter().find(|(p, _)| *p == source.path).map(|(_, why)| *why);
        match reason {
            None if source.lines > LINES => faults.push(format!(
                "src/{} has {} lines, more than {LINES}; split it, or list it in LONG with a reason",
                source.path, source.lines
            )),
            Some(_) if source.lines <= LINES => {
                faults
                    .push(format!("src/{} has only {} lines; take it from LONG", source.path, source.lines));
            }
            _ => {}
        }
    }
    let there: BTreeSet<String> = sources().into_iter().map(|s| s.path).collect();
    let listed = LONG.iter().map(|(p, _)| *p);
    faults.extend(listed.filter(|p| !there.contains(*p)).map(|p| format!("src/{p} is listed but not there")));
    report("long files", faults);
}

/// A file that no `mod` line names is not compiled, and nobody notices.
#[test]
fn every_file_is_part_of_the_program() {
    let all: BTreeMap<String, Source> = sources().into_iter().map(|s| (s.path.clone(), s)).collect();
    let mut reached: BTreeSet<String> = ["lib.rs".to_owned(), "main.rs".to_owned()].into();
    let mut open: Vec<String> = reached.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let base = match path.as_str() {
            "lib.rs" | "main.rs" => String::new(),
            other => other.strip_suffix("mod.rs").map_or_else(
                || format!("{}/", other.strip_suffix(".rs").unwrap_or(other)),
                ToOwned::to_owned,
            ),
        };
        for line in all[&path].code.lines() {
            let Some(name) = line.trim().strip_suffix(';').and_then(|l| l.split("mod ").nth(1)) else {
                continue;
            };
            for file in [format!("{base}{name}.rs"), format!("{base}{name}/mod.rs")] {
                if all.contains_key(&file) && reached.insert(file.clone()) {
                    open.push(file);
                }
            }
        }
    }
    let lost = all.keys().filter(|p| !reached.contains(*p)).map(|p| format!("src/{p}"));
    report("files that no mod line names", lost.collect());
}
