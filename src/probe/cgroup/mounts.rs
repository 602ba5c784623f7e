//! Where cgroup hierarchies are mounted (`proc_pid_mountinfo(5)`), and which cgroup of each a process is in
//! (`/proc/PID/cgroup`, `cgroups(7)`).

use crate::probe::{mountinfo, text};
use crate::vocabulary::Version;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CgroupMount {
    pub version: Version,
    /// The cgroup that the mount shows at its top.
    pub root: PathBuf,
    /// Where it is mounted.
    pub at: PathBuf,
    /// v1: the controllers, and other words among the super block's options.
    pub options: Vec<String>,
    pub read_only: bool,
}

/// The cgroup mounts of a mountinfo text.
pub(super) fn cgroup_mounts(mountinfo: &str) -> Vec<CgroupMount> {
    mountinfo::parse(mountinfo).into_iter().filter_map(cgroup_mount).collect()
}

fn cgroup_mount(mount: mountinfo::Mount) -> Option<CgroupMount> {
    let version = match mount.fstype.as_str() {
        "cgroup" => Version::V1,
        "cgroup2" => Version::V2,
        _ => return None,
    };
    let options: Vec<String> = mount.super_options.split(',').map(str::to_owned).collect();
    let read_only = mount.read_only || options.iter().any(|o| o == "ro");
    Some(CgroupMount { version, root: mount.root.into(), at: mount.at, options, read_only })
}

/// One line of `/proc/PID/cgroup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    /// The controllers of the hierarchy; none for v2.
    pub controllers: Vec<String>,
    /// The cgroup, from the top of the reader's cgroup namespace.
    pub path: PathBuf,
}

/// The lines of `/proc/PID/cgroup`.
pub(super) fn memberships(text: &str) -> Vec<Membership> {
    let parse = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let controllers = parts.next()?.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect();
        Some(Membership { controllers, path: PathBuf::from(parts.next()?) })
    };
    text.lines().filter_map(parse).collect()
}

impl CgroupMount {
    /// The directory of this cgroup in this mount; nothing when the mount does not show it (a container's mount may
    /// begin elsewhere in the tree).
    pub fn directory(&self, cgroup: &Path) -> Option<PathBuf> {
        let below = cgroup.strip_prefix(&self.root).ok()?;
        if below.components().any(|c| c == Component::ParentDir) {
            return None;
        }
        let mut directory = self.at.clone();
        directory.extend(below.components());
        Some(directory)
    }
}

/// The cgroup of a process in one hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The controllers of the hierarchy, as `/proc/PID/cgroup` writes them; none for v2.
    pub controllers: Vec<String>,
    /// The cgroup, from the top of the reader's cgroup namespace.
    pub path: PathBuf,
    /// The version of the hierarchy, its mount point and the cgroup's directory, where the reader has a mount that shows it.
    pub directory: Option<(Version, PathBuf, PathBuf)>,
}

/// The cgroups of the process whose directory below `/proc` is `process`, one for each hierarchy, in the order of the kernel.
///
/// # Errors
/// What the kernel answers to reading `/proc/PID/cgroup` or `/proc/self/mountinfo`.
pub fn places(proc_root: &Path, process: &Path) -> io::Result<Vec<Place>> {
    let mounts = cgroup_mounts(&text::read(&proc_root.join("self/mountinfo"))?);
    let members = memberships(&text::read(&process.join("cgroup"))?);
    let carries = |mount: &CgroupMount, member: &Membership| match mount.version {
        Version::V1 => member.controllers.first().is_some_and(|first| mount.options.contains(first)),
        Version::V2 => member.controllers.is_empty(),
    };
    let place = |member: Membership| {
        let mut of_it = mounts.iter().filter(|mount| carries(mount, &member));
        let directory =
            of_it.find_map(|mount| Some((mount.version, mount.at.clone(), mount.directory(&member.path)?)));
        Place { controllers: member.controllers, path: member.path, directory }
    };
    Ok(members.into_iter().map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cgroup_is_found_only_in_a_mount_that_shows_it() {
        let mount = |root: &str| CgroupMount {
            version: Version::V2,
            root: root.into(),
            at: "/sys/fs/cgroup".into(),
            options: vec![],
            read_only: false,
        };
        let find = |root: &str, cgroup: &str| mount(root).directory(Path::new(cgroup));
        assert_eq!(find("/", "/"), Some("/sys/fs/cgroup".into()));
        assert_eq!(find("/", "/a/b"), Some("/sys/fs/cgroup/a/b".into()));
        assert_eq!(find("/a", "/a/b"), Some("/sys/fs/cgroup/b".into()));
        assert_eq!(find("/docker/1", "/"), None, "a mount that begins below");
        assert_eq!(
            find("/../..", "/"),
            None,
            "a mount from outside the cgroup namespace: the names between are unknown"
        );
        assert_eq!(find("/", "/../x"), None, "a cgroup outside the cgroup namespace");
    }
}
