//! Rates: settling, windows, and other work that spoils them.

use super::{Run, TICK};
use crate::actor::client::Lost;
use crate::engine::foreign_load::{Foreign, Miss, Window};
use crate::engine::share::periods;
use crate::events::{Awaiting, Event};
use crate::model::millis;
use crate::model::{Reading, Unit, Value};
use crate::vocabulary::Op;
use crate::vocabulary::expect::Expect;
use crate::vocabulary::need::DecidedBy;
use std::time::{Duration, Instant};

/// A wait that lasts this much longer than it should was still in time: 2 ms.
const PUNCTUAL: Duration = Duration::from_millis(2);
/// A window that foreign load has spoilt is measured again so often.
pub(super) const WINDOWS: u32 = 3;
/// A quota is observed for so many periods before the window opens.
const PERIODS: u64 = 3;
/// And waited for so long: 3 s.
const SETTLE_AT_MOST: Duration = Duration::from_secs(3);

impl<'l> Run<'_, '_, 'l> {
    /// Lets the groups settle, then measures every rate of the step over one window, so that competing groups share it. When a lower
    /// bound does not hold and other work explains that, the window is opened again.
    pub(super) fn measure(&mut self, settle: Duration, window: Duration) -> Result<(), Lost> {
        let started = Instant::now();
        self.settle(settle)?;
        let cpus = self.stage.machine.cpus.clone();
        let of: Vec<(&str, &str)> = self.shares_of_step();
        for _ in 0..WINDOWS {
            let lesson = self.stage.lesson;
            let pids = &self.stage.world.view().pids;
            let foreign = Window::open(&cpus, lesson.workloads.keys().filter_map(|w| pids.get(w).copied()));
            self.late = Duration::ZERO;
            self.shares.open(&of, self.stage.world.view());
            self.wait(window, Awaiting::Measuring)?;
            self.shares.close(&of, self.stage.world.view());
            self.foreign = Some(foreign.close(&cpus, self.late));
            if !self.spoilt()? {
                break;
            }
        }
        self.measured += started.elapsed();
        Ok(())
    }

    pub(super) fn shares_of_step(&self) -> Vec<(&'l str, &'l str)> {
        let of = |id: &&'l str| Some((*id, self.stage.lesson.readouts.get(*id)?.share_of()?));
        self.ids.iter().filter_map(of).collect()
    }

    /// A quota begins to show only after some periods (`sched-bwc.rst`): besides the time that the lesson asks for, every group that counts
    /// periods at all goes through three of them before the window opens.
    fn settle(&mut self, time: Duration) -> Result<(), Lost> {
        let groups: Vec<&str> = self.shares_of_step().into_iter().map(|(_, of)| of).collect();
        let count = |run: &Self| -> Vec<u64> {
            let view = run.stage.world.view();
            let of_group = |g: &&str| periods(view.groups.get(*g)?);
            groups.iter().map(|g| of_group(g).unwrap_or(0)).collect()
        };
        let first = count(self);
        self.wait(time, Awaiting::Settling)?;
        let until = Instant::now() + SETTLE_AT_MOST;
        // A group without a quota counts no periods: then there is nothing to wait for.
        let settling = |now: &[u64]| now.iter().zip(&first).any(|(n, f)| n > f && *n < f + PERIODS);
        while settling(&count(self)) && Instant::now() < until {
            self.sample()?;
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
    pub(super) fn excused(&self, expect: &Expect) -> Option<Foreign> {
        let needed = needs_idle(expect)?;
        let miss = expect.verbs.iter().map(|op| self.miss(&expect.subject, op)).find(|m| *m != Miss::Unknown);
        self.foreign.filter(|f| f.explains(needed, miss.unwrap_or(Miss::Unknown)))
    }

    /// By how much a share missed a bound.
    fn miss(&self, id: &str, op: &Op) -> Miss {
        let share = match self.readings.after.get(id).and_then(Reading::value) {
            Some(Value::Quantity(n, Unit::Percent)) => *n,
            _ => return Miss::Unknown,
        };
        let (least, most) = match op {
            Op::AtLeast(v) => (v.number(), None),
            Op::AtMost(v) => (None, v.number()),
            Op::Between(low, high) => (low.number(), high.number()),
            Op::Near(near) => {
                let by = near.by.number().unwrap_or(0.0);
                (near.value.number().map(|v| v - by), near.value.number().map(|v| v + by))
            }
            _ => (None, None),
        };
        match (least, most) {
            (Some(least), _) if share < least => Miss::Below(least - share),
            (_, Some(most)) if share > most => Miss::Above(share - most),
            _ => Miss::Unknown,
        }
    }

    /// Lets time pass, sampling what is watched.
    pub(super) fn wait(&mut self, length: Duration, what: Awaiting) -> Result<(), Lost> {
        let at_most_ms = millis(length);
        (self.stage.emit)(Event::Waiting { what, at_most_ms });
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
}

/// How many idle CPUs an expectation needs.
pub(super) fn needs_idle(expect: &Expect) -> Option<u32> {
    expect.modifiers.needs.iter().find_map(|n| match n.decided_by() {
        DecidedBy::IdleCpus(n) => Some(n),
        DecidedBy::Trial(_)
        | DecidedBy::Delegation(_)
        | DecidedBy::IdRange
        | DecidedBy::Cpus(_)
        | DecidedBy::Program(_)
        | DecidedBy::Kernel(_) => None,
    })
}
