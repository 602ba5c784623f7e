//! Mounts: `mount(2)`, `umount2(2)`, `mount_setattr(2)`, `pivot_root(2)`, `chroot(2)`.

use super::raw;
use super::record::done;
use super::text::{names, quote, word};
use super::{Error, Result};
use nix::mount::{MntFlags, MsFlags};
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
    let failed = |e: nix::errno::Errno| Error::new("mount_setattr", path.display(), e);
    let text =
        std::ffi::CString::new(path.as_os_str().as_bytes()).map_err(|_| failed(nix::errno::Errno::EINVAL))?;
    let (set, clear) = if read_only { (MOUNT_ATTR_RDONLY, 0) } else { (0, MOUNT_ATTR_RDONLY) };
    raw::mount_setattr(&text, recursive, set, clear).map_err(failed)
}
