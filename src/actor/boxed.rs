//! A box: a single-threaded process that takes one request after the other, acts or reads, and answers.
#![deny(clippy::wildcard_enum_match_arm)]

use super::birth;
use super::capture::Captured;
use super::confinement::{self, opened::Opened};
use super::execute::{self, BoxState, Failure};
use super::frame::{self, Connection};
use super::place::Around;
use super::protocol::{Birth, FromBox, Reply, Request, SEND_DEADLINE};
use super::scene::Scene;
use super::shell_keeper;
use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, cgroup, marker, process, record};
use crate::model::{Errno, Process, Reading};
use crate::probe::mountinfo::Mount;
use crate::probe::{Beside, View, read_beside};
use crate::vocabulary::verb::says::{Effect, LoopTask, Maker};
use crate::vocabulary::{Reader, Verb};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// A box waits so long for a child that it has made to be ready: 20 s.
const READY_DEADLINE: Duration = Duration::from_secs(20);

pub(in crate::actor) struct Boxed {
    connection: Connection,
    child_ended: SignalFd,
    state: BoxState,
    name: String,
    /// It waits for its children as soon as they have ended, and not only when it is told to.
    reaps: bool,
    /// The shell that this process keeps; it ends with it.
    shell: Option<i32>,
    /// The process in whose place it reads.
    beside: Option<i32>,
    /// The frames since the actions of a step began.
    captured: Captured,
}

/// The process's whole life, with the socket to the guardian.
pub fn main(socket: OwnedFd, name: &str) -> ! {
    let _ = rustix::process::setsid();
    // A lesson's files get the modes that the lesson gives, whatever the umask of the user who starts it.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    process::set_name(name);
    let status = match Boxed::new(socket, name) {
        Ok(mut me) => me.serve(),
        Err(_) => 1,
    };
    raw::exit_now(status)
}

fn watch_children() -> std::io::Result<SignalFd> {
    let mut set = SigSet::empty();
    set.add(Signal::SIGCHLD);
    set.thread_block()?;
    Ok(SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?)
}

impl Boxed {
    fn new(socket: OwnedFd, name: &str) -> std::io::Result<Self> {
        use rustix::fs::{CWD, Mode, OFlags, openat};
        let proc = openat(CWD, "/proc", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut around = Around::default();
        around.look(&crate::probe::mountinfo::read(Path::new("/proc/self"))?, true);
        let state = BoxState::new(proc, around);
        let connection = Connection::new(socket).with_descriptors();
        let mut me = Boxed {
            connection,
            child_ended: watch_children()?,
            state,
            name: name.to_owned(),
            reaps: true,
            shell: None,
            beside: None,
            captured: Captured::default(),
        };
        me.say(&FromBox::Hello)?;
        Ok(me)
    }

    /// Sends a message to the guardian. In place of one that is too long for it goes a short one that says so.
    fn say(&mut self, message: &FromBox) -> std::io::Result<()> {
        match self.connection.send(message, SEND_DEADLINE) {
            Err(e) if e.raw_os_error() == Some(libc::EMSGSIZE) => {
                let what = format!("the answer is longer than {} MiB", frame::MOST >> 20);
                let reply = Reply::Failed { errno: Errno(libc::EMSGSIZE), what };
                self.connection.send(&FromBox::Reply { reply, calls: Vec::new() }, SEND_DEADLINE)
            }
            result => result,
        }
    }

    /// Until the guardian closes the connection or dies.
    fn serve(&mut self) -> i32 {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        loop {
            let ready = {
                let mut fds = vec![
                    PollFd::new(self.connection.as_fd(), PollFlags::POLLIN),
                    PollFd::new(self.child_ended.as_fd(), PollFlags::POLLIN),
                ];
                fds.extend(self.captured.socket().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
                // With no half-received request the wait needs no deadline: the guardian's death closes the socket, which ends it.
                let timeout =
                    match self.connection.whole_by().map(|by| by.checked_duration_since(Instant::now())) {
                        None => PollTimeout::NONE,
                        Some(None) => return 1,
                        Some(Some(left)) => PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX),
                    };
                match poll(&mut fds, timeout) {
                    Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                    Err(_) => return 1,
                }
                [0, 1, 2].map(|i| fds.get(i).and_then(PollFd::any).unwrap_or(false))
            };
            if ready[2] {
                self.captured.take_in();
            }
            if ready[1] {
                while let Ok(Some(_)) = self.child_ended.read_signal() {}
                if self.reaps {
                    let ended = process::reap();
                    if ended.iter().any(|(pid, _)| self.shell == Some(*pid)) {
                        return 0;
                    }
                    self.report(&ended);
                }
            }
            if ready[0] {
                let received = match self.connection.read() {
                    Ok(Some(received)) => received,
                    Ok(None) => continue,
                    Err(_) => return 0,
                };
                let Ok(request) = received.message::<Request>() else { return 1 };
                if self.answer(request, received.descriptor).is_err() {
                    return 1;
                }
            }
        }
    }

    /// Tells the guardian of children that were waited for.
    fn report(&mut self, ended: &[(i32, Process)]) {
        for (pid, how) in ended {
            // A guardian that is gone ends this box by its next read.
            let _ = self.say(&FromBox::Reaped { pid: *pid, how: how.clone() });
        }
    }

    /// The child to kill so that a workload does not run; nothing when it does not: it has ended, or a step that starts it was passed over.
    ///
    /// # Errors
    /// A sentence, when another box has started it.
    fn to_stop(&self, name: &str, scene: &Scene) -> Result<Option<i32>, String> {
        use nix::sys::wait::{Id, WaitPidFlag, waitid};
        if scene.view.ended.contains_key(name) {
            return Ok(None);
        }
        let Some(host_pid) = scene.view.pids.get(name) else { return Ok(None) };
        let guard = self.state.guard(scene);
        let depth = guard.own_numbers().len().saturating_sub(1);
        let Some(pid) = guard.numbers_of(*host_pid).get(depth).copied() else { return Ok(None) };
        // Its number may have passed to somebody else; a child's cannot before it was waited for.
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        match waitid(Id::Pid(nix::unistd::Pid::from_raw(pid)), look) {
            Ok(_) => Ok(Some(pid)),
            Err(_) => Err(format!("{name} is not a child of this box")),
        }
    }

    /// Kills a workload that this box has started, and waits for it: until then it holds what it has.
    fn stop(&mut self, name: &str, pid: i32) -> Result<Option<String>, Failure> {
        let until = Instant::now() + READY_DEADLINE;
        let mut ended = Vec::new();
        marker::begin();
        let killed = process::kill(pid, libc::SIGKILL);
        while killed.is_ok() && Instant::now() < until {
            let _ = frame::readable(&self.child_ended, Duration::from_millis(100));
            ended.extend(process::reap());
            if ended.iter().any(|(p, _)| *p == pid) {
                break;
            }
            while let Ok(Some(_)) = self.child_ended.read_signal() {}
        }
        marker::end();
        self.report(&ended);
        killed?;
        if ended.iter().any(|(p, _)| *p == pid) {
            return Ok(None);
        }
        Err(Error::new("wait", name, Errno(libc::ETIMEDOUT)).into())
    }

    /// Reads as this box, or as the process beside which it was put; `own` is its number on the host where the box's paths are not to be trusted.
    fn read(&mut self, reader: &Reader, own: Option<i32>, view: &View, scene: Option<&Scene>) -> Reading {
        if let Reader::Frames(asked) = reader {
            return self.captured.read(asked, view);
        }
        if let Some(path) = reader.socket_path()
            && let Err(why) = scene.map_or(Err("the guard was not asked".to_owned()), |scene| {
                self.state.guard(scene).connects(path)
            })
        {
            let what = format!("connect {path}: EPERM, {why}");
            return Reading::Unread { errno: Errno(libc::EPERM), what };
        }
        match self.beside.or(own) {
            Some(pid) => read_beside(reader, view, Beside { proc: self.state.proc.as_fd(), pid }),
            None => crate::probe::read(reader, view),
        }
    }

    fn answer(&mut self, request: Request, descriptor: Option<OwnedFd>) -> std::io::Result<()> {
        record::start();
        let reply = match request {
            Request::Read { reader, beside, view, scene } => {
                Reply::Read(self.read(&reader, beside, &view, scene.as_deref()))
            }
            Request::ReadAll { readers, view } => {
                Reply::ReadAll(readers.iter().map(|reader| self.read(reader, None, &view, None)).collect())
            }
            Request::Capture(scene) => reply(self.captured.begin(&self.state.guard(&scene)).map(|()| None)),
            Request::Change(changes) => marked(|| Ok(cgroup::apply(&changes).map(|()| None)?)),
            Request::Enter(birth) => marked(|| birth::enter(&birth).map(|()| None)),
            Request::Shell(spec) => {
                process::set_name("shell");
                match shell_keeper::start(&spec, self.state.proc.as_fd()) {
                    Ok(started) => {
                        self.shell = Some(started.pid);
                        Reply::Shell {
                            pid: started.pid,
                            notice: started.notice,
                            variables: started.variables,
                        }
                    }
                    Err(e) => reply(Err(e)),
                }
            }
            Request::Program(spec) => match confinement::program::run(&spec, self.state.proc.as_fd()) {
                Ok(ran) => Reply::Ran(ran),
                Err(e) => reply(Err(e)),
            },
            Request::Surroundings(scene) => match self.look_around(&scene) {
                Ok(_) => Reply::Surroundings(self.state.around.foreign.clone()),
                Err(why) => Reply::Refused { why },
            },
            Request::Join { pid, birth } => {
                self.beside = Some(pid);
                reply(self.join(pid, &birth).map(|()| None))
            }
            Request::Act { verb, scene } => self.act(&verb, &scene, descriptor),
        };
        let calls = record::take();
        self.say(&FromBox::Reply { reply, calls })
    }

    fn act(&mut self, verb: &Verb, scene: &Scene, descriptor: Option<OwnedFd>) -> Reply {
        // Who starts with the lesson learns it here, before it can have a child.
        self.reaps = !scene.reap_when_told.contains(&self.name);
        let seen = self.look_around(scene);
        if let Err(why) = seen.and_then(|table| self.state.guard(scene).with_table(table).check(verb)) {
            return Reply::Refused { why };
        }
        let facts = verb.facts();
        match facts.maker {
            Maker::Loop(LoopTask::Exit(status)) => {
                // Afterwards nobody is there to say it.
                record::last("exit_group", &[status.to_string()]);
                let told = FromBox::Reply { reply: Reply::Done { output: None }, calls: record::take() };
                let _ = self.say(&told);
                marker::begin();
                raw::exit_now(status);
            }
            Maker::Loop(LoopTask::Fork(id, types)) => marked(|| {
                let reaps = !scene.reap_when_told.contains(id);
                self.fork_box(id, types, reaps, descriptor)
            }),
            Maker::Loop(LoopTask::Start(workload)) => reply(self.start(workload, scene, descriptor)),
            Maker::Loop(LoopTask::Wait) => {
                let mut ended = Vec::new();
                let answer = marked(|| {
                    ended = process::reap();
                    Ok(None)
                });
                self.report(&ended);
                answer
            }
            Maker::Loop(LoopTask::Stop(workload)) => match self.to_stop(workload, scene) {
                Ok(Some(pid)) => reply(self.stop(workload, pid)),
                Ok(None) => marked(|| Ok(None)),
                Err(why) => Reply::Refused { why },
            },
            Maker::Executor => {
                let roots: Vec<Root> =
                    facts.effects.iter().filter_map(|e| self.root_after(e, scene)).collect();
                let result = execute::execute(verb, scene, &mut self.state);
                marker::end();
                if result.is_ok() {
                    for root in roots {
                        self.note_root(root, scene);
                    }
                }
                reply(result)
            }
            Maker::Helper(_) => {
                Reply::Refused { why: "a program is started by a helper beside the box".to_owned() }
            }
        }
    }

    /// Reads the mount table, notes what is in it, and returns it.
    fn look_around(&mut self, scene: &Scene) -> Result<Vec<Mount>, String> {
        let guard = self.state.guard(scene);
        let (table, in_hosts) = (guard.table()?, guard.shares_with_host("mnt")?);
        self.state.around.look(&table, in_hosts);
        Ok(table)
    }

    /// What an effect makes of the box's root. After `chroot` mountinfo does not tell any more whose directory it is, so it is asked before.
    fn root_after(&self, effect: &Effect, scene: &Scene) -> Option<Root> {
        match effect {
            Effect::Chroots(to) => {
                Some(Root::Directory { own: self.state.guard(scene).is_own(&scene.view.resolve(to)) })
            }
            Effect::PivotsRoot => Some(Root::OtherMount),
            Effect::Joins => Some(Root::OtherTable),
            Effect::Holds(_)
            | Effect::Forks(_)
            | Effect::Exits
            | Effect::Signals(..)
            | Effect::Starts(_)
            | Effect::Stops(_)
            | Effect::CreatesCgroup(_)
            | Effect::RemovesCgroup(_)
            | Effect::MountsOwn(_) => None,
        }
    }

    /// Keeps account of whose directory the box's root is.
    fn note_root(&mut self, root: Root, scene: &Scene) {
        let around = &mut self.state.around;
        match root {
            Root::Directory { own } => (around.chrooted, around.own_root) = (true, own),
            Root::OtherMount | Root::OtherTable => {
                if let Root::OtherTable = root {
                    // It has what was the host's when it was copied.
                    around.foreign.extend(scene.host.devices.iter().cloned());
                }
                around.own_root = false;
                let own = self.state.guard(scene).is_own(Path::new("/"));
                self.state.around.own_root = own;
            }
        }
    }

    /// Goes where a process is, to read what it would.
    fn join(&self, pid: i32, birth: &Birth) -> Result<(), Failure> {
        let proc = self.state.proc.as_fd();
        let opened = Opened::of(proc, pid)?;
        birth::enter(birth)?;
        opened.look_around(proc)
    }

    /// Forks a further box, which talks to the guardian over a connection of its own. It does not die with its parent: that it outlives it
    /// can be the lesson.
    fn fork_box(
        &mut self,
        name: &str,
        new: &[crate::vocabulary::Ns],
        reaps: bool,
        descriptor: Option<OwnedFd>,
    ) -> Result<Option<String>, Failure> {
        let socket = descriptor.ok_or_else(|| Failure::Refused("no connection for the new box".into()))?;
        let outside = execute::ids_before(new);
        if let Forked::Child = process::fork(execute::fork_flags(new)?)? {
            self.state.outside = outside.or(self.state.outside);
            self.become_box(name, socket, reaps);
        }
        Ok(None)
    }

    /// In a child: closes the parent's descriptors, above all its connection, on which no other process may speak.
    fn let_go(&mut self, own: OwnedFd) {
        self.connection = Connection::new(own).with_descriptors();
        self.state.sockets.clear();
        self.state.held.clear();
        self.captured = Captured::default();
    }

    /// In the child: everything that was the parent's is let go before the first word is said.
    fn become_box(&mut self, name: &str, socket: OwnedFd, reaps: bool) -> ! {
        // What it does to become a box is no part of the action that forked it.
        marker::end();
        self.let_go(socket);
        (self.name, self.reaps) = (name.to_owned(), reaps);
        process::set_name(name);
        let _ = rustix::process::setsid();
        let status = match watch_children() {
            Ok(fd) => {
                self.child_ended = fd;
                match self.say(&FromBox::Hello) {
                    Ok(()) => self.serve(),
                    Err(_) => 1,
                }
            }
            Err(_) => 1,
        };
        raw::exit_now(status)
    }

    /// Starts a workload as a child of this box and waits until it is ready: it has joined its cgroup, touched its memory, listens. An
    /// error on the way there is the action's error.
    fn start(
        &mut self,
        name: &str,
        scene: &Scene,
        descriptor: Option<OwnedFd>,
    ) -> Result<Option<String>, Failure> {
        let socket = descriptor.ok_or_else(|| Failure::Refused("no connection for the workload".into()))?;
        let Some(work) = scene.workloads.get(name) else {
            return Err(Failure::Refused(format!("no workload {name}")));
        };
        let failed = |e: std::io::Error| Failure::Kernel(Error::new("pipe", "", Errno::of(&e)));
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        marker::begin();
        let forked = process::fork(nix::sched::CloneFlags::empty());
        if let Ok(Forked::Child) = forked {
            drop(reader);
            process::reset_signals();
            process::die_with_parent();
            process::set_name(name);
            self.let_go(socket);
            raw::exit_now(super::workload::live(work, scene, &mut self.connection, writer))
        }
        drop(writer);
        // Its joining and binding belong to this action; what it does to get ready after that does not.
        let until = Instant::now() + READY_DEADLINE;
        let _ = frame::readable(&reader, READY_DEADLINE);
        marker::end();
        forked?;
        let await_stage = |reader: &std::io::PipeReader, stage: &str| {
            let left = until.saturating_duration_since(Instant::now());
            if frame::readable(reader, left).unwrap_or(false) {
                return Ok(());
            }
            Err(Error::new("start", format!("{name} was not {stage} in time"), Errno(libc::ETIMEDOUT)))
        };
        await_stage(&reader, "prepared")?;
        // End of file: it died before it was ready; how, the guardian tells.
        let Some((errno, calls)) = super::workload::hear(&reader, until) else { return Ok(None) };
        record::add(calls);
        if errno != 0 {
            return Err(Error::new("start", name, Errno(errno)).into());
        }
        await_stage(&reader, "ready")?;
        let _ = frame::read_exact_by(&reader, &mut [0u8; 4], until);
        Ok(None)
    }
}

/// What a box's root has become.
#[derive(Clone, Copy)]
enum Root {
    /// Another directory of the same mount table.
    Directory {
        /// It is the run's.
        own: bool,
    },
    /// Another mount of the same table.
    OtherMount,
    /// The root of another mount table.
    OtherTable,
}

/// Makes an action between the two marks that tell the tracer what belongs to it.
fn marked(action: impl FnOnce() -> Result<Option<String>, Failure>) -> Reply {
    marker::begin();
    let result = action();
    marker::end();
    reply(result)
}

fn reply(result: Result<Option<String>, Failure>) -> Reply {
    match result {
        Ok(output) => Reply::Done { output },
        Err(Failure::Kernel(e)) => Reply::Failed { errno: e.errno, what: e.to_string() },
        Err(Failure::Refused(why)) => Reply::Refused { why },
    }
}
