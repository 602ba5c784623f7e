//! Where a reader finds a file: opened by descriptor, and never beyond what the viewpoint may see.

use super::{View, process};
use crate::files::rights::{Owner, with_rights_of};
use crate::vocabulary::host_files::{HostPlace, place_of};
use rustix::fs::{CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, Stat};
use rustix::fs::{fstat, fstatfs, openat, openat2};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// The inode of the root directory of every procfs (`PROC_ROOT_INO` in the kernel).
const ROOT_INODE: u64 = 1;

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewpoint {
    /// A box, or a helper in its place: with its own rights, in its own root.
    Box,
    /// The lab itself.
    Host,
}

/// A path as a reader reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// As the process itself sees it.
    Own(PathBuf),
    /// Below a directory of the host's, which no link leads out of.
    Beneath {
        /// The directory.
        top: PathBuf,
        /// The path from there.
        below: PathBuf,
        /// Only what everybody may read.
        public: bool,
    },
    /// Below the root of a process: links lead where they would lead that process.
    InRoot {
        /// `/proc/PID`.
        process: PathBuf,
        /// The path from its root.
        path: PathBuf,
        /// With the rights of that process, which root's lab must put on.
        as_process: bool,
        /// Nothing that is mounted over a part of its `/proc` is read in place of that part.
        uncovered: bool,
    },
}

impl At {
    /// Where a path of a lesson lies.
    ///
    /// # Errors
    /// `EACCES` for a path of the host that is not on the list of [`place_of`].
    pub fn of(path: &str, whole: bool, view: &View, who: Viewpoint) -> io::Result<Self> {
        match who {
            Viewpoint::Box => Ok(At::Own(view.resolve(path))),
            Viewpoint::Host if path.starts_with('/') => match place_of(path) {
                Some(HostPlace::Itself(_)) if whole => Err(Errno::ACCESS.into()),
                Some(_) => Ok(At::on_host(Path::new(path))),
                None => Err(Errno::ACCESS.into()),
            },
            // The lab's working directory is that of the person.
            Viewpoint::Host if path.starts_with('.') => Err(Errno::ACCESS.into()),
            Viewpoint::Host => {
                Ok(At::Beneath { top: view.workspace.clone(), below: path.into(), public: false })
            }
        }
    }

    /// Links of procfs stay in procfs, and those of sysfs in sysfs.
    fn on_host(path: &Path) -> Self {
        let tops = ["/proc", "/sys", "/"].map(Path::new);
        let top = tops.into_iter().find(|top| path.starts_with(top)).unwrap_or(Path::new("/"));
        let below = path.strip_prefix(top).unwrap_or(path).to_owned();
        let below = if below.as_os_str().is_empty() { PathBuf::from(".") } else { below };
        At::Beneath { top: top.to_owned(), below, public: true }
    }

    /// Opens it. Without `O_NOFOLLOW` among the flags a link at its end is followed.
    ///
    /// # Errors
    /// What `openat2(2)` answers, `EXDEV` when a link leads out; `EACCES` for what not everybody may read where only that is read.
    pub fn open(&self, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC;
        match self {
            At::Own(path) => Ok(openat(CWD, path, flags, Mode::empty())?),
            At::Beneath { top, below, public } => {
                let top =
                    openat(CWD, top, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
                let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
                let file = openat2(top, below, flags, Mode::empty(), resolve)?;
                let stat = fstat(&file)?;
                let link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
                if *public && !link && stat.st_mode & 0o004 == 0 {
                    return Err(Errno::ACCESS.into());
                }
                Ok(file)
            }
            At::InRoot { process, path, as_process, uncovered } => {
                let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let root = openat(CWD, process.join("root"), directory, Mode::empty())?;
                let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
                let in_proc = path.strip_prefix("/proc").ok().filter(|_| *uncovered);
                let owner = if *as_process { rights(process)? } else { None };
                with_rights_of(owner.as_ref(), || match in_proc {
                    Some(below) => {
                        let proc = procfs(openat2(&root, "proc", directory, Mode::empty(), resolve)?)?;
                        open_in_procfs(proc.as_fd(), below, flags)
                    }
                    None => Ok(openat2(&root, path, flags, Mode::empty(), resolve)?),
                })
            }
        }
    }

    /// Opens a place and tells what it is, without doing anything to it: opening a device can do something.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn look(&self, follow: bool) -> io::Result<(OwnedFd, Stat)> {
        let flags = if follow { OFlags::PATH } else { OFlags::PATH | OFlags::NOFOLLOW };
        let place = self.open(flags)?;
        let stat = fstat(&place)?;
        Ok((place, stat))
    }
}

/// Takes what was opened as a procfs.
///
/// # Errors
/// `EXDEV` where it is something else.
pub(super) fn procfs(opened: OwnedFd) -> io::Result<OwnedFd> {
    let real = fstatfs(&opened)?.f_type == PROC_SUPER_MAGIC && fstat(&opened)?.st_ino == ROOT_INODE;
    if real { Ok(opened) } else { Err(Errno::XDEV.into()) }
}

/// Opens what lies in a procfs.
///
/// # Errors
/// What `openat2(2)` answers, `EXDEV` where something is mounted over it.
pub(super) fn open_in_procfs(proc: BorrowedFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_MAGICLINKS;
    Ok(openat2(proc, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve)?)
}

/// The ids with which a process opens files, for a lab that is root: what the process could not read, the lab does not read for a lesson. One that is
/// the machine's root itself has none that are less; then nobody's are taken.
fn rights(directory: &Path) -> io::Result<Option<Owner>> {
    /// The user that belongs to nobody (`/proc/sys/kernel/overflowuid`).
    const NOBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let numbers = |field: &str| -> io::Result<Vec<u32>> {
        let text = process::status_field(directory, field)?;
        Ok(text.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect())
    };
    // proc_pid_status(5): real, effective, saved, file system.
    let id = |field: &str| numbers(field)?.get(3).copied().ok_or_else(|| io::Error::from(Errno::INVAL));
    let (uid, gid, groups) = (id("Uid")?, id("Gid")?, numbers("Groups")?);
    Ok(Some(match uid {
        0 => Owner { uid: NOBODY, gid: NOBODY, groups: Vec::new() },
        _ => Owner { uid, gid, groups },
    }))
}
