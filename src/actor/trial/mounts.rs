//! Mounts, and another root directory.

use super::calls::{Calls, no_cause_of_its_own};
use super::refusal::Refusal;
use super::stage::{on_stage, text};
use super::surroundings::{Surroundings, blocked};
use crate::probe::cgroup::Blocked;
use crate::vocabulary::verb::mount::{Bind, Tmpfs};
use crate::vocabulary::verb::{Chdir, Mkdir, Mount, PivotRoot, Remount, Umount};
use crate::vocabulary::{Many, Verb};

pub(super) const MOUNT: Calls =
    Calls { make: |id| on_stage(id, &mounts()), leaves_files: true, cause: no_cause_of_its_own };
pub(super) const PIVOT_ROOT: Calls =
    Calls { make: |id| on_stage(id, &pivot()), leaves_files: true, cause: cause_of_pivot };

fn tmpfs(at: &str) -> Verb {
    Mount::Tmpfs(Tmpfs { at: text(at), size: None }).into()
}

fn mounts() -> Vec<Verb> {
    let bind = Bind { from: text("a"), at: text("b"), recursive: false, read_only: false };
    vec![
        Mkdir(Many(vec![text("a"), text("b")])).into(),
        tmpfs("a"),
        Mount::Bind(bind).into(),
        Remount::ReadOnly(text("b")).into(),
        Umount { at: text("b"), detach: None }.into(),
    ]
}

fn pivot() -> Vec<Verb> {
    vec![
        Mkdir(Many(vec![text("new")])).into(),
        tmpfs("new"),
        Chdir(text("new")).into(),
        PivotRoot { new: text("."), old: text(".") }.into(),
        Umount { at: text("."), detach: Some(true) }.into(),
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
