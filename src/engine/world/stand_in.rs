//! A person's shell in the place of a box. Who types `unshare --uts` gets a shell within the shell: it is the innermost one that stands in, and a
//! helper goes where that one is, to read what the box itself would have read.

use crate::probe::{namespace, process};
use crate::vocabulary::Reader;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) const PROC: &str = "/proc";
/// Shells within shells are followed so deep.
const DEEPEST: usize = 64;

/// Who stands in for a box, and who reads in its place.
pub(super) struct StandIn {
    /// The process in the place of the box.
    pub(super) pid: i32,
    /// The namespaces, root and working directory in which the helper is.
    pub(super) place: BTreeMap<String, String>,
    /// The helper's name; none while it could not go there.
    pub(super) reader: Option<String>,
    /// The namespaces given to the shell because the box shares the host's. A person still in one of them has not changed to another of that type.
    given: BTreeMap<String, String>,
}

/// The types of namespaces that a shell may be given.
pub(super) const GIVEN: [&str; 3] = ["net", "ipc", "mnt"];

/// The type of the namespace that determines the reading, if a shell may have been given one of this type.
fn decided_by(reader: &Reader) -> Option<&'static str> {
    let namespace = reader.facts().namespace?;
    GIVEN.into_iter().find(|kind| *kind == namespace.link())
}

impl StandIn {
    /// A shell stands in, which was given these namespaces.
    pub(super) fn new(pid: i32, given: BTreeMap<String, String>) -> Self {
        StandIn { pid, place: BTreeMap::new(), reader: None, given }
    }

    /// Whether the box itself should be asked: the person is still in the namespace given to the shell.
    pub(super) fn leaves_to_box(&self, reader: &Reader) -> bool {
        decided_by(reader).is_some_and(|kind| {
            let here = namespace::link(&directory(self.pid), kind).ok();
            here.is_some() && self.given.get(kind) == here.as_ref()
        })
    }
}

pub(super) fn directory(pid: i32) -> PathBuf {
    Path::new(PROC).join(pid.to_string())
}

/// What decides what a process reads.
pub(super) fn place(pid: i32) -> BTreeMap<String, String> {
    let mut all = surroundings(pid);
    all.retain(|kind, _| !kind.ends_with("_for_children"));
    all
}

/// Its namespaces, those of its children to come, and its root.
fn surroundings(pid: i32) -> BTreeMap<String, String> {
    let mut all = namespace::links(&directory(pid));
    let root = std::fs::read_link(directory(pid).join("root")).unwrap_or_default();
    all.insert("root".to_owned(), root.display().to_string());
    all
}

/// The innermost process in the foreground of the terminal of a shell; of a chain of processes in one place the outermost, because those
/// further in come and go with every command.
pub(super) fn innermost(shell: i32) -> i32 {
    let proc = Path::new(PROC);
    let foreground = process::stat(proc, shell).map_or(-1, |s| s.foreground);
    let mut open = vec![vec![shell]];
    let mut best: Option<(usize, u64, Vec<i32>)> = None;
    while let Some(chain) = open.pop() {
        let Some(pid) = chain.last().copied() else { continue };
        let Ok(stat) = process::stat(proc, pid) else { continue };
        if stat.group == foreground {
            let rank = (chain.len(), stat.started);
            if best.as_ref().is_none_or(|(depth, started, _)| rank > (*depth, *started)) {
                best = Some((rank.0, rank.1, chain.clone()));
            }
        }
        if chain.len() < DEEPEST {
            let further = process::children(proc, pid).unwrap_or_default();
            open.extend(further.into_iter().map(|child| [&chain[..], &[child]].concat()));
        }
    }
    let Some((_, _, chain)) = best else { return shell };
    let inner = chain.last().map_or_else(BTreeMap::new, |pid| surroundings(*pid));
    // One that has just ended has no links any more.
    let inner = if inner.contains_key("mnt") { inner } else { surroundings(shell) };
    let same = chain.iter().rev().take_while(|pid| surroundings(**pid) == inner).last();
    same.or(chain.first()).copied().unwrap_or(shell)
}
