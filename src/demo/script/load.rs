//! From a file's text to a script, or to everything that is wrong with it.
//!
//! As lessons are loaded: text → tree → shapes, part by part ([`super::draft`]) → meaning ([`super::check`]), against the lessons that it names.

use super::draft::{Draft, recover};
use super::{Script, check};
use crate::lesson::diagnostic::MAX_MISTAKES;
use crate::lesson::load::{is_script, read, tree};
use crate::lesson::{Catalog, Diagnostic};
use std::path::Path;

/// Reads a script and holds it against the lessons that it names.
///
/// # Errors
/// Every mistake of the file, in the order in which they stand.
pub fn load(file_name: &str, text: &str, lessons: &Catalog) -> Result<Script, Vec<Diagnostic>> {
    let mut tree = tree(file_name, text)?;
    if tree.get("format").is_some() && !is_script(text) {
        let help = Some(format!("`isolab check {file_name}` runs it"));
        return Err(vec![Diagnostic::whole_file(file_name, "a lesson, and not a demo script", help)]);
    }
    let recovered = recover(&mut tree);
    let (draft, mut mistakes) = Draft::new(&tree);
    mistakes.extend(recovered);
    mistakes.extend(check::all(&draft, file_name, text, lessons));
    mistakes.sort_by_key(|m| m.span.start);
    mistakes.truncate(MAX_MISTAKES);
    if mistakes.is_empty() {
        Ok(draft.into_script())
    } else {
        Err(Diagnostic::locate(file_name, text, mistakes))
    }
}

/// Reads a file as [`load`] does its text.
///
/// # Errors
/// As [`load`], and one diagnostic for a file that cannot be read.
pub fn load_file(path: &Path, lessons: &Catalog) -> Result<Script, Vec<Diagnostic>> {
    load(&path.to_string_lossy(), &read(path)?, lessons)
}
