//! Mounts, and another root directory.

use super::cause::{Surroundings, blocked};
use super::stage::{on_stage, text};
use super::{Calls, Refusal, no_cause_of_its_own};
use crate::probe::cgroup::Blocked;
use crate::vocabulary::action::{Bind, Mount, Pivot, Remount, Tmpfs, Umount};
use crate::vocabulary::{Many, Verb};

pub(super) const MOUNT: Calls =
    Calls { make: |id| on_stage(id, &mounts()), leaves_files: true, cause: no_cause_of_its_own };
pub(super) const PIVOT_ROOT: Calls =
    Calls { make: |id| on_stage(id, &pivot()), leaves_files: true, cause: cause_of_pivot };

fn tmpfs(at: &str) -> Verb {
    Verb::Mount(Mount::Tmpfs(Tmpfs { at: text(at), size: None }))
}

fn mounts() -> Vec<Verb> {
    let bind = Bind { from: text("a"), at: text("b"), recursive: false, read_only: false };
    vec![
        Verb::Mkdir(Many(vec![text("a"), text("b")])),
        tmpfs("a"),
        Verb::Mount(Mount::Bind(bind)),
        Verb::Remount(Remount::ReadOnly(text("b"))),
        Verb::Umount(Umount { at: text("b"), detach: None }),
    ]
}

fn pivot() -> Vec<Verb> {
    vec![
        Verb::Mkdir(Many(vec![text("new")])),
        tmpfs("new"),
        Verb::Chdir(text("new")),
        Verb::PivotRoot(Pivot { new: text("."), old: text(".") }),
        Verb::Umount(Umount { at: text("."), detach: Some(true) }),
    ]
}

fn cause_of_pivot(here: &Surroundings, refusal: &Refusal) -> Option<Blocked> {
    if refusal.operation != "pivot_root" || refusal.errno() != Some(libc::EINVAL) {
        return None;
    }
    Some(blocked(
        "the root directory here is the kernel's first one, its initial RAM disk, which pivot_root(2) cannot take away",
        format!(
            "boot from a disk, or put a mount over the root: {}",
            here.as_root("unshare --mount sh -c 'mount --rbind / /mnt && cd /mnt && mount --move . / && exec chroot . isolab'")
        ),
    ))
}
