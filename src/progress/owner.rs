//! Doing something with files as the user to whom they belong.
//!
//! Under sudo a root process works in a directory where somebody else can put links at any moment. Walking it component by component with
//! `O_NOFOLLOW` would stop links, but also those that the user has made on purpose, and it would still be root who reads, and fail on a file system
//! that squashes root. With the user's own file-system ids the kernel allows what the user could do anyway and nothing else, and what is made is his.
//! A thread has its own (`setfsuid(2)`, `credentials(7)`), while `seteuid(3)` would change all of them; so a thread that ends right after it is used, and
//! nothing has to be taken back.

use nix::sys::prctl;
use nix::unistd::{Gid, Uid, setfsgid, setfsuid};
use rustix::thread::set_thread_groups;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// One at a time: what is put back at the end belongs to the whole process.
static ONE: Mutex<()> = Mutex::new(());

/// A user, as file systems know him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// All his groups.
    pub groups: Vec<u32>,
}

/// Works with the owner's rights, or with the process's own.
///
/// # Errors
/// Those of the work; the rights cannot be given up, or there is no thread to do so.
pub fn with_rights_of<T: Send>(
    owner: Option<&Owner>,
    work: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    let Some(owner) = owner else { return work() };
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dumpable = prctl::get_dumpable().unwrap_or(true);
    let result = thread::scope(|scope| {
        let worker = thread::Builder::new().name("progress".into()).spawn_scoped(scope, || {
            owner.put_on()?;
            work()
        })?;
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    // The kernel takes this from the whole process when one of its threads changes an id (prctl(2), PR_SET_DUMPABLE).
    if dumpable {
        let _ = prctl::set_dumpable(true);
    }
    result
}

impl Owner {
    /// Changes the ids of the calling thread. The groups and the group first: they need the rights that go with the user.
    fn put_on(&self) -> io::Result<()> {
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        let groups: Vec<_> = self.groups.iter().map(|g| rustix::thread::Gid::from_raw(*g)).collect();
        set_thread_groups(&groups)?;
        setfsgid(gid);
        setfsuid(uid);
        // Neither call says whether it has failed, but both tell the id that was in force before.
        let (uid_now, gid_now) = (setfsuid(uid), setfsgid(gid));
        if uid_now == uid && gid_now == gid {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("setfsuid {uid}: EPERM")))
        }
    }
}
