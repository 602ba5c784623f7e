//! `isolab demo --rehearse`.

use super::args::Demo;
use super::{complain, exit};
use crate::demo::Plan;
use crate::engine::machine::Machine;
use crate::lesson::Catalog;

/// Runs every entry at full speed, without a screen.
pub fn run(_plan: &Plan, _machine: &Machine, _catalog: &Catalog, _asked: &Demo) -> u8 {
    complain("not yet");
    exit::USAGE
}
