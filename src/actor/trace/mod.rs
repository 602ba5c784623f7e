//! The system-call tracer: what a box and its children really called, in the kernel's own words.
//!
//! A state machine without a loop of its own. The guardian's loop offers every wait status to [`Tracer::on_status`],
//! which does what `ptrace(2)` wants done at this stop and returns at once; nothing here waits. A tracer elsewhere
//! would steal the exits of the guardian's children, and one that blocks could deadlock with a PID 1 that waits for its
//! traced zombie.
//!
//! A trace goes like this: [`Tracer::seize`], and the box may be sent its request → the box prepares, not stopped at all,
//! calls [`marker::begin`](crate::kernel::marker::begin), acts, calls [`marker::end`](crate::kernel::marker::end) →
//! [`Progress::Finished`] with the calls. Children are followed; one is let go when its `execve(2)` has succeeded, at
//! its own end mark, or together with the box.
//!
//! A side effect on a tracee: a set-user-id program gains no privilege while it is traced.

mod capture;
mod observer;
mod stop;

use crate::kernel::{marker, raw};
use crate::model::{Errno, Outcome};
use capture::Mark;
use nix::sys::ptrace;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stop::{Moment, Stop};

pub use crate::calls::family;
pub use crate::calls::raw::{RawCall, Seen};
pub use observer::{Ended, ExpectedFailure, Observed, Observer, Was};

/// More calls than this are counted but not kept: a fork bomb in a lesson must not fill the guardian.
const MOST_CALLS: usize = 4096;

/// The calls of one action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// In the order in which they began.
    pub calls: Vec<RawCall>,
    /// How many more there were than are kept.
    pub lost: u32,
}

/// What a wait status has led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// The status is of a process that is not traced (any more).
    NotMine,
    /// The trace goes on. If the status was an end, it is still the reaper's to note.
    Nothing,
    /// This box has ended its action; it and all that it made have been let go.
    Finished(i32, Trace),
    /// This box has ended, as the status says, before its action was over.
    Died(i32, Trace),
}

/// The state that a tracee's last mark has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Recording {
    /// Its calls are not kept, and its children are not followed.
    #[default]
    Off,
    /// Its calls are not kept, but its children are followed.
    Paused,
    /// Its calls are kept.
    On,
}

#[derive(Debug)]
struct Tracee {
    session: u64,
    /// It has been asked to stop, and is let go when it does.
    leaving: bool,
    recording: Recording,
    /// It stops at its calls.
    watched: bool,
    /// The call that it is in: an index into the calls of its session.
    open: Option<usize>,
    /// The call that a signal or a stop interrupted, and that it may be about to restart.
    interrupted: Option<usize>,
}

#[derive(Debug)]
struct Session {
    owner: i32,
    trace: Trace,
    /// The end mark was seen.
    ended: bool,
}

/// All traced processes of one guardian.
#[derive(Debug, Default)]
pub struct Tracer {
    tracees: BTreeMap<i32, Tracee>,
    sessions: BTreeMap<u64, Session>,
    last: u64,
}

impl Tracer {
    /// A tracer without tracees.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins to trace a box, which is not stopped by that: it can be sent its request at once.
    ///
    /// One that was abandoned and has not been let go yet is simply kept.
    ///
    /// # Errors
    /// EPERM when it is traced already, or when Yama, a container's seccomp filter or a changed uid forbid it
    /// (`ptrace(2)`); ESRCH when there is no such process. The box is then as it was.
    pub fn seize(&mut self, pid: i32) -> Result<(), Errno> {
        let kept = self.tracees.get(&pid).is_some_and(|t| !self.sessions.contains_key(&t.session));
        if !kept {
            stop::seize(pid)?;
        }
        self.last += 1;
        self.sessions.insert(self.last, Session { owner: pid, trace: Trace::default(), ended: false });
        self.adopt(pid, self.last, false, Recording::default());
        Ok(())
    }

    /// Takes note of one status of `waitpid(-1, __WALL)`, given as the kernel gives it, and lets the tracee go on.
    pub fn on_status(&mut self, pid: i32, status: i32) -> Progress {
        let stop = Stop::of(status);
        if stop == Stop::Ended {
            return self.ended(pid);
        }
        if !self.tracees.contains_key(&pid) {
            // Only tracees are reported as stopped: a child that is quicker than the event of its parent.
            let Some(parent) = self.parent(pid) else {
                let _ = raw::ptrace_detach(pid, stop.signal());
                return Progress::Nothing;
            };
            self.inherit(pid, parent);
        }
        let end_mark = match stop {
            Stop::SystemCall => self.system_call(pid),
            Stop::Made => self.made(pid),
            Stop::Exec => self.executed(pid),
            Stop::Trap | Stop::Group | Stop::Signal(_) | Stop::Ended => false,
        };
        let Some(tracee) = self.tracees.get_mut(&pid) else { return Progress::Nothing };
        if end_mark || tracee.leaving {
            return self.release(pid, stop.signal());
        }
        if stop == Stop::Group {
            let _ = raw::ptrace_listen(pid);
            return Progress::Nothing;
        }
        tracee.watched |= stop == Stop::Signal(marker::WATCH);
        // Fails only when it was killed in this stop; its end is reported next.
        let _ = if tracee.watched {
            raw::ptrace_resume(pid, stop.signal())
        } else {
            raw::ptrace_continue(pid, stop.signal())
        };
        Progress::Nothing
    }

    /// Ends the trace of this box before its end mark was seen, for a deadline, and gives what there is.
    ///
    /// Nothing is let go at once: a process can be detached only when it has stopped, so all are asked to, and are let go
    /// by [`Tracer::on_status`]. A frozen one never stops: thaw or kill what [`Tracer::holds`] still names after a while.
    pub fn abandon(&mut self, pid: i32) -> Trace {
        let found = self.sessions.iter().find(|(_, s)| s.owner == pid).map(|(id, _)| *id);
        let Some(session) = found.and_then(|id| self.sessions.remove(&id).map(|s| (id, s))) else {
            return Trace::default();
        };
        self.dismiss(session.0);
        session.1.trace
    }

    /// The processes that are traced now, those included that are about to be let go.
    pub fn holds(&self) -> impl Iterator<Item = i32> {
        self.tracees.keys().copied()
    }

    fn adopt(&mut self, pid: i32, session: u64, leaving: bool, recording: Recording) {
        let watched = recording != Recording::Off;
        let new = Tracee { session, leaving, recording, watched, open: None, interrupted: None };
        self.tracees.insert(pid, new);
    }

    /// Makes a child of a tracee a tracee, in its parent's state.
    fn inherit(&mut self, child: i32, parent: i32) {
        let Some(tracee) = self.tracees.get(&parent) else { return };
        let leaving = tracee.leaving || tracee.recording == Recording::Off;
        let (session, recording) = (tracee.session, tracee.recording);
        self.adopt(child, session, leaving, recording);
    }

    /// The traced process that made this one: its parent, or for a thread the leader of its group.
    fn parent(&self, pid: i32) -> Option<i32> {
        stop::made_by(pid).find(|made_by| self.tracees.contains_key(made_by))
    }

    /// A tracee has made a process. Its own first stop comes before or after this.
    fn made(&mut self, pid: i32) -> bool {
        let child = stop::message(pid).filter(|child| !self.tracees.contains_key(child));
        // It may have been killed and reaped already, or let go as a stranger: then nobody traces it.
        if let Some(child) = child.filter(|child| stop::is_mine(*child)) {
            self.inherit(child, pid);
        }
        false
    }

    /// `execve(2)` has succeeded. A child is another program now and let go; a box that does it is still the box.
    fn executed(&mut self, pid: i32) -> bool {
        // When a thread executes, it takes the number of its leader, and the others are gone without a report.
        if let Some(former) = stop::message(pid).filter(|former| *former != pid) {
            self.tracees.remove(&former);
        }
        let Some(tracee) = self.tracees.get_mut(&pid) else { return false };
        let Some(session) = self.sessions.get_mut(&tracee.session) else { return true };
        if let Some(call) = tracee.open.take().and_then(|i| session.trace.calls.get_mut(i)) {
            call.outcome = Outcome::Returned(0);
        }
        session.owner != pid
    }

    /// Entry or exit of a system call; says whether it is this process's end mark.
    fn system_call(&mut self, pid: i32) -> bool {
        let Some(tracee) = self.tracees.get_mut(&pid) else { return false };
        let Some(session) = self.sessions.get_mut(&tracee.session) else { return false };
        match Moment::of(pid) {
            Some(Moment::Entry { arch, nr, args }) => match capture::mark(arch, nr, &args) {
                Some(Mark::Begin) => tracee.recording = Recording::On,
                Some(Mark::Pause) => tracee.recording = Recording::Paused,
                Some(Mark::End) => {
                    tracee.recording = Recording::Off;
                    session.ended |= session.owner == pid;
                    return true;
                }
                None if tracee.recording == Recording::On && !session.ended => {
                    tracee.enter(pid, session, arch, nr, args);
                }
                None => {}
            },
            Some(Moment::Exit { value, failed }) => tracee.leave(session, value, failed),
            None => {}
        }
        false
    }

    /// Lets a stopped process go. With a box that has ended its action, all that it made are asked to stop.
    fn release(&mut self, pid: i32, signal: i32) -> Progress {
        // Fails only when it was killed in this stop; its end is then the reaper's alone.
        let _ = raw::ptrace_detach(pid, signal);
        let Some(tracee) = self.tracees.remove(&pid) else { return Progress::Nothing };
        if self.sessions.get(&tracee.session).is_some_and(|s| s.ended && s.owner == pid) {
            self.dismiss(tracee.session);
        }
        self.finished(tracee.session)
    }

    /// Asks every process of a session to stop, to be let go then.
    fn dismiss(&mut self, session: u64) {
        for (pid, tracee) in self.tracees.iter_mut().filter(|(_, t)| t.session == session) {
            tracee.leaving = true;
            let _ = ptrace::interrupt(Pid::from_raw(*pid));
        }
    }

    /// Gives the trace when the action is over and nobody of it is traced any more.
    fn finished(&mut self, session: u64) -> Progress {
        let ended = self.sessions.get(&session).is_some_and(|s| s.ended);
        if !ended || self.tracees.values().any(|t| t.session == session) {
            return Progress::Nothing;
        }
        match self.sessions.remove(&session) {
            Some(s) => Progress::Finished(s.owner, s.trace),
            None => Progress::Nothing,
        }
    }

    fn ended(&mut self, pid: i32) -> Progress {
        let Some(tracee) = self.tracees.remove(&pid) else { return Progress::NotMine };
        match self.sessions.get(&tracee.session) {
            Some(s) if s.owner == pid => Progress::Died(pid, self.abandon(pid)),
            _ => self.finished(tracee.session),
        }
    }
}

impl Tracee {
    /// Notes the call that is about to be made; one that is restarted is noted once.
    fn enter(&mut self, pid: i32, session: &mut Session, arch: u32, nr: u64, args: [u64; 6]) {
        let trace = &mut session.trace;
        let restarted = self.interrupted.take().filter(|i| {
            let before = &trace.calls[*i];
            capture::restarts(arch, nr) || (before.nr == nr && before.args == args)
        });
        self.open = restarted;
        if restarted.is_some() || capture::is_noise(arch, nr) {
            return;
        }
        if trace.calls.len() == MOST_CALLS {
            trace.lost += 1;
            return;
        }
        let seen = capture::at_entry(pid, arch, nr, &args);
        self.open = Some(trace.calls.len());
        trace.calls.push(RawCall { pid, arch, nr, args, seen, outcome: Outcome::Unfinished });
    }

    /// Notes how the call has ended.
    fn leave(&mut self, session: &mut Session, value: i64, failed: bool) {
        /// ERESTARTSYS to ERESTART_RESTARTBLOCK in `linux/errno.h`: seen by tracers alone.
        const RESTART: std::ops::RangeInclusive<i64> = 512..=516;
        let Some(index) = self.open.take() else { return };
        let Some(call) = session.trace.calls.get_mut(index) else { return };
        if failed && RESTART.contains(&-value) {
            self.interrupted = Some(index);
            return;
        }
        call.outcome = if failed {
            Outcome::Failed(Errno(i32::try_from(-value).unwrap_or(0)))
        } else {
            capture::at_exit(call, value);
            Outcome::Returned(value)
        };
    }
}
