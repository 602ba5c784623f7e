//! The identity that a program takes over from the box that runs it: ids, groups, capabilities, umask, CPUs.

use crate::actor::execute::Failure;
use crate::actor::place::read_at;
use crate::kernel::{Error, process};
use crate::model::Errno;
use nix::unistd::{Gid, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::os::fd::BorrowedFd;

/// With these a program could remove the covers, or reach into processes that are not behind them.
const DENIED: CapabilitySet = CapabilitySet::SYS_ADMIN.union(CapabilitySet::SYS_PTRACE);
/// With these a program that has several ids could use up the process limit once for each of them.
const MANY_IDS: CapabilitySet = CapabilitySet::SETUID.union(CapabilitySet::SETGID);

/// The parts of a process's identity that `execve(2)` preserves.
pub struct Credentials {
    /// As seen inside its user namespace; `None` where that has no map.
    uid: Option<u32>,
    gid: Option<u32>,
    groups: Vec<u32>,
    held: CapabilitySets,
    bounding: CapabilitySet,
    mask: u32,
    /// Whether its user namespace maps several user ids; processes are counted per id.
    several: bool,
    cpus: nix::sched::CpuSet,
}

/// Translates an id of the reader's user namespace into one of another namespace, by the rows `inside outside count` of the other one's map as the reader
/// sees them (`user_namespaces(7)`).
fn inside(map: &str, id: u32) -> Option<u32> {
    map.lines().find_map(|line| {
        let mut row = line.split_ascii_whitespace().filter_map(|n| n.parse::<u32>().ok());
        let (inside, outside, count) = (row.next()?, row.next()?, row.next()?);
        let offset = id.checked_sub(outside).filter(|o| *o < count)?;
        inside.checked_add(offset)
    })
}

/// How many ids a map covers.
fn count(map: &str) -> u64 {
    map.lines().filter_map(|line| line.split_ascii_whitespace().nth(2)?.parse::<u64>().ok()).sum()
}

fn failed(operation: &str, e: impl Into<Errno>) -> Failure {
    Error::new(operation, "", e).into()
}

impl Credentials {
    /// Reads the credentials of a process, while the caller is still in the host's user namespace.
    ///
    /// # Errors
    /// The error from `/proc`.
    pub fn of(proc: BorrowedFd, pid: i32) -> Result<Self, Failure> {
        let read = |name: &str| {
            read_at(proc, &format!("{pid}/{name}"))
                .map_err(|e| Failure::from(Error::new("read", format!("/proc/{pid}/{name}"), Errno::of(&e))))
        };
        let (status, uids, gids) = (read("status")?, read("uid_map")?, read("gid_map")?);
        let field =
            |name: &str| status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).unwrap_or("");
        let ids = |name: &str| field(name).split_ascii_whitespace().filter_map(|n| n.parse::<u32>().ok());
        let set = |name: &str| {
            CapabilitySet::from_bits_retain(u64::from_str_radix(field(name).trim(), 16).unwrap_or(0))
        };
        let cpus = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(pid))
            .map_err(|e| failed("sched_getaffinity", e))?;
        Ok(Credentials {
            // Real, effective, saved, filesystem.
            uid: ids("Uid").nth(1).and_then(|id| inside(&uids, id)),
            gid: ids("Gid").nth(1).and_then(|id| inside(&gids, id)),
            groups: ids("Groups").filter_map(|id| inside(&gids, id)).collect(),
            held: CapabilitySets {
                effective: set("CapEff"),
                permitted: set("CapPrm"),
                inheritable: set("CapInh"),
            },
            bounding: set("CapBnd"),
            several: count(&uids) > 1,
            mask: u32::from_str_radix(field("Umask").trim(), 8).unwrap_or(0o022),
            cpus,
        })
    }

    /// Gives the caller these credentials, except the capabilities that no program may have. The caller must be in the user namespace they come from.
    ///
    /// # Errors
    /// The kernel's error. Then nothing may be started.
    pub fn take_over(&self) -> Result<(), Failure> {
        let denied = if self.several { DENIED | MANY_IDS } else { DENIED };
        nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &self.cpus)
            .map_err(|e| failed("sched_setaffinity", e))?;
        // First, because it needs a capability (CAP_SETPCAP).
        for capability in CapabilitySet::all().difference(self.bounding.difference(denied)).iter() {
            match rustix::thread::remove_capability_from_bounding_set(capability) {
                // A capability that the kernel does not know cannot be held either.
                Ok(()) | Err(rustix::io::Errno::INVAL) => {}
                Err(e) => return Err(failed("prctl PR_CAPBSET_DROP", e)),
            }
        }
        // Otherwise a change to a uid other than 0 would drop all capabilities, including those that the box may have been given since.
        rustix::thread::set_keep_capabilities(true).map_err(|e| failed("prctl PR_SET_KEEPCAPS", e))?;
        let groups: Vec<Gid> = self.groups.iter().copied().map(Gid::from_raw).collect();
        // The kernel refuses this where `setgroups` was denied before the map was written; then the groups are already the box's.
        let _ = nix::unistd::setgroups(&groups);
        if let Some(gid) = self.gid.map(Gid::from_raw) {
            nix::unistd::setresgid(gid, gid, gid).map_err(|e| failed("setresgid", e))?;
        }
        if let Some(uid) = self.uid.map(Uid::from_raw) {
            nix::unistd::setresuid(uid, uid, uid).map_err(|e| failed("setresuid", e))?;
        }
        let _ = rustix::thread::clear_ambient_capability_set();
        let kept = CapabilitySets {
            effective: self.held.effective.difference(denied),
            permitted: self.held.permitted.difference(denied),
            inheritable: self.held.inheritable.difference(denied),
        };
        rustix::thread::set_capabilities(None, kept).map_err(|e| failed("capset", e))?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(self.mask));
        // Both are lost when ids change.
        process::stay_readable();
        process::die_with_parent();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_translated_by_the_map() {
        let map = "         0     100000      65536\n     70000       1000          1\n";
        assert_eq!(inside(map, 100_000), Some(0));
        assert_eq!(inside(map, 165_535), Some(65_535));
        assert_eq!(inside(map, 165_536), None);
        assert_eq!(inside(map, 1000), Some(70_000));
        assert_eq!(inside("", 0), None);
        assert_eq!([count(map), count("0 5 1"), count("")], [65_537, 1, 0]);
    }
}
