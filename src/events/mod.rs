//! The one vocabulary of commands into the engine and events out of it, and the records that every client renders.

mod action;
mod refusal;
mod verdict;

use crate::model::{Leftover, NamespaceMap, Reading, ShellNotice};
use crate::vocabulary::{Chosen, Seed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender};

pub use action::{ActionEnd, ActionList, ActionPlace, ActionRecord, Deed, LabDeed};
pub use refusal::Refusal;
pub use verdict::{Claim, ExpectationPlace, Judged, JudgedAction, JudgedExpectation, Status, Verdict};

/// What a client asks for. To cancel what goes on, a client sets the flag that it shares with the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Open a lesson with these values of its parameters; whatever is open is closed. What-if is this, and then a run.
    Open {
        /// Its id.
        lesson: String,
        /// Values by the parameter's name.
        set: BTreeMap<String, String>,
        /// Chooses the values that are not set, and of alternatives; without it, defaults and first alternatives are taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seed: Option<Seed>,
    },
    /// Run the step with this index (the first is 1); earlier steps are made first when the world lacks them, and a world that is past it is
    /// discarded.
    Run(usize),
    /// Prepare the step with this index, and wait: make the earlier ones and what is given, and read before. Workloads are paused until the step
    /// is run or tried.
    Prepare(usize),
    /// Discard the world; the next step begins with a new one.
    Restart,
    /// Read these readouts now, outside of a step.
    Snapshot(Vec<String>),
    /// Read these readouts again and again, a [`Event::Snapshot`] each time. No ids end it.
    Watch {
        /// Ids of readouts.
        ids: Vec<String>,
        /// Milliseconds from one reading to the next.
        every_ms: u64,
    },
    /// Read who is in which namespace.
    Namespaces,
    /// Start a shell in all the namespaces of a box. While a person tries a step, each box can have one; a box that acts in the step is then stood in
    /// for by its shell. Otherwise there is one shell at a time.
    Shell {
        /// The box.
        of: String,
        /// Its terminal, as `ptsname(3)` names it.
        tty: PathBuf,
    },
    /// Let a person do this step: make the earlier ones and what is given, read before, and start a shell instead of the actions.
    Try {
        /// Its index.
        index: usize,
        /// The terminal of the shell.
        tty: PathBuf,
    },
    /// End all shells, and the attempt that they belong to.
    EndShell,
    /// Discard the world and close the lesson.
    Close,
}

/// One readout of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadoutRecord {
    /// Its id in the lesson.
    pub id: String,
    /// Who read it: `host` or a box.
    pub viewpoint: String,
    /// The real path on this machine, or the call, that it was read from.
    pub path: String,
    /// Before the step's actions.
    pub before: Reading,
    /// What was read when the step was prepared, where something else was there when it was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Reading>,
    /// After them.
    pub after: Reading,
    /// The highest value seen while the step lasted, for readouts that were sampled.
    pub peak: Option<Reading>,
}

/// A value that was read while a step lasted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Milliseconds since the step began.
    pub at_ms: u64,
    /// The readout.
    pub id: String,
    /// Its value as a number in base units.
    pub value: f64,
}

/// The id of the record that stands for what every run has before its first step.
pub const SETUP: &str = "setup";

/// The whole outcome of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Number of the world in which it was made; records of different worlds are not compared.
    pub world: u32,
    /// The step's id (`setup` for step 0).
    pub id: String,
    /// Its title.
    pub title: String,
    /// The judgement on the whole step.
    pub status: Status,
    /// Actions with their calls.
    pub actions: Vec<ActionRecord>,
    /// Readouts, before and after.
    pub readouts: Vec<ReadoutRecord>,
    /// Expectations, judged.
    pub verdicts: Vec<Verdict>,
    /// Values over time.
    pub samples: Vec<Sample>,
    /// Milliseconds from first action to last reading.
    pub took_ms: u64,
    /// The part of it that the lesson asked for as measuring windows.
    pub measured_ms: u64,
    /// A person has done it by hand instead of the step's actions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
}

impl StepRecord {
    /// Why what happened could not be judged here, where it did happen: other work has spoilt what was measured.
    pub fn unmeasured(&self) -> Option<&str> {
        let spoilt = |v: &Verdict| matches!(v.status, Status::Blocked { .. });
        match &self.status {
            Status::Blocked { reason, .. } if self.verdicts.iter().any(spoilt) => Some(reason),
            _ => None,
        }
    }

    /// Whether the lesson's answer and explanation are true of what happened.
    pub fn is_explained(&self) -> bool {
        self.status == Status::Passed || self.unmeasured().is_some()
    }
}

/// What became of a lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LessonRecord {
    /// The lesson's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its seed, and the values and alternatives that it has got.
    #[serde(default, skip_serializing_if = "Chosen::is_empty")]
    pub chosen: Chosen,
    /// The judgement on the whole lesson.
    pub status: Status,
    /// Its steps in order, `setup` first where there is one.
    pub steps: Vec<StepRecord>,
    /// What could not be undone; empty when nothing is left. In a JSON document `left` has the words for it.
    #[serde(rename = "left_behind", default)]
    pub left: Vec<Leftover>,
    /// Milliseconds from opening to closing.
    pub took_ms: u64,
}

/// What a step waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaiting {
    /// The groups to settle before rates are measured.
    Settling,
    /// The end of the window in which rates are measured.
    Measuring,
    /// An expectation that has a time.
    Expectation(Claim),
}

/// What a run says while it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A lesson was opened: id, title, and what was chosen in it.
    Opened {
        /// The lesson's id.
        id: String,
        /// Its title.
        title: String,
        /// Its seed, and the values and alternatives that it has got.
        #[serde(default, skip_serializing_if = "Chosen::is_empty")]
        chosen: Chosen,
    },
    /// A step begins.
    StepStarted {
        /// Its index; the setup is 0, the first step 1.
        index: usize,
        /// Its id.
        id: String,
        /// Its title.
        title: String,
    },
    /// The before-snapshot is complete.
    Before(Vec<ReadoutRecord>),
    /// A step is prepared and waits: what is given is made, and what it reads has been read once.
    Prepared {
        /// Its index.
        index: usize,
    },
    /// A prepared step was undone, because another run was waiting for its turn.
    LetGo,
    /// An action was made.
    Acted(Box<ActionRecord>),
    /// Something was sampled.
    Sampled(Sample),
    /// The step waits or measures: what for, and for how many milliseconds at most.
    Waiting {
        /// What for.
        what: Awaiting,
        /// At most this long.
        at_most_ms: u64,
    },
    /// What a snapshot has read, by readout.
    Snapshot(Vec<(String, Reading)>),
    /// A step ended.
    StepEnded(Box<StepRecord>),
    /// The lesson ended and was undone.
    Closed(Box<LessonRecord>),
    /// Which lessons can be run here, by id; in the order of the catalog.
    Readiness(Vec<(String, Readiness)>),
    /// Who is in which namespace: asked for, and by itself before a step's actions and at its end.
    Namespaces(Box<NamespaceMap>),
    /// A shell lives.
    ShellStarted {
        /// The box whose namespaces it has joined.
        of: String,
        /// Its number in the host's PID namespace.
        pid: i32,
        /// What the person should know about it, the most important first.
        notice: Vec<ShellNotice>,
        /// Its variables that speak of the run, with their values: directory, processes, cgroups.
        #[serde(default)]
        variables: BTreeMap<String, String>,
    },
    /// The shell of this box has ended. An attempt is over when its last shell has ended.
    ShellEnded {
        /// The box.
        of: String,
    },
    /// A person is about to try a step. The first of these boxes gets its shell by itself; for the others a client can ask ([`Command::Shell`]).
    Trying {
        /// The step's index.
        index: usize,
        /// The boxes that act in the step and that a shell can stand in for.
        boxes: Vec<String>,
    },
    /// How far an attempt by hand is: the readouts now, and the expectations judged on them. When all hold, the step's record follows.
    Tried {
        /// Readouts, with what was read before the attempt.
        readouts: Vec<ReadoutRecord>,
        /// The expectations that can be watched.
        verdicts: Vec<Verdict>,
    },
    /// A world was discarded, and this could not be undone (nothing, as a rule).
    Undone {
        /// What is left.
        left: Vec<Leftover>,
    },
    /// What went on was cancelled, as the client wished.
    Cancelled,
    /// A command could not be carried out.
    Refused(Refusal),
    /// The command is done, whatever became of it; the engine waits for the next one.
    Idle,
}

/// Whether a lesson can be run here and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// By root, as the lab was started.
    Ready,
    /// By an ordinary user, as the lab was started.
    Rootless,
    /// Not; with cause and remedy.
    Blocked {
        /// The exact cause.
        reason: String,
        /// What lifts it; may be empty.
        remedy: String,
    },
}

/// An engine that serves on a thread of its own, and the person at the keyboard. Each of the engine's waits has a deadline of its own.
pub struct Engine<'e> {
    /// Into it.
    pub commands: &'e Sender<Command>,
    /// Out of it.
    pub events: &'e Receiver<Event>,
    /// Ends what it is at.
    pub cancel: &'e AtomicBool,
    /// Set from outside, by SIGINT, SIGTERM and SIGHUP: the person wants an end.
    pub interrupted: &'e AtomicBool,
}

impl Engine<'_> {
    /// Passes over what it says first: it finds out once which lessons can be run here.
    pub fn pass_readiness(&self) {
        while !matches!(self.events.recv(), Ok(Event::Readiness(_)) | Err(_)) {}
    }
}
