//! Where a run's cgroups lie on this machine: paths, known before anything is made.
//!
//! v1: `OWN/RUN/GROUP` in each hierarchy that carries a needed controller. v2: `BASE/RUN` with a leaf `boxes`, in which
//! every process of the run is born, and the lesson's groups beside it. So the common ancestor of all moves is the run's
//! own directory, whose `cgroup.procs` belongs to the boxes (`cgroup-v2.rst`, "Delegation Containment"), and no
//! directory that hands controllers on has processes of its own ("No Internal Process Constraint").

use super::hierarchy::{Hierarchies, Home, listed};
use crate::vocabulary::Version;
use crate::vocabulary::controller::Controller;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// One hierarchy's directory of a run or of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CgroupDirectory {
    /// The directory.
    pub directory: PathBuf,
    /// The hierarchy's version.
    pub version: Version,
    /// Which of the needed controllers it carries.
    pub controllers: Vec<Controller>,
    /// Whether it counts CPU time.
    pub cpu_time: bool,
}

/// A run's directories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The run's own directory in each hierarchy.
    pub places: Vec<CgroupDirectory>,
    /// The controllers that v2's base does not hand on yet.
    pub missing: Vec<Controller>,
    /// The machine can swap.
    swap: bool,
}

/// A cgroup of the lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its directory in each hierarchy.
    pub places: Vec<CgroupDirectory>,
    /// Memory of this group must not be swapped, and on this machine it could.
    pub unswappable: bool,
    /// It lies in another group of the lesson.
    pub nested: bool,
}

/// The leaf of a v2 run in which its processes are born.
pub const LEAF: &str = "boxes";

fn add(places: &mut Vec<CgroupDirectory>, home: &Home, directory: PathBuf) -> usize {
    places.iter().position(|p| p.directory == directory).unwrap_or_else(|| {
        let cpu_time = home.version == Version::V2;
        places.push(CgroupDirectory { directory, version: home.version, controllers: Vec::new(), cpu_time });
        places.len() - 1
    })
}

impl Layout {
    /// The directories of the run `id` for these controllers. `base` is the v2 cgroup to work in: the delegated scope
    /// (see [`super::delegation`]); without it, the lab's own. Controllers that this machine lacks are
    /// left out; [`super::delegation`] has blocked them before.
    pub fn new(here: &Hierarchies, controllers: &[Controller], base: Option<&Path>, id: &str) -> Self {
        let mut places = Vec::new();
        let mut missing = Vec::new();
        for &controller in controllers {
            let Some(home) = here.home(controller) else { continue };
            let base = base.filter(|_| home.version == Version::V2).unwrap_or(&home.own);
            let place = add(&mut places, home, base.join(id));
            places[place].controllers.push(controller);
            let handed_on = || listed(&base.join("cgroup.subtree_control")).contains(&controller);
            if home.version == Version::V2 && controller != Controller::Freezer && !handed_on() {
                missing.push(controller);
            }
            if let (Controller::Cpu, Version::V1, Some(time)) = (controller, home.version, &here.cpuacct) {
                let place = add(&mut places, time, time.own.join(id));
                places[place].cpu_time = true;
            }
        }
        Layout { places, missing, swap: here.swap }
    }

    /// Every directory that `prepare` makes, in its order: for the ledger, before they are made.
    pub fn directories(&self) -> Vec<PathBuf> {
        let made = self.places.iter().map(|p| p.directory.clone());
        made.chain(self.leaf()).collect()
    }

    /// v2: where every process of the run is put at its birth.
    pub fn leaf(&self) -> Option<PathBuf> {
        self.places.iter().find(|p| p.version == Version::V2).map(|p| p.directory.join(LEAF))
    }

    /// The lesson's group at `path` (`roof/room`), for these controllers, which the group around it must have as well.
    /// `swap: false` keeps its memory out of swap.
    pub fn group(&self, path: &Path, controllers: &[Controller], swap: Option<bool>) -> Group {
        let here = |place: &CgroupDirectory| {
            let carried: Vec<Controller> =
                place.controllers.iter().copied().filter(|c| controllers.contains(c)).collect();
            let times =
                place.version == Version::V1 && place.cpu_time && controllers.contains(&Controller::Cpu);
            (!carried.is_empty() || times).then(|| CgroupDirectory {
                directory: place.directory.join(path),
                controllers: carried,
                ..place.clone()
            })
        };
        let places = self.places.iter().filter_map(here).collect();
        let unswappable = self.swap && swap == Some(false);
        Group { places, unswappable, nested: path.components().count() > 1 }
    }
}

impl Group {
    /// Its directories: for the ledger, before they are made, and to join and remove it.
    pub fn directories(&self) -> Vec<PathBuf> {
        self.places.iter().map(|p| p.directory.clone()).collect()
    }

    /// The directory that carries a controller.
    pub(super) fn place(&self, controller: Controller) -> Option<&CgroupDirectory> {
        self.places.iter().find(|p| p.controllers.contains(&controller))
    }
}
