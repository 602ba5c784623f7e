//! What a lesson can ask of the machine: needs, which an author declares, and abilities, which a trial tries out.

use super::controller::Controller;
use crate::model::Ns;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A row each: the name, the word that the hidden command for trials takes, and the title in sentences and in the doctor's report.
macro_rules! abilities {
    ($($(#[$doc:meta])* $name:ident: $word:literal, $title:literal;)*) => {
        /// What a kernel may refuse to a box. A trial finds out by making the lessons' own calls; a verb or a need names the ability.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Ability {
            $($(#[$doc])* $name,)*
        }

        impl Ability {
            /// All of them, in the order of the doctor's report.
            pub const ALL: &[Ability] = &[$(Ability::$name,)*];

            /// Its word, such as `page-cache`.
            pub fn word(self) -> &'static str {
                match self {
                    $(Ability::$name => $word,)*
                }
            }

            /// Its name in sentences and reports: `UTS namespaces`.
            pub fn title(self) -> &'static str {
                match self {
                    $(Ability::$name => $title,)*
                }
            }
        }
    };
}

abilities! {
    /// A user namespace with root mapped, which another process joins, and in which a capability works.
    User: "user", "user namespaces";
    /// A user namespace made by a process that root has made an ordinary one.
    OrdinaryUser: "ordinary-user", "user namespaces for ordinary users";
    /// A UTS namespace.
    Uts: "uts", "UTS namespaces";
    /// A PID namespace and its own `/proc`.
    Pid: "pid", "PID namespaces";
    /// A mount namespace: a tmpfs, a bind mount and a read-only one in the workspace.
    Mount: "mount", "mount namespaces";
    /// A network namespace.
    Net: "net", "network namespaces";
    /// An IPC namespace.
    Ipc: "ipc", "IPC namespaces";
    /// A cgroup namespace.
    Cgroup: "cgroup", "cgroup namespaces";
    /// A time namespace.
    Time: "time", "time namespaces";
    /// Files of the workspace lie on a disk: their pages can be dropped from memory.
    PageCache: "page-cache", "files on a disk";
    /// Another root directory by `pivot_root(2)`.
    PivotRoot: "pivot-root", "pivot_root";
    /// A veth pair, made over netlink.
    Veth: "veth", "the veth driver";
    /// A bridge, made over netlink.
    Bridge: "bridge", "the bridge driver";
    /// A VXLAN, made over netlink.
    Vxlan: "vxlan", "the vxlan driver";
    /// A rule of nftables that writes other addresses.
    Nat: "nat", "NAT by nftables";
    /// A sysctl of a network namespace, written below `/proc/sys`.
    Sysctl: "sysctl", "sysctls of a network namespace";
    /// An overlay mount in the workspace, with the cases that the lessons use: copy-up, whiteout, opaque directory.
    Overlay: "overlay", "overlayfs";
    /// The walls around a lesson's program.
    Confinement: "confinement", "confined programs";
}

impl Ability {
    /// What making a namespace of this type takes; nothing for a user namespace, which every run has, and for links that are not a type of their own.
    pub fn to_make(ns: Ns) -> Option<Ability> {
        match ns {
            Ns::Uts => Some(Ability::Uts),
            Ns::Pid => Some(Ability::Pid),
            Ns::Mount => Some(Ability::Mount),
            Ns::Net => Some(Ability::Net),
            Ns::Ipc => Some(Ability::Ipc),
            Ns::Cgroup => Some(Ability::Cgroup),
            Ns::Time => Some(Ability::Time),
            Ns::User | Ns::PidForChildren | Ns::TimeForChildren => None,
        }
    }
}

/// What the machine must offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Need {
    /// UTS namespaces.
    UtsNs,
    /// PID namespaces with a `/proc` of their own.
    PidNs,
    /// Mount namespaces.
    MountNs,
    /// User namespaces that this user may make.
    UserNs,
    /// User namespaces that an ordinary user may make, no matter who runs the lab: for boxes with `user: host`.
    OrdinaryUserNs,
    /// Network namespaces.
    NetNs,
    /// IPC namespaces.
    IpcNs,
    /// Time namespaces.
    TimeNs,
    /// Cgroup namespaces.
    CgroupNs,
    /// The veth driver.
    Veth,
    /// The bridge driver.
    Bridge,
    /// The vxlan driver.
    Vxlan,
    /// NAT by nftables, and its table of connections.
    Nat,
    /// Overlay mounts in a user namespace.
    Overlayfs,
    /// The cpu controller, delegated to the run.
    CgroupCpu,
    /// The memory controller, delegated to the run.
    CgroupMemory,
    /// A range of ids that this user may map besides its own.
    IdRange,
    /// `{ idle_cpus: 2 }`: this many CPUs that nothing else uses at the moment.
    IdleCpus(u32),
    /// `{ cpus: 2 }`: this many CPUs that the lab may use.
    Cpus(u32),
    /// `{ program: strace }`: a program in `PATH`.
    Program(String),
    /// `{ kernel: "5.11" }`: this version of the kernel or a later one.
    Kernel(KernelVersion),
}

/// What decides whether a machine meets a need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedBy<'a> {
    /// A trial of this ability.
    Trial(Ability),
    /// The delegation of this controller to the run.
    Delegation(Controller),
    /// The ids that the starter may map.
    IdRange,
    /// How many CPUs are idle, at the moment when it matters.
    IdleCpus(u32),
    /// How many CPUs the lab may use.
    Cpus(u32),
    /// A program in `PATH`.
    Program(&'a str),
    /// The kernel's version.
    Kernel(KernelVersion),
}

impl Need {
    /// What decides on it.
    pub fn decided_by(&self) -> DecidedBy<'_> {
        match self {
            Need::UtsNs => DecidedBy::Trial(Ability::Uts),
            Need::PidNs => DecidedBy::Trial(Ability::Pid),
            Need::MountNs => DecidedBy::Trial(Ability::Mount),
            Need::UserNs => DecidedBy::Trial(Ability::User),
            Need::OrdinaryUserNs => DecidedBy::Trial(Ability::OrdinaryUser),
            Need::NetNs => DecidedBy::Trial(Ability::Net),
            Need::IpcNs => DecidedBy::Trial(Ability::Ipc),
            Need::TimeNs => DecidedBy::Trial(Ability::Time),
            Need::CgroupNs => DecidedBy::Trial(Ability::Cgroup),
            Need::Veth => DecidedBy::Trial(Ability::Veth),
            Need::Bridge => DecidedBy::Trial(Ability::Bridge),
            Need::Vxlan => DecidedBy::Trial(Ability::Vxlan),
            Need::Nat => DecidedBy::Trial(Ability::Nat),
            Need::Overlayfs => DecidedBy::Trial(Ability::Overlay),
            Need::CgroupCpu => DecidedBy::Delegation(Controller::Cpu),
            Need::CgroupMemory => DecidedBy::Delegation(Controller::Memory),
            Need::IdRange => DecidedBy::IdRange,
            Need::IdleCpus(n) => DecidedBy::IdleCpus(*n),
            Need::Cpus(n) => DecidedBy::Cpus(*n),
            Need::Program(name) => DecidedBy::Program(name),
            Need::Kernel(version) => DecidedBy::Kernel(*version),
        }
    }

    /// What to write instead of a value that no machine could ever be asked for.
    pub fn correction(&self) -> Option<&'static str> {
        match self.decided_by() {
            DecidedBy::IdleCpus(0) | DecidedBy::Cpus(0) => Some("write a number from 1"),
            DecidedBy::Program(name) if name.is_empty() || name.contains('/') => {
                Some("write the name of a program in PATH")
            }
            DecidedBy::Trial(_)
            | DecidedBy::Delegation(_)
            | DecidedBy::IdRange
            | DecidedBy::IdleCpus(_)
            | DecidedBy::Cpus(_)
            | DecidedBy::Program(_)
            | DecidedBy::Kernel(_) => None,
        }
    }
}

/// As a noun: `UTS namespaces`, `2 idle CPUs`.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.decided_by() {
            DecidedBy::Trial(ability) => f.write_str(ability.title()),
            DecidedBy::Delegation(controller) => write!(f, "the {} controller, delegated", controller.name()),
            DecidedBy::IdRange => f.write_str("a range of subordinate ids"),
            DecidedBy::IdleCpus(1) => f.write_str("1 idle CPU"),
            DecidedBy::IdleCpus(n) => write!(f, "{n} idle CPUs"),
            DecidedBy::Cpus(1) => f.write_str("1 CPU"),
            DecidedBy::Cpus(n) => write!(f, "{n} CPUs"),
            DecidedBy::Program(name) => write!(f, "the program {name}"),
            DecidedBy::Kernel(version) => write!(f, "Linux {version} or later"),
        }
    }
}

/// A version of the kernel, `MAJOR.MINOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct KernelVersion {
    /// The first number.
    pub major: u32,
    /// The second one.
    pub minor: u32,
}

impl KernelVersion {
    /// The version with these numbers.
    pub const fn new(major: u32, minor: u32) -> Self {
        KernelVersion { major, minor }
    }

    /// The version of a kernel's release, as `uname -r` prints it; 0 for a number that is missing.
    pub fn of_release(release: &str) -> Self {
        let mut parts = release.split(['.', '-']).map(|p| p.parse().unwrap_or(0));
        KernelVersion { major: parts.next().unwrap_or(0), minor: parts.next().unwrap_or(0) }
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl From<KernelVersion> for String {
    fn from(version: KernelVersion) -> String {
        version.to_string()
    }
}

impl TryFrom<String> for KernelVersion {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let numbers = text.split_once('.').map(|(major, minor)| (major.parse(), minor.parse()));
        match numbers {
            Some((Ok(major), Ok(minor))) => Ok(KernelVersion { major, minor }),
            _ => Err("this can never be needed\nwrite MAJOR.MINOR, such as 5.11, in quotes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_by_two_numbers() {
        for (text, major, minor) in
            [("5.15.0-91-generic", 5, 15), ("6.18-rc1", 6, 18), ("5.4", 5, 4), ("6", 6, 0), ("", 0, 0)]
        {
            assert_eq!(KernelVersion::of_release(text), KernelVersion::new(major, minor), "{text}");
        }
        assert!(KernelVersion::of_release("5.4.0") < KernelVersion::new(5, 14));
    }

    #[test]
    fn words_of_abilities_are_unique() {
        let words: std::collections::BTreeSet<&str> = Ability::ALL.iter().map(|a| a.word()).collect();
        assert_eq!(words.len(), Ability::ALL.len());
    }
}
