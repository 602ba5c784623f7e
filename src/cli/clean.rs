//! `isolab clean`.

use super::console::print;
use super::exit;
use super::machine::machine;
use crate::actor::sweep::{self, Swept};
use crate::demo::notes;
use crate::present::leftover::leftovers;
use std::time::Duration;

/// How long to wait for a guardian whose lab is dead. Usually it finishes by itself; what it leaves is undone here.
const FINISHING: Duration = Duration::from_secs(10);

/// Undoes what dead runs have left, and prints what it undid.
pub fn run() -> u8 {
    // Processes are found by their PIDs in /proc, so it must show this PID namespace.
    if let Err(code) = machine() {
        return code;
    }
    let swept = sweep::sweep(FINISHING);
    let sockets = notes::sweep(&notes::Base::all());
    if swept.is_empty() && sockets.is_empty() {
        return print("nothing was left behind\n");
    }
    let line = |run: &Swept| match run.left.as_slice() {
        [] => format!("{}: undone\n", run.run),
        left => format!("{}: could not undo everything\n  {}\n", run.run, leftovers(left).join("\n  ")),
    };
    let sockets = sockets.iter().map(|path| format!("{}: removed\n", path.display()));
    let printed = print(&swept.iter().map(line).chain(sockets).collect::<String>());
    if swept.iter().all(|run| run.left.is_empty()) { printed } else { exit::LEFT_BEHIND }
}
