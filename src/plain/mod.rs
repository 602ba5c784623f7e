//! Makes text fit for a terminal: hidden characters are shown, lines are not too long, text is folded to a width, and durations are in words.
//!
//! All text from a lesson, a program, a file name or the kernel goes through here before it is printed or drawn.

mod edge;
mod fold;
mod shown;
mod width;

pub use edge::{Colours, json, sieve};
pub use fold::{fold, hang, words};
pub use shown::{LONGEST_LINE, escape, hides, one_line};
pub use width::width;

/// A text made as wide as `columns` by spaces.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// A length of time: `12 ms`, `2.3 s`, `1 min 12 s`.
pub fn took(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// A number of things: `1 step`, `3 steps`.
pub fn count(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_counts_columns_and_not_bytes() {
        assert_eq!(pad("盒", 4), "盒  ");
    }

    #[test]
    fn lengths_of_time() {
        assert_eq!([took(0), took(2310), took(72_000)], ["0 ms", "2.3 s", "1 min 12 s"]);
    }
}
