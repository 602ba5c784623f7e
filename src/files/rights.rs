//! Works with files as the user who owns them.
//!
//! Under sudo a root process works in a directory where another user can put links at any moment. Walking it component by component with `O_NOFOLLOW` would
//! stop those links, but also links that the user has made on purpose; the reads would still be root's, and fail on a file system that squashes root. With
//! all ids set to the user's, and no capability, the kernel allows exactly what the user could do anyway, and new files belong to the user.
//!
//! The file system ids (`setfsuid(2)`) would not be enough: the files below `/proc/sys` check the effective user id, and `/proc/PID` checks capabilities.
//! Each thread has its own ids (`credentials(7)`), while `seteuid(3)` would change those of all threads; so the work is done in a thread that ends right
//! after it, and nothing has to be restored.

use nix::sys::prctl;
use nix::unistd::{Gid, Uid, User, getgrouplist};
use rustix::thread::{
    CapabilitySet, CapabilitySets, set_capabilities, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid,
};
use std::ffi::{CString, OsString};
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// One at a time: the attribute that is restored at the end belongs to the whole process.
static ONE: Mutex<()> = Mutex::new(());

/// A user, as file systems know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// All of the user's groups.
    pub groups: Vec<u32>,
}

/// The user and group id of the user who called `sudo`(8), if any: from the variables that sudo sets. If root itself called sudo, there is none.
pub fn invoker(euid: u32, var: impl Fn(&str) -> Option<OsString>) -> Option<(u32, u32)> {
    let id = |name| var(name)?.to_str()?.parse::<u32>().ok();
    let (uid, gid) = (id("SUDO_UID")?, id("SUDO_GID")?);
    (euid == 0 && uid != 0).then_some((uid, gid))
}

/// The user who called sudo for this process. `None` also if the process has since been put into a user namespace that does not map this user: its root is
/// another one.
pub fn behind_sudo() -> Option<&'static Owner> {
    static BEHIND: OnceLock<Option<Owner>> = OnceLock::new();
    let found = || {
        let (uid, gid) = invoker(nix::unistd::geteuid().as_raw(), |name| std::env::var_os(name))?;
        let map = std::fs::read_to_string("/proc/self/uid_map").ok();
        if map.is_some_and(|map| !is_mapped(&map, uid)) {
            return None;
        }
        let name = User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name);
        Some(Owner { uid, gid, groups: name.map_or_else(|| vec![gid], |name| groups(&name, gid)) })
    };
    BEHIND.get_or_init(found).as_ref()
}

/// Whether an id is mapped in the user namespace with this map (`user_namespaces(7)`).
fn is_mapped(map: &str, uid: u32) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u64> = line.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect();
        matches!(numbers[..], [inside, _, count] if (inside..inside + count).contains(&u64::from(uid)))
    })
}

/// All groups of a user.
pub fn groups(name: &str, gid: u32) -> Vec<u32> {
    let found = CString::new(name).ok().and_then(|name| getgrouplist(&name, Gid::from_raw(gid)).ok());
    found.map_or_else(|| vec![gid], |all| all.into_iter().map(Gid::as_raw).collect())
}

/// Works with the owner's rights, or with the process's own.
///
/// # Errors
/// Those of the work; or the failure to change the rights, or to start a thread.
pub fn with_rights_of<T: Send>(
    owner: Option<&Owner>,
    work: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    let Some(owner) = owner else { return work() };
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dumpable = prctl::get_dumpable().unwrap_or(true);
    let result = thread::scope(|scope| {
        let worker = thread::Builder::new().name("rights".into()).spawn_scoped(scope, || {
            owner.put_on()?;
            work()
        })?;
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    // The kernel clears this for the whole process when one of its threads changes an id (prctl(2), PR_SET_DUMPABLE).
    if dumpable {
        let _ = prctl::set_dumpable(true);
    }
    result
}

impl Owner {
    /// Changes the ids of the calling thread. The groups come before the user: changing them needs rights that are lost with the user id.
    fn put_on(&self) -> io::Result<()> {
        let (uid, gid) = (rustix::thread::Uid::from_raw(self.uid), rustix::thread::Gid::from_raw(self.gid));
        let groups: Vec<_> = self.groups.iter().map(|g| rustix::thread::Gid::from_raw(*g)).collect();
        set_thread_groups(&groups)?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)?;
        // The capabilities were lost with the user id, unless SECBIT_NO_SETUID_FIXUP is set (capabilities(7)).
        let none = CapabilitySet::empty();
        set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
        Ok(())
    }
}

/// Works with files as the person who named them.
///
/// # Errors
/// Those of the work; or the failure to give up the other rights.
pub fn as_person<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    with_rights_of(behind_sudo(), work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_called_sudo() {
        let with = |euid, vars: &'static [(&str, &str)]| {
            invoker(euid, |name| {
                vars.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value))
            })
        };
        assert_eq!(with(0, &[("SUDO_UID", "1000"), ("SUDO_GID", "100")]), Some((1000, 100)));
        assert_eq!(with(0, &[("SUDO_UID", "0"), ("SUDO_GID", "0")]), None);
        assert_eq!(with(7, &[("SUDO_UID", "1000"), ("SUDO_GID", "100")]), None);
        assert_eq!(with(0, &[("SUDO_UID", "ann"), ("SUDO_GID", "100")]), None);
        assert_eq!(with(0, &[]), None);
    }

    #[test]
    fn an_id_is_in_a_map_or_not() {
        let map = "         0       1000          1\n         1     100000      65536\n";
        assert!(is_mapped(map, 0) && is_mapped(map, 65536) && !is_mapped(map, 65537));
        assert!(is_mapped("0 0 4294967295\n", 61234) && !is_mapped("", 0));
    }
}
