//! The guardian: a single-threaded process between the lab and its boxes. It is the parent of all boxes and the subreaper of all their
//! descendants; it traces, reaps and keeps the ledger in one poll loop, because a tracer elsewhere would steal its exits. When the lab is gone
//! it kills every descendant, undoes the ledger, and ends.
//!
//! Nothing that a box does can keep it from that. It never waits for a peer (see [`frame`]), what a box may make it keep or hand on is bounded, and
//! should it be stuck in a call all the same, an alarm ends it, and whoever starts next undoes the run.

mod hearing;
mod peer;

use super::frame::{self, Connection};
use super::ledger::{self, Ledger};
use super::protocol::{FromGuardian, Reply, Request, ToGuardian};
use super::trace::{Trace, Tracer};
use super::{BOX, MARK, sweep};
use crate::kernel::process;
use crate::model::Call;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use peer::{Kind, Peer, Pending};
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
/// What is there to be done between two waits is done within this time, or SIGALRM ends the guardian, in seconds.
const TURN: u32 = 60;
/// The same for everything that is done at the end, in seconds: longer than the deadlines for processes and cgroups together.
pub const ENDING: u32 = 120;
/// The lab takes the last word within this time: 5 s.
const LAST_WORD: Duration = Duration::from_secs(5);

struct Guardian {
    run: String,
    lab: Connection,
    /// The lab's process; readable when it has ended. Its socket tells that, too, but somebody else can hold that open.
    lab_process: Option<OwnedFd>,
    ledger: Ledger,
    signals: SignalFd,
    peers: BTreeMap<String, Peer>,
    tracer: Tracer,
}

/// The process's whole life: the connection to the lab, and the ledger's path.
pub fn main(lab: OwnedFd, ledger: &Path) -> i32 {
    process::adopt_orphans();
    let _ = rustix::process::setsid();
    process::set_name("isolab-guardian");
    // What it makes is its user's alone, and its user's to read, whatever mask the lab was started with.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let mut lab = Connection::new(lab).sending(frame::MOST_TO_LAB);
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
            let _ = lab.send(&FromGuardian::Ready(Err(why)), LAST_WORD);
            return 1;
        }
    };
    // Its parent is the lab: that was checked before anything else, and a lab that has died since is noticed by its socket.
    let lab_process = rustix::process::getppid()
        .and_then(|pid| rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok());
    let mut me =
        Guardian { run, lab, lab_process, ledger, signals, peers: BTreeMap::new(), tracer: Tracer::new() };
    me.tell(&FromGuardian::Ready(Ok(())));
    me.serve();
    me.finish()
}

/// What a wait has brought.
struct Ready {
    lab: bool,
    lab_gone: bool,
    peers: Vec<String>,
}

impl Guardian {
    /// Until the lab asks to close, or is gone.
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
            // In poll(2) it may wait for as long as the lab has nothing to ask.
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
        // Without a request under way there is nothing to wait for but the lab, whose end closes the socket.
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

    /// Puts a message on its way to the lab. What waits there is bounded by what the lab has asked for, because a peer is heard only where it answers,
    /// and its other words are told once ([`Self::tell_taken`]).
    fn tell(&mut self, message: &FromGuardian) {
        // Only an answer can be too long, and that is tried again without its trace. A lab that is gone is noticed by the next poll.
        let _ = self.lab.queue(message, None).and_then(|()| self.lab.flush());
    }

    /// What workloads have taken: the last word of each, and only when the lab has taken what it was told before.
    fn tell_taken(&mut self) {
        if self.lab.has_unsent() {
            return;
        }
        let taken: Vec<(String, u64)> =
            self.peers.iter_mut().filter_map(|(n, p)| Some((n.clone(), p.took.take()?))).collect();
        for (name, bytes) in taken {
            self.tell(&FromGuardian::Took { name, bytes });
        }
    }

    /// Sends what waits to be sent, as far as the others take it now.
    fn send_all(&mut self) {
        self.tell_taken();
        // A lab that is gone is noticed by the next poll.
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

    /// One message of the lab's; says whether there can be a next one.
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
                self.ask(id, &to, request, trace, Duration::from_millis(deadline_ms));
            }
            ToGuardian::Join { directory } => {
                let file = directory.join("cgroup.procs");
                let result = std::fs::write(&file, "0").map_err(|e| format!("write {}: {e}", file.display()));
                self.tell(&FromGuardian::Joined(result));
            }
            ToGuardian::Ping => self.tell(&FromGuardian::Pong),
            ToGuardian::Close => {}
        }
    }

    /// A socket to a process that does not exist yet; the kernel will tell the number of whoever speaks on it.
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
        // No pre_exec: then std uses posix_spawn. What the child needs (death signal, session, name) it asks for itself, first thing.
        let child = Command::new("/proc/self/exe")
            .arg(BOX)
            .arg(name)
            .env(MARK, &self.run)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            // What the lab has there may be its starter's terminal: whoever gets at a box's descriptors could write to it, and read what is typed.
            .stderr(Stdio::null())
            .spawn()?;
        if let (Some(peer), Ok(pid)) = (self.peers.get_mut(name), i32::try_from(child.id())) {
            peer.is_process(pid);
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
            p.connection.as_ref().filter(|_| !p.is_dead())?;
            Some((p.pid?, p.pending.is_some()))
        }) else {
            return self.tell(&lost(format!("{to} does not live, or is busy")));
        };
        let traced = trace && self.tracer.seize(pid).is_ok();
        let Some(peer) = self.peers.get_mut(to) else { return };
        let mut pending = Pending::new(id, request, deadline);
        pending.traced = traced;
        peer.pending = Some(pending);
        if !traced {
            self.deliver(to);
        }
    }

    /// Hands the request to the box, with a connection for the process that it is to make.
    fn deliver(&mut self, to: &str) {
        let Some(pending) = self.peers.get_mut(to).and_then(|p| p.pending.as_mut()) else { return };
        let Some(request) = pending.unsent.take() else { return };
        let child = match pending.awaits.clone() {
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
        if let Err(e) = connection.queue(&request, child).and_then(|()| connection.flush()) {
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

    /// Sends the answer when everything that belongs to it is there.
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
        // A workload has said how far it is before its box has answered; but that came by another socket.
        self.hear_workloads();
        let Some(pending) = self.peers.get_mut(name).and_then(|p| p.pending.take()) else { return };
        let Some((reply, reported)) = pending.reply else { return };
        let reported = self.on_host(name, reported);
        // Who reads next must know it.
        self.tell_taken();
        self.answer(pending.id, reply, pending.trace, reported);
    }

    fn answer(&mut self, id: u64, reply: Reply, trace: Option<Trace>, reported: Vec<Call>) {
        let seen = trace.as_ref().map_or(0, |t| t.calls.len());
        let whole = FromGuardian::Answer { id, reply, trace, reported };
        if self.lab.queue(&whole, None).is_ok() {
            return;
        }
        // Too long. What the calls were is worth less than what became of them.
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

    /// Kills every descendant, undoes the ledger and says what is left.
    fn finish(mut self) -> i32 {
        nix::unistd::alarm::set(ENDING);
        let known: Vec<i32> = self.peers.values().filter(|p| !p.ended).filter_map(|p| p.pid).collect();
        let mut left = sweep::end_descendants(&known, END_DEADLINE, || {
            let _ = frame::readable(&self.signals, Duration::from_millis(20));
            self.drain_signals();
        });
        self.peers.clear();
        left.extend(self.ledger.undo());
        let status = i32::from(!left.is_empty());
        // What was told before goes first; a lab that is gone takes nothing.
        let _ = self.lab.send(&FromGuardian::Closed { left }, LAST_WORD);
        status
    }
}

fn self_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}
