//! Loads the lessons that the command line names.

use super::console::complain as say;
use super::exit;
use crate::demo::library::BUILT_IN;
use crate::lesson::catalog::Source;
use crate::lesson::file::LessonFile;
use crate::lesson::{Catalog, Diagnostic, load as loader};
use crate::vocabulary::{Lesson, Seed, Selection};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Prints mistakes, each at its place in the file.
pub fn complain(diagnostics: &[Diagnostic]) {
    let stderr = std::io::stderr();
    let coloured = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    for diagnostic in diagnostics {
        let _ = writeln!(&stderr, "{}", diagnostic.render(coloured));
    }
}

/// The built-in lessons, and those of `--lessons`.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn catalog(directory: Option<&Path>) -> Result<Catalog, u8> {
    match directory {
        None => Ok(Catalog::built_in()),
        Some(directory) => Catalog::with_directory(directory).map_err(|found| {
            complain(&found);
            exit::USAGE
        }),
    }
}

/// Loads the lessons that were asked for, or all of them. Everything is loaded before anything runs, so a mistake in the last lesson costs no time.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn load(
    catalog: &Catalog,
    asked: &[String],
    seed: Option<&Seed>,
    set: &[(String, String)],
) -> Result<Vec<Lesson>, u8> {
    Ok(load_with_files(catalog, asked, seed, set)?.into_iter().map(|(lesson, _)| lesson).collect())
}

/// The same, each with the file that it was loaded from.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn load_with_files(
    catalog: &Catalog,
    asked: &[String],
    seed: Option<&Seed>,
    set: &[(String, String)],
) -> Result<Vec<(Lesson, LessonFile)>, u8> {
    let all: Vec<String> = catalog.sources().iter().map(|s| s.id.clone()).collect();
    let asked = if asked.is_empty() { &all } else { asked };
    let (mut lessons, mut faulty) = (Vec::new(), false);
    let mut unused: Vec<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
    for word in asked {
        match load_one(catalog, word, seed, set, &mut unused) {
            Ok(lesson) => lessons.push(lesson),
            Err(Trouble::Word(text)) => {
                say(&text);
                faulty = true;
            }
            Err(Trouble::File(found)) => {
                complain(&found);
                faulty = true;
            }
        }
    }
    if let (Some(name), false) = (unused.first(), faulty) {
        let known: Vec<&str> =
            lessons.iter().flat_map(|(l, _)| l.params.keys().map(String::as_str)).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        say(&format!("none of these lessons has a parameter `{name}`; there are: {known}"));
        faulty = true;
    }
    if faulty { Err(exit::USAGE) } else { Ok(lessons) }
}

enum Trouble {
    Word(String),
    File(Vec<Diagnostic>),
}

/// A word with a slash, or ending in `.yaml`, is a file; any other word is an id.
pub fn is_file(word: &str) -> bool {
    word.contains('/') || Path::new(word).extension().is_some_and(|e| e == "yaml")
}

/// What to say of the name of a demo where a lesson is wanted.
fn demo(word: &str) -> Option<String> {
    BUILT_IN.iter().any(|(id, _)| *id == word).then(|| {
        format!(
            "`{word}` is a demo, not a lesson: `isolab demo {word}` plays it, and with --rehearse runs it without a screen"
        )
    })
}

fn load_one(
    catalog: &Catalog,
    word: &str,
    seed: Option<&Seed>,
    set: &[(String, String)],
    unused: &mut Vec<&str>,
) -> Result<(Lesson, LessonFile), Trouble> {
    let unknown = |told: String| Trouble::Word(demo(word).unwrap_or(told));
    let source = if is_file(word) { None } else { Some(catalog.find(word).map_err(unknown)?) };
    let text = source.map_or_else(|| loader::read(Path::new(word)), Source::text).map_err(Trouble::File)?;
    let name = source.map_or(word, |source| source.file.as_str());
    let with = |set: BTreeMap<String, String>| {
        let wanted = Selection { seed: seed.cloned(), set };
        loader::load_selected(name, &text, &wanted).map_err(Trouble::File)
    };
    let lesson = with(BTreeMap::new())?;
    let built_in = source.is_some_and(|source| source.path.is_none());
    let file = LessonFile::with_alternatives(&lesson.id, name, built_in, &text, &lesson.alternatives);
    // A parameter is for the lessons that have it.
    let overrides: BTreeMap<String, String> =
        set.iter().filter(|(name, _)| lesson.params.contains_key(name)).cloned().collect();
    if overrides.is_empty() {
        return Ok((lesson, file));
    }
    unused.retain(|name| !overrides.contains_key(*name));
    Ok((with(overrides)?, file))
}
