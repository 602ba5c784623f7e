//! The person in a world: the open shells, and the processes that stand in for boxes.

use super::stand_in::{GIVEN, StandIn, directory, innermost};
use super::tree::{Tree, was_workload, workload};
use crate::actor::trace::{Ended, ExpectedFailure};
use crate::lesson::by_hand::{Born, Hands};
use crate::model::{Call, Process};
use crate::probe::{View, namespace};
use crate::vocabulary::reader::Personal;
use crate::vocabulary::{Lesson, Reader};
use std::collections::{BTreeMap, BTreeSet};

/// A shell that is open.
pub(super) struct Open {
    /// Its number on the host.
    pub(super) pid: i32,
    /// The name of the helper that has started it.
    keeper: String,
    /// The namespaces that it was given because its box shares the host's.
    given: BTreeMap<String, String>,
}

/// Shells, and who stands in for whom.
#[derive(Default)]
pub(super) struct Person {
    /// By the box.
    pub(super) open: BTreeMap<String, Open>,
    /// How many shells were started.
    pub(super) started: u32,
    /// The run's processes right before the first shell, with their start times.
    pub(super) before: BTreeSet<(i32, u64)>,
    /// How the present step is done, while one is tried.
    hands: Option<Hands>,
    /// By the box.
    pub(super) stand_ins: BTreeMap<String, StandIn>,
    /// The person's programs that have become workloads, by the workload.
    workloads: BTreeMap<String, i32>,
    /// How many helpers there were that read.
    pub(super) readers: u32,
    /// The failures that the programs of the shells are observed for; nothing where they are not observed at all.
    pub(super) failures: Option<Vec<ExpectedFailure>>,
    /// The processes below the shells at the last look.
    seen: BTreeSet<i32>,
    /// How those of them ended that became boxes or workloads.
    ended: BTreeMap<String, Process>,
    /// Their calls that failed as expected, and that nobody has looked at yet.
    pub(super) failed: Vec<Call>,
}

impl Person {
    /// Takes a new shell in; `actual` is the number of the box itself.
    pub(super) fn open(&mut self, of: &str, pid: i32, keeper: String, actual: Option<i32>) {
        let link = |pid: i32, kind: &str| namespace::link(&directory(pid), kind).ok();
        let other = |kind: &str| {
            let own = link(pid, kind)?;
            (link(actual?, kind)? != own).then(|| (kind.to_owned(), own))
        };
        let given = GIVEN.into_iter().filter_map(other).collect();
        self.open.insert(of.to_owned(), Open { pid, keeper, given });
        self.stand();
    }

    /// A step is tried.
    pub(super) fn begin(&mut self, hands: Hands) {
        self.hands = Some(hands);
        self.stand();
    }

    /// Every shell of a box that acts stands in for it.
    fn stand(&mut self) {
        let Some(hands) = &self.hands else { return };
        for (of, shell) in self.open.iter().filter(|(of, _)| hands.stand_ins.contains(of)) {
            let new = || StandIn::new(shell.pid, shell.given.clone());
            self.stand_ins.entry(of.clone()).or_insert_with(new);
        }
    }

    pub(super) fn has_shell(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether a step is tried.
    pub(super) fn tries(&self) -> bool {
        self.hands.is_some()
    }

    /// Who reads this in the place of a box, if anybody does.
    pub(super) fn in_place_of(&self, of: &str, reader: &Reader) -> Option<i32> {
        self.stand_ins.get(of).filter(|stand_in| !stand_in.leaves_to_box(reader)).map(|stand_in| stand_in.pid)
    }

    /// The shells' numbers.
    pub(super) fn shells(&self) -> Vec<i32> {
        self.open.values().map(|shell| shell.pid).collect()
    }

    /// Forgets the shells whose keepers have ended; gives their boxes.
    pub(super) fn forget_ended(&mut self, has_left: impl Fn(&str) -> bool) -> Vec<String> {
        let ended: Vec<String> =
            self.open.iter().filter(|(_, shell)| has_left(&shell.keeper)).map(|(of, _)| of.clone()).collect();
        for of in &ended {
            self.open.remove(of);
            self.stand_ins.remove(of);
        }
        ended
    }

    /// No shell is left, and nothing is tried any more.
    pub(super) fn leave(&mut self) {
        self.open.clear();
        self.stand_ins.clear();
        self.workloads.clear();
        (self.failures, self.hands) = (None, None);
        self.ended.clear();
        self.failed.clear();
    }

    /// Takes note of who has ended: those who had become a box or a workload by the last look, and those who began after it and can have been one.
    pub(super) fn note_ended(&mut self, all: Vec<Ended>, lesson: &Lesson) {
        let Some(hands) = &self.hands else { return };
        let born: Vec<&String> = hands.born.iter().filter(|b| !b.again).map(|b| &b.id).collect();
        for Ended { pid, how, was } in all {
            let was_box =
                born.iter().find(|id| self.stand_ins.get(**id).is_some_and(|it| it.pid == pid)).copied();
            let was_work = || hands.started.iter().find(|id| self.workloads.get(*id) == Some(&pid));
            let can_have_been = || {
                let was = was.as_ref().filter(|_| !self.seen.contains(&pid))?;
                let lives = |id: &String| self.workloads.contains_key(id) && !self.ended.contains_key(id);
                let is_work = |id: &&String| {
                    !lives(id) && lesson.workloads.get(*id).is_some_and(|work| was_workload(id, work, was))
                };
                let is_box = |id: &&String| was.is_apart && !self.stand_ins.contains_key(*id);
                hands.started.iter().find(is_work).or_else(|| born.iter().copied().find(is_box))
            };
            if let Some(id) = was_box.or_else(was_work).or_else(can_have_been) {
                self.ended.insert(id.clone(), how);
            }
        }
    }

    /// Finds out which processes stand in now.
    pub(super) fn follow(&mut self, lesson: &Lesson, of_the_run: &View) {
        let Some(hands) = self.hands.clone() else { return };
        let tree = Tree::below(&self.shells());
        self.seen = tree.pids().collect();
        for (of, stand_in) in &mut self.stand_ins {
            if let Some(shell) = self.open.get(of) {
                stand_in.pid = innermost(shell.pid);
            }
        }
        let found = self.born(&hands.born, &tree);
        for born in &hands.born {
            let Some(pid) = found.get(&born.id).copied() else {
                self.stand_ins.remove(&born.id);
                continue;
            };
            // Where there is no such box yet, nothing can be left to it.
            let shell = self.open.get(&born.parent).filter(|_| born.again);
            let given = shell.map_or_else(BTreeMap::new, |shell| shell.given.clone());
            self.ended.remove(&born.id);
            let stand_in = self.stand_ins.entry(born.id.clone());
            stand_in.or_insert_with(|| StandIn::new(pid, given)).pid = pid;
            // It is the parent of what it has forked, and not what the person types in.
            if let (Some(parent), Some(its)) = (self.stand_ins.get_mut(&born.parent), tree.parent(pid)) {
                parent.pid = its;
            }
        }
        for id in &hands.started {
            let taken: Vec<i32> =
                self.workloads.iter().filter(|(of, _)| *of != id).map(|(_, pid)| *pid).collect();
            let work = lesson.workloads.get(id);
            let found = work.and_then(|work| workload(id, work, &tree, &taken, of_the_run));
            // One that has ended stays: how it is then is what is read.
            if let Some(pid) = found {
                self.ended.remove(id);
                self.workloads.insert(id.clone(), pid);
            }
        }
    }

    /// Which processes have become the boxes that are born in the step.
    fn born(&self, all: &[Born], tree: &Tree) -> BTreeMap<String, i32> {
        let mut found: BTreeMap<String, i32> = BTreeMap::new();
        for born in all.iter().rev() {
            let child = all.iter().filter(|b| b.parent == born.id).find_map(|b| found.get(&b.id));
            let pid = match child {
                Some(child) => tree.parent(*child).filter(|pid| !self.shells().contains(pid)),
                None => self.shell_above(born, all).and_then(|shell| tree.child(shell, born.again)),
            };
            found.extend(pid.map(|pid| (born.id.clone(), pid)));
        }
        found
    }

    /// The shell below which a box is born.
    fn shell_above(&self, born: &Born, all: &[Born]) -> Option<i32> {
        let mut parent = &born.parent;
        for _ in 0..all.len() {
            match all.iter().find(|b| b.id == *parent) {
                Some(above) => parent = &above.parent,
                None => break,
            }
        }
        self.open.get(parent).map(|shell| shell.pid)
    }

    /// The run as this reader is to see it: with the person's processes in the place of the boxes, except for what stays the box's own.
    #[deny(clippy::wildcard_enum_match_arm)]
    pub(super) fn view(&self, reader: &Reader, of_the_run: &View) -> View {
        let facts = reader.facts();
        let mut view = View { distrusts_mounts: !self.stand_ins.is_empty(), ..of_the_run.clone() };
        view.pids.extend(self.workloads.iter().map(|(id, pid)| (id.clone(), *pid)));
        match facts.personal {
            // A box does not end with a shell, nor live on in it.
            Some(
                Personal::State
                | Personal::Memory
                | Personal::Announced
                | Personal::Output
                | Personal::ExitStatus,
            ) => {
                let hands = self.hands.as_ref();
                for born in hands.into_iter().flat_map(|hands| &hands.born).filter(|born| !born.again) {
                    view.pids.extend(self.stand_ins.get(&born.id).map(|it| (born.id.clone(), it.pid)));
                }
                view.ended.extend(self.ended.clone());
            }
            Some(
                Personal::Pid
                | Personal::Parent
                | Personal::Numbers
                | Personal::OwnDirectory
                | Personal::Credentials
                | Personal::Processes,
            )
            | None => {
                for (of, stand_in) in &self.stand_ins {
                    let asked = facts.about.is_none_or(|about| about.id == of);
                    if !(asked && stand_in.leaves_to_box(reader)) {
                        view.pids.insert(of.clone(), stand_in.pid);
                    }
                }
            }
        }
        view
    }
}
