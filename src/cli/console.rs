//! What commands write to the person's terminal, and whether there is one.

use super::{exit, style};
use crate::model::Errno;
use crate::model::Leftover;
use crate::present::leftover::leftover;
use crate::present::plain;
use std::io::{IsTerminal, Write};

/// Writes to standard output and returns the exit code. A reader that has gone away (`isolab show uts | head`) is not a failure of the program; a
/// full disk is.
pub fn print(text: &str) -> u8 {
    let mut out = std::io::stdout();
    let text = plain::sieve(text, style::painted());
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("write to standard output: {}", Errno::of(&e)));
            exit::USAGE
        }
        _ => exit::PASSED,
    }
}

/// One line on standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "isolab: {}", plain::escape(text));
}

/// A line on standard error for each thing that could not be undone.
pub fn complain_of_left(left: &[Leftover]) {
    for one in left {
        complain(&format!("could not be undone: {}", leftover(one)));
    }
}

/// The standard stream that is not a terminal, where the screen needs both.
pub fn no_terminal() -> Option<&'static str> {
    match (std::io::stdin().is_terminal(), std::io::stdout().is_terminal()) {
        (false, _) => Some("input"),
        (true, false) => Some("output"),
        (true, true) => None,
    }
}
