//! A person's shell in a world: started, looked after, ended with everything that it has started.

use super::{ANCHOR, HOST_HELPER, SHELL, World};
use crate::actor::client::Lost;
use crate::actor::protocol::{Reply, Request, ShellSpec};
use crate::actor::scene::{Origin, Scene};
use crate::actor::sweep;
use crate::events::{ActionEnd, Deed, LabDeed, Refusal};
use crate::model::{Change, Errno, Process, ShellNotice};
use crate::probe::cgroup::{CgroupDirectory, Layout};
use crate::probe::process;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PROC: &str = "/proc";
/// A shell is there within this time, or there is none: 30 s.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// What it has started must be dead so long after its end: 5 s.
const END_DEADLINE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(5);

/// A shell that lives.
#[derive(Debug)]
pub struct Shell {
    /// Its number on the host.
    pub pid: i32,
    /// What a person should know about it, the most important first.
    pub notice: Vec<ShellNotice>,
    /// Those of its variables that speak of the run, with their values.
    pub variables: BTreeMap<String, String>,
}

impl World<'_> {
    /// Starts a shell in all namespaces of a box that may have one; `pid` is the box's number.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone. That there can be no shell in this box is the inner error.
    pub fn start_shell(&mut self, of: &str, pid: i32, tty: &Path) -> Result<Result<Shell, Refusal>, Lost> {
        self.look_at_the_host()?;
        if !self.has_shell() {
            self.person.before = self.run_processes().into_iter().collect();
        }
        // Another name each time: that the last one has ended may be told only when the next one is there.
        self.person.started += 1;
        let name = format!("{SHELL}-{}", self.person.started);
        let keeper = self.client.spawn(&name)?;
        let mut notice = Vec::new();
        if let Err(cause) = self.join_cgroups_of(pid, keeper)? {
            notice.push(ShellNotice::NotInCgroups { cause });
        }
        let scene = Scene { view: self.client.view.clone(), origin: Origin::Run, ..self.scene.clone() };
        // If the box cannot answer, use only the host's own table.
        let foreign = self.surroundings(of, scene)?.unwrap_or_default();
        let request = Request::Shell(Box::new(self.spec(of, pid, tty, &foreign)));
        let answer = self.client.ask(&name, request, false, START_DEADLINE)?;
        let (cause, errno) = match answer.reply {
            Reply::Shell { pid, notice: told, variables } => {
                notice.splice(0..0, told);
                if let Some(failures) = self.person.failures.clone() {
                    if let Err(errno) = self.client.observe(pid, failures)? {
                        self.end_keeper(&name)?;
                        let cause = format!("trace the shell in {of}: {errno}");
                        return Ok(Err(Refusal::NoShell { cause, errno: Some(errno) }));
                    }
                    notice.insert(0, ShellNotice::Traced);
                }
                self.person.open(of, pid, name, self.client.view.pids.get(of).copied());
                return Ok(Ok(Shell { pid, notice, variables }));
            }
            Reply::Failed { what, errno } => (what, Some(errno)),
            Reply::Lost { what } | Reply::Refused { why: what } => (what, None),
            Reply::Done { .. }
            | Reply::Read(_)
            | Reply::ReadAll(_)
            | Reply::Ran(_)
            | Reply::Surroundings(_) => ("the helper did not understand the request".to_owned(), None),
        };
        self.end_keeper(&name)?;
        Ok(Err(Refusal::NoShell { cause, errno }))
    }

    /// The box's number, when a person may be let in there.
    ///
    /// # Errors
    /// Why not.
    pub fn may_have_shell(&self, of: &str) -> Result<i32, Refusal> {
        let origin = self.origin_of(of);
        if !self.lesson.boxes.contains_key(of) {
            return Err(Refusal::NotABox { of: of.to_owned() });
        }
        let alive = |pid: &i32| matches!(process::state(Path::new(PROC), *pid), Ok(Process::Alive(_)));
        let Some(pid) = self.client.view.pids.get(of).copied().filter(alive) else {
            return Err(Refusal::NotRunning { of: of.to_owned() });
        };
        if origin != Origin::Run {
            return Err(Refusal::OrdinaryProcess { of: of.to_owned() });
        }
        let map = Path::new(PROC).join(pid.to_string()).join("uid_map");
        let text = std::fs::read_to_string(&map)
            .map_err(|e| Refusal::NotRead { path: map, errno: Errno::of(&e) })?;
        let outside = |line: &str| line.split_ascii_whitespace().nth(1)?.parse::<u32>().ok();
        if text.lines().any(|line| outside(line) == Some(0)) {
            return Err(Refusal::RootOfHost { of: of.to_owned() });
        }
        Ok(pid)
    }

    fn spec(&self, of: &str, pid: i32, tty: &Path, foreign: &BTreeSet<String>) -> ShellSpec {
        let view = &self.client.view;
        let name = |id: &String| id.replace('-', "_");
        let members = self.lesson.boxes.keys().chain(self.lesson.workloads.keys());
        let numbers = members.filter_map(|id| {
            let numbers = process::numbers(Path::new(PROC), *view.pids.get(id)?).ok()?;
            Some((name(id), numbers))
        });
        let groups = view.groups.iter().flat_map(|(id, group)| {
            // On v1 CPU time may be counted in a hierarchy of its own, which has to be joined, too.
            let variable = |suffix: &str, place: Option<&CgroupDirectory>| {
                let value = place?.directory.display().to_string();
                Some((format!("cgroup_{}{suffix}", name(id)), value))
            };
            let first = group.places.iter().find(|p| !p.controllers.is_empty());
            let counts = group.places.iter().find(|p| p.cpu_time && p.controllers.is_empty());
            [variable("", first), variable("_cpuacct", counts)].into_iter().flatten()
        });
        ShellSpec {
            of: of.to_owned(),
            pid,
            tty: tty.to_owned(),
            user_of: view.pids.get(ANCHOR).copied(),
            walls: self.walls(foreign, Some(tty)),
            hosts_network: self.in_hosts("net", pid),
            hosts_processes: self.in_hosts("pid", pid),
            uid: self.ids.first,
            variables: groups.collect(),
            numbers: numbers.collect::<BTreeMap<_, _>>(),
        }
    }

    /// Puts the shell's keeper where the box is; what it starts is then there, too.
    pub(super) fn join_cgroups_of(&mut self, pid: i32, keeper: i32) -> Result<Result<(), String>, Lost> {
        let own = self.client.view.groups.values().flat_map(crate::probe::cgroup::Group::directories);
        let places: BTreeSet<PathBuf> = own.chain(self.layout.as_ref().and_then(Layout::leaf)).collect();
        let has = |place: &PathBuf| {
            let members = std::fs::read_to_string(place.join("cgroup.procs")).unwrap_or_default();
            members.lines().any(|l| l.trim() == pid.to_string())
        };
        let into = |place: PathBuf| Change::write(place.join("cgroup.procs"), keeper.to_string());
        let changes: Vec<Change> = places.into_iter().filter(has).map(into).collect();
        if changes.is_empty() {
            return Ok(Ok(()));
        }
        let deed = Deed::Lab(LabDeed::JoinCgroup { r#box: SHELL.to_owned() });
        Ok(match self.request(HOST_HELPER, Request::Change(changes), deed)?.end() {
            ActionEnd::Succeeded | ActionEnd::Program(_) => Ok(()),
            ActionEnd::Failed { what: why, .. } | ActionEnd::Refused(why) | ActionEnd::Lost(why) => Err(why),
        })
    }

    /// Whether a process is, or must be taken to be, in the namespace of this type that the lab was started in.
    pub(super) fn in_hosts(&self, kind: &str, pid: i32) -> bool {
        let own = crate::probe::namespace::link(Path::new(&format!("/proc/{pid}")), kind);
        own.map_or(true, |own| self.machine.host.namespaces.get(kind) == Some(&own))
    }

    /// All processes of the run, with their start times, by which a number that is used again is told apart.
    pub(super) fn run_processes(&self) -> Vec<(i32, u64)> {
        let guardian = i32::try_from(self.client.guardian()).unwrap_or(0);
        let alive = |pid: i32| {
            let stat = process::stat(Path::new(PROC), pid).ok()?;
            (!matches!(stat.state, 'Z' | 'X')).then_some((pid, stat.started))
        };
        sweep::descendants(guardian).into_iter().filter_map(alive).collect()
    }

    /// Whether a shell was started and not ended yet.
    pub fn has_shell(&self) -> bool {
        self.person.has_shell()
    }

    /// Whether there is one in this box.
    pub fn has_shell_in(&self, of: &str) -> bool {
        self.person.open.contains_key(of)
    }

    /// The boxes whose shells have ended since this was asked last. What such a shell has started lives on until the last one ends.
    ///
    /// # Errors
    /// When the guardian is gone.
    pub fn ended_shells(&mut self) -> Result<Vec<String>, Lost> {
        self.client.catch_up()?;
        let has_left = |keeper: &str| self.client.has_left(keeper);
        Ok(self.person.forget_ended(has_left))
    }

    /// Ends a keeper that has no shell.
    fn end_keeper(&mut self, keeper: &str) -> Result<(), Lost> {
        if !self.has_shell() {
            return self.end_shells();
        }
        self.end_process(keeper);
        Ok(())
    }

    /// Kills one of the lab's own helpers.
    pub(super) fn end_process(&mut self, helper: &str) {
        if let Some(pid) = self.client.view.pids.get(helper).copied()
            && let Ok(stat) = process::stat(Path::new(PROC), pid)
        {
            sweep::kill(pid, stat.started);
        }
        self.client.forget(|name| name == helper);
    }

    /// Kills all shells with their keepers and everything that has been started since the first one.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn end_shells(&mut self) -> Result<(), Lost> {
        self.person.leave();
        let until = Instant::now() + END_DEADLINE;
        loop {
            let strays: Vec<(i32, u64)> =
                self.run_processes().into_iter().filter(|p| !self.person.before.contains(p)).collect();
            if strays.is_empty() || Instant::now() > until {
                break;
            }
            for (pid, started) in strays {
                sweep::kill(pid, started);
            }
            self.client.pause(LOOK)?;
        }
        self.client.forget(super::is_helper);
        Ok(())
    }
}
