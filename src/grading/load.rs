//! Other work on the machine, looked for when nothing of the run is alive: what a student's own processes do cannot pass for it.

use crate::probe::cpu;
use std::time::{Duration, Instant};

/// For how long it is looked.
const WINDOW: Duration = Duration::from_millis(500);
/// Less than this is the machine's own background, in percent of one CPU.
const BACKGROUND: f64 = 15.0;

/// How much of these CPUs others use now, in percent of one CPU; none where it is no more than a machine does by itself.
pub fn foreign(cpus: &[u32]) -> Option<f64> {
    let (started, idle) = (Instant::now(), cpu::idle_now(cpus));
    std::thread::sleep(WINDOW);
    let wall = started.elapsed().as_secs_f64().max(1e-3);
    let per_second = rustix::param::clock_ticks_per_second().max(1) as f64;
    let idle = cpu::idle_now(cpus).saturating_sub(idle) as f64 / per_second / wall;
    let percent = (cpus.len() as f64 - idle).max(0.0) * 100.0;
    (percent >= BACKGROUND).then_some(percent)
}
