//! `isolab clean`.

use super::{exit, print};
use crate::actor::sweep;

/// Undoes what dead runs have left, and says what.
pub fn run() -> u8 {
    let swept = sweep::sweep();
    if swept.is_empty() {
        print("nothing was left behind\n");
        return exit::PASSED;
    }
    let mut code = exit::PASSED;
    for run in swept {
        if run.left.is_empty() {
            print(&format!("{}: undone\n", run.run));
        } else {
            code = exit::LEFT_BEHIND;
            print(&format!("{}: not all could be undone\n  {}\n", run.run, run.left.join("\n  ")));
        }
    }
    code
}
