//! `isolab clean`.

use super::{exit, machine, print};
use crate::actor::sweep;

/// Undoes what dead runs have left, and says what.
pub fn run() -> u8 {
    // Processes are found by their numbers in /proc; these must be of this world.
    if let Err(code) = machine() {
        return code;
    }
    let swept = sweep::sweep();
    if swept.is_empty() {
        return print("nothing was left behind\n");
    }
    let mut text = String::new();
    for run in &swept {
        if run.left.is_empty() {
            text += &format!("{}: undone\n", run.run);
        } else {
            text += &format!("{}: not all could be undone\n  {}\n", run.run, run.left.join("\n  "));
        }
    }
    let printed = print(&text);
    if swept.iter().all(|run| run.left.is_empty()) { printed } else { exit::LEFT_BEHIND }
}
