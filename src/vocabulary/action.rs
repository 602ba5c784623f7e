//! Actions: what a box does.

use super::general::{Differs, Entry, Many, Modifiers, One, Per, short};
use super::scalar::{Ns, Sig, Val};
use super::when::When;
use crate::model::Errno;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::{IntoDeserializer, MapAccess};
use serde::{Deserialize, Serialize};

short! {
    /// Forks a further box.
    Fork . /** The box to be. */ r#box: String {
        /** Namespaces that `clone(2)` makes for it. */ new: Many<Ns>,
    }
}
short! {
    /// Takes a mount off.
    Umount . /** The mount point. */ at: String {
        /** `MNT_DETACH`: now out of the tree, gone when nobody uses it. */ detach: bool,
    }
}
short! {
    /// ICMP echo requests.
    Ping . /** The address. */ to: String {
        /** How many; by default, 1. */ count: u32,
        /** How long to wait for the answers; by default, 1s. */ wait: Val,
    }
}
short! {
    /// A line for `uid_map` or `gid_map` (`user_namespaces(7)`).
    IdMap . /** `INSIDE OUTSIDE COUNT`, a line each; OUTSIDE may be [`OWN_ID`]. */ map: String {
        /** Whose map; by default, the writer's own. */ of: String,
    }
}
short! {
    /// A tmpfs.
    Tmpfs . /** The mount point. */ at: String {
        /** Its size; by default, 4M. */ size: Val,
    }
}
short! {
    /// A value for a control file.
    Setting . /** The value; for `cpu.max` the quota. */ value: Val {
        /** For `cpu.max`: the period. */ period: Val,
    }
}

/// Stands in an id map for the id that the writer had before it made its user namespace, which differs by who runs the lab.
pub const OWN_ID: &str = "own";

/// What can be mounted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Mount {
    /// An empty filesystem in memory.
    Tmpfs(Tmpfs),
    /// The processes of the caller's PID namespace.
    Proc(String),
    /// The kernel's objects.
    Sysfs(String),
    /// The cgroup v2 hierarchy.
    Cgroup2(String),
    /// POSIX message queues.
    Mqueue(String),
    /// A second place for a directory or file.
    Bind(Bind),
    /// Layers.
    Overlay(Overlay),
}

/// A bind mount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bind {
    /// What is to be seen a second time.
    pub from: String,
    /// Where.
    pub at: String,
    /// With everything mounted below it (`MS_REC`).
    #[serde(default)]
    pub recursive: bool,
    /// Read-only, by a second call: together with `MS_BIND` the kernel ignores `MS_RDONLY`.
    #[serde(default)]
    pub read_only: bool,
}

/// An overlay mount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// `lowerdir`, the topmost first.
    pub lower: Many<String>,
    /// `upperdir`; without it the view is read-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<String>,
    /// `workdir`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    /// The mount point.
    pub at: String,
}

/// Changes a mount's flags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum Remount {
    ReadOnly(String),
    ReadWrite(String),
}

/// Changes how mounts travel (`mount_namespaces(7)`), below the path too (`MS_REC`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum Propagation {
    Shared(String),
    Slave(String),
    Private(String),
    Unbindable(String),
}

impl Propagation {
    /// The word and the path.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Propagation::Shared(p) => ("shared", p),
            Propagation::Slave(p) => ("slave", p),
            Propagation::Private(p) => ("private", p),
            Propagation::Unbindable(p) => ("unbindable", p),
        }
    }
}

/// `pivot_root(2)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pivot {
    /// The new root.
    pub new: String,
    /// Where the old root goes.
    pub old: String,
}

/// A cable: two interfaces, each the other end of the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Veth {
    /// The end in the caller's network namespace.
    pub name: String,
    /// The other end: the box in whose network namespace it is made, and its name there.
    pub peer: One<String>,
}

/// A datagram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// `ADDRESS:PORT`.
    pub to: String,
    /// What it carries.
    pub text: String,
}

/// Everything that a box can do. One variant here and one executor in `actor/` make a new one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verb {
    /// `unshare(2)`.
    Unshare(Many<Ns>),
    /// `setns(2)` into a box's namespace, by the descriptor that it holds or else by `/proc/PID/ns`.
    Setns(One<String>),
    /// Opens a box's namespace without entering it.
    Hold(One<String>),
    /// Forks a box that is declared with `forked_by`.
    Fork(Fork),
    /// Ends with this status.
    Exit(i32),
    /// `kill(2)`: to whom, and which signal.
    Kill(One<Sig>),
    /// `waitpid(2)` for a child of the caller, or for all that have ended.
    Wait,
    /// Starts a workload as the caller's child.
    Start(String),
    /// Kills a workload and waits for it.
    Stop(String),
    /// Runs a program found in `PATH` and shows what it prints.
    Run(Many<String>),
    /// `sched_setaffinity(2)`: CPU numbers.
    Affinity(Many<u32>),

    /// `sethostname(2)`.
    Sethostname(String),
    /// `setdomainname(2)`.
    Setdomainname(String),
    /// Writes `/proc/PID/uid_map`.
    UidMap(IdMap),
    /// Writes `/proc/PID/gid_map`.
    GidMap(IdMap),
    /// Writes `/proc/self/setgroups`: `deny` or `allow`.
    Setgroups(String),
    /// `setresuid(2)`: all three user ids.
    Setuid(u32),
    /// `setresgid(2)`: all three group ids.
    Setgid(u32),
    /// Gives up capabilities (`capabilities(7)`), by name without `CAP_`; `all` for every one.
    DropCapabilities(Many<String>),

    /// `mount(2)`.
    Mount(Mount),
    /// `mount(2)` with `MS_REMOUNT|MS_BIND`.
    Remount(Remount),
    /// `mount(2)` with a propagation flag and `MS_REC`.
    Propagation(Propagation),
    /// `umount2(2)`.
    Umount(Umount),
    /// `chroot(2)`.
    Chroot(String),
    /// `chdir(2)`.
    Chdir(String),
    /// `pivot_root(2)`.
    PivotRoot(Pivot),

    /// `mkdir(2)`.
    Mkdir(Many<String>),
    /// Makes or empties files and writes these texts.
    Write(IndexMap<String, String>),
    /// Opens files for appending and writes these texts.
    Append(IndexMap<String, String>),
    /// `unlink(2)`, or for a directory everything below it and `rmdir(2)`.
    Remove(String),
    /// `rename(2)`: from, to.
    Rename(One<String>),
    /// `chmod(2)`: path, octal mode as text.
    Chmod(One<String>),
    /// `chown(2)`: path, `UID:GID`.
    Chown(One<String>),
    /// `mknod(2)`: path, `c MAJOR MINOR`.
    Mknod(One<String>),
    /// Opens for reading and closes: whether it may is the point.
    Open(String),

    /// Switches an interface on.
    LinkUp(String),
    /// Switches an interface off.
    LinkDown(String),
    /// Makes a veth pair.
    Veth(Veth),
    /// Gives an interface an address, `ADDRESS/PREFIX`.
    Address(One<String>),
    /// Adds a route: destination (or `default`) and gateway.
    Route(One<String>),
    /// Sends ICMP echo requests and waits for the answers.
    Ping(Ping),
    /// `bind(2)` and `listen(2)` on a TCP port of every address; the socket stays open.
    Listen(u16),
    /// `connect(2)` to `ADDRESS:PORT` by TCP, and closes.
    Connect(String),
    /// `sendto(2)`: a UDP datagram.
    Send(Send),

    /// `mkdir(2)` in every hierarchy that carries one of its controllers.
    CreateCgroup(String),
    /// `rmdir(2)` likewise.
    RemoveCgroup(String),
    /// Kills every member of a cgroup.
    KillCgroup(String),
    /// Writes a control file, `CGROUP/KNOB`.
    Set(One<Setting>),
}

/// How a program fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    KilledBy(Sig),
}

/// How an action fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Failing {
    /// The kernel answers with this error.
    Errno(Errno),
    /// Its program ends in this way.
    Ending(Ending),
}

impl std::fmt::Display for Failing {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Failing::Errno(errno) => errno.fmt(f),
            Failing::Ending(Ending::Exited(status)) => write!(f, "exit status {status}"),
            Failing::Ending(Ending::KilledBy(signal)) => write!(f, "SIG{}", signal.name()),
        }
    }
}

impl<'de> Deserialize<'de> for Failing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FailingVisitor;
        impl<'de> serde::de::Visitor<'de> for FailingVisitor {
            type Value = Failing;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an error such as EPERM, or { exited: 1 }, or { killed_by: KILL }")
            }
            fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Failing, E> {
                Errno::deserialize(s.into_deserializer()).map(Failing::Errno)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Failing, A::Error> {
                Ending::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Failing::Ending)
            }
        }
        deserializer.deserialize_any(FailingVisitor)
    }
}

/// The ways in which an action may be declared to fail; any one of them will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Failings(pub Many<Failing>);

impl Differs for Failings {
    fn of_key<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Option<Self>, A::Error> {
        let ending = match key {
            "exited" => Ending::Exited(map.next_value()?),
            "killed_by" => Ending::KilledBy(map.next_value()?),
            _ => return Ok(None),
        };
        Ok(Some(Failings(Many(vec![Failing::Ending(ending)]))))
    }
}

/// What may stand beside an action's actor.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct ActionModifiers {
    /// It must fail in this way.
    pub fails: Option<Per<Failings>>,
    /// Only here.
    pub when: Option<When>,
}

impl Modifiers for ActionModifiers {
    const KEYS: &'static [&'static str] = &["fails", "when"];
    fn set<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "fails" => self.fails = Some(map.next_value()?),
            _ => self.when = Some(map.next_value()?),
        }
        Ok(())
    }
}

/// `BOX: { VERB: OBJECT }` or `BOX: [VERB, …]`.
pub type Action = Entry<Verb, ActionModifiers>;
