//! `isolab notes`.

use super::{complain, exit};

/// Shows what an instructor sees and the room does not.
pub fn run() -> u8 {
    complain("no demo is being played");
    exit::USAGE
}
