//! Files and directories: explicit open, write and close, so that the trace reads as the manual does.

use super::record::{call, quote};
use super::{Error, Result};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

/// `openat(AT_FDCWD, path, flags|O_CLOEXEC, mode)`.
pub fn open(path: &Path, flags: OFlags, mode: u32) -> Result<OwnedFd> {
    let result = rustix::fs::openat(CWD, path, flags | OFlags::CLOEXEC, Mode::from_raw_mode(mode));
    let mut args = vec!["AT_FDCWD".to_owned(), quote(path.as_os_str().as_encoded_bytes()), open_flags(flags)];
    if flags.contains(OFlags::CREATE) {
        args.push(format!("{mode:#o}"));
    }
    let _ = call("openat", &args, result.as_ref().map(|fd| i64::from(fd.as_raw_fd())).map_err(|e| *e));
    result.map_err(|e| Error::new("open", path.display(), e))
}

fn open_flags(flags: OFlags) -> String {
    let names = [
        (OFlags::WRONLY, "O_WRONLY"),
        (OFlags::RDWR, "O_RDWR"),
        (OFlags::CREATE, "O_CREAT"),
        (OFlags::EXCL, "O_EXCL"),
        (OFlags::TRUNC, "O_TRUNC"),
        (OFlags::APPEND, "O_APPEND"),
        (OFlags::NOFOLLOW, "O_NOFOLLOW"),
        (OFlags::DIRECTORY, "O_DIRECTORY"),
    ];
    let mut text: Vec<&str> = names.iter().filter(|(f, _)| flags.contains(*f)).map(|(_, n)| *n).collect();
    if !flags.intersects(OFlags::WRONLY | OFlags::RDWR) {
        text.insert(0, "O_RDONLY");
    }
    text.push("O_CLOEXEC");
    text.join("|")
}

/// One `write(2)` of the whole text: control files below `/proc` and `/sys` take a value in a single call or not at all.
fn write_once(fd: &OwnedFd, path: &Path, text: &[u8]) -> Result<()> {
    let target = format!("{}<{}>", fd.as_raw_fd(), path.display());
    let result = rustix::io::write(fd, text);
    let args = [target, quote(text), text.len().to_string()];
    let _ = call("write", &args, result.map(|n| n as i64));
    match result {
        Ok(n) if n == text.len() => Ok(()),
        Ok(_) => Err(Error::new("write", path.display(), rustix::io::Errno::IO)),
        Err(e) => Err(Error::new("write", path.display(), e)),
    }
}

/// Writes a value into a control file that exists.
pub fn set(path: &Path, value: &str) -> Result<()> {
    let fd = open(path, OFlags::WRONLY, 0)?;
    write_once(&fd, path, value.as_bytes())
}

/// Makes or empties a file and writes the text.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let fd = open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC, 0o644)?;
    if text.is_empty() { Ok(()) } else { write_once(&fd, path, text.as_bytes()) }
}

/// Appends the text to a file that exists.
pub fn append(path: &Path, text: &str) -> Result<()> {
    let fd = open(path, OFlags::WRONLY | OFlags::APPEND, 0)?;
    write_once(&fd, path, text.as_bytes())
}

fn done(name: &str, args: &[String], path: &Path, result: rustix::io::Result<()>) -> Result<()> {
    call(name, args, result.map(|()| 0)).map(|_| ()).map_err(|e| Error::new(name, path.display(), e))
}

/// `mkdir(path, mode)`.
pub fn mkdir(path: &Path, mode: u32) -> Result<()> {
    let result = rustix::fs::mkdir(path, Mode::from_raw_mode(mode));
    done("mkdir", &[quote(path.as_os_str().as_encoded_bytes()), format!("{mode:#o}")], path, result)
}

/// `rmdir(path)`.
pub fn rmdir(path: &Path) -> Result<()> {
    let result = rustix::fs::rmdir(path);
    done("rmdir", &[quote(path.as_os_str().as_encoded_bytes())], path, result)
}

/// `unlink(path)`.
pub fn unlink(path: &Path) -> Result<()> {
    let result = rustix::fs::unlink(path);
    done("unlink", &[quote(path.as_os_str().as_encoded_bytes())], path, result)
}

/// `unlink(2)` for a file; for a directory everything below it first, without following links.
pub fn remove(path: &Path) -> Result<()> {
    let found = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|e| Error::new("stat", path.display(), e))?;
    if rustix::fs::FileType::from_raw_mode(found.st_mode) != rustix::fs::FileType::Directory {
        return unlink(path);
    }
    let entries = std::fs::read_dir(path)
        .map_err(|e| Error::new("read", path.display(), crate::model::Errno::of(&e)))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::new("read", path.display(), crate::model::Errno::of(&e)))?;
        remove(&entry.path())?;
    }
    rmdir(path)
}

/// `rename(from, to)`.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    let result = rustix::fs::rename(from, to);
    let args = [quote(from.as_os_str().as_encoded_bytes()), quote(to.as_os_str().as_encoded_bytes())];
    done("rename", &args, from, result)
}

/// `chmod(path, mode)`.
pub fn chmod(path: &Path, mode: u32) -> Result<()> {
    let result = rustix::fs::chmod(path, Mode::from_raw_mode(mode));
    done("chmod", &[quote(path.as_os_str().as_encoded_bytes()), format!("{mode:#o}")], path, result)
}

/// `chown(path, uid, gid)`; a symbolic link is not followed (`fchownat(2)`).
pub fn chown(path: &Path, uid: u32, gid: u32) -> Result<()> {
    let (owner, group) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
    let result = rustix::fs::chownat(CWD, path, Some(owner), Some(group), AtFlags::SYMLINK_NOFOLLOW);
    let quoted = quote(path.as_os_str().as_encoded_bytes());
    let args =
        ["AT_FDCWD".to_owned(), quoted, uid.to_string(), gid.to_string(), "AT_SYMLINK_NOFOLLOW".to_owned()];
    done("fchownat", &args, path, result)
}

/// `mknod(path, S_IFCHR|mode, makedev(major, minor))`.
pub fn mknod_char(path: &Path, mode: u32, major: u32, minor: u32) -> Result<()> {
    use rustix::fs::{FileType, makedev, mknodat};
    let device = makedev(major, minor);
    let result = mknodat(CWD, path, FileType::CharacterDevice, Mode::from_raw_mode(mode), device);
    let quoted = quote(path.as_os_str().as_encoded_bytes());
    let args =
        ["AT_FDCWD".to_owned(), quoted, format!("S_IFCHR|{mode:#o}"), format!("makedev({major}, {minor})")];
    done("mknodat", &args, path, result)
}
