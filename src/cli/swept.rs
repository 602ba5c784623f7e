//! Undoes what killed runs have left, before anything new is made.

use crate::actor::sweep;
use crate::present::leftover::leftovers;
use std::time::Duration;

/// Undoes what killed runs have left, and says so on standard error.
pub fn complain() {
    for line in sweep() {
        super::console::complain(&line);
    }
}

/// Undoes what killed runs have left; returns a line for each run.
pub fn sweep() -> Vec<String> {
    let line = |run: sweep::Swept| {
        let left = if run.left.is_empty() {
            String::new()
        } else {
            format!("; left: {}", leftovers(&run.left).join("; "))
        };
        format!("undid what a killed run had left: {}{left}", run.run)
    };
    sweep::sweep(Duration::ZERO).into_iter().map(line).collect()
}
