//! Takes memory, touches every page, and keeps it.

use super::spec::Announcement;
use std::hint::black_box;
use std::io;
use std::time::Duration;

/// Without a pause between the steps, growth by fewer bytes than this is not announced: one page on most machines.
const NEWS: u64 = 4096;

/// Takes `step` bytes at a time and says how many it has. Then it sleeps and keeps them until a signal ends it; at the latest,
/// that of the wall-clock cap.
pub(super) fn run(
    take: u64,
    step: u64,
    every: Option<Duration>,
    announce: &mut dyn FnMut(Announcement),
) -> io::Result<()> {
    // Huge pages would be charged by 2 MiB at the first touch of any byte, and the figures of a lesson would jump.
    let _ = nix::sys::prctl::set_thp_disable(true);
    // Addresses only: a page is there, and charged, when it is written.
    let mut held: Vec<u8> = Vec::new();
    held.try_reserve_exact(take as usize).map_err(|_| io::ErrorKind::OutOfMemory)?;
    // Not zero, so that the pages are written and not only promised.
    let page = [0xa5_u8; NEWS as usize];
    let (mut taken, mut told, mut ready) = (0, 0, false);
    while taken < take {
        taken += step.max(1).min(take - taken);
        while (held.len() as u64) < taken {
            let rest = (taken - held.len() as u64).min(NEWS) as usize;
            held.extend_from_slice(&black_box(page)[..rest]);
        }
        if every.is_some() || taken == take || taken - told >= NEWS {
            announce(Announcement::Taken(taken));
            told = taken;
        }
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
