//! Everything that is wrong with some files, lessons and demo scripts among each other, for those who write them.

use super::script::load;
use crate::lesson::load::{is_script, read};
use crate::lesson::{self, Catalog, Diagnostic, Lint};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Loads files without running them. A file with `demo` or `chapters` at its top is a script, and is held against these lessons; any other is a
/// lesson. A directory stands for the `*.yaml` right in it.
pub fn lint(paths: &[PathBuf], lessons: &Catalog) -> Lint {
    lesson::lint::each(paths, &|path| check(path, lessons).err().unwrap_or_default())
}

fn check(path: &Path, lessons: &Catalog) -> Result<(), Vec<Diagnostic>> {
    let (name, text) = (path.to_string_lossy(), read(path)?);
    if is_script(&text) {
        load::load(&name, &text, lessons).map(drop)
    } else {
        lesson::load(&name, &text, &BTreeMap::new()).map(drop)
    }
}
