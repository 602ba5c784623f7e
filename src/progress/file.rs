//! The progress file: replaced as a whole, and set aside when it is damaged.

use super::{FORMAT, Progress, now};
use crate::model::Errno;
use rustix::fs::OFlags;
use serde::Deserialize;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The most bytes of the file.
const LONGEST: u64 = 1 << 20;
/// How long to wait for the lock. Another lab holds it for one write; only a stopped one holds it longer.
const LOCK_DEADLINE: Duration = Duration::from_secs(2);
/// The pause between two attempts to take the lock.
const TICK: Duration = Duration::from_millis(5);

/// The content of the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Stored {
    /// No file.
    Nothing,
    /// Progress.
    Good(Progress),
    /// A format that a later version writes.
    Newer(u64),
    /// Anything else, with what is wrong with it. The text quotes none of the content.
    Damaged(String),
}

/// Adds operation and object to an error.
pub fn told(operation: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{operation} {}: {}", path.display(), Errno::of(error)))
}

/// Reads the file.
///
/// # Errors
/// It cannot be read: operation, path, cause.
pub fn read(path: &Path) -> io::Result<Stored> {
    match bytes(path, LONGEST) {
        Ok(None) => Ok(Stored::Nothing),
        Ok(Some(bytes)) => Ok(parse(&bytes)),
        Err(e) if e.kind() == ErrorKind::InvalidData => Ok(Stored::Damaged(e.to_string())),
        Err(e) => Err(e),
    }
}

/// The content of a file; nothing, where there is none.
///
/// # Errors
/// Operation, path, cause. [`ErrorKind::InvalidData`]: it is not a regular file, or longer than it may be.
pub fn bytes(path: &Path, longest: u64) -> io::Result<Option<Vec<u8>>> {
    let wrong = |why: String| io::Error::new(ErrorKind::InvalidData, why);
    // A named pipe in its place must not make the lab wait for a writer.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| told("open", path, &e))?,
    };
    if !file.metadata().map_err(|e| told("stat", path, &e))?.is_file() {
        return Err(wrong("it is not a regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|e| told("read", path, &e))?;
    if bytes.len() as u64 > longest {
        return Err(wrong(format!("it is longer than {} MiB", longest >> 20)));
    }
    Ok(Some(bytes))
}

fn parse(bytes: &[u8]) -> Stored {
    #[derive(Deserialize)]
    struct Head {
        format: u64,
    }
    let place =
        |e: &serde_json::Error| format!("line {}, column {} is not as expected", e.line(), e.column());
    match serde_json::from_slice::<Head>(bytes) {
        Ok(head) if head.format > FORMAT => Stored::Newer(head.format),
        Ok(head) if head.format == 0 => Stored::Damaged("there is no format 0".into()),
        Ok(_) => serde_json::from_slice(bytes).map_or_else(|e| Stored::Damaged(place(&e)), Stored::Good),
        Err(e) => Stored::Damaged(place(&e)),
    }
}

/// Makes a directory and those above it, for its owner alone, as the XDG Base Directory Specification asks.
///
/// # Errors
/// Operation, path, cause.
pub fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| told("mkdir", path, &e))
}

/// Runs the work while no other lab writes into the directory, which must exist.
///
/// # Errors
/// Those of the work; the lock cannot be had before a deadline.
pub fn locked<T>(directory: &Path, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let path = directory.join("progress.lock");
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    let lock = options.open(&path).map_err(|e| told("open", &path, &e))?;
    let until = Instant::now() + LOCK_DEADLINE;
    loop {
        match lock.try_lock() {
            Ok(()) => return work(),
            Err(TryLockError::Error(e)) => return Err(told("flock", &path, &e)),
            Err(TryLockError::WouldBlock) if Instant::now() > until => {
                let text = format!("flock {}: another isolab holds it", path.display());
                return Err(io::Error::new(ErrorKind::TimedOut, text));
            }
            // flock(2) has no deadline of its own.
            Err(TryLockError::WouldBlock) => sleep(TICK),
        }
    }
}

/// Replaces the file: a reader sees the old or the new one, even after a crash. Call it under the lock.
///
/// # Errors
/// Operation, path, cause; the old file is still there.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("json.new");
    // Left by a lab that was killed while it wrote.
    remove(&new)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(|e| told("create", &new, &e))?;
    let written = file
        .write_all(text)
        .and_then(|()| file.sync_all())
        .map_err(|e| told("write", &new, &e))
        .and_then(|()| std::fs::rename(&new, path).map_err(|e| told("rename", &new, &e)));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
        return written;
    }
    sync_directory(path)
}

/// Progress as it is written.
///
/// # Errors
/// Those of the serializer.
pub fn text(progress: &Progress) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(progress)?;
    text.push(b'\n');
    Ok(text)
}

/// Removes the file, if it exists.
///
/// # Errors
/// Operation, path, cause.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(told("unlink", path, &e)),
        _ => Ok(()),
    }
}

/// Renames a damaged file to a name with the time, and returns that name. Call it under the lock.
///
/// # Errors
/// Operation, path, cause.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = |seconds: u64| path.with_extension(format!("json.damaged-{seconds}"));
    // If two happen in one second, the later one gets a later name.
    let start = now();
    let free = (start..start.saturating_add(1000)).map(name).find(|path| path.symlink_metadata().is_err());
    let aside = free.unwrap_or_else(|| name(start));
    std::fs::rename(path, &aside).map_err(|e| told("rename", path, &e))?;
    Ok(aside)
}

/// Syncs a file's directory, so that a change of names in it survives a crash.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    let sync = File::open(directory).and_then(|d| d.sync_all());
    match sync {
        // Some file systems cannot do this for directories (fsync(2)).
        Err(e) if e.kind() == ErrorKind::InvalidInput => Ok(()),
        other => other.map_err(|e| told("fsync", directory, &e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_told_apart() {
        let good = serde_json::to_vec(&Progress::default()).unwrap();
        assert_eq!(parse(&good), Stored::Good(Progress::default()));
        assert_eq!(parse(br#"{"format":1,"first_start":false}"#), Stored::Good(Progress::default()));
        assert_eq!(parse(br#"{"format":2,"lessons":[]}"#), Stored::Newer(2));
        for bytes in
            [&b""[..], b"{", b"\0\0\0", br#"{"format":0}"#, br#"{"format":1,"lessons":[]}"#, b"{}", &[0xff]]
        {
            assert!(matches!(parse(bytes), Stored::Damaged(_)), "{bytes:?}");
        }
        let Stored::Damaged(said) = parse(br#"{"format":1,"last":7,"secret":"x"}"#) else {
            panic!("damaged")
        };
        assert!(said.contains("line 1, column") && !said.contains("secret"), "{said}");
    }
}
