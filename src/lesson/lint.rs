//! Everything that is wrong with some files, for authors.

use super::catalog::{is_glossary, yaml_files};
use super::diagnostic::Diagnostic;
use super::glossary::Glossary;
use super::load::read;
use super::prove::prove;
use crate::files;
use std::path::{Path, PathBuf};

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint {
    /// How many files were read or could not be read.
    pub files: usize,
    /// How many of them have a mistake.
    pub faulty: usize,
    /// The mistakes, file by file.
    pub diagnostics: Vec<Diagnostic>,
    /// What could be better, file by file.
    pub warnings: Vec<Diagnostic>,
}

/// Loads lessons without running them. A directory stands for the `*.yaml` right in it.
pub fn lint(paths: &[PathBuf]) -> Lint {
    each(paths, &|path| {
        let found = if is_glossary(path) {
            read(path).and_then(|text| Glossary::load(&path.to_string_lossy(), &text)).err()
        } else {
            read(path).map_or_else(Some, |text| {
                let proven = prove(&path.to_string_lossy(), &text);
                Some(proven.map_or_else(|mistakes| mistakes, |(_, warnings)| warnings))
            })
        };
        found.unwrap_or_default()
    })
}

/// Checks files, each by itself. A directory stands for the `*.yaml` right in it.
pub(crate) fn each(paths: &[PathBuf], check: &dyn Fn(&Path) -> Vec<Diagnostic>) -> Lint {
    let mut lint = Lint::default();
    for path in paths {
        let files = if files::is_directory(path) {
            match yaml_files(path) {
                Ok(files) => files,
                Err(diagnostics) => {
                    lint.add(diagnostics);
                    continue;
                }
            }
        } else {
            vec![path.clone()]
        };
        if files.is_empty() {
            let help = Some("the file of a lesson or demo script ends with `.yaml`".to_owned());
            lint.diagnostics.push(Diagnostic::whole_file(
                &path.display().to_string(),
                "no lessons or demo scripts here",
                help,
            ));
        }
        for file in files {
            lint.add(check(&file));
        }
    }
    lint
}

impl Lint {
    fn add(&mut self, diagnostics: Vec<Diagnostic>) {
        let (warnings, mistakes): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|d| d.warning);
        self.files += 1;
        self.faulty += usize::from(!mistakes.is_empty());
        self.diagnostics.extend(mistakes);
        self.warnings.extend(warnings);
    }
}
