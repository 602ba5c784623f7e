//! Namespaces: `unshare(2)`, `setns(2)`, and who owns one.

use super::Result;
use super::raw;
use super::record::{self, done};
use crate::calls::{names, word};
use crate::model::Ns;
use nix::sched::CloneFlags;
use std::os::fd::AsFd;

/// The flags by name, as the manual writes them.
pub fn flag_text(flags: CloneFlags) -> String {
    word::flags(u64::from(flags.bits().cast_unsigned()), names::CLONE)
}

/// `unshare(flags)`: the caller moves into new namespaces, except for PID and time, which only its later children enter.
pub fn unshare(flags: CloneFlags) -> Result<()> {
    let result = nix::sched::unshare(flags);
    done("unshare", &[flag_text(flags)], flag_text(flags), result)
}

/// `setns(fd, flag)`: the caller joins a namespace of this type, except for PID and time, which only its later children do.
pub fn setns(fd: impl AsFd, shown: &str, ns: Ns) -> Result<()> {
    let descriptor = record::object(&fd, ns.kind().link());
    let result = nix::sched::setns(fd, ns.flag());
    done("setns", &[descriptor, ns.flag_name().to_owned()], shown, result)
}

/// The link of the user namespace that owns a namespace, `user:[4026531837]`; for a user namespace its parent (`ioctl_nsfs(2)`). Nothing where
/// the kernel does not tell: before 4.9, and for what lies outside of the caller's own user namespace.
pub fn owner(fd: impl AsFd, ns: Ns) -> Option<String> {
    let which = if ns == Ns::User { raw::Relative::Parent } else { raw::Relative::Owner };
    let owner = raw::namespace_relative(fd.as_fd(), which).ok()?;
    let inode = rustix::fs::fstat(owner).ok()?.st_ino;
    Some(format!("user:[{inode}]"))
}
