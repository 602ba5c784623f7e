//! Opens files that a person names, on the command line or in the environment, with that person's rights.
//!
//! `sudo isolab check --output FILE` runs as root, but the person who named the file is not root. Every such file is opened here, for reading or writing:
//! links are followed only as far as that person could follow them, and new files belong to that person. Without sudo nothing changes.

mod output;
pub mod rights;

use crate::model::Errno;
pub use output::Output;
pub use rights::as_person;
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What went wrong with a file: the kernel's name for the error, or a sentence from this module.
pub fn cause(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => Errno::of(error).to_string(),
        None => error.to_string(),
    }
}

/// Opens a file for reading. A named pipe is opened, too, without waiting for a writer; a caller that wants only regular files checks the type.
///
/// # Errors
/// The error of `open(2)`.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    as_person(|| OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path))
}

/// Makes a new file for writing. An existing one is left as it is, and a link is not followed.
///
/// # Errors
/// `EEXIST`, and the other errors of `open(2)`.
pub fn create_new(path: &Path) -> io::Result<File> {
    as_person(|| OpenOptions::new().write(true).create_new(true).open(path))
}

/// Writes a file, making it or emptying the existing one first.
///
/// # Errors
/// See [`Output::create`]; and the error of `write(2)`.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    use io::Write;
    Output::create(path)?.write_all(text)
}

/// Makes a directory and its missing parents.
///
/// # Errors
/// The error of `mkdir(2)`.
pub fn make_directory(path: &Path) -> io::Result<()> {
    as_person(|| std::fs::create_dir_all(path))
}

/// Whether this is a directory, as far as the person can see.
pub fn is_directory(path: &Path) -> bool {
    as_person(|| Ok(path.is_dir())).unwrap_or(false)
}

/// What tells one state of a file from another: its inode, size, and the time of its last change, in nanoseconds.
pub type Stamp = (u64, u64, i128);

/// The present state of a file. A save by renaming a new file over it changes the inode.
///
/// # Errors
/// The error of `stat(2)`.
pub fn stamp(path: &Path) -> io::Result<Stamp> {
    let meta = as_person(|| std::fs::metadata(path))?;
    Ok((meta.ino(), meta.size(), i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())))
}

/// The paths of a directory's entries, sorted.
///
/// # Errors
/// The errors of `open(2)` and `getdents(2)`.
pub fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = as_person(|| {
        std::fs::read_dir(directory)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
    })?;
    paths.sort();
    Ok(paths)
}
