//! A box or workload as the guardian knows it, and which of its messages are believed. A box does what a lesson says, and anybody can write a lesson: the
//! kernel reports which process sends a message and which has ended, and the guardian ends a peer that sends what it cannot mean.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::actor::frame::{self, Connection};
use crate::actor::protocol::{Reply, Request};
use crate::actor::trace::Trace;
use crate::kernel::process;
use crate::model::Call;
use crate::vocabulary::verb::says::{LoopTask, Maker};
use nix::sys::signal::Signal;
use rustix::process::{Pid, PidfdFlags};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

/// The role of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Takes requests, and waits for its children.
    Box,
    /// Reports how much it has taken, and nothing else.
    Workload,
}

/// A box or workload on the other end of a socket.
pub struct Peer {
    pub kind: Kind,
    pub connection: Option<Connection>,
    /// The box that made it; `None` for those that the guardian itself has started.
    pub made_by: Option<String>,
    /// Number on the host; unknown until its first word.
    pub pid: Option<i32>,
    /// The process itself, even if another one gets its number later.
    process: Option<OwnedFd>,
    /// Its number in every PID namespace, outermost first; empty until its first word.
    pub numbers: Vec<i32>,
    pub pending: Option<Pending>,
    /// The bytes that it reports to have taken, until the lab has been informed.
    pub took: Option<u64>,
    /// The children and failed calls of a forker, likewise.
    pub forked: Option<(u32, u32)>,
    /// Whether the lab has been informed how it ended.
    pub ended: bool,
}

/// What kind of answer a request can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Deed,
    Shell,
    Program,
    Surroundings,
    Reading,
    Readings,
}

/// A request that is not answered yet.
pub struct Pending {
    pub id: u64,
    pub deadline: Instant,
    asked: Asked,
    pub traced: bool,
    pub exits: bool,
    /// The box or workload that must say hello before this is answered.
    pub awaits: Option<(String, Kind)>,
    pub reply: Option<(Reply, Vec<Call>)>,
    pub trace: Option<Trace>,
}

impl Pending {
    /// A new request, and how long its box has for it.
    pub fn new(id: u64, request: &Request, at_most: Duration) -> Self {
        let (exits, awaits) = match request {
            Request::Act { verb, .. } => match verb.facts().maker {
                Maker::Loop(LoopTask::Exit(_)) => (true, None),
                Maker::Loop(LoopTask::Fork(id, _)) => (false, Some((id.to_owned(), Kind::Box))),
                Maker::Loop(LoopTask::Start(id)) => (false, Some((id.to_owned(), Kind::Workload))),
                Maker::Loop(LoopTask::Wait | LoopTask::Stop(_)) | Maker::Executor | Maker::Helper(_) => {
                    (false, None)
                }
            },
            Request::Enter(_)
            | Request::Change(_)
            | Request::Shell(_)
            | Request::Program(_)
            | Request::Surroundings(_)
            | Request::Join { .. }
            | Request::Capture(_)
            | Request::Read { .. }
            | Request::ReadAll { .. } => (false, None),
        };
        let asked = match request {
            Request::Read { .. } => Asked::Reading,
            Request::ReadAll { .. } => Asked::Readings,
            Request::Shell(_) => Asked::Shell,
            Request::Program(_) => Asked::Program,
            Request::Surroundings(_) => Asked::Surroundings,
            Request::Act { .. }
            | Request::Enter(_)
            | Request::Change(_)
            | Request::Join { .. }
            | Request::Capture(_) => Asked::Deed,
        };
        let deadline = Instant::now() + at_most;
        Pending { id, deadline, asked, traced: false, exits, awaits, reply: None, trace: None }
    }

    /// Whether this can be an answer from the box that was asked.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn takes(&self, reply: &Reply) -> Result<(), &'static str> {
        if self.reply.is_some() {
            return Err("it sent an answer without a request");
        }
        let fits = match reply {
            Reply::Done { .. } => self.asked == Asked::Deed,
            Reply::Ran(_) => self.asked == Asked::Program,
            Reply::Surroundings(_) => self.asked == Asked::Surroundings,
            Reply::Shell { .. } => self.asked == Asked::Shell,
            Reply::Read(_) => self.asked == Asked::Reading,
            Reply::ReadAll(_) => self.asked == Asked::Readings,
            Reply::Failed { .. } | Reply::Refused { .. } => true,
            // Only the guardian itself reports this about a box.
            Reply::Lost { .. } => false,
        };
        if fits { Ok(()) } else { Err("its answer is of another kind than the request") }
    }
}

impl Peer {
    /// A peer that has not sent a message yet.
    pub fn new(kind: Kind, made_by: Option<&str>, connection: Connection) -> Self {
        Peer {
            kind,
            connection: Some(connection),
            made_by: made_by.map(str::to_owned),
            pid: None,
            process: None,
            numbers: Vec::new(),
            pending: None,
            took: None,
            forked: None,
            ended: false,
        }
    }

    /// Sets its number on the host. A descriptor holds the process from here on, because a number can pass to another process.
    pub fn is_process(&mut self, pid: i32) {
        self.pid = Some(pid);
        self.process =
            Pid::from_raw(pid).and_then(|pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok());
    }

    /// Whether it has ended, whether or not its parent has waited for it (`pidfd_open(2)`).
    pub fn is_dead(&self) -> bool {
        match (&self.process, self.pid) {
            (Some(fd), _) => frame::readable(fd, Duration::ZERO).unwrap_or(false),
            (None, Some(pid)) => !Path::new("/proc").join(pid.to_string()).exists(),
            (None, None) => false,
        }
    }

    /// SIGKILL, if it is alive.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// SIGSTOP, or SIGCONT, if it is alive. The init of a PID namespace obeys, too: the signal comes from outside.
    pub fn pause(&self, pause: bool) {
        self.signal(if pause { Signal::SIGSTOP } else { Signal::SIGCONT });
    }

    fn signal(&self, signal: Signal) {
        match (&self.process, self.pid) {
            (Some(fd), _) => {
                let named = rustix::process::Signal::from_named_raw(signal as i32);
                let _ = named.map(|signal| rustix::process::pidfd_send_signal(fd, signal));
            }
            // Before Linux 5.3; its connection is open, so the number is still its own.
            (None, Some(pid)) if self.connection.is_some() => {
                let _ = process::kill(pid, signal as i32);
            }
            (None, _) => {}
        }
    }

    /// Whether a message can be its own. Another process that has got hold of its socket has another number, which the kernel reports (`SCM_CREDENTIALS`).
    pub fn may_have_sent(&self, sender: Option<i32>) -> bool {
        match (self.pid, sender) {
            (Some(own), Some(sender)) if sender > 0 => own == sender,
            // The first message, or one from a process that is gone by now.
            _ => true,
        }
    }
}

/// Whether a process descends from another one, by parent numbers. A process that is gone is given the benefit of the doubt: its number can do no harm.
pub fn is_below(pid: i32, ancestor: i32) -> bool {
    /// Chains are shorter; a parent that ends during the walk hands its children on, and then the walk starts again.
    const MOST: u32 = 4096;
    let parent = |of: i32| crate::probe::process::stat(Path::new("/proc"), of).ok().map(|s| s.parent);
    let mut at = pid;
    for _ in 0..MOST {
        match parent(at) {
            Some(above) if above == ancestor => return true,
            Some(above) if above > 1 => at = above,
            Some(_) => return false,
            None if at == pid => return true,
            None => at = pid,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reading;

    fn asked(request: &Request) -> Pending {
        Pending::new(1, request, Duration::from_secs(1))
    }

    fn reading() -> Request {
        let reader = crate::vocabulary::Reader::Hostname;
        Request::Read { reader, beside: None, view: Box::default(), scene: None }
    }

    #[test]
    fn an_answer_must_be_of_the_kind_that_was_asked() {
        let (done, read) = (Reply::Done { output: None }, Reply::Read(Reading::Gone));
        let shell = Reply::Shell { pid: 1, notice: Vec::new(), variables: std::collections::BTreeMap::new() };
        let lost = Reply::Lost { what: String::new() };
        let deed = asked(&Request::Change(Vec::new()));
        assert!(deed.takes(&done).is_ok());
        assert!(asked(&reading()).takes(&read).is_ok());
        for wrong in [&read, &shell, &lost] {
            assert!(deed.takes(wrong).is_err(), "{wrong:?}");
        }
        assert!(asked(&reading()).takes(&done).is_err());
    }

    #[test]
    fn a_second_answer_is_refused() {
        let done = Reply::Done { output: None };
        let mut twice = asked(&Request::Change(Vec::new()));
        twice.reply = Some((done.clone(), Vec::new()));
        assert!(twice.takes(&done).is_err());
    }

    #[test]
    fn a_process_descends_from_its_parent_and_not_from_a_stranger() {
        let me = i32::try_from(std::process::id()).expect("a number");
        let parent = nix::unistd::getppid().as_raw();
        assert!(is_below(me, parent));
        assert!(!is_below(parent, me));
        assert!(!is_below(me, i32::MAX));
    }

    #[test]
    fn only_the_process_itself_speaks_for_itself() {
        let (own, _other) = crate::actor::frame::pair().expect("socketpair");
        let mut peer = Peer::new(Kind::Box, None, Connection::new(own));
        assert!(peer.may_have_sent(Some(7)), "its first word says who it is");
        let me = i32::try_from(std::process::id()).expect("a number");
        peer.is_process(me);
        assert!(peer.may_have_sent(Some(me)));
        assert!(!peer.may_have_sent(Some(me + 1)));
        assert!(!peer.is_dead());
    }
}
