//! What makes a process a container: everything that the kernel tells of its surroundings, in one fixed order.

use super::{Errno, Ns};
use serde::Serialize;
use std::fmt;

/// What was read, or why it could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer<T> {
    /// What the kernel told.
    Known(T),
    /// The kernel refused, or has no such file.
    Unreadable {
        /// Its answer.
        error: Errno,
    },
}

impl<T> Answer<T> {
    /// The value, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Answer::Known(value) => Some(value),
            Answer::Unreadable { .. } => None,
        }
    }
}

impl<T> From<std::io::Result<T>> for Answer<T> {
    fn from(read: std::io::Result<T>) -> Self {
        match read {
            Ok(value) => Answer::Known(value),
            Err(e) => Answer::Unreadable { error: Errno::of(&e) },
        }
    }
}

/// One process and its surroundings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fingerprint {
    /// Its number for the reader.
    pub pid: i32,
    /// Its name (`/proc/PID/comm`).
    pub command: Answer<String>,
    /// Its numbers, one a PID namespace, outermost first (`NSpid`).
    pub pids: Answer<Vec<i32>>,
    /// Its namespaces, in the order of their names.
    pub namespaces: Vec<NamespaceId>,
    /// Its ids and how they are translated.
    pub ids: Ids,
    /// Its root directory in the reader's view (`/proc/PID/root`).
    pub root: Answer<String>,
    /// Its mount table.
    pub mounts: Answer<Vec<MountLine>>,
    /// Its cgroups, and the limits that are set there and above.
    pub cgroups: Answer<Vec<CgroupPlace>>,
    /// Its five sets of capabilities.
    pub capabilities: Vec<CapabilitySet>,
    /// `0`, `1` (strict) or `2` (filter): `Seccomp` in `/proc/PID/status`.
    pub seccomp: Answer<String>,
    /// Whether `execve(2)` can give it more rights: `NoNewPrivs`.
    pub no_new_privs: Answer<String>,
    /// The label of the security module (`/proc/PID/attr/current`).
    pub label: Answer<String>,
    /// The device nodes below its `/dev`.
    pub devices: Answer<Vec<DeviceNode>>,
    /// The interfaces of its network namespace.
    pub interfaces: Answer<Vec<String>>,
    /// The names of its environment's variables, without values.
    pub environment: Answer<Vec<String>>,
    /// Its open descriptors.
    pub descriptors: Answer<Vec<Descriptor>>,
}

/// One namespace of the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamespaceId {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Ns,
    /// Its identity: the inode number of `/proc/PID/ns/TYPE`.
    pub id: Answer<u64>,
    /// That of the machine: of process 1, or where that may not be read, the number that the kernel gives to the first one.
    pub machine: Option<u64>,
}

/// User and group ids, and the maps of the user namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ids {
    /// Real, effective, saved and filesystem id, in the reader's user namespace.
    pub uid: Answer<String>,
    /// The same of the group.
    pub gid: Answer<String>,
    /// Supplementary groups.
    pub groups: Answer<String>,
    /// The lines of `/proc/PID/uid_map`.
    pub uid_map: Answer<Vec<String>>,
    /// The lines of `/proc/PID/gid_map`.
    pub gid_map: Answer<Vec<String>>,
    /// `allow` or `deny`.
    pub setgroups: Answer<String>,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MountLine {
    /// Where it is mounted, in the process's view.
    pub at: String,
    /// The type of the filesystem.
    pub filesystem: String,
    /// The directory of the filesystem that is shown there: not `/` for a bind mount of a part.
    pub part: String,
    /// The options of this mount.
    pub options: String,
    /// The options of the filesystem.
    pub filesystem_options: String,
    /// `private`, `shared`, `slave`, `unbindable`, or `shared,slave`.
    pub propagation: &'static str,
}

/// The cgroup of one hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CgroupPlace {
    /// The controllers of the hierarchy, as `/proc/PID/cgroup` writes them; none for v2.
    pub controllers: Vec<String>,
    /// The cgroup, from the top of the reader's cgroup namespace.
    pub path: String,
    /// The limits that are set in it and in those above it, the nearest first.
    pub limits: Vec<Limit>,
}

/// A control file that does not have the kernel's own value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The cgroup that has it.
    pub at: String,
    /// The name of the file.
    pub file: &'static str,
    /// What it holds; several lines are separated by `; `.
    pub value: String,
}

/// One set of capabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CapabilitySet {
    /// As `/proc/PID/status` calls it: `CapInh`, `CapPrm`, `CapEff`, `CapBnd`, `CapAmb`.
    pub set: &'static str,
    /// Its bits, in hexadecimal.
    pub bits: Answer<String>,
    /// Those that it has.
    pub names: Vec<String>,
}

/// A device node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceNode {
    /// Its path.
    pub path: String,
    /// `c` for a character device, `b` for a block device.
    pub kind: char,
    /// Its major number.
    pub major: u32,
    /// Its minor number.
    pub minor: u32,
}

/// An open descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    /// Its number.
    pub number: u32,
    /// What it stands for.
    pub kind: DescriptorKind,
}

/// What a descriptor can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DescriptorKind {
    /// A file with contents.
    File,
    /// A directory.
    Directory,
    /// A character device, as a terminal is.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A pipe, with or without a name.
    Pipe,
    /// A socket.
    Socket,
    /// A namespace.
    Namespace,
    /// An object without a name in any filesystem, such as an epoll.
    Anonymous,
    /// It was closed before it was looked at, or may not be looked at.
    Unknown,
}

impl fmt::Display for DescriptorKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            DescriptorKind::File => "file",
            DescriptorKind::Directory => "directory",
            DescriptorKind::CharacterDevice => "character device",
            DescriptorKind::BlockDevice => "block device",
            DescriptorKind::Pipe => "pipe",
            DescriptorKind::Socket => "socket",
            DescriptorKind::Namespace => "namespace",
            DescriptorKind::Anonymous => "anonymous object",
            DescriptorKind::Unknown => "unknown",
        })
    }
}
