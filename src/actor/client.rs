//! The lab's side of the guardian: starts it, asks, and keeps account of who lives.

use super::frame;
use super::ledger::{self, Entry, Ledger};
use super::protocol::{FromGuardian, Reply, Request, ToGuardian};
use super::{GUARDIAN, MARK, decode, sweep};
use crate::kernel::process;
use crate::model::event::millis;
use crate::model::{Call, Process, Source};
use crate::probe::View;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The guardian itself answers at once, so this is for a machine that is very busy: 20 s.
const PATIENCE: Duration = Duration::from_secs(20);
/// It gives its processes 15 s to die, and its cgroups 5 s each.
const CLOSING: Duration = Duration::from_secs(60);
/// A cancelled run is noticed after so long at the latest.
const TICK: Duration = Duration::from_millis(50);

/// Why the guardian could not be asked.
#[derive(Debug)]
pub enum Lost {
    /// Somebody wants the run to end.
    Cancelled,
    /// The guardian is gone or does not answer; operation, object and cause.
    Guardian(String),
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Lost::Cancelled => f.write_str("cancelled"),
            Lost::Guardian(what) => f.write_str(what),
        }
    }
}

/// What became of a request.
#[derive(Debug)]
pub struct Answer {
    /// The box's word.
    pub reply: Reply,
    /// The calls it made.
    pub calls: Vec<Call>,
    /// Who says so.
    pub source: Source,
}

/// Waits for the guardian's first word, and holds its ledger from then on, too.
fn await_ledger(socket: &OwnedFd, path: &Path, cancel: &AtomicBool) -> Result<Ledger, Lost> {
    let deadline = Instant::now() + PATIENCE;
    while !frame::readable(socket, TICK).map_err(|e| Lost::Guardian(format!("poll: {e}")))? {
        if cancel.load(Ordering::Relaxed) {
            return Err(Lost::Cancelled);
        }
        if Instant::now() > deadline {
            return Err(Lost::Guardian(format!("the guardian did not start in {} s", PATIENCE.as_secs())));
        }
    }
    let first = frame::receive(socket)
        .and_then(|r| r.message::<FromGuardian>())
        .map_err(|e| Lost::Guardian(format!("the guardian did not start: {e}")))?;
    match first {
        FromGuardian::Ready(Ok(())) => {
            Ledger::join(path).map_err(|e| Lost::Guardian(format!("open {}: {e}", path.display())))
        }
        FromGuardian::Ready(Err(why)) => Err(Lost::Guardian(why)),
        _ => Err(Lost::Guardian("the guardian's first word is not that it is ready".to_owned())),
    }
}

/// A guardian and the world that it guards.
pub struct Client {
    child: Child,
    socket: OwnedFd,
    ledger: Ledger,
    cancel: Arc<AtomicBool>,
    last: u64,
    /// Those that have closed their connection: they have ended, or are about to.
    left: std::collections::BTreeSet<String>,
    /// The run as readers see it; kept up to date by what the guardian says.
    pub view: View,
}

impl Client {
    /// Starts a guardian for a new run. `scope` is the command that starts it in a cgroup of its own, if there is one.
    ///
    /// # Errors
    /// Operation, object and cause.
    pub fn start(run: &str, scope: &[String], cancel: Arc<AtomicBool>) -> Result<Self, Lost> {
        let failed = |what: &str, e: io::Error| Lost::Guardian(format!("{what}: {e}"));
        // When the guardian dies, its orphans come here and are swept.
        process::adopt_orphans();
        let path = ledger::path_of(run);
        let (mine, theirs) = frame::pair().map_err(|e| failed("socketpair", e))?;
        let own = std::env::current_exe().map_err(|e| failed("readlink /proc/self/exe", e))?;
        let mut command = match scope.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(own);
                command
            }
            None => Command::new("/proc/self/exe"),
        };
        let mut child = command
            .arg(GUARDIAN)
            .arg(&path)
            .env(MARK, run)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()
            .map_err(|e| failed("start the guardian", e))?;
        match await_ledger(&mine, &path, &cancel) {
            Ok(ledger) => Ok(Client {
                child,
                socket: mine,
                ledger,
                cancel,
                last: 0,
                left: std::collections::BTreeSet::new(),
                view: View::default(),
            }),
            Err(lost) => {
                let _ = child.kill();
                let _ = child.wait();
                // It may have come so far that there is a ledger; nothing was noted in it.
                if let Ok(Some(ledger)) = Ledger::take_over(&path) {
                    sweep::end_run(&ledger);
                }
                Err(lost)
            }
        }
    }

    /// Notes something that is about to be made and would outlive its processes.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it must not be made.
    pub fn note(&mut self, entry: &Entry) -> Result<(), Lost> {
        self.ledger.note(entry).map_err(|e| Lost::Guardian(format!("write the ledger: {e}")))
    }

    fn send(&self, message: &ToGuardian) -> Result<(), Lost> {
        frame::send(&self.socket, message, None)
            .map_err(|e| Lost::Guardian(format!("the guardian is gone: {e}")))
    }

    /// The next message, waiting at most until the deadline.
    fn next(&mut self, deadline: Instant) -> Result<Option<FromGuardian>, Lost> {
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Lost::Cancelled);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let ready = frame::readable(&self.socket, left.min(TICK))
                .map_err(|e| Lost::Guardian(format!("poll: {e}")))?;
            if ready {
                return self.receive().map(Some);
            }
            if left.is_zero() {
                return Ok(None);
            }
        }
    }

    fn receive(&mut self) -> Result<FromGuardian, Lost> {
        let message = frame::receive(&self.socket)
            .and_then(|r| r.message::<FromGuardian>())
            .map_err(|e| Lost::Guardian(format!("the guardian is gone: {e}")))?;
        match &message {
            FromGuardian::Born { name, pid } => {
                self.view.pids.insert(name.clone(), *pid);
                self.view.ended.remove(name);
                self.left.remove(name);
            }
            FromGuardian::Ended { name, how: Some(how) } => {
                self.view.ended.insert(name.clone(), how.clone());
                self.view.pids.remove(name);
            }
            FromGuardian::Ended { name, how: None } => {
                self.left.insert(name.clone());
            }
            FromGuardian::Took { name, bytes } => {
                self.view.announced.insert(name.clone(), *bytes);
            }
            _ => {}
        }
        Ok(message)
    }

    /// The guardian's process number.
    pub fn guardian(&self) -> u32 {
        self.child.id()
    }

    /// Takes in what the guardian has said meanwhile, without waiting.
    ///
    /// # Errors
    /// When it is gone.
    pub fn catch_up(&mut self) -> Result<(), Lost> {
        while frame::readable(&self.socket, Duration::ZERO).unwrap_or(false) {
            self.receive()?;
        }
        Ok(())
    }

    /// Lets time pass, taking in what the guardian says.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn pause(&mut self, length: Duration) -> Result<(), Lost> {
        let until = Instant::now() + length;
        while self.next(until)?.is_some() {}
        Ok(())
    }

    /// Starts a box as a child of the guardian.
    ///
    /// # Errors
    /// When it does not come to life.
    pub fn spawn(&mut self, name: &str) -> Result<i32, Lost> {
        self.send(&ToGuardian::Spawn { name: name.to_owned() })?;
        let deadline = Instant::now() + PATIENCE;
        while let Some(message) = self.next(deadline)? {
            match message {
                FromGuardian::Born { name: born, pid } if born == name => return Ok(pid),
                FromGuardian::Stillborn { name: dead, what } if dead == name => {
                    return Err(Lost::Guardian(what));
                }
                FromGuardian::Ended { name: dead, .. } if dead == name => {
                    return Err(Lost::Guardian(format!("{name} ended at once")));
                }
                _ => {}
            }
        }
        Err(Lost::Guardian(format!("{name} did not start in {} s", PATIENCE.as_secs())))
    }

    /// Hands a request to a box and waits for its answer.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone. What the box or the kernel answers is in the [`Answer`].
    pub fn ask(
        &mut self,
        to: &str,
        request: Request,
        trace: bool,
        deadline: Duration,
    ) -> Result<Answer, Lost> {
        self.last += 1;
        let id = self.last;
        let deadline_ms = millis(deadline);
        let request = Box::new(request);
        self.send(&ToGuardian::Ask { id, to: to.to_owned(), request, trace, deadline_ms })?;
        let until = Instant::now() + deadline + PATIENCE;
        while let Some(message) = self.next(until)? {
            if let FromGuardian::Answer { id: answered, reply, trace, reported } = message
                && answered == id
            {
                let (calls, source) = match trace {
                    Some(t) => (t.calls.iter().filter_map(decode::decode).collect(), Source::Kernel),
                    None => (reported, Source::Box),
                };
                return Ok(Answer { reply, calls, source });
            }
        }
        Err(Lost::Guardian(format!("no answer from {to}, and none from the guardian")))
    }

    /// Waits until a box or workload has ended in a way that somebody has seen, or has at least closed its connection.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn await_end(&mut self, name: &str, at_most: Duration) -> Result<Option<Process>, Lost> {
        let until = Instant::now() + at_most;
        loop {
            if let Some(how) = self.view.ended.get(name) {
                return Ok(Some(how.clone()));
            }
            if self.left.contains(name) || self.next(until)?.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether a box or helper has ended, as far as was heard.
    pub fn has_left(&self, name: &str) -> bool {
        self.left.contains(name) || self.view.ended.contains_key(name)
    }

    /// Somebody who is no part of the lesson is gone, or going.
    pub fn forget(&mut self, who: impl Fn(&str) -> bool) {
        self.view.pids.retain(|name, _| !who(name));
        self.view.ended.retain(|name, _| !who(name));
    }

    /// Moves the guardian into a cgroup directory, so that its parent is free of processes.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn join(&mut self, directory: &Path) -> Result<(), Lost> {
        self.send(&ToGuardian::Join { directory: directory.to_owned() })?;
        let deadline = Instant::now() + PATIENCE;
        while let Some(message) = self.next(deadline)? {
            if let FromGuardian::Joined(result) = message {
                return result.map_err(Lost::Guardian);
            }
        }
        Err(Lost::Guardian("the guardian did not move".to_owned()))
    }

    /// Ends the world: every process, and everything in the ledger. Works without a guardian, too. Gives what is left, a line each.
    pub fn close(mut self) -> Vec<String> {
        // From here on a wish to end changes nothing: this is the ending.
        self.cancel = Arc::new(AtomicBool::new(false));
        let mut left = Vec::new();
        let mut closed = false;
        if self.send(&ToGuardian::Close).is_ok() {
            let deadline = Instant::now() + CLOSING;
            while let Ok(Some(message)) = self.next(deadline) {
                if let FromGuardian::Closed { left: lines } = message {
                    left = lines;
                    closed = true;
                    break;
                }
            }
        }
        if !closed {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        if !closed {
            left = sweep::end_run(&self.ledger);
        }
        left
    }
}
