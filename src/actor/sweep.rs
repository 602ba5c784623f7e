//! Ending processes: a guardian's descendants, and those that a dead run has left.

use super::ledger::{self, Ledger};
use super::member::Members;
use super::stuck;
use crate::kernel::raw;
use crate::model::Leftover;
use crate::probe::process;
use rustix::process::{Pid, PidfdFlags, Signal};
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const PROC: &str = "/proc";
/// Everything must be dead after so long: 10 s.
const DEADLINE: Duration = Duration::from_secs(10);

/// Until then only known children are killed: 100 ms.
const FOR_KNOWN: Duration = Duration::from_millis(100);

/// The descendants of a process.
pub fn descendants(of: i32) -> Vec<i32> {
    let proc = Path::new(PROC);
    let listed = proc.join(format!("{of}/task/{of}/children")).exists();
    let known = if listed { BTreeMap::new() } else { by_parent(proc) };
    let children = |pid: i32| {
        if listed {
            return process::children(proc, pid).unwrap_or_default();
        }
        known.get(&pid).cloned().unwrap_or_default()
    };
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(children(parent));
        next += 1;
    }
    found.remove(0);
    found
}

/// All processes by their parents' numbers, for kernels that do not list children (`CONFIG_PROC_CHILDREN`).
fn by_parent(proc: &Path) -> BTreeMap<i32, Vec<i32>> {
    let mut known: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(proc) else { return known };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
        if let Ok(stat) = process::stat(proc, pid) {
            known.entry(stat.parent).or_default().push(pid);
        }
    }
    known
}

/// Kills every descendant of this process, which must be their subreaper and have no other children that it waits for. `known` are certain children;
/// `pause` waits a moment for SIGCHLD. Returns the processes that did not end.
pub fn end_descendants(known: &[i32], within: Duration, mut pause: impl FnMut()) -> Vec<Leftover> {
    let (start, me) = (Instant::now(), std::process::id().cast_signed());
    let is_mine = |pid: &i32| process::stat(Path::new(PROC), *pid).is_ok_and(|stat| stat.parent == me);
    // Orphans become children of this process, so with no children it has no descendants.
    while !reap_until_childless() {
        // Usually there are only the known ones, and where the kernel does not list children, finding others means searching all processes.
        let mut alive: Vec<i32> = known.iter().copied().filter(is_mine).collect();
        if alive.is_empty() || start.elapsed() > FOR_KNOWN {
            alive = descendants(me);
        }
        if start.elapsed() > within {
            return alive.iter().map(|pid| Leftover::Process { pid: *pid }).collect();
        }
        for pid in alive {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
        }
        pause();
    }
    Vec::new()
}

fn reap_until_childless() -> bool {
    loop {
        match raw::wait4(&mut 0) {
            Ok(pid) if pid > 0 => {}
            Err(nix::errno::Errno::ECHILD) => return true,
            _ => return false,
        }
    }
}

/// Living guardians that this process has started, with their start times.
static GUARDIANS: Mutex<BTreeMap<i32, u64>> = Mutex::new(BTreeMap::new());

/// Records a guardian started by this process. Returns its start time, in clock ticks since boot.
pub fn guarded_by(guardian: i32) -> u64 {
    let started = process::stat(Path::new(PROC), guardian).map_or(u64::MAX, |stat| stat.started);
    GUARDIANS.lock().unwrap_or_else(PoisonError::into_inner).insert(guardian, started);
    started
}

/// Records that a guardian of this process has ended and was waited for.
pub fn guardian_ended(guardian: i32) {
    GUARDIANS.lock().unwrap_or_else(PoisonError::into_inner).remove(&guardian);
}

/// Processes that a dead guardian has left to this process, their subreaper: children in another session, because a process of a run is never in the lab's,
/// that are no older than the guardian.
fn orphans(since: u64) -> Vec<(i32, OwnedFd)> {
    let proc = Path::new(PROC);
    let me = std::process::id().cast_signed();
    let children =
        process::children(proc, me).unwrap_or_else(|_| by_parent(proc).remove(&me).unwrap_or_default());
    let own = process::stat(proc, me).map_or(-1, |stat| stat.session);
    let guardians = GUARDIANS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let is_orphan = |pid: &i32| {
        let stat = process::stat(proc, *pid);
        let known = guardians.contains_key(pid);
        stat.is_ok_and(|s| s.parent == me && !known && s.session != own && s.started >= since)
    };
    // A child's number is not reused before it is waited for.
    let open =
        |pid: i32| Some((pid, rustix::process::pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?));
    children.into_iter().filter(is_orphan).filter_map(open).collect()
}

/// Kills every process of a run, repeatedly until none is left, because they may fork meanwhile. `since` is the start of its guardian, if that was a child
/// of this process. Returns the processes that did not end.
fn kill_members(ledger: &Ledger, since: Option<u64>) -> Vec<Leftover> {
    let Some(mut members) = Members::of(ledger) else { return Vec::new() };
    let deadline = Instant::now() + DEADLINE;
    let mut quiet = 0;
    loop {
        let mut found = members.find();
        found.extend(since.map(orphans).unwrap_or_default());
        // In the middle of execve(2) a process has no environment: only what is not there twice is not there.
        quiet = if found.is_empty() { quiet + 1 } else { 0 };
        if quiet == 2 {
            return Vec::new();
        }
        if !found.is_empty() {
            ledger.thaw();
        }
        for (pid, fd) in &found {
            let _ = rustix::process::pidfd_send_signal(fd, Signal::KILL);
            // A child of this process must be waited for, or it stays a zombie. For others the call fails, harmlessly.
            let options = rustix::process::WaitOptions::NOHANG;
            let _ = rustix::process::waitpid(Pid::from_raw(*pid), options);
        }
        if Instant::now() > deadline {
            return found.iter().map(|(pid, _)| Leftover::Process { pid: *pid }).collect();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends SIGKILL to a process with this number and this start time (`proc_pid_stat(5)`).
pub fn kill(pid: i32, started: u64) {
    signal(pid, started, Signal::KILL);
}

/// Sends a signal in the same way. The descriptor is opened first, so a number that has passed to another process hits nobody.
pub fn signal(pid: i32, started: u64, signal: Signal) {
    let Some(number) = Pid::from_raw(pid) else { return };
    let Ok(fd) = rustix::process::pidfd_open(number, PidfdFlags::empty()) else { return };
    if process::stat(Path::new(PROC), pid).is_ok_and(|s| s.started == started) {
        let _ = rustix::process::pidfd_send_signal(fd, signal);
    }
}

/// What a sweep did with one dead run.
#[derive(Debug)]
pub struct Swept {
    /// The run.
    pub run: String,
    /// What could not be undone.
    pub left: Vec<Leftover>,
}

/// Kills what is left of one run and undoes its ledger. `since` is the start of its guardian when that was a child of this process; see [`guarded_by`].
pub fn end_run(ledger: &Ledger, since: Option<u64>) -> Vec<Leftover> {
    let mut left = kill_members(ledger, since);
    left.extend(ledger.undo());
    left
}

/// Ends every run of this user that no process holds any more. Living runs are locked and not touched. If the lab is dead and only its guardian holds the
/// lock, the guardian gets this long to finish, and is then killed.
pub fn sweep(patience: Duration) -> Vec<Swept> {
    let dead = |path: PathBuf| {
        let ledger = match Ledger::take_over(&path).ok()? {
            Some(ledger) => ledger,
            None => stuck::take_over(&path, patience).ok()??,
        };
        let run = ledger::run_of(&path)?.to_owned();
        Some(Swept { left: end_run(&ledger, None), run })
    };
    ledger::all().into_iter().filter_map(dead).collect()
}
