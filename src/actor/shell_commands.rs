//! The lab's workloads as commands in a person's shell: a directory for its `PATH`, in which the program itself has their names. The program may lie
//! where the walls cover it, or where only root gets; so it is opened with the starter's rights before anything else, and mounted in the shell's table.

use crate::kernel::{Error, mount};
use crate::model::{Errno, NoWorkloads};
use crate::probe::mountinfo;
use crate::workload::command::NAMES;
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags};
use rustix::mount::MountAttrFlags;
use std::collections::BTreeSet;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Covered directories, of which one that is empty takes the commands.
const PLACES: [&str; 4] = ["/run", "/srv", "/media", "/mnt"];
const DIRECTORY: &str = "isolab";

/// The file of the program that runs, opened with the starter's rights.
pub struct Executable {
    file: OwnedFd,
    /// A mount of it, where the starter may make one in the host's table: only root may.
    tree: Option<OwnedFd>,
}

/// The program, ready to be mounted.
pub struct Program {
    file: OwnedFd,
    tree: OwnedFd,
}

/// Whether a shell has its commands from a mount at this place.
pub fn is_at(path: &Path) -> bool {
    PLACES.iter().any(|place| path == Path::new(place).join(DIRECTORY).join(NAMES[0]))
}

fn open_place(path: &Path) -> Result<OwnedFd, Error> {
    rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
        .map_err(|e| Error::new("open", path.display(), e))
}

impl Executable {
    /// Opens it.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn open(proc: BorrowedFd) -> Result<Self, Error> {
        let file = rustix::fs::openat(proc, "self/exe", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
            .map_err(|e| Error::new("open", "/proc/self/exe", e))?;
        let tree = mount::copy_of_place(&file, Path::new("/proc/self/exe")).ok();
        Ok(Executable { file, tree })
    }

    /// Makes sure that the caller, who has the shell's rights and a copy of the host's table, may execute the program, and can mount it.
    ///
    /// # Errors
    /// The kernel's error, or that the path leads to another file by now.
    pub fn of_the_run(self, proc: BorrowedFd) -> Result<Program, Error> {
        let own = format!("self/fd/{}", self.file.as_raw_fd());
        rustix::fs::accessat(proc, own, Access::EXEC_OK, AtFlags::empty())
            .map_err(|e| Error::new("execute", "isolab's own file", e))?;
        if let Some(tree) = self.tree {
            return Ok(Program { file: self.file, tree });
        }
        let path = rustix::fs::readlinkat(proc, "self/exe", Vec::new())
            .map_err(|e| Error::new("readlink", "/proc/self/exe", e))?;
        let path = PathBuf::from(path.to_string_lossy().into_owned());
        let found = open_place(&path)?;
        if !same(&found, &self.file) {
            return Err(Error::new("open", path.display(), Errno(libc::ESTALE)));
        }
        let tree = mount::copy_of_place(&found, &path)?;
        Ok(Program { file: self.file, tree })
    }
}

impl Program {
    /// Mounts the commands in the caller's table, whose covers are laid; gives their directory. `foreign` are the devices of the host's filesystems.
    ///
    /// # Errors
    /// Why there are none.
    pub fn attach(self, proc: BorrowedFd, foreign: &BTreeSet<String>) -> Result<PathBuf, NoWorkloads> {
        let refused = |e: Error| NoWorkloads::Refused { cause: e.to_string() };
        let text = super::place::read_at(proc, "self/mountinfo")
            .map_err(|e| refused(Error::new("read", "/proc/self/mountinfo", Errno::of(&e))))?;
        let table = mountinfo::parse(&text);
        for place in PLACES.map(Path::new) {
            let directory = place.join(DIRECTORY);
            // A shell before this one, in the same table.
            let there = open_place(&directory.join(NAMES[0]));
            if there.is_ok_and(|file| same(&file, &self.file)) {
                return Ok(directory);
            }
            let cover = mountinfo::covering(&table, place).is_some_and(|m| {
                m.at == place && m.fstype == "tmpfs" && m.read_only && !foreign.contains(&m.device)
            });
            if cover && std::fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_none()) {
                return furnish(&self.tree, place).map(|()| directory).map_err(refused);
            }
        }
        Err(NoWorkloads::NoPlace)
    }
}

fn same(one: &OwnedFd, other: &OwnedFd) -> bool {
    let identity = |fd: &OwnedFd| rustix::fs::fstat(fd).map(|s| (s.st_dev, s.st_ino));
    matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
}

/// A small filesystem over the place: the program under the first of the names, and links to it.
fn furnish(program: &OwnedFd, place: &Path) -> Result<(), Error> {
    let failed =
        |operation: &str, what: &Path, e: rustix::io::Errno| Error::new(operation, what.display(), e);
    let options = [("size", "64k"), ("nr_inodes", "64"), ("mode", "755")];
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let new = mount::detached("tmpfs", &options, flags)?;
    let directory = Path::new(DIRECTORY);
    rustix::fs::mkdirat(&new, directory, Mode::from_raw_mode(0o755))
        .map_err(|e| failed("mkdir", directory, e))?;
    let [first, others @ ..] = NAMES;
    let file = directory.join(first);
    let created = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
    rustix::fs::openat(&new, &file, created, Mode::from_raw_mode(0o444))
        .map_err(|e| failed("open", &file, e))?;
    for name in others {
        let link = directory.join(name);
        rustix::fs::symlinkat(first, &new, &link).map_err(|e| failed("symlink", &link, e))?;
    }
    mount::attach(&new, CWD, place, place)?;
    mount::attach(program, &new, &file, &place.join(&file))?;
    mount::set_read_only(place, true, true)
}
