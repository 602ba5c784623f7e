//! Room for the processes of a lesson.

use super::stage::{Result, Stop, as_box, pipe, wait_for_end};
use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, process};
use crate::model::Errno;
use nix::sched::CloneFlags;

/// Descriptors that the guardian holds for each process of a run, and others that lab and guardian have, generously.
const DESCRIPTORS_EACH: u32 = 4;
const DESCRIPTORS: u32 = 32;

/// Makes this many processes at once where the boxes of a run are.
pub(super) fn make(id: u32, amount: u32) -> Result {
    as_box(id, || all_at_once(amount))
}

/// Checks that this many processes can live at once, as children of this one, with as many open descriptors as a run has for them.
fn all_at_once(amount: u32) -> Result {
    let (hold, release) = pipe()?;
    let mut open = Vec::new();
    for _ in 0..amount.saturating_mul(DESCRIPTORS_EACH).saturating_add(DESCRIPTORS) {
        let copy = hold.try_clone();
        open.push(copy.map_err(|e| Stop::Refused(Error::new("dup", "a descriptor", Errno::of(&e))))?);
    }
    let mut made = Vec::new();
    let mut result = Ok(());
    for _ in 0..amount {
        match process::fork(CloneFlags::empty()) {
            Ok(Forked::Parent(pid)) => made.push(pid),
            Ok(Forked::Child) => {
                process::die_with_parent();
                drop(release);
                wait_for_end(hold);
                raw::exit_now(0);
            }
            Err(e) => {
                result = Err(e.into());
                break;
            }
        }
    }
    drop((hold, release, open));
    for pid in made {
        let _ = nix::sys::wait::waitpid(pid, None);
    }
    result
}
