//! Makes text fit for a terminal: hidden characters are shown, lines are not too long, text is folded to a width, and durations are in words.
//!
//! All text from a lesson, a program, a file name or the kernel goes through here before it is printed or drawn.

mod edge;
mod shown;

pub use edge::{Colours, json, sieve};
pub use shown::{LONGEST_LINE, escape, hides, one_line};

use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

/// The columns that a text takes; escape sequences of colours take none.
pub fn width(text: &str) -> usize {
    if text.contains('\x1b') { textwrap::core::display_width(text) } else { text.width() }
}

/// One line folded at spaces, or inside a word that is too long, into lines of at most `columns`.
pub fn fold(line: &str, columns: usize) -> Vec<String> {
    if width(line) <= columns {
        return vec![line.to_owned()];
    }
    textwrap::wrap(line, options(columns.max(4))).into_iter().map(std::borrow::Cow::into_owned).collect()
}

fn options<'a>(columns: usize) -> textwrap::Options<'a> {
    textwrap::Options::new(columns)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

/// A line after `first`, folded; further lines start after `rest`. Both count to the width.
pub fn hang(first: &str, rest: &str, line: &str, columns: usize) -> String {
    if width(first) + width(line) <= columns {
        return format!("{first}{line}\n");
    }
    let options = options(columns.max(width(first).max(width(rest)) + 20));
    let parts = textwrap::wrap(line, options.initial_indent(first).subsequent_indent(rest));
    parts.into_iter().flat_map(|part| [part, "\n".into()]).collect()
}

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
    fn folding_counts_columns_and_not_bytes() {
        assert_eq!(fold("盒子盒子 盒子", 8), ["盒子盒子", "盒子"]);
        assert_eq!(fold("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(pad("盒", 4), "盒  ");
        assert_eq!(
            hang("a: ", "   ", "one two three four five six", 23),
            "a: one two three four\n   five six\n"
        );
    }

    #[test]
    fn lengths_of_time() {
        assert_eq!([took(0), took(2310), took(72_000)], ["0 ms", "2.3 s", "1 min 12 s"]);
    }
}
