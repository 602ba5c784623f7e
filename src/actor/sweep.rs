//! Ending processes: a guardian's descendants, and those that a dead run has left.

use super::ledger::{self, Ledger};
use super::stuck;
use crate::probe::process;
use rustix::process::{Pid, PidfdFlags, Signal};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PROC: &str = "/proc";
/// Everything must be dead after so long: 10 s.
const DEADLINE: Duration = Duration::from_secs(10);

/// The descendants of a process, by parent numbers.
pub fn descendants(of: i32) -> Vec<i32> {
    let mut parents = Vec::new();
    let Ok(entries) = std::fs::read_dir(PROC) else { return Vec::new() };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
        if let Ok(stat) = process::stat(Path::new(PROC), pid) {
            parents.push((pid, stat.parent));
        }
    }
    let mut found = vec![of];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.remove(0);
    found
}

/// The processes that carry a run's mark in their environment, zombies aside. A process's number may be used again at any moment, so a
/// descriptor is opened first and the mark is read after that.
fn marked(run: &str) -> Vec<(i32, std::os::fd::OwnedFd)> {
    let mark = format!("{}={run}", super::MARK);
    let Ok(entries) = std::fs::read_dir(PROC) else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let number: i32 = entry.file_name().to_str()?.parse().ok()?;
            let fd = rustix::process::pidfd_open(Pid::from_raw(number)?, PidfdFlags::empty()).ok()?;
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            environment.split(|b| *b == 0).any(|v| v == mark.as_bytes()).then_some((number, fd))
        })
        .collect()
}

/// Kills every process with a run's mark, again and again until none is left: they may fork meanwhile.
/// Gives a line for each that would not go.
pub fn kill_marked(run: &str) -> Vec<String> {
    let deadline = Instant::now() + DEADLINE;
    let mut quiet = 0;
    loop {
        let found = marked(run);
        // In the middle of execve(2) a process has no environment: only what is not there twice is not there.
        quiet = if found.is_empty() { quiet + 1 } else { 0 };
        if quiet == 2 {
            return Vec::new();
        }
        for (_, fd) in &found {
            let _ = rustix::process::pidfd_send_signal(fd, Signal::KILL);
        }
        // Those that are this process's own children must be waited for, or they stay.
        let _ = crate::kernel::process::reap();
        if Instant::now() > deadline {
            return found.iter().map(|(pid, _)| format!("kill {pid}: still there")).collect();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// SIGKILL to a process of this number that was started at this time (`proc_pid_stat(5)`). The descriptor is opened first, so a number that
/// has passed to another process hits nobody.
pub fn kill(pid: i32, started: u64) {
    let Some(number) = Pid::from_raw(pid) else { return };
    let Ok(fd) = rustix::process::pidfd_open(number, PidfdFlags::empty()) else { return };
    if process::stat(Path::new(PROC), pid).is_ok_and(|s| s.started == started) {
        let _ = rustix::process::pidfd_send_signal(fd, Signal::KILL);
    }
}

/// What a sweep did with one dead run.
#[derive(Debug)]
pub struct Swept {
    /// The run.
    pub run: String,
    /// What could not be undone.
    pub left: Vec<String>,
}

/// Kills what is left of one run and undoes its ledger.
pub fn end_run(ledger: &Ledger) -> Vec<String> {
    let Some(run) = ledger::run_of(ledger.path()) else { return Vec::new() };
    let mut left = kill_marked(run);
    left.extend(ledger.undo());
    left
}

/// Ends every run of this user that nobody holds any more. Runs that live are locked and not touched; where the lab is dead and only its guardian holds the
/// lock, that one has so much time to finish, and is ended then.
pub fn sweep(patience: Duration) -> Vec<Swept> {
    let dead = |path: PathBuf| {
        let ledger = match Ledger::take_over(&path).ok()? {
            Some(ledger) => ledger,
            None => stuck::take_over(&path, patience).ok()??,
        };
        let run = ledger::run_of(&path)?.to_owned();
        Some(Swept { left: end_run(&ledger), run })
    };
    ledger::all().into_iter().filter_map(dead).collect()
}
