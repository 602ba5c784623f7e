//! A session: one lesson, commands in, events out. It owns at most one world at a time. Again, jump and what-if are one mechanism: discard the
//! world, build a new one, make the earlier steps again without their measuring windows.

mod person;
mod prepare;

use super::machine::Machine;
use super::share::Shares;
use super::step::attempt::Attempt;
use super::step::prepared::Prepared;
use super::step::{self, Mode, Stage};

use super::watch::{self, Watch};
use super::world::{self, World};
use crate::actor::client::Lost;
use crate::events::{
    ActionEnd, ActionList, ActionRecord, Command, Event, Judged, JudgedAction, Refusal, SETUP, Status,
    StepRecord, Verdict,
};
use crate::lesson::by_hand::Inside;
use crate::model::{Leftover, Reading, millis};
use crate::vocabulary::{Lesson, Step};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Where events go.
pub type Emit<'e> = &'e mut dyn FnMut(Event);

/// While a shell is open it is looked so often whether it still lives.
const SHELL_LOOK: Duration = Duration::from_millis(100);

/// Where runs go one at a time, it is looked so often whether another one waits for a step that is only prepared.
const TURN_LOOK: Duration = Duration::from_secs(1);

/// A lesson that is being worked on.
pub struct Session<'l> {
    lesson: &'l Lesson,
    machine: &'l Machine,
    cancel: Arc<AtomicBool>,
    world: Option<World<'l>>,
    /// How many steps the world has gone through.
    made: usize,
    /// What they had read before their actions.
    earlier: BTreeMap<String, BTreeMap<String, Reading>>,
    /// What discarded worlds could not undo.
    left: Vec<Leftover>,
    /// The world is not as the lesson leaves it: a step has failed in it, or a person has been at work.
    touched: bool,
    watch: Option<Watch>,
    /// The step after those that are made, where it is prepared and waits.
    prepared: Option<Box<Prepared>>,
    /// The step that a person is at.
    attempt: Option<Box<Attempt<'l>>>,
    /// The next world has the lesson's ordinary processes in the run's user namespace.
    inside: Option<Inside>,
    /// When it was last looked whether the shell lives.
    looked: Instant,
    /// Steps tell who is in which namespace.
    maps: bool,
}

impl<'l> Session<'l> {
    /// A session without a world; the first step makes one. When `cancel` becomes true, whatever goes on ends with [`Lost::Cancelled`].
    pub fn new(lesson: &'l Lesson, machine: &'l Machine, cancel: Arc<AtomicBool>) -> Self {
        let earlier = BTreeMap::new();
        Session {
            lesson,
            machine,
            cancel,
            world: None,
            made: 0,
            earlier,
            left: Vec::new(),
            touched: false,
            watch: None,
            prepared: None,
            attempt: None,
            inside: None,
            looked: Instant::now(),
            maps: true,
        }
    }

    /// The same without a map of the namespaces around each step's actions, which only a screen draws.
    #[must_use]
    pub fn without_maps(self) -> Self {
        Session { maps: false, ..self }
    }

    /// Carries out a command; those that open and close lessons are not a session's.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn obey(&mut self, command: &Command, emit: Emit) -> Result<(), Lost> {
        match command {
            Command::Run(index) | Command::Prepare(index)
                if !(1..=self.lesson.steps.len()).contains(index) =>
            {
                emit(Event::Refused(self.no_step(*index)));
                Ok(())
            }
            Command::Run(index) => self.run_step(*index, Mode::Whole, emit).map(|_| ()),
            Command::Prepare(index) => self.prepare(*index, emit),
            Command::Restart => {
                self.discard(emit);
                Ok(())
            }
            Command::Snapshot(ids) => {
                let read = match &mut self.world {
                    Some(world) => {
                        world.pause_workloads(false)?;
                        let read = watch::read(ids, self.lesson, world, &mut Shares::default())?;
                        world.pause_workloads(self.prepared.is_some())?;
                        read
                    }
                    None => Vec::new(),
                };
                emit(Event::Snapshot(read));
                Ok(())
            }
            Command::Shell { of, tty } => {
                let let_in = self.open_shell(of, tty, emit)?;
                told(let_in, emit);
                Ok(())
            }
            Command::Try { index, tty } => {
                let begun = self.attempt(*index, tty, emit)?;
                told(begun, emit);
                Ok(())
            }
            Command::EndShell => self.end_shells(emit),
            Command::Watch { ids, every_ms } => {
                self.watch = Watch::new(ids, *every_ms);
                if let (Some(world), Some(_)) = (&mut self.world, &self.watch) {
                    world.pause_workloads(false)?;
                }
                self.look(emit)
            }
            Command::Namespaces => {
                let map = self.world.as_ref().map_or_else(world::map::host, World::namespaces);
                emit(Event::Namespaces(Box::new(map)));
                Ok(())
            }
            Command::Open { .. } | Command::Close => Ok(()),
        }
    }

    /// When [`Self::look`] is to be called next without being told; never while nothing is watched.
    pub fn due(&self) -> Option<Instant> {
        let world = self.world.as_ref()?;
        let shell = world.has_shell().then(|| self.looked + SHELL_LOOK);
        let attempt = self.attempt.as_ref().map(|a| a.due());
        let turn = self.holds_the_turn().then(|| self.looked + TURN_LOOK);
        self.watch.as_ref().map(Watch::due).into_iter().chain(shell).chain(attempt).chain(turn).min()
    }

    /// A step that waits for a person keeps every other run from beginning.
    fn holds_the_turn(&self) -> bool {
        self.prepared.is_some() && self.machine.pool.takes_turns()
    }

    /// Does what is due: reads what is watched, and lets go of a prepared step for which another run has to wait.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn look(&mut self, emit: Emit) -> Result<(), Lost> {
        self.looked = Instant::now();
        if self.holds_the_turn() && self.machine.pool.is_awaited() {
            self.discard(emit);
            emit(Event::LetGo);
            return Ok(());
        }
        let Some(world) = &mut self.world else { return Ok(()) };
        let ended = world.ended_shells()?;
        if !ended.is_empty() && !world.has_shell() {
            if let Some(mut attempt) = self.attempt.take() {
                // A last line such as `hostname bird; exit` has changed what no look has seen yet.
                let (lesson, machine) = (self.lesson, self.machine);
                let (earlier, maps) = (&mut self.earlier, self.maps);
                let mut stage =
                    Stage { world: &mut *world, lesson, machine, earlier, maps, emit: &mut *emit };
                attempt.look_after_the_end(&mut stage, &ended)?;
            }
            world.end_shells()?;
        }
        for of in ended {
            emit(Event::ShellEnded { of });
        }
        let now = Instant::now();
        let watched = self.watch.as_mut().filter(|w| w.due() <= now);
        let tried = self.attempt.as_mut().filter(|a| a.due() <= now);
        if watched.is_some() || tried.is_some() {
            world.follow_the_shells()?;
        }
        if let Some(watch) = watched {
            emit(Event::Snapshot(watch.read(self.lesson, world)?));
        }
        if let Some(attempt) = tried {
            let (lesson, machine) = (self.lesson, self.machine);
            attempt.look(&mut Stage {
                world,
                lesson,
                machine,
                earlier: &mut self.earlier,
                maps: self.maps,
                emit,
            })?;
        }
        Ok(())
    }

    /// Runs the step with this index (the first one is 1), after the earlier ones if the world lacks them. Every record is also an event.
    /// Gives the record of this step, or of the one on the way that failed.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn run_step(&mut self, index: usize, mode: Mode, emit: Emit) -> Result<StepRecord, Lost> {
        if let Some(failed) = self.get_to(index, emit)? {
            return Ok(failed);
        }
        let record = self.one_step(index, mode, emit)?;
        self.touched = record.status == Status::Failed;
        emit(Event::StepEnded(Box::new(record.clone())));
        Ok(record)
    }

    /// A world in which everything before this step is made, and nothing else. Gives the record of what failed on the way.
    fn get_to(&mut self, index: usize, emit: Emit) -> Result<Option<StepRecord>, Lost> {
        self.discard_if_ended(emit);
        let other = self.world.as_ref().is_some_and(|world| world.inside != self.inside);
        if self.made >= index || self.touched || other {
            self.discard(emit);
        }
        if self.world.is_none() {
            let setup = self.set_up(emit)?;
            if setup.status == Status::Failed {
                self.touched = true;
                return Ok(Some(setup));
            }
        }
        while self.made + 1 < index {
            let record = self.one_step(self.made + 1, Mode::Forward, emit)?;
            if record.status == Status::Failed {
                self.touched = true;
                emit(Event::StepEnded(Box::new(record.clone())));
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    fn one_step(&mut self, index: usize, mode: Mode, emit: Emit) -> Result<StepRecord, Lost> {
        let (Some(step), Some(world)) =
            (index.checked_sub(1).and_then(|i| self.lesson.steps.get(i)), &mut self.world)
        else {
            return Err(Lost::Guardian(format!("no step {index} in {}", self.lesson.id)));
        };
        self.made = index;
        let prepared = self.prepared.take();
        if let Some(status) = stays_out(step, self.lesson, self.machine) {
            return Ok(blank(world.number, step, status));
        }
        emit(Event::StepStarted { index, id: step.id.clone(), title: step.title.clone() });
        let (lesson, machine) = (self.lesson, self.machine);
        step::run(
            &mut Stage { world, lesson, machine, earlier: &mut self.earlier, maps: self.maps, emit },
            step,
            mode,
            prepared.map(|p| *p),
        )
    }

    /// Step 0: what every run has, and the lesson's own preparations.
    fn set_up(&mut self, emit: Emit) -> Result<StepRecord, Lost> {
        let started = Instant::now();
        emit(Event::StepStarted { index: 0, id: SETUP.to_owned(), title: "Setup".to_owned() });
        let world =
            self.world.insert(World::open(self.lesson, self.machine, self.inside, self.cancel.clone())?);
        let mut made = world.build()?;
        for (place, action, verb) in self.machine.verbs(ActionList::Setup, &self.lesson.setup) {
            if made.last().is_some_and(|a| !a.succeeded()) {
                break;
            }
            let mut acted = world.act(&action.subject, verb, None)?;
            acted.record.place = Some(place);
            made.push(acted);
        }
        let (mut actions, mut verdicts) = (Vec::new(), Vec::new());
        for acted in made {
            let end = acted.end();
            let record = ActionRecord { preparation: true, ..acted.record };
            if end != ActionEnd::Succeeded {
                let judged = Judged::Action(JudgedAction::new(actions.len(), &record, end));
                verdicts.push(Verdict { judged, status: Status::Failed });
            }
            emit(Event::Acted(Box::new(record.clone())));
            actions.push(record);
        }
        let record = StepRecord {
            world: world.number,
            id: SETUP.to_owned(),
            title: "Setup".to_owned(),
            status: if verdicts.is_empty() { Status::Passed } else { Status::Failed },
            actions,
            readouts: Vec::new(),
            verdicts,
            samples: Vec::new(),
            took_ms: millis(started.elapsed()),
            measured_ms: 0,
            by_hand: false,
        };
        emit(Event::StepEnded(Box::new(record.clone())));
        Ok(record)
    }

    /// Ends the world, if there is one, and says so.
    pub fn discard(&mut self, emit: Emit) {
        if let Some(world) = self.world.take() {
            for of in world.shells() {
                emit(Event::ShellEnded { of });
            }
            let left = world.close();
            emit(Event::Undone { left: left.clone() });
            self.left.extend(left);
        }
        (self.attempt, self.prepared) = (None, None);
        self.made = 0;
        self.touched = false;
        self.earlier.clear();
    }

    /// Undoes everything; gives what is left of all its worlds.
    pub fn close(mut self, emit: Emit) -> Vec<Leftover> {
        self.discard(emit);
        self.left
    }

    fn no_step(&self, index: usize) -> Refusal {
        Refusal::NoStep { lesson: self.lesson.id.clone(), index, steps: self.lesson.steps.len() }
    }

    /// The number of the present world; 0 without one.
    pub fn world(&self) -> u32 {
        self.world.as_ref().map_or(0, |w| w.number)
    }
}

fn told(what: Result<(), Refusal>, emit: Emit) {
    if let Err(refusal) = what {
        emit(Event::Refused(refusal));
    }
}

/// Why a step is not run here, if it is not.
fn stays_out(step: &Step, lesson: &Lesson, machine: &Machine) -> Option<Status> {
    if !machine.applies(step.when.as_ref()) {
        return Some(Status::NotHere);
    }
    let blocked = machine.allows_step(lesson, step).err()?;
    Some(Status::Blocked { reason: blocked.reason, remedy: blocked.remedy })
}

/// The record of a step that was not run.
pub fn blank(world: u32, step: &Step, status: Status) -> StepRecord {
    StepRecord {
        world,
        id: step.id.clone(),
        title: step.title.clone(),
        status,
        actions: Vec::new(),
        readouts: Vec::new(),
        verdicts: Vec::new(),
        samples: Vec::new(),
        took_ms: 0,
        measured_ms: 0,
        by_hand: false,
    }
}
