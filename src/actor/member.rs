//! Finds the processes of a run whose guardian is dead. A single mark is not enough: `env -i` empties the environment, `setsid` leaves the session, and a
//! process that loses its parent has no ancestors. So there are several marks, and a process needs to have kept only one of them.

use super::ids::IdRange;
use super::ledger::{self, Ledger, LedgerEntry};
use crate::kernel::raw::{self, Relative};
use crate::probe::{mountinfo, process, text};
use rustix::process::{Pid, PidfdFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const PROC: &str = "/proc";

/// The line of `/proc/PID/projid_map` that identifies a run's user namespace. The map is written once and cannot be changed, not even by root in that
/// namespace (`user_namespaces(7)`); it affects only project quotas, which no run has. The number of a namespace would not do: it is reused as soon as the
/// namespace is gone.
pub fn project_map(run: &str) -> String {
    // FNV-1a. The number must be below 2^32 - 1, and must not be in use by accident: project ids that people assign are small.
    let hash = run.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    format!("0 {} 1", (1 << 30) | (hash >> 2))
}

/// The marks that identify the processes of one run.
pub struct Members {
    run: String,
    /// The entry in their environment.
    mark: String,
    project: String,
    /// Ids that belong to no one else, if root started the run.
    ids: Vec<IdRange>,
    /// The mount namespaces and the user namespace of this process and of the machine's first one: they identify no run.
    here: Here,
    /// Whether a mount namespace belongs to the run, by the namespace's number.
    tables: BTreeMap<u64, bool>,
}

struct Here {
    mounts: [Option<u64>; 2],
    user: Option<u64>,
}

fn inode(path: &str) -> Option<u64> {
    std::fs::metadata(path).ok().map(|m| m.ino())
}

impl Members {
    /// Built from the run's ledger.
    pub fn of(ledger: &Ledger) -> Option<Self> {
        let run = ledger::run_of(ledger.path())?.to_owned();
        let own = |entry: LedgerEntry| match entry {
            LedgerEntry::Ids { range, own: true } if ledger.has_claim(range) => Some(range),
            _ => None,
        };
        Some(Members {
            mark: format!("{}={run}", super::role::MARK),
            project: project_map(&run),
            ids: ledger.entries().into_iter().filter_map(own).collect(),
            here: Here {
                mounts: [inode("/proc/self/ns/mnt"), inode("/proc/1/ns/mnt")],
                user: inode("/proc/self/ns/user"),
            },
            tables: BTreeMap::new(),
            run,
        })
    }

    /// The run's processes, except zombies and this one. A number may be reused at any moment, so a descriptor is opened first, and then the process is
    /// checked once more.
    pub fn find(&mut self) -> Vec<(i32, OwnedFd)> {
        // Numbers of mount namespaces are reused, too.
        self.tables.clear();
        let me = std::process::id().cast_signed();
        let Ok(entries) = std::fs::read_dir(PROC) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let Some(number) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else {
                continue;
            };
            if number == me || !self.has(&entry.path()) {
                continue;
            }
            let open = |pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok();
            let Some(fd) = Pid::from_raw(number).and_then(open) else { continue };
            if self.has(&entry.path()) {
                found.push((number, fd));
            }
        }
        found
    }

    /// Whether a process, given by its directory in `/proc`, is alive and belongs to the run.
    fn has(&mut self, process: &Path) -> bool {
        let known = self.is_marked(process)
            || self.is_in_a_cgroup(process)
            || self.is_in_the_user_namespace(process)
            || self.has_an_id(process)
            || self.has_the_workspace_mounted(process);
        known && lives(process)
    }

    fn is_marked(&self, process: &Path) -> bool {
        let environment = text::bytes(&process.join("environ")).unwrap_or_default();
        environment.split(|b| *b == 0).any(|v| v == self.mark.as_bytes())
    }

    /// Whether the process is in one of the run's directories, which have the run's name in every hierarchy.
    fn is_in_a_cgroup(&self, process: &Path) -> bool {
        let text = text::read(&process.join("cgroup")).unwrap_or_default();
        let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
        paths.into_iter().any(|path| path.split('/').any(|part| part == self.run))
    }

    fn is_in_the_user_namespace(&self, process: &Path) -> bool {
        let text = text::read(&process.join("projid_map")).unwrap_or_default();
        text.split_ascii_whitespace().eq(self.project.split(' '))
    }

    fn has_an_id(&self, process: &Path) -> bool {
        if self.ids.is_empty() {
            return false;
        }
        let text = process::status_field(process, "Uid").unwrap_or_default();
        let mut ids = text.split_ascii_whitespace().filter_map(|id| id.parse::<u32>().ok());
        ids.any(|id| self.ids.iter().any(|range| range.contains(id)))
    }

    /// Programs and shells have the workspace as a separate mount, in a mount namespace that the run's user namespace owns. A user who has mounted the
    /// workspace in a mount namespace outside the run does not thereby belong to it.
    fn has_the_workspace_mounted(&mut self, process: &Path) -> bool {
        let link = process.join("ns/mnt");
        let Ok(namespace) = File::open(&link) else { return false };
        let Ok(number) = namespace.metadata().map(|m| m.ino()) else { return false };
        if self.here.mounts.contains(&Some(number)) {
            return false;
        }
        if let Some(known) = self.tables.get(&number) {
            return *known;
        }
        let owner = raw::namespace_relative(namespace.as_fd(), Relative::Owner).ok().map(File::from);
        let foreign =
            owner.and_then(|fd| fd.metadata().ok()).is_some_and(|m| Some(m.ino()) != self.here.user);
        let of_run = |root: &str| {
            let root = root.strip_suffix("//deleted").unwrap_or(root);
            PathBuf::from(root).file_name().is_some_and(|name| name == self.run.as_str())
        };
        let mounted = foreign
            && mountinfo::read(process).is_ok_and(|table| table.iter().any(|mount| of_run(&mount.root)));
        self.tables.insert(number, mounted);
        mounted
    }
}

/// Whether a process is alive: neither a zombie nor exiting. A PID 1 that exits waits in the kernel until the last process of its namespace has been
/// reaped (`pid_namespaces(7)`), and that may be up to a parent outside of the run. By then it holds nothing any more.
fn lives(process: &Path) -> bool {
    let text = text::read(&process.join("stat")).unwrap_or_default();
    process::parse_stat(&text).is_some_and(|stat| !stat.exiting && !matches!(stat.state, 'Z' | 'X'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_a_map_of_its_own() {
        let (one, other) = (project_map("isolab-4211-1"), project_map("isolab-4211-2"));
        assert_ne!(one, other);
        for map in [one, other] {
            let numbers: Vec<u32> = map.split(' ').map(|n| n.parse().expect("a number")).collect();
            assert!(numbers[1] >= 1 << 30 && numbers[1] < u32::MAX, "{map}");
        }
    }
}
