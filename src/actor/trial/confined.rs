//! The walls around a lesson's program.

use super::calls::Calls;
use super::refusal::Refusal;
use super::stage::as_box;
use super::surroundings::{Surroundings, blocked};
use crate::actor::confinement::trial::{build, plan};
use crate::probe::cgroup::Blocked;

pub(super) const CONFINEMENT: Calls = Calls {
    make: |id| {
        let plan = plan()?;
        as_box(id, || Ok(build(&plan)?))
    },
    leaves_files: false,
    cause,
};

fn cause(_: &Surroundings, refusal: &Refusal) -> Option<Blocked> {
    if refusal.errno() != Some(libc::EOPNOTSUPP) {
        return None;
    }
    Some(if refusal.operation == "setrlimit" {
        blocked(
            "before Linux 5.14 the processes of a lesson's program cannot be limited on their own",
            "boot a kernel of 5.14 or later",
        )
    } else {
        blocked(
            "a lesson's program is confined by Landlock, and this kernel was built or booted without it",
            "boot a kernel of a current distribution, with landlock in its lsm= list",
        )
    })
}
