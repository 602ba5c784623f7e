//! One step: prepare, read before, act, measure, read after, judge.

pub mod attempt;
mod awaited;
mod measure;
mod overall;
pub mod prepare;
pub mod prepared;
mod verdict;

use super::foreign_load::Foreign;
use super::machine::Machine;
use super::share::Shares;
use super::world::{Acted, World};
use crate::actor::client::Lost;
use crate::events::{
    ActionEnd, ActionList, ActionPlace, ActionRecord, Awaiting, Claim, Event, Judged, JudgedAction,
    ReadoutRecord, Sample, Status, StepRecord, Verdict,
};
use crate::lesson::judge::{self, Readings};
use crate::lesson::readouts::{named_by, readouts_of};
use crate::model::millis;
use crate::model::{Errno, Fact, Reading, Value};
use crate::probe;
use crate::vocabulary::action::{Action, Failing};
use crate::vocabulary::expect::Expect;
use crate::vocabulary::{Lesson, Op, Readout, Step, Val};
use overall::overall;
use prepared::Prepared;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a moving value is looked at: 25 ms.
const TICK: Duration = Duration::from_millis(25);
/// How a step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For real.
    Whole,
    /// Only to get to a later step: without measuring windows, with the waits that the lesson declares.
    Forward,
    /// The step's actions are not made but said to have returned 0: at least one expectation must then fail.
    Pretend,
}

/// What a step needs from its run.
pub struct Stage<'w, 'l> {
    /// The world.
    pub world: &'w mut World<'l>,
    /// The lesson.
    pub lesson: &'l Lesson,
    /// The machine.
    pub machine: &'l Machine,
    /// Readings before earlier steps of this world.
    pub earlier: &'w mut BTreeMap<String, BTreeMap<String, Reading>>,
    /// Whether to tell who is in which namespace.
    pub maps: bool,
    /// Where events go.
    pub emit: &'w mut dyn FnMut(Event),
}

struct Run<'s, 'w, 'l> {
    stage: &'s mut Stage<'w, 'l>,
    step: &'l Step,
    ids: Vec<&'l str>,
    readings: Readings,
    /// What was read when the step was prepared.
    opened: BTreeMap<String, Reading>,
    actions: Vec<ActionRecord>,
    verdicts: Vec<Verdict>,
    samples: Vec<Sample>,
    shares: Shares,
    /// The boxes capture frames.
    capturing: bool,
    foreign: Option<Foreign>,
    late: Duration,
    measured: Duration,
    started: Instant,
}

/// Runs one step of a world; goes on with it where it is prepared.
///
/// # Errors
/// When the run is cancelled or the guardian is gone.
pub fn run<'l>(
    stage: &mut Stage<'_, 'l>,
    step: &'l Step,
    mode: Mode,
    prepared: Option<Prepared>,
) -> Result<StepRecord, Lost> {
    Run::new(stage, step).go(mode, prepared)
}

fn errno(failing: Failing) -> Option<Errno> {
    match failing {
        Failing::Errno(errno) => Some(errno),
        Failing::Ending(_) => None,
    }
}

impl<'s, 'w, 'l> Run<'s, 'w, 'l> {
    fn new(stage: &'s mut Stage<'w, 'l>, step: &'l Step) -> Self {
        let started = Instant::now();
        stage.world.begin(started);
        Run {
            step,
            ids: readouts_of(stage.lesson, step),
            readings: Readings { earlier: stage.earlier.clone(), ..Readings::default() },
            opened: BTreeMap::new(),
            actions: Vec::new(),
            verdicts: Vec::new(),
            samples: Vec::new(),
            shares: Shares::default(),
            capturing: false,
            foreign: None,
            late: Duration::ZERO,
            measured: Duration::ZERO,
            started,
            stage,
        }
    }

    fn go(&mut self, mode: Mode, prepared: Option<Prepared>) -> Result<StepRecord, Lost> {
        if !self.come_to_before(prepared)? {
            return Ok(self.record(Status::Failed));
        }
        self.capture()?;
        if mode == Mode::Forward {
            let went_well = self.make(ActionList::Do, &self.step.actions, mode)?;
            if went_well {
                self.wait_for_expectations()?;
                return Ok(self.record(Status::Passed));
            }
            // This is the last step then, and its record says how far it came.
            self.read_after()?;
            self.judge_all();
            return Ok(self.record(Status::Failed));
        }
        let before = self.rows();
        (self.stage.emit)(Event::Before(before));
        self.tell_namespaces(mode);
        let went_well = self.make(ActionList::Do, &self.step.actions, mode)?;
        // Without the action nothing will come true: waiting for it would only take time.
        let patient = went_well && mode == Mode::Whole;
        if let (Some(measure), true) = (&self.step.measure, patient || mode == Mode::Pretend) {
            let settle = measure.settle.duration().unwrap_or_default();
            let window = measure.window.duration().unwrap_or_default();
            self.measure(settle, window)?;
        }
        if patient {
            self.wait_for_expectations()?;
        }
        self.read_after()?;
        self.judge_all();
        let status = overall(&self.verdicts);
        self.tell_namespaces(mode);
        Ok(self.record(status))
    }

    /// For the map: right before the actions, and right after everything.
    fn tell_namespaces(&mut self, mode: Mode) {
        if mode == Mode::Whole && self.stage.maps {
            let map = self.stage.world.namespaces();
            (self.stage.emit)(Event::Namespaces(Box::new(map)));
        }
    }

    /// Makes actions in order until one ends otherwise than it should.
    fn make(&mut self, list: ActionList, actions: &'l [Action], mode: Mode) -> Result<bool, Lost> {
        for (place, action, verb) in self.stage.machine.verbs(list, actions) {
            let fails = self.declared(action);
            // An ordinary process in the run's user namespace is refused other things: `setgroups` may be denied there already. What
            // must be refused changes nothing, and a person who tries a later step does not miss it.
            if fails.is_some() && self.stage.world.inside.is_some() {
                continue;
            }
            let errnos: Option<Vec<Errno>> =
                fails.as_ref().map(|f| f.iter().copied().filter_map(errno).collect());
            let acted = if mode == Mode::Pretend {
                World::pretend(&action.subject, verb)
            } else {
                self.stage.world.act(&action.subject, verb, errnos.as_deref())?
            };
            if !self.note(acted, fails.as_deref(), place) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The failures that an action must have on this machine.
    fn declared(&self, action: &Action) -> Option<Vec<Failing>> {
        let here = action.modifiers.fails.as_ref()?.here(self.stage.machine.variant())?;
        Some(here.0.0.clone())
    }

    /// Takes an action into the record, and judges it where the lesson says something or where it went wrong. Says whether to go on.
    fn note(&mut self, acted: Acted, fails: Option<&[Failing]>, place: ActionPlace) -> bool {
        let end = acted.end();
        let failed = acted.failed();
        let record = ActionRecord {
            place: Some(place),
            preparation: place.list != ActionList::Do,
            declared: fails.unwrap_or_default().to_vec(),
            ..acted.record
        };
        let holds = match fails {
            None => end == ActionEnd::Succeeded,
            Some(f) => failed.is_some_and(|e| f.contains(&e)),
        };
        if fails.is_some() || !holds {
            let judged = JudgedAction::new(self.actions.len(), &record, end);
            let status = if holds { Status::Passed } else { Status::Failed };
            self.verdicts.push(Verdict { judged: Judged::Action(judged), status });
        }
        (self.stage.emit)(Event::Acted(Box::new(record.clone())));
        self.actions.push(record);
        holds
    }

    /// Begins to capture frames, where the step reads some.
    fn capture(&mut self) -> Result<(), Lost> {
        let lesson = self.stage.lesson;
        let readouts = self.ids.iter().filter_map(|id| lesson.readouts.get(*id));
        let boxes = readouts.filter(|readout| readout.is_captured()).map(|readout| readout.subject.as_str());
        let boxes = boxes.collect();
        self.stage.world.capture(&boxes)?;
        self.capturing = true;
        Ok(())
    }

    fn read(&mut self, id: &str) -> Result<Reading, Lost> {
        let lesson = self.stage.lesson;
        let Some(readout) = lesson.readouts.get(id) else { return Ok(Reading::Gone) };
        if readout.share_of().is_some() {
            return Ok(self.shares.reading(id));
        }
        if readout.is_captured() && !self.capturing {
            return Ok(Reading::Fact(Fact::of(Value::Table(Vec::new()))));
        }
        self.stage.world.read(readout)
    }

    /// The same for all readouts of the step.
    fn read_all(&mut self) -> Result<Vec<(&'l str, Reading)>, Lost> {
        let lesson = self.stage.lesson;
        let mut of_world: Vec<(&'l str, &Readout)> = self
            .ids
            .iter()
            .filter_map(|id| {
                let by_world = |readout: &&Readout| {
                    readout.share_of().is_none() && (self.capturing || !readout.is_captured())
                };
                Some((*id, lesson.readouts.get(*id).filter(by_world)?))
            })
            .collect();
        // First the frames: other readers, such as `tcp_answer`, send some.
        of_world.sort_by_key(|(_, readout)| !readout.is_captured());
        let readouts: Vec<&Readout> = of_world.iter().map(|(_, readout)| *readout).collect();
        let read = self.stage.world.read_all(&readouts)?;
        let mut read: BTreeMap<&str, Reading> = of_world.iter().map(|(id, _)| *id).zip(read).collect();
        let ids = self.ids.clone();
        ids.into_iter().map(|id| Ok((id, read.remove(id).map_or_else(|| self.read(id), Ok)?))).collect()
    }

    fn read_before(&mut self) -> Result<(), Lost> {
        for (id, reading) in self.read_all()? {
            self.readings.before.insert(id.to_owned(), reading);
        }
        // What must be so before the step may need a moment to become so.
        for expect in self.step.expect.iter().filter(|e| e.verbs.iter().any(|op| matches!(op, Op::Was(_)))) {
            let Some(within) = expect.modifiers.within.as_ref().and_then(Val::duration) else { continue };
            let until = Instant::now() + within;
            while !self.holds(expect) && Instant::now() < until {
                self.stage.world.pause(TICK)?;
                let reading = self.read(&expect.subject)?;
                self.readings.before.insert(expect.subject.clone(), reading);
            }
        }
        self.stage.earlier.insert(self.step.id.clone(), self.readings.before.clone());
        Ok(())
    }

    fn read_after(&mut self) -> Result<(), Lost> {
        for (id, reading) in self.read_all()? {
            self.observe(id, &reading);
            self.readings.after.insert(id.to_owned(), reading);
        }
        Ok(())
    }

    /// Keeps the highest value of a watched readout.
    fn observe(&mut self, id: &str, reading: &Reading) {
        let Some(value) = reading.value().and_then(judge::number) else { return };
        let highest = self.readings.peak.get(id).and_then(|r| r.value().and_then(judge::number));
        if highest.is_none_or(|h| value > h) {
            self.readings.peak.insert(id.to_owned(), reading.clone());
        }
    }

    fn sample(&mut self) -> Result<(), Lost> {
        for id in &self.step.watch {
            let lesson = self.stage.lesson;
            let share = lesson.readouts.get(id).and_then(Readout::share_of);
            let reading = match share {
                Some(of) => self.shares.momentary(id, of, self.stage.world.view()),
                None => self.read(id)?,
            };
            if share.is_none() {
                self.observe(id, &reading);
            }
            if let Some(value) = reading.value().and_then(judge::number) {
                let at_ms = millis(self.started.elapsed());
                let sample = Sample { at_ms, id: id.clone(), value };
                (self.stage.emit)(Event::Sampled(sample.clone()));
                self.samples.push(sample);
            }
        }
        Ok(())
    }

    /// Expectations with a time: `within` is looked at until it holds, `for` until it does not, both until their time is over.
    fn wait_for_expectations(&mut self) -> Result<(), Lost> {
        for (at, expect) in self.step.expect.iter().enumerate() {
            if !self.applies(expect) || expect.verbs.iter().any(|op| matches!(op, Op::Was(_))) {
                continue;
            }
            let within = expect.modifiers.within.as_ref().and_then(Val::duration);
            let lasting = expect.modifiers.r#for.as_ref().and_then(Val::duration);
            let Some(length) = within.or(lasting) else { continue };
            // A value that stays is only known to have stayed at the end of its time.
            let to_the_end = lasting.is_some() || expect.verbs.contains(&Op::Unchanged);
            let at_most_ms = millis(length);
            (self.stage.emit)(Event::Waiting {
                what: Awaiting::Expectation(Claim::from(expect)),
                at_most_ms,
            });
            let until = Instant::now() + length;
            loop {
                self.refresh(expect)?;
                let holds = self.holds(expect);
                let decided = if to_the_end { lasting.is_some() && !holds } else { holds };
                if decided || Instant::now() >= until {
                    if lasting.is_some() && !holds {
                        // What did not stay true is failed, whatever it is at the end.
                        self.judge_expectation(at, expect, Some(&Status::Failed));
                    }
                    break;
                }
                self.sample()?;
                self.stage.world.pause(TICK)?;
            }
        }
        Ok(())
    }

    fn refresh(&mut self, expect: &Expect) -> Result<(), Lost> {
        for id in named_by(expect) {
            let reading = self.read(id)?;
            self.observe(id, &reading);
            self.readings.after.insert(id.to_owned(), reading);
        }
        Ok(())
    }

    fn applies(&self, expect: &Expect) -> bool {
        self.stage.machine.applies(expect.modifiers.when.as_ref())
    }

    fn holds(&self, expect: &Expect) -> bool {
        expect.verbs.iter().all(|op| judge::judge(&expect.subject, op, &self.readings).holds)
    }

    fn rows(&self) -> Vec<ReadoutRecord> {
        let row = |id: &&str| {
            let readout = self.stage.lesson.readouts.get(*id)?;
            let reading = |m: &BTreeMap<String, Reading>| m.get(*id).cloned().unwrap_or(Reading::NotMeasured);
            let path = readout.verbs.first().map(|r| probe::place(r, self.stage.world.view()));
            Some(ReadoutRecord {
                id: (*id).to_owned(),
                viewpoint: readout.subject.clone(),
                path: path.unwrap_or_default(),
                before: reading(&self.readings.before),
                opened: self.moved(id),
                after: reading(&self.readings.after),
                peak: self
                    .step
                    .watch
                    .iter()
                    .any(|w| w == id)
                    .then(|| self.readings.peak.get(*id).cloned())
                    .flatten(),
            })
        };
        self.ids.iter().filter_map(row).collect()
    }

    fn record(&mut self, status: Status) -> StepRecord {
        StepRecord {
            world: self.stage.world.number,
            id: self.step.id.clone(),
            title: self.step.title.clone(),
            status,
            readouts: self.rows(),
            actions: std::mem::take(&mut self.actions),
            verdicts: std::mem::take(&mut self.verdicts),
            samples: std::mem::take(&mut self.samples),
            took_ms: millis(self.started.elapsed()),
            measured_ms: millis(self.measured),
            by_hand: false,
        }
    }
}
