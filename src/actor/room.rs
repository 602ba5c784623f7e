//! Checks whether there is room for a run's files, without leaving anything behind.

use super::ledger::HOME;
use rustix::fs::{Access, FallocateFlags, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::io;

/// How many inodes must be free for the files and directories that a run makes besides their content.
const INODES: u64 = 64;

/// Checks that a ledger and a workspace with this many bytes of files can be made in [`HOME`]. It uses a file without a name, which leaves nothing behind
/// (`O_TMPFILE`, `open(2)`) and for which the kernel reserves blocks (`fallocate(2)`).
///
/// # Errors
/// The kernel's error: `ENOENT`, `EROFS`, `EACCES`, `ENOSPC`, `EDQUOT`; and `EFBIG` if the limit on the size of a file is lower, because trying would end
/// in SIGXFSZ.
pub fn room(bytes: u64) -> io::Result<()> {
    if getrlimit(Resource::Fsize).current.is_some_and(|most| most < bytes) {
        return Err(Errno::FBIG.into());
    }
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    match rustix::fs::open(HOME, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => {}
            // Not every filesystem can reserve blocks.
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
    // Filesystems that create inodes on demand report 0 (`statvfs(3)`).
    if of.f_files > 0 && of.f_favail < INODES { Err(Errno::NOSPC.into()) } else { Ok(()) }
}

fn counted(bytes: u64) -> io::Result<()> {
    let of = rustix::fs::statvfs(HOME)?;
    if of.f_bavail.saturating_mul(of.f_frsize) < bytes { Err(Errno::NOSPC.into()) } else { Ok(()) }
}
