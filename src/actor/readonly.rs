//! What a person's shell may write to: the run's own, and nothing else. Everything else in its mount table is made read-only, over and above
//! what the kernel's permissions already forbid.

use super::execute::Failure;
use super::place::read_at;
use super::protocol::ShellSpec;
use crate::kernel::{Error, mount};
use crate::model::Errno;
use crate::probe::mountinfo::{self, Mount};
use nix::mount::MsFlags;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{MoveMountFlags, OpenTreeFlags};
use std::collections::BTreeMap;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A `/tmp` of the shell's own holds so much.
const TMP: &str = "16M";

/// Closes off the mount table that the caller is in; `copied` says that it is the caller's own copy. Gives what is to be told of it.
///
/// # Errors
/// When the table cannot be made so, as before Linux 5.12; then there must be no shell.
pub fn close_off(spec: &ShellSpec, proc: BorrowedFd, copied: bool) -> Result<Vec<String>, Failure> {
    let table = || -> Result<Vec<Mount>, Failure> {
        let text = read_at(proc, "self/mountinfo")
            .map_err(|e| Error::new("read", "/proc/self/mountinfo", Errno::of(&e)))?;
        Ok(mountinfo::parse(&text))
    };
    let mut open: Vec<&PathBuf> = Vec::new();
    for directory in std::iter::once(&spec.workspace).chain(&spec.cgroups) {
        if directory.is_dir() {
            on_itself(directory, &table()?)?;
            open.push(directory);
        }
    }
    let tmp = Path::new("/tmp");
    let private = tmp.is_dir() && !spec.workspace.starts_with(std::fs::canonicalize(tmp).unwrap_or_default());
    // A shell before this one may have left one in the box's own table.
    let there = table()?.iter().any(|m| m.at == tmp && !spec.foreign.contains(&m.device));
    if private && !there {
        let data = format!("size={TMP},mode=1777");
        mount::mount(Some("tmpfs"), tmp, Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV, Some(&data))?;
    }
    // Of several mounts on one place the last is the one that a path leads to.
    let topmost: BTreeMap<PathBuf, Mount> = table()?.into_iter().map(|m| (m.at.clone(), m)).collect();
    mount::set_read_only(Path::new("/"), true, true)?;
    for (at, mount) in &topmost {
        let own = !spec.foreign.contains(&mount.device);
        let needed = mount.fstype == "proc" || open.contains(&at);
        if (own || needed) && !mount.read_only {
            match mount::set_read_only(at, false, false) {
                // Hidden below something else: no path leads there, so nobody can write to it either.
                Err(e) if e.errno == Errno(libc::EINVAL) && !open.contains(&at) => {}
                result => result?,
            }
        }
    }
    Ok(told(spec, copied, private))
}

fn told(spec: &ShellSpec, copied: bool, private: bool) -> Vec<String> {
    let whose = if copied {
        format!("{} shares the host's mount table; this shell has a copy of it.", spec.of)
    } else {
        format!("This is the mount table of {} itself: it sees what is mounted here.", spec.of)
    };
    let tmp = if private { format!(", and a /tmp of {TMP} that goes with the run") } else { String::new() };
    let groups = if spec.cgroups.is_empty() { "" } else { ", the run's cgroups" };
    let mut all = Vec::new();
    // What reaches furthest first: not all of it may be in sight.
    if spec.hosts_processes {
        all.push(format!("kill reaches whatever runs as uid {} on this machine.", spec.uid));
    }
    if spec.hosts_network {
        all.push("This shell is in the host's network and reaches what the host reaches.".to_owned());
    }
    all.extend([
        format!(
            "Writable: the run's files in {}{groups}, what the run has mounted{tmp}.",
            spec.workspace.display()
        ),
        "Everything else is mounted read-only, except for /proc, which the kernel guards by permissions."
            .to_owned(),
        "That is against slips of the hand: root of a mount table can mount a place writable again."
            .to_owned(),
        whose,
    ]);
    all
}

/// Binds a directory on itself, so that it is a mount with flags of its own, and takes along what the run has mounted in it.
fn on_itself(directory: &Path, table: &[Mount]) -> Result<(), Failure> {
    // It is one already when there was a shell before, or one in a box from which mounts come.
    let Some(around) = mountinfo::covering(table, directory).filter(|m| m.at != directory) else {
        return Ok(());
    };
    let mut inside: BTreeMap<&PathBuf, OwnedFd> = BTreeMap::new();
    for mount in table.iter().filter(|m| m.parent == around.id && m.at.starts_with(directory)) {
        let place = rustix::fs::openat(CWD, &mount.at, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        inside.insert(&mount.at, place.map_err(|e| Error::new("open", mount.at.display(), e))?);
    }
    mount::mount(Some(&directory.to_string_lossy()), directory, None, MsFlags::MS_BIND, None)?;
    for (at, fd) in inside {
        // Not moved: then the table would stand in another order than a copy of it, and what lies on a shared mount cannot be moved at all
        // (mount_namespaces(7)).
        copy(&fd, at).map_err(|e| Error::new("move_mount", at.display(), e))?;
        // The old one lies below now. Where /proc does not lead to it, it stays there unseen.
        let _ = mount::umount(&super::frame::path_of(&fd), true);
    }
    Ok(())
}

fn copy(fd: &OwnedFd, to: &Path) -> rustix::io::Result<()> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_EMPTY_PATH;
    let tree = rustix::mount::open_tree(fd, "", flags)?;
    rustix::mount::move_mount(&tree, "", CWD, to, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}
