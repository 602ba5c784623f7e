//! A step that a person does: what is given is made, what was before is read, and from then on the expectations are judged on what is there now.

use super::overall::overall;
use super::prepared::Prepared;
use super::{Run, Stage};
use crate::actor::client::Lost;
use crate::engine::share::Shares;
use crate::events::{ActionRecord, Event, Status, StepRecord};
use crate::lesson::judge::Readings;
use crate::model::Reading;
use crate::model::millis;
use crate::vocabulary::{Readout, Step};
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
        prepared: Option<Prepared>,
    ) -> Result<Begun<'l>, Lost> {
        let mut run = Run::new(stage, step);
        if !run.come_to_before(prepared)? {
            return Ok(Begun::Failed(Box::new(run.record(Status::Failed))));
        }
        run.readings.after = run.readings.before.clone();
        run.judge_all();
        let already = overall(&run.verdicts) == Status::Passed;
        run.readings.after.clear();
        let before = run.rows();
        (run.stage.emit)(Event::Before(before));
        run.tell_namespaces(super::Mode::Whole);
        if already {
            return Ok(Begun::Already);
        }
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
        })))
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
        let mut run = Run::new(stage, self.step);
        run.started = self.started;
        run.readings = std::mem::take(&mut self.readings);
        run.opened = std::mem::take(&mut self.opened);
        let read = self.read(&mut run);
        if read.is_ok() {
            run.judge_all();
            let (readouts, verdicts) = (run.rows(), run.verdicts.clone());
            let holds = overall(&verdicts) == Status::Passed;
            (run.stage.emit)(Event::Tried { readouts, verdicts });
            self.held = if holds { self.held + 1 } else { 0 };
            let needed = if run.shares_of_step().is_empty() { 1 } else { STEADY };
            if self.held >= needed && !self.done {
                self.done = true;
                run.tell_namespaces(super::Mode::Whole);
                run.actions = self.actions.clone();
                let record = StepRecord {
                    by_hand: true,
                    took_ms: millis(self.started.elapsed()),
                    ..run.record(Status::Passed)
                };
                (run.stage.emit)(Event::StepEnded(Box::new(record)));
            }
        }
        self.readings = std::mem::take(&mut run.readings);
        self.opened = std::mem::take(&mut run.opened);
        self.due = Instant::now() + LOOK;
        read
    }

    fn read(&mut self, run: &mut Run<'_, '_, 'l>) -> Result<(), Lost> {
        for id in run.ids.clone() {
            let share = run.stage.lesson.readouts.get(id).and_then(Readout::share_of);
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
