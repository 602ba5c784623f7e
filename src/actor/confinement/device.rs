//! A `/dev` with a few harmless devices, and the mounts on top of a cover.

use crate::actor::execute::Failure;
use crate::kernel::{Error, mount};
use crate::probe::mountinfo::Mount;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::mount::MountAttrFlags;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

/// The size of the private `/tmp` and `/dev/shm` of a program or shell.
pub const SCRATCH: &str = "16M";

/// Devices that hold nobody's data. `tty` is the caller's own terminal (`tty(4)`), if it has one.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const LINKS: [(&str, &str); 4] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
];
const TERMINALS: &str = "pts";
/// The directory of shared memory (`shm_overview(7)`).
pub const SHARED_MEMORY: &str = "shm";

/// Whether a mount is one of these devices and nothing else, as in a `/dev` made here. In a container `/dev` is a tmpfs.
pub fn is_harmless(mount: &Mount) -> bool {
    let name = mount.root.strip_prefix('/').unwrap_or("");
    ["devtmpfs", "tmpfs"].contains(&mount.fstype.as_str()) && DEVICES.contains(&name)
}

fn failed(operation: &str, path: &Path, e: rustix::io::Errno) -> Failure {
    Error::new(operation, path.display(), e).into()
}

/// Makes a directory below another one, with its missing parents.
fn directories(root: &OwnedFd, path: &Path) -> Result<(), Failure> {
    let mut so_far = PathBuf::new();
    for part in path.components().filter(|c| matches!(c, Component::Normal(_))) {
        so_far.push(part);
        match rustix::fs::mkdirat(root, &so_far, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(e) => return Err(failed("mkdir", &so_far, e)),
        }
    }
    Ok(())
}

fn file(root: &OwnedFd, path: &Path) -> Result<(), Failure> {
    directories(root, path.parent().unwrap_or(Path::new("")))?;
    let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
    rustix::fs::openat(root, path, flags, Mode::from_raw_mode(0o444))
        .map(drop)
        .map_err(|e| failed("open", path, e))
}

/// Makes a mount point below a new filesystem for this tree.
pub fn place_for(root: &OwnedFd, tree: &OwnedFd, path: &Path) -> Result<(), Failure> {
    let told = rustix::fs::statat(tree, "", AtFlags::EMPTY_PATH).map_err(|e| failed("stat", path, e))?;
    match FileType::from_raw_mode(told.st_mode) {
        FileType::Directory => directories(root, path),
        _ => file(root, path),
    }
}

/// What a new `/dev` keeps of the `/dev` at this path: copies of mounts of single files, with their names in the new one. Devices that the machine lacks
/// are left out.
pub fn kept(dev: &Path, terminal: Option<&Path>) -> Vec<(PathBuf, OwnedFd)> {
    let device = |name: &str| Some((PathBuf::from(name), mount::copy_of_tree(&dev.join(name)).ok()?));
    let own =
        terminal.and_then(|t| Some((t.strip_prefix(dev).ok()?.to_owned(), mount::copy_of_tree(t).ok()?)));
    DEVICES.iter().filter_map(|name| device(name)).chain(own).collect()
}

/// Makes the mount points in a new `/dev`.
pub fn prepare(dev: &OwnedFd, devices: &[(PathBuf, OwnedFd)]) -> Result<(), Failure> {
    directories(dev, Path::new(TERMINALS))?;
    directories(dev, Path::new(SHARED_MEMORY))?;
    for (name, tree) in devices {
        place_for(dev, tree, name)?;
    }
    for (target, name) in LINKS {
        rustix::fs::symlinkat(target, dev, name).map_err(|e| failed("symlink", Path::new(name), e))?;
    }
    Ok(())
}

/// Mounts the contents of a new `/dev`, once it is in place at `at`.
pub fn furnish(dev: &OwnedFd, devices: &[(PathBuf, OwnedFd)], at: &Path) -> Result<(), Failure> {
    for (name, tree) in devices {
        mount::attach(tree, dev, name, &at.join(name))?;
    }
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let memory = mount::detached("tmpfs", &[("size", SCRATCH), ("mode", "1777")], flags)?;
    Ok(mount::attach(&memory, dev, Path::new(SHARED_MEMORY), &at.join(SHARED_MEMORY))?)
}
