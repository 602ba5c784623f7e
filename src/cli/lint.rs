//! `isolab lint`.

use super::args::{Global, Lint};
use super::console::print;
use super::{exit, lessons};
use crate::demo::lint;
use crate::present::plain::count;

/// Prints the mistakes in lesson files and demo scripts.
pub fn run(global: &Global, asked: &Lint) -> u8 {
    let catalog = match lessons::catalog(global.lessons.as_deref()) {
        Ok(catalog) => catalog,
        Err(code) => return code,
    };
    let found = lint::lint(&asked.files, &catalog);
    lessons::complain(&found.warnings);
    lessons::complain(&found.diagnostics);
    if !found.diagnostics.is_empty() {
        return exit::USAGE;
    }
    let warnings = match found.warnings.len() {
        0 => String::new(),
        some => format!(", {}", count(some, "warning")),
    };
    print(&format!("{}, no mistakes{warnings}\n", count(found.files, "file")))
}
