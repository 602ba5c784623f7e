//! Runs a lesson's program: started beside the box, and ended with everything that it has started.

use super::{ANCHOR, Acted, World};
use crate::actor::client::Lost;
use crate::actor::protocol::{ProgramSpec, Reply, Request, Walls};
use crate::actor::scene::{Origin, Scene};
use crate::actor::sweep;
use crate::events::Deed;
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The name of the helper that starts a program, to which a number is appended.
const HELPER: &str = "+program";
/// Processes that a program has left must be dead after this time: 5 s.
const END_DEADLINE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(2);

/// The home directories of this machine's users: root's, those of all users who are not services (`login.defs(5)`, `UID_MIN`), and that of the user who
/// started the lab.
fn homes() -> Vec<PathBuf> {
    const FIRST_PERSON: u32 = 1000;
    let table = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let home = |line: &str| {
        let mut fields = line.split(':').skip(2);
        let uid: u32 = fields.next()?.parse().ok()?;
        let home = fields.nth(2)?;
        (uid == 0 || uid >= FIRST_PERSON).then(|| PathBuf::from(home))
    };
    let sudo = std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok());
    let starters = [Some(nix::unistd::getuid().as_raw()), sudo].into_iter().flatten();
    // Also users who are in no file (LDAP, systemd-homed).
    let known = starters
        .filter_map(|uid| nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid)).ok()??.dir.into());
    let own = std::env::var_os("HOME").map(PathBuf::from);
    let all: BTreeSet<PathBuf> = table.lines().filter_map(home).chain(known).chain(own).collect();
    all.into_iter().filter(|home| home.is_absolute()).collect()
}

impl World<'_> {
    /// What belongs to the run, for a program or person that is let into a box. `foreign` are devices of the host that are not in its own mount table.
    pub(super) fn walls(&self, foreign: &BTreeSet<String>, tty: Option<&Path>) -> Walls {
        let host = &self.scene.host;
        Walls {
            workspace: self.client.view.workspace.clone(),
            cgroups: self.layout.iter().flat_map(|l| &l.places).map(|p| p.directory.clone()).collect(),
            foreign: host.devices.union(foreign).cloned().collect(),
            home: host.home.clone(),
            homes: homes(),
            tty: tty.map(Path::to_owned),
        }
    }

    /// Which filesystems around a box are the host's, according to the box.
    pub(super) fn surroundings(
        &mut self,
        of: &str,
        scene: Scene,
    ) -> Result<Result<BTreeSet<String>, Reply>, Lost> {
        let request = Request::Surroundings(Box::new(scene));
        let answer = self.client.ask(of, request, false, super::READ_DEADLINE)?;
        Ok(if let Reply::Surroundings(foreign) = answer.reply { Ok(foreign) } else { Err(answer.reply) })
    }

    /// Runs a program in the namespaces of a box and behind walls.
    pub(super) fn run_program(
        &mut self,
        of: &str,
        argv: &[String],
        scene: Scene,
        deed: Deed,
    ) -> Result<Acted, Lost> {
        let mut refused = Self::pretended(of, deed.clone());
        if self.origin_of(of) != Origin::Run {
            let why = "programs are run only in boxes of the run's own user namespace".to_owned();
            refused.reply = Reply::Refused { why };
            return Ok(refused);
        }
        let foreign = match self.surroundings(of, scene)? {
            Ok(foreign) => foreign,
            Err(reply) => {
                refused.reply = reply;
                return Ok(refused);
            }
        };
        let Some(pid) = self.client.view.pids.get(of).copied() else {
            refused.reply = Reply::Refused { why: format!("{of} is not running") };
            return Ok(refused);
        };
        let before: BTreeSet<(i32, u64)> = self.run_processes().into_iter().collect();
        self.programs += 1;
        let name = format!("{HELPER}-{}", self.programs);
        let keeper = self.client.spawn(&name)?;
        if let Err(why) = self.join_cgroups_of(pid, keeper)? {
            self.end_program(&name, &before)?;
            refused.reply = Reply::Refused { why };
            return Ok(refused);
        }
        let spec = ProgramSpec {
            pid,
            user_of: self.client.view.pids.get(ANCHOR).copied(),
            argv: argv.to_vec(),
            walls: self.walls(&foreign, None),
            processes: before.len() as u64,
        };
        let mut acted = self.request(&name, Request::Program(Box::new(spec)), deed)?;
        of.clone_into(&mut acted.record.actor);
        self.end_program(&name, &before)?;
        Ok(acted)
    }

    /// Ends the helper, and the processes that a program has left. All of them are stopped first: a stopped process does not fork, and still counts against
    /// the limit of processes, so this comes to an end whatever they do. Where new ones still appear after half of the time, all that are seen are killed.
    fn end_program(&mut self, helper: &str, before: &BTreeSet<(i32, u64)>) -> Result<(), Lost> {
        let start = Instant::now();
        let mut stopped = BTreeSet::new();
        loop {
            let left: Vec<(i32, u64)> =
                self.run_processes().into_iter().filter(|p| !before.contains(p)).collect();
            if left.is_empty() || start.elapsed() > END_DEADLINE {
                break;
            }
            let new = left.iter().filter(|p| stopped.insert(**p)).count();
            let wait = new > 0 && start.elapsed() < END_DEADLINE / 2;
            let signal = if wait { Signal::STOP } else { Signal::KILL };
            for (pid, started) in left {
                sweep::signal(pid, started, signal);
            }
            self.client.pause(LOOK)?;
        }
        self.client.forget(|name| name == helper);
        Ok(())
    }
}
