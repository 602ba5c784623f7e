//! Cgroups as this machine has them: which hierarchy carries a controller, where the lab itself is in it, and how the
//! knobs that lessons name in v2's terms are called there (`cgroups(7)`, kernel documents `cgroup-v1/`, `cgroup-v2.rst`).

mod absent;
mod delegation;
mod hierarchy;
mod knob;
mod layout;
mod mounts;
mod starter;

pub use delegation::{Delegation, V2, delegation};
pub use hierarchy::{CONTROLLERS, Hierarchies, Home};
pub use knob::{KnobFiles, Names, present_number};
pub use layout::{CgroupDirectory, Group, LEAF, Layout};
pub use mounts::{Place, places};
pub use starter::{Blocked, Manager, Starter};
