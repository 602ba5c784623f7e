//! Files and directories as a reader sees them.

use super::at::At;
use super::text;
use crate::model::{Fact, Row, Value};
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, readlinkat};
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Files larger than this are not read, since a part of one would be taken for the whole: 256 KiB.
const LIMIT: u64 = 256 * 1024;
/// Nor are trees with more entries than this.
const ENTRIES: usize = 2000;

/// The text of a regular file. Nothing else is opened at all: opening a device can do something, and reading a pipe can wait for ever.
pub fn text(at: &At) -> io::Result<String> {
    let (place, stat) = at.look(true)?;
    regular(&stat)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let again = format!("/proc/self/fd/{}", place.as_raw_fd());
    let fd = match at {
        // Without a /proc of its own a reader must take the path once more.
        At::Own(_) => match openat(CWD, &again, flags, Mode::empty()) {
            // Nor one whose /proc is not what it seems.
            Ok(fd) if same(&fstat(&fd)?, &stat) => fd,
            Ok(_) | Err(_) => at.open(flags)?,
        },
        // Taken once more, too: only so is it read with the rights, and within the bounds, of the viewpoint.
        At::Beneath { .. } | At::InRoot { .. } => at.open(flags)?,
    };
    regular(&fstat(&fd)?)?;
    let mut bytes = Vec::new();
    std::fs::File::from(fd).take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(text::absent());
    }
    Ok(text::shown(&bytes))
}

fn same(a: &Stat, b: &Stat) -> bool {
    (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
}

fn regular(stat: &Stat) -> io::Result<()> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(rustix::io::Errno::ISDIR.into()),
        _ => Err(rustix::io::Errno::NXIO.into()),
    }
}

/// Where a symbolic link points.
pub fn link(at: &At) -> io::Result<Fact> {
    let (place, found) = at.look(false)?;
    // By a descriptor readlinkat(2) answers ENOENT for what is no link, and also for a link of procfs that leads nowhere for this reader.
    if FileType::from_raw_mode(found.st_mode) != FileType::Symlink {
        return Err(rustix::io::Errno::INVAL.into());
    }
    let target = readlinkat(&place, "", Vec::new())?;
    Ok(Fact::text(text::shown(target.to_bytes())))
}

/// The names in a directory, sorted: rows `name`.
pub fn listing(at: &At) -> io::Result<Fact> {
    let directory = at.open(OFlags::RDONLY | OFlags::DIRECTORY)?;
    let names = names(&directory)?.into_iter().map(|name| text::name(&name));
    Ok(Fact::of(Value::Table(names.map(|n| Row::new([("name", n)])).collect())))
}

fn names(directory: &OwnedFd) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = OsString::from_vec(entry?.file_name().to_bytes().to_vec());
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Everything below a directory, sorted: rows `name kind size`, the size in bytes, or for a device `MAJOR, MINOR` as in `ls -l`. What
/// overlayfs leaves in an upper layer is marked: a character device 0, 0 is a `whiteout`, a directory with the attribute
/// `overlay.opaque` set to `y` is `opaque`.
pub fn tree(at: &At) -> io::Result<Fact> {
    let top = at.open(OFlags::RDONLY | OFlags::DIRECTORY)?;
    let mut rows = Vec::new();
    let mut open: Vec<PathBuf> = names(&top)?.into_iter().rev().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if rows.len() >= ENTRIES {
            return Err(text::absent());
        }
        // From the top each time, so that depth takes no descriptors; and without following what somebody puts in the way meanwhile.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let entry =
            openat2(&top, &path, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS)?;
        let found = fstat(&entry)?;
        let kind = FileType::from_raw_mode(found.st_mode);
        let mut opaque = false;
        if kind == FileType::Directory {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let directory = openat(&entry, ".", flags, Mode::empty())?;
            opaque = is_opaque(&directory);
            open.extend(names(&directory)?.into_iter().rev().map(|name| path.join(name)));
        }
        let word = match kind {
            FileType::Directory if opaque => "opaque",
            FileType::Directory => "directory",
            FileType::RegularFile => "file",
            FileType::Symlink => "link",
            FileType::CharacterDevice if found.st_rdev == 0 => "whiteout",
            FileType::CharacterDevice | FileType::BlockDevice => "device",
            FileType::Fifo | FileType::Socket | FileType::Unknown => "other",
        };
        let size = match kind {
            FileType::RegularFile => found.st_size.to_string(),
            FileType::CharacterDevice | FileType::BlockDevice => {
                format!("{}, {}", rustix::fs::major(found.st_rdev), rustix::fs::minor(found.st_rdev))
            }
            _ => String::new(),
        };
        let name = text::name(&path);
        rows.push(Row::new([("name", name), ("kind", word.to_owned()), ("size", size)]));
    }
    Ok(Fact::of(Value::Table(rows)))
}

/// overlayfs writes its attributes under `user.` when it was mounted with `userxattr`, else under `trusted.`.
fn is_opaque(directory: &OwnedFd) -> bool {
    ["user.overlay.opaque", "trusted.overlay.opaque"].iter().any(|name| {
        let mut value = [0u8; 8];
        matches!(rustix::fs::fgetxattr(directory, *name, &mut value), Ok(1) if value[0] == b'y')
    })
}

/// A file's inode number.
pub fn inode(at: &At) -> io::Result<Fact> {
    Ok(Fact::of(Value::Int(at.look(false)?.1.st_ino as i64)))
}

/// A file's device, `MAJOR:MINOR`.
pub fn device(at: &At) -> io::Result<Fact> {
    let (_, found) = at.look(false)?;
    let (major, minor) = (rustix::fs::major(found.st_dev), rustix::fs::minor(found.st_dev));
    Ok(Fact::of(Value::Text(format!("{major}:{minor}"))))
}

/// A file's owner as the reader's user namespace shows it, `UID:GID`.
pub fn owner(at: &At) -> io::Result<Fact> {
    let (_, found) = at.look(false)?;
    Ok(Fact::of(Value::Text(format!("{}:{}", found.st_uid, found.st_gid))))
}
