//! Whether there is room for a run's files, tried without leaving anything.

use super::ledger::HOME;
use rustix::fs::{Access, FallocateFlags, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::io;

/// Files and directories that a run makes besides the content: so many inodes must be free.
const INODES: u64 = 64;

/// Whether a ledger and a workspace with files of so many bytes can be made in [`HOME`]. Tried with a file that has no name and so leaves nothing
/// (`O_TMPFILE`, `open(2)`); the kernel promises its blocks (`fallocate(2)`).
///
/// # Errors
/// What the kernel answers: `ENOENT`, `EROFS`, `EACCES`, `ENOSPC`, `EDQUOT`; and `EFBIG` where the limit on a file's size is below that, because
/// trying would end in SIGXFSZ.
pub fn room(bytes: u64) -> io::Result<()> {
    if getrlimit(Resource::Fsize).current.is_some_and(|most| most < bytes) {
        return Err(Errno::FBIG.into());
    }
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    match rustix::fs::open(HOME, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => {}
            // Not every filesystem promises blocks.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => counted(bytes)?,
            Err(e) => return Err(e.into()),
        },
        // Not every filesystem has files without a name.
        Err(Errno::OPNOTSUPP | Errno::ISDIR) => {
            rustix::fs::access(HOME, Access::WRITE_OK | Access::EXEC_OK)?;
            counted(bytes)?;
        }
        Err(e) => return Err(e.into()),
    }
    let of = rustix::fs::statvfs(HOME)?;
    // Filesystems that make inodes as they need them tell 0 (`statvfs(3)`).
    if of.f_files > 0 && of.f_favail < INODES { Err(Errno::NOSPC.into()) } else { Ok(()) }
}

fn counted(bytes: u64) -> io::Result<()> {
    let of = rustix::fs::statvfs(HOME)?;
    if of.f_bavail.saturating_mul(of.f_frsize) < bytes { Err(Errno::NOSPC.into()) } else { Ok(()) }
}
