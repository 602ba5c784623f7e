//! How an ability is tried.

use super::refusal::Refusal;
use super::stage::Result;
use super::surroundings::Surroundings;
use crate::probe::cgroup::Blocked;

/// What is particular to the trial of an ability.
pub(super) struct Calls {
    /// Makes the lessons' own calls; the argument is the host's id of a run's root.
    pub(super) make: fn(u32) -> Result,
    /// Whether they make files in the directory of the workspaces.
    pub(super) leaves_files: bool,
    /// The cause and the remedy of a refusal that other trials do not have.
    pub(super) cause: fn(&Surroundings, &Refusal) -> Option<Blocked>,
}

pub(super) fn no_cause_of_its_own(_: &Surroundings, _: &Refusal) -> Option<Blocked> {
    None
}
