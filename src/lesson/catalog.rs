//! The built-in lessons, and those of a directory.

use super::diagnostic::Diagnostic;
use super::load::{is_script, load, read};
use crate::files;
use crate::model::Errno;
use crate::vocabulary::Lesson;
use crate::vocabulary::suggest::nearest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Ids and texts of the built-in lessons, in teaching order.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("uts", include_str!("../../lessons/uts.yaml")),
    ("pid", include_str!("../../lessons/pid.yaml")),
    ("mount", include_str!("../../lessons/mount.yaml")),
    ("user", include_str!("../../lessons/user.yaml")),
    ("net", include_str!("../../lessons/net.yaml")),
    ("cgroup-cpu", include_str!("../../lessons/cgroup-cpu.yaml")),
    ("cgroup-memory", include_str!("../../lessons/cgroup-memory.yaml")),
    ("overlay", include_str!("../../lessons/overlay.yaml")),
];

/// A lesson's text, not loaded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The id by which it is asked for: the file's name without `.yaml`.
    pub id: String,
    /// The name under which mistakes are told: a path, or `lessons/ID.yaml` for a built-in one.
    pub file: String,
    /// Where it lies; `None` for a built-in one.
    pub path: Option<PathBuf>,
    /// The text of a built-in one.
    text: Option<&'static str>,
}

impl Source {
    /// The lesson's text as it is written.
    ///
    /// # Errors
    /// One diagnostic, when the file cannot be read.
    pub fn text(&self) -> Result<String, Vec<Diagnostic>> {
        match (&self.text, &self.path) {
            (Some(text), _) => Ok((*text).to_owned()),
            (None, Some(path)) => read(path),
            (None, None) => Ok(String::new()),
        }
    }

    /// Loads it, with these values for its parameters.
    ///
    /// # Errors
    /// See [`load`].
    pub fn load(&self, overrides: &BTreeMap<String, String>) -> Result<Lesson, Vec<Diagnostic>> {
        load(&self.file, &self.text()?, overrides)
    }
}

/// All lessons that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    sources: Vec<Source>,
}

impl Catalog {
    /// The built-in lessons.
    pub fn built_in() -> Self {
        let sources = BUILT_IN
            .iter()
            .map(|(id, text)| Source {
                id: (*id).to_owned(),
                file: format!("lessons/{id}.yaml"),
                path: None,
                text: Some(text),
            })
            .collect();
        Catalog { sources }
    }

    /// The built-in lessons and the `*.yaml` of a directory that are no demo scripts, by name behind them. One of the same id takes the place of
    /// the built-in one.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn with_directory(directory: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut catalog = Catalog::built_in();
        // One that cannot be read stays, so that whoever asks for it hears why.
        let no_script = |path: &PathBuf| !read(path).is_ok_and(|text| is_script(&text));
        for path in yaml_files(directory)?.into_iter().filter(no_script) {
            catalog.add(path);
        }
        Ok(catalog)
    }

    /// Takes a lesson file in, in the place of the one of the same id if there is one. Gives its id.
    pub fn add(&mut self, path: PathBuf) -> String {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let source =
            Source { id: id.clone(), file: path.display().to_string(), path: Some(path), text: None };
        match self.sources.iter_mut().find(|s| s.id == id) {
            Some(old) => *old = source,
            None => self.sources.push(source),
        }
        id
    }

    /// Every lesson in teaching order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Loads the lesson of this id, with these values for its parameters.
    ///
    /// # Errors
    /// What is wrong, ready to be shown: the mistakes one after the other.
    pub fn load(&self, id: &str, set: &BTreeMap<String, String>) -> Result<Lesson, String> {
        self.find(id)?.load(set).map_err(|found| {
            let texts: Vec<String> = found.iter().map(|d| d.render(false)).collect();
            texts.join("\n")
        })
    }

    /// The lesson of this id.
    ///
    /// # Errors
    /// A message that names the nearest id, or all of them.
    pub fn find(&self, id: &str) -> Result<&Source, String> {
        if let Some(source) = self.sources.iter().find(|s| s.id == id) {
            return Ok(source);
        }
        let ids = || self.sources.iter().map(|s| s.id.as_str());
        Err(match nearest(id, ids()) {
            Some(near) => format!("unknown lesson `{id}`: did you mean `{near}`?"),
            None => format!("unknown lesson `{id}`; there are: {}", ids().collect::<Vec<_>>().join(", ")),
        })
    }
}

/// The `*.yaml` files right in a directory, by name.
///
/// # Errors
/// The directory cannot be listed.
pub(super) fn yaml_files(directory: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let name = directory.display().to_string();
    let fail =
        |e: &std::io::Error| vec![Diagnostic::whole_file(&name, format!("list: {}", Errno::of(e)), None)];
    let mut found = files::list(directory).map_err(|e| fail(&e))?;
    found.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_answered_with_the_id() {
        let catalog = Catalog::built_in();
        assert_eq!(catalog.find("uts").unwrap().id, "uts");
        assert_eq!(catalog.find("mont").unwrap_err(), "unknown lesson `mont`: did you mean `mount`?");
        assert!(catalog.find("kubernetes").unwrap_err().contains("uts, pid"));
    }
}
