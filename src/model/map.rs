//! Who is in which namespace (`namespaces(7)`).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The namespaces of the run's processes and of the host, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NamespaceMap {
    /// The lab's own process first, called `host`; then boxes and workloads in the order of the lesson, then whatever else they have started.
    pub members: Vec<Member>,
    /// Every namespace that a member is in or holds, by the name that `/proc/PID/ns` links to (`uts:[4026531838]`).
    pub namespaces: BTreeMap<String, Namespace>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Member {
    /// `host`, the box's or workload's name, else the command's (`comm`).
    pub name: String,
    /// Its number in the host's PID namespace.
    pub pid: i32,
    /// The number of its parent there.
    pub parent: i32,
    /// Its numbers from the host's PID namespace to its own (`NSpid` in `proc_pid_status(5)`).
    pub numbers: Vec<i32>,
    /// Links by type: `uts` → `uts:[4026531838]`. A type that cannot be read is missing.
    pub links: BTreeMap<String, String>,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Namespace {
    /// Its type, as files in `/proc/PID/ns` are called: `uts`, `pid`, `mnt`, `user`, `net`, `ipc`, `cgroup`, `time`.
    pub kind: String,
    /// The user namespace that owns it (`NS_GET_USERNS`, `ioctl_ns(2)`), by its link; for a user namespace its parent. Nothing where the kernel
    /// does not tell.
    pub owner: Option<String>,
    /// What keeps it besides its members: open descriptors and bind mounts, in words (`open in keeper: fd 5`).
    pub kept_by: Vec<String>,
}
