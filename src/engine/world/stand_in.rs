//! A person's shell in the place of a box. Who types `unshare --uts` gets a shell within the shell: it is the innermost one that stands in, and a
//! helper goes where that one is, to read what the box itself would have read.

use super::{ANCHOR, World};
use crate::actor::client::Lost;
use crate::actor::protocol::{Birth, Reply, Request};
use crate::actor::sweep;
use crate::model::Reading;
use crate::probe::{self, View, namespace, process};
use crate::vocabulary::Reader;
use crate::vocabulary::readout::Readout;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const PROC: &str = "/proc";
/// Shells within shells are followed so deep.
const DEEPEST: usize = 64;

/// Who reads in the place of a box, and where.
pub(super) struct StandIn {
    /// The box.
    of: String,
    /// The process in its place.
    pid: i32,
    /// The namespaces and root in which the helper is.
    place: BTreeMap<String, String>,
    /// The helper's name; none while it could not go there.
    eye: Option<String>,
    /// How many helpers there were.
    eyes: u32,
    /// The namespaces given to the shell because the box shares the host's. A person still in one of them has not changed to another of that type.
    given: BTreeMap<String, String>,
}

/// The types of namespaces that a shell may be given.
const GIVEN: [&str; 3] = ["net", "ipc", "mnt"];

/// The type of the namespace that determines the reading, if a shell may have been given one of this type.
fn decided_by(reader: &Reader) -> Option<&'static str> {
    let namespace = reader.facts().namespace?;
    GIVEN.into_iter().find(|kind| *kind == namespace.link())
}

impl StandIn {
    /// Whether the box itself should be asked: the person is still in the namespace given to the shell.
    pub(super) fn leaves_to_box(&self, reader: &Reader) -> bool {
        decided_by(reader).is_some_and(|kind| {
            let here = namespace::link(&directory(self.pid), kind).ok();
            here.is_some() && self.given.get(kind) == here.as_ref()
        })
    }

    /// The run, with the person's process in the place of the box.
    pub(super) fn view(&self, of_the_run: &View) -> View {
        let mut view = of_the_run.clone();
        view.pids.insert(self.of.clone(), self.pid);
        view
    }
}

fn directory(pid: i32) -> PathBuf {
    Path::new(PROC).join(pid.to_string())
}

/// What decides what a process reads.
fn place(pid: i32) -> BTreeMap<String, String> {
    let mut all = namespace::links(&directory(pid));
    all.retain(|kind, _| !kind.ends_with("_for_children"));
    let root = std::fs::read_link(directory(pid).join("root")).unwrap_or_default();
    all.insert("root".to_owned(), root.display().to_string());
    all
}

/// The innermost process in the foreground of the terminal of a shell; of a chain of processes in one place the outermost, because those
/// further in come and go with every command.
fn innermost(shell: i32) -> i32 {
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
    let inner = chain.last().map_or_else(BTreeMap::new, |pid| place(*pid));
    // One that has just ended has no links any more.
    let inner = if inner.contains_key("mnt") { inner } else { place(shell) };
    let same = chain.iter().rev().take_while(|pid| place(**pid) == inner).last();
    same.or(chain.first()).copied().unwrap_or(shell)
}

impl World<'_> {
    /// From now on until its end the shell stands in for this box.
    pub fn stand_in(&mut self, of: &str) {
        let link = |pid: i32, kind: &str| namespace::link(&directory(pid), kind).ok();
        let boxes = self.client.view.pids.get(of).copied();
        let given = |shell: i32| {
            let other = |kind: &str| {
                let own = link(shell, kind)?;
                (link(boxes?, kind)? != own).then(|| (kind.to_owned(), own))
            };
            GIVEN.into_iter().filter_map(other).collect()
        };
        self.stand_in = self.shell.map(|pid| StandIn {
            given: given(pid),
            of: of.to_owned(),
            pid,
            place: BTreeMap::new(),
            eye: None,
            eyes: 0,
        });
    }

    /// Finds out who stands in now, and sends a helper there.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn follow_the_shell(&mut self) -> Result<(), Lost> {
        let (Some(shell), Some(mut stand_in)) = (self.shell, self.stand_in.take()) else { return Ok(()) };
        let followed = self.follow(shell, &mut stand_in);
        self.stand_in = Some(stand_in);
        followed
    }

    fn follow(&mut self, shell: i32, stand_in: &mut StandIn) -> Result<(), Lost> {
        self.client.catch_up()?;
        stand_in.pid = innermost(shell);
        let here = place(stand_in.pid);
        let lives = stand_in.eye.as_ref().is_some_and(|eye| !self.client.has_left(eye));
        if lives && here == stand_in.place {
            return Ok(());
        }
        if let Some(old) = stand_in.eye.take() {
            if let Some(pid) = self.client.view.pids.get(&old).copied()
                && let Ok(stat) = process::stat(Path::new(PROC), pid)
            {
                sweep::kill(pid, stat.started);
            }
            self.client.forget(|name| name == old);
        }
        stand_in.eyes += 1;
        let eye = format!("+eye{}", stand_in.eyes);
        self.client.spawn(&eye)?;
        let birth =
            Birth { user_of: self.client.view.pids.get(ANCHOR).copied(), id: Some(0), ..Birth::default() };
        let join = Request::Join { pid: stand_in.pid, birth };
        let answer = self.client.ask(&eye, join, false, super::READ_DEADLINE)?;
        stand_in.place = match answer.reply {
            Reply::Done { .. } => here,
            // The process may have ended meanwhile: at the next look another one is tried.
            _ => BTreeMap::new(),
        };
        stand_in.eye = Some(eye);
        Ok(())
    }

    /// Reads with the person's shell in the place of the box.
    pub(super) fn read_by_person(&mut self, readout: &Readout, reader: &Reader) -> Result<Reading, Lost> {
        let Some(stand_in) = &self.stand_in else { return Ok(Reading::NotMeasured) };
        if readout.subject == stand_in.of && stand_in.leaves_to_box(reader) {
            return self.ask_to_read(&readout.subject, reader, self.client.view.clone());
        }
        let view = stand_in.view(&self.client.view);
        let mut subject = readout.subject.clone();
        if subject == stand_in.of {
            if let Some(from_outside) = reader.facts().from_outside {
                return Ok(probe::read_as_host(&from_outside(&stand_in.of), &view));
            }
            let Some(eye) = stand_in.eye.clone().filter(|_| !stand_in.place.is_empty()) else {
                return Ok(Reading::Gone);
            };
            subject = eye;
        }
        self.ask_to_read(&subject, reader, view)
    }
}
