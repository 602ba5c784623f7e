//! What a box must know in order to act: the run as a reader sees it, and what the guard compares with.

use crate::probe::{View, mountinfo, namespace};
use crate::vocabulary::Work;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// The host as the guard knows it. Read from the lab's own process, never from PID 1, which may be unreadable even for root.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Host {
    /// Namespace links by name: `uts` → `uts:[4026531838]`.
    pub namespaces: BTreeMap<String, String>,
    /// Peer groups (`shared:N`) of its mount table.
    pub peer_groups: BTreeSet<u32>,
    /// Devices of its mounted filesystems, `MAJOR:MINOR` as in mountinfo.
    pub devices: BTreeSet<String>,
    /// Where the runs' workspaces lie: the device, and the directory within that filesystem.
    pub home: (String, PathBuf),
}

impl Host {
    /// Reads it from this process.
    ///
    /// # Errors
    /// What `/proc/self` answers.
    pub fn read() -> io::Result<Self> {
        let me = Path::new("/proc/self");
        let table = mountinfo::read(me)?;
        // Without that directory there are no runs, and no workspaces.
        let home = std::fs::canonicalize(super::ledger::HOME).unwrap_or_default();
        let mount = mountinfo::covering(&table, &home);
        let home = mount.map(|m| (m.device.clone(), m.inner(&home))).unwrap_or_default();
        let mut host = Host { namespaces: namespace::links(me), home, ..Host::default() };
        host.take(&table);
        Ok(host)
    }

    /// Reads again what can change while the host lives on: numbers of devices and peer groups that are gone are given to new ones, which may
    /// then be the run's.
    ///
    /// # Errors
    /// What `/proc/self` answers.
    pub fn refresh(&mut self) -> io::Result<()> {
        self.take(&mountinfo::read(Path::new("/proc/self"))?);
        Ok(())
    }

    fn take(&mut self, table: &[mountinfo::Mount]) {
        self.peer_groups = table.iter().flat_map(|m| m.shared.into_iter().chain(m.master)).collect();
        self.devices = table.iter().map(|m| m.device.clone()).collect();
    }
}

/// Where a box comes from, which decides what the guard allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The starter's own rights in the host's namespaces: the host helper, which prepares what boxes may not. No lesson can address it.
    HostHelper,
    /// In the host's user namespace as an ordinary user without capabilities.
    Ordinary,
    /// In the run's own user namespace, or one below it.
    #[default]
    Run,
}

/// The run, for an action.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Scene {
    /// As readers see it.
    pub view: View,
    /// The host.
    pub host: Host,
    /// Where the acting box comes from.
    pub origin: Origin,
    /// The lesson's workloads.
    pub workloads: IndexMap<String, Work>,
    /// Boxes that wait for their children only when told.
    pub reap_when_told: BTreeSet<String>,
    /// CPUs that the lab may use, first ones first.
    pub cpus: Vec<u32>,
    /// The lesson says that the kernel refuses this action: then the kernel is the one to say so.
    pub kernel_refuses: bool,
}
