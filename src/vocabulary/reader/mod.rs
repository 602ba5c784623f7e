//! Readers: what can be read. A reader is a type in one of the files here, which answers every question about it ([`Define`]), and a line in the list
//! below; `probe/read.rs` reads it.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod cgroup;
pub mod clock;
pub mod define;
pub mod file;
pub mod frames;
pub mod ipc;
pub mod machine;
pub mod network;
pub mod process;
pub mod workload;

pub use cgroup::{CpuShare, KnobValue};
pub use clock::{Clock, Cpus, Sysinfo, TimensOffsets};
pub use define::{
    About, Define, Facts, FromOutside, Opens, PathOf, Personal, ReadBy, Readable, Role, Varies,
};
pub use file::{Device, FileAt, Inode, Link, Listing, Mounts, Owner, Tree};
pub use frames::{Carried, Frames};
pub use ipc::Sysvipc;
pub use machine::{Domainname, Hostname, KernelRelease, Meminfo};
pub use network::{
    BridgePorts, Conntrack, Forwarding, Interfaces, LinkField, LinkValue, Neighbours, NftRules, Routes,
    TcpAnswer, UnixAnswer,
};
pub use process::{IdKind, IdMapOf, NsOf, Pid, Pids, Ppid, Processes, State, StatusField};
pub use workload::{Announced, ExitStatus, Forks, Output, Rss};

use super::value::SocketName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! readers {
    ($($(#[doc = $reads:literal])* $name:ident $(($it:ident: $object:ty))?,)*) => {
        /// Everything that can be read.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum Reader {
            $($(#[doc = $reads])* $name $(($object))?,)*
        }

        impl Reader {
            /// How the object of each is written, in the order of the list; see [`Define::OBJECT`].
            pub const OBJECTS: &[&str] = &[$(readers!(@object $name $($object)?),)*];

            /// It in words; see [`Define::words`].
            pub fn words(&self) -> String {
                match self { $(Reader::$name $(($it))? => readers!(@value $name $($it)?).words(),)* }
            }

            /// Everything else that is asked about it.
            pub fn facts(&self) -> Facts<'_, Reader> {
                match self { $(Reader::$name $(($it))? => readers!(@facts $name $($it)?),)* }
            }
        }
    };
    (@value $name:ident) => { $name };
    (@value $name:ident $it:ident) => { $it };
    (@facts $name:ident) => { $name.facts().map(|_| Reader::$name) };
    (@facts $name:ident $it:ident) => { $it.facts().map(Reader::$name) };
    (@object $name:ident) => { <$name as Define>::OBJECT };
    (@object $name:ident $object:ty) => { <$object as Define>::OBJECT };
}

// What follows `///` is the description in the JSON Schema and in docs/lesson-format.md.
readers! {
    /// The reader's host name: `/proc/sys/kernel/hostname`.
    Hostname,
    /// Its domain name: `/proc/sys/kernel/domainname`.
    Domainname,
    /// The kernel's release: `/proc/sys/kernel/osrelease`.
    KernelRelease,
    /// A clock, in seconds (`clock_gettime(2)`).
    Clock(it: Clock),
    /// Rows `clock seconds`: the offsets of the time namespace that the reader's children will be in.
    TimensOffsets,
    /// How many CPUs the reader may run on, as `nproc(1)` counts them (`sched_getaffinity(2)`).
    Cpus,
    /// A field of `sysinfo(2)`, which asks no file.
    Sysinfo(it: Sysinfo),
    /// `getpid(2)`.
    Pid,
    /// `getppid(2)`.
    Ppid,
    /// Rows `pid name`: what the reader's `/proc` lists.
    Processes,
    /// Rows `name state flags address`; see [below](#interfaces).
    Interfaces,
    /// IPv4 routes: rows `to via dev`.
    Routes,
    /// Neighbours (ARP): rows `to dev mac`.
    Neighbours,
    /// Ports of bridges: rows `port bridge state`.
    BridgePorts,
    /// Forwarding tables of bridges and VXLANs: rows `mac dev to kind`; `kind` is `learned` or `permanent`, `to` the host behind a VXLAN.
    Forwarding,
    /// Rules of nftables: rows `table chain rule packets`, the rule as `nft(8)` writes it.
    NftRules,
    /// IPv4 connections that are tracked: rows `protocol from to reply_from reply_to`.
    Conntrack,
    /// System V objects of the reader's IPC namespace: rows `key id bytes attached` (`shm`), `key id semaphores` (`sem`), `key id messages bytes` (`msg`).
    Sysvipc(it: Sysvipc),
    /// The identity of a namespace, `uts:[4026531838]`.
    Namespace(it: NsOf),
    /// Rows `pid`: a process's number in every PID namespace that the reader can see, outermost first.
    Pids(it: Pids),
    /// Whether a box or workload lives, or how it ended.
    State(it: State),
    /// The memory in use: `VmRSS`.
    Rss(it: Rss),
    /// How much memory a workload said that it has taken.
    Announced(it: Announced),
    /// How often a forker said that `fork(2)` gave it a child (`made`) or failed with `EAGAIN` (`failed`).
    Forks(it: Forks),
    /// What the last program that the box ran has printed.
    Output(it: Output),
    /// The number with which that program exited, or the signal that killed it.
    ExitStatus(it: ExitStatus),
    /// Rows `at type propagation options`: mounts at and below a path. Options such as `ro`, `nosuid` are the mount's own.
    Mounts(it: Mounts),
    /// Where a symbolic link points.
    Link(it: Link),
    /// A file's text; `of`: below that box's root.
    File(it: FileAt),
    /// Rows `name`: what is in a directory.
    Listing(it: Listing),
    /// Rows `name kind size`: everything below a directory; kinds `whiteout` and `opaque` too.
    Tree(it: Tree),
    /// A file's inode number.
    Inode(it: Inode),
    /// A file's device number, `MAJOR:MINOR`.
    Device(it: Device),
    /// A file's owner as the reader sees it, `UID:GID`.
    Owner(it: Owner),
    /// A field of `/proc/PID/status`.
    Status(it: StatusField),
    /// Rows `inside outside count`: a user namespace's id map.
    IdMap(it: IdMapOf),
    /// A field of an interface: `index`, `peer`, `mtu`, `rx_packets`, `tx_packets`, `rx_bytes` or `tx_bytes`.
    LinkField(it: LinkField),
    /// Frames that pass an interface during the step; see [below](#frames).
    Frames(it: Frames),
    /// What a TCP server says.
    TcpAnswer(it: TcpAnswer),
    /// What a server on a UNIX domain socket says: `@NAME` is an abstract name in the reader's network namespace. One at a PATH must be the run's own.
    UnixAnswer(it: UnixAnswer),
    /// A field of `/proc/meminfo`.
    Meminfo(it: Meminfo),
    /// A [control file](#control-files), or one field of it (`cpu.max/period` too).
    Knob(it: KnobValue),
    /// CPU time over the step's window, as a share of one CPU.
    CpuShare(it: CpuShare),
}

impl Reader {
    /// Whether the box collects it while the step is made.
    pub fn is_captured(&self) -> bool {
        self.facts().read_by == ReadBy::Capture
    }

    /// The path of the UNIX domain socket that it connects to.
    pub fn socket_path(&self) -> Option<&str> {
        let Reader::UnixAnswer(UnixAnswer(SocketName::Path(path))) = self else { return None };
        Some(path)
    }

    /// The abstract name or port that it connects to, as a lesson writes it.
    pub fn connects_in_network(&self) -> Option<String> {
        if let Reader::UnixAnswer(UnixAnswer(name @ SocketName::Abstract(_))) = self {
            return Some(name.to_string());
        }
        let Reader::TcpAnswer(address) = self else { return None };
        Some(address.to_string())
    }

    /// The cgroup or workload whose share of a CPU is measured over a window.
    pub fn share_of(&self) -> Option<&str> {
        let facts = self.facts();
        facts.about.filter(|_| facts.read_by == ReadBy::Window).map(|about| about.id)
    }
}
