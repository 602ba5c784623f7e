//! Takes memory, touches every page, and keeps it.

use super::Announcement;
use std::hint::black_box;
use std::time::Duration;

/// Takes `step` bytes at a time and says how many it has. Then it sleeps with them until a signal ends it; the wall-clock cap at
/// the latest.
pub(super) fn run(take: u64, step: u64, every: Option<Duration>, announce: &mut dyn FnMut(Announcement)) {
    // Huge pages would be charged by 2 MiB at the first touch of any byte, and the figures of a lesson would jump.
    let _ = nix::sys::prctl::set_thp_disable(true);
    let mut held: Vec<Vec<u8>> = Vec::with_capacity(take.div_ceil(step.max(1)) as usize);
    let (mut taken, mut ready) = (0, false);
    while taken < take {
        let now = step.max(1).min(take - taken);
        // Not zero, so that the pages are written and not only promised.
        held.push(black_box(vec![0xa5; now as usize]));
        taken += now;
        announce(Announcement::Taken(taken));
        if !ready && (every.is_some() || taken == take) {
            ready = true;
            announce(Announcement::Ready);
        }
        if let Some(pause) = every.filter(|_| taken < take) {
            std::thread::sleep(pause);
        }
    }
    loop {
        std::thread::sleep(Duration::from_secs(60));
        black_box(&held);
    }
}
