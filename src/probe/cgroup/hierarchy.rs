//! Which hierarchy carries which controller on this machine, and where the lab itself is in it.

use super::mounts::{self, CgroupMount, Membership};
use crate::vocabulary::Version;
use crate::vocabulary::controller::Controller;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// The hierarchy that carries a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its version.
    pub version: Version,
    /// Where it is mounted.
    pub mount: PathBuf,
    /// The directory of the cgroup that the lab itself is in.
    pub own: PathBuf,
    /// Mounted read-only, as in most containers.
    pub read_only: bool,
}

/// Where every controller lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchies {
    homes: BTreeMap<Controller, Home>,
    /// v1: the hierarchy that counts CPU time (`cpuacct`), which may or may not be that of `cpu`.
    pub cpuacct: Option<Home>,
    /// The unified hierarchy, where one is mounted; it may carry no controller.
    pub unified: Option<Home>,
    /// v2: the controllers that the lab's own cgroup is offered by its parent.
    pub offered: BTreeSet<Controller>,
    /// The kernel has somewhere to swap to (`proc_swaps(5)`).
    pub swap: bool,
    /// The controllers that the kernel knows; none where it does not tell.
    pub(super) known: Vec<KnownController>,
}

/// All controllers that the format knows.
pub const CONTROLLERS: [Controller; 6] = [
    Controller::Cpu,
    Controller::Memory,
    Controller::Pids,
    Controller::Cpuset,
    Controller::Io,
    Controller::Freezer,
];

/// The name of a controller in v1.
pub(super) fn v1_name(controller: Controller) -> &'static str {
    match controller {
        Controller::Io => "blkio",
        other => other.name(),
    }
}

/// The controllers that a v2 file such as `cgroup.controllers` lists; none when it cannot be read.
pub(super) fn listed(file: &Path) -> BTreeSet<Controller> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let names: BTreeSet<&str> = text.split_whitespace().collect();
    CONTROLLERS.into_iter().filter(|c| names.contains(c.name())).collect()
}

impl Hierarchies {
    /// Reads `self/mountinfo` and `self/cgroup` below `proc_root`. Mount points are looked up below the directory that
    /// holds `proc_root`, so that a sample tree can stand for a machine.
    ///
    /// # Errors
    /// One of the two files cannot be read.
    pub fn detect(proc_root: &Path) -> io::Result<Self> {
        let root = proc_root.parent().unwrap_or(Path::new("/"));
        let read = |name: &str| {
            let path = proc_root.join(name);
            let text = std::fs::read(&path);
            text.map(|t| String::from_utf8_lossy(&t).into_owned())
        };
        let mut found = mounts::cgroup_mounts(&read("self/mountinfo")?);
        for mount in &mut found {
            mount.at = root.join(mount.at.strip_prefix("/").unwrap_or(&mount.at));
        }
        // A writable mount is as good as the first one, and better than a read-only one.
        found.sort_by_key(|m| m.read_only);
        let own = mounts::memberships(&read("self/cgroup")?);
        // One line is the heading. Where nobody may read it, it is as well to count with swap.
        let swap = read("swaps").map_or(true, |text| text.lines().count() > 1);
        let known = known_controllers(&read("cgroups").unwrap_or_default());
        Ok(Hierarchies { swap, known, ..Self::from_parts(&found, &own) })
    }

    fn from_parts(found: &[CgroupMount], own: &[Membership]) -> Self {
        let v1 = |controller: &str| {
            let path = &own.iter().find(|m| m.controllers.iter().any(|c| c == controller))?.path;
            found.iter().filter(|m| m.version == Version::V1).find_map(|m| {
                let carries = m.options.iter().any(|o| o == controller);
                carries.then(|| home(m, path)).flatten()
            })
        };
        let unified = own.iter().find(|m| m.controllers.is_empty()).and_then(|member| {
            found.iter().filter(|m| m.version == Version::V2).find_map(|m| home(m, &member.path))
        });
        let at = |directory: &dyn Fn(&Home) -> &PathBuf| {
            unified.as_ref().map(|u| listed(&directory(u).join("cgroup.controllers"))).unwrap_or_default()
        };
        let offered = at(&|u| &u.own);
        // The lab's own cgroup may be offered less than a delegated scope would be; the top knows what v2 carries.
        let carried: BTreeSet<Controller> = at(&|u| &u.mount).union(&offered).copied().collect();
        let mut homes = BTreeMap::new();
        for controller in CONTROLLERS {
            // Freezing is no controller in v2 but part of every cgroup.
            let home = match &unified {
                Some(unified) if carried.contains(&controller) => Some(unified.clone()),
                _ => v1(v1_name(controller))
                    .or_else(|| unified.clone().filter(|_| controller == Controller::Freezer)),
            };
            homes.extend(home.map(|h| (controller, h)));
        }
        Hierarchies { homes, cpuacct: v1("cpuacct"), unified, offered, swap: true, known: Vec::new() }
    }

    /// The hierarchy that carries this controller; none where this kernel does not offer it.
    pub fn home(&self, controller: Controller) -> Option<&Home> {
        self.homes.get(&controller)
    }

    /// Whether a cgroup's memory can be kept out of swap: in v1 always (`memory.swappiness`), in v2 where swap is accounted (`CONFIG_MEMCG_SWAP`,
    /// `swapaccount=`; without either `memory.swap.max` is not there). The root has no such file, so another cgroup is looked at.
    pub fn limits_swap(&self) -> bool {
        let Some(home) = self.home(Controller::Memory) else { return false };
        if home.version == Version::V1 {
            return true;
        }
        let entries = std::fs::read_dir(&home.mount).into_iter().flatten().flatten();
        let mut limited = entries.map(|e| e.path()).filter(|d| d.join("memory.max").exists());
        limited.next().is_none_or(|d| d.join("memory.swap.max").exists())
    }

    /// Which texts of a lesson apply: those for the version that carries the cpu controller, without one the memory controller. (The two differ
    /// only in systemd's hybrid layout on a kernel whose v1 has lost memory; see [`super::delegation`], which then blocks memory.)
    pub fn version(&self) -> Version {
        match self.home(Controller::Cpu).or_else(|| self.home(Controller::Memory)) {
            Some(home) => home.version,
            None if self.unified.is_some() && self.cpuacct.is_none() => Version::V2,
            None => Version::V1,
        }
    }
}

fn home(mount: &CgroupMount, cgroup: &Path) -> Option<Home> {
    let own = mount.directory(cgroup)?;
    Some(Home { version: mount.version, mount: mount.at.clone(), own, read_only: mount.read_only })
}

/// A line of `/proc/cgroups` (`cgroups(7)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownController {
    /// The controller's name in cgroup v1.
    pub name: String,
    /// The number of the v1 hierarchy that carries it; 0 when none does, and so v2 may.
    pub hierarchy: u32,
    /// Not switched off at boot (`cgroup_disable=`).
    pub enabled: bool,
}

/// The controllers that a `/proc/cgroups` text lists.
fn known_controllers(text: &str) -> Vec<KnownController> {
    let line = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let name = fields.next()?.to_owned();
        let hierarchy = fields.next()?.parse().ok()?;
        Some(KnownController { name, hierarchy, enabled: fields.nth(1)? != "0" })
    };
    text.lines().filter(|l| !l.starts_with('#')).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_list_is_read() {
        let text = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t3\t9\t1\nmemory\t0\t1\t0\n";
        let found = known_controllers(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].hierarchy, found[0].enabled), (3, true));
        assert_eq!((found[1].name.as_str(), found[1].enabled), ("memory", false));
    }
}
