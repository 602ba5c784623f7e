//! Files whose pages can leave memory.

use super::calls::Calls;
use super::refusal::Refusal;
use super::stage::{Result, Stop};
use super::surroundings::{Surroundings, blocked};
use crate::actor::ledger::{self, HOME};
use crate::kernel::Error;
use crate::model::Errno;
use crate::probe::cgroup::Blocked;
use rustix::fs::{Mode, OFlags};
use std::io::Write;
use std::path::Path;

pub(super) const PAGE_CACHE: Calls = Calls { make: |_| page_cache(), leaves_files: false, cause };

/// How much is read again after it was dropped from memory: 64 KiB.
const SAMPLE: usize = 64 << 10;
/// Filesystem types as `statfs(2)` numbers them (`linux/magic.h`).
const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;
const OVERLAY: u64 = 0x794c_7630;

/// Whether pages of a file in the place of the workspaces can leave memory. On tmpfs they cannot, and to a cgroup they are memory like any other.
fn page_cache() -> Result {
    let home = Path::new(ledger::HOME);
    let failed = |operation: &'static str| {
        move |e: rustix::io::Errno| Stop::Refused(Error::new(operation, home.display(), e))
    };
    let kind = rustix::fs::statfs(home).map_err(failed("statfs"))?.f_type as u64;
    let in_memory =
        || Err(Stop::Refused(Error::new("drop the pages of a file in", home.display(), Errno(libc::ENODEV))));
    match kind {
        TMPFS | RAMFS => in_memory(),
        // Its files are on another filesystem. A read without waiting succeeds only if the page is still in memory (`preadv2(2)`).
        OVERLAY => {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            let file = rustix::fs::open(home, flags, Mode::RUSR | Mode::WUSR).map_err(failed("open"))?;
            std::fs::File::from(file.try_clone().map_err(|e| io_error(&e))?)
                .write_all(&vec![0x5a; SAMPLE])
                .map_err(|e| io_error(&e))?;
            rustix::fs::fdatasync(&file).map_err(failed("fdatasync"))?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).map_err(failed("fadvise"))?;
            let mut buffer = [0; 1];
            let mut into = [std::io::IoSliceMut::new(&mut buffer)];
            match rustix::io::preadv2(&file, &mut into, 0, rustix::io::ReadWriteFlags::NOWAIT) {
                Err(rustix::io::Errno::AGAIN) => Ok(()),
                _ => in_memory(),
            }
        }
        _ => Ok(()),
    }
}

fn io_error(e: &std::io::Error) -> Stop {
    Stop::Refused(Error::new("write", ledger::HOME, Errno::of(e)))
}

fn cause(here: &Surroundings, refusal: &Refusal) -> Option<Blocked> {
    if refusal.errno() != Some(libc::ENODEV) {
        return None;
    }
    Some(blocked(
        format!(
            "the files in {HOME} are in memory and not on a disk, so a full cgroup cannot drop their pages"
        ),
        format!(
            "mount a directory of a disk there: {}; in a container, start it with --volume {HOME}",
            here.as_root(&format!("mount --bind DIRECTORY {HOME}"))
        ),
    ))
}
