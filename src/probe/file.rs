//! Files and directories as a reader sees them.

use crate::model::{Fact, Row, Value};
use rustix::fs::{AtFlags, CWD, FileType};
use std::io;
use std::path::Path;

/// Files larger than this are cut: 256 KiB.
const LIMIT: u64 = 256 * 1024;
/// Trees are read down to so many entries.
const ENTRIES: usize = 2000;

/// The text of a regular file. Nothing else is opened at all: opening a device can do something, and reading a pipe can wait for ever.
pub fn text(path: &Path) -> io::Result<String> {
    use rustix::fs::{Mode, OFlags, open, openat};
    use std::io::Read;
    use std::os::fd::AsRawFd;
    let place = open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    match FileType::from_raw_mode(rustix::fs::fstat(&place)?.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(rustix::io::Errno::ISDIR.into()),
        _ => return Err(rustix::io::Errno::NXIO.into()),
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    // Without a /proc of its own a reader must take the path once more.
    let again = format!("/proc/self/fd/{}", place.as_raw_fd());
    let fd =
        openat(CWD, &again, flags, Mode::empty()).or_else(|_| openat(CWD, path, flags, Mode::empty()))?;
    let mut bytes = Vec::new();
    std::fs::File::from(fd).take(LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The names in a directory, sorted: rows `name`.
pub fn listing(path: &Path) -> io::Result<Fact> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(Fact::of(Value::Table(names.into_iter().map(|n| Row::new([("name", n)])).collect())))
}

/// Everything below a directory, sorted: rows `name kind size`, the size in bytes, or for a device `MAJOR, MINOR` as in `ls -l`. What
/// overlayfs leaves in an upper layer is marked: a character device 0, 0 is a `whiteout`, a directory with the attribute
/// `overlay.opaque` set to `y` is `opaque`.
pub fn tree(path: &Path) -> io::Result<Fact> {
    let mut rows = Vec::new();
    walk(path, "", &mut rows)?;
    Ok(Fact::of(Value::Table(rows)))
}

fn walk(directory: &Path, prefix: &str, rows: &mut Vec<Row>) -> io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(directory)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if rows.len() >= ENTRIES {
            return Ok(());
        }
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        let found = rustix::fs::statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(found.st_mode);
        let word = match kind {
            FileType::Directory if is_opaque(&path) => "opaque",
            FileType::Directory => "directory",
            FileType::RegularFile => "file",
            FileType::Symlink => "link",
            FileType::CharacterDevice if found.st_rdev == 0 => "whiteout",
            FileType::CharacterDevice | FileType::BlockDevice => "device",
            _ => "other",
        };
        let size = match kind {
            FileType::RegularFile => found.st_size.to_string(),
            FileType::CharacterDevice | FileType::BlockDevice => {
                format!("{}, {}", rustix::fs::major(found.st_rdev), rustix::fs::minor(found.st_rdev))
            }
            _ => String::new(),
        };
        rows.push(Row::new([("name", name.clone()), ("kind", word.to_owned()), ("size", size)]));
        if kind == FileType::Directory {
            walk(&path, &format!("{name}/"), rows)?;
        }
    }
    Ok(())
}

/// overlayfs writes its attributes under `user.` when it was mounted with `userxattr`, else under `trusted.`.
fn is_opaque(path: &Path) -> bool {
    ["user.overlay.opaque", "trusted.overlay.opaque"].iter().any(|name| {
        let mut value = [0u8; 8];
        matches!(rustix::fs::lgetxattr(path, *name, &mut value), Ok(1) if value[0] == b'y')
    })
}

/// A file's inode number.
pub fn inode(path: &Path) -> io::Result<Fact> {
    let found = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(Fact::of(Value::Int(found.st_ino as i64)))
}

/// A file's device, `MAJOR:MINOR`.
pub fn device(path: &Path) -> io::Result<Fact> {
    let found = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
    let (major, minor) = (rustix::fs::major(found.st_dev), rustix::fs::minor(found.st_dev));
    Ok(Fact::of(Value::Text(format!("{major}:{minor}"))))
}

/// A file's owner as the reader's user namespace shows it, `UID:GID`.
pub fn owner(path: &Path) -> io::Result<Fact> {
    let found = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(Fact::of(Value::Text(format!("{}:{}", found.st_uid, found.st_gid))))
}
