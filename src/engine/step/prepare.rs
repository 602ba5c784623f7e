//! A step is prepared, and then waits: what is given is made, and what it reads has been read. The step goes on from there when it is run, tried,
//! or made on the way to a later one.

use super::prepared::Prepared;
use super::{Mode, Run, Stage};
use crate::actor::client::Lost;
use crate::events::{ActionList, Event, Status, StepRecord};
use crate::model::Reading;
use crate::vocabulary::Step;
use std::time::Instant;

/// How preparing ends.
pub enum Readied {
    /// The step waits.
    Waits(Box<Prepared>),
    /// What is given could not be made.
    Failed(Box<StepRecord>),
}

/// Makes what is given, reads what is there before, and pauses the workloads.
///
/// # Errors
/// When the run is cancelled or the guardian is gone.
pub fn prepare<'l>(stage: &mut Stage<'_, 'l>, step: &'l Step) -> Result<Readied, Lost> {
    let mut run = Run::new(stage, step);
    if !run.come_to_before(None)? {
        return Ok(Readied::Failed(Box::new(run.record(Status::Failed))));
    }
    let rows = run.rows();
    (run.stage.emit)(Event::Before(rows.clone()));
    run.tell_namespaces(Mode::Whole);
    // The guardian's answer comes behind all that it had to say before.
    run.stage.world.pause_workloads(true)?;
    let prepared = Prepared {
        before: std::mem::take(&mut run.readings.before),
        rows,
        actions: std::mem::take(&mut run.actions),
        verdicts: std::mem::take(&mut run.verdicts),
        spent: run.started.elapsed(),
        living: run.stage.world.living(),
    };
    Ok(Readied::Waits(Box::new(prepared)))
}

/// Says again what was made and read.
pub fn tell(prepared: &Prepared, stage: &mut Stage<'_, '_>) {
    for action in &prepared.actions {
        (stage.emit)(Event::Acted(Box::new(action.clone())));
    }
    (stage.emit)(Event::Before(prepared.rows.clone()));
    if stage.maps {
        let map = stage.world.namespaces();
        (stage.emit)(Event::Namespaces(Box::new(map)));
    }
}

impl Run<'_, '_, '_> {
    /// Everything up to the before-snapshot, which is always of now. Says whether what is given could be made.
    pub(super) fn come_to_before(&mut self, prepared: Option<Prepared>) -> Result<bool, Lost> {
        match prepared {
            Some(prepared) => self.take_up(prepared)?,
            None => {
                if !self.make(ActionList::Given, &self.step.given, Mode::Whole)? {
                    return Ok(false);
                }
            }
        }
        self.read_before()?;
        Ok(true)
    }

    /// Goes on with a step that is prepared. The time that it has waited does not count.
    fn take_up(&mut self, prepared: Prepared) -> Result<(), Lost> {
        self.stage.world.pause_workloads(false)?;
        if let Some(started) = Instant::now().checked_sub(prepared.spent) {
            self.started = started;
            self.stage.world.begin(started);
        }
        self.opened = prepared.before;
        self.verdicts = prepared.verdicts;
        for action in prepared.actions {
            (self.stage.emit)(Event::Acted(Box::new(action.clone())));
            self.actions.push(action);
        }
        Ok(())
    }

    /// What was read of this when the step was prepared, if something else is there now.
    pub(super) fn moved(&self, id: &str) -> Option<Reading> {
        let opened = self.opened.get(id)?;
        (self.readings.before.get(id) != Some(opened)).then(|| opened.clone())
    }
}
