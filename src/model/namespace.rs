//! Types of namespaces (`namespaces(7)`).

use nix::sched::CloneFlags;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A row each: the name, the word in a lesson, the link below `/proc/PID/ns`, and the flag of `unshare(2)`, `clone(2)` and `setns(2)`.
macro_rules! namespaces {
    ($($(#[$doc:meta])* $name:ident: $word:literal, $link:literal, $flag:ident;)*) => {
        /// A type of namespace, or one of the two links that name what a process's children will be in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Ns {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Ns {
            /// All of them.
            pub const ALL: &[Ns] = &[$(Ns::$name,)*];

            /// Its word in a lesson.
            pub fn word(self) -> &'static str {
                match self {
                    $(Ns::$name => $word,)*
                }
            }

            /// The name of its link below `/proc/PID/ns`.
            pub fn link(self) -> &'static str {
                match self {
                    $(Ns::$name => $link,)*
                }
            }

            /// Its flag's name.
            pub fn flag_name(self) -> &'static str {
                match self {
                    $(Ns::$name => stringify!($flag),)*
                }
            }

            /// Its flag. That of time is in the byte that `clone(2)` takes for a signal.
            pub fn flag(self) -> CloneFlags {
                CloneFlags::from_bits_retain(match self {
                    $(Ns::$name => libc::$flag,)*
                })
            }
        }
    };
}

namespaces! {
    /// Host and domain name.
    Uts: "uts", "uts", CLONE_NEWUTS;
    /// Process numbers.
    Pid: "pid", "pid", CLONE_NEWPID;
    /// The PID namespace of children to come; can be read and entered, not made.
    PidForChildren: "pid_for_children", "pid_for_children", CLONE_NEWPID;
    /// The mount table.
    Mount: "mount", "mnt", CLONE_NEWNS;
    /// Interfaces, routes, ports.
    Net: "net", "net", CLONE_NEWNET;
    /// System V IPC and POSIX message queues.
    Ipc: "ipc", "ipc", CLONE_NEWIPC;
    /// User and group ids, capabilities.
    User: "user", "user", CLONE_NEWUSER;
    /// The view of the cgroup tree.
    Cgroup: "cgroup", "cgroup", CLONE_NEWCGROUP;
    /// Monotonic and boot-time clocks.
    Time: "time", "time", CLONE_NEWTIME;
    /// The time namespace of children to come; can be read and entered, not made.
    TimeForChildren: "time_for_children", "time_for_children", CLONE_NEWTIME;
}

impl Ns {
    /// The one that a lesson calls so.
    pub fn named(word: &str) -> Option<Self> {
        Ns::ALL.iter().copied().find(|ns| ns.word() == word)
    }

    /// The type that makes a namespace: for the links of children that of the children.
    #[must_use]
    pub fn kind(self) -> Self {
        match self {
            Ns::PidForChildren => Ns::Pid,
            Ns::TimeForChildren => Ns::Time,
            Ns::Uts | Ns::Pid | Ns::Mount | Ns::Net | Ns::Ipc | Ns::User | Ns::Cgroup | Ns::Time => self,
        }
    }

    /// The types, without the links of children.
    pub fn kinds() -> impl Iterator<Item = Ns> {
        Ns::ALL.iter().copied().filter(|ns| ns.kind() == *ns)
    }

    /// The flags of these types together.
    pub fn flags(types: &[Ns]) -> CloneFlags {
        types.iter().fold(CloneFlags::empty(), |flags, ns| flags | ns.flag())
    }

    /// The names of their flags, as the manual writes them.
    pub fn flag_names(types: &[Ns]) -> String {
        types.iter().map(|ns| ns.flag_name()).collect::<Vec<_>>().join("|")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_is_there() {
        for ns in Ns::ALL {
            assert!(std::fs::read_link(format!("/proc/self/ns/{}", ns.link())).is_ok(), "{ns:?}");
            assert_eq!(Ns::named(ns.word()), Some(*ns));
        }
        assert_eq!(Ns::kinds().count(), 8);
    }
}
