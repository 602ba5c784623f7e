//! Where a file lies, whatever path led there: bind mounts, `chroot(2)` and links give one file many names, so the guard asks the kernel about an
//! open descriptor and never compares path texts.

use super::scene::Scene;
use crate::model::Errno;
use crate::probe::mountinfo::{self, Mount};
use crate::probe::text;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxFlags};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// No real tree is so deep; a walk upwards ends there at the latest.
const DEEPEST: usize = 256;

/// What is asked about descriptors of one box, now.
pub struct Places<'a> {
    /// The host's procfs.
    pub proc: BorrowedFd<'a>,
    /// The run.
    pub scene: &'a Scene,
    /// What the box has kept in mind.
    pub around: &'a Around,
    /// The box's mount table, read when first needed: it can be long, and one action needs it many times.
    pub table: &'a OnceCell<Vec<Mount>>,
}

/// What a box must keep in mind of its surroundings, because the kernel does not tell it later. Children inherit it.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Devices of filesystems that are the host's: those in the mount table when the box left the host's mount namespace. Numbers of
    /// filesystems that are gone are given to new ones, so those that have left the table are forgotten.
    pub foreign: BTreeSet<String>,
    /// A `chroot(2)` has been made: mountinfo may show less than can be reached.
    pub chrooted: bool,
    /// The root directory is the run's, since a `chroot(2)` or `pivot_root(2)`. After `chroot` mountinfo no longer shows the mount in which
    /// the root lies.
    pub own_root: bool,
}

impl Around {
    /// Takes in the mount table. To be called before every action.
    pub fn look(&mut self, table: &[Mount], in_hosts_namespace: bool) {
        let devices: BTreeSet<String> = table.iter().map(|m| m.device.clone()).collect();
        if in_hosts_namespace {
            self.foreign.extend(devices.iter().cloned());
        }
        if !self.chrooted {
            self.foreign.retain(|d| devices.contains(d));
        }
    }
}

/// A descriptor's place.
#[derive(Debug)]
pub struct FileLocation {
    /// The mount's id.
    pub mount: u64,
    /// It lies in the run's workspace or on a filesystem that the run has mounted.
    pub own: bool,
    /// The path within a procfs.
    pub in_proc: Option<PathBuf>,
}

impl Places<'_> {
    /// The box's own mount table.
    ///
    /// # Errors
    /// When it cannot be read; then nothing may be changed.
    pub fn table(&self) -> Result<&[Mount], String> {
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let table = self.read_table()?;
        Ok(self.table.get_or_init(|| table))
    }

    fn read_table(&self) -> Result<Vec<Mount>, String> {
        read_at(self.proc, "self/mountinfo")
            .map(|text| mountinfo::parse(&text))
            .map_err(|e| format!("read self/mountinfo: {}", Errno::of(&e)))
    }

    /// The mount with this id. A missing one may have been added since the table was read, so the table is then read again.
    fn mount(&self, id: u64) -> Result<Option<Mount>, String> {
        let has = |m: &&Mount| u64::from(m.id) == id;
        match self.table()?.iter().find(has) {
            Some(mount) => Ok(Some(mount.clone())),
            None => Ok(self.read_table()?.iter().find(has).cloned()),
        }
    }

    /// The mount in which a descriptor lies, when it is in the table at all.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn mount_of(&self, fd: &OwnedFd) -> Result<Option<Mount>, String> {
        self.mount(mount_id(fd)?)
    }

    /// The path of a descriptor from the box's root, as `mountinfo` has it too.
    ///
    /// # Errors
    /// When its link in procfs cannot be read.
    pub fn path_of(&self, fd: &OwnedFd) -> Result<PathBuf, String> {
        let path = rustix::fs::readlinkat(self.proc, format!("self/fd/{}", fd.as_raw_fd()), Vec::new())
            .map_err(|e| format!("readlink self/fd: {}", Errno::from(e)))?;
        Ok(PathBuf::from(OsStr::from_bytes(path.as_bytes())))
    }

    /// Where a descriptor lies.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn of(&self, fd: &OwnedFd) -> Result<FileLocation, String> {
        let id = mount_id(fd)?;
        let Some(mount) = self.mount(id)? else {
            // Not reachable from the box's root. Either it lies in the mount of a root that chroot has set, or outside of it.
            return Ok(FileLocation {
                mount: id,
                own: self.around.own_root && below_root(fd),
                in_proc: None,
            });
        };
        let inner = mount.inner(&self.path_of(fd)?);
        let host = &self.scene.host;
        let foreign = host.devices.contains(&mount.device)
            || self.around.foreign.contains(&mount.device)
            || mount.master.is_some_and(|group| host.peer_groups.contains(&group));
        let workspace = self.scene.view.workspace.file_name().map(|run| host.home.1.join(run));
        let in_workspace =
            mount.device == host.home.0 && workspace.is_some_and(|workspace| inner.starts_with(workspace));
        Ok(FileLocation {
            mount: id,
            own: in_workspace || !foreign,
            in_proc: (mount.fstype == "proc").then_some(inner),
        })
    }
}

/// Opens a path without opening the file itself (`O_PATH`); nothing where there is nothing, or the kernel would not let the box pass.
///
/// # Errors
/// For a path that leads through a link of procfs into another process's world, or when the kernel does not tell.
pub fn look(from: BorrowedFd, path: &Path, flags: OFlags) -> Result<Option<OwnedFd>, String> {
    use rustix::io::Errno as E;
    let flags = OFlags::PATH | OFlags::CLOEXEC | flags;
    match rustix::fs::openat2(from, path, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS) {
        Ok(fd) => Ok(Some(fd)),
        Err(E::NOENT | E::NOTDIR | E::ACCESS | E::NAMETOOLONG) => Ok(None),
        Err(E::LOOP) => Err(format!("{} leads through a link of /proc", path.display())),
        Err(e) => Err(format!("open {}: {}", path.display(), Errno::from(e))),
    }
}

/// [`look`] from the working directory.
///
/// # Errors
/// As there.
pub fn look_here(path: &Path) -> Result<Option<OwnedFd>, String> {
    look(CWD, path, OFlags::empty())
}

/// A file below a directory that is held open, as text.
///
/// # Errors
/// What the kernel answers.
pub fn read_at(directory: BorrowedFd, path: &str) -> io::Result<String> {
    let fd = rustix::fs::openat(directory, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let invalid = |e| io::Error::new(io::ErrorKind::InvalidData, e);
    String::from_utf8(text::bytes_from(fd)?).map_err(invalid)
}

/// The id of the mount in which a descriptor lies (`statx(2)`).
///
/// # Errors
/// When the kernel does not tell, as before 5.8.
pub fn mount_id(fd: &OwnedFd) -> Result<u64, String> {
    let told = rustix::fs::statx(fd, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)
        .map_err(|e| format!("statx: {}", Errno::from(e)))?;
    if told.stx_mask & StatxFlags::MNT_ID.bits() == 0 {
        return Err("statx does not tell mount ids (before kernel 5.8)".to_owned());
    }
    Ok(told.stx_mnt_id)
}

/// Whether the way up from a directory ends at the caller's root. From outside of it, `..` leads past it.
fn below_root(fd: &OwnedFd) -> bool {
    let identity = |fd: BorrowedFd| rustix::fs::fstat(fd).ok().map(|s| (s.st_dev, s.st_ino));
    let open = |from: BorrowedFd, path: &str| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(from, path, flags, Mode::empty()).ok()
    };
    let Some(root) = open(CWD, "/").and_then(|fd| identity(fd.as_fd())) else { return false };
    let Some(mut at) = open(fd.as_fd(), ".") else { return false };
    for _ in 0..DEEPEST {
        let here = identity(at.as_fd());
        if here == Some(root) {
            return true;
        }
        let Some(up) = open(at.as_fd(), "..") else { return false };
        if identity(up.as_fd()) == here {
            return false;
        }
        at = up;
    }
    false
}
