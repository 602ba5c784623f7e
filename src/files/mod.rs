//! Files that a person names, on the command line or in the environment: opened with that person's rights.
//!
//! `sudo isolab check --output FILE` is root, but who named the file is not. Here is the one place where such a file is opened, whether it is read or
//! written: links lead as far as that person could follow them, and what is made belongs to that person. Without sudo nothing changes.

mod output;
pub mod rights;

use crate::model::Errno;
pub use output::Output;
use rights::{behind_sudo, with_rights_of};
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What went wrong with a file: the kernel's name for it, or a sentence of this module's.
pub fn cause(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => Errno::of(error).to_string(),
        None => error.to_string(),
    }
}

/// Works with files as the person who named them.
///
/// # Errors
/// Those of the work; the rights cannot be given up.
pub fn as_person<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    with_rights_of(behind_sudo(), work)
}

/// Opens a file to be read. A named pipe is opened as well, and does not wait for somebody who writes: whoever wants only regular files asks its type.
///
/// # Errors
/// What `open(2)` answers.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    as_person(|| OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path))
}

/// Makes a new file to be written. One that is there is left as it is, and a link is not followed.
///
/// # Errors
/// `EEXIST`, and what else `open(2)` answers.
pub fn create_new(path: &Path) -> io::Result<File> {
    as_person(|| OpenOptions::new().write(true).create_new(true).open(path))
}

/// Makes a file, or empties the one that is there, and writes it.
///
/// # Errors
/// See [`Output::create`]; and what `write(2)` answers.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    use io::Write;
    Output::create(path)?.write_all(text)
}

/// Makes a directory and those above it.
///
/// # Errors
/// What `mkdir(2)` answers.
pub fn make_directory(path: &Path) -> io::Result<()> {
    as_person(|| std::fs::create_dir_all(path))
}

/// Whether this is a directory, as far as the person can see.
pub fn is_directory(path: &Path) -> bool {
    as_person(|| Ok(path.is_dir())).unwrap_or(false)
}

/// The paths of what is in a directory, sorted.
///
/// # Errors
/// What `open(2)` and `getdents(2)` answer.
pub fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = as_person(|| {
        std::fs::read_dir(directory)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
    })?;
    paths.sort();
    Ok(paths)
}
