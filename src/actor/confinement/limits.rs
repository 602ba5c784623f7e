//! What bounds a program besides its mount table: resources, privileges, and whom it may look into.

use crate::actor::execute::Failure;
use crate::kernel::{Error, raw};
use crate::model::Errno;
use landlock::{
    AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// CPU time of each process of a program, and the time by the clock of all: 20 s.
pub const TIME: Duration = Duration::from_secs(20);
/// What it may print: 64 KiB.
pub const OUTPUT: usize = 64 << 10;
/// A program may have so many processes and threads beside those that the run has already.
pub const PROCESSES: u64 = 64;
/// The address space of each process: 1 GiB.
const MEMORY: u64 = 1 << 30;
/// A file that it writes: 16 MiB.
const FILE: u64 = 16 << 20;
/// Open files of each process.
const OPEN_FILES: u64 = 256;

/// Sets the resource limits (`getrlimit(2)`). One that is lower already stays.
///
/// # Errors
/// What the kernel answers.
pub fn resources(processes: u64) -> Result<(), Failure> {
    let limits = [
        (Resource::Core, 0),
        (Resource::As, MEMORY),
        (Resource::Fsize, FILE),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Cpu, TIME.as_secs()),
        (Resource::Nproc, processes),
    ];
    for (resource, most) in limits {
        let most = getrlimit(resource).maximum.map_or(most, |hard| hard.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|e| Error::new("setrlimit", format!("{resource:?}"), e))?;
    }
    Ok(())
}

/// Gives up for good what `execve(2)` could grant (`no_new_privs`), the keys of whoever started the lab, and the power over processes that are not the
/// program's own: a process with a Landlock domain can neither trace nor look into (`/proc/PID/root`, `fd`, `mem`, `pidfd_getfd(2)`) one that is not in
/// it, whatever their ids and capabilities (`landlock(7)`, "Ptrace restrictions"). It cannot mount anything either, in whatever namespace.
///
/// # Errors
/// What the kernel answers. Then nothing may be started.
pub fn privileges() -> Result<(), Failure> {
    match raw::join_new_session_keyring() {
        // Without keyrings, or where a filter forbids the call to the program as well.
        Ok(()) | Err(nix::errno::Errno::ENOSYS | nix::errno::Errno::EPERM) => {}
        Err(e) => return Err(Error::new("keyctl", "KEYCTL_JOIN_SESSION_KEYRING", e).into()),
    }
    rustix::thread::set_no_new_privs(true).map_err(|e| Error::new("prctl", "PR_SET_NO_NEW_PRIVS", e))?;
    domain().map_err(|e| Error::new("landlock_restrict_self", "", e).into())
}

/// Enters a Landlock domain that forbids nothing which a program could do otherwise: to make a block device. What it is for comes with any domain.
fn domain() -> Result<(), Errno> {
    // The library does not hand on the kernel's answer; that there is no Landlock is what remains.
    let absent = Errno(libc::EOPNOTSUPP);
    let handled = AccessFs::MakeBlock;
    // Links and renames between directories are forbidden by any domain that does not handle them (Linux 5.19).
    let moved = AccessFs::Refer;
    let enter = || -> Result<landlock::RestrictionStatus, landlock::RulesetError> {
        let ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(handled)?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(moved)?
            .create()?;
        let ruleset = match PathFd::new("/") {
            Ok(root) => ruleset.add_rule(PathBeneath::new(root, moved))?,
            Err(_) => ruleset,
        };
        ruleset.set_compatibility(CompatLevel::HardRequirement).restrict_self()
    };
    match enter() {
        Ok(status) if status.ruleset != landlock::RulesetStatus::NotEnforced => Ok(()),
        _ => Err(absent),
    }
}
