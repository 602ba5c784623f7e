//! What a person is told about a shell: what it can do, and why there is none.

use crate::events::Refusal;
use crate::model::{Errno, NoWorkloads, ShellNotice};

/// A sentence about the shell in this box.
pub fn notice(notice: &ShellNotice, of: &str) -> String {
    match notice {
        ShellNotice::ReachesProcessesOf { uid } => {
            format!("kill can reach any process of uid {uid} on this machine.")
        }
        ShellNotice::OwnNetwork => {
            format!("{of} is in the host's network; this shell has one of its own, with lo alone.")
        }
        ShellNotice::Writable { workspace, cgroups, scratch } => {
            let groups = if *cgroups { ", the run's cgroups" } else { "" };
            let workspace = workspace.display();
            format!(
                "Writable: the run's files in {workspace}{groups}, what the run has mounted, and a /tmp and a /dev/shm of {scratch} that go with the run."
            )
        }
        ShellNotice::ReadOnly => "Everything else is mounted read-only, except for /proc, which the kernel guards by permissions; homes, /run, /var and the like are covered.".to_owned(),
        ShellNotice::AgainstMistakes => "This guards against mistakes only: as root here you can mount a place writable again, or take a cover off.".to_owned(),
        ShellNotice::MountTable { copied: true } => {
            format!("{of} shares the host's mount table; this shell has a copy of it.")
        }
        ShellNotice::MountTable { copied: false } => {
            format!("This is the mount table of {of} itself: it sees what is mounted here.")
        }
        ShellNotice::Traced => "The lab traces what you start here, to see how it ends and what the kernel refuses it; strace and gdb do not work meanwhile.".to_owned(),
        ShellNotice::OwnIpc => "It has an IPC namespace of its own, so that no System V objects or message queues are left behind.".to_owned(),
        ShellNotice::RootOfRun => "You are root of the run's user namespace: what the run made is yours; for everything else the kernel checks your id outside of it.".to_owned(),
        ShellNotice::Workloads { names } => {
            format!("The lab's workloads are commands here: {}; --help shows their options.", names.join(", "))
        }
        ShellNotice::NoWorkloads { why } => {
            let why = match why {
                NoWorkloads::OtherRoot => format!("{of} has another root directory"),
                NoWorkloads::NoPlace => "this mount table has no place for them".to_owned(),
                NoWorkloads::Refused { cause } => cause.clone(),
            };
            format!("The lab's workloads are not commands here: {why}.")
        }
        ShellNotice::NotInCgroups { cause } => format!("The shell is not in the cgroups of {of}: {cause}."),
    }
}

/// Why a command was not carried out: operation, object and cause.
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoLesson => "no lesson is open".to_owned(),
        Refusal::NotLoaded(why)
        | Refusal::NotByHand(why)
        | Refusal::Engine(why)
        | Refusal::Blocked { reason: why, .. }
        | Refusal::NoShell { cause: why, .. } => why.clone(),
        Refusal::NoStep { lesson, index, steps } => format!("run step {index}: {lesson} has {steps}"),
        Refusal::NoWorld => "there is no world".to_owned(),
        Refusal::StepFailed { title } => format!("{title} failed"),
        Refusal::GivenFailed => "what the step needs could not be made".to_owned(),
        Refusal::AlreadyTrue => {
            "everything that this step expects is already true, so there is nothing to try".to_owned()
        }
        Refusal::OtherMachine => "this step belongs to another kind of machine".to_owned(),
        Refusal::ShellOpen => "a shell is open already".to_owned(),
        Refusal::NotABox { of } => format!("{of} is not a box of this lesson"),
        Refusal::NotRunning { of } => format!("{of} is not running"),
        Refusal::OrdinaryProcess { of } => {
            format!("{of} is an ordinary process of the host's user namespace: no shell is started in it")
        }
        Refusal::RootOfHost { of } => format!("root of {of} is root of the host: no shell is started in it"),
        Refusal::NotRead { path, errno } => format!("read {}: {errno}", path.display()),
    }
}

/// What helps against it; empty where nothing is known.
pub fn remedy(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Blocked { remedy, .. } => remedy.clone(),
        // Of the calls that close the shell off only mount_setattr(2) may be missing.
        Refusal::NoShell { errno: Some(Errno(libc::ENOSYS)), .. } => {
            "boot a kernel of 5.12 or later".to_owned()
        }
        Refusal::NoLesson
        | Refusal::NotLoaded(_)
        | Refusal::NotByHand(_)
        | Refusal::Engine(_)
        | Refusal::NoShell { .. }
        | Refusal::NoStep { .. }
        | Refusal::NoWorld
        | Refusal::StepFailed { .. }
        | Refusal::GivenFailed
        | Refusal::AlreadyTrue
        | Refusal::OtherMachine
        | Refusal::ShellOpen
        | Refusal::NotABox { .. }
        | Refusal::NotRunning { .. }
        | Refusal::OrdinaryProcess { .. }
        | Refusal::RootOfHost { .. }
        | Refusal::NotRead { .. } => String::new(),
    }
}
