//! Cgroups: directories, control files, members (`cgroups(7)`).

use super::record::{self, call};
use super::{Error, Result, file};
use crate::model::{Change, Errno};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::BTreeSet;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a directory may stay busy after its last process has been killed, and how often that is looked at. The kernel
/// needs milliseconds; a machine under load is given more.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(2);

/// Every run's own directory is called like this; [`remove_run`] touches no other.
pub const PREFIX: &str = "isolab-";

/// Makes changes in their order, up to the first that fails.
pub fn apply(changes: &[Change]) -> Result<()> {
    changes.iter().try_for_each(change)
}

fn change(change: &Change) -> Result<()> {
    match change {
        Change::Mkdir(path) => file::mkdir(path, 0o755),
        Change::Write { file, text } => file::set(file, text),
        Change::WriteIfThere { file, text } => {
            if file.exists() {
                file::set(file, text)
            } else {
                Ok(())
            }
        }
        Change::Copy { from, to } => {
            let text = std::fs::read_to_string(from)
                .map_err(|e| Error::new("read", from.display(), Errno::of(&e)))?;
            file::set(to, text.trim_end())
        }
        Change::Chown { path, uid, gid } => file::chown(path, *uid, *gid),
    }
}

/// Moves a process into a cgroup, in each of its hierarchies. 0 is the caller. What it has allocated so far stays charged to
/// where it was.
pub fn join(directories: &[PathBuf], pid: i32) -> Result<()> {
    directories.iter().try_for_each(|d| file::set(&d.join("cgroup.procs"), &pid.to_string()))
}

/// Moves the caller into the leaf `main` of the cgroup that it is in, so that this cgroup can hand controllers on
/// (`cgroup-v2.rst`, "No Internal Process Constraint").
pub fn move_to_main(base: &Path) -> Result<PathBuf> {
    let main = base.join("main");
    match file::mkdir(&main, 0o755) {
        Err(e) if e.errno != Errno::from(rustix::io::Errno::EXIST) => Err(e),
        _ => file::set(&main.join("cgroup.procs"), "0").map(|()| main),
    }
}

/// `rmdir(2)` of an empty cgroup in each of its hierarchies. A process that was killed a moment ago still makes it busy, so
/// EBUSY counts only when it lasts.
pub fn remove(directories: &[PathBuf]) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    directories.iter().rev().try_for_each(|d| rmdir(d, deadline))
}

fn rmdir(directory: &Path, deadline: Instant) -> Result<()> {
    loop {
        match file::rmdir(directory) {
            Err(e) if e.errno == Errno::from(rustix::io::Errno::BUSY) && Instant::now() < deadline => {
                std::thread::sleep(LOOK);
            }
            result => return result,
        }
    }
}

/// The cgroups in a cgroup; none when it is not there.
fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(std::result::Result::ok);
    entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()).collect()
}

fn remove_tree(directory: &Path, deadline: Instant, failed: &mut Vec<Error>) {
    for child in children(directory) {
        remove_tree(&child, deadline, failed);
    }
    match rmdir(directory, deadline) {
        Err(e) if e.errno == Errno::from(rustix::io::Errno::NOENT) => {}
        Err(e) => failed.push(e),
        Ok(()) => {}
    }
}

/// Kills what is left in a run's own directories and removes them with everything below. What is gone already is no error;
/// everything is tried, and what failed is told.
pub fn remove_run(directories: &[PathBuf]) -> Vec<Error> {
    let ours = |d: &Path| d.components().any(|c| c.as_os_str().to_string_lossy().starts_with(PREFIX));
    let (own, foreign): (Vec<&PathBuf>, Vec<&PathBuf>) = directories.iter().partition(|d| ours(d));
    let refuse = |d: &&PathBuf| Error::new("rmdir", d.display(), rustix::io::Errno::PERM);
    let mut failed: Vec<Error> = foreign.iter().map(refuse).collect();
    let own: Vec<PathBuf> = own.into_iter().cloned().collect();
    failed.extend(kill(&own).err());
    let deadline = Instant::now() + PATIENCE;
    for directory in own.iter().rev() {
        remove_tree(directory, deadline, &mut failed);
    }
    failed
}

/// The processes in these cgroups and in those below, without the caller. Processes of another PID namespace have the number 0
/// here and are left out: `kill(0)` would mean the caller's own group.
fn members(directories: &[PathBuf]) -> BTreeSet<i32> {
    let own = std::process::id() as i32;
    let mut found = BTreeSet::new();
    for directory in directories {
        let text = std::fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
        found.extend(
            text.lines().filter_map(|l| l.trim().parse::<i32>().ok()).filter(|p| *p > 0 && *p != own),
        );
        found.extend(members(&children(directory)));
    }
    found
}

/// Sends SIGKILL to every process in these cgroups and in those below, until none is left. v2 does it in one write
/// (`cgroup.kill`, since 5.14). Without that a process may fork while the list is read, so the list is read again; a v1 freezer, where the
/// cgroup has one, is thawed, because a frozen process does not die.
pub fn kill(directories: &[PathBuf]) -> Result<()> {
    let at_once: Vec<&PathBuf> = directories.iter().filter(|d| d.join("cgroup.kill").exists()).collect();
    at_once.iter().try_for_each(|d| file::set(&d.join("cgroup.kill"), "1"))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let pids = members(directories);
        let Some(first) = pids.first() else { return Ok(()) };
        if Instant::now() >= deadline {
            return Err(Error::new("kill", first, rustix::io::Errno::TIMEDOUT));
        }
        if at_once.is_empty() {
            freeze(directories, "FROZEN")?;
            let killed = pids.iter().try_for_each(|pid| kill_member(*pid, directories));
            freeze(directories, "THAWED")?;
            killed?;
        }
        std::thread::sleep(LOOK);
    }
}

/// Writes the state of v1's freezer wherever there is one: so nothing forks while it is killed.
fn freeze(directories: &[PathBuf], state: &str) -> Result<()> {
    for directory in directories {
        let file = directory.join("freezer.state");
        if file.exists() {
            file::set(&file, state)?;
        }
        freeze(&children(directory), state)?;
    }
    Ok(())
}

/// A descriptor of a process as its link in `/proc/PID/fd` shows it: since Linux 6.9 it is a file of a filesystem of its own.
fn pidfd_shown(fd: &OwnedFd) -> String {
    const PID_FS_MAGIC: u64 = 0x5049_4446;
    match rustix::fs::fstatfs(fd) {
        Ok(found) if found.f_type as u64 == PID_FS_MAGIC => record::object(fd, "pidfd"),
        _ => format!("{}<anon_inode:[pidfd]>", fd.as_raw_fd()),
    }
}

/// SIGKILL to a process that is a member now. The descriptor is opened first and the membership looked at again, so a number
/// that has passed to another process in between hits nobody.
fn kill_member(pid: i32, directories: &[PathBuf]) -> Result<()> {
    let Some(number) = Pid::from_raw(pid) else { return Ok(()) };
    let opened = pidfd_open(number, PidfdFlags::empty());
    let shown = opened.as_ref().map(|fd| i64::from(fd.as_raw_fd())).map_err(|e| *e);
    let _ = call("pidfd_open", &[pid.to_string(), "0".to_owned()], shown);
    let Ok(fd) = opened else { return Ok(()) };
    if !members(directories).contains(&pid) {
        return Ok(());
    }
    let result = pidfd_send_signal(&fd, Signal::KILL);
    let args = [pidfd_shown(&fd), "SIGKILL".to_owned(), "NULL".to_owned(), "0".to_owned()];
    match call("pidfd_send_signal", &args, result.map(|()| 0)) {
        Ok(_) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(e) => Err(Error::new("pidfd_send_signal", pid, e)),
    }
}
