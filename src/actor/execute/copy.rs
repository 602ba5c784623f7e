//! Copies a file, a link or a tree. From its top on the walk uses descriptors and single names and never follows a link, so nothing leads it out of the
//! tree, whatever happens there meanwhile. Mounts in the tree are refused, since they can show anybody's files.

use super::super::place::mount_id;
use super::{Copied, Execute, Failure, Stage, refused};
use crate::kernel::{Error, file, file::At};
use crate::vocabulary::One;
use crate::vocabulary::limits::{COPY_BYTES, COPY_DEPTH, COPY_ENTRIES};
use crate::vocabulary::verb::Copy;
use rustix::fs::{AtFlags, CWD, Dir, FileType, OFlags};
use rustix::io::Errno;
use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Execute for Copy {
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure> {
        let One(from, to) = &self.0;
        let (from, to) = (stage.at(from), stage.at(to));
        let mut walk = Walk { copied: &mut stage.box_state.copied, mount: None, made: None };
        let here = |name| At { directory: CWD, path: Path::new(""), name };
        walk.entry(here(&from), here(&to), 0)
    }
}

struct Walk<'a> {
    copied: &'a mut Copied,
    /// The mount of the first file or directory, in which all others lie.
    mount: Option<u64>,
    /// Device and inode of the first directory that was made, which is not copied into itself.
    made: Option<(u64, u64)>,
}

impl Walk<'_> {
    fn entry(&mut self, from: At, to: At, depth: u32) -> Result<(), Failure> {
        let shown = from.shown();
        let stat = rustix::fs::statat(from.directory, from.name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|e| Error::new("stat", shown.display(), e))?;
        self.copied.entries += 1;
        if self.copied.entries > COPY_ENTRIES {
            return Err(refused(format!("a box copies at most {COPY_ENTRIES} files and directories")));
        }
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => {
                let target = file::read_link_at(from)?;
                Ok(file::symlink_at(&target, to)?)
            }
            FileType::RegularFile => self.file(from, to),
            FileType::Directory if depth == COPY_DEPTH => Err(refused(format!(
                "{}: a tree is copied at most {COPY_DEPTH} directories deep",
                shown.display()
            ))),
            FileType::Directory => self.directory(from, to, depth),
            kind @ (FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown) => {
                let kind = match kind {
                    FileType::Fifo => "a FIFO",
                    FileType::Socket => "a socket",
                    _ => "a device",
                };
                Err(refused(format!(
                    "{} is {kind}; only files, directories and links are copied",
                    shown.display()
                )))
            }
        }
    }

    /// Opens what was found, and looks again: it may be another one by now.
    fn open(
        &mut self,
        from: At,
        kind: FileType,
        flags: OFlags,
    ) -> Result<(OwnedFd, rustix::fs::Stat), Failure> {
        let shown = from.shown();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | flags;
        let fd = file::open_at(from.directory, from.path, from.name, flags)?;
        let stat = rustix::fs::fstat(&fd).map_err(|e| Error::new("fstat", shown.display(), e))?;
        if FileType::from_raw_mode(stat.st_mode) != kind {
            return Err(refused(format!("{} was replaced while it was being copied", shown.display())));
        }
        let mount = mount_id(&fd).map_err(refused)?;
        if *self.mount.get_or_insert(mount) != mount {
            return Err(refused(format!("{} is on another mount", shown.display())));
        }
        Ok((fd, stat))
    }

    fn file(&mut self, from: At, to: At) -> Result<(), Failure> {
        let (source, stat) = self.open(from, FileType::RegularFile, OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        self.copied.bytes = self.copied.bytes.saturating_add(size);
        if self.copied.bytes > COPY_BYTES {
            return Err(refused(format!(
                "{}: a box copies at most {} MiB",
                from.shown().display(),
                COPY_BYTES >> 20
            )));
        }
        let target = file::create_at(to, 0o600)?;
        let shown = to.shown();
        // No more than was counted, also of a file that grows meanwhile.
        let mut left = size;
        while left > 0 {
            match file::send((&source, &from.shown()), (&target, &shown), left)? {
                0 => break,
                sent => left = left.saturating_sub(sent),
            }
        }
        Ok(file::set_mode(&target, &shown, stat.st_mode & 0o7777)?)
    }

    fn directory(&mut self, from: At, to: At, depth: u32) -> Result<(), Failure> {
        let (source, stat) = self.open(from, FileType::Directory, OFlags::DIRECTORY)?;
        let (from, to_path) = (from.shown(), to.shown());
        if self.made == Some((stat.st_dev, stat.st_ino)) {
            return Err(refused(format!("{} would be copied into itself", from.display())));
        }
        let failed = |e: Errno| Error::new("getdents64", from.display(), e);
        let mut listing = Dir::new(source).map_err(failed)?;
        let names = names(&mut listing).map_err(failed)?;
        let source = listing.fd().map_err(failed)?;
        // Writable while it is filled; its own mode follows.
        file::mkdir_at(to, 0o700)?;
        let target = file::open_at(
            to.directory,
            to.path,
            to.name,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW,
        )?;
        if self.made.is_none() {
            let made = rustix::fs::fstat(&target).map_err(|e| Error::new("fstat", to_path.display(), e))?;
            self.made = Some((made.st_dev, made.st_ino));
        }
        for name in &names {
            let name = Path::new(OsStr::from_bytes(name.to_bytes()));
            let inside = |directory, path| At { directory, path, name };
            self.entry(inside(source, &from), inside(target.as_fd(), &to_path), depth + 1)?;
        }
        Ok(file::set_mode(&target, &to_path, stat.st_mode & 0o7777)?)
    }
}

/// The names in a directory, sorted.
fn names(directory: &mut Dir) -> rustix::io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in directory {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
        if names.len() > COPY_ENTRIES as usize {
            break;
        }
    }
    names.sort();
    Ok(names)
}
