//! What the commands must know of this machine.

use super::console::complain;
use super::exit;
use crate::engine::machine::Machine;

/// Reads the machine, or prints why it cannot.
pub fn machine() -> Result<Machine, u8> {
    Machine::read().map_err(|e| {
        complain(&format!("read /proc: {e}"));
        exit::USAGE
    })
}
