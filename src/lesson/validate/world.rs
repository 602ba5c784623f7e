//! What exists at a moment of a lesson, as far as that can be told without running it.

use crate::vocabulary::readout::NsOf;
use crate::vocabulary::when::{Rights, When};
use crate::vocabulary::{Lesson, Reader, Readout, Version};
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
    let process = |id: &'a str| {
        if lesson.workloads.contains_key(id) { Thing::Workload(id) } else { Thing::Box(id) }
    };
    match readout.verbs.first() {
        Some(Reader::State(id)) => things.push((process(id), true)),
        Some(Reader::Announced(id)) => things.push((Thing::Workload(id), true)),
        Some(Reader::Output(id) | Reader::ExitStatus(id)) => things.push((Thing::Box(id), true)),
        Some(Reader::Pids(id) | Reader::Rss(id)) => things.push((process(id), false)),
        Some(Reader::Namespace(NsOf::Of(_, id))) => things.push((Thing::Box(id), false)),
        Some(Reader::Mounts(m)) => things.extend(m.of.as_deref().map(|id| (Thing::Box(id), false))),
        Some(Reader::File(f)) => things.extend(f.of.as_deref().map(|id| (Thing::Box(id), false))),
        Some(Reader::IdMap(m)) => things.extend(m.of.as_deref().map(|id| (Thing::Box(id), false))),
        Some(Reader::Status(s)) => things.extend(s.of.as_deref().map(|id| (process(id), false))),
        Some(Reader::Knob(of)) => things.push((Thing::Cgroup(&of.cgroup), false)),
        Some(Reader::CpuShare(id)) => {
            let thing = if lesson.cgroups.contains_key(id) { Thing::Cgroup(id) } else { Thing::Workload(id) };
            things.push((thing, false));
        }
        _ => {}
    }
    things
}
