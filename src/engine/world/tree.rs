//! The processes below a person's shells, and which of them has become what the step's actions create. What counts is what the kernel says of
//! them: parents, namespaces, cgroups, and the program that runs.

use super::stand_in::{PROC, directory};
use crate::actor::trace::Was;
use crate::probe::{View, namespace, process};
use crate::vocabulary::Work;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// No more processes than these are looked at.
const MOST: usize = 1024;
/// A process's name has no more bytes (`TASK_COMM_LEN` in the kernel, without the end).
const NAME: usize = 15;

struct Node {
    parent: i32,
    /// When it started, in clock ticks since boot.
    started: u64,
    name: String,
}

/// The processes that live below some others.
pub(super) struct Tree {
    tops: Vec<i32>,
    nodes: BTreeMap<i32, Node>,
}

impl Tree {
    /// Reads what lives below these, themselves included.
    pub(super) fn below(tops: &[i32]) -> Self {
        let (mut nodes, mut open) = (BTreeMap::new(), tops.to_vec());
        while let Some(pid) = open.pop().filter(|_| nodes.len() < MOST) {
            let Ok(stat) = process::stat(Path::new(PROC), pid) else { continue };
            if matches!(stat.state, 'Z' | 'X') {
                continue;
            }
            nodes.insert(pid, Node { parent: stat.parent, started: stat.started, name: stat.name });
            open.extend(process::children(Path::new(PROC), pid).unwrap_or_default());
        }
        Tree { tops: tops.to_vec(), nodes }
    }

    /// All of them.
    pub(super) fn pids(&self) -> impl Iterator<Item = i32> {
        self.nodes.keys().copied()
    }

    /// The parent of one of them.
    pub(super) fn parent(&self, pid: i32) -> Option<i32> {
        self.nodes.get(&pid).map(|node| node.parent)
    }

    fn is_below(&self, pid: i32, top: i32) -> bool {
        let mut all = std::iter::successors(self.parent(pid), |pid| self.parent(*pid));
        all.any(|above| above == top)
    }

    /// The child in another PID or time namespace than its parent's, or where there is none, and one is not called for, any: the youngest.
    pub(super) fn child(&self, top: i32, apart: bool) -> Option<i32> {
        let space = |pid: i32| {
            let link = |name| namespace::link(&directory(pid), name).ok();
            Some((link("pid")?, link("time")))
        };
        let is_apart = |pid: i32, parent: i32| space(pid).is_some_and(|own| Some(own) != space(parent));
        let below = self.nodes.iter().filter(|(pid, _)| self.is_below(**pid, top));
        let ranked = below.map(|(pid, node)| (is_apart(*pid, node.parent), node.started, *pid));
        ranked.filter(|(is_apart, ..)| *is_apart || !apart).max().map(|(.., pid)| pid)
    }
}

/// The process that has become a workload: by its name, by its program, or as a member of its cgroup; the youngest.
pub(super) fn workload(id: &str, work: &Work, tree: &Tree, taken: &[i32], view: &View) -> Option<i32> {
    let members = work.cgroup().and_then(|group| view.groups.get(group)).map(|group| {
        let directories = group.directories();
        let read =
            |directory: &PathBuf| std::fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
        let numbers = |text: String| text.lines().filter_map(|l| l.parse().ok()).collect::<Vec<i32>>();
        directories.iter().map(read).flat_map(numbers).collect::<BTreeSet<i32>>()
    });
    let name = id.get(..NAME).unwrap_or(id);
    let ranked =
        tree.nodes.iter().filter(|(pid, _)| !taken.contains(pid) && !tree.tops.contains(pid)).filter_map(
            |(pid, node)| {
                let is_member = members.as_ref().is_some_and(|members| members.contains(pid));
                // Right after a fork the child of a forker has the name of its parent.
                let is_copy = tree.nodes.get(&node.parent).is_some_and(|parent| {
                    parent.name == node.name && process::is_own_program(&directory(node.parent))
                });
                let is_program = !is_copy
                    && process::is_own_program(&directory(*pid))
                    && (node.name == name || node.name == program(work));
                let found = is_member || is_program && members.is_none();
                found.then_some((is_program, node.name == name, node.started, *pid))
            },
        );
    ranked.max().map(|(.., pid)| pid)
}

/// Whether a program that has ended was this workload, as far as its name tells.
pub(super) fn was_workload(id: &str, work: &Work, was: &Was) -> bool {
    was.is_the_labs && [id.get(..NAME).unwrap_or(id), program(work)].contains(&was.name.as_str())
}

/// The name of the command that does this work.
fn program(work: &Work) -> &'static str {
    match work {
        Work::Busyloop(_) => "busyloop",
        Work::Memhog(_) => "memhog",
        Work::Filereader(_) => "filereader",
        Work::Forker(_) => "forker",
        Work::TcpServer(_) => "tcp_server",
        Work::UnixListener(_) => "unix_listener",
    }
}
