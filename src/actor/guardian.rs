//! The guardian: a single-threaded process between the lab and its boxes. It is the parent of all boxes and the subreaper of all their
//! descendants; it traces, reaps and keeps the ledger in one poll loop, because a tracer elsewhere would steal its exits. When the lab is gone
//! it kills every descendant, undoes the ledger, and ends.

use super::frame::{self, Received};
use super::ledger::{self, Ledger};
use super::protocol::{FromBox, FromGuardian, Reply, Request, ToGuardian};
use super::trace::{Progress, Trace, Tracer};
use super::{BOX, MARK, sweep};
use crate::kernel::{process, raw};
use crate::lesson::shape::Verb;
use crate::model::{Call, Process};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// All descendants must be dead so long after the lab is gone: 15 s.
const END_DEADLINE: Duration = Duration::from_secs(15);
/// While processes are being let go by the tracer, the loop looks at least so often.
const LOOK: Duration = Duration::from_millis(500);

/// A box or workload on the other end of a socket.
struct Peer {
    socket: Option<OwnedFd>,
    /// Number on the host; unknown until its first word.
    pid: Option<i32>,
    /// Its number in every PID namespace, outermost first.
    numbers: Vec<i32>,
    pending: Option<Pending>,
    ended: bool,
}

/// A request that is not answered yet.
struct Pending {
    id: u64,
    deadline: Instant,
    /// Kept back until the tracer is ready.
    unsent: Option<Box<Request>>,
    traced: bool,
    exits: bool,
    /// The box or workload that must say hello before this is answered.
    awaits: Option<String>,
    reply: Option<(Reply, Vec<Call>)>,
    trace: Option<Trace>,
}

struct Guardian {
    run: String,
    lab: OwnedFd,
    ledger: Ledger,
    signals: SignalFd,
    peers: BTreeMap<String, Peer>,
    tracer: Tracer,
}

/// The process's whole life. Standard input is the socket to the lab; the argument is the ledger's path.
pub fn main(ledger: &Path) -> i32 {
    process::reset_signals();
    process::adopt_orphans();
    let _ = rustix::process::setsid();
    process::set_name("isolab-guardian");
    let lab = raw::owned_fd(0);
    let prepared = || -> io::Result<(String, SignalFd, Ledger)> {
        let run = ledger::run_of(ledger).ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        let mut set = SigSet::empty();
        // A terminal's or a system's wish to end is the lab's to carry out; the guardian hears of it by the socket.
        for signal in [Signal::SIGCHLD, Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGPIPE] {
            set.add(signal);
        }
        set.thread_block()?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok((run, signals, Ledger::create(ledger)?))
    };
    let (run, signals, ledger) = match prepared() {
        Ok(prepared) => prepared,
        Err(e) => {
            let why = format!("create {}: {e}", ledger.display());
            let _ = frame::send(&lab, &FromGuardian::Ready(Err(why)), None);
            return 1;
        }
    };
    let mut me = Guardian { run, lab, ledger, signals, peers: BTreeMap::new(), tracer: Tracer::new() };
    me.tell(&FromGuardian::Ready(Ok(())));
    me.serve();
    me.finish()
}

impl Guardian {
    /// Until the lab asks to close, or is gone.
    fn serve(&mut self) {
        loop {
            let ready = self.wait();
            self.drain_signals();
            self.reap();
            if ready.lab {
                let Ok(received) = frame::receive(&self.lab) else { return };
                let Ok(message) = received.message::<ToGuardian>() else { return };
                if let ToGuardian::Close = message {
                    return;
                }
                self.obey(message);
            }
            for name in ready.peers {
                self.hear(&name);
            }
            self.enforce_deadlines();
        }
    }

    fn wait(&self) -> Ready {
        let next = self.peers.values().filter_map(|p| p.pending.as_ref().map(|p| p.deadline)).min();
        let mut timeout =
            next.map(|d| d.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
        if self.tracer.holds().next().is_some() {
            timeout = Some(timeout.map_or(LOOK, |t| t.min(LOOK)));
        }
        let open: Vec<(&String, &OwnedFd)> =
            self.peers.iter().filter_map(|(n, p)| p.socket.as_ref().map(|s| (n, s))).collect();
        let mut fds = vec![
            PollFd::new(self.lab.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
        ];
        fds.extend(open.iter().map(|(_, s)| PollFd::new(s.as_fd(), PollFlags::POLLIN)));
        // Without a request under way there is nothing to wait for but the lab, whose end closes the socket.
        let timeout =
            timeout.map_or(PollTimeout::NONE, |t| PollTimeout::try_from(t).unwrap_or(PollTimeout::MAX));
        let _ = poll(&mut fds, timeout);
        let is_ready = |fd: &PollFd| fd.any().unwrap_or(false);
        Ready {
            lab: is_ready(&fds[0]),
            peers: open
                .iter()
                .zip(&fds[2..])
                .filter(|(_, fd)| is_ready(fd))
                .map(|((n, _), _)| (*n).clone())
                .collect(),
        }
    }

    fn drain_signals(&self) {
        while let Ok(Some(_)) = self.signals.read_signal() {}
    }

    fn tell(&self, message: &FromGuardian) {
        // A lab that is gone is noticed by the next poll.
        let _ = frame::send(&self.lab, message, None);
    }

    fn obey(&mut self, message: ToGuardian) {
        match message {
            ToGuardian::Spawn { name } => {
                if let Err(e) = self.spawn(&name) {
                    self.tell(&FromGuardian::Stillborn { what: format!("spawn {name}: {e}"), name });
                }
            }
            ToGuardian::Ask { id, to, request, trace, deadline_ms } => {
                self.ask(id, &to, request, trace, Duration::from_millis(deadline_ms));
            }
            ToGuardian::Join { directory } => {
                let file = directory.join("cgroup.procs");
                let result = std::fs::write(&file, "0").map_err(|e| format!("write {}: {e}", file.display()));
                self.tell(&FromGuardian::Joined(result));
            }
            ToGuardian::Close => {}
        }
    }

    /// A socket to a process that does not exist yet; the kernel will tell the number of whoever speaks on it.
    fn connection(&mut self, name: &str, pid: Option<i32>) -> io::Result<OwnedFd> {
        let (mine, theirs) = frame::pair()?;
        rustix::net::sockopt::set_socket_passcred(&mine, true)?;
        let peer = Peer { socket: Some(mine), pid, numbers: Vec::new(), pending: None, ended: false };
        self.peers.insert(name.to_owned(), peer);
        Ok(theirs)
    }

    fn spawn(&mut self, name: &str) -> io::Result<()> {
        let theirs = self.connection(name, None)?;
        // No pre_exec: then std uses posix_spawn. What the child needs (death signal, session, name) it asks for itself, first thing.
        let child = Command::new("/proc/self/exe")
            .arg(BOX)
            .arg(name)
            .env(MARK, &self.run)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        if let Some(peer) = self.peers.get_mut(name) {
            peer.pid = i32::try_from(child.id()).ok();
        }
        Ok(())
    }

    fn ask(&mut self, id: u64, to: &str, request: Box<Request>, trace: bool, deadline: Duration) {
        let lost = |what: String| FromGuardian::Answer {
            id,
            reply: Reply::Lost { what },
            trace: None,
            reported: Vec::new(),
        };
        let Some((pid, false)) = self.peers.get(to).and_then(|p| {
            // Who has closed its connection has ended, and its number may be another process's by now.
            p.socket.as_ref()?;
            Some((p.pid?, p.pending.is_some()))
        }) else {
            return self.tell(&lost(format!("{to} does not live, or is busy")));
        };
        let (exits, awaits) = match &*request {
            Request::Act { verb: Verb::Exit(_), .. } => (true, None),
            Request::Act { verb: Verb::Fork(f), .. } => (false, Some(f.r#box.clone())),
            Request::Act { verb: Verb::Start(w), .. } => (false, Some(w.clone())),
            _ => (false, None),
        };
        let traced = trace && self.tracer.seize(pid).is_ok();
        let Some(peer) = self.peers.get_mut(to) else { return };
        peer.pending = Some(Pending {
            id,
            deadline: Instant::now() + deadline,
            unsent: Some(request),
            traced,
            exits,
            awaits,
            reply: None,
            trace: None,
        });
        if !traced {
            self.deliver(to);
        }
    }

    /// Hands the request to the box, with a connection for the process that it is to make.
    fn deliver(&mut self, to: &str) {
        let Some(pending) = self.peers.get_mut(to).and_then(|p| p.pending.as_mut()) else { return };
        let Some(request) = pending.unsent.take() else { return };
        let child = match pending.awaits.clone() {
            Some(name) => match self.connection(&name, None) {
                Ok(socket) => Some(socket),
                Err(e) => return self.answer_with(to, Reply::Lost { what: format!("socketpair: {e}") }),
            },
            None => None,
        };
        let Some(socket) = self.peers.get(to).and_then(|p| p.socket.as_ref()) else {
            return self.answer_with(to, Reply::Lost { what: format!("{to} ended before it was asked") });
        };
        if let Err(e) = frame::send(socket, &request, child.as_ref().map(AsFd::as_fd)) {
            self.answer_with(to, Reply::Lost { what: format!("{to}: {e}") });
        }
    }

    fn answer_with(&mut self, name: &str, reply: Reply) {
        if let Some(pending) = self.peers.get_mut(name).and_then(|p| p.pending.as_mut()) {
            pending.reply = Some((reply, Vec::new()));
            self.abandon_trace(name);
            self.complete(name);
        }
    }

    fn abandon_trace(&mut self, name: &str) {
        let Some(peer) = self.peers.get_mut(name) else { return };
        let (Some(pid), Some(pending)) = (peer.pid, peer.pending.as_mut()) else { return };
        if pending.traced && pending.trace.is_none() {
            pending.trace = Some(self.tracer.abandon(pid));
        }
    }

    /// Sends the answer when everything that belongs to it is there.
    fn complete(&mut self, name: &str) {
        let Some(pending) = self.peers.get(name).and_then(|p| p.pending.as_ref()) else { return };
        let Some((reply, _)) = &pending.reply else { return };
        if pending.traced && pending.trace.is_none() {
            return;
        }
        let done = matches!(reply, Reply::Done { .. });
        if let Some(child) = pending.awaits.as_ref().filter(|_| done)
            && self.peers.get(child).is_some_and(|p| p.socket.is_some() && p.numbers.is_empty())
        {
            return;
        }
        let Some(pending) = self.peers.get_mut(name).and_then(|p| p.pending.take()) else { return };
        let Some((reply, reported)) = pending.reply else { return };
        let reported = self.on_host(name, reported);
        self.tell(&FromGuardian::Answer { id: pending.id, reply, trace: pending.trace, reported });
    }

    /// What a box has reported, with process numbers as the host has them.
    fn on_host(&self, name: &str, mut reported: Vec<Call>) -> Vec<Call> {
        let Some(peer) = self.peers.get(name) else { return reported };
        for call in &mut reported {
            let caller = if peer.numbers.last() == Some(&call.pid) {
                Some(peer)
            } else {
                self.find(name, call.pid).and_then(|n| self.peers.get(&n))
            };
            call.pid = caller.and_then(|p| p.pid).unwrap_or(call.pid);
        }
        reported
    }

    /// A message from a box, or the end of its connection.
    fn hear(&mut self, name: &str) {
        let Some(socket) = self.peers.get(name).and_then(|p| p.socket.as_ref()) else { return };
        let received = frame::receive(socket);
        let Ok(message) =
            received.as_ref().map_err(|_| ()).and_then(|r| r.message::<FromBox>().map_err(|_| ()))
        else {
            return self.hung_up(name);
        };
        match message {
            FromBox::Hello => self.born(name, received.ok()),
            FromBox::Reply { reply, calls } => {
                let refused = matches!(reply, Reply::Refused { .. } | Reply::Read(_));
                if let Some(pending) = self.peers.get_mut(name).and_then(|p| p.pending.as_mut()) {
                    pending.reply = Some((reply, calls));
                }
                // Nothing was called, so no mark will end the trace.
                if refused {
                    self.abandon_trace(name);
                }
                self.complete(name);
            }
            FromBox::Reaped { pid, how } => {
                if let Some(child) = self.find(name, pid) {
                    self.ended(&child, how);
                }
            }
            FromBox::Took { bytes } => self.tell(&FromGuardian::Took { name: name.to_owned(), bytes }),
        }
    }

    fn born(&mut self, name: &str, received: Option<Received>) {
        let Some(peer) = self.peers.get_mut(name) else { return };
        if let Some(pid) = received.and_then(|r| r.sender).filter(|p| *p > 0) {
            peer.pid = Some(pid);
        }
        let Some(pid) = peer.pid else { return };
        peer.numbers = crate::probe::process::numbers(Path::new("/proc"), pid).unwrap_or_else(|_| vec![pid]);
        self.tell(&FromGuardian::Born { name: name.to_owned(), pid });
        self.complete_waiting_for(name);
    }

    fn complete_waiting_for(&mut self, child: &str) {
        let waiting = self
            .peers
            .iter()
            .find(|(_, p)| p.pending.as_ref().is_some_and(|p| p.awaits.as_deref() == Some(child)))
            .map(|(n, _)| n.clone());
        if let Some(parent) = waiting {
            self.complete(&parent);
        }
    }

    fn hung_up(&mut self, name: &str) {
        let Some(peer) = self.peers.get_mut(name) else { return };
        peer.socket = None;
        if peer.pid.is_some() && !peer.ended {
            self.tell(&FromGuardian::Ended { name: name.to_owned(), how: None });
        }
        let Some(peer) = self.peers.get_mut(name) else { return };
        if let Some(pending) = peer.pending.as_mut() {
            let reply = if pending.exits {
                Reply::Done { output: None }
            } else {
                Reply::Lost { what: format!("{name} ended before it answered") }
            };
            pending.reply.get_or_insert((reply, Vec::new()));
            // The tracer hears of the end by its own way; only when that was before this is everything there.
            let traced = peer.pid.is_some_and(|pid| self.tracer.holds().any(|p| p == pid));
            if !traced {
                self.abandon_trace(name);
            }
            self.complete(name);
        }
        self.complete_waiting_for(name);
    }

    fn reap(&mut self) {
        while let Some((pid, status)) = raw::wait_any() {
            match self.tracer.on_status(pid, status) {
                Progress::Ready(pid) => {
                    if let Some(name) = self.name_of(pid) {
                        self.deliver(&name);
                    }
                }
                Progress::Finished(pid, trace) | Progress::Died(pid, trace) => self.traced(pid, trace),
                Progress::NotMine | Progress::Nothing => {}
            }
            // A tracer is told the end of a tracee that is not its child, too; then the zombie is still there for its parent.
            if let Some(how) = process::end_of(status)
                && !Path::new("/proc").join(pid.to_string()).exists()
                && let Some(name) = self.name_of(pid)
            {
                self.ended(&name, how);
            }
        }
    }

    /// Gives a trace to the request that it belongs to. Its box may have ended already.
    fn traced(&mut self, pid: i32, trace: Trace) {
        let waiting = |p: &Peer| p.pid == Some(pid) && p.pending.as_ref().is_some_and(|p| p.trace.is_none());
        let Some(name) = self.peers.iter().find(|(_, p)| waiting(p)).map(|(n, _)| n.clone()) else { return };
        if let Some(pending) = self.peers.get_mut(&name).and_then(|p| p.pending.as_mut()) {
            pending.trace = Some(trace);
        }
        self.complete(&name);
    }

    fn ended(&mut self, name: &str, how: Process) {
        let Some(peer) = self.peers.get_mut(name) else { return };
        if !peer.ended {
            peer.ended = true;
            self.tell(&FromGuardian::Ended { name: name.to_owned(), how: Some(how) });
        }
    }

    fn name_of(&self, pid: i32) -> Option<String> {
        self.peers.iter().find(|(_, p)| p.pid == Some(pid) && !p.ended).map(|(n, _)| n.clone())
    }

    /// The box or workload that has this number in the PID namespace of another one.
    fn find(&self, seen_by: &str, number: i32) -> Option<String> {
        let depth = self.peers.get(seen_by)?.numbers.len().checked_sub(1)?;
        self.peers
            .iter()
            .find(|(_, p)| !p.ended && p.numbers.get(depth) == Some(&number))
            .map(|(n, _)| n.clone())
    }

    fn enforce_deadlines(&mut self) {
        let now = Instant::now();
        let late: Vec<String> = self
            .peers
            .iter()
            .filter(|(_, p)| p.pending.as_ref().is_some_and(|p| p.deadline <= now))
            .map(|(n, _)| n.clone())
            .collect();
        for name in late {
            if let Some(pid) = self.peers.get(&name).filter(|p| p.socket.is_some()).and_then(|p| p.pid) {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
            }
            self.answer_with(
                &name,
                Reply::Lost { what: format!("{name} did not answer in time and was killed") },
            );
        }
    }

    /// Kills every descendant, undoes the ledger and says what is left.
    fn finish(mut self) -> i32 {
        let deadline = Instant::now() + END_DEADLINE;
        let me = i32::try_from(std::process::id()).unwrap_or(0);
        let mut left = Vec::new();
        loop {
            while raw::wait_any().is_some() {}
            let alive = sweep::descendants(me);
            if alive.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                left.extend(alive.iter().map(|pid| format!("kill {pid}: still there")));
                break;
            }
            for pid in alive {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
            }
            let _ = frame::readable(&self.signals, Duration::from_millis(20));
            self.drain_signals();
        }
        self.peers.clear();
        left.extend(self.ledger.undo());
        let status = i32::from(!left.is_empty());
        self.tell(&FromGuardian::Closed { left });
        status
    }
}

struct Ready {
    lab: bool,
    peers: Vec<String>,
}
