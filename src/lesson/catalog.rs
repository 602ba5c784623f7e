//! The built-in lessons, and those of a directory.

use super::diagnostic::Diagnostic;
use super::glossary::{self, Glossary};
use super::load::{is_script, load, load_head, load_selected, read};
use super::outline::LessonOutline;
use crate::files;
use crate::model::Errno;
use crate::vocabulary::suggest::nearest;
use crate::vocabulary::{Lesson, Selection};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Ids and texts of the built-in lessons, in teaching order.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("uts", include_str!("../../lessons/uts.yaml")),
    ("pid", include_str!("../../lessons/pid.yaml")),
    ("mount", include_str!("../../lessons/mount.yaml")),
    ("user", include_str!("../../lessons/user.yaml")),
    ("net", include_str!("../../lessons/net.yaml")),
    ("bridge", include_str!("../../lessons/bridge.yaml")),
    ("nat", include_str!("../../lessons/nat.yaml")),
    ("net-modes", include_str!("../../lessons/net-modes.yaml")),
    ("vxlan", include_str!("../../lessons/vxlan.yaml")),
    ("ipc", include_str!("../../lessons/ipc.yaml")),
    ("time", include_str!("../../lessons/time.yaml")),
    ("cgroup-cpu", include_str!("../../lessons/cgroup-cpu.yaml")),
    ("cgroup-memory", include_str!("../../lessons/cgroup-memory.yaml")),
    ("cgroup-pids", include_str!("../../lessons/cgroup-pids.yaml")),
    ("cgroup-freezer", include_str!("../../lessons/cgroup-freezer.yaml")),
    ("cgroup-tree", include_str!("../../lessons/cgroup-tree.yaml")),
    ("overlay", include_str!("../../lessons/overlay.yaml")),
    ("devices", include_str!("../../lessons/devices.yaml")),
];

/// Lessons are loaded on at most this many threads.
const MOST_THREADS: usize = 8;

/// A lesson's text, not loaded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The id by which it is asked for: the file's name without `.yaml`.
    pub id: String,
    /// The name under which mistakes are reported: a path, or `lessons/ID.yaml` for a built-in one.
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

    /// As [`Self::load`], with what a seed chooses.
    ///
    /// # Errors
    /// See [`load`].
    pub fn load_selected(&self, wanted: &Selection) -> Result<Lesson, Vec<Diagnostic>> {
        load_selected(&self.file, &self.text()?, wanted)
    }
}

/// All lessons that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    sources: Vec<Source>,
    /// The glossaries beside lessons that are not built in.
    glossaries: Vec<PathBuf>,
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
        Catalog { sources, glossaries: Vec::new() }
    }

    /// The built-in lessons and the `*.yaml` of a directory that are no demo scripts, by name behind them. One of the same id takes the place of
    /// the built-in one.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn with_directory(directory: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut catalog = Catalog::built_in();
        // One that cannot be read stays, so that asking for it says why.
        let no_script = |path: &PathBuf| !read(path).is_ok_and(|text| is_script(&text));
        for path in yaml_files(directory)? {
            if is_glossary(&path) {
                catalog.glossaries.push(path);
            } else if no_script(&path) {
                catalog.add(path);
            }
        }
        Ok(catalog)
    }

    /// Takes a lesson file in, in the place of the one of the same id if there is one. Gives its id.
    pub fn add(&mut self, path: PathBuf) -> String {
        if let Some(glossary) = glossary_beside(&path).filter(|path| !self.glossaries.contains(path)) {
            self.glossaries.push(glossary);
        }
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let source =
            Source { id: id.clone(), file: path.display().to_string(), path: Some(path), text: None };
        match self.sources.iter_mut().find(|s| s.id == id) {
            Some(old) => *old = source,
            None => self.sources.push(source),
        }
        id
    }

    /// The terms of all lessons: those of the built-in ones, and of the glossaries beside the others.
    ///
    /// # Errors
    /// The mistakes of a glossary.
    pub fn glossary(&self) -> Result<Glossary, Vec<Diagnostic>> {
        self.glossaries.iter().try_fold(Glossary::built_in(), |all, path| {
            Ok(all.with(Glossary::load(&path.to_string_lossy(), &read(path)?)?))
        })
    }

    /// Every lesson in teaching order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The id of every lesson, in teaching order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.id.as_str())
    }

    /// Loads every lesson as [`Source::load`] does, in order.
    pub fn load_all(&self) -> Vec<Result<Lesson, Vec<Diagnostic>>> {
        self.side_by_side(|source| source.load(&BTreeMap::new()))
    }

    /// What a list shows of each lesson, in order. Those that are not built in are loaded whole: they may have mistakes.
    pub fn outlines(&self) -> Vec<Result<LessonOutline, Vec<Diagnostic>>> {
        self.side_by_side(|source| match source.text.and_then(LessonOutline::of_text) {
            Some(outline) => Ok(outline),
            None => source.load(&BTreeMap::new()).map(|lesson| LessonOutline::from(&lesson)),
        })
    }

    /// Loads every lesson without its steps; see [`load_head`].
    pub fn heads(&self) -> Vec<Result<Lesson, Vec<Diagnostic>>> {
        self.side_by_side(|source| load_head(&source.file, &source.text()?))
    }

    /// Does something with every source, on as many threads as the machine has CPUs.
    fn side_by_side<T: Send>(&self, work: impl Fn(&Source) -> T + Sync) -> Vec<T> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let part = self.sources.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let mut parts = self.sources.chunks(part);
            let own = parts.next().unwrap_or_default();
            // Without a further thread, this one does its part.
            let others: Vec<_> = parts
                .map(|part| {
                    let all = || part.iter().map(&work).collect::<Vec<T>>();
                    std::thread::Builder::new().spawn_scoped(scope, all).map_err(|_| part)
                })
                .collect();
            let mut done: Vec<T> = own.iter().map(&work).collect();
            for other in others {
                match other.map(std::thread::ScopedJoinHandle::join) {
                    Ok(Ok(part)) => done.extend(part),
                    Ok(Err(panic)) => std::panic::resume_unwind(panic),
                    Err(part) => done.extend(part.iter().map(&work)),
                }
            }
            done
        })
    }

    /// Loads the lesson of this id, with these values for its parameters.
    ///
    /// # Errors
    /// What is wrong, ready to be shown: the mistakes one after the other.
    pub fn load(&self, id: &str, set: &BTreeMap<String, String>) -> Result<Lesson, String> {
        self.find(id)?.load(set).map_err(|found| rendered(&found))
    }

    /// As [`Self::load`], with what a seed chooses.
    ///
    /// # Errors
    /// See [`Self::load`].
    pub fn load_selected(&self, id: &str, wanted: &Selection) -> Result<Lesson, String> {
        self.find(id)?.load_selected(wanted).map_err(|found| rendered(&found))
    }

    /// The lesson of this id.
    ///
    /// # Errors
    /// A message that names the nearest id, or all of them.
    pub fn find(&self, id: &str) -> Result<&Source, String> {
        if let Some(source) = self.sources.iter().find(|s| s.id == id) {
            return Ok(source);
        }
        Err(match nearest(id, self.ids()) {
            Some(near) => format!("unknown lesson `{id}`: did you mean `{near}`?"),
            None => {
                format!("unknown lesson `{id}`; there are: {}", self.ids().collect::<Vec<_>>().join(", "))
            }
        })
    }
}

/// Whether a file is a glossary, by its name.
pub fn is_glossary(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == glossary::FILE)
}

/// The glossary in the directory of a lesson, if there is one.
pub fn glossary_beside(lesson: &Path) -> Option<PathBuf> {
    let beside = lesson.with_file_name(glossary::FILE);
    files::open(&beside).is_ok().then_some(beside)
}

/// Mistakes as they are shown, one after the other.
pub fn rendered(found: &[Diagnostic]) -> String {
    let texts: Vec<String> = found.iter().map(|d| d.render(false)).collect();
    texts.join("\n")
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
    fn a_head_is_the_lesson_without_its_steps() {
        let catalog = Catalog::built_in();
        let (heads, whole) = (catalog.heads(), catalog.load_all());
        assert_eq!((heads.len(), whole.len()), (BUILT_IN.len(), BUILT_IN.len()));
        for (head, whole) in heads.into_iter().zip(whole) {
            let mut whole = whole.expect("a built-in lesson");
            assert!(!whole.steps.is_empty(), "{}", whole.id);
            whole.steps.clear();
            // Which of a step's alternatives was taken goes with the step.
            whole.alternatives.clear();
            assert_eq!(format!("{:?}", head.expect("its head")), format!("{whole:?}"));
        }
    }

    #[test]
    fn a_mistake_before_the_steps_is_told_as_ever() {
        let text = BUILT_IN[0].1;
        let faulty = text.replacen("minutes: 8", "minutes: many", 1);
        let told = |found: Result<Lesson, Vec<Diagnostic>>| format!("{:?}", found.expect_err("a mistake"));
        let whole = load("uts.yaml", &faulty, &BTreeMap::new());
        assert_eq!(told(load_head("uts.yaml", &faulty)), told(whole));
        let (before, steps) = text.split_once("\nsteps:").expect("steps");
        let broken = format!("{before}\nsteps:{}", steps.replace("do:", "does:"));
        assert!(load_head("uts.yaml", &broken).is_ok(), "the steps are not read");
    }

    #[test]
    fn a_near_miss_is_answered_with_the_id() {
        let catalog = Catalog::built_in();
        assert_eq!(catalog.find("uts").unwrap().id, "uts");
        assert_eq!(catalog.find("mont").unwrap_err(), "unknown lesson `mont`: did you mean `mount`?");
        assert!(catalog.find("kubernetes").unwrap_err().contains("uts, pid"));
    }
}
