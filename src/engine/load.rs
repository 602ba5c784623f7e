//! Other work on the machine: what `/proc/stat` counts on the lab's CPUs that no process of this run has used; and, where the machine is a
//! virtual one, the time for which its host let it stand still, which no file of its own need show.

use crate::probe::process;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

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
    /// By how much the lab's own short waits lasted too long, in percent of the window.
    pub late: f64,
    /// CPUs that the lab may use.
    pub cpus: usize,
}

impl Foreign {
    /// Whether it explains that a group got too little: `lacking` percent of one CPU, where that is known, of what so many idle CPUs would have
    /// given. Other work can take no more than it has used; a lack beyond that has another cause, which is not to be excused.
    pub fn explains(&self, needed: u32, lacking: Option<f64>) -> bool {
        let taken = self.percent + self.late;
        let there = lacking.is_none_or(|l| l > 0.0 && l <= taken + BACKGROUND);
        self.too_few(needed) || (taken >= BACKGROUND && there)
    }

    /// Whether the lab may not use so many CPUs, whatever others do.
    pub fn too_few(&self, needed: u32) -> bool {
        self.cpus < needed as usize
    }
}

/// Ticks in which the lab's CPUs did anything, stolen ones included (`proc_stat(5)`): all but idle and iowait.
fn busy_ticks(stat: &str, cpus: &[u32]) -> u64 {
    let field = |(i, v): (usize, &str)| if [3, 4].contains(&i) { 0 } else { v.parse::<u64>().unwrap_or(0) };
    // Guest time is part of user time and would count twice: eight fields.
    let busy = |line: &str| -> u64 { line.split_ascii_whitespace().take(8).enumerate().map(field).sum() };
    let of_one = |line: &str| {
        let (number, rest) = line.strip_prefix("cpu")?.split_once(' ')?;
        cpus.contains(&number.parse().ok()?).then(|| busy(rest))
    };
    stat.lines().filter_map(of_one).sum()
}

fn busy_now(cpus: &[u32]) -> u64 {
    busy_ticks(&std::fs::read_to_string("/proc/stat").unwrap_or_default(), cpus)
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
    /// Opens it; `cpus` are those that the lab may use.
    pub fn open(cpus: &[u32]) -> Self {
        let own = descendants().into_iter().filter_map(|pid| Some((pid, ticks(pid)?))).collect();
        Window { started: Instant::now(), busy: busy_now(cpus), own }
    }

    /// Closes it; short waits of the lab in it lasted `late` too long in all.
    pub fn close(self, cpus: &[u32], late: Duration) -> Foreign {
        let wall = self.started.elapsed().as_secs_f64().max(1e-3);
        let busy = busy_now(cpus).saturating_sub(self.busy);
        let own: u64 = descendants()
            .into_iter()
            .filter_map(|pid| Some(ticks(pid)?.saturating_sub(self.own.get(&pid).copied().unwrap_or(0))))
            .sum();
        let per_second = rustix::param::clock_ticks_per_second().max(1) as f64;
        let percent = busy.saturating_sub(own) as f64 / per_second / wall * 100.0;
        Foreign { percent, late: late.as_secs_f64() / wall * 100.0, cpus: cpus.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_labs_cpus_count_and_idle_time_does_not() {
        let stat = "cpu  111 0 22 999 9 1 2 30 7 0\ncpu0 100 0 20 500 5 1 2 30 7 0\ncpu1 11 0 2 499 4 0 0 0 0 0\nintr 5\n";
        assert_eq!(busy_ticks(stat, &[0]), 153);
        assert_eq!(busy_ticks(stat, &[1]), 13);
        assert_eq!(busy_ticks(stat, &[0, 1]), 166);
        assert_eq!(busy_ticks(stat, &[10]), 0, "cpu1 is not cpu10");
    }

    #[test]
    fn other_work_excuses_no_more_than_it_took() {
        let foreign = |percent| Foreign { percent, late: 0.0, cpus: 2 };
        assert!(foreign(160.0).explains(2, Some(120.0)));
        assert!(!foreign(20.0).explains(2, Some(120.0)), "100 % are lost elsewhere");
        assert!(!foreign(3.0).explains(1, Some(2.0)), "that is background");
        assert!(!foreign(160.0).explains(1, Some(-5.0)), "too much is never for want of CPUs");
        assert!(foreign(160.0).explains(1, None));
        assert!(foreign(0.0).explains(4, Some(300.0)), "two CPUs are not four");
        let stalled = Foreign { late: 30.0, ..foreign(0.0) };
        assert!(stalled.explains(1, Some(7.0)) && !stalled.explains(1, Some(-3.0)));
    }
}
