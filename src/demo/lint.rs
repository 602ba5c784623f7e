//! Everything that is wrong with some files, lessons and demo scripts among each other, for those who write them.

use super::script::load;
use crate::lesson::catalog::{glossary_beside, is_glossary};
use crate::lesson::early::early;
use crate::lesson::glossary::Glossary;
use crate::lesson::load::{is_script, read};
use crate::lesson::{self, Catalog, Diagnostic, Lint};
use std::path::{Path, PathBuf};

/// Loads files without running them. A file with `demo` or `chapters` at its top is a script, and is held against these lessons; `glossary.yaml` is a
/// glossary; any other is a lesson. A directory stands for the `*.yaml` right in it.
pub fn lint(paths: &[PathBuf], lessons: &Catalog) -> Lint {
    lesson::lint::each(paths, &|path| check(path, lessons).unwrap_or_else(|mistakes| mistakes))
}

fn check(path: &Path, lessons: &Catalog) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let (name, text) = (path.to_string_lossy(), read(path)?);
    if is_glossary(path) {
        return Glossary::load(&name, &text).map(|_| Vec::new());
    }
    if is_script(&text) {
        return load::load(&name, &text, lessons).map(|_| Vec::new());
    }
    let (lesson, mut warnings) = lesson::prove(&name, &text)?;
    let mut glossary = lessons.glossary()?;
    if let Some(beside) = glossary_beside(path) {
        glossary = glossary.with(Glossary::load(&beside.to_string_lossy(), &read(&beside)?)?);
    }
    let order: Vec<&str> = lessons.ids().collect();
    warnings.extend(early(&glossary, &order, &name, &text, &lesson));
    warnings.sort_by_key(|warning| warning.offset);
    Ok(warnings)
}
