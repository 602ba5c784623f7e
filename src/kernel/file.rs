//! Files and directories: explicit open, write and close, so that the trace reads as the manual does.

use super::record::{call, descriptor, done};
use super::{Error, Result};
use crate::calls::{self, quote, word};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// `openat(AT_FDCWD, path, flags|O_CLOEXEC, mode)`.
pub fn open(path: &Path, flags: OFlags, mode: u32) -> Result<OwnedFd> {
    let result = rustix::fs::openat(CWD, path, flags | OFlags::CLOEXEC, Mode::from_raw_mode(mode));
    let shown = word::open_flags(u64::from((flags | OFlags::CLOEXEC).bits()));
    let mut args = vec!["AT_FDCWD".to_owned(), shown_path(path), shown];
    if flags.contains(OFlags::CREATE) {
        args.push(word::mode(mode.into()));
    }
    let _ = call("openat", &args, result.as_ref().map(|fd| i64::from(fd.as_raw_fd())).map_err(|e| *e));
    result.map_err(|e| Error::new("open", path.display(), e))
}

/// `openat(directory, path, flags|O_CLOEXEC)` for a file that exists; `at` is the directory's own path.
pub fn open_at(directory: BorrowedFd, at: &Path, path: &Path, flags: OFlags) -> Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC;
    let result = rustix::fs::openat(directory, path, flags, Mode::empty());
    let args =
        [descriptor_or_here(directory, at), shown_path(path), word::open_flags(u64::from(flags.bits()))];
    let _ = call("openat", &args, result.as_ref().map(|fd| i64::from(fd.as_raw_fd())).map_err(|e| *e));
    result.map_err(|e| Error::new("open", at.join(path).display(), e))
}

/// One `write(2)` of the whole text: control files below `/proc` and `/sys` take a value in a single call or not at all.
fn write_once(fd: &OwnedFd, path: &Path, text: &[u8]) -> Result<()> {
    let result = rustix::io::write(fd, text);
    let args = [descriptor(fd, path), calls::buffer(text, text.len()), text.len().to_string()];
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

/// A name in an open directory.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The directory; `AT_FDCWD` for a whole path.
    pub directory: BorrowedFd<'a>,
    /// The directory's own path.
    pub path: &'a Path,
    /// The name.
    pub name: &'a Path,
}

impl At<'_> {
    /// The whole path, for messages.
    pub fn shown(&self) -> PathBuf {
        self.path.join(self.name)
    }

    fn args(&self) -> [String; 2] {
        [descriptor_or_here(self.directory, self.path), shown_path(self.name)]
    }
}

fn descriptor_or_here(directory: BorrowedFd, at: &Path) -> String {
    if directory.as_raw_fd() == CWD.as_raw_fd() { here() } else { descriptor(directory, at) }
}

/// `openat(directory, name, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, mode)`: a file that was not there.
pub fn create_at(at: At, mode: u32) -> Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let result = rustix::fs::openat(at.directory, at.name, flags, Mode::from_raw_mode(mode));
    let [directory, name] = at.args();
    let args = [directory, name, word::open_flags(u64::from(flags.bits())), word::mode(mode.into())];
    let _ = call("openat", &args, result.as_ref().map(|fd| i64::from(fd.as_raw_fd())).map_err(|e| *e));
    result.map_err(|e| Error::new("open", at.shown().display(), e))
}

/// `mkdirat(directory, name, mode)`.
pub fn mkdir_at(at: At, mode: u32) -> Result<()> {
    let result = rustix::fs::mkdirat(at.directory, at.name, Mode::from_raw_mode(mode));
    let [directory, name] = at.args();
    done("mkdirat", &[directory, name, word::mode(mode.into())], at.shown().display(), result)
}

/// `readlinkat(directory, name, buffer, PATH_MAX)`: where a symbolic link points.
pub fn read_link_at(at: At) -> Result<Vec<u8>> {
    let mut buffer = [MaybeUninit::uninit(); libc::PATH_MAX as usize];
    let size = buffer.len().to_string();
    let result =
        rustix::fs::readlinkat_raw(at.directory, at.name, &mut buffer).map(|(target, _)| target.to_vec());
    let [directory, name] = at.args();
    let args = [directory, name, quote(result.as_deref().unwrap_or_default()), size];
    let _ = call("readlinkat", &args, result.as_ref().map(|target| target.len() as i64).map_err(|e| *e));
    result.map_err(|e| Error::new("readlink", at.shown().display(), e))
}

/// `symlinkat(target, directory, name)`.
pub fn symlink_at(target: &[u8], at: At) -> Result<()> {
    let result = rustix::fs::symlinkat(target, at.directory, at.name);
    let [directory, name] = at.args();
    done("symlinkat", &[quote(target), directory, name], at.shown().display(), result)
}

/// `sendfile(to, from, NULL, bytes)`: how many bytes were copied. Each file is a descriptor and its path.
pub fn send(from: (&OwnedFd, &Path), to: (&OwnedFd, &Path), bytes: u64) -> Result<u64> {
    let count = usize::try_from(bytes).unwrap_or(usize::MAX);
    let result = rustix::fs::sendfile(to.0, from.0, None, count);
    let args = [descriptor(to.0, to.1), descriptor(from.0, from.1), "NULL".to_owned(), count.to_string()];
    let _ = call("sendfile", &args, result.map(|n| n as i64));
    result.map(|n| n as u64).map_err(|e| Error::new("sendfile", to.1.display(), e))
}

/// `fchmod(fd, mode)`.
pub fn set_mode(fd: &OwnedFd, path: &Path, mode: u32) -> Result<()> {
    let result = rustix::fs::fchmod(fd, Mode::from_raw_mode(mode));
    done("fchmod", &[descriptor(fd, path), word::mode(mode.into())], path.display(), result)
}

/// The first argument of the calls that take a path as seen from a directory.
fn here() -> String {
    "AT_FDCWD".to_owned()
}

fn shown_path(path: &Path) -> String {
    quote(path.as_os_str().as_encoded_bytes())
}

/// `mkdirat(AT_FDCWD, path, mode)`.
pub fn mkdir(path: &Path, mode: u32) -> Result<()> {
    let result = rustix::fs::mkdirat(CWD, path, Mode::from_raw_mode(mode));
    done("mkdirat", &[here(), shown_path(path), word::mode(mode.into())], path.display(), result)
}

/// `unlinkat(AT_FDCWD, path, AT_REMOVEDIR)`.
pub fn rmdir(path: &Path) -> Result<()> {
    let result = rustix::fs::unlinkat(CWD, path, AtFlags::REMOVEDIR);
    done("unlinkat", &[here(), shown_path(path), "AT_REMOVEDIR".to_owned()], path.display(), result)
}

/// `unlinkat(AT_FDCWD, path, 0)`.
pub fn unlink(path: &Path) -> Result<()> {
    let result = rustix::fs::unlinkat(CWD, path, AtFlags::empty());
    done("unlinkat", &[here(), shown_path(path), "0".to_owned()], path.display(), result)
}

/// [`unlink`] for a file; for a directory everything below it first, without following links.
pub fn remove(path: &Path) -> Result<()> {
    let found = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|e| Error::new("stat", path.display(), e))?;
    if rustix::fs::FileType::from_raw_mode(found.st_mode) != rustix::fs::FileType::Directory {
        return unlink(path);
    }
    let directory = open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, 0)?;
    let failed = |e: rustix::io::Errno| Error::new("getdents64", path.display(), e);
    for entry in rustix::fs::Dir::new(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = std::ffi::OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            remove(&path.join(name))?;
        }
    }
    rmdir(path)
}

/// `renameat(AT_FDCWD, from, AT_FDCWD, to)`.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    let result = rustix::fs::renameat(CWD, from, CWD, to);
    done("renameat", &[here(), shown_path(from), here(), shown_path(to)], from.display(), result)
}

/// `symlinkat(target, AT_FDCWD, path)`.
pub fn symlink(target: &str, path: &Path) -> Result<()> {
    symlink_at(target.as_bytes(), At { directory: CWD, path: Path::new(""), name: path })
}

/// `fchmodat(AT_FDCWD, path, mode)`.
pub fn chmod(path: &Path, mode: u32) -> Result<()> {
    let result = rustix::fs::chmodat(CWD, path, Mode::from_raw_mode(mode), AtFlags::empty());
    done("fchmodat", &[here(), shown_path(path), word::mode(mode.into())], path.display(), result)
}

/// `chown(path, uid, gid)`; a symbolic link is not followed (`fchownat(2)`).
pub fn chown(path: &Path, uid: u32, gid: u32) -> Result<()> {
    let (owner, group) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
    let result = rustix::fs::chownat(CWD, path, Some(owner), Some(group), AtFlags::SYMLINK_NOFOLLOW);
    let args = [here(), shown_path(path), word::id(uid), word::id(gid), "AT_SYMLINK_NOFOLLOW".to_owned()];
    done("fchownat", &args, path.display(), result)
}

/// `mknod(path, S_IFCHR|mode, makedev(major, minor))`.
pub fn mknod_char(path: &Path, mode: u32, major: u32, minor: u32) -> Result<()> {
    use rustix::fs::{FileType, makedev, mknodat};
    let device = makedev(major, minor);
    let result = mknodat(CWD, path, FileType::CharacterDevice, Mode::from_raw_mode(mode), device);
    let node = word::node(u64::from(libc::S_IFCHR | mode));
    let args = [here(), shown_path(path), node, word::device(device)];
    done("mknodat", &args, path.display(), result)
}
