//! User namespaces.

use super::calls::{Calls, no_cause_of_its_own};
use super::stage::{Result, as_box, map};
use crate::kernel::{identity, namespace, process};
use nix::sched::CloneFlags;

/// AppArmor lets the namespace be made and takes its capabilities away; only using one shows it.
pub(super) const USER: Calls =
    Calls { make: |id| as_box(id, hostname), leaves_files: false, cause: no_cause_of_its_own };

/// As a run of an ordinary user, and as a box with `user: host`.
pub(super) const ORDINARY_USER: Calls =
    Calls { make: ordinary, leaves_files: false, cause: no_cause_of_its_own };

/// A UTS namespace, in which the host name is set.
pub(super) fn hostname() -> Result {
    namespace::unshare(CloneFlags::CLONE_NEWUTS)?;
    Ok(identity::sethostname("trial")?)
}

fn ordinary(id: u32) -> Result {
    if rustix::process::geteuid().is_root() {
        identity::clear_groups()?;
        identity::setgid(id)?;
        identity::setuid(id)?;
        process::stay_readable();
        process::die_with_parent();
    }
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    namespace::unshare(CloneFlags::CLONE_NEWUSER)?;
    map("self", true, uid, gid)?;
    hostname()
}
