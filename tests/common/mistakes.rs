//! What the tests of lessons and of demo scripts share: their files with mistakes, and what is told about them.

// Each test program uses a part of this.
#![allow(dead_code)]

use isolab::lesson::Diagnostic;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// As they are printed, an empty line between.
pub fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

/// The files of a directory, by name.
pub fn files(directory: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Each mistake of a file stands in that file, and in the line that is shown.
pub fn are_in_their_lines(file: &Path, mistakes: &[Diagnostic]) {
    let text = std::fs::read_to_string(file).unwrap();
    for d in mistakes.iter().filter(|d| d.line > 0) {
        let line = text.lines().nth(d.line - 1).unwrap_or_default();
        assert_eq!(line, d.line_text, "{d}");
        let in_line: String = line.chars().skip(d.column - 1).collect();
        assert!(text[d.offset..].starts_with(&in_line), "{d}");
        assert!(d.len <= in_line.len(), "{d}");
    }
}

/// A text broken in every way at every `every`th line: the line taken away, the end missing, a character put in; where in line
/// `n`, `column` says.
pub fn broken(text: &str, every: usize, column: impl Fn(usize) -> usize) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut broken: Vec<String> = Vec::new();
    for n in (0..lines.len()).step_by(every) {
        broken.push([&lines[..n], &lines[n + 1..]].concat().join("\n"));
        broken.push(lines[..n].join("\n"));
        for put in ["{", "}", "[", "]", ":", "- ", "'", "\"", "&", "*", "!", "|", "#", "\t", "ü", "%", "$x"]
        {
            let line = lines[n];
            let at = line.char_indices().nth(column(n) % line.chars().count().max(1)).map_or(0, |(i, _)| i);
            let changed = format!("{}{put}{}", &line[..at], &line[at..]);
            broken.push([&lines[..n], &[changed.as_str()], &lines[n + 1..]].concat().join("\n"));
        }
    }
    broken
}

/// Loads each of them: whatever is told has its place in the text, and nothing panics. Gives how many have mistakes.
pub fn have_their_places<T>(texts: &[String], load: impl Fn(&str) -> Result<T, Vec<Diagnostic>>) -> usize {
    let mut faulty = 0;
    for text in texts {
        let Err(mistakes) = load(text) else { continue };
        faulty += 1;
        for d in mistakes {
            assert!(text.get(d.offset..d.offset + d.len).is_some(), "{d}\n{text}");
            assert!(!d.render(true).is_empty());
        }
    }
    faulty
}

/// A schema as draft 7 of JSON Schema wants it.
pub fn is_draft_7(schema: &Value) {
    assert_eq!(schema["$schema"], json!("http://json-schema.org/draft-07/schema#"));
    assert!(jsonschema::draft7::meta::is_valid(schema));
}

/// Where a text in YAML does not conform, and why not.
pub fn against(validator: &jsonschema::Validator, text: &str) -> Vec<String> {
    let value: Value = serde_yaml::from_str(text).unwrap();
    validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}
