//! What exists at a moment of a lesson, as far as that can be told without running it.

use crate::vocabulary::reader::{Readable, Role};
use crate::vocabulary::when::{Rights, When};
use crate::vocabulary::{Lesson, Ns, Reader, Readout, Version};
use std::collections::{HashMap, HashSet};

/// On which machine, and by whom, a lesson is walked through.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scenario {
    /// Deeper steps are passed over.
    pub basics: bool,
    pub cgroup: Option<Version>,
    pub rights: Option<Rights>,
}

impl Scenario {
    /// Whether something with this condition happens.
    pub fn includes(self, when: Option<&When>) -> bool {
        let Some(when) = when else { return true };
        let version = self.cgroup.is_none() || when.cgroup.is_none() || self.cgroup == when.cgroup;
        version && (self.rights.is_none() || when.rights.is_none() || self.rights == when.rights)
    }

    /// Why something can be missing here that is there elsewhere.
    pub fn why(self) -> Option<&'static str> {
        match self {
            Scenario { basics: true, .. } => {
                Some("only a deeper step does that, and a basic step never depends on a deeper one")
            }
            Scenario { cgroup: Some(Version::V1), .. } => Some("`when` leaves that out on cgroup v1"),
            Scenario { cgroup: Some(Version::V2), .. } => Some("`when` leaves that out on cgroup v2"),
            Scenario { rights: Some(Rights::Root), .. } => Some("`when` leaves that out for root"),
            Scenario { rights: Some(Rights::Rootless), .. } => {
                Some("`when` leaves that out for an ordinary user")
            }
            _ => None,
        }
    }
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Not yet.
    Unborn,
    /// It is.
    There,
    /// Not any more.
    Ended,
}

/// Something that a readout depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Thing<'a> {
    Box(&'a str),
    Workload(&'a str),
    Cgroup(&'a str),
}

impl<'a> Thing<'a> {
    /// Its id.
    pub fn id(self) -> &'a str {
        match self {
            Thing::Box(id) | Thing::Workload(id) | Thing::Cgroup(id) => id,
        }
    }
}

/// What is there.
#[derive(Debug, Clone, Default)]
pub(super) struct World<'a> {
    lives: HashMap<Thing<'a>, Life>,
    /// Who holds a descriptor of whose namespace.
    pub held: HashSet<(&'a str, &'a str)>,
    /// Boxes that are not in the host's network, or may not be.
    pub networks: HashSet<&'a str>,
    /// Who started a workload.
    pub starters: HashMap<&'a str, &'a str>,
}

impl<'a> World<'a> {
    /// The beginning: boxes that nobody forks are there.
    pub fn new(lesson: &'a Lesson) -> Self {
        let mut world = World::default();
        for (id, decl) in &lesson.boxes {
            let life = if decl.forked_by.is_none() { Life::There } else { Life::Unborn };
            world.lives.insert(Thing::Box(id), life);
            if decl.new.0.contains(&Ns::Net) {
                world.networks.insert(id);
            }
        }
        for id in lesson.workloads.keys() {
            world.lives.insert(Thing::Workload(id), Life::Unborn);
        }
        for id in lesson.cgroups.keys() {
            world.lives.insert(Thing::Cgroup(id), Life::Unborn);
        }
        world
    }

    /// Whether it is there; what is not declared is told elsewhere and counts as there.
    pub fn life(&self, thing: Thing<'a>) -> Life {
        self.lives.get(&thing).copied().unwrap_or(Life::There)
    }

    /// Whether it is declared and there.
    pub fn is_there(&self, thing: Thing<'a>) -> bool {
        self.lives.get(&thing) == Some(&Life::There)
    }

    /// From now on.
    pub fn set(&mut self, thing: Thing<'a>, life: Life) {
        if let Some(slot) = self.lives.get_mut(&thing) {
            *slot = life;
        }
    }
}

/// What a readout depends on: the viewpoint first. The flag: it is enough that the thing was there once.
pub(super) fn things<'a>(lesson: &'a Lesson, readout: &'a Readout) -> Vec<(Thing<'a>, bool)> {
    let mut things = Vec::new();
    if readout.subject != "host" {
        things.push((Thing::Box(readout.subject.as_str()), false));
    }
    let facts = readout.verbs.first().map(Reader::facts);
    things.extend(facts.and_then(|f| f.about).map(|about| {
        let workload = || lesson.workloads.contains_key(about.id);
        let thing = match about.role {
            Role::Workload => Thing::Workload(about.id),
            Role::Process | Role::CgroupOrWorkload if workload() => Thing::Workload(about.id),
            Role::Box | Role::Process => Thing::Box(about.id),
            Role::Cgroup | Role::CgroupOrWorkload => Thing::Cgroup(about.id),
        };
        (thing, about.readable == Readable::AlsoAfterItsEnd)
    }));
    things
}
