//! The changes that make a run's cgroup directories, and take back what they changed around them.

use crate::model::Change;
use crate::probe::cgroup::{Group, LEAF, Layout};
use crate::vocabulary::Version;
use crate::vocabulary::controller::Controller;
use std::path::Path;

/// `+cpu +memory`. Freezing is no controller in v2.
fn signed(sign: char, controllers: &[Controller]) -> String {
    let real = controllers.iter().filter(|c| **c != Controller::Freezer);
    real.map(|c| format!("{sign}{}", c.name())).collect::<Vec<_>>().join(" ")
}

/// What the privileged helper does before the first box: the directories, the controllers, and their owner, who may
/// then make groups in them and move its own processes between these.
pub fn prepare(layout: &Layout, uid: u32, gid: u32) -> Vec<Change> {
    let mut changes = Vec::new();
    for place in &layout.places {
        let dir = &place.directory;
        let base = dir.parent().unwrap_or(dir);
        let owned: &[&str] = match place.version {
            Version::V1 => &["cgroup.procs", "tasks"],
            Version::V2 => &["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"],
        };
        if place.version == Version::V2 && !layout.missing.is_empty() {
            let text = signed('+', &layout.missing);
            changes.push(Change::write(base.join("cgroup.subtree_control"), text));
        }
        changes.push(Change::Mkdir(dir.clone()));
        if place.version == Version::V1 && place.controllers.contains(&Controller::Cpuset) {
            for file in ["cpuset.cpus", "cpuset.mems"] {
                changes.push(Change::Copy { from: base.join(file), to: dir.join(file) });
            }
            // The lesson's groups are then born with the same (`cgroup-v1/cgroups.rst`, 1.5).
            changes.push(Change::write(dir.join("cgroup.clone_children"), "1"));
        }
        if place.version == Version::V2 {
            let text = signed('+', &place.controllers);
            if !text.is_empty() {
                changes.push(Change::write(dir.join("cgroup.subtree_control"), text));
            }
            changes.push(Change::Mkdir(dir.join(LEAF)));
        }
        let paths = std::iter::once(dir.clone()).chain(owned.iter().map(|f| dir.join(f)));
        changes.extend(paths.map(|path| Change::Chown { path, uid, gid }));
    }
    changes
}

/// Takes back what [`prepare`] added to the base's `cgroup.subtree_control`, once the run's directories are gone.
/// The kernel refuses with EBUSY while another run needs it, which is as it should be.
pub fn restore(layout: &Layout) -> Vec<Change> {
    let unified = layout.places.iter().find(|p| p.version == Version::V2);
    let base = unified.filter(|_| !layout.missing.is_empty()).and_then(|p| p.directory.parent());
    let undo = |base: &Path| Change::write(base.join("cgroup.subtree_control"), signed('-', &layout.missing));
    base.map(undo).into_iter().collect()
}

/// What makes a group of the lesson.
pub fn create(group: &Group) -> Vec<Change> {
    let mut changes = Vec::new();
    for place in &group.places {
        let dir = &place.directory;
        let handed_on = signed('+', &place.controllers);
        if let (true, Version::V2, Some(parent)) = (group.nested, place.version, dir.parent())
            && !handed_on.is_empty()
        {
            changes.push(Change::write(parent.join("cgroup.subtree_control"), handed_on));
        }
        changes.push(Change::Mkdir(dir.clone()));
        if place.controllers.contains(&Controller::Memory) && group.unswappable {
            // v1's limit on memory and swap together comes too late: a limit that is lowered would first swap out, then be refused.
            let file = match place.version {
                Version::V1 => "memory.swappiness",
                Version::V2 => "memory.swap.max",
            };
            changes.push(Change::WriteIfThere { file: dir.join(file), text: "0".to_owned() });
        }
    }
    changes
}
