//! CPU shares: CPU time over wall time, from the kernel's own accounting.

use super::step::percent;
use crate::model::{Reading, Value};
use crate::probe::cgroup::Group;
use crate::probe::{View, process};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// The shares of one step.
#[derive(Debug, Default)]
pub struct Shares {
    opened: BTreeMap<String, (Instant, u64)>,
    last: BTreeMap<String, (Instant, u64)>,
    measured: BTreeMap<String, f64>,
}

/// CPU time in microseconds that a cgroup, or a box or workload, has used.
fn used(of: &str, view: &View) -> Option<u64> {
    if let Some(group) = view.groups.get(of) {
        return group.usage_usec().ok();
    }
    let stat = process::stat(Path::new("/proc"), *view.pids.get(of)?).ok()?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Some(stat.ticks * 1_000_000 / per_second)
}

/// How many periods of its quota a group has gone through.
pub fn periods(group: &Group) -> Option<u64> {
    match group.read("cpu.stat/nr_periods", Path::new("/proc"), &BTreeMap::new()).value()? {
        Value::Int(n) => u64::try_from(*n).ok(),
        _ => None,
    }
}

fn share(from: (Instant, u64), to: (Instant, u64)) -> f64 {
    let wall = to.0.duration_since(from.0).as_secs_f64();
    if wall > 0.0 { to.1.saturating_sub(from.1) as f64 / 1e4 / wall } else { 0.0 }
}

impl Shares {
    /// Opens the window for these readouts: id, and whose CPU time.
    pub fn open(&mut self, of: &[(&str, &str)], view: &View) {
        self.opened.clear();
        for (id, of) in of {
            if let Some(usage) = used(of, view) {
                self.opened.insert((*id).to_owned(), (Instant::now(), usage));
            }
        }
    }

    /// Closes it.
    pub fn close(&mut self, of: &[(&str, &str)], view: &View) {
        self.measured.clear();
        for (id, of) in of {
            if let (Some(from), Some(usage)) = (self.opened.get(*id), used(of, view)) {
                self.measured.insert((*id).to_owned(), share(*from, (Instant::now(), usage)));
            }
        }
    }

    /// The share over the window; not measured before there was one.
    pub fn reading(&self, id: &str) -> Reading {
        self.measured.get(id).map_or(Reading::NotMeasured, |s| percent(*s))
    }

    /// The share since this was last asked, for a live curve; the kernel's counters move in ticks, so at least 100 ms lie between.
    pub fn momentary(&mut self, id: &str, of: &str, view: &View) -> Reading {
        let Some(usage) = used(of, view) else { return Reading::NotMeasured };
        let now = (Instant::now(), usage);
        match self.last.get(id).copied() {
            Some(last) if now.0.duration_since(last.0).as_millis() < 100 => Reading::NotMeasured,
            last => {
                self.last.insert(id.to_owned(), now);
                last.map_or(Reading::NotMeasured, |l| percent(share(l, now)))
            }
        }
    }
}
