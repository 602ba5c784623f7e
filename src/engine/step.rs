//! One step: prepare, read before, act, measure, read after, judge.

use super::judge::{self, Readings};
use super::load::{Foreign, Window};
use super::machine::Machine;
use super::share::Shares;
use super::world::{Acted, World};
use crate::actor::client::Lost;
use crate::lesson::claim;
use crate::lesson::shape::action::Action;
use crate::lesson::shape::expect::Expect;
use crate::lesson::shape::{Lesson, Need, Op, Reader, Step, Val};
use crate::model::event::Sample;
use crate::model::{
    ActionRecord, Errno, Event, Fact, Reading, ReadoutRecord, Status, StepRecord, Unit, Value, Verdict,
};
use crate::probe;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a moving value is looked at: 25 ms.
const TICK: Duration = Duration::from_millis(25);
/// A wait that lasts this much longer than it should was still in time: 2 ms.
const PUNCTUAL: Duration = Duration::from_millis(2);
/// A window that foreign load has spoilt is measured again so often.
const WINDOWS: u32 = 3;
/// A quota is observed for so many periods before the window opens.
const PERIODS: u64 = 3;
/// And waited for so long: 3 s.
const SETTLE_AT_MOST: Duration = Duration::from_secs(3);

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
    /// Where events go.
    pub emit: &'w mut dyn FnMut(Event),
}

/// The readouts of a step in the order of the lesson.
pub fn readouts_of<'l>(lesson: &'l Lesson, step: &Step) -> Vec<&'l str> {
    let mut named: Vec<&str> = step.show.iter().chain(&step.watch).map(String::as_str).collect();
    for expect in &step.expect {
        named.push(&expect.subject);
        expect.verbs.iter().for_each(|op| other_readouts(op, &mut named));
    }
    lesson.readouts.keys().map(String::as_str).filter(|id| named.contains(id)).collect()
}

fn other_readouts<'l>(op: &'l Op, named: &mut Vec<&'l str>) {
    match op {
        Op::SameAs(id) | Op::DiffersFrom(id) => named.push(id),
        Op::RatioTo(one) => {
            named.push(&one.0);
            other_readouts(&one.1, named);
        }
        Op::Was(inner) | Op::GrewBy(inner) | Op::Peak(inner) | Op::Count(inner) => {
            other_readouts(inner, named);
        }
        _ => {}
    }
}

struct Run<'s, 'w, 'l> {
    stage: &'s mut Stage<'w, 'l>,
    step: &'l Step,
    ids: Vec<&'l str>,
    readings: Readings,
    actions: Vec<ActionRecord>,
    verdicts: Vec<Verdict>,
    samples: Vec<Sample>,
    shares: Shares,
    foreign: Option<Foreign>,
    late: Duration,
    measured: Duration,
    started: Instant,
}

/// Runs one step of a world.
///
/// # Errors
/// When the run is cancelled or the guardian is gone.
pub fn run<'l>(stage: &mut Stage<'_, 'l>, step: &'l Step, mode: Mode) -> Result<StepRecord, Lost> {
    let ids = readouts_of(stage.lesson, step);
    let mut run = Run {
        step,
        ids,
        readings: Readings { earlier: stage.earlier.clone(), ..Readings::default() },
        actions: Vec::new(),
        verdicts: Vec::new(),
        samples: Vec::new(),
        shares: Shares::default(),
        foreign: None,
        late: Duration::ZERO,
        measured: Duration::ZERO,
        started: Instant::now(),
        stage,
    };
    run.go(mode)
}

impl<'l> Run<'_, '_, 'l> {
    fn go(&mut self, mode: Mode) -> Result<StepRecord, Lost> {
        if !self.make(&self.step.given, true, Mode::Whole)? {
            return Ok(self.record(Status::Failed));
        }
        self.read_before()?;
        if mode == Mode::Forward {
            let went_well = self.make(&self.step.actions, false, mode)?;
            self.wait_for_expectations()?;
            return Ok(self.record(if went_well { Status::Passed } else { Status::Failed }));
        }
        let before = self.rows();
        (self.stage.emit)(Event::Before(before));
        let went_well = self.make(&self.step.actions, false, mode)?;
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
        Ok(self.record(status))
    }

    /// Makes actions in order until one ends otherwise than it should.
    fn make(&mut self, actions: &'l [Action], preparation: bool, mode: Mode) -> Result<bool, Lost> {
        for action in actions {
            if !super::applies(action.modifiers.when.as_ref(), self.stage.machine) {
                continue;
            }
            let fails = self.declared(action);
            for verb in &action.verbs {
                let acted = if mode == Mode::Pretend {
                    World::pretend(&action.subject, verb)
                } else {
                    self.stage.world.act(&action.subject, verb, fails.as_deref())?
                };
                if !self.note(acted, fails.as_deref(), preparation) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The errors that an action must end with on this machine.
    fn declared(&self, action: &Action) -> Option<Vec<Errno>> {
        let machine = self.stage.machine;
        let here = action.modifiers.fails.as_ref()?.here(machine.version(), machine.rootless())?;
        Some(here.0.0.clone())
    }

    /// Takes an action into the record, and judges it where the lesson says something or where it went wrong. Says whether to go on.
    fn note(&mut self, acted: Acted, fails: Option<&[Errno]>, preparation: bool) -> bool {
        let trouble = acted.trouble();
        let errno = acted.errno();
        let mut record = acted.record;
        record.preparation = preparation;
        let names = |f: &[Errno]| f.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        record.deliberate = fails.map(names);
        let holds = match fails {
            None => trouble.is_none(),
            Some(f) => errno.is_some_and(|e| f.contains(&e)),
        };
        if fails.is_some() || !holds {
            let expected = fails.map_or_else(|| "success".to_owned(), names);
            let claim = match fails {
                Some(_) => format!("{}: {} fails with {expected}", record.actor, record.planned),
                None => format!("{}: {} succeeds", record.actor, record.planned),
            };
            self.verdicts.push(Verdict {
                subject: "call".to_owned(),
                claim,
                status: if holds { Status::Passed } else { Status::Failed },
                expected,
                actual: trouble.unwrap_or_else(|| "it returned 0".to_owned()),
                source: record.actor.clone(),
            });
        }
        (self.stage.emit)(Event::Acted(record.clone()));
        self.actions.push(record);
        holds
    }

    fn read(&mut self, id: &str) -> Result<Reading, Lost> {
        let lesson = self.stage.lesson;
        let Some(readout) = lesson.readouts.get(id) else { return Ok(Reading::Gone) };
        if let Some(Reader::CpuShare(_)) = readout.verbs.first() {
            return Ok(self.shares.reading(id));
        }
        self.stage.world.read(readout)
    }

    fn read_before(&mut self) -> Result<(), Lost> {
        for id in self.ids.clone() {
            let reading = self.read(id)?;
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
        for id in self.ids.clone() {
            let reading = self.read(id)?;
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
            let share = lesson.readouts.get(id).and_then(|r| match r.verbs.first() {
                Some(Reader::CpuShare(of)) => Some(of.as_str()),
                _ => None,
            });
            let reading = match share {
                Some(of) => self.shares.momentary(id, of, self.stage.world.view()),
                None => self.read(id)?,
            };
            if share.is_none() {
                self.observe(id, &reading);
            }
            if let Some(value) = reading.value().and_then(judge::number) {
                let at_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let sample = Sample { at_ms, id: id.clone(), value };
                (self.stage.emit)(Event::Sampled(sample.clone()));
                self.samples.push(sample);
            }
        }
        Ok(())
    }

    /// Lets the groups settle, then measures every rate of the step over one window, so that competing groups share it. When a lower
    /// bound does not hold and other work explains that, the window is opened again.
    fn measure(&mut self, settle: Duration, window: Duration) -> Result<(), Lost> {
        let started = Instant::now();
        self.settle(settle)?;
        let cpus = self.stage.machine.cpus.clone();
        let of: Vec<(&str, &str)> = self.shares_of_step();
        for _ in 0..WINDOWS {
            let foreign = Window::open(&cpus);
            self.late = Duration::ZERO;
            self.shares.open(&of, self.stage.world.view());
            self.wait(window, "the measuring window")?;
            self.shares.close(&of, self.stage.world.view());
            self.foreign = Some(foreign.close(&cpus, self.late));
            if !self.spoilt()? {
                break;
            }
        }
        self.measured += started.elapsed();
        Ok(())
    }

    fn shares_of_step(&self) -> Vec<(&'l str, &'l str)> {
        let of = |id: &&'l str| match self.stage.lesson.readouts.get(*id)?.verbs.first()? {
            Reader::CpuShare(of) => Some((*id, of.as_str())),
            _ => None,
        };
        self.ids.iter().filter_map(of).collect()
    }

    /// A quota begins to show only after some periods (`sched-bwc.rst`): besides the time that the lesson asks for, every group that counts
    /// periods at all goes through three of them before the window opens.
    fn settle(&mut self, time: Duration) -> Result<(), Lost> {
        let groups: Vec<&str> = self.shares_of_step().into_iter().map(|(_, of)| of).collect();
        let count = |run: &Self| -> Vec<u64> {
            let view = run.stage.world.view();
            let periods = |g: &&str| super::share::periods(view.groups.get(*g)?);
            groups.iter().map(|g| periods(g).unwrap_or(0)).collect()
        };
        let first = count(self);
        self.wait(time, "the groups to settle")?;
        let until = Instant::now() + SETTLE_AT_MOST;
        // A group without a quota counts no periods: then there is nothing to wait for.
        let settling = |now: &[u64]| now.iter().zip(&first).any(|(n, f)| n > f && *n < f + PERIODS);
        while settling(&count(self)) && Instant::now() < until {
            self.stage.world.pause(TICK)?;
        }
        Ok(())
    }

    /// Whether other work has kept a lower bound from being reached.
    fn spoilt(&mut self) -> Result<bool, Lost> {
        for expect in &self.step.expect {
            let Some(needed) = needs_idle(expect).filter(|_| self.applies(expect)) else { continue };
            self.refresh(expect)?;
            // Another window gives no further CPU.
            if !self.holds(expect) && self.excused(expect).is_some_and(|f| !f.too_few(needed)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The other work that explains why an expectation does not hold, if it does.
    fn excused(&self, expect: &Expect) -> Option<Foreign> {
        let needed = needs_idle(expect)?;
        let lacking = expect.verbs.iter().filter_map(|op| self.lacking(&expect.subject, op)).reduce(f64::max);
        self.foreign.filter(|f| f.explains(needed, lacking))
    }

    /// By how much a share is below its lower bound; nothing for what is not a share, or has none.
    fn lacking(&self, id: &str, op: &Op) -> Option<f64> {
        let share = match self.readings.after.get(id)?.value()? {
            Value::Quantity(n, Unit::Percent) => *n,
            _ => return None,
        };
        let least = match op {
            Op::AtLeast(v) | Op::Between(v, _) => v.number()?,
            Op::Near(near) => near.value.number()? - near.by.number()?,
            _ => return None,
        };
        Some(least - share)
    }

    /// Lets time pass, sampling what is watched.
    fn wait(&mut self, length: Duration, what: &str) -> Result<(), Lost> {
        let at_most_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        (self.stage.emit)(Event::Waiting { what: what.to_owned(), at_most_ms });
        let until = Instant::now() + length;
        while Instant::now() < until {
            self.sample()?;
            let asleep = Instant::now();
            let tick = TICK.min(until.saturating_duration_since(asleep));
            self.stage.world.pause(tick)?;
            self.late += asleep.elapsed().saturating_sub(tick + PUNCTUAL);
        }
        Ok(())
    }

    /// Expectations with a time: `within` is looked at until it holds, `for` until it does not, both until their time is over.
    fn wait_for_expectations(&mut self) -> Result<(), Lost> {
        for expect in &self.step.expect {
            if !self.applies(expect) || expect.verbs.iter().any(|op| matches!(op, Op::Was(_))) {
                continue;
            }
            let within = expect.modifiers.within.as_ref().and_then(Val::duration);
            let lasting = expect.modifiers.r#for.as_ref().and_then(Val::duration);
            let Some(length) = within.or(lasting) else { continue };
            // A value that stays is only known to have stayed at the end of its time.
            let to_the_end = lasting.is_some() || expect.verbs.contains(&Op::Unchanged);
            let at_most_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
            (self.stage.emit)(Event::Waiting { what: claim::claim(expect), at_most_ms });
            let until = Instant::now() + length;
            loop {
                self.refresh(expect)?;
                let holds = self.holds(expect);
                let decided = if to_the_end { lasting.is_some() && !holds } else { holds };
                if decided || Instant::now() >= until {
                    if lasting.is_some() && !holds {
                        self.broken(expect);
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
        let mut named = vec![expect.subject.as_str()];
        expect.verbs.iter().for_each(|op| other_readouts(op, &mut named));
        for id in named {
            let reading = self.read(id)?;
            self.observe(id, &reading);
            self.readings.after.insert(id.to_owned(), reading);
        }
        Ok(())
    }

    /// What did not stay so long is failed, whatever it is at the end.
    fn broken(&mut self, expect: &Expect) {
        for op in &expect.verbs {
            let verdict = self.verdict(expect, op, Some(Status::Failed));
            self.verdicts.push(verdict);
        }
    }

    fn applies(&self, expect: &Expect) -> bool {
        super::applies(expect.modifiers.when.as_ref(), self.stage.machine)
    }

    fn holds(&self, expect: &Expect) -> bool {
        expect.verbs.iter().all(|op| judge::judge(&expect.subject, op, &self.readings).holds)
    }

    fn judge_all(&mut self) {
        for expect in &self.step.expect {
            let told = |v: &&Verdict| v.claim == claim_of(expect, &expect.verbs[0]);
            if self.verdicts.iter().any(|v| told(&v)) {
                continue;
            }
            for op in &expect.verbs {
                let verdict = self.verdict(expect, op, None);
                self.verdicts.push(verdict);
            }
        }
    }

    fn verdict(&self, expect: &Expect, op: &Op, fixed: Option<Status>) -> Verdict {
        let judged = judge::judge(&expect.subject, op, &self.readings);
        let readout = self.stage.lesson.readouts.get(&expect.subject);
        let not_here = !self.applies(expect)
            || (readout.is_some_and(|r| r.modifiers.optional)
                && self.readings.after.get(&expect.subject) == Some(&Reading::NotMeasured));
        let status = match fixed {
            Some(status) => status,
            None if not_here => Status::NotHere,
            None if judged.holds => Status::Passed,
            None => self.blocked_by_load(expect).unwrap_or(Status::Failed),
        };
        let source = readout.map(|r| self.source(&r.subject, r.verbs.first())).unwrap_or_default();
        Verdict {
            subject: expect.subject.clone(),
            claim: claim_of(expect, op),
            status,
            expected: judged.expected,
            actual: judged.actual,
            source,
        }
    }

    /// A lower bound that other work has spoilt is neither failed nor passed.
    fn blocked_by_load(&self, expect: &Expect) -> Option<Status> {
        let needed = needs_idle(expect)?;
        let foreign = self.excused(expect)?;
        let idle = if needed == 1 { "idle CPU is" } else { "idle CPUs are" };
        let (reason, remedy) = if foreign.too_few(needed) {
            let cpus = if foreign.cpus == 1 { "1 CPU".to_owned() } else { format!("{} CPUs", foreign.cpus) };
            (
                format!("the lab may use {cpus}; {needed} {idle} needed"),
                "give the virtual machine more CPUs, or start isolab without taskset",
            )
        } else if foreign.percent > foreign.late {
            (
                format!(
                    "other work used {:.0} % of a CPU in the last of {WINDOWS} measuring windows; {needed} {idle} needed",
                    foreign.percent
                ),
                "end the other work, or give the machine more CPUs, and run it again",
            )
        } else {
            (
                format!(
                    "this machine stood still for {:.0} % of the last of {WINDOWS} measuring windows, as a virtual one does whose host is busy",
                    foreign.late
                ),
                "end the other work on the host, and run it again",
            )
        };
        Some(Status::Blocked { reason, remedy: remedy.to_owned() })
    }

    fn source(&self, viewpoint: &str, reader: Option<&Reader>) -> String {
        let place = reader.map(|r| probe::place(r, self.stage.world.view())).unwrap_or_default();
        format!("{viewpoint} {place}")
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
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
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
        }
    }
}

fn claim_of(expect: &Expect, op: &Op) -> String {
    if expect.verbs.len() == 1 { claim::claim(expect) } else { claim::claim_op(&expect.subject, op) }
}

fn needs_idle(expect: &Expect) -> Option<u32> {
    expect.modifiers.needs.iter().find_map(|n| match n {
        Need::IdleCpus(n) => Some(*n),
        _ => None,
    })
}

/// Failed when anything has, else blocked when anything is; passed only when something was judged here.
fn overall(verdicts: &[Verdict]) -> Status {
    if verdicts.iter().any(|v| v.status == Status::Failed) {
        return Status::Failed;
    }
    if let Some(blocked) = verdicts.iter().find(|v| matches!(v.status, Status::Blocked { .. })) {
        return blocked.status.clone();
    }
    if verdicts.iter().any(|v| v.status == Status::Passed) { Status::Passed } else { Status::NotHere }
}

/// A share as a reading.
pub fn percent(share: f64) -> Reading {
    Reading::Fact(Fact::of(Value::Quantity(share, Unit::Percent)))
}
