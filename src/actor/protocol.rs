//! What lab, guardian and boxes say to each other.

use super::scene::Scene;
use super::trace::{ExpectedFailure, Observed};
use crate::model::{Call, Errno, Leftover, Process, Reading, ShellNotice};
use crate::probe::View;
use crate::vocabulary::{Many, Ns, Reader, Verb};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// How long a box waits for the guardian to take a message: 60 s. A guardian that takes longer has been ended by then, or is stopped.
pub const SEND_DEADLINE: Duration = Duration::from_secs(60);

/// Lab → guardian.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToGuardian {
    /// Start a box as a child of the guardian.
    Spawn {
        /// Its name.
        name: String,
    },
    /// Hand a request to a box.
    Ask {
        /// Comes back with the answer.
        id: u64,
        /// The box.
        to: String,
        /// Its task.
        request: Box<Request>,
        /// Record its system calls.
        trace: bool,
        /// After so many milliseconds the box is killed.
        deadline_ms: u64,
    },
    /// Move into this cgroup directory (a delegated scope's leaf).
    Join {
        /// The directory.
        directory: PathBuf,
    },
    /// Stop all workloads (SIGSTOP), or let them go on (SIGCONT): [`FromGuardian::Paused`].
    Pause(bool),
    /// Say first what has ended up to now, then [`FromGuardian::Synced`].
    Sync,
    /// Observe a person's shell: [`FromGuardian::Observing`].
    Observe {
        /// The shell, by its number on the host.
        pid: i32,
        /// The failures to look out for; where there are none, only ends are seen.
        failures: Vec<ExpectedFailure>,
    },
    /// Say what was seen of the shells since this was asked last: [`FromGuardian::Observed`].
    Observed,
    /// Check that the guardian responds: [`FromGuardian::Pong`].
    Ping,
    /// Kill everything, undo the ledger, say what is left, and end.
    Close,
}

/// Guardian → lab.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromGuardian {
    /// The first word: the ledger is there, or why not.
    Ready(Result<(), String>),
    /// A box or workload lives.
    Born {
        /// Its name.
        name: String,
        /// Its number in the host's PID namespace.
        pid: i32,
    },
    /// A box could not be started.
    Stillborn {
        /// Its name.
        name: String,
        /// Operation, object and cause.
        what: String,
    },
    /// The answer to an [`ToGuardian::Ask`].
    Answer {
        /// The request's id.
        id: u64,
        /// What became of it.
        reply: Reply,
        /// The system calls that the tracer saw on the way; nothing where tracing was refused.
        trace: Option<super::trace::Trace>,
        /// The box's own report of them.
        reported: Vec<Call>,
    },
    /// A box or workload has ended. Without `how` it has closed its connection and nobody has waited for it (yet).
    Ended {
        /// Its name.
        name: String,
        /// How.
        how: Option<Process>,
    },
    /// A box did not answer in time, and the guardian kills it: how it ends is not the lesson's doing.
    Overdue {
        /// Its name.
        name: String,
    },
    /// A workload says how much it has taken.
    Took {
        /// The workload.
        name: String,
        /// Bytes.
        bytes: u64,
    },
    /// A workload says how its forks have ended.
    Forked {
        /// The workload.
        name: String,
        /// Children.
        made: u32,
        /// Calls that failed with `EAGAIN`.
        failed: u32,
    },
    /// The guardian moved, or could not.
    Joined(Result<(), String>),
    /// The workloads have been sent the signal.
    Paused,
    /// All that had ended by then has been said.
    Synced,
    /// The shell is observed, or cannot be.
    Observing(Result<(), Errno>),
    /// The answer to [`ToGuardian::Observed`].
    Observed(Observed),
    /// The answer to [`ToGuardian::Ping`].
    Pong,
    /// Everything is undone, except for what is named.
    Closed {
        /// What could not be undone.
        left: Vec<Leftover>,
    },
}

/// Lab → box, handed on by the guardian.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Act.
    Act {
        /// What.
        verb: Verb,
        /// In which run.
        scene: Box<Scene>,
    },
    /// Take the place in which a box is born.
    Enter(Birth),
    /// Make these changes of a cgroup tree; asked of the host helper only.
    Change(Vec<crate::model::Change>),
    /// Start a shell for a person; asked of a helper that then keeps it, and ends with it.
    Shell(Box<ShellSpec>),
    /// Run a program in the namespaces of a box; sent to a helper that does nothing else.
    Program(Box<ProgramSpec>),
    /// Report which filesystems around the box are the host's.
    Surroundings(Box<Scene>),
    /// Join what this process (by its number on the host) is in, to read there; asked of a helper in the run's user namespace.
    Join {
        /// The process.
        pid: i32,
        /// Where the helper is born first.
        birth: Birth,
    },
    /// Begin to capture the frames of its network namespace, for [`Reader::Frames`].
    Capture(Box<Scene>),
    /// Read.
    Read {
        /// What.
        reader: Reader,
        /// The reader's own number on the host, where a person may have mounted something over its `/proc`.
        beside: Option<i32>,
        /// In which run.
        view: Box<View>,
        /// What the guard compares with, for a reader that connects to a socket at a path.
        scene: Option<Box<Scene>>,
    },
    /// Read one after the other.
    ReadAll {
        /// What.
        readers: Vec<Reader>,
        /// In which run.
        view: Box<View>,
    },
}

/// What belongs to the run. Everything else in a mount table is recognized by comparison with it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Walls {
    /// The directory of the run's files.
    pub workspace: PathBuf,
    /// The run's cgroup directories.
    pub cgroups: Vec<PathBuf>,
    /// The devices of the host's filesystems.
    pub foreign: BTreeSet<String>,
    /// Where the workspaces of all runs are: the device, and the directory within that filesystem.
    pub home: (String, PathBuf),
    /// The home directories of the machine's users.
    pub homes: Vec<PathBuf>,
    /// The terminal of the person who is let in.
    pub tty: Option<PathBuf>,
}

/// A program of a lesson.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ProgramSpec {
    /// The number on the host of the box that runs it.
    pub pid: i32,
    /// Host number of the process that is in the run's user namespace.
    pub user_of: Option<i32>,
    /// The program's name and arguments.
    pub argv: Vec<String>,
    /// What the program may change.
    pub walls: Walls,
    /// How many processes the run has already.
    pub processes: u64,
}

/// Where a box is born.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Birth {
    /// Host number of the process whose user namespace it enters.
    pub user_of: Option<i32>,
    /// The user and group id that it takes on afterwards.
    pub id: Option<u32>,
    /// It gives up its capabilities there, like an ordinary process; with `Some(true)` all but `CAP_SETFCAP`.
    pub ordinary: Option<bool>,
    /// Namespaces of its own.
    pub new: Many<Ns>,
}

/// A shell for a person.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ShellSpec {
    /// The box whose namespaces it joins.
    pub of: String,
    /// That box's number on the host.
    pub pid: i32,
    /// The terminal.
    pub tty: PathBuf,
    /// Host number of the process whose user namespace is the run's.
    pub user_of: Option<i32>,
    /// What the shell may change.
    pub walls: Walls,
    /// The box is in the host's network.
    pub hosts_network: bool,
    /// The box is in the host's PID namespace.
    pub hosts_processes: bool,
    /// Who its root is on the host.
    pub uid: u32,
    /// Variables for the shell.
    pub variables: BTreeMap<String, String>,
    /// Variables that are process numbers: by name, in every PID namespace, the host's first.
    pub numbers: BTreeMap<String, Vec<i32>>,
}

/// Box → guardian.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromBox {
    /// First message of a box or workload. The kernel tells the sender's number (`SCM_CREDENTIALS`).
    Hello,
    /// The answer to a request.
    Reply {
        /// What became of it.
        reply: Reply,
        /// Its own report of its calls, used where tracing is refused.
        calls: Vec<Call>,
    },
    /// A child has ended; the number is the one in this box's PID namespace.
    Reaped {
        /// The child.
        pid: i32,
        /// How.
        how: Process,
    },
    /// A workload has taken so many bytes.
    Took {
        /// Bytes.
        bytes: u64,
    },
    /// A workload has called `fork(2)` so many times.
    Forked {
        /// Children.
        made: u32,
        /// Calls that failed with `EAGAIN`.
        failed: u32,
    },
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Done; for a program, what it printed.
    Done {
        /// Standard output and error of a program.
        output: Option<String>,
    },
    /// The kernel refused.
    Failed {
        /// With this error.
        errno: Errno,
        /// Operation, object and cause.
        what: String,
    },
    /// The guard refused; nothing was called.
    Refused {
        /// Why.
        why: String,
    },
    /// A shell lives.
    Shell {
        /// Its number on the host.
        pid: i32,
        /// What a person should know about it, the most important first.
        notice: Vec<ShellNotice>,
        /// Those of its variables that speak of the run, with their values.
        variables: BTreeMap<String, String>,
    },
    /// A program has run.
    Ran(Ran),
    /// The devices of the host's filesystems, as far as this box can see them.
    Surroundings(BTreeSet<String>),
    /// What was read.
    Read(Reading),
    /// What was read, in the order of the request.
    ReadAll(Vec<Reading>),
    /// The box did not answer in time and was killed, or died, or is not there.
    Lost {
        /// What happened.
        what: String,
    },
}

/// The outcome of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// The output of both channels.
    pub output: String,
    /// How the program ended.
    pub status: Process,
    /// The limit that ended it, if one did.
    pub limit: Option<String>,
    /// Whether it has left processes, which were ended after it.
    pub left_processes: bool,
}
