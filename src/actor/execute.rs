//! The executor: each verb's calls, in the files of this directory. The guard is asked first, always.

mod cgroup;
mod copy;
mod file;
mod identity;
mod ipc;
mod mount;
mod namespace;
mod network;

use super::guard::Guard;
use super::place::Around;
use super::scene::Scene;
use crate::kernel::{Error, marker};
use crate::probe::cgroup::Group;
use crate::vocabulary::verb::{self, every_verb};
use crate::vocabulary::{Ns, Verb};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

/// Why an action was not made, or failed.
#[derive(Debug)]
pub enum Failure {
    /// The kernel said no.
    Kernel(Error),
    /// The guard said no, or the action makes no sense here.
    Refused(String),
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Failure::Kernel(e)
    }
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::Refused(why.into())
}

/// What a box has copied so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Copied {
    bytes: u64,
    entries: u32,
}

/// What a box keeps between actions.
pub struct BoxState {
    /// The directory of the host's procfs, opened at birth.
    pub proc: OwnedFd,
    /// Namespaces held open: by type and box.
    pub held: BTreeMap<(Ns, String), OwnedFd>,
    /// Listening sockets.
    pub sockets: Vec<OwnedFd>,
    /// User and group id right before the box made its user namespace: inside, until a map is written, nobody can tell them.
    pub outside: Option<(u32, u32)>,
    /// Whose the filesystems and directories around it are.
    pub around: Around,
    /// What it has copied.
    pub copied: Copied,
}

impl BoxState {
    /// Of a box that has done nothing yet.
    pub fn new(proc: OwnedFd, around: Around) -> Self {
        let (held, sockets) = (BTreeMap::new(), Vec::new());
        BoxState { proc, held, sockets, outside: None, around, copied: Copied::default() }
    }

    /// The guard of the box that keeps this.
    pub fn guard<'a>(&'a self, scene: &'a Scene) -> Guard<'a> {
        Guard::new(self.proc.as_fd(), scene, &self.around)
    }
}

/// The caller's user and group id when these types include a user namespace: asked before it is made.
pub fn ids_before(types: &[Ns]) -> Option<(u32, u32)> {
    let ids = || (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    types.contains(&Ns::User).then(ids)
}

/// The flags for namespace types that can be made anew.
///
/// # Errors
/// For `pid_for_children` and `time_for_children`, which are views and no types.
pub fn clone_flags(types: &[Ns]) -> Result<nix::sched::CloneFlags, Failure> {
    types.iter().try_fold(nix::sched::CloneFlags::empty(), |flags, ns| match ns {
        Ns::PidForChildren | Ns::TimeForChildren => Err(refused(format!("{} cannot be made", ns.link()))),
        other => Ok(flags | other.flag()),
    })
}

/// The flags for the namespace types that `clone(2)` makes for a child.
///
/// # Errors
/// As [`clone_flags`]; also for `time`, whose flag `clone(2)` takes for a signal.
pub fn fork_flags(types: &[Ns]) -> Result<nix::sched::CloneFlags, Failure> {
    if types.contains(&Ns::Time) {
        return Err(refused(
            "clone(2) cannot make a time namespace: unshare time, write the offsets, then fork",
        ));
    }
    clone_flags(types)
}

/// Where an action is made: the run, and what the box keeps between actions.
struct Stage<'a> {
    scene: &'a Scene,
    box_state: &'a mut BoxState,
    /// What a person is shown of the action.
    output: Option<String>,
}

impl Stage<'_> {
    /// A path of the lesson as the box finds it.
    fn at(&self, path: &str) -> PathBuf {
        self.scene.view.resolve(path)
    }

    fn guard(&self) -> Guard<'_> {
        self.box_state.guard(self.scene)
    }

    /// The host's number of a box or workload that lives.
    fn pid_of(&self, name: &str) -> Result<i32, Failure> {
        self.scene.view.pids.get(name).copied().ok_or_else(|| refused(format!("{name} is not running")))
    }

    /// A namespace of a box or workload, opened through the host's procfs.
    fn open_namespace(&self, ns: Ns, of: &str) -> Result<OwnedFd, Failure> {
        Ok(self.guard().open_namespace(self.pid_of(of)?, ns.link())?)
    }

    fn group(&self, name: &str) -> Result<&Group, Failure> {
        self.scene.view.groups.get(name).ok_or_else(|| refused(format!("no cgroup {name}")))
    }
}

/// Makes a verb's calls. The guard was asked before.
trait Execute {
    /// The executor sets the mark at which the action's calls begin, after it has looked something up; otherwise it is set before.
    const LOOKS_UP: bool = false;

    /// Makes the calls.
    fn execute(&self, stage: &mut Stage) -> Result<(), Failure>;
}

/// Verbs that duplicate or end the process, which is up to the box's loop, and programs, which a helper beside the box starts.
macro_rules! made_elsewhere {
    ($($name:ident),*) => {
        $(impl Execute for verb::$name {
            fn execute(&self, _: &mut Stage) -> Result<(), Failure> {
                Err(refused("not an action of the executor"))
            }
        })*
    };
}

made_elsewhere!(Fork, Exit, Wait, Start, Stop, Run);

/// [`Execute`] for whichever verb it is.
macro_rules! dispatch {
    ($($word:literal => $name:ident $($alone:ident)?),* $(,)?) => {
        fn make(verb: &Verb, stage: &mut Stage) -> Result<(), Failure> {
            let looks_up = match verb { $(Verb::$name(_) => <verb::$name as Execute>::LOOKS_UP,)* };
            if !looks_up {
                marker::begin();
            }
            match verb { $(Verb::$name(verb) => verb.execute(stage),)* }
        }
    };
}

every_verb!(dispatch);

/// Makes one action, and sets the mark at which its calls begin; the caller sets the one at which they end. What is looked up first, such as
/// a process's number in the caller's PID namespace, is no part of the action.
///
/// # Errors
/// What the kernel says.
pub fn execute(verb: &Verb, scene: &Scene, box_state: &mut BoxState) -> Result<Option<String>, Failure> {
    let mut stage = Stage { scene, box_state, output: None };
    make(verb, &mut stage)?;
    Ok(stage.output)
}
