//! The spelling of a lesson's values in sentences.

use super::Val;
use crate::model::Unit;

/// Texts longer than this are cut in a plan; the trace shows them whole.
const LONGEST_TEXT: usize = 48;

/// A quantity in the form used in print: `20 %`, `20 MiB`, `300 ms`, `4x`.
pub fn spell(value: &Val) -> String {
    let Val::Quantity(_, unit, written) = value else { return value.to_string() };
    let digits = written.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(written.len());
    let (number, suffix) = written.split_at(digits);
    match (unit, suffix) {
        (Unit::Times, _) => written.clone(),
        (Unit::Bytes, "B") => format!("{number} bytes"),
        (Unit::Bytes, prefix) => format!("{number} {prefix}iB"),
        (Unit::Seconds, "us") => format!("{number} µs"),
        (_, suffix) => format!("{number} {suffix}"),
    }
}

/// A text in quotes, control characters escaped, cut when long.
pub(crate) fn quoted(text: &str) -> String {
    if text.chars().count() <= LONGEST_TEXT {
        return format!("\"{}\"", text.escape_debug());
    }
    let head: String = text.chars().take(LONGEST_TEXT - 1).collect();
    format!("\"{}…\"", head.escape_debug())
}
