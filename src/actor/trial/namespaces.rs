//! Namespaces of one type.

use super::calls::{Calls, no_cause_of_its_own};
use super::stage::{Result, acts, apart, as_box, in_child};
use super::user::hostname;
use crate::kernel::namespace;
use crate::probe::View;
use crate::vocabulary::Ns;
use crate::vocabulary::verb::Mount;
use nix::sched::CloneFlags;

/// A UTS namespace with a host name of its own.
pub(super) const UTS: Calls = of(|id| as_box(id, hostname));
/// A PID namespace with a `/proc` of its own.
pub(super) const PID: Calls = of(|id| {
    as_box(id, || {
        acts(&View::default(), &apart())?;
        in_child(CloneFlags::CLONE_NEWPID, || {
            acts(&View::default(), &[Mount::Proc("/proc".to_owned()).into()])
        })
    })
});
pub(super) const NET: Calls = of(|id| new(id, Ns::Net));
pub(super) const IPC: Calls = of(|id| new(id, Ns::Ipc));
pub(super) const CGROUP: Calls = of(|id| new(id, Ns::Cgroup));
pub(super) const TIME: Calls = of(|id| new(id, Ns::Time));

const fn of(make: fn(u32) -> Result) -> Calls {
    Calls { make, leaves_files: false, cause: no_cause_of_its_own }
}

fn new(id: u32, ns: Ns) -> Result {
    as_box(id, || Ok(namespace::unshare(ns.flag())?))
}
