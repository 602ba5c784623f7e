//! Overlay mounts.

use super::calls::Calls;
use super::refusal::Refusal;
use super::stage::{on_stage, text};
use super::surroundings::{Surroundings, blocked};
use crate::actor::ledger::HOME;
use crate::probe::cgroup::Blocked;
use crate::probe::mountinfo;
use crate::vocabulary::value::Mode;
use crate::vocabulary::verb::mount::Overlay;
use crate::vocabulary::verb::{Append, Chmod, Mkdir, Mount, Remove, Umount, Write};
use crate::vocabulary::{Many, One, Verb};
use std::path::Path;

pub(super) const OVERLAY: Calls = Calls { make: |id| on_stage(id, &layers()), leaves_files: true, cause };

/// A copied file, a deleted file and a directory in the place of a deleted one: each is stored differently in the filesystem below `upper`.
fn layers() -> Vec<Verb> {
    let files = |names: &[&str]| names.iter().map(|n| (text(n), text("trial\n"))).collect();
    let overlay = Overlay {
        lower: Many(vec![text("lower")]),
        upper: Some(text("upper")),
        work: Some(text("work")),
        at: text("merged"),
    };
    vec![
        Mkdir(Many(["lower", "upper", "work", "merged", "lower/cache"].map(text).to_vec())).into(),
        Write(files(&["lower/file", "lower/doomed", "lower/cache/old"])).into(),
        Mount::Overlay(overlay).into(),
        Append(files(&["merged/file"])).into(),
        Chmod(One(text("merged/file"), Mode(0o600))).into(),
        Remove(text("merged/doomed")).into(),
        Remove(text("merged/cache")).into(),
        Mkdir(Many(vec![text("merged/cache")])).into(),
        Umount { at: text("merged"), detach: None }.into(),
    ]
}

fn cause(here: &Surroundings, refusal: &Refusal) -> Option<Blocked> {
    if refusal.errno()? == libc::ENODEV {
        return Some(blocked("this kernel has no overlayfs", here.as_root("modprobe overlay")));
    }
    if here.old_for(5, 11) {
        return Some(blocked(
            "overlayfs cannot be mounted in a user namespace",
            "boot a kernel of 5.11 or later",
        ));
    }
    let table = here.mounts();
    let kind = mountinfo::covering(&table, Path::new(HOME)).map_or("", |m| m.fstype.as_str()).to_owned();
    let other = format!(
        "mount another filesystem there: {}; in a container, start it with --volume {HOME}",
        here.as_root(&format!("mount -t tmpfs -o mode=1777 tmpfs {HOME}"))
    );
    if kind == "tmpfs" && here.old_for(6, 6) {
        return Some(blocked(
            format!(
                "{HOME} is on tmpfs, which before Linux 6.6 cannot store overlayfs's attributes in a user namespace"
            ),
            format!(
                "mount a directory of a disk there: {}",
                here.as_root(&format!("mount --bind DIRECTORY {HOME}"))
            ),
        ));
    }
    let reason = if refusal.operation == "mount" {
        format!("{HOME} is on {kind}, which cannot be the upper layer of an overlay mount")
    } else {
        format!("{HOME} is on {kind}, which does not store the attributes that overlayfs sets on its files")
    };
    Some(blocked(reason, other))
}
