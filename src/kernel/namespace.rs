//! Namespaces: `unshare(2)`, `setns(2)`.

use super::record::call;
use super::{Error, Result};
use crate::model::Errno;
use nix::sched::CloneFlags;
use std::os::fd::{AsFd, AsRawFd};

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
    let names = [
        (CloneFlags::CLONE_NEWNS, "CLONE_NEWNS"),
        (CloneFlags::CLONE_NEWCGROUP, "CLONE_NEWCGROUP"),
        (CloneFlags::CLONE_NEWUTS, "CLONE_NEWUTS"),
        (CloneFlags::CLONE_NEWIPC, "CLONE_NEWIPC"),
        (CloneFlags::CLONE_NEWUSER, "CLONE_NEWUSER"),
        (CloneFlags::CLONE_NEWPID, "CLONE_NEWPID"),
        (CloneFlags::CLONE_NEWNET, "CLONE_NEWNET"),
        (CloneFlags::from_bits_retain(CLONE_NEWTIME), "CLONE_NEWTIME"),
    ];
    let found: Vec<&str> = names.iter().filter(|(f, _)| flags.contains(*f)).map(|(_, n)| *n).collect();
    if found.is_empty() { "0".to_owned() } else { found.join("|") }
}

/// `unshare(flags)`: the caller moves into new namespaces, except for PID and time, which only its later children enter.
pub fn unshare(flags: CloneFlags) -> Result<()> {
    let result = nix::sched::unshare(flags);
    call("unshare", &[flag_text(flags)], result.map(|()| 0))
        .map(|_| ())
        .map_err(|e| Error::new("unshare", flag_text(flags), e))
}

/// `setns(fd, flag)`: the caller joins, except for PID and time, which only its later children do.
pub fn setns(fd: impl AsFd, shown: &str, flag: CloneFlags) -> Result<()> {
    let number = fd.as_fd().as_raw_fd();
    let result = nix::sched::setns(fd, flag);
    call("setns", &[format!("{number}<{shown}>"), flag_text(flag)], result.map(|()| 0))
        .map(|_| ())
        .map_err(|e| Error::new("setns", shown, Errno::from(e)))
}
