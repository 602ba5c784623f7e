//! From a file's text to a lesson, or to everything that is wrong with it.
//!
//! In order: text → tree ([`super::position`]) → one of several alternatives ([`super::choose`]) → parameters put in ([`super::put_in`]) → shapes, part by part
//! ([`super::draft`], by [`super::de`]) → meaning ([`super::validate`]). A part that does not fit is reported, taken out of the tree, and the rest
//! goes on; the words that stood in it are remembered, so that nothing is called undefined or unused because of it.

use super::choose::Pick;
use super::diagnostic::{Diagnostic, MAX_MISTAKES};
use super::draft::Draft;
use super::position::{Node, parse};
use super::{param, validate};
use crate::files;
use crate::model::Errno;
use crate::vocabulary::{Lesson, Selection};
use std::collections::BTreeMap;
use std::path::Path;

/// The largest lesson file, in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// Keys that tell a demo script from a lesson.
const SCRIPT_ONLY: [&str; 2] = ["demo", "chapters"];

/// Reads a lesson and puts in the parameters' values: those of `overrides` (`--set NAME=VALUE`), else the defaults. Of several alternatives it
/// takes the first.
///
/// # Errors
/// Every mistake of the file, in the order in which they stand; those of `overrides` come first, under the name `--set`.
pub fn load(
    file_name: &str,
    text: &str,
    overrides: &BTreeMap<String, String>,
) -> Result<Lesson, Vec<Diagnostic>> {
    load_selected(file_name, text, &Selection { seed: None, set: overrides.clone() })
}

/// As [`load`], with what a seed chooses for the values that are not set, and of alternatives.
///
/// # Errors
/// As [`load`].
pub fn load_selected(file_name: &str, text: &str, wanted: &Selection) -> Result<Lesson, Vec<Diagnostic>> {
    load_picked(file_name, text, wanted, &Pick::By(wanted.seed.as_ref())).map(|(lesson, _)| lesson)
}

/// As [`load`], with what could be better beside the lesson.
///
/// # Errors
/// As [`load`]; warnings stand among the mistakes.
pub fn load_and_warn(
    file_name: &str,
    text: &str,
    overrides: &BTreeMap<String, String>,
) -> Result<(Lesson, Vec<Diagnostic>), Vec<Diagnostic>> {
    let wanted = Selection { seed: None, set: overrides.clone() };
    load_picked(file_name, text, &wanted, &Pick::By(None))
}

/// As [`load_and_warn`], with alternatives that something else picks.
///
/// # Errors
/// As [`load_and_warn`].
pub(super) fn load_picked(
    file_name: &str,
    text: &str,
    wanted: &Selection,
    pick: &Pick,
) -> Result<(Lesson, Vec<Diagnostic>), Vec<Diagnostic>> {
    let tree = tree(file_name, text)?;
    if SCRIPT_ONLY.iter().any(|key| tree.get(key).is_some()) && tree.get("format").is_none() {
        let help = Some(format!("`isolab demo {file_name}` plays it"));
        return Err(vec![Diagnostic::whole_file(file_name, "a demo script, and not a lesson", help)]);
    }
    let (draft, mut mistakes) = Draft::new(tree, text, wanted, pick);
    mistakes.extend(validate::all(&draft, text));
    mistakes.extend(validate::file_name(file_name, &draft.tree, &draft.lesson.id));
    let mut all = param::check_overrides(&draft.lesson.params, &wanted.set);
    // No warning takes the place of a mistake.
    mistakes.sort_by_key(|m| (m.warning, m.span.start));
    mistakes.truncate(MAX_MISTAKES);
    all.extend(Diagnostic::locate(file_name, text, mistakes));
    if all.iter().all(|d| d.warning) { Ok((draft.lesson, all)) } else { Err(all) }
}

/// A lesson without its steps: enough for a list of lessons, and to tell whether it can be run. Steps are most of a text and are not read, so their mistakes
/// are found by [`load`] alone.
///
/// # Errors
/// As [`load`], if something before the steps is wrong.
pub fn load_head(file_name: &str, text: &str) -> Result<Lesson, Vec<Diagnostic>> {
    let head = text.find("\nsteps:").and_then(|end| {
        let head = format!("{}\nsteps: []\n", &text[..end]);
        let tree = tree(file_name, &head).ok()?;
        let (draft, mistakes) = Draft::new(tree, &head, &Selection::default(), &Pick::By(None));
        mistakes.iter().all(|m| m.warning).then_some(draft.lesson)
    });
    head.map_or_else(|| load(file_name, text, &BTreeMap::new()), Ok)
}

/// The tree of a text of a bearable size.
pub(crate) fn tree(file_name: &str, text: &str) -> Result<Node, Vec<Diagnostic>> {
    if text.len() as u64 > MAX_BYTES {
        return Err(vec![too_large(file_name, text.len() as u64)]);
    }
    parse(text).map_err(|mut mistakes| {
        mistakes.truncate(MAX_MISTAKES);
        Diagnostic::locate(file_name, text, mistakes)
    })
}

/// Whether a text is meant as a demo script and not as a lesson.
pub fn is_script(text: &str) -> bool {
    let begins = |line: &str| SCRIPT_ONLY.iter().any(|key| line.starts_with(&format!("{key}:")));
    if !SCRIPT_ONLY.iter().any(|key| text.contains(key)) {
        return false;
    }
    match parse(text) {
        Ok(tree) => SCRIPT_ONLY.iter().any(|key| tree.get(key).is_some()),
        Err(_) => text.lines().any(begins),
    }
}

/// Reads a file as [`load`] does its text.
///
/// # Errors
/// As [`load`], and one diagnostic for a file that cannot be read, is no regular file, is too large, or is not UTF-8.
pub fn load_file(path: &Path, overrides: &BTreeMap<String, String>) -> Result<Lesson, Vec<Diagnostic>> {
    let name = path.to_string_lossy();
    let text = read(path)?;
    load(&name, &text, overrides)
}

/// A file's text, when it can be a lesson's or a script's.
pub(crate) fn read(path: &Path) -> Result<String, Vec<Diagnostic>> {
    use std::io::Read;
    let name = path.to_string_lossy();
    let fail = |operation: &str, cause: &dyn std::fmt::Display| {
        vec![Diagnostic::whole_file(&name, format!("{operation}: {cause}"), None)]
    };
    let file = files::open(path).map_err(|e| fail("open", &Errno::of(&e)))?;
    let meta = file.metadata().map_err(|e| fail("stat", &Errno::of(&e)))?;
    if !meta.is_file() {
        return Err(fail("read", &"not a regular file"));
    }
    // One more byte is room to see the end.
    let mut bytes = Vec::with_capacity(meta.len().min(MAX_BYTES) as usize + 1);
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| fail("read", &Errno::of(&e)))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(vec![too_large(&name, meta.len())]);
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let help = Some("save it as UTF-8".to_owned());
        vec![Diagnostic::whole_file(&name, format!("not UTF-8 at byte {at}"), help)]
    })
}

fn too_large(file: &str, bytes: u64) -> Diagnostic {
    let message = format!("{bytes} bytes; a file has at most {MAX_BYTES}");
    Diagnostic::whole_file(file, message, Some("split it".to_owned()))
}
