//! Step 0: what every run has before its lesson begins.

use super::{ANCHOR, Acted, HOST_HELPER, World};
use crate::actor::cgroup::directories;
use crate::actor::client::Lost;
use crate::actor::ledger::LedgerEntry;
use crate::actor::member::project_map;
use crate::actor::protocol::{Birth, Request};
use crate::actor::scene::Origin;
use crate::engine::machine;
use crate::events::{Deed, LabDeed};
use crate::lesson::by_hand::Inside;
use crate::model::Change;
use crate::probe::cgroup::{Layout, V2};
use crate::vocabulary::value::{Mode, Owner};
use crate::vocabulary::verb::identity::IdMap;
use crate::vocabulary::verb::{Chmod, Chown, GidMap, Mkdir, Setgroups, UidMap, Unshare};
use crate::vocabulary::whole::UserOf;
use crate::vocabulary::{Many, Ns, One, Verb};
use std::path::{Path, PathBuf};

impl World<'_> {
    /// Builds what every run has: the workspace, the user namespace, the cgroups' directory, the boxes that are there from the start.
    /// Gives the actions, to be shown as step 0; the last one may have failed.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn build(&mut self) -> Result<Vec<Acted>, Lost> {
        let mut done = Vec::new();
        self.client.spawn(HOST_HELPER)?;
        self.origins.insert(HOST_HELPER.to_owned(), Origin::HostHelper);
        self.client.spawn(ANCHOR)?;
        self.origins.insert(ANCHOR.to_owned(), Origin::Run);
        // Each builds on the one before it; the first that fails is the last that is made.
        let _ = self.make_workspace(&mut done)?
            && self.make_user_namespace(&mut done)?
            && self.make_cgroups(&mut done)?
            && self.make_boxes(&mut done)?;
        Ok(done)
    }

    /// Makes actions until one fails; says whether all went well.
    fn all(&mut self, done: &mut Vec<Acted>, actions: Vec<(&str, Verb)>) -> Result<bool, Lost> {
        for (actor, verb) in actions {
            let acted = self.perform(actor, &verb, None)?;
            let failed = !acted.succeeded();
            done.push(acted);
            if failed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn make_workspace(&mut self, done: &mut Vec<Acted>) -> Result<bool, Lost> {
        let path = self.client.view.workspace.clone();
        self.client.note(&LedgerEntry::Workspace(path.clone()))?;
        let text = path.display().to_string();
        let mut actions = vec![
            (HOST_HELPER, Mkdir(Many(vec![text.clone()])).into()),
            (HOST_HELPER, Chmod(One(text.clone(), Mode(0o700))).into()),
        ];
        if !self.machine.rootless() {
            let id = self.ids.first;
            actions.push((HOST_HELPER, Chown(One(text, Owner { uid: id, gid: id })).into()));
        }
        self.all(done, actions)
    }

    /// One user namespace for the whole run: what its root makes, it owns, and the rest of the machine answers EPERM. With a privileged
    /// starter the map leaves host root out, so that not even root's files are in reach.
    fn make_user_namespace(&mut self, done: &mut Vec<Acted>) -> Result<bool, Lost> {
        let map = |map: String, of: Option<&str>| IdMap { map: map.into(), of: of.map(str::to_owned) };
        let mut actions: Vec<(&str, Verb)> = vec![(ANCHOR, Unshare(Many(vec![Ns::User])).into())];
        if self.machine.rootless() {
            // An unprivileged writer of gid_map must have given up setgroups before (user_namespaces(7)).
            actions.push((ANCHOR, Setgroups("deny".to_owned()).into()));
            actions.push((ANCHOR, UidMap(map(format!("0 {} 1", self.machine.uid), None)).into()));
            actions.push((ANCHOR, GidMap(map(format!("0 {} 1", self.machine.gid), None)).into()));
        } else {
            let range = format!("0 {} {}", self.ids.first, self.ids.count);
            actions.push((HOST_HELPER, UidMap(map(range.clone(), Some(ANCHOR))).into()));
            actions.push((HOST_HELPER, GidMap(map(range, Some(ANCHOR))).into()));
        }
        if !self.all(done, actions)? {
            return Ok(false);
        }
        self.mark_user_namespace(done)?;
        Ok(true)
    }

    /// Marks the namespace so that a later start finds what is left in it. If the lab is itself in a user namespace without such a map, the kernel refuses;
    /// then other marks identify the processes.
    fn mark_user_namespace(&mut self, done: &mut Vec<Acted>) -> Result<(), Lost> {
        let Some(anchor) = self.client.view.pids.get(ANCHOR) else { return Ok(()) };
        let run = self.client.view.workspace.file_name().unwrap_or_default().to_string_lossy();
        let mark = Change::write(format!("/proc/{anchor}/projid_map"), project_map(&run));
        let deed = Deed::Lab(LabDeed::MarkUserNamespace);
        let acted = self.request(HOST_HELPER, Request::Change(vec![mark]), deed)?;
        if acted.succeeded() {
            done.push(acted);
        }
        Ok(())
    }

    fn make_cgroups(&mut self, done: &mut Vec<Acted>) -> Result<bool, Lost> {
        let Some(delegation) = self.delegation.clone() else { return Ok(true) };
        let base = match &delegation.v2 {
            None => None,
            Some(V2::Direct { base, move_to_main: false }) => Some(base.clone()),
            Some(V2::Direct { base, move_to_main: true }) => Some(self.empty(base.clone(), true)?),
            Some(V2::Systemd { .. }) => {
                let base = self.guardians_cgroup()?;
                Some(self.empty(base, false)?)
            }
        };
        let controllers = machine::controllers(self.lesson);
        let run = self.client.view.workspace.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let layout = Layout::new(&self.machine.hierarchies, &controllers, base.as_deref(), &run);
        for change in directories::restore(&layout) {
            if let Change::Write { file, text } = change {
                self.client.note(&LedgerEntry::Control { file, text })?;
            }
        }
        for place in &layout.places {
            self.client.note(&LedgerEntry::Cgroup(place.directory.clone()))?;
        }
        let uid = self.ids.first;
        let gid = if self.machine.rootless() { self.machine.gid } else { uid };
        let deed = Deed::Lab(LabDeed::PrepareCgroups);
        let prepare = Request::Change(directories::prepare(&layout, uid, gid));
        let acted = self.request(HOST_HELPER, prepare, deed)?;
        let failed = !acted.succeeded();
        done.push(acted);
        for (id, group) in &self.lesson.cgroups {
            let mut path = PathBuf::from(id);
            let mut around = group.under.as_ref();
            while let Some(outer) = around {
                path = Path::new(outer).join(path);
                around = self.lesson.cgroups.get(outer).and_then(|g| g.under.as_ref());
            }
            let made = layout.group(&path, &group.controllers, group.swap);
            self.client.view.groups.insert(id.clone(), made);
        }
        self.layout = Some(layout);
        Ok(!failed)
    }

    /// The v2 cgroup that the guardian was started in.
    fn guardians_cgroup(&self) -> Result<PathBuf, Lost> {
        let file = format!("/proc/{}/cgroup", self.client.guardian());
        let text = std::fs::read_to_string(&file).map_err(|e| Lost::Guardian(format!("read {file}: {e}")))?;
        let path = text.lines().find_map(|l| l.strip_prefix("0::/")).unwrap_or("");
        let mount = self.machine.hierarchies.unified.as_ref().map(|u| u.mount.clone()).unwrap_or_default();
        Ok(mount.join(path))
    }

    /// Moves all processes of the run so far into a leaf: a cgroup that hands controllers on must have none itself. In the lab's own cgroup
    /// the lab is one of them; a scope is the guardian's alone, and goes with it.
    fn empty(&mut self, base: PathBuf, labs_own: bool) -> Result<PathBuf, Lost> {
        let leaf = base.join("main");
        if labs_own {
            self.client.note(&LedgerEntry::Aside(leaf.clone()))?;
        }
        std::fs::create_dir(&leaf)
            .or_else(|e| if e.kind() == std::io::ErrorKind::AlreadyExists { Ok(()) } else { Err(e) })
            .map_err(|e| Lost::Guardian(format!("mkdir {}: {e}", leaf.display())))?;
        self.client.join(&leaf)?;
        let lab = labs_own.then(|| i32::try_from(std::process::id()).unwrap_or(0));
        for pid in self.client.view.pids.values().copied().chain(lab) {
            let file = leaf.join("cgroup.procs");
            std::fs::write(&file, pid.to_string())
                .map_err(|e| Lost::Guardian(format!("write {}: {e}", file.display())))?;
        }
        Ok(base)
    }

    fn make_boxes(&mut self, done: &mut Vec<Acted>) -> Result<bool, Lost> {
        let anchor = self.client.view.pids.get(ANCHOR).copied();
        for (id, decl) in &self.lesson.boxes {
            let plays = self.inside.filter(|_| decl.user == Some(UserOf::Host));
            let ordinary = decl.user == Some(UserOf::Host) && plays.is_none();
            let origin = if ordinary { Origin::Ordinary } else { Origin::Run };
            self.origins.insert(id.clone(), origin);
            if decl.forked_by.is_some() {
                continue;
            }
            let pid = self.client.spawn(id)?;
            if let Some(leaf) = self.layout.as_ref().and_then(Layout::leaf) {
                let into = Change::write(leaf.join("cgroup.procs"), pid.to_string());
                let deed = Deed::Lab(LabDeed::JoinCgroup { r#box: id.clone() });
                let acted = self.request(HOST_HELPER, Request::Change(vec![into]), deed)?;
                let failed = !acted.succeeded();
                done.push(acted);
                if failed {
                    return Ok(false);
                }
            }
            let birth = Birth {
                user_of: if ordinary { None } else { anchor },
                id: match (ordinary, self.machine.rootless()) {
                    (false, _) => Some(0),
                    (true, false) => Some(self.ids.first),
                    (true, true) => None,
                },
                ordinary: plays.map(|left| left == Inside::MapsRoot),
                new: decl.new.clone(),
            };
            let deed = if ordinary { LabDeed::BecomeOrdinary } else { LabDeed::EnterUserNamespace };
            let acted = self.request(id, Request::Enter(birth), Deed::Lab(deed))?;
            let failed = !acted.succeeded();
            done.push(acted);
            if failed {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
