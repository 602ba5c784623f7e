//! Lessons, documentation, messages and comments avoid turns of phrase that readers stumble over.

use std::fs;
use std::path::{Path, PathBuf};

/// Phrases that are wrong wherever they occur, each with a better one.
const AVOIDED: [(&str, &str); 7] = [
    ("unless told", "by default"),
    ("why it is so", "the explanation"),
    ("it is so:", "the answer"),
    ("whoever", "anybody who, or a noun"),
    ("shall", "will, should or must"),
    ("stands twice", "occurs twice"),
    ("number one", "PID 1"),
];

/// Files and directories that people read.
const PLACES: [&str; 9] = [
    "lessons",
    "docs",
    "assets/demos",
    "scripts",
    "src",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Vagrantfile",
];

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else {
        files.push(path.to_owned());
    }
}

/// The lower-case words of a text as one line, and where in it each line of the text begins. A phrase is found even
/// if it is broken across the lines of a comment.
fn flattened(text: &str) -> (String, Vec<usize>) {
    let mut flat = String::new();
    let mut starts = Vec::new();
    for line in text.lines() {
        starts.push(flat.len());
        for word in line.split_whitespace().filter(|w| !["//", "///", "//!", "#", "*"].contains(w)) {
            flat += &word.to_lowercase();
            flat.push(' ');
        }
    }
    (flat, starts)
}

/// The lines, from 1, on which a phrase begins.
fn lines_with(phrase: &str, (flat, starts): &(String, Vec<usize>)) -> Vec<usize> {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    flat.match_indices(phrase)
        .filter(|(at, _)| {
            is_apart(flat[..*at].chars().next_back()) && is_apart(flat[at + phrase.len()..].chars().next())
        })
        .map(|(at, _)| starts.partition_point(|start| *start <= at))
        .collect()
}

#[test]
fn texts_avoid_stumbling_blocks() {
    let mut files = Vec::new();
    for place in PLACES {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(place), &mut files);
    }
    assert!(files.len() > 100, "{} files", files.len());
    files.sort();
    let mut found = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("read {}: {e}", file.display()));
        let flat = flattened(&text);
        for (phrase, better) in AVOIDED {
            for line in lines_with(phrase, &flat) {
                found.push(format!("{}:{line}: \"{phrase}\": write {better}", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_phrase_is_found_across_lines_and_only_as_words() {
    let flat = flattened("/// All of them\n/// Unless\n/// told.\n/// A shallow marshall.\n");
    assert_eq!(lines_with("unless told", &flat), [2]);
    assert_eq!(lines_with("shall", &flat), [0_usize; 0]);
}
