//! The files beside the progress in which receipts are kept. What is in them is somebody else's to know: here they are bytes.

use super::file::{self, told};
use super::state_file::StateFile;
use crate::files::rights::with_rights_of;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The directory beside the progress file.
const DIRECTORY: &str = "receipts";
const EXTENSION: &str = ".json";
/// The most bytes of a file.
const LONGEST: u64 = 4 << 20;
/// The most files that are listed.
const MOST: usize = 1000;

/// A file with receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its path.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The name of the file for a lesson; `variant` tells receipts of one lesson apart that do not belong together.
pub fn name(lesson: &str, variant: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("{}.{variant}{EXTENSION}", lesson.chars().map(plain).collect::<String>())
}

/// Whether a file with this name is one of the lesson's.
fn is_of(file: &str, lesson: &str) -> bool {
    let variant =
        file.strip_suffix(EXTENSION).and_then(|stem| stem.rsplit_once('.')).map(|(_, variant)| variant);
    variant.is_some_and(|variant| name(lesson, variant) == file)
}

/// Replaces a file by what becomes of its content. Waits at most 2 seconds for another lab that writes.
pub(super) fn change(
    place: &StateFile,
    name: &str,
    change: impl FnOnce(Option<Vec<u8>>) -> Vec<u8> + Send,
) -> io::Result<()> {
    let directory = place.directory.join(DIRECTORY);
    let path = directory.join(name);
    with_rights_of(place.owner.as_ref(), || {
        file::make_directory(&directory)?;
        file::locked(&place.directory, || {
            let there = match file::bytes(&path, LONGEST) {
                Ok(there) => there,
                // What is no file of ours is kept, and begun anew.
                Err(e) if e.kind() == ErrorKind::InvalidData => {
                    file::set_aside(&path)?;
                    None
                }
                Err(e) => return Err(e),
            };
            file::replace(&path, &change(there))
        })
    })
}

/// All files, by name.
pub(super) fn all(place: &StateFile) -> io::Result<Vec<Kept>> {
    let directory = place.directory.join(DIRECTORY);
    with_rights_of(place.owner.as_ref(), || {
        let mut kept = Vec::new();
        for path in listed(&directory)? {
            // A damaged one says nothing; it is named when it is to be written.
            if let Ok(Some(bytes)) = file::bytes(&path, LONGEST) {
                kept.push(Kept { path, bytes });
            }
        }
        Ok(kept)
    })
}

/// Removes the files of these lessons, or all of them if none is named. Call it under the lock and with the rights of the owner. Gives how many there were.
pub(super) fn remove(directory: &Path, lessons: &[String]) -> io::Result<usize> {
    let mut removed = 0;
    for path in listed(&directory.join(DIRECTORY))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if lessons.is_empty() || lessons.iter().any(|lesson| is_of(&name, lesson)) {
            file::remove(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn listed(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|e| told("list", directory, &e))?,
    };
    let ours = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().ends_with(EXTENSION));
    let mut paths: Vec<PathBuf> =
        entries.take(MOST).filter_map(Result::ok).map(|entry| entry.path()).filter(ours).collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_one_lesson_alone() {
        assert_eq!(name("cgroup-cpu", "12ab"), "cgroup-cpu.12ab.json");
        assert_eq!(name("../x", "1"), "___x.1.json");
        assert!(is_of("cgroup-cpu.12ab.json", "cgroup-cpu") && !is_of("cgroup-cpu.12ab.json", "cgroup"));
        assert!(!is_of("uts.json", "uts") && !is_of("uts.1.txt", "uts"));
    }
}
