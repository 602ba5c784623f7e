//! CPU shares: CPU time over wall time, from the kernel's own accounting.

use crate::model::{Fact, Reading, Unit, Value};
use crate::probe::cgroup::Group;
use crate::probe::{View, process};
use crate::vocabulary::control::Knob;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

/// A live curve shows the share of so much time, five of the kernel's usual periods: less of it and a throttled group would jump between
/// nothing and everything.
const CURVE: Duration = Duration::from_millis(500);
/// And gets a new point so often.
const POINT: Duration = Duration::from_millis(100);

/// Counter and clock are read at once when so little lies between: 2 ms.
const AT_ONCE: Duration = Duration::from_millis(2);
/// And are read again so often at most.
const READS: usize = 10;

/// The shares of one step.
#[derive(Debug, Default)]
pub struct Shares {
    opened: BTreeMap<String, (Instant, u64)>,
    recent: BTreeMap<String, VecDeque<(Instant, u64)>>,
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

/// The same with the moment at which it was so. A reader that loses its CPU between the counter and the clock would shift the window: then it
/// reads again, and the closest pair counts.
fn used_at(of: &str, view: &View) -> Option<(Instant, u64)> {
    let mut closest: Option<(Duration, (Instant, u64))> = None;
    for _ in 0..READS {
        let before = Instant::now();
        let usage = used(of, view)?;
        let apart = before.elapsed();
        if closest.is_none_or(|(least, _)| apart < least) {
            closest = Some((apart, (before + apart / 2, usage)));
        }
        if apart < AT_ONCE {
            break;
        }
    }
    closest.map(|(_, pair)| pair)
}

/// How many periods of its quota a group has gone through.
pub fn periods(group: &Group) -> Option<u64> {
    match group.read(&Knob::periods(), Path::new("/proc"), &BTreeMap::new()).value()? {
        Value::Int(n) => u64::try_from(*n).ok(),
        _ => None,
    }
}

fn share(from: (Instant, u64), to: (Instant, u64)) -> f64 {
    let wall = to.0.duration_since(from.0).as_secs_f64();
    if wall > 0.0 { to.1.saturating_sub(from.1) as f64 / 1e4 / wall } else { 0.0 }
}

/// A share as a reading.
fn percent(share: f64) -> Reading {
    Reading::Fact(Fact::of(Value::Quantity(share, Unit::Percent)))
}

impl Shares {
    /// Opens the window for these readouts: id, and whose CPU time.
    pub fn open(&mut self, of: &[(&str, &str)], view: &View) {
        self.opened.clear();
        for (id, of) in of {
            if let Some(now) = used_at(of, view) {
                self.opened.insert((*id).to_owned(), now);
            }
        }
    }

    /// Closes it.
    pub fn close(&mut self, of: &[(&str, &str)], view: &View) {
        self.measured.clear();
        for (id, of) in of {
            if let (Some(from), Some(now)) = (self.opened.get(*id), used_at(of, view)) {
                self.measured.insert((*id).to_owned(), share(*from, now));
            }
        }
    }

    /// The share over the window; not measured before there was one.
    pub fn reading(&self, id: &str) -> Reading {
        self.measured.get(id).map_or(Reading::NotMeasured, |s| percent(*s))
    }

    /// The share since this was asked last; nothing at the first time.
    pub fn since(&mut self, id: &str, of: &str, view: &View) -> Reading {
        let Some(now) = used_at(of, view) else { return Reading::Gone };
        match self.opened.insert(id.to_owned(), now) {
            Some(last) => percent(share(last, now)),
            None => Reading::NotMeasured,
        }
    }

    /// The share of the last half second, for a live curve; nothing until so much has passed, and not more often than every 100 ms.
    pub fn momentary(&mut self, id: &str, of: &str, view: &View) -> Reading {
        let last = self.recent.get(id).and_then(VecDeque::back);
        if last.is_some_and(|(at, _)| at.elapsed() < POINT) {
            return Reading::NotMeasured;
        }
        self.over(CURVE, id, of, view)
    }

    /// The share of the last while, of this length or a little more; nothing until so much has passed.
    pub fn over(&mut self, length: Duration, id: &str, of: &str, view: &View) -> Reading {
        let recent = self.recent.entry(id.to_owned()).or_default();
        let Some(now) = used_at(of, view) else { return Reading::NotMeasured };
        recent.push_back(now);
        // The oldest that is kept is the youngest of those that lie so far back.
        while recent.get(1).is_some_and(|(at, _)| now.0.duration_since(*at) >= length) {
            recent.pop_front();
        }
        match recent.front() {
            Some(oldest) if now.0.duration_since(oldest.0) >= length => percent(share(*oldest, now)),
            _ => Reading::NotMeasured,
        }
    }
}
