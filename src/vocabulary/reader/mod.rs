//! Readers: what can be read. A reader is a type in one of the files here, which answers every question about it ([`Define`]), and a line in the list
//! below; `probe/read.rs` reads it.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod cgroup;
pub mod file;
pub mod machine;
pub mod network;
pub mod process;
pub mod workload;

pub use cgroup::{CpuShare, KnobValue};
pub use file::{Device, FileAt, Inode, Link, Listing, Mounts, Owner, Tree};
pub use machine::{Domainname, Hostname, KernelRelease, Meminfo};
pub use network::{Interfaces, LinkField, LinkValue, Neighbours, Routes, TcpAnswer};
pub use process::{IdKind, IdMapOf, NsOf, Pid, Pids, Ppid, Processes, State, StatusField};
pub use workload::{Announced, ExitStatus, Output, Rss};

use super::scalar::Ns;
use super::yields::Yields;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a reader defines. Nothing here has a default, so that no reader is written without an answer.
pub trait Define {
    /// Its object as an author writes it, in Markdown: a cell of the table in `docs/lesson-format.md`.
    const OBJECT: &'static str;

    /// What it reads, in the field's terms: `/proc/sys/kernel/hostname`.
    fn words(&self) -> String;

    /// Everything else that is asked about it.
    fn facts(&self) -> Facts<'_>;
}

/// What loader, engine and shell must know about a reader.
pub struct Facts<'a> {
    /// The kind of value.
    pub yields: Yields,
    /// How the value can change.
    pub varies: Varies,
    /// What of the lesson it is about.
    pub about: Option<About<'a>>,
    /// The path in its object.
    pub path: Option<PathOf<'a>>,
    /// Who reads it.
    pub read_by: ReadBy,
    /// The type of the reader's namespace that alone decides the reading. A shell that was given a namespace of this type, because the box shares
    /// the host's, leaves the reading to the box.
    pub namespace: Option<Ns>,
    /// For what a process is, and not what it sees: the reader that asks it of another process.
    pub from_outside: Option<FromOutside<'a>>,
    /// For what belongs to one process, so that a shell cannot stand in for a box: its name in a sentence, as in `the state of box`. It is personal
    /// to the box that [`Self::about`] names; without one, to the reader.
    pub personal: Option<&'static str>,
}

/// Makes a reader that asks the same of the box with this id.
pub type FromOutside<'a> = Box<dyn Fn(&str) -> Reader + 'a>;

/// How a value can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Varies {
    /// No action of a lesson can change it.
    Never,
    /// It counts events and so never falls.
    Grows,
    /// In every way.
    Freely,
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBy {
    /// The readout's viewpoint: the box, or for `host` the lab itself.
    Viewpoint,
    /// The box; for `host`, a process of the run, since the lab makes no connections.
    Process,
    /// The engine, over a step's measuring window.
    Window,
}

/// Something that a lesson declares and that a reader names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// Its id.
    pub id: &'a str,
    /// What the id can be declared as.
    pub role: Role,
    /// Since when it can be read.
    pub readable: Readable,
}

/// What an id can be declared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A box.
    Box,
    /// A workload.
    Workload,
    /// A box or a workload.
    Process,
    /// A cgroup.
    Cgroup,
    /// A cgroup or a workload.
    CgroupOrWorkload,
}

/// When something can be read of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readable {
    /// While it is there.
    WhilePresent,
    /// Also after its end.
    AlsoAfterItsEnd,
}

/// A path in a reader's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathOf<'a> {
    /// The path.
    pub path: &'a str,
    /// Its key, where the object is a map.
    pub key: &'static str,
    /// What is opened there.
    pub opens: Opens,
}

/// What a reader opens at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// Nothing: the path is only compared.
    Nothing,
    /// A file below another process's root directory.
    InRootOfAnother,
    /// The file itself.
    Itself,
    /// The directory and everything below it.
    AllBelow,
}

/// What a box or workload is to a reader.
fn about(id: &str, role: Role, readable: Readable) -> About<'_> {
    About { id, role, readable }
}

/// What a process, or the lab for it, tells about itself or another.
fn of_process<'a>(about: Option<About<'a>>, yields: Yields, personal: Option<&'static str>) -> Facts<'a> {
    Facts {
        yields,
        varies: Varies::Freely,
        about,
        path: None,
        read_by: ReadBy::Viewpoint,
        namespace: None,
        from_outside: None,
        personal,
    }
}

/// `/proc/self` as `self`, or another process's directory as `<id>`.
fn process_word(of: Option<&String>) -> String {
    of.map_or_else(|| "self".to_owned(), |of| format!("<{of}>"))
}

/// Makes a reader without an object, or around a type.
macro_rules! reader {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        pub struct $name;
    };
    ($name:ident($inner:ty), $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        #[allow(missing_docs)] // its object
        pub struct $name(pub $inner);
    };
}
use reader;

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
            pub fn facts(&self) -> Facts<'_> {
                match self { $(Reader::$name $(($it))? => readers!(@value $name $($it)?).facts(),)* }
            }
        }
    };
    (@value $name:ident) => { $name };
    (@value $name:ident $it:ident) => { $it };
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
    /// What a TCP server says.
    TcpAnswer(it: TcpAnswer),
    /// A field of `/proc/meminfo`.
    Meminfo(it: Meminfo),
    /// A [control file](#control-files), or one field of it (`cpu.max/period` too).
    Knob(it: KnobValue),
    /// CPU time over the step's window, as a share of one CPU.
    CpuShare(it: CpuShare),
}

impl Reader {
    /// The cgroup or workload whose share of a CPU is measured over a window.
    pub fn share_of(&self) -> Option<&str> {
        let facts = self.facts();
        facts.about.filter(|_| facts.read_by == ReadBy::Window).map(|about| about.id)
    }
}
