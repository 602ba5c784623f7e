//! Other work on the machine: the time in which the lab's CPUs were neither idle nor used by what is measured (the lab itself counts, too); and, where the machine is a
//! virtual one, the time for which its host let it stand still, which no file of its own need show.

use crate::probe::cpu::idle_now;
use crate::probe::process;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Less than this is the machine's own background, in percent of one CPU.
const BACKGROUND: f64 = 10.0;

/// A measuring window.
pub struct Window {
    started: Instant,
    idle: u64,
    own: BTreeMap<i32, u64>,
}

/// Other work during a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foreign {
    /// In percent of one CPU.
    pub percent: f64,
    /// By how much the lab's own short waits lasted too long, in percent of the window.
    pub late: f64,
    /// CPUs that the lab may use.
    pub cpus: usize,
}

/// By how much a share missed its bound, in percent of one CPU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Miss {
    /// It is too small.
    Below(f64),
    /// It is too large.
    Above(f64),
    /// It is no share, or has no such bound.
    Unknown,
}

impl Foreign {
    /// Whether it explains that a share missed its bound. Other work can take no more than it has used, and of the time for which a machine
    /// stood still only a little is charged to who was running: what goes beyond has another cause, which is not to be excused.
    pub fn explains(&self, needed: u32, miss: Miss) -> bool {
        let taken = self.percent + self.late;
        let there = match miss {
            Miss::Unknown => taken >= BACKGROUND,
            Miss::Below(by) => taken >= BACKGROUND && by <= taken + BACKGROUND,
            Miss::Above(by) => self.late >= BACKGROUND && by <= self.late / 10.0,
        };
        there || (self.too_few(needed) && !matches!(miss, Miss::Above(_)))
    }

    /// Whether the lab may not use so many CPUs, whatever others do.
    pub fn too_few(&self, needed: u32) -> bool {
        self.cpus < needed as usize
    }
}

fn ticks(pid: i32) -> Option<u64> {
    process::stat(Path::new("/proc"), pid).ok().map(|s| s.ticks)
}

impl Window {
    /// Opens it. `cpus` are those that the lab may use, `own` the processes whose shares are measured.
    pub fn open(cpus: &[u32], own: impl Iterator<Item = i32>) -> Self {
        let own = own.filter_map(|pid| Some((pid, ticks(pid)?))).collect();
        Window { started: Instant::now(), idle: idle_now(cpus), own }
    }

    /// Closes it; short waits of the lab in it lasted `late` too long in all.
    pub fn close(self, cpus: &[u32], late: Duration) -> Foreign {
        let wall = self.started.elapsed().as_secs_f64().max(1e-3);
        let idle = idle_now(cpus).saturating_sub(self.idle);
        let own: u64 =
            self.own.iter().filter_map(|(pid, before)| Some(ticks(*pid)?.saturating_sub(*before))).sum();
        let per_second = rustix::param::clock_ticks_per_second().max(1) as f64;
        let accounted = (idle + own) as f64 / per_second / wall;
        let percent = (cpus.len() as f64 - accounted).max(0.0) * 100.0;
        Foreign { percent, late: late.as_secs_f64() / wall * 100.0, cpus: cpus.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_work_excuses_no_more_than_it_took() {
        use Miss::{Above, Below, Unknown};
        let foreign = |percent| Foreign { percent, late: 0.0, cpus: 2 };
        assert!(foreign(160.0).explains(2, Below(120.0)));
        assert!(!foreign(20.0).explains(2, Below(120.0)), "100 % are lost elsewhere");
        assert!(!foreign(3.0).explains(1, Below(2.0)), "that is background");
        assert!(!foreign(160.0).explains(1, Above(5.0)), "too much is never for want of CPUs");
        assert!(foreign(160.0).explains(1, Unknown));
        assert!(foreign(0.0).explains(4, Below(300.0)), "two CPUs are not four");
        assert!(!foreign(0.0).explains(4, Above(1.0)));
        let stalled = Foreign { late: 30.0, ..foreign(0.0) };
        assert!(stalled.explains(1, Below(7.0)) && stalled.explains(1, Above(2.0)));
        assert!(!stalled.explains(1, Above(20.0)), "a quota that does not hold");
    }
}
