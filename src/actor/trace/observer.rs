//! The programs of a person's shell: how each of them ended, and which of their calls failed. A shell's program tells that to its parent
//! alone, and its tracer is the only other process that the kernel tells.
//!
//! Like the [`Tracer`](super::Tracer) it has no loop of its own: the guardian offers it every wait status. What it has seen it keeps until it is
//! asked, and of that only so much.

use super::stop::{self, Moment, Stop};
use super::{RawCall, capture};
use crate::calls::decode::numbers;
use crate::kernel::{process, raw};
use crate::model::{Errno, Outcome, Process};
use crate::probe;
use nix::sys::ptrace;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

/// More than these are not kept, of either kind; the oldest are dropped first.
const MOST: usize = 64;

/// A failure to look out for: one of these calls fails with one of these errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedFailure {
    /// The calls' names.
    pub calls: Vec<String>,
    /// The errors.
    pub errnos: Vec<Errno>,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its number on the host.
    pub pid: i32,
    /// How.
    pub how: Process,
    /// The last program that it was; nothing where it only was a copy of its parent.
    pub was: Option<Was>,
}

/// A program, right after its `execve(2)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Was {
    /// Its name (`comm`, `proc_pid_comm(5)`).
    pub name: String,
    /// Whether it ran the lab's own program.
    pub is_the_labs: bool,
    /// Whether it was in another PID namespace than its parent.
    pub is_apart: bool,
}

/// What was seen since the last time that it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Those that ended.
    pub ended: VecDeque<Ended>,
    /// The calls that failed as expected.
    pub failed: VecDeque<RawCall>,
}

#[derive(Debug, Default)]
struct Tracee {
    was: Option<Was>,
    /// The call that it is in, where its end is looked out for.
    open: Option<RawCall>,
}

/// All shells that are observed, and what they have started.
#[derive(Debug, Default)]
pub struct Observer {
    tracees: BTreeMap<i32, Tracee>,
    failures: Vec<ExpectedFailure>,
    observed: Observed,
}

impl Observer {
    /// Begins to observe a shell and all that it starts from now on. Where no failures are looked out for, nothing is stopped at its calls.
    ///
    /// # Errors
    /// EPERM when it is traced already, or when Yama or a container's seccomp filter forbid it (`ptrace(2)`); ESRCH when it has ended.
    pub fn observe(&mut self, pid: i32, failures: Vec<ExpectedFailure>) -> Result<(), Errno> {
        stop::seize(pid)?;
        self.tracees.insert(pid, Tracee::default());
        self.failures = failures;
        if !self.failures.is_empty() {
            // It is stopped at its calls only from its next stop on.
            let _ = ptrace::interrupt(Pid::from_raw(pid));
        }
        Ok(())
    }

    /// What was seen since this was asked last.
    pub fn take(&mut self) -> Observed {
        std::mem::take(&mut self.observed)
    }

    /// Takes note of one status of `waitpid(-1, __WALL)` and lets the process go on. Says whether it is one of these; if the status was an end, it
    /// is still the reaper's to note.
    pub fn on_status(&mut self, pid: i32, status: i32) -> bool {
        let stop = Stop::of(status);
        if stop == Stop::Ended {
            let Some(tracee) = self.tracees.remove(&pid) else { return false };
            if let Some(how) = process::end_of(status) {
                keep(&mut self.observed.ended, Ended { pid, how, was: tracee.was });
            }
            return true;
        }
        if !self.tracees.contains_key(&pid) {
            // A child that is quicker than the event of its parent.
            if !stop::made_by(pid).any(|parent| self.tracees.contains_key(&parent)) {
                return false;
            }
            self.tracees.insert(pid, Tracee::default());
        }
        match stop {
            Stop::Group => {
                let _ = raw::ptrace_listen(pid);
                return true;
            }
            Stop::Made => self.made(pid),
            Stop::Exec => self.executed(pid),
            Stop::SystemCall => self.system_call(pid),
            Stop::Trap | Stop::Signal(_) | Stop::Ended => {}
        }
        // Fails only when it was killed in this stop; its end is reported next.
        let _ = if self.failures.is_empty() {
            raw::ptrace_continue(pid, stop.signal())
        } else {
            raw::ptrace_resume(pid, stop.signal())
        };
        true
    }

    fn made(&mut self, pid: i32) {
        // It may have ended and been reaped already.
        if let Some(child) = stop::message(pid).filter(|child| stop::is_mine(*child)) {
            self.tracees.entry(child).or_default();
        }
    }

    fn executed(&mut self, pid: i32) {
        // When a thread executes, it takes the number of its leader, and the others are gone without a report.
        if let Some(former) = stop::message(pid).filter(|former| *former != pid) {
            self.tracees.remove(&former);
        }
        if let Some(tracee) = self.tracees.get_mut(&pid) {
            tracee.was = Some(look_at(pid));
        }
    }

    fn system_call(&mut self, pid: i32) {
        let Some(tracee) = self.tracees.get_mut(&pid) else { return };
        match Moment::of(pid) {
            Some(Moment::Entry { arch, nr, args }) => {
                let name = numbers::name(arch, nr);
                let wanted = name.is_some_and(|name| self.failures.iter().any(|r| r.has(name)));
                tracee.open = wanted.then(|| {
                    let seen = capture::at_entry(pid, arch, nr, &args);
                    RawCall { pid, arch, nr, args, seen, outcome: Outcome::Unfinished }
                });
            }
            Some(Moment::Exit { value, failed }) => {
                let Some(mut call) = tracee.open.take().filter(|_| failed) else { return };
                let errno = Errno(i32::try_from(-value).unwrap_or(0));
                let name = numbers::name(call.arch, call.nr).unwrap_or_default();
                if self.failures.iter().any(|r| r.has(name) && r.errnos.contains(&errno)) {
                    call.outcome = Outcome::Failed(errno);
                    keep(&mut self.observed.failed, call);
                }
            }
            None => {}
        }
    }
}

impl ExpectedFailure {
    fn has(&self, name: &str) -> bool {
        self.calls.iter().any(|call| call == name)
    }
}

fn keep<T>(all: &mut VecDeque<T>, new: T) {
    if all.len() == MOST {
        all.pop_front();
    }
    all.push_back(new);
}

/// Not later: a process that stops once more at its end is charged for the report, beyond the limit of its cgroup.
fn look_at(pid: i32) -> Was {
    let directory = |pid: i32| Path::new("/proc").join(pid.to_string());
    let space = |pid: i32| probe::namespace::link(&directory(pid), "pid").ok();
    let name = probe::text::read(&directory(pid).join("comm")).unwrap_or_default();
    let parents = stop::status_field(pid, "PPid").and_then(space);
    Was {
        name: name.trim_end().to_owned(),
        is_the_labs: probe::process::is_own_program(&directory(pid)),
        is_apart: parents.is_some() && parents != space(pid),
    }
}
