//! `isolab lint`.

use super::args::{Global, Lint};
use super::console::print;
use super::{exit, lessons};
use crate::demo::lint;

/// Prints the mistakes in lesson files and demo scripts.
pub fn run(global: &Global, asked: &Lint) -> u8 {
    let catalog = match lessons::catalog(global.lessons.as_deref()) {
        Ok(catalog) => catalog,
        Err(code) => return code,
    };
    let found = lint::lint(&asked.files, &catalog);
    lessons::complain(&found.diagnostics);
    if !found.diagnostics.is_empty() {
        return exit::USAGE;
    }
    print(&format!("{} {}, no mistakes\n", found.files, if found.files == 1 { "file" } else { "files" }))
}
