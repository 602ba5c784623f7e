//! Room for the processes of a lesson.

use super::stage::{Result, Stop, as_box, pipe};
use crate::kernel::Error;
use crate::model::Errno;
use std::io::Read;

/// Descriptors that the guardian holds for each process of a run, and others that lab and guardian have, generously.
const DESCRIPTORS_EACH: u32 = 4;
const DESCRIPTORS: u32 = 32;
/// Of a thread that only waits, in bytes.
const STACK: usize = 64 << 10;

/// Makes this many processes at once where the boxes of a run are.
pub(super) fn make(id: u32, amount: u32) -> Result {
    as_box(id, || all_at_once(amount))
}

/// Checks that this many processes can live at once, with as many open descriptors as a run has for them. Threads stand in for the processes: every limit on
/// processes counts threads (`RLIMIT_NPROC` in `getrlimit(2)`, `pids.max`, `kernel.threads-max`, `kernel.pid_max`), and they are made in a fraction of
/// the time.
fn all_at_once(amount: u32) -> Result {
    let (hold, release) = pipe()?;
    let mut open = Vec::new();
    for _ in 0..amount.saturating_mul(DESCRIPTORS_EACH).saturating_add(DESCRIPTORS) {
        let copy = hold.try_clone();
        open.push(copy.map_err(|e| Stop::Refused(Error::new("dup", "a descriptor", Errno::of(&e))))?);
    }
    let wait = || {
        // Returns when the other end is closed.
        let _ = (&hold).read(&mut [0]);
    };
    std::thread::scope(|scope| {
        for _ in 0..amount {
            let made = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, wait);
            if let Err(e) = made {
                drop(release);
                return Err(Error::new("clone", "CLONE_THREAD", Errno::of(&e)).into());
            }
        }
        drop(release);
        Ok(())
    })
}
