//! A step that a person does: what is given is made, what was before is read, and from then on the expectations are judged on what is there now.

use super::awaited::Awaited;
use super::overall::overall;
use super::prepared::Prepared;
use super::{Run, Stage};
use crate::actor::client::Lost;
use crate::actor::trace::ExpectedFailure;
use crate::engine::share::Shares;
use crate::events::{ActionRecord, Event, Status, StepRecord, Verdict};
use crate::lesson::by_hand::{Hands, Observes};
use crate::lesson::judge::Readings;
use crate::model::millis;
use crate::model::{Fact, Reading, Value};
use crate::vocabulary::reader::Personal;
use crate::vocabulary::{Reader, Readout, Step};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Shares are those of about the last second.
const SHARE: Duration = Duration::from_secs(1);
/// How often it is looked how far the person is.
const LOOK: Duration = Duration::from_millis(250);
/// A share must hold in so many readings.
const STEADY: u32 = 2;

/// A step in a person's hands.
pub struct Attempt<'l> {
    step: &'l Step,
    readings: Readings,
    opened: BTreeMap<String, Reading>,
    actions: Vec<ActionRecord>,
    shares: Shares,
    started: Instant,
    due: Instant,
    /// In how many readings all has held, one after the other.
    held: u32,
    done: bool,
    /// What must fail, where that is what the step is about.
    awaited: Vec<Awaited>,
    /// The expectations that are not judged, see [`Hands::unheard`].
    unheard: Vec<usize>,
    /// Who stood in for which box at the last look.
    stand_ins: BTreeMap<String, i32>,
}

/// How an attempt begins.
pub enum Begun<'l> {
    /// It is the person's turn.
    Yours(Box<Attempt<'l>>),
    /// What is given could not be made.
    Failed(Box<StepRecord>),
    /// There is nothing to do: everything that is expected is so already.
    Already,
}

impl<'l> Attempt<'l> {
    /// Makes what is given unless the step is prepared, and reads what is there before.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn begin(
        stage: &mut Stage<'_, 'l>,
        step: &'l Step,
        hands: &Hands,
        prepared: Option<Prepared>,
    ) -> Result<Begun<'l>, Lost> {
        let mut run = Run::new(stage, step);
        if !run.come_to_before(prepared)? {
            return Ok(Begun::Failed(Box::new(run.record(Status::Failed))));
        }
        let awaited = match hands.observes {
            Observes::Failures => run.fail()?,
            Observes::Ends | Observes::Nothing => Some(Vec::new()),
        };
        let Some(awaited) = awaited else {
            return Ok(Begun::Failed(Box::new(run.record(Status::Failed))));
        };
        let already = awaited.is_empty() && run.holds_already();
        let before = run.rows();
        (run.stage.emit)(Event::Before(before));
        run.tell_namespaces(super::Mode::Whole);
        if already {
            return Ok(Begun::Already);
        }
        run.capture()?;
        Ok(Begun::Yours(Box::new(Attempt {
            step,
            readings: std::mem::take(&mut run.readings),
            opened: std::mem::take(&mut run.opened),
            actions: std::mem::take(&mut run.actions),
            shares: Shares::default(),
            started: run.started,
            due: Instant::now(),
            held: 0,
            done: false,
            awaited,
            unheard: hands.unheard.clone(),
            stand_ins: BTreeMap::new(),
        })))
    }

    /// The failures that the programs of the shells are observed for.
    pub fn failures(&self) -> Vec<ExpectedFailure> {
        self.awaited.iter().filter_map(Awaited::failure).collect()
    }

    /// A shell stands in for this box from now on: what was read of the box itself is read again of the shell. What the box only sees was read
    /// before the person began, and is read again only for the first shell, whose covers are in the box's mount table. Says whether there is
    /// still something to do.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn take_over(&mut self, stage: &mut Stage<'_, 'l>, of: &str, first: bool) -> Result<bool, Lost> {
        stage.world.follow_the_shells()?;
        self.with_run(stage, |attempt, run| {
            let lesson = run.stage.lesson;
            for id in run.ids.clone() {
                let Some(readout) = lesson.readouts.get(id).filter(|r| r.share_of().is_none()) else {
                    continue;
                };
                let Some(facts) = readout.verbs.first().map(Reader::facts) else { continue };
                let about = facts.about.is_some_and(|about| about.id == of);
                let own = facts.personal.is_some() || facts.from_outside.is_some();
                if about || readout.subject == of && (own || first) {
                    let reading = run.read(id)?;
                    run.readings.before.insert(id.to_owned(), reading);
                }
            }
            Ok(!attempt.awaited.is_empty() || !run.holds_already())
        })
    }

    /// A number is of one process: where another one has come to stand in, it is compared with its own.
    fn compare_with_itself(&mut self, run: &mut Run<'_, '_, 'l>) -> Result<(), Lost> {
        let now = run.stage.world.stand_ins();
        let moved = |of: &str| {
            let (was, is) = (self.stand_ins.get(of), now.get(of));
            was.is_some() && is.is_some() && was != is
        };
        let lesson = run.stage.lesson;
        for id in run.ids.clone() {
            let Some(readout) = lesson.readouts.get(id) else { continue };
            let Some(facts) = readout.verbs.first().map(Reader::facts) else { continue };
            let whose = facts.about.map_or(readout.subject.as_str(), |about| about.id);
            if facts.personal.is_some_and(Personal::is_identity) && moved(whose) {
                let reading = run.read(id)?;
                run.readings.before.insert(id.to_owned(), reading);
            }
            if facts.personal.is_some_and(Personal::is_identity)
                && let Some(numbers) = run.stage.world.own_numbers(whose)
            {
                run.compare_earlier_with(id, numbers);
            }
        }
        self.stand_ins = now;
        Ok(())
    }

    /// When it is to be looked at next.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Reads and judges what is there now, and says so. When all holds for the first time, the step's record follows.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn look(&mut self, stage: &mut Stage<'_, 'l>) -> Result<(), Lost> {
        self.look_at(stage, &[])
    }

    /// Looks once more when the last shell has ended, unless all holds by the last look: what was changed lasts longer than the shell, and a shell that is
    /// about to end may have been the one that was asked. The boxes of these shells are asked themselves, except for what was the shell's own, which
    /// stays what it was.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn look_after_the_end(&mut self, stage: &mut Stage<'_, 'l>, ended: &[String]) -> Result<(), Lost> {
        if self.done && self.held > 0 { Ok(()) } else { self.look_at(stage, ended) }
    }

    fn look_at(&mut self, stage: &mut Stage<'_, 'l>, ended: &[String]) -> Result<(), Lost> {
        if !ended.is_empty() {
            stage.world.follow_the_shells()?;
        }
        self.with_run(stage, |attempt, run| {
            run.capturing = true;
            attempt.compare_with_itself(run)?;
            attempt.read(run, ended)?;
            attempt.judge(run);
            let (readouts, verdicts) = (run.rows(), run.verdicts.clone());
            let holds = overall(&verdicts) == Status::Passed;
            (run.stage.emit)(Event::Tried { readouts, verdicts });
            attempt.held = if holds { attempt.held + 1 } else { 0 };
            let needed = if run.shares_of_step().is_empty() { 1 } else { STEADY };
            if attempt.held >= needed && !attempt.done {
                attempt.done = true;
                run.tell_namespaces(super::Mode::Whole);
                let awaited = attempt.awaited.iter().map(|awaited| awaited.record.clone());
                run.actions = attempt.actions.iter().cloned().chain(awaited).collect();
                let record = StepRecord {
                    by_hand: true,
                    took_ms: millis(attempt.started.elapsed()),
                    ..run.record(Status::Passed)
                };
                (run.stage.emit)(Event::StepEnded(Box::new(record)));
            }
            attempt.due = Instant::now() + LOOK;
            Ok(())
        })
    }

    /// Judges what can come true in a person's hands, and what has failed as it must.
    fn judge(&mut self, run: &mut Run<'_, '_, 'l>) {
        run.judge_all();
        let is_unheard =
            |v: &Verdict| v.expectation().is_some_and(|at| self.unheard.contains(&at.expectation));
        run.verdicts.retain(|v| !is_unheard(v));
        for call in run.stage.world.failed_calls() {
            self.awaited.iter_mut().for_each(|awaited| awaited.take(&call));
        }
        let first = self.actions.len();
        run.verdicts.extend(self.awaited.iter().enumerate().map(|(at, awaited)| awaited.verdict(first + at)));
    }

    /// Lends what was read to a run of the step.
    fn with_run<T>(
        &mut self,
        stage: &mut Stage<'_, 'l>,
        work: impl FnOnce(&mut Self, &mut Run<'_, '_, 'l>) -> Result<T, Lost>,
    ) -> Result<T, Lost> {
        let mut run = Run::new(stage, self.step);
        run.started = self.started;
        run.readings = std::mem::take(&mut self.readings);
        run.opened = std::mem::take(&mut self.opened);
        let done = work(self, &mut run);
        self.readings = std::mem::take(&mut run.readings);
        self.opened = std::mem::take(&mut run.opened);
        done
    }

    fn read(&mut self, run: &mut Run<'_, '_, 'l>, ended: &[String]) -> Result<(), Lost> {
        for id in run.ids.clone() {
            let readout = run.stage.lesson.readouts.get(id);
            if readout.is_some_and(|readout| was_of(readout, ended)) {
                continue;
            }
            let share = readout.and_then(Readout::share_of);
            let reading: Reading = match share {
                Some(of) => self.shares.over(SHARE, id, of, run.stage.world.view()),
                None => run.read(id)?,
            };
            run.observe(id, &reading);
            run.readings.after.insert(id.to_owned(), reading);
        }
        Ok(())
    }
}

/// Whether a reading belongs to one process, and that one was in the shell of one of these boxes.
fn was_of(readout: &Readout, ended: &[String]) -> bool {
    let Some(facts) = readout.verbs.first().map(Reader::facts) else { return false };
    let whose = facts.about.map_or(readout.subject.as_str(), |about| about.id);
    facts.personal.is_some() && ended.iter().any(|of| of == whose)
}

impl Run<'_, '_, '_> {
    /// Where an earlier step read the box's own number, the process in its place is to find its own.
    fn compare_earlier_with(&mut self, id: &str, (of_box, of_stand_in): (i32, i32)) {
        for (step, readings) in self.stage.earlier.iter() {
            let value = match readings.get(id).and_then(Reading::value) {
                Some(Value::Int(n)) if *n == i64::from(of_box) => Value::Int(i64::from(of_stand_in)),
                Some(Value::Text(text)) if *text == of_box.to_string() => {
                    Value::Text(of_stand_in.to_string())
                }
                _ => continue,
            };
            let earlier = self.readings.earlier.entry(step.clone()).or_default();
            earlier.insert(id.to_owned(), Reading::Fact(Fact::of(value)));
        }
    }

    /// Whether all that the step expects is so before anybody does anything.
    fn holds_already(&mut self) -> bool {
        self.readings.after = self.readings.before.clone();
        self.judge_all();
        self.readings.after.clear();
        overall(&self.verdicts) == Status::Passed
    }
}
