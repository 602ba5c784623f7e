//! A world: the processes and kernel objects of one run. There is one mechanism for again, jump, cancel and what-if: discard the world and
//! build a new one.

mod build;
mod capture;
mod follow;
pub mod map;
mod pause;
mod person;
mod program;
mod ran;
pub mod shell;
mod stand_in;
mod together;
mod tree;

use super::ids::IdRange;
use super::machine::{self, Machine};
use crate::actor::client::{Client, Lost};
use crate::actor::ledger;
use crate::actor::protocol::{Reply, Request};
use crate::actor::scene::{Origin, Scene};
use crate::events::{ActionEnd, ActionRecord, Deed};
use crate::lesson::by_hand::Inside;
use crate::model::{Errno, Leftover, Process, Reading, Source, millis};
use crate::probe::cgroup::{Delegation, Layout, V2};
use crate::probe::mount_watch::MountWatch;
use crate::probe::{self, View};
use crate::vocabulary::action::Failing;
use crate::vocabulary::reader::ReadBy;
use crate::vocabulary::readout::Readout;
use crate::vocabulary::verb::says::{Effect, Maker};
use crate::vocabulary::whole::Reaps;
use crate::vocabulary::{Lesson, Ns, Sig, Verb};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The lab's helper outside of the run: it has the starter's own rights in the host's namespaces. No lesson can name it.
pub const HOST_HELPER: &str = "host";
/// The process that holds the run's user namespace.
const ANCHOR: &str = "run";
/// The lab's own helpers in a world begin with this, which no id of a lesson does.
const HELPER: char = '+';
/// The one that keeps a person's shell.
const SHELL: &str = "+shell";
/// An action ends within this time or its box is killed: 40 s, longer than anything that a box itself waits for.
const ACTION_DEADLINE: Duration = Duration::from_secs(40);
/// A readout likewise: 10 s.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// The end of a process is waited for so long: 5 s.
const END_DEADLINE: Duration = Duration::from_secs(5);

/// The death of a process that was killed is waited for so long, because it may be one that does not die of it: half a second.
const DEATH_DEADLINE: Duration = Duration::from_millis(500);

fn is_helper(name: &str) -> bool {
    name.starts_with(HELPER)
}

static WORLDS: AtomicU32 = AtomicU32::new(0);

/// A new world's number, and the run that is called by it. A name can be taken: by what a dead run of another user has left.
fn new_run() -> Result<(u32, String), Lost> {
    const TRIES: u32 = 64;
    for _ in 0..TRIES {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed) + 1;
        let run = format!("{}{}-{number}", ledger::PREFIX, std::process::id());
        let taken = [ledger::path_of(&run), ledger::workspace_of(&run)];
        if taken.iter().all(|path| path.symlink_metadata().is_err()) {
            return Ok((number, run));
        }
    }
    Err(Lost::Guardian(format!("create a ledger in {}: {TRIES} names are taken", ledger::HOME)))
}

/// How an action went.
#[derive(Debug)]
pub struct Acted {
    /// For the step's record.
    pub record: ActionRecord,
    /// What the box answered.
    pub reply: Reply,
}

impl Acted {
    /// The failure, in terms that a lesson can state: the kernel's error, or the end of a program that was not killed by the lab.
    pub fn failed(&self) -> Option<Failing> {
        match &self.reply {
            Reply::Failed { errno, .. } => Some(Failing::Errno(*errno)),
            Reply::Ran(ran) => ran::failed(ran).map(Failing::Ending),
            _ => None,
        }
    }

    /// How it ended.
    pub fn end(&self) -> ActionEnd {
        match &self.reply {
            Reply::Done { .. }
            | Reply::Shell { .. }
            | Reply::Read(_)
            | Reply::ReadAll(_)
            | Reply::Surroundings(_) => ActionEnd::Succeeded,
            Reply::Ran(ran) => ran::end(ran),
            Reply::Failed { errno, what } => ActionEnd::Failed { errno: *errno, what: what.clone() },
            Reply::Lost { what } => ActionEnd::Lost(what.clone()),
            Reply::Refused { why } => ActionEnd::Refused(why.clone()),
        }
    }

    /// Whether nothing went wrong.
    pub fn succeeded(&self) -> bool {
        self.end() == ActionEnd::Succeeded
    }
}

/// What the world's own mechanics rely on, whatever has checked the lesson before: names become processes' names and directories, and decide
/// who acts with which rights.
fn vet(lesson: &Lesson) -> Result<(), String> {
    let ids = || lesson.boxes.keys().chain(lesson.workloads.keys());
    let plain =
        |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if let Some(id) = ids().chain(lesson.cgroups.keys()).find(|id| !plain(id)) {
        return Err(format!("`{id}` is not an id"));
    }
    if let Some(id) = ids().find(|id| [HOST_HELPER, ANCHOR].contains(&id.as_str())) {
        return Err(format!("`{id}` is a name of the lab's own"));
    }
    if let Some(id) = lesson.workloads.keys().find(|id| lesson.boxes.contains_key(*id)) {
        return Err(format!("`{id}` is a box and a workload"));
    }
    for id in lesson.boxes.keys() {
        let parent = |id: &str| lesson.boxes.get(id)?.forked_by.as_deref();
        if parent(id).is_some_and(|p| !lesson.boxes.contains_key(p))
            || endless(id, lesson.boxes.len(), parent)
        {
            return Err(format!(
                "`{id}` never starts: the box that forks it is not declared, or is forked by `{id}`"
            ));
        }
    }
    for id in lesson.cgroups.keys() {
        if endless(id, lesson.cgroups.len(), |id| lesson.cgroups.get(id)?.under.as_deref()) {
            return Err(format!("`{id}` lies in itself"));
        }
    }
    Ok(())
}

/// Whether a chain of parents is longer than there are members.
fn endless<'l>(start: &'l str, members: usize, parent: impl Fn(&str) -> Option<&'l str>) -> bool {
    std::iter::successors(Some(start), |id| parent(id)).nth(members).is_some()
}

/// A world that lives.
pub struct World<'a> {
    /// Its number; records of different worlds are not compared.
    pub number: u32,
    client: Client,
    scene: Scene,
    lesson: &'a Lesson,
    origins: BTreeMap<String, Origin>,
    machine: &'a Machine,
    /// The ids of this run.
    ids: IdRange,
    layout: Option<Layout>,
    delegation: Option<Delegation>,
    /// The person in it.
    person: person::Person,
    /// The lesson's ordinary processes are in the run's user namespace, which is the host's for them, so that a person can be let in.
    pub inside: Option<Inside>,
    /// How many programs of the lesson have been started.
    programs: u32,
    /// Whether the host's mount table is unchanged since it was read.
    mounts: MountWatch,
    /// The workloads are stopped.
    paused: bool,
    /// When the present step began.
    began: Instant,
}

impl<'a> World<'a> {
    /// Starts the guardian of a new world. Nothing is made yet; see [`Self::build`].
    ///
    /// # Errors
    /// When the guardian cannot be started.
    pub fn open(
        lesson: &'a Lesson,
        machine: &'a Machine,
        inside: Option<Inside>,
        cancel: Arc<AtomicBool>,
    ) -> Result<Self, Lost> {
        vet(lesson).map_err(Lost::Guardian)?;
        let (number, run) = new_run()?;
        let controllers = machine::controllers(lesson);
        let delegation = if controllers.is_empty() {
            None
        } else {
            Some(machine.delegation(&controllers).map_err(|b| Lost::Guardian(b.reason))?)
        };
        let scope = match delegation.as_ref().and_then(|d| d.v2.as_ref()) {
            Some(V2::Systemd { argv }) => argv.clone(),
            _ => Vec::new(),
        };
        let mut client = Client::start(&run, &scope, cancel)?;
        let ids = match machine.pool.take(&mut client) {
            Ok(ids) => ids,
            Err(lost) => {
                client.close();
                return Err(lost);
            }
        };
        let told = |(id, b): (&String, &crate::vocabulary::BoxDecl)| {
            (b.reaps == Some(Reaps::WhenTold)).then(|| id.clone())
        };
        let unread = |e: std::io::Error| Lost::Guardian(format!("read /proc/self/mountinfo: {e}"));
        // Watch before reading: a change in between is then read again.
        let mounts = MountWatch::new().map_err(unread)?;
        let mut host = machine.host.clone();
        host.refresh().map_err(unread)?;
        let scene = Scene {
            view: View::default(),
            host,
            origin: Origin::Run,
            workloads: lesson.workloads.clone(),
            reap_when_told: lesson.boxes.iter().filter_map(told).collect::<BTreeSet<_>>(),
            cpus: machine.cpus.clone(),
            kernel_refuses: false,
        };
        let mut world = World {
            number,
            client,
            scene,
            lesson,
            origins: BTreeMap::new(),
            machine,
            ids,
            layout: None,
            delegation,
            person: person::Person::default(),
            inside,
            programs: 0,
            mounts,
            paused: false,
            began: Instant::now(),
        };
        world.client.view.workspace = ledger::workspace_of(&run);
        world.client.view.version = Some(machine.version());
        Ok(world)
    }

    /// The run as readers see it.
    pub fn view(&self) -> &View {
        &self.client.view
    }

    /// A step begins, or has begun then: its actions' times are counted from there.
    pub fn begin(&mut self, then: Instant) {
        self.began = then;
    }

    fn request(&mut self, to: &str, request: Request, deed: Deed) -> Result<Acted, Lost> {
        let at_ms = millis(self.began.elapsed());
        let answer = self.client.ask(to, request, true, ACTION_DEADLINE)?;
        let output = match &answer.reply {
            Reply::Done { output } => output.clone(),
            Reply::Ran(ran) => Some(ran::shown(ran)),
            _ => None,
        };
        let record = ActionRecord {
            actor: to.to_owned(),
            deed,
            place: None,
            calls: answer.calls,
            source: answer.source,
            preparation: true,
            declared: Vec::new(),
            output,
            at_ms,
        };
        Ok(Acted { record, reply: answer.reply })
    }

    /// Makes one action of the lesson's. `fails` are the errors with which it may end by the lesson's own word. Only declared boxes act, and
    /// they fork only what is declared as theirs: what a box may do is decided by where it comes from.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    #[deny(clippy::wildcard_enum_match_arm)]
    pub fn act(&mut self, actor: &str, verb: &Verb, fails: Option<&[Errno]>) -> Result<Acted, Lost> {
        let boxes = &self.lesson.boxes;
        let by_another = |effect: &Effect| match effect {
            Effect::Forks(child) => {
                let declared = boxes.get(*child).and_then(|b| b.forked_by.as_deref()) == Some(actor);
                (!declared).then(|| format!("{child} is not declared as forked by {actor}"))
            }
            Effect::Holds(_)
            | Effect::Joins
            | Effect::Exits
            | Effect::Signals(..)
            | Effect::Stops(_)
            | Effect::Starts(_)
            | Effect::CreatesCgroup(_)
            | Effect::RemovesCgroup(_)
            | Effect::Chroots(_)
            | Effect::PivotsRoot
            | Effect::MountsOwn(_) => None,
        };
        let undeclared = (!boxes.contains_key(actor)).then(|| format!("{actor} is not a box of this lesson"));
        let why = undeclared.or_else(|| verb.facts().effects.iter().find_map(by_another));
        let Some(why) = why else { return self.perform(actor, verb, fails) };
        Ok(Acted { reply: Reply::Refused { why }, ..Self::pretend(actor, verb) })
    }

    /// Rereads the host's mount table if it has changed. A change of propagation alone goes unnoticed; it does not affect the devices that the guard
    /// compares.
    fn look_at_the_host(&mut self) -> Result<(), Lost> {
        if self.mounts.changed() {
            self.scene
                .host
                .refresh()
                .map_err(|e| Lost::Guardian(format!("read /proc/self/mountinfo: {e}")))?;
        }
        Ok(())
    }

    #[deny(clippy::wildcard_enum_match_arm)]
    fn perform(&mut self, actor: &str, verb: &Verb, fails: Option<&[Errno]>) -> Result<Acted, Lost> {
        self.look_at_the_host()?;
        self.client.catch_up()?;
        let refusals = [Errno(libc::EPERM), Errno(libc::EACCES)];
        let origin = self.origin_of(actor);
        let scene = Scene {
            view: self.client.view.clone(),
            origin,
            kernel_refuses: fails.is_some_and(|f| f.iter().any(|e| refusals.contains(e))),
            ..self.scene.clone()
        };
        let facts = verb.facts();
        let mut acted = match facts.maker {
            Maker::Helper(argv) => {
                self.run_program(actor, argv, scene, Deed::Verb(Box::new(verb.clone())))?
            }
            Maker::Executor | Maker::Loop(_) => {
                let request = Request::Act { verb: verb.clone(), scene: Box::new(scene) };
                self.request(actor, request, Deed::Verb(Box::new(verb.clone())))?
            }
        };
        acted.record.preparation = false;
        // An end is part of the action: what follows may depend on it.
        for effect in facts.effects {
            match effect {
                Effect::Exits => drop(self.client.await_end(actor, END_DEADLINE)?),
                Effect::Stops(name) => drop(self.client.await_end(name, END_DEADLINE)?),
                Effect::Signals(name, Sig::Kill) => {
                    if acted.succeeded() {
                        self.await_death(name)?;
                    }
                }
                Effect::Signals(..)
                | Effect::Holds(_)
                | Effect::Joins
                | Effect::Forks(_)
                | Effect::Starts(_)
                | Effect::CreatesCgroup(_)
                | Effect::RemovesCgroup(_)
                | Effect::Chroots(_)
                | Effect::PivotsRoot
                | Effect::MountsOwn(_) => {}
            }
        }
        if let Reply::Ran(ran) = &acted.reply {
            self.client.view.exit_statuses.insert(actor.to_owned(), ran.status.clone());
        }
        if let Some(output) = &acted.record.output {
            self.client.view.output.insert(actor.to_owned(), output.clone());
        }
        Ok(acted)
    }

    /// Waits until a process that was sent SIGKILL is a zombie or gone. It closes its connection earlier, and a PID 1 is still to end its
    /// namespace then. Some do not die of it: PID 1 when it comes from inside, and who is frozen.
    fn await_death(&mut self, name: &str) -> Result<(), Lost> {
        let Some(pid) = self.client.view.pids.get(name).copied() else { return Ok(()) };
        let until = Instant::now() + DEATH_DEADLINE;
        while let Ok(Process::Alive(_)) = probe::process::state(Path::new("/proc"), pid)
            && Instant::now() < until
        {
            self.client.pause(Duration::from_millis(1))?;
        }
        Ok(())
    }

    /// A forked box comes from where the one comes from that forked it.
    fn origin_of(&self, actor: &str) -> Origin {
        let mut name = actor;
        while let Some(parent) = self.lesson.boxes.get(name).and_then(|b| b.forked_by.as_deref()) {
            name = parent;
        }
        self.origins.get(name).copied().unwrap_or_default()
    }

    /// Reads a readout from its viewpoint.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn read(&mut self, readout: &Readout) -> Result<Reading, Lost> {
        self.client.catch_up()?;
        let Some(reader) = readout.verbs.first() else { return Ok(Reading::NotMeasured) };
        if let Some(unread) = self.unanswered(readout, reader) {
            return Ok(unread);
        }
        if readout.subject == HOST_HELPER && reader.facts().read_by != ReadBy::Process {
            let view = self.person.view(reader, &self.client.view);
            let facts = reader.facts();
            return Ok(
                match facts
                    .from_outside
                    .filter(|_| self.inside.is_some() && facts.namespace == Some(Ns::User))
                {
                    Some(of) => probe::read_as_host(&of(ANCHOR), &view),
                    None => probe::read_as_host(reader, &view),
                },
            );
        }
        let in_its_place = self.person.in_place_of(&readout.subject, reader);
        let Some(pid) = in_its_place.or_else(|| self.client.view.pids.get(&readout.subject).copied()) else {
            return Ok(Reading::Gone);
        };
        if let Some(server) = reader.connects_in_network()
            // No lesson makes connections there.
            && self.in_hosts("net", pid)
        {
            return Ok(Reading::Unread {
                errno: Errno(libc::EPERM),
                what: format!("connect {server}: EPERM, {} is still in the host's network", readout.subject),
            });
        }
        if self.person.tries() {
            return self.read_by_person(readout, reader);
        }
        self.ask_to_read(&readout.subject, reader, None, self.client.view.clone())
    }

    /// Takes in what the guardian has said meanwhile.
    ///
    /// # Errors
    /// When the guardian is gone.
    pub fn catch_up(&mut self) -> Result<(), Lost> {
        self.client.catch_up()
    }

    /// Takes in all that has happened up to now.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn sync(&mut self) -> Result<(), Lost> {
        self.client.sync()
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn pause(&mut self, length: Duration) -> Result<(), Lost> {
        self.client.pause(length)
    }

    /// An action that is not made, for the test that a step cannot pass without its actions: as if it had returned 0.
    pub fn pretend(actor: &str, verb: &Verb) -> Acted {
        Self::pretended(actor, Deed::Verb(Box::new(verb.clone())))
    }

    fn pretended(actor: &str, deed: Deed) -> Acted {
        let record = ActionRecord {
            actor: actor.to_owned(),
            deed,
            place: None,
            calls: Vec::new(),
            source: Source::Box,
            preparation: false,
            declared: Vec::new(),
            output: None,
            at_ms: 0,
        };
        Acted { record, reply: Reply::Done { output: None } }
    }

    /// Ends the world and undoes everything. Gives what is left.
    pub fn close(self) -> Vec<Leftover> {
        self.client.close()
    }
}
