//! Namespaces: `unshare(2)`, `setns(2)`, and who owns one.

use super::Result;
use super::raw;
use super::record::{self, done};
use crate::calls::{names, word};
use nix::sched::CloneFlags;
use std::os::fd::AsFd;

/// `CLONE_NEWTIME`, which nix does not name (`linux/sched.h`).
pub const CLONE_NEWTIME: i32 = 0x80;

/// The flag for a link name below `/proc/PID/ns`.
pub fn flag(link: &str) -> Option<CloneFlags> {
    Some(match link {
        "uts" => CloneFlags::CLONE_NEWUTS,
        "pid" | "pid_for_children" => CloneFlags::CLONE_NEWPID,
        "mnt" => CloneFlags::CLONE_NEWNS,
        "net" => CloneFlags::CLONE_NEWNET,
        "ipc" => CloneFlags::CLONE_NEWIPC,
        "user" => CloneFlags::CLONE_NEWUSER,
        "cgroup" => CloneFlags::CLONE_NEWCGROUP,
        "time" | "time_for_children" => CloneFlags::from_bits_retain(CLONE_NEWTIME),
        _ => return None,
    })
}

/// The flags by name, as the manual writes them.
pub fn flag_text(flags: CloneFlags) -> String {
    word::flags(u64::from(flags.bits().cast_unsigned()), names::CLONE)
}

/// What the kernel calls a namespace of this type where it shows it: `uts:[4026531838]`.
fn type_name(flag: CloneFlags) -> &'static str {
    const TYPES: [&str; 8] = ["uts", "pid", "mnt", "net", "ipc", "user", "cgroup", "time"];
    TYPES.into_iter().find(|name| self::flag(name) == Some(flag)).unwrap_or("")
}

/// `unshare(flags)`: the caller moves into new namespaces, except for PID and time, which only its later children enter.
pub fn unshare(flags: CloneFlags) -> Result<()> {
    let result = nix::sched::unshare(flags);
    done("unshare", &[flag_text(flags)], flag_text(flags), result)
}

/// `setns(fd, flag)`: the caller joins, except for PID and time, which only its later children do.
pub fn setns(fd: impl AsFd, shown: &str, flag: CloneFlags) -> Result<()> {
    let descriptor = record::object(&fd, type_name(flag));
    let result = nix::sched::setns(fd, flag);
    done("setns", &[descriptor, flag_text(flag)], shown, result)
}

/// The link of the user namespace that owns a namespace, `user:[4026531837]`; for a user namespace its parent (`ioctl_nsfs(2)`). Nothing where
/// the kernel does not tell: before 4.9, and for what lies outside of the caller's own user namespace.
pub fn owner(fd: impl AsFd, kind: &str) -> Option<String> {
    let which = if kind == "user" { raw::Relative::Parent } else { raw::Relative::Owner };
    let owner = raw::namespace_relative(fd.as_fd(), which).ok()?;
    let inode = rustix::fs::fstat(owner).ok()?.st_ino;
    Some(format!("user:[{inode}]"))
}
