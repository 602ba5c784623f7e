//! Readouts: what is read, and by whom.

use super::control::CgroupKnob;
use super::general::{Entry, Modifiers, One, short};
use super::scalar::Ns;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Which namespace: the reader's own, or that of a box.
#[derive(Debug, Clone, PartialEq)]
pub enum NsOf {
    /// `namespace: uts`
    Own(Ns),
    /// `namespace: { uts: box }`
    Of(Ns, String),
}

impl Serialize for NsOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            NsOf::Own(ns) => ns.serialize(serializer),
            NsOf::Of(ns, of) => std::collections::BTreeMap::from([(ns, of)]).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for NsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NsOfVisitor;
        impl<'de> Visitor<'de> for NsOfVisitor {
            type Value = NsOf;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a namespace type, or { type: box }")
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<NsOf, E> {
                Ok(NsOf::Own(Ns::deserialize(s.into_deserializer())?))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NsOf, A::Error> {
                let One(ns, of) = One::<String>::deserialize(MapAccessDeserializer::new(map))?;
                let ns = Ns::deserialize(IntoDeserializer::<A::Error>::into_deserializer(ns.as_str()))?;
                Ok(NsOf::Of(ns, of))
            }
        }
        deserializer.deserialize_any(NsOfVisitor)
    }
}

short! {
    /// Mounts at and below a path.
    Mounts . /** The path. */ below: String {
        /** Whose table; by default, the reader's own. */ of: String,
    }
}
short! {
    /// A file's text.
    FileAt . /** The path. */ path: String {
        /** Below whose root (`/proc/PID/root`); by default, the reader's own. */ of: String,
    }
}
short! {
    /// A field of `/proc/PID/status` (`proc_pid_status(5)`).
    StatusField . /** Its name without the colon, such as `CapEff`. */ field: String {
        /** Of which box or workload; by default, the reader itself. */ of: String,
    }
}
short! {
    /// An id map as rows `inside outside count`.
    IdMapOf . /** `uid` or `gid`. */ kind: IdKind {
        /** Whose; by default, the reader's own. */ of: String,
    }
}

/// User or group ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum IdKind {
    Uid,
    Gid,
}

/// Everything that can be read. One variant here and one reader in `probe/` make a new one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reader {
    /// `/proc/sys/kernel/hostname`, which shows the reader's UTS namespace.
    Hostname,
    /// `/proc/sys/kernel/domainname`, likewise.
    Domainname,
    /// `/proc/sys/kernel/osrelease`.
    KernelRelease,
    /// `getpid(2)`.
    Pid,
    /// `getppid(2)`.
    Ppid,
    /// The processes that the reader's `/proc` lists: rows `pid name`.
    Processes,
    /// The interfaces of the reader's network namespace: rows `name state address`.
    Interfaces,
    /// Its IPv4 routes: rows `to via dev`.
    Routes,
    /// Its neighbours (ARP): rows `to dev mac`.
    Neighbours,
    /// The identity of a namespace, `uts:[4026531838]`.
    Namespace(NsOf),
    /// `NSpid` of a process: its number in every PID namespace that the reader can see, outermost first.
    Pids(String),
    /// Whether a box or workload lives, or how it ended.
    State(String),
    /// `VmRSS` of a workload.
    Rss(String),
    /// How much a workload said that it has taken.
    Announced(String),
    /// What the last program that this box ran has printed.
    Output(String),
    /// The exit status of the last program that this box ran, or the signal that killed it.
    ExitStatus(String),
    /// Mounts at and below a path: rows `at type propagation`.
    Mounts(Mounts),
    /// Where a symbolic link points.
    Link(String),
    /// A file's text.
    File(FileAt),
    /// The names in a directory: rows `name`.
    Listing(String),
    /// Everything below a directory: rows `name kind size`, whiteouts and opaque directories marked.
    Tree(String),
    /// A file's inode number.
    Inode(String),
    /// A file's device number, `MAJOR:MINOR`.
    Device(String),
    /// A file's owner as the reader sees it, `UID:GID`.
    Owner(String),
    /// A field of `/proc/PID/status`.
    Status(StatusField),
    /// A user namespace's id map: rows `inside outside count`.
    IdMap(IdMapOf),
    /// A field of an interface, `eth0/tx_packets`: index, peer, rx_packets, tx_packets, rx_bytes, tx_bytes.
    LinkField(String),
    /// What a TCP server at `ADDRESS:PORT` says.
    TcpAnswer(String),
    /// A field of `/proc/meminfo`.
    Meminfo(String),
    /// A control file, `CGROUP/KNOB` or `CGROUP/KNOB/FIELD`.
    Knob(CgroupKnob),
    /// CPU time over the step's window as a share of one CPU, of a cgroup or of a workload.
    CpuShare(String),
}

/// What may stand beside a readout's viewpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct ReadoutModifiers {
    /// Some kernels do not have it; then it is shown as not measured and its expectations do not apply.
    pub optional: bool,
}

impl Modifiers for ReadoutModifiers {
    const KEYS: &'static [&'static str] = &["optional"];
    fn set<'de, A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        self.optional = map.next_value()?;
        Ok(())
    }
}

/// `VIEWPOINT: { READER: OBJECT }`.
pub type Readout = Entry<Reader, ReadoutModifiers>;
