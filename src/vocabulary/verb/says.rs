//! What a verb says of itself, as data. Checker, guard, needs, world and the block by hand interpret it, and name no verb.

use super::super::control::CgroupKnob;
use super::super::need::Ability;
use super::super::{Ns, Sig, Val};
use super::setting::Setting;

/// The way from a verb to a part of what an author wrote: `lower[1]` of an overlay, the key of `{ FROM: TO }`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locator(Vec<Hop>);

/// A step of a [`Locator`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    /// From the object to the verb's own word.
    Word,
    /// The value of this key, or the whole thing where that value stands alone.
    Field(&'static str),
    /// This key itself.
    FieldName(&'static str),
    /// The name of an entry in a map with free keys.
    Key(usize),
    /// The value of such an entry.
    Value(usize),
    /// An item of a list, or the whole thing where one item is written without brackets.
    Item(usize),
    /// These characters of a text.
    Part(String),
}

impl Locator {
    /// The object as a whole.
    pub fn object() -> Self {
        Locator::default()
    }

    /// The verb's own word.
    pub fn word() -> Self {
        Locator::object().then(Hop::Word)
    }

    fn then(mut self, hop: Hop) -> Self {
        self.0.push(hop);
        self
    }

    /// See [`Hop::Field`].
    #[must_use]
    pub fn field(self, name: &'static str) -> Self {
        self.then(Hop::Field(name))
    }

    /// See [`Hop::FieldName`].
    #[must_use]
    pub fn field_name(self, name: &'static str) -> Self {
        self.then(Hop::FieldName(name))
    }

    /// See [`Hop::Key`].
    #[must_use]
    pub fn key(self, index: usize) -> Self {
        self.then(Hop::Key(index))
    }

    /// See [`Hop::Value`].
    #[must_use]
    pub fn value(self, index: usize) -> Self {
        self.then(Hop::Value(index))
    }

    /// See [`Hop::Item`].
    #[must_use]
    pub fn item(self, index: usize) -> Self {
        self.then(Hop::Item(index))
    }

    /// See [`Hop::Part`].
    #[must_use]
    pub fn part(self, text: &str) -> Self {
        self.then(Hop::Part(text.to_owned()))
    }

    /// The steps, from the object inwards.
    pub fn hops(&self) -> &[Hop] {
        &self.0
    }
}

/// When something that is named must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MustExist {
    /// It is enough that the lesson declares it.
    Declared,
    /// When the verb is made.
    Now,
    /// Before or when the verb is made.
    Once,
    /// When the verb is made, unless the actor holds a descriptor of it.
    NowOrHeld,
}

/// What is done with a path that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathUse {
    /// It is read or mounted on.
    Visit,
    /// It is copied, so it must be the run's.
    Copy,
    /// It becomes the working directory.
    Enter,
    /// A directory is made there.
    MakeDirectory,
    /// The file or directory is made, changed or removed.
    Change,
}

/// The call that makes namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeIn {
    /// `unshare(2)` by a box.
    Unshare,
    /// `clone(2)` for a child.
    Clone,
    /// `unshare(2)` by a process before it becomes a box.
    Birth,
}

/// Something that a verb names or sets, to be held against the rest of the lesson.
#[derive(Debug, Clone, PartialEq)]
pub enum Mention<'a> {
    /// A box.
    Box(&'a str, MustExist),
    /// A box that the actor forks.
    Child(&'a str),
    /// A workload.
    Workload(&'a str),
    /// A box or a workload.
    Process(&'a str, MustExist),
    /// A cgroup.
    Cgroup(&'a str, MustExist),
    /// A path.
    Path(&'a str, PathUse),
    /// Namespaces to be made.
    Namespaces(&'a [Ns], MadeIn),
    /// A network interface.
    Interface(&'a str),
    /// A time that is waited.
    Time(&'a Val),
    /// Memory, and the most of it in bytes.
    Memory(&'a Val, u64),
    /// A control file of a cgroup, and what is written to it.
    Setting(&'a CgroupKnob, &'a Setting),
    /// A value that cannot be meant.
    Wrong(Wrong),
}

/// Why a value cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub message: String,
    /// What to write.
    pub help: String,
    /// It may be written where the action is declared to fail: the kernel is to refuse it.
    pub may_fail: bool,
}

impl Mention<'_> {
    /// A value that is wrong in every case.
    pub fn wrong(message: impl Into<String>, help: impl Into<String>) -> Self {
        Mention::Wrong(Wrong { message: message.into(), help: help.into(), may_fail: false })
    }

    /// A value that the kernel refuses, which can be what a lesson shows.
    pub fn refused(message: impl Into<String>, help: impl Into<String>) -> Self {
        Mention::Wrong(Wrong { message: message.into(), help: help.into(), may_fail: true })
    }
}

/// Mentions, each with its place.
pub type Mentions<'a> = Vec<(Locator, Mention<'a>)>;

/// What is asked about a verb, besides its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts<'a> {
    /// What it names, and which of its values are wrong.
    pub mentions: Mentions<'a>,
    /// What is different afterwards.
    pub effects: Vec<Effect<'a>>,
    /// What it touches. Not empty: where it is nothing but the actor or the run, it says so.
    pub touches: Vec<Touch<'a>>,
    /// What a machine may refuse to a box that makes it.
    pub abilities: Vec<Ability>,
    /// Whether a person at a shell can do it instead of the box.
    pub by_hand: ByHand<'a>,
    /// Who makes its calls.
    pub maker: Maker<'a>,
    /// Memory in bytes that stays taken, and where it is written.
    pub memory: Option<(f64, Locator)>,
}

/// What is different afterwards, for everybody who keeps account of a run or of a lesson.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect<'a> {
    /// The actor holds a descriptor of a namespace of this box.
    Holds(&'a str),
    /// The actor is in another process's namespace.
    Joins,
    /// This box begins, as a child of the actor.
    Forks(&'a str),
    /// The actor ends.
    Exits,
    /// This box or workload gets a signal.
    Signals(&'a str, Sig),
    /// This workload begins, as a child of the actor.
    Starts(&'a str),
    /// This workload ends.
    Stops(&'a str),
    /// This cgroup exists.
    CreatesCgroup(&'a str),
    /// This cgroup is gone.
    RemovesCgroup(&'a str),
    /// The actor's root is this directory, and the mount table is the same.
    Chroots(&'a str),
    /// The actor's root is another mount.
    PivotsRoot,
    /// A filesystem of the run's own is mounted on this path.
    MountsOwn(&'a str),
}

/// What a change of a file changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePart {
    /// The content; a link would be followed.
    Content,
    /// The name: it is made, moved or removed.
    Name,
    /// Mode or owner, which the kernel lets only the owner change.
    Attributes,
}

/// What a verb reaches outside of the lesson's own words. The guard decides on each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Touch<'a> {
    /// Processes, namespaces or cgroups of the run, named by their ids.
    OfTheRun,
    /// The actor's own attributes, such as ids, capabilities or directories.
    Itself,
    /// Files that are opened for reading, with the actor's rights.
    Reads,
    /// What belongs to the actor's namespace of this type, by a call that takes a capability there; the text is for the refusal.
    Namespace(Ns, &'static str),
    /// Others in the actor's namespace of this type, by a call that takes no capability; the text is for the refusal.
    Through(Ns, &'static str),
    /// A file or a tree that is read and shown elsewhere, so that it must be the run's.
    Source(&'a str),
    /// A file or a name.
    File(&'a str, FilePart),
    /// Everything below a path, whatever is mounted there.
    Tree(&'a str),
    /// A mount point, and the call on it.
    MountPoint(&'a str, &'static str),
    /// A directory that overlayfs shows or writes to.
    Layer(&'a str),
    /// A control file of a cgroup, and what is written to it.
    ControlFile(&'a CgroupKnob, &'a Val),
    /// What the workload with this id touches.
    Workload(&'a str),
    /// What a program can reach inside the walls.
    Program,
}

/// Who makes the verb's calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Maker<'a> {
    /// The box, by its executor.
    Executor,
    /// The loop of the box: the process is duplicated or ended, or a child is waited for.
    Loop(LoopTask<'a>),
    /// A helper beside the box, which runs this program.
    Helper(&'a [String]),
}

/// A task of a box's loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LoopTask<'a> {
    /// Fork a box, in new namespaces of these types.
    Fork(&'a str, &'a [Ns]),
    /// End with this status.
    Exit(i32),
    /// Wait for children that have ended.
    Wait,
    /// Start this workload.
    Start(&'a str),
    /// Stop this workload.
    Stop(&'a str),
}

/// Whether and how a person at a shell can do it instead of the box. A shell is a process of its own beside the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByHand<'a> {
    /// With programs that machines have.
    Shell,
    /// This box is a child of the actor: a child of the shell becomes it.
    Child(&'a str),
    /// The actor ends: the person ends it from another box.
    Ends,
    /// Only a parent can wait.
    Waits,
    /// This workload is a program of the lab.
    Workload(&'a str),
    /// The shell loses its programs.
    Root,
    /// The actor keeps something open, as the shell does with `exec 3<FILE`.
    KeepsOpen,
    /// It changes the ids, capabilities or CPUs of the actor.
    Itself,
}
