//! Text as a terminal may have it: control characters escaped, folded to a width, lengths in words.

use std::fmt::Write;
use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

/// A tab in a file of the kernel stands for the next column that is a multiple of this.
const TAB: usize = 8;

/// A text in which only line feeds are left of the control characters: whatever the kernel, a program or a lesson says,
/// it can neither move the cursor nor turn the direction of writing.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\n' => {
                out.push('\n');
                column = 0;
                continue;
            }
            '\t' => {
                let spaces = TAB - column % TAB;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
                continue;
            }
            c if (c as u32) < 0x100 && c.is_control() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if turns_or_hides(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
        column += 1;
    }
    out
}

/// Line and paragraph separators, directional formatting, the byte order mark, noncharacters (Unicode Standard, 23).
fn turns_or_hides(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}')
}

/// [`escape`], on one line: line feeds become `\n`.
pub fn one_line(text: &str) -> String {
    escape(text.trim_end_matches('\n')).replace('\n', "\\n")
}

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
    fn nothing_from_the_kernel_moves_the_cursor() {
        assert_eq!(escape("a\x1b[2Jb\r\x07\u{9b}"), "a\\x1b[2Jb\\x0d\\x07\\x9b");
        assert_eq!(escape("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(escape("Name:\tloop\nPid:\t1"), "Name:   loop\nPid:    1");
        assert_eq!(one_line("a\nb\n"), "a\\nb");
    }

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
