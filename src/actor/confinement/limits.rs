//! The limits of a program besides its mount table: resources, privileges, and the processes that it may look into.

use crate::actor::execute::Failure;
use crate::kernel::{Error, raw};
use crate::model::Errno;
use landlock::{
    AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// CPU time of each process of a program, and wall-clock time of the whole program: 20 s.
pub const TIME: Duration = Duration::from_secs(20);
/// The most that a program may print: 64 KiB.
pub const OUTPUT: usize = 64 << 10;
/// How many processes and threads a program may have, in addition to those of the run.
pub const PROCESSES: u64 = 64;
/// The address space of each process: 1 GiB.
const MEMORY: u64 = 1 << 30;
/// The size of a file that a program writes: 16 MiB.
const FILE: u64 = 16 << 20;
/// Open files of each process.
const OPEN_FILES: u64 = 256;

/// What neither a mount table nor Landlock closes (`seccomp(2)`). Keys are found by number and belong to a user id of the machine, in whatever session
/// keyring or user namespace the caller is (`keyrings(7)`, "Possession"). Landlock does not see a filesystem that is made and never attached, as a
/// writable cgroup2 in a user namespace of the program's own. The kernel's `io_uring` workers pass no filter.
const REFUSED: [libc::c_long; 10] = [
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_fsmount,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_io_uring_setup,
];

/// Sets the resource limits (`getrlimit(2)`). A lower limit already in force stays.
///
/// # Errors
/// The kernel's error.
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

/// Gives up for good what `execve(2)` could grant (`no_new_privs`), the keys of the user who started the lab, and power over processes outside the program:
/// a process in a Landlock domain can neither trace nor look into (`/proc/PID/root`, `fd`, `mem`, `pidfd_getfd(2)`) a process outside the domain, whatever
/// their ids and capabilities (`landlock(7)`, "Ptrace restrictions"). Nor can it mount anything, in any namespace.
///
/// # Errors
/// The kernel's error. Then nothing may be started.
pub fn privileges() -> Result<(), Failure> {
    match raw::join_new_session_keyring() {
        // The kernel has no keyrings, or a filter forbids the call to the program as well.
        Ok(()) | Err(nix::errno::Errno::ENOSYS | nix::errno::Errno::EPERM) => {}
        Err(e) => return Err(Error::new("keyctl", "KEYCTL_JOIN_SESSION_KEYRING", e).into()),
    }
    rustix::thread::set_no_new_privs(true).map_err(|e| Error::new("prctl", "PR_SET_NO_NEW_PRIVS", e))?;
    domain().map_err(|e| Error::new("landlock_restrict_self", "", e))?;
    // Last, because it forbids what is called above. Sockets to a hypervisor and its guests know no network namespace (vsock(7)).
    raw::refuse_calls(&REFUSED, libc::AF_VSOCK).map_err(|e| Error::new("prctl", "PR_SET_SECCOMP", e).into())
}

/// Enters a Landlock domain that forbids only one thing, which a program could not do anyway: making a block device. The restrictions wanted here come with
/// any domain.
fn domain() -> Result<(), Errno> {
    // The library does not pass on the kernel's error; the remaining cause is a kernel without Landlock.
    let absent = Errno(libc::EOPNOTSUPP);
    let handled = AccessFs::MakeBlock;
    // Any domain that does not handle links and renames between directories forbids them (Linux 5.19).
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
