//! Mounts: `mount(2)` and the calls that have followed it, `umount2(2)`, `mount_setattr(2)`, `pivot_root(2)`, `chroot(2)`.

use super::raw;
use super::record::done;
use super::{Error, Result};
use crate::calls::{names, quote, structure, word};
use nix::mount::{MntFlags, MsFlags};
use rustix::fs::{CWD, StatVfsMountFlags};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

fn path_text(path: &Path) -> String {
    quote(path.as_os_str().as_encoded_bytes())
}

/// `mount(source, target, fstype, flags, data)`.
pub fn mount(
    source: Option<&str>,
    target: &Path,
    fstype: Option<&str>,
    flags: MsFlags,
    data: Option<&str>,
) -> Result<()> {
    let result = nix::mount::mount(source, target, fstype, flags, data);
    let text = |t: Option<&str>| t.map_or("NULL".to_owned(), quote);
    let args =
        [text(source), path_text(target), text(fstype), word::flags(flags.bits(), names::MS), text(data)];
    done("mount", &args, target.display(), result)
}

/// The flags of a mount that `statvfs(3)` reports, and the flags of `mount(2)` that set them.
const KEPT: [(StatVfsMountFlags, MsFlags); 7] = [
    (StatVfsMountFlags::RDONLY, MsFlags::MS_RDONLY),
    (StatVfsMountFlags::NOSUID, MsFlags::MS_NOSUID),
    (StatVfsMountFlags::NODEV, MsFlags::MS_NODEV),
    (StatVfsMountFlags::NOEXEC, MsFlags::MS_NOEXEC),
    (StatVfsMountFlags::NOATIME, MsFlags::MS_NOATIME),
    (StatVfsMountFlags::NODIRATIME, MsFlags::MS_NODIRATIME),
    (StatVfsMountFlags::RELATIME, MsFlags::MS_RELATIME),
];

/// `mount(NULL, target, NULL, MS_REMOUNT|MS_BIND|…)`: makes one mount read-only, or undoes that. A remount sets all flags of a mount anew, so the existing
/// ones are read first and set again; in a user namespace the kernel refuses to clear flags that were inherited (`mount_namespaces(7)`).
pub fn remount_read_only(target: &Path, read_only: bool) -> Result<()> {
    remount(target, MsFlags::MS_RDONLY, read_only)
}

/// The same with `MS_NODEV`: no device is opened by way of this mount.
pub fn remount_nodev(target: &Path) -> Result<()> {
    remount(target, MsFlags::MS_NODEV, true)
}

fn remount(target: &Path, changed: MsFlags, on: bool) -> Result<()> {
    let found = rustix::fs::statvfs(target).map_err(|e| Error::new("statvfs", target.display(), e))?;
    let mut flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND;
    flags.extend(KEPT.iter().filter(|(seen, _)| found.f_flag.contains(*seen)).map(|(_, flag)| *flag));
    flags.set(changed, on);
    mount(None, target, None, flags, None)
}

/// `umount2(target, flags)`.
pub fn umount(target: &Path, detach: bool) -> Result<()> {
    let flags = if detach { MntFlags::MNT_DETACH } else { MntFlags::empty() };
    let result = nix::mount::umount2(target, flags);
    let shown = word::flags(flags.bits() as u64, names::UMOUNT);
    done("umount2", &[path_text(target), shown], target.display(), result)
}

/// `pivot_root(new, old)`.
pub fn pivot_root(new: &Path, old: &Path) -> Result<()> {
    let result = nix::unistd::pivot_root(new, old);
    done("pivot_root", &[path_text(new), path_text(old)], new.display(), result)
}

/// `chroot(path)`. The working directory stays where it is, which is how a caller gets out again.
pub fn chroot(path: &Path) -> Result<()> {
    let result = nix::unistd::chroot(path);
    done("chroot", &[path_text(path)], path.display(), result)
}

/// `chdir(path)`.
pub fn chdir(path: &Path) -> Result<()> {
    let result = nix::unistd::chdir(path);
    done("chdir", &[path_text(path)], path.display(), result)
}

/// `mount_setattr(2)` (kernel 5.12): makes a mount read-only or takes that back, with all mounts below it when `recursive`.
pub fn set_read_only(path: &Path, recursive: bool, read_only: bool) -> Result<()> {
    use std::os::unix::ffi::OsStrExt;
    const MOUNT_ATTR_RDONLY: u64 = 1;
    let text = std::ffi::CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Error::new("mount_setattr", path.display(), nix::errno::Errno::EINVAL))?;
    let (set, clear) = if read_only { (MOUNT_ATTR_RDONLY, 0) } else { (0, MOUNT_ATTR_RDONLY) };
    let result = raw::mount_setattr(&text, recursive, set, clear);
    let shown = raw::MountAttributes { set, clear, propagation: 0, user_namespace: 0 };
    let args = [
        "AT_FDCWD".to_owned(),
        path_text(path),
        word::flags(raw::recursion(recursive).into(), names::AT),
        structure::mount_attributes(&shown.bytes()),
        std::mem::size_of::<raw::MountAttributes>().to_string(),
    ];
    done("mount_setattr", &args, path.display(), result)
}

/// A new filesystem of this type with these options, as a detached mount (`fsopen(2)`, `fsconfig(2)`, `fsmount(2)`; kernel 5.2).
pub fn detached(fstype: &str, options: &[(&str, &str)], attributes: MountAttrFlags) -> Result<OwnedFd> {
    let failed = |operation: &str, e| Error::new(operation, fstype, e);
    let fs = rustix::mount::fsopen(fstype, FsOpenFlags::FSOPEN_CLOEXEC).map_err(|e| failed("fsopen", e))?;
    for (key, value) in options {
        rustix::mount::fsconfig_set_string(&fs, *key, *value).map_err(|e| failed("fsconfig", e))?;
    }
    rustix::mount::fsconfig_create(&fs).map_err(|e| failed("fsconfig", e))?;
    rustix::mount::fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes).map_err(|e| failed("fsmount", e))
}

/// A detached copy of the mount at this path and of all mounts below it (`open_tree(2)`; kernel 5.2). A link is not followed.
pub fn copy_of_tree(path: &Path) -> Result<OwnedFd> {
    let flags = OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
    copy(CWD, path, flags, path)
}

/// The same for the place of a descriptor, which an error calls `shown`.
pub fn copy_of_place(place: impl AsFd, shown: &Path) -> Result<OwnedFd> {
    copy(place, Path::new(""), OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::AT_EMPTY_PATH, shown)
}

fn copy(directory: impl AsFd, path: &Path, flags: OpenTreeFlags, shown: &Path) -> Result<OwnedFd> {
    let flags = flags | OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    rustix::mount::open_tree(directory, path, flags).map_err(|e| Error::new("open_tree", shown.display(), e))
}

/// Attaches a detached mount to `path` below `directory`, or to `directory` itself if the path is empty (`move_mount(2)`). An error calls the place
/// `shown`.
pub fn attach(tree: &OwnedFd, directory: impl AsFd, path: &Path, shown: &Path) -> Result<()> {
    let mut flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    if path == Path::new("") {
        flags |= MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    }
    rustix::mount::move_mount(tree, "", directory, path, flags)
        .map_err(|e| Error::new("move_mount", shown.display(), e))
}
