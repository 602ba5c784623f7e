//! Threads that only compute.

use super::spec::Announcement;
use std::hint::black_box;
use std::io;

/// The first `count` CPUs that the caller may use.
fn first_allowed(count: u32) -> rustix::io::Result<rustix::thread::CpuSet> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    let mut set = rustix::thread::CpuSet::new();
    let first = (0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).take(count as usize);
    first.for_each(|cpu| set.set(cpu));
    Ok(set)
}

/// Spins until a signal ends it; at the latest, that of the CPU or wall-clock cap.
pub(super) fn run(threads: u32, cpus: Option<u32>, announce: &mut dyn FnMut(Announcement)) -> io::Result<()> {
    if let Some(count) = cpus {
        rustix::thread::sched_setaffinity(None, &first_allowed(count)?)?;
    }
    for _ in 1..threads {
        // A small stack: the address space is capped, and the loop needs nothing.
        std::thread::Builder::new().stack_size(64 << 10).spawn(|| spin())?;
    }
    announce(Announcement::Ready);
    spin()
}

fn spin() -> ! {
    let mut n = 1_u64;
    loop {
        n = black_box(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}
