//! What is written to a control file.

use super::super::Val;
use super::super::general::short;

short! {
    /// A value for a control file.
    Setting . /** The value; for `cpu.max` the quota. */ value: Val {
        /** For `cpu.max`: the period. */ period: Val,
    }
}
