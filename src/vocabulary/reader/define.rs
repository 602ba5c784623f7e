//! What a reader defines, and the macro that makes one.

use crate::vocabulary::scalar::Ns;
use crate::vocabulary::yields::Yields;

/// What a reader defines. Nothing here has a default, so that no reader is written without an answer.
pub trait Define {
    /// Its object as an author writes it, in Markdown: a cell of the table in `docs/lesson-format.md`.
    const OBJECT: &'static str;

    /// What it reads, in the field's terms: `/proc/sys/kernel/hostname`.
    fn words(&self) -> String;

    /// Everything else that is asked about it.
    fn facts(&self) -> Facts<'_, Self>
    where
        Self: Sized;
}

/// What loader, engine and shell must know about a reader of the type `R`.
pub struct Facts<'a, R> {
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
    pub from_outside: Option<FromOutside<'a, R>>,
    /// For what belongs to one process, and differs between a box and the shell that stands in for it. It is personal to the box that
    /// [`Self::about`] names; without one, to the reader.
    pub personal: Option<Personal>,
}

/// What belongs to one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// Its number, as it sees it.
    Pid,
    /// Its parent's, likewise.
    Parent,
    /// Its numbers in all PID namespaces.
    Numbers,
    /// What a path below `/proc/self` leads to.
    OwnDirectory,
    /// What its `/proc/PID/status` or an id map says, with the ids of its own user namespace.
    Credentials,
    /// Who is in its `/proc`.
    Processes,
    /// Whether it lives.
    State,
    /// The memory that it uses.
    Memory,
    /// What it has told the lab.
    Announced,
    /// What its last program has printed.
    Output,
    /// How that program ended.
    ExitStatus,
}

impl Personal {
    /// Whether it is a number by which the process is known, so that two processes never have the same.
    pub fn is_identity(self) -> bool {
        match self {
            Personal::Pid | Personal::Parent | Personal::Numbers | Personal::OwnDirectory => true,
            Personal::Credentials
            | Personal::Processes
            | Personal::State
            | Personal::Memory
            | Personal::Announced
            | Personal::Output
            | Personal::ExitStatus => false,
        }
    }
}

/// Makes a reader that asks the same of the box with this id.
pub type FromOutside<'a, R> = Box<dyn Fn(&str) -> R + 'a>;

impl<'a, R: 'a> Facts<'a, R> {
    /// The same facts where the reader is one of several.
    pub(super) fn map<S>(self, reader: impl Fn(R) -> S + 'a) -> Facts<'a, S> {
        let Facts { yields, varies, about, path, read_by, namespace, from_outside, personal } = self;
        let from_outside =
            from_outside.map(|make| -> FromOutside<'a, S> { Box::new(move |id| reader(make(id))) });
        Facts { yields, varies, about, path, read_by, namespace, from_outside, personal }
    }
}

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
    /// The box, which collects it from right before a step's actions on.
    Capture,
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
pub(super) fn about(id: &str, role: Role, readable: Readable) -> About<'_> {
    About { id, role, readable }
}

/// What the viewpoint reads, and what its namespace of this type, if any, decides.
pub(super) fn at_the_viewpoint<R>(yields: Yields, namespace: Option<Ns>) -> Facts<'static, R> {
    Facts {
        yields,
        varies: Varies::Freely,
        about: None,
        path: None,
        read_by: ReadBy::Viewpoint,
        namespace,
        from_outside: None,
        personal: None,
    }
}

/// What a process, or the lab for it, tells about itself or another.
pub(super) fn of_process<R>(
    about: Option<About<'_>>,
    yields: Yields,
    personal: Option<Personal>,
) -> Facts<'_, R> {
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
pub(super) fn process_word(of: Option<&String>) -> String {
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
pub(super) use reader;
