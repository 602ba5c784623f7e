//! Opening, saving and clearing progress.

use super::file::{self, Stored};
use super::receipts::{self, Kept};
use super::state_file::{StateFile, Surroundings};
use super::{FORMAT, Progress};
use crate::files::rights::with_rights_of;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// Keeps progress in memory and on disk. Dropping it writes nothing.
#[derive(Debug)]
pub struct Store {
    /// Where to save it, if anywhere.
    place: Option<StateFile>,
    /// Why it is not saved.
    off: String,
    /// The progress that this lab last read or saved: differences from it were made here.
    base: Progress,
}

impl Store {
    /// Reads the progress so far. Makes no file. The texts are for the person: one line each, about a file that was set aside or why nothing will
    /// be saved.
    pub fn open() -> (Store, Progress, Vec<String>) {
        Surroundings::here(Store::open_in)
    }

    /// The same in given surroundings.
    pub fn open_in(around: &Surroundings) -> (Store, Progress, Vec<String>) {
        let mut notices = Vec::new();
        let (place, off, base) = match around.place().map(|place| (read(&place, &mut notices), place)) {
            Ok((Ok(progress), place)) => (Some(place), String::new(), progress),
            Ok((Err((progress, why)), _)) => (None, why, progress),
            Err(why) => (None, why, Progress::default()),
        };
        if place.is_none() {
            notices.push(format!("no progress is saved: {off}"));
        }
        let progress = base.clone();
        (Store { place, off, base }, progress, notices)
    }

    /// The file, when there is one to save to.
    pub fn file(&self) -> Option<PathBuf> {
        self.place.as_ref().map(StateFile::file)
    }

    /// Saves the progress made here since the last time, and keeps what other labs have saved. Waits at most 2 seconds for another lab that writes,
    /// and for the disk. Does nothing where [`Store::open`] has said that nothing is saved.
    ///
    /// # Errors
    /// Operation, path, cause. The file is then as it was; the next call tries again.
    pub fn save(&mut self, progress: &Progress) -> io::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let path = place.file();
        with_rights_of(place.owner.as_ref(), || {
            file::make_directory(&place.directory)?;
            file::locked(&place.directory, || {
                let there = match file::read(&path)? {
                    Stored::Good(there) => there,
                    Stored::Nothing => Progress::default(),
                    Stored::Newer(format) => return Err(newer(&path, format)),
                    Stored::Damaged(_) => file::set_aside(&path).map(|_| Progress::default())?,
                };
                file::replace(&path, &file::text(&there.merged(&self.base, progress))?)
            })
        })?;
        self.base.clone_from(progress);
        Ok(())
    }

    /// Replaces a file with receipts by what becomes of its content ([`receipts::name`]). Does nothing where [`Store::open`] has said that nothing is saved.
    ///
    /// # Errors
    /// Operation, path, cause.
    pub fn change_receipt(
        &self,
        name: &str,
        change: impl FnOnce(Option<Vec<u8>>) -> Vec<u8> + Send,
    ) -> io::Result<()> {
        self.place.as_ref().map_or(Ok(()), |place| receipts::change(place, name, change))
    }

    /// The files with receipts, by name.
    ///
    /// # Errors
    /// Operation, path, cause.
    pub fn receipts(&self) -> io::Result<Vec<Kept>> {
        self.place.as_ref().map_or(Ok(Vec::new()), receipts::all)
    }

    /// Clears these lessons, or everything if none is named, and returns what was cleared, and how many files with receipts.
    ///
    /// # Errors
    /// Operation, path, cause; or why nothing is saved at all.
    pub fn reset(&mut self, lessons: &[String]) -> io::Result<(Progress, usize)> {
        let Some(place) = &self.place else { return Err(io::Error::other(self.off.clone())) };
        let path = place.file();
        let (rest, taken, receipts) = with_rights_of(place.owner.as_ref(), || {
            if !place.directory.exists() {
                return Ok(Default::default());
            }
            file::locked(&place.directory, || {
                let receipts = receipts::remove(&place.directory, lessons)?;
                let Stored::Good(mut there) = file::read(&path)? else {
                    return Ok((Progress::default(), Progress::default(), receipts));
                };
                let taken = there.take(lessons);
                match lessons {
                    [] => file::remove(&path)?,
                    _ => file::replace(&path, &file::text(&there)?)?,
                }
                Ok((there, taken, receipts))
            })
        })?;
        self.base = rest;
        Ok((taken, receipts))
    }
}

fn newer(path: &std::path::Path, format: u64) -> io::Error {
    let text = format!(
        "{} has format {format} of a later isolab, and this one knows format {FORMAT}; the file is left alone",
        path.display()
    );
    io::Error::new(ErrorKind::Unsupported, text)
}

/// Reads the file, or says why nothing can be saved, along with anything that could still be read.
fn read(place: &StateFile, notices: &mut Vec<String>) -> Result<Progress, (Progress, String)> {
    let path = place.file();
    let nothing = |e: io::Error| (Progress::default(), e.to_string());
    let found = with_rights_of(place.owner.as_ref(), || match file::read(&path)? {
        Stored::Newer(format) => Err(newer(&path, format)),
        Stored::Damaged(_) => file::locked(&place.directory, || match file::read(&path)? {
            Stored::Damaged(why) => {
                file::set_aside(&path).map(|aside| (Progress::default(), Some((why, aside))))
            }
            // Another lab has set it aside meanwhile.
            Stored::Good(progress) => Ok((progress, None)),
            _ => Ok((Progress::default(), None)),
        }),
        Stored::Good(progress) => Ok((progress, None)),
        Stored::Nothing => Ok((Progress::default(), None)),
    });
    let (progress, aside) = found.map_err(nothing)?;
    if let Some((why, aside)) = aside {
        let name = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
        notices.push(format!(
            "{} is damaged ({why}); it is kept as {name}, and progress starts from the beginning",
            path.display()
        ));
    }
    with_rights_of(place.owner.as_ref(), || can_write(place))
        .map_err(|e| (progress.clone(), e.to_string()))?;
    Ok(progress)
}

/// Whether a file could be made, without making one.
fn can_write(place: &StateFile) -> io::Result<()> {
    if !place.home.is_dir() {
        return Err(file::told("open", &place.home, &ErrorKind::NotFound.into()));
    }
    let directory = place.existing();
    // By the ids that files are opened with, as for access(2) with AT_EACCESS; a read-only file system says no as well.
    accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|e| file::told("write to", directory, &e.into()))
}
