//! Other work on the machine: what `/proc/stat` counts that no process of this run has used.

use crate::probe::process;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Less than this is the machine's own background, in percent of one CPU.
const BACKGROUND: f64 = 10.0;

/// A measuring window.
pub struct Window {
    started: Instant,
    busy: u64,
    own: BTreeMap<i32, u64>,
}

/// Other work during a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foreign {
    /// In percent of one CPU.
    pub percent: f64,
    /// CPUs that the lab may use.
    pub cpus: usize,
}

impl Foreign {
    /// Whether so many CPUs were free of it.
    pub fn leaves(&self, needed: u32) -> bool {
        self.percent < BACKGROUND && self.cpus >= needed as usize
    }
}

/// Ticks in which CPUs did anything, stolen ones included (`proc_stat(5)`): all but idle and iowait.
fn busy_ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or("");
    let field = |(i, v): (usize, &str)| if [3, 4].contains(&i) { 0 } else { v.parse::<u64>().unwrap_or(0) };
    // Guest time is part of user time and would count twice: eight fields.
    line.split_ascii_whitespace().skip(1).take(8).enumerate().map(field).sum()
}

fn descendants() -> Vec<i32> {
    let me = i32::try_from(std::process::id()).unwrap_or(0);
    let mut all = crate::actor::sweep::descendants(me);
    all.push(me);
    all
}

fn ticks(pid: i32) -> Option<u64> {
    process::stat(Path::new("/proc"), pid).ok().map(|s| s.ticks)
}

impl Window {
    /// Opens it.
    pub fn open() -> Self {
        let own = descendants().into_iter().filter_map(|pid| Some((pid, ticks(pid)?))).collect();
        Window { started: Instant::now(), busy: busy_ticks(), own }
    }

    /// Closes it; `cpus` are those that the lab may use.
    pub fn close(self, cpus: usize) -> Foreign {
        let wall = self.started.elapsed().as_secs_f64().max(1e-3);
        let busy = busy_ticks().saturating_sub(self.busy);
        let own: u64 = descendants()
            .into_iter()
            .filter_map(|pid| Some(ticks(pid)?.saturating_sub(self.own.get(&pid).copied().unwrap_or(0))))
            .sum();
        let per_second = rustix::param::clock_ticks_per_second().max(1) as f64;
        let percent = busy.saturating_sub(own) as f64 / per_second / wall * 100.0;
        Foreign { percent, cpus }
    }
}
