//! Forks, and counts what the kernel answers.

use super::spec::Announcement;
use crate::kernel::raw::Forked;
use crate::kernel::{process, raw};
use nix::errno::Errno;
use std::io;
use std::time::Duration;

/// The name of its children, by which a list tells them from the program itself; at most 15 bytes.
const CHILD: &str = "forked";

/// Calls `fork(2)` so many times, with this pause between two calls, and says how often it got a child and how often `EAGAIN`. Then it sleeps until
/// a signal ends it, at the latest that of the wall-clock cap. Its children sleep; the kernel ends them with it.
pub(super) fn run(
    forks: u32,
    every: Option<Duration>,
    announce: &mut dyn FnMut(Announcement),
) -> io::Result<()> {
    let own = nix::unistd::getpid();
    let (mut made, mut failed, mut ready) = (0, 0, false);
    while made + failed < forks {
        match raw::fork(0) {
            Ok(Forked::Child) => sleep_until_the_end_of(own),
            Ok(Forked::Parent(_)) => made += 1,
            Err(Errno::EAGAIN) => failed += 1,
            Err(e) => return Err(e.into()),
        }
        announce(Announcement::Forked { made, failed });
        let is_last = made + failed == forks;
        if !ready && (every.is_some() || is_last) {
            ready = true;
            announce(Announcement::Ready);
        }
        if let Some(pause) = every.filter(|_| !is_last) {
            std::thread::sleep(pause);
        }
    }
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}

/// The life of a child. It keeps nothing open, so that nobody takes it for the program that it was forked by.
fn sleep_until_the_end_of(parent: nix::unistd::Pid) -> ! {
    process::die_with_parent();
    process::set_name(CHILD);
    // The parent may have ended before the kernel was asked to end this one with it.
    if nix::unistd::getppid() != parent || raw::close_from(0).is_err() {
        raw::exit_now(1);
    }
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}
