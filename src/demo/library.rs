//! The scripts that come with the program.

use super::script::{Script, load};
use crate::lesson::{Catalog, Diagnostic};
use crate::vocabulary::suggest::nearest;
use std::path::Path;

/// Ids and texts.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("fifteen-minutes", include_str!("../../assets/demos/fifteen-minutes.yaml")),
    ("who-ate-my-cpu", include_str!("../../assets/demos/who-ate-my-cpu.yaml")),
];

/// Why there is no script.
#[derive(Debug)]
pub enum Missing {
    /// Nothing has this name; what to say.
    Unknown(String),
    /// It has mistakes.
    Faulty(Vec<Diagnostic>),
}

/// The script that a word on the command line means: the id of one that comes with the program, or a file.
///
/// # Errors
/// See [`Missing`].
pub fn find(word: &str, lessons: &Catalog) -> Result<Script, Missing> {
    if let Some((id, text)) = BUILT_IN.iter().find(|(id, _)| *id == word) {
        return load::load(&format!("assets/demos/{id}.yaml"), text, lessons).map_err(Missing::Faulty);
    }
    if Path::new(word).extension().is_some_and(|e| e == "yaml") || word.contains('/') {
        return load::load_file(Path::new(word), lessons).map_err(Missing::Faulty);
    }
    if lessons.find(word).is_ok() {
        return Err(Missing::Unknown(format!("`{word}` is a lesson, not a demo: isolab learn {word}")));
    }
    let ids = || BUILT_IN.iter().map(|(id, _)| *id);
    Err(Missing::Unknown(match nearest(word, ids()) {
        Some(near) => format!("unknown demo `{word}`: did you mean `{near}`?"),
        None => format!("unknown demo `{word}`; there are: {}", ids().collect::<Vec<_>>().join(", ")),
    }))
}
