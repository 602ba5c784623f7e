//! Processes: their numbers, states, namespaces and ids.

use super::super::general::{One, misfit, short, text_value};
use super::super::scalar::Ns;
use super::super::yields::Yields;
use super::define::{Define, Facts, Personal, Readable, Role, about, of_process, process_word, reader};
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

reader! { Pid, "The reader's own number." }
reader! { Ppid, "Its parent's." }
reader! { Processes, "The processes that the reader's `/proc` lists." }
reader! { Pids(String), "The numbers of a process." }
reader! { State(String), "The state of a process." }

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
    /// A field of `/proc/PID/status` (`proc_pid_status(5)`).
    StatusField . /** Its name without the colon, such as `CapEff`. */ field: StatusName {
        /** Of which box or workload; by default, of the reader itself. */ of: String,
    }
}
short! {
    /// An id map as rows `inside outside count`.
    IdMapOf . /** `uid` or `gid`. */ kind: IdKind {
        /** Whose; by default, the reader's own. */ of: String,
    }
}

/// The name of a field of `/proc/PID/status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusName(pub String);

impl FromStr for StatusName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        field_name(text, "/proc/PID/status", "CapEff").map(StatusName)
    }
}

impl fmt::Display for StatusName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(StatusName);

/// The name of a line `NAME: VALUE` of a file; which names there are depends on the kernel.
pub(super) fn field_name(text: &str, file: &str, example: &str) -> Result<String, String> {
    if text.is_empty() || text.contains([':', ' ']) {
        let help = format!("write a name of {file} without the colon, such as `{example}`");
        return Err(misfit(&format!("`{text}` is not a field"), &help, ""));
    }
    Ok(text.to_owned())
}

/// User or group ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum IdKind {
    Uid,
    Gid,
}

impl IdKind {
    /// The file below `/proc/PID`.
    pub fn file(self) -> &'static str {
        match self {
            IdKind::Uid => "uid_map",
            IdKind::Gid => "gid_map",
        }
    }
}

impl Define for Pid {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "getpid()".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(None, Yields::Number(None), Some(Personal::Pid))
    }
}

impl Define for Ppid {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "getppid()".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(None, Yields::Number(None), Some(Personal::Parent))
    }
}

impl Define for Processes {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "the processes in /proc".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(None, Yields::Rows(&["pid", "name"]), Some(Personal::Processes))
    }
}

impl Define for NsOf {
    const OBJECT: &'static str = "`uts`, or `{ uts: BOX }`";

    fn words(&self) -> String {
        match self {
            NsOf::Own(ns) => format!("/proc/self/ns/{}", ns.link()),
            NsOf::Of(ns, of) => format!("/proc/<{of}>/ns/{}", ns.link()),
        }
    }

    fn facts(&self) -> Facts<'_, Self> {
        match self {
            NsOf::Own(ns) => Facts {
                namespace: Some(*ns),
                from_outside: Some(Box::new(|of| NsOf::Of(*ns, of.to_owned()))),
                ..of_process(None, Yields::Identity(ns.kind()), None)
            },
            NsOf::Of(ns, id) => {
                let about = Some(about(id, Role::Box, Readable::WhilePresent));
                Facts { namespace: Some(*ns), ..of_process(about, Yields::Identity(ns.kind()), None) }
            }
        }
    }
}

impl Define for Pids {
    const OBJECT: &'static str = "`BOX`";

    fn words(&self) -> String {
        format!("NSpid in /proc/<{}>/status", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(
            Some(about(&self.0, Role::Process, Readable::WhilePresent)),
            Yields::Rows(&["pid"]),
            Some(Personal::Numbers),
        )
    }
}

impl Define for State {
    const OBJECT: &'static str = "`BOX` or `WORKLOAD`";

    fn words(&self) -> String {
        format!("state of {}", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(
            Some(about(&self.0, Role::Process, Readable::AlsoAfterItsEnd)),
            Yields::Process,
            Some(Personal::State),
        )
    }
}

impl Define for StatusField {
    const OBJECT: &'static str = "`CapEff`, or `{ field: CapEff, of: BOX }`";

    fn words(&self) -> String {
        format!("{} in /proc/{}/status", self.field, process_word(self.of.as_ref()))
    }

    fn facts(&self) -> Facts<'_, Self> {
        match &self.of {
            Some(id) => of_process(Some(about(id, Role::Process, Readable::WhilePresent)), Yields::Any, None),
            None => of_process(None, Yields::Any, Some(Personal::Credentials)),
        }
    }
}

impl Define for IdMapOf {
    const OBJECT: &'static str = "`uid`, or `{ kind: uid, of: BOX }`";

    fn words(&self) -> String {
        format!("/proc/{}/{}", process_word(self.of.as_ref()), self.kind.file())
    }

    fn facts(&self) -> Facts<'_, Self> {
        let rows = Yields::Rows(&["inside", "outside", "count"]);
        match &self.of {
            Some(id) => of_process(Some(about(id, Role::Box, Readable::WhilePresent)), rows, None),
            None => of_process(None, rows, Some(Personal::Credentials)),
        }
    }
}
