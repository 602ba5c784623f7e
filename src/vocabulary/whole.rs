//! The lesson as a whole: what it declares, and its steps.

use super::action::Action;
use super::controller::Controller;
use super::expect::Expect;
use super::general::{Many, Per};
use super::need::Need;
use super::param::Param;
use super::printed::Printed;
use super::readout::Readout;
use super::scalar::{Ns, Val};
use super::selection::{Chosen, Seed};
use super::value::SocketName;
use super::variant::Variant;
use super::when::When;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A box.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoxDecl {
    /// The box that forks it; without this it is started with the lesson.
    #[serde(default)]
    pub forked_by: Option<String>,
    /// Namespaces that it is started in.
    #[serde(default)]
    pub new: Many<Ns>,
    /// It stands for a whole machine.
    #[serde(default)]
    pub plays: Option<Plays>,
    /// Whether it waits for its children by itself.
    #[serde(default)]
    pub reaps: Option<Reaps>,
    /// The user namespace that it is born in; by default, the run's own.
    #[serde(default)]
    pub user: Option<UserOf>,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plays {
    /// A machine.
    Host,
}

/// How a box deals with children that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reaps {
    /// Only by the verb `wait`.
    WhenTold,
}

/// Where a box is born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserOf {
    /// In the host's user namespace, as an ordinary user without capabilities.
    Host,
}

/// A cgroup of the lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cgroup {
    /// The controllers that it needs.
    pub controllers: Vec<Controller>,
    /// The parent cgroup; by default, the run's own.
    #[serde(default)]
    pub under: Option<String>,
    /// `false`: the layer keeps the swap limit at nothing, so that the memory limit is the whole limit.
    #[serde(default)]
    pub swap: Option<bool>,
}

/// A program of the lab's own that uses what is to be measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    /// `threads` that compute, on this many `cpus` (the first that the lab may use), in a `cgroup`.
    Busyloop(Busyloop),
    /// Takes and touches this much memory (`take`), in steps of `step`, one step `every` interval, in a `cgroup`.
    Memhog(Memhog),
    /// Writes a file of this `size` and reads it, in a `cgroup`.
    Filereader(Filereader),
    /// Calls `fork(2)` `forks` times, one call `every` interval, in a `cgroup`; then it and its children sleep.
    Forker(Forker),
    /// Listens on a `port` and answers every connection with what it `says`, in which `{peer}` becomes the address that it sees the client at.
    TcpServer(TcpServer),
    /// Listens on a UNIX domain socket, `at: "@door"` for an abstract name or `at: PATH` for a file, and answers every connection with what it `says`.
    UnixListener(UnixListener),
}

impl Work {
    /// The cgroup that it joins before it does anything.
    pub fn cgroup(&self) -> Option<&str> {
        match self {
            Work::Busyloop(w) => w.cgroup.as_deref(),
            Work::Memhog(w) => w.cgroup.as_deref(),
            Work::Filereader(w) => w.cgroup.as_deref(),
            Work::Forker(w) => w.cgroup.as_deref(),
            Work::TcpServer(_) | Work::UnixListener(_) => None,
        }
    }
}

/// See [`Work::Busyloop`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Busyloop {
    /// How many threads.
    pub threads: u32,
    /// The cgroup to join.
    #[serde(default)]
    pub cgroup: Option<String>,
    /// On how many CPUs: the first ones that the lab may use.
    #[serde(default)]
    pub cpus: Option<u32>,
}

/// See [`Work::Memhog`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memhog {
    /// How much in all.
    pub take: Val,
    /// How much at a time; by default, all of it.
    #[serde(default)]
    pub step: Option<Val>,
    /// The pause between.
    #[serde(default)]
    pub every: Option<Val>,
    /// The cgroup to join.
    #[serde(default)]
    pub cgroup: Option<String>,
}

/// See [`Work::Filereader`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filereader {
    /// The size of the file.
    pub size: Val,
    /// The cgroup to join.
    #[serde(default)]
    pub cgroup: Option<String>,
}

/// See [`Work::Forker`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forker {
    /// How often.
    pub forks: u32,
    /// The pause between two calls.
    #[serde(default)]
    pub every: Option<Val>,
    /// The cgroup to join.
    #[serde(default)]
    pub cgroup: Option<String>,
}

/// See [`Work::TcpServer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TcpServer {
    /// The port, on every address.
    pub port: u16,
    /// What it answers; `{peer}` in it is replaced by the address that it sees the client at, without the port.
    pub says: String,
}

/// See [`Work::UnixListener`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnixListener {
    /// `@NAME` for an abstract name, which belongs to the network namespace, or the PATH of a file.
    pub at: SocketName,
    /// What it answers.
    pub says: String,
}

/// A question before the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The question.
    pub ask: String,
    /// What may be answered: id → text.
    pub options: IndexMap<String, String>,
    /// The id, or the ids, of what is true.
    pub answer: Per<Many<String>>,
}

impl Predict {
    /// Whether several options may be chosen: on some kind of machine, several are true.
    pub fn takes_several(&self) -> bool {
        self.answer.all().any(|ids| ids.0.len() > 1)
    }

    /// The ids of what is true here.
    pub fn truth(&self, variant: &Variant) -> &[String] {
        self.answer.here(variant).map_or(&[], |ids| &ids.0)
    }

    /// Whether exactly what is true here was chosen. Where nothing was chosen, nobody has guessed.
    pub fn is_right(&self, chosen: &[String], variant: &Variant) -> Option<bool> {
        let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
        (!chosen.is_empty()).then(|| set(chosen) == set(self.truth(variant)))
    }
}

/// When rates are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// How long to wait after the actions.
    pub settle: Val,
    /// How long to measure.
    pub window: Val,
}

/// How deep a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Passed over by the hurried.
    Deeper,
}

/// One idea.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its id, unique in the lesson.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How deep it goes.
    #[serde(default)]
    pub level: Option<Level>,
    /// Where it applies.
    #[serde(default)]
    pub when: Option<When>,
    /// What the machine must offer for it, beyond the lesson's needs.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// The idea.
    pub text: Per<String>,
    /// The question before it.
    #[serde(default)]
    pub predict: Option<Predict>,
    /// What a person would type; shown, never run.
    #[serde(default)]
    pub by_hand: Option<Per<String>>,
    /// The output of `by_hand`: lines in their order, with other lines allowed between. Tests compare it with a real shell.
    #[serde(default)]
    pub prints: Option<Per<Many<Printed>>>,
    /// What a person types in the box's shell in the place of the actions, a command a line; makes the expectations come true.
    #[serde(default, rename = "try")]
    pub solution: Option<Per<String>>,
    /// Actions before the before-snapshot.
    #[serde(default)]
    pub given: Vec<Action>,
    /// The actions.
    #[serde(default, rename = "do")]
    pub actions: Vec<Action>,
    /// When rates are measured.
    #[serde(default)]
    pub measure: Option<Measure>,
    /// Readouts that are sampled while the step lasts.
    #[serde(default)]
    pub watch: Vec<String>,
    /// Further readouts to show.
    #[serde(default)]
    pub show: Vec<String>,
    /// What must be true afterwards.
    pub expect: Vec<Expect>,
    /// The explanation, shown after the kernel has spoken.
    #[serde(default)]
    pub why: Option<Per<String>>,
    /// One command of Docker's that does the same, shown with the explanation; never run.
    #[serde(default)]
    pub docker: Option<String>,
    /// The misconception that it ends.
    #[serde(default)]
    pub myth: Option<String>,
    /// Manual pages, `unshare(2)`.
    #[serde(default)]
    pub man: Vec<String>,
    /// What doing it by hand is worth when it is graded: 1 unless given, at most 100.
    #[serde(default)]
    pub points: Option<u32>,
    /// Hints for doing it by hand, graded.
    #[serde(default)]
    pub hints: Vec<String>,
    /// For the instructor only.
    #[serde(default)]
    pub notes: Option<String>,
}

impl Step {
    /// What it is worth when it is graded.
    pub fn points(&self) -> u32 {
        self.points.unwrap_or(1)
    }
}

/// The most points of one step.
pub const MOST_POINTS: u32 = 100;

/// A lesson.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Version of the format: 1.
    pub format: u32,
    /// Its id, the file's name without `.yaml`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// The part of the course that it belongs to; lessons of one part are listed together.
    #[serde(default)]
    pub part: Option<String>,
    /// How long a student needs.
    pub minutes: u32,
    /// What the machine must offer.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// What a person may change.
    #[serde(default)]
    pub params: IndexMap<String, Param>,
    /// Processes that act.
    pub boxes: IndexMap<String, BoxDecl>,
    /// Cgroups.
    #[serde(default)]
    pub cgroups: IndexMap<String, Cgroup>,
    /// Programs to measure.
    #[serde(default)]
    pub workloads: IndexMap<String, Work>,
    /// Actions before the first step; shown as step 0.
    #[serde(default)]
    pub setup: Vec<Action>,
    /// What can be read.
    pub readouts: IndexMap<String, Readout>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What has chosen the values of parameters that vary, and the alternatives.
    #[serde(skip)]
    pub seed: Option<Seed>,
    /// The alternative that was taken, by the id of the step that has several.
    #[serde(skip)]
    pub alternatives: IndexMap<String, String>,
}

impl Lesson {
    /// What was chosen in it: nothing, where neither a seed nor a person has chosen anything.
    pub fn chosen(&self) -> Chosen {
        if self.seed.is_none() && self.params.values().all(|param| param.set.is_none()) {
            return Chosen::default();
        }
        Chosen {
            seed: self.seed.clone(),
            values: self
                .params
                .iter()
                .map(|(name, param)| (name.clone(), param.value().to_string()))
                .collect(),
            alternatives: self.alternatives.clone(),
        }
    }
}
