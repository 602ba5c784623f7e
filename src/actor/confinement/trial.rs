//! Whether the walls can be built here. Makes the calls that build them, in a process that ends right after.

use super::{Hidden, Table, hidden, limits};
use crate::actor::execute::Failure;
use crate::actor::protocol::Walls;
use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, Result, mount, namespace, process};
use crate::model::Errno;
use crate::probe::mountinfo::{self, Mount};
use crate::probe::release;
use crate::vocabulary::need::KernelVersion;
use nix::mount::MsFlags;
use nix::sched::CloneFlags;
use rustix::fs::{CWD, Mode, OFlags};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

fn error(failure: Failure) -> Error {
    match failure {
        Failure::Kernel(e) => e,
        Failure::Refused(why) => Error::new(&why, "", Errno(libc::EIO)),
    }
}

/// What the walls are built from: read with the starter's rights, as for a program.
pub struct Plan {
    mounts: Vec<Mount>,
    hidden: Vec<Hidden>,
}

/// Reads what there is to hide.
///
/// # Errors
/// What cannot be read.
pub fn plan() -> Result<Plan> {
    let read = |e: std::io::Error| Error::new("read", "/proc/self/mountinfo", Errno::of(&e));
    let mounts = mountinfo::read(Path::new("/proc/self")).map_err(read)?;
    let hidden = hidden(&mounts, &[])?;
    Ok(Plan { mounts, hidden })
}

/// Builds the walls around the caller, which is root in its own user namespace.
///
/// # Errors
/// The call that was refused.
pub fn build(plan: &Plan) -> Result<()> {
    // The first kernel that counts processes per user namespace (getrlimit(2), RLIMIT_NPROC).
    if release::version(Path::new("/proc")) < KernelVersion::new(5, 14) {
        return Err(Error::new("setrlimit", "RLIMIT_NPROC", Errno(libc::EOPNOTSUPP)));
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc =
        rustix::fs::openat(CWD, "/proc", flags, Mode::empty()).map_err(|e| Error::new("open", "/proc", e))?;
    let private = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWPID;
    namespace::unshare(private)?;
    mount::mount(None, Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None)?;
    let walls = Walls { foreign: plan.mounts.iter().map(|m| m.device.clone()).collect(), ..Walls::default() };
    let table = Table {
        walls: &walls,
        hidden: &plan.hidden,
        proc: proc.as_fd(),
        root: Path::new("/"),
        person: false,
        copied: true,
    };
    table.close_off().map_err(error)?;
    in_child(|| {
        let strict = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount::mount(Some("proc"), Path::new("/proc"), Some("proc"), strict, None)?;
        limits::privileges().map_err(error)
    })
}

/// Runs something in a forked child; its error comes back through a pipe.
fn in_child(what: impl FnOnce() -> Result<()>) -> Result<()> {
    let (mut reader, mut writer) = std::io::pipe().map_err(|e| Error::new("pipe", "", Errno::of(&e)))?;
    if let Forked::Child = process::fork(CloneFlags::empty())? {
        drop(reader);
        let answer = what().map_err(|e| (e.operation, e.object, e.errno));
        let _ = writer.write_all(&serde_json::to_vec(&answer).unwrap_or_default());
        raw::exit_now(0)
    }
    drop(writer);
    let mut text = Vec::new();
    let _ = reader.read_to_end(&mut text);
    let _ = nix::sys::wait::wait();
    let answer: std::result::Result<std::result::Result<(), (String, String, Errno)>, _> =
        serde_json::from_slice(&text);
    match answer {
        Ok(answer) => answer.map_err(|(operation, object, errno)| Error::new(&operation, object, errno)),
        Err(_) => Err(Error::new("wait", "", Errno(libc::EIO))),
    }
}
