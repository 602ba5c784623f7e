//! The guardian: a single-threaded process between the lab and its boxes. It is the parent of all boxes and the subreaper of all their
//! descendants; it traces, reaps and keeps the ledger in one poll loop, because a tracer elsewhere would steal its exits. When the lab is gone
//! it kills every descendant, undoes the ledger, and ends.
//!
//! Nothing that a box does can keep it from that. It never waits for a peer (see [`frame`]), and what a box can make it keep or pass on is bounded. If it
//! should get stuck in a call all the same, an alarm ends it, and the next start of the program undoes the run.

mod hearing;
mod peer;

use super::frame::{self, Connection};
use super::ledger::{self, Ledger};
use super::protocol::{FromGuardian, Reply, Request, ToGuardian};
use super::role::BOX;
use super::trace::{Observer, Trace, Tracer};
use super::{own, sweep};
use crate::kernel::process;
use crate::kernel::raw::{self, Forked};
use crate::model::Call;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use peer::{Kind, Peer, Pending};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// All descendants must be dead this long after the lab is gone: 15 s.
const END_DEADLINE: Duration = Duration::from_secs(15);
/// How often the loop checks, at least, while the tracer is letting processes go.
const LOOK: Duration = Duration::from_millis(500);
/// The work between two waits must be done within this time, or SIGALRM ends the guardian, in seconds.
const TURN: u32 = 60;
/// The same for all the work at the end, in seconds: longer than the deadlines for processes and cgroups together.
pub const ENDING: u32 = 120;
/// How long the lab has to take the last message: 5 s.
const LAST_WORD: Duration = Duration::from_secs(5);

struct Guardian {
    lab: Connection,
    /// The lab's process; readable when it has ended. Its socket reports that, too, but another process can hold the socket open.
    lab_process: Option<OwnedFd>,
    ledger: Ledger,
    signals: SignalFd,
    peers: BTreeMap<String, Peer>,
    tracer: Tracer,
    /// It sees what becomes of the programs of a person's shells.
    observer: Observer,
    life: BoxLife,
}

/// What a forked process does as a box, with its connection and its name; returns the exit status.
pub type BoxLife = fn(OwnedFd, &str) -> i32;

/// The guardian's main function: takes the connection to the lab, the ledger's path, and what its boxes do.
pub fn main(lab: OwnedFd, ledger: &Path, life: BoxLife) -> i32 {
    process::adopt_orphans();
    let _ = rustix::process::setsid();
    process::set_name("isolab-guardian");
    // Only the user may access the files that the guardian makes, and can always read them, whatever umask the lab was started with.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let mut lab = Connection::new(lab).sending(frame::MOST_TO_LAB);
    let prepared = || -> io::Result<(SignalFd, Ledger)> {
        ledger::run_of(ledger).ok_or(io::ErrorKind::InvalidInput)?;
        let mut set = SigSet::empty();
        // Signals to end, from a terminal or the system, are for the lab to act on; the guardian learns of it by the socket.
        for signal in [Signal::SIGCHLD, Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGPIPE] {
            set.add(signal);
        }
        set.thread_block()?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok((signals, Ledger::create(ledger)?))
    };
    let (signals, ledger) = match prepared() {
        Ok(prepared) => prepared,
        Err(e) => {
            let why = format!("create {}: {e}", ledger.display());
            let _ = lab.send(&FromGuardian::Ready(Err(why)), LAST_WORD);
            return 1;
        }
    };
    // Its parent is the lab: that was checked before anything else. If the lab has died since, the socket shows it.
    let lab_process = rustix::process::getppid()
        .and_then(|pid| rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok());
    let mut me = Guardian {
        lab,
        lab_process,
        ledger,
        signals,
        peers: BTreeMap::new(),
        tracer: Tracer::new(),
        observer: Observer::default(),
        life,
    };
    me.tell(&FromGuardian::Ready(Ok(())));
    me.serve();
    me.finish()
}

/// The result of a wait.
struct Ready {
    lab: bool,
    lab_gone: bool,
    peers: Vec<String>,
}

impl Guardian {
    /// Serves until the lab asks to close, or is gone.
    fn serve(&mut self) {
        loop {
            let ready = self.wait();
            nix::unistd::alarm::set(TURN);
            self.drain_signals();
            self.reap();
            if ready.lab_gone || (ready.lab && !self.hear_lab()) {
                return;
            }
            for name in ready.peers {
                self.hear(&name);
            }
            self.enforce_deadlines();
            self.send_all();
            // In poll(2) the guardian may wait for as long as the lab has no requests.
            nix::unistd::alarm::cancel();
        }
    }

    fn wait(&self) -> Ready {
        let deadlines = self.peers.values().flat_map(|p| {
            [p.pending.as_ref().map(|p| p.deadline), p.connection.as_ref().and_then(Connection::whole_by)]
        });
        let next = deadlines.flatten().min();
        let mut timeout =
            next.map(|d| d.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
        if self.tracer.holds().next().is_some() {
            timeout = Some(timeout.map_or(LOOK, |t| t.min(LOOK)));
        }
        let wanted = |c: &Connection| {
            if c.has_unsent() { PollFlags::POLLIN | PollFlags::POLLOUT } else { PollFlags::POLLIN }
        };
        let open: Vec<(&String, &Connection)> =
            self.peers.iter().filter_map(|(n, p)| p.connection.as_ref().map(|c| (n, c))).collect();
        let mut fds = vec![
            PollFd::new(self.lab.as_fd(), wanted(&self.lab)),
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
        ];
        fds.extend(open.iter().map(|(_, c)| PollFd::new(c.as_fd(), wanted(c))));
        fds.extend(self.lab_process.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        // With no request under way only the lab can wake the guardian, and the lab's end closes the socket.
        let timeout =
            timeout.map_or(PollTimeout::NONE, |t| PollTimeout::try_from(t).unwrap_or(PollTimeout::MAX));
        if poll(&mut fds, timeout).is_err() {
            return Ready { lab: false, lab_gone: false, peers: Vec::new() };
        }
        let is_ready = |fd: &PollFd| fd.any().unwrap_or(false);
        Ready {
            lab: is_ready(&fds[0]),
            lab_gone: fds.get(2 + open.len()).is_some_and(is_ready),
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

    /// Queues a message to the lab and sends it. The queue is bounded by the lab's requests: a peer is heard only where it answers one, and its other
    /// messages are passed on once ([`Self::tell_taken`]).
    fn tell(&mut self, message: &FromGuardian) {
        // Only an answer can be too long, and that is sent again without its trace. The next poll notices a lab that is gone.
        let _ = self.lab.queue(message, None).and_then(|()| self.lab.flush());
    }

    /// Reports how far workloads are: the last message of each, and only once the lab has received the report before.
    fn tell_taken(&mut self) {
        if self.lab.has_unsent() {
            return;
        }
        let taken: Vec<(String, u64)> =
            self.peers.iter_mut().filter_map(|(n, p)| Some((n.clone(), p.took.take()?))).collect();
        for (name, bytes) in taken {
            self.tell(&FromGuardian::Took { name, bytes });
        }
        let forked: Vec<(String, (u32, u32))> =
            self.peers.iter_mut().filter_map(|(n, p)| Some((n.clone(), p.forked.take()?))).collect();
        for (name, (made, failed)) in forked {
            self.tell(&FromGuardian::Forked { name, made, failed });
        }
    }

    /// Sends queued messages, as far as the peers and the lab accept them now.
    fn send_all(&mut self) {
        self.tell_taken();
        // The next poll notices a lab that is gone.
        let _ = self.lab.flush();
        let broken = |(name, peer): (&String, &mut Peer)| {
            let connection = peer.connection.as_mut()?;
            connection.flush().err().map(|_| name.clone())
        };
        let gone: Vec<String> = self.peers.iter_mut().filter_map(broken).collect();
        for name in gone {
            self.hung_up(&name);
        }
    }

    /// Handles one message from the lab; returns whether another may follow.
    fn hear_lab(&mut self) -> bool {
        match self.lab.read() {
            Ok(None) => true,
            Ok(Some(received)) => match received.message::<ToGuardian>() {
                Ok(ToGuardian::Close) | Err(_) => false,
                Ok(message) => {
                    self.obey(message);
                    true
                }
            },
            Err(_) => false,
        }
    }

    fn obey(&mut self, message: ToGuardian) {
        match message {
            ToGuardian::Spawn { name } => {
                if let Err(e) = self.spawn(&name) {
                    self.tell(&FromGuardian::Stillborn { what: format!("spawn {name}: {e}"), name });
                }
            }
            ToGuardian::Ask { id, to, request, trace, deadline_ms } => {
                self.ask(id, &to, &request, trace, Duration::from_millis(deadline_ms));
            }
            ToGuardian::Join { directory } => {
                let file = directory.join("cgroup.procs");
                let result = std::fs::write(&file, "0").map_err(|e| format!("write {}: {e}", file.display()));
                self.tell(&FromGuardian::Joined(result));
            }
            ToGuardian::Pause(pause) => {
                let workloads = self.peers.values().filter(|p| p.kind == Kind::Workload && !p.ended);
                workloads.for_each(|p| p.pause(pause));
                self.tell(&FromGuardian::Paused);
            }
            // It has reaped in this turn, before it heard the lab.
            ToGuardian::Sync => self.tell(&FromGuardian::Synced),
            ToGuardian::Observe { pid, failures } => {
                let observing = self.observer.observe(pid, failures);
                self.tell(&FromGuardian::Observing(observing));
            }
            ToGuardian::Observed => {
                let observed = self.observer.take();
                self.tell(&FromGuardian::Observed(observed));
            }
            ToGuardian::Ping => self.tell(&FromGuardian::Pong),
            ToGuardian::Close => {}
        }
    }

    /// Makes a socket to a process that does not exist yet; the kernel will report the number of the process that speaks on it.
    fn connection(&mut self, name: &str, kind: Kind, made_by: Option<&str>) -> io::Result<OwnedFd> {
        if let Some(before) = self.peers.get(name).filter(|p| p.connection.is_some()) {
            if !before.is_dead() {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name} lives already")));
            }
            self.hung_up(name);
        }
        let (mine, theirs) = frame::pair()?;
        rustix::net::sockopt::set_socket_passcred(&mine, true)?;
        self.peers.insert(name.to_owned(), Peer::new(kind, made_by, Connection::new(mine)));
        Ok(theirs)
    }

    fn spawn(&mut self, name: &str) -> io::Result<()> {
        let theirs = self.connection(name, Kind::Box, None)?;
        match process::fork(CloneFlags::empty()) {
            Ok(Forked::Child) => become_box(&theirs, name, self.life),
            Ok(Forked::Parent(pid)) => {
                if let Some(peer) = self.peers.get_mut(name) {
                    peer.is_process(pid.as_raw());
                }
                Ok(())
            }
            Err(e) => Err(io::Error::from_raw_os_error(e.errno.0)),
        }
    }

    fn ask(&mut self, id: u64, to: &str, request: &Request, trace: bool, deadline: Duration) {
        let lost = |what: String| FromGuardian::Answer {
            id,
            reply: Reply::Lost { what },
            trace: None,
            reported: Vec::new(),
        };
        let Some((pid, false)) = self.peers.get(to).and_then(|p| {
            // A peer that has closed its connection has ended, and its number may be another process's by now.
            p.connection.as_ref().filter(|_| !p.is_dead())?;
            Some((p.pid?, p.pending.is_some()))
        }) else {
            return self.tell(&lost(format!("{to} is not running, or is busy")));
        };
        let traced = trace && self.tracer.seize(pid).is_ok();
        let Some(peer) = self.peers.get_mut(to) else { return };
        let mut pending = Pending::new(id, request, deadline);
        pending.traced = traced;
        let awaits = pending.awaits.clone();
        peer.pending = Some(pending);
        // A connection for the process that the box is to make.
        let child = match awaits {
            Some((name, kind)) => match self.connection(&name, kind, Some(to)) {
                Ok(socket) => Some(socket),
                Err(e) => {
                    return self.answer_with(to, Reply::Lost { what: format!("connect {name}: {e}") });
                }
            },
            None => None,
        };
        let Some(connection) = self.peers.get_mut(to).and_then(|p| p.connection.as_mut()) else {
            return self.answer_with(to, Reply::Lost { what: format!("{to} ended before it was asked") });
        };
        if let Err(e) = connection.queue(request, child).and_then(|()| connection.flush()) {
            self.answer_with(to, Reply::Lost { what: format!("send to {to}: {e}") });
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

    /// Sends the answer once all of its parts are there.
    fn complete(&mut self, name: &str) {
        let Some(pending) = self.peers.get(name).and_then(|p| p.pending.as_ref()) else { return };
        let Some((reply, _)) = &pending.reply else { return };
        if pending.traced && pending.trace.is_none() {
            return;
        }
        let done = matches!(reply, Reply::Done { .. });
        if let Some((child, _)) = pending.awaits.as_ref().filter(|_| done)
            && self.peers.get(child).is_some_and(|p| p.connection.is_some() && p.numbers.is_empty())
        {
            return;
        }
        // A workload has reported its progress before its box answered; but that came over another socket.
        self.hear_workloads();
        let Some(pending) = self.peers.get_mut(name).and_then(|p| p.pending.take()) else { return };
        let Some((reply, reported)) = pending.reply else { return };
        let reported = self.on_host(name, reported);
        // The next reader must know it.
        self.tell_taken();
        self.answer(pending.id, reply, pending.trace, reported);
    }

    fn answer(&mut self, id: u64, reply: Reply, trace: Option<Trace>, reported: Vec<Call>) {
        let seen = trace.as_ref().map_or(0, |t| t.calls.len());
        let whole = FromGuardian::Answer { id, reply, trace, reported };
        if self.lab.queue(&whole, None).is_ok() {
            return;
        }
        // Too long. The trace of the calls is worth less than their outcome.
        let FromGuardian::Answer { reply, .. } = whole else { return };
        let lost = u32::try_from(seen).unwrap_or(u32::MAX);
        let trace = Some(Trace { calls: Vec::new(), lost });
        let short = FromGuardian::Answer { id, reply, trace, reported: Vec::new() };
        if self.lab.queue(&short, None).is_err() {
            let reply = Reply::Lost { what: "the answer is longer than any that is handed on".to_owned() };
            self.tell(&FromGuardian::Answer { id, reply, trace: None, reported: Vec::new() });
        }
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
            if let Some(peer) = self.peers.get(&name) {
                peer.kill();
            }
            self.tell(&FromGuardian::Overdue { name: name.clone() });
            self.answer_with(
                &name,
                Reply::Lost { what: format!("{name} did not answer in time and was killed") },
            );
        }
        let half =
            |p: &Peer| p.connection.as_ref().and_then(Connection::whole_by).is_some_and(|by| by <= now);
        let half: Vec<String> = self.peers.iter().filter(|(_, p)| half(p)).map(|(n, _)| n.clone()).collect();
        for name in half {
            self.expel(&name, "it sent half a message");
        }
    }

    /// Kills every descendant, undoes the ledger and reports what is left.
    fn finish(mut self) -> i32 {
        nix::unistd::alarm::set(ENDING);
        let known: Vec<i32> = self.peers.values().filter(|p| !p.ended).filter_map(|p| p.pid).collect();
        let mut left = sweep::end_descendants(&known, END_DEADLINE, || {
            // Again and again: what is not dead yet can still freeze.
            self.ledger.thaw();
            let _ = frame::readable(&self.signals, Duration::from_millis(20));
            self.drain_signals();
        });
        self.peers.clear();
        left.extend(self.ledger.undo());
        let status = i32::from(!left.is_empty());
        // Queued messages go first; a lab that is gone takes nothing.
        let _ = self.lab.send(&FromGuardian::Closed { left }, LAST_WORD);
        status
    }
}

/// The child's side: lets go of what is the guardian's, and lives as a box. It is a fork, which starts much sooner than another copy of the program.
fn become_box(socket: &OwnedFd, name: &str, life: BoxLife) -> ! {
    process::die_with_parent();
    let ready = || -> io::Result<OwnedFd> {
        nix::unistd::dup2_stdin(socket)?;
        // The guardian's standard error is a pipe to the lab, which can be a terminal; a process with access to a box's descriptors could use it.
        nix::unistd::dup2_stderr(std::io::stdout())?;
        own::close_inherited()?;
        let socket = raw::owned_fd(0);
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        Ok(socket)
    };
    let Ok(socket) = ready() else { raw::exit_now(1) };
    process::set_arguments(&[BOX, name]);
    process::reset_signals();
    process::ignore_file_size_signal();
    raw::exit_now(life(socket, name))
}

fn self_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}
