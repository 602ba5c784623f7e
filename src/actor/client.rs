//! The lab's side of the guardian: starts it, asks, and keeps account of who lives.

mod observing;

use super::frame::{self, Connection};
use super::ids::IdRange;
use super::ledger::{self, Ledger, LedgerEntry};
use super::own;
use super::protocol::{FromGuardian, Reply, Request, ToGuardian};
use super::role::{GUARDIAN, MARK};
use super::sweep;
use crate::calls::decode;
use crate::kernel::process;
use crate::model::Leftover;
use crate::model::millis;
use crate::model::{Call, Process, Source};
use crate::probe::View;
use std::collections::BTreeSet;
use std::io::{self, PipeReader, Read};
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
/// A guardian that has been silent for this long is pinged: 5 s.
const SILENCE: Duration = Duration::from_secs(5);
/// The most that is shown of the standard error of a guardian, or of the program that starts it, in bytes.
const MOST_COMPLAINT: u64 = 2048;
/// How soon unsent data is tried again.
const UNSENT: Duration = Duration::from_millis(2);
/// The most messages that are received in one go when no caller waits for one of them.
const MOST_AT_ONCE: u32 = 10_000;

/// Why the guardian could not be asked.
#[derive(Debug)]
pub enum Lost {
    /// Somebody wants the run to end.
    Cancelled,
    /// The guardian is gone or does not answer; operation, object and cause.
    Guardian(String),
    /// Another run holds something that this one needs.
    Busy {
        /// Which run holds what.
        why: String,
        /// What the user can do about it.
        remedy: String,
    },
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Lost::Cancelled => f.write_str("cancelled"),
            Lost::Guardian(what) | Lost::Busy { why: what, .. } => f.write_str(what),
        }
    }
}

impl Lost {
    /// Adds what was printed about it on standard error.
    fn because(self, complaint: Option<String>) -> Self {
        match (self, complaint) {
            (Lost::Guardian(what), Some(why)) => Lost::Guardian(format!("{what}: {why}")),
            (lost, _) => lost,
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
fn await_ledger(connection: &mut Connection, path: &Path, cancel: &AtomicBool) -> Result<Ledger, Lost> {
    let deadline = Instant::now() + PATIENCE;
    let failed = |e: io::Error| Lost::Guardian(format!("the guardian did not start: {}", gone(&e)));
    let first = loop {
        if let Some(first) = connection.read().map_err(failed)? {
            break first.message::<FromGuardian>().map_err(failed)?;
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(Lost::Cancelled);
        }
        if Instant::now() > deadline {
            return Err(Lost::Guardian(format!("the guardian did not start in {} s", PATIENCE.as_secs())));
        }
        frame::readable(&*connection, TICK).map_err(failed)?;
    };
    match first {
        FromGuardian::Ready(Ok(())) => {
            Ledger::join(path).map_err(|e| Lost::Guardian(format!("open {}: {e}", path.display())))
        }
        FromGuardian::Ready(Err(why)) => Err(Lost::Guardian(why)),
        _ => Err(Lost::Guardian("the guardian's first message is not that it is ready".to_owned())),
    }
}

/// Why the other side sends nothing more.
fn gone(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => "it has ended".to_owned(),
        _ => e.to_string(),
    }
}

/// The text on standard error as one line: a panic message, or why a scope could not be made.
fn complaint(stderr: &PipeReader) -> Option<String> {
    let mut text = Vec::new();
    // Another process may still hold the other end, so read only what is there.
    while (text.len() as u64) < MOST_COMPLAINT && frame::readable(stderr, Duration::ZERO).unwrap_or(false) {
        let mut part = [0u8; 512];
        match (&*stderr).read(&mut part) {
            Ok(n) if n > 0 => text.extend_from_slice(&part[..n]),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// A guardian and the world that it guards.
pub struct Client {
    child: Child,
    /// The guardian's start time, in clock ticks since boot.
    since: u64,
    connection: Connection,
    /// The guardian's standard error. It does not share the lab's, which can be a terminal.
    stderr: PipeReader,
    /// The guardian did not answer in time, so nothing waits for it any more.
    silent: bool,
    ledger: Ledger,
    cancel: Arc<AtomicBool>,
    last: u64,
    /// Those that have closed their connection: they have ended, or are about to.
    pub left: BTreeSet<String>,
    /// Those that were killed because they did not answer.
    pub overdue: BTreeSet<String>,
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
        let (stderr, said) = io::pipe().map_err(|e| failed("pipe", e))?;
        let own = own::path().map_err(|e| failed("readlink /proc/self/exe", e))?;
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
            .stderr(said)
            .spawn()
            .map_err(|e| failed("start the guardian", e))?;
        let since = sweep::guarded_by(child.id().cast_signed());
        // The command holds the other end of the pipe.
        drop(command);
        let mut connection = Connection::new(mine).receiving(frame::MOST_TO_LAB);
        match await_ledger(&mut connection, &path, &cancel) {
            Ok(ledger) => Ok(Client {
                child,
                since,
                connection,
                stderr,
                silent: false,
                ledger,
                cancel,
                last: 0,
                left: BTreeSet::new(),
                overdue: BTreeSet::new(),
                view: View::default(),
            }),
            Err(lost) => {
                let _ = child.kill();
                let _ = child.wait();
                sweep::guardian_ended(child.id().cast_signed());
                let lost = lost.because(complaint(&stderr));
                // It may have come so far that there is a ledger; nothing was noted in it.
                if let Ok(Some(ledger)) = Ledger::take_over(&path) {
                    sweep::end_run(&ledger, Some(since));
                }
                Err(lost)
            }
        }
    }

    /// Notes something that is about to be made and would outlive its processes.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it must not be made.
    pub fn note(&mut self, entry: &LedgerEntry) -> Result<(), Lost> {
        self.ledger.note(entry).map_err(|e| Lost::Guardian(format!("write the ledger: {e}")))
    }

    /// Claims ids for this run, see [`Ledger::claim`]. Returns whether the run has them now.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn claim(&mut self, range: IdRange, own: bool) -> Result<bool, Lost> {
        let claimed = self.ledger.claim(range, own);
        let failed = |e| Lost::Guardian(format!("take the ids from {}: {e}", range.first));
        Ok(claimed.map_err(failed)?.is_some())
    }

    fn lost(&self, what: &str) -> Lost {
        Lost::Guardian(what.to_owned()).because(complaint(&self.stderr))
    }

    /// Queues and sends a message; what the guardian does not take at once goes with the next wait.
    fn send(&mut self, message: &ToGuardian) -> Result<(), Lost> {
        let sent = self.connection.queue(message, None).and_then(|()| self.connection.flush());
        sent.map_err(|e| self.lost(&format!("the guardian is gone: {}", gone(&e))))
    }

    /// The next message, waiting at most until the deadline.
    fn next(&mut self, deadline: Instant) -> Result<Option<FromGuardian>, Lost> {
        let mut quiet_since = Instant::now();
        let mut asked = false;
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Lost::Cancelled);
            }
            match self.receive()? {
                Some(FromGuardian::Pong) => (quiet_since, asked) = (Instant::now(), false),
                Some(message) => return Ok(Some(message)),
                None => {}
            }
            let (left, quiet) = (deadline.saturating_duration_since(Instant::now()), quiet_since.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            if asked && quiet > SILENCE + PATIENCE {
                self.silent = true;
                return Err(self.lost("the guardian does not answer"));
            }
            if !asked && quiet > SILENCE {
                asked = true;
                self.send(&ToGuardian::Ping)?;
            }
            self.wait(left.min(TICK))?;
        }
    }

    /// Waits until there is something to receive, and meanwhile sends what could not be sent yet.
    fn wait(&mut self, at_most: Duration) -> Result<(), Lost> {
        let broken = |e: io::Error| Lost::Guardian(format!("the guardian is gone: {}", gone(&e)));
        self.connection.flush().map_err(broken)?;
        let at_most = if self.connection.has_unsent() { at_most.min(UNSENT) } else { at_most };
        frame::readable(&self.connection, at_most).map_err(broken).map(|_| ())
    }

    /// The next message, if one is there.
    fn receive(&mut self) -> Result<Option<FromGuardian>, Lost> {
        let received = self.connection.read();
        let message = received.and_then(|r| r.map(|r| r.message::<FromGuardian>()).transpose());
        let message = message.map_err(|e| self.lost(&format!("the guardian is gone: {}", gone(&e))))?;
        let Some(message) = message else { return Ok(None) };
        match &message {
            FromGuardian::Born { name, pid } => {
                self.view.pids.insert(name.clone(), *pid);
                self.view.ended.remove(name);
                self.left.remove(name);
                self.overdue.remove(name);
            }
            FromGuardian::Overdue { name } => drop(self.overdue.insert(name.clone())),
            FromGuardian::Ended { name, how: Some(how) } => {
                self.view.ended.insert(name.clone(), how.clone());
                self.view.pids.remove(name);
            }
            FromGuardian::Ended { name, how: None } => {
                self.left.insert(name.clone());
            }
            FromGuardian::Forked { name, made, failed } => {
                self.view.forked.insert(name.clone(), (*made, *failed));
            }
            FromGuardian::Took { name, bytes } => {
                self.view.announced.insert(name.clone(), *bytes);
            }
            _ => {}
        }
        Ok(Some(message))
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
        for _ in 0..MOST_AT_ONCE {
            if self.receive()?.is_none() {
                break;
            }
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
        let news = |message| match message {
            FromGuardian::Born { name: born, pid } if born == name => Some(Ok(pid)),
            FromGuardian::Stillborn { name: dead, what } if dead == name => Some(Err(what)),
            FromGuardian::Ended { name: dead, .. } if dead == name => {
                Some(Err(format!("{name} ended at once")))
            }
            _ => None,
        };
        self.answer(&format!("start {name}"), news)?.map_err(Lost::Guardian)
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
        let ask = ToGuardian::Ask { id, to: to.to_owned(), request: Box::new(request), trace, deadline_ms };
        if let Err(e) = self.connection.queue(&ask, None) {
            // Nothing of it was sent.
            let what = format!("hand the request to {to}: {e}");
            return Ok(Answer { reply: Reply::Lost { what }, calls: Vec::new(), source: Source::Box });
        }
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
        let joined = |m| if let FromGuardian::Joined(result) = m { Some(result) } else { None };
        self.answer("move", joined)?.map_err(Lost::Guardian)
    }

    /// The guardian's own answer; what else it says is taken in, too.
    fn answer<T>(&mut self, what: &str, wanted: impl Fn(FromGuardian) -> Option<T>) -> Result<T, Lost> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(message) = self.next(deadline)? {
            if let Some(answer) = wanted(message) {
                return Ok(answer);
            }
        }
        Err(Lost::Guardian(format!("the guardian did not {what} in {} s", PATIENCE.as_secs())))
    }

    /// Ends the world: every process, and everything in the ledger. Works without a guardian, too. Gives what is left.
    pub fn close(mut self) -> Vec<Leftover> {
        // Do not wait for a guardian that does not answer.
        if !self.silent
            && let Some(left) = self.close_in_order()
        {
            self.await_exit();
            return left;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        sweep::guardian_ended(self.child.id().cast_signed());
        sweep::end_run(&self.ledger, Some(self.since))
    }

    /// Waits for the guardian to end after its last message, which closes its socket.
    fn await_exit(&mut self) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until && self.connection.read().is_ok() {
            let _ = frame::readable(&self.connection, TICK);
        }
        // A guardian that was stopped in between has nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
        sweep::guardian_ended(self.child.id().cast_signed());
    }

    /// Asks the guardian to undo everything. Returns what the guardian says is left, or `None` if it does not answer in time. From here on a request to end
    /// changes nothing: the run is already ending.
    fn close_in_order(&mut self) -> Option<Vec<Leftover>> {
        self.send(&ToGuardian::Close).ok()?;
        let deadline = Instant::now() + CLOSING;
        loop {
            if let FromGuardian::Closed { left } = self.receive().ok()?.unwrap_or(FromGuardian::Pong) {
                return Some(left);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            self.wait(left.min(TICK)).ok()?;
        }
    }
}
