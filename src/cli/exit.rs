//! Exit codes. They are part of the program's interface: scripts and CI servers rely on them.

use crate::grading::{score, verify};
use crate::report::status::Overall;

/// Everything that belongs to this kind of machine passed.
pub const PASSED: u8 = 0;
/// An expectation failed, or something did not run although nothing blocked it.
pub const FAILED: u8 = 1;
/// The command line or a lesson file is wrong, and nothing ran; or the output could not be written.
pub const USAGE: u8 = 2;
/// Nothing failed, but something was blocked by this kernel, these rights or this load. `--allow-blocked` makes it
/// [`PASSED`].
pub const BLOCKED: u8 = 3;
/// Something could not be undone: `isolab clean` tries again.
pub const LEFT_BEHIND: u8 = 4;
/// A step could not be graded on this machine, so that the points are not the whole grade.
pub const NOT_GRADABLE: u8 = 5;
/// Interrupted: by SIGINT, SIGTERM, SIGHUP or a key; as shells report SIGINT (128 + 2).
pub const INTERRUPTED: u8 = 130;

/// The code of a run that has started. If several apply, [`Overall`] sets the order: left behind, interrupted,
/// failed, blocked, passed.
pub fn code(overall: Overall, allow_blocked: bool) -> u8 {
    match overall {
        Overall::LeftBehind => LEFT_BEHIND,
        Overall::Interrupted => INTERRUPTED,
        Overall::Failed => FAILED,
        Overall::Blocked if !allow_blocked => BLOCKED,
        Overall::Blocked | Overall::Passed => PASSED,
    }
}

/// The code of a grading. A grade that is not whole outweighs what was not earned: more points may be to come.
pub fn of_grades(overall: score::Overall) -> u8 {
    match overall {
        score::Overall::LeftBehind => LEFT_BEHIND,
        score::Overall::Interrupted => INTERRUPTED,
        score::Overall::NotGradable => NOT_GRADABLE,
        score::Overall::NotEarned => FAILED,
        score::Overall::Earned => PASSED,
    }
}

/// The code of a verification.
pub fn of_verification(overall: verify::Overall) -> u8 {
    match overall {
        verify::Overall::LeftBehind => LEFT_BEHIND,
        verify::Overall::Interrupted => INTERRUPTED,
        verify::Overall::Failed => FAILED,
        verify::Overall::NotComparable => NOT_GRADABLE,
        verify::Overall::Confirmed => PASSED,
    }
}

/// The code of a run whose report ended with `written`: things left behind outweigh a report that could not be written.
pub fn told(run: u8, written: u8) -> u8 {
    if written == PASSED || run == LEFT_BEHIND { run } else { written }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocked_can_be_allowed() {
        let all = [
            (Overall::LeftBehind, 4, 4),
            (Overall::Interrupted, 130, 130),
            (Overall::Failed, 1, 1),
            (Overall::Blocked, 3, 0),
            (Overall::Passed, 0, 0),
        ];
        for (overall, strict, lenient) in all {
            assert_eq!((code(overall, false), code(overall, true)), (strict, lenient), "{overall:?}");
        }
    }
}
