//! Foreign text, with every character made visible that a terminal would act on or hide.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hasher};

/// A tab in a kernel file advances to the next column that is a multiple of this.
const TAB: usize = 8;
/// The most characters of a line that are shown. No kernel table has longer lines, and a screen is drawn thirty times a second.
pub const LONGEST_LINE: usize = 8192;
/// The note that a line was cut is shorter than this, so a line that has been cut is not cut again.
const MARK: usize = 80;

/// Whether a terminal, or the layout of a text, acts on a character or shows nothing for it, so that one text could look like another: control characters,
/// including those of the upper half (C1); line and paragraph separators; format characters (Unicode's category Cf, with all those that change the
/// direction of writing); noncharacters.
pub fn hides(c: char) -> bool {
    let format = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    let separator = matches!(c, '\u{2028}' | '\u{2029}');
    let none = matches!(c, '\u{fdd0}'..='\u{fdef}') || (c as u32) & 0xfffe == 0xfffe;
    c.is_control() || format || separator || none
}

/// A text in which line feeds are the only characters left that [`hides`] accepts: it can neither move the cursor nor change the direction of writing. Tabs
/// become spaces; a line longer than [`LONGEST_LINE`] is cut, with a note of its length.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST_LINE));
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        put(line, &mut out);
    }
    out
}

/// [`escape`], on one line: line feeds become `\n`.
pub fn one_line(text: &str) -> String {
    let mut out = String::new();
    put(text.trim_end_matches('\n'), &mut out);
    out
}

/// Appends a line, or the start of it. The rest of a line that is too long counts only for its length and a number that differs if the rest does: two
/// different lines must not look the same.
fn put(line: &str, out: &mut String) {
    let (mut column, mut cut) = (0, None);
    for c in line.chars() {
        if column >= LONGEST_LINE && cut.is_none() {
            cut = Some(out.len());
        }
        if column > LONGEST_LINE + MARK {
            break;
        }
        column += visible(c, column, out);
    }
    if let Some(cut) = cut.filter(|_| column > LONGEST_LINE + MARK) {
        out.truncate(cut);
        let mut hasher = DefaultHasher::new();
        hasher.write(line.as_bytes());
        let all = line.chars().count();
        let _ = write!(out, "… ({all} characters in all, checksum {:08x})", hasher.finish() as u32);
    }
}

/// Appends one character; returns how many characters that took.
fn visible(c: char, column: usize, out: &mut String) -> usize {
    let before = out.len();
    match c {
        '\t' => out.extend(std::iter::repeat_n(' ', TAB - column % TAB)),
        '\n' => out.push_str("\\n"),
        c if hides(c) && (c as u32) < 0x100 => drop(write!(out, "\\x{:02x}", c as u32)),
        c if hides(c) => drop(write!(out, "\\u{{{:x}}}", c as u32)),
        c => {
            out.push(c);
            return 1;
        }
    }
    out.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_kernel_moves_the_cursor() {
        assert_eq!(escape("a\x1b[2Jb\r\x07\u{9b}"), "a\\x1b[2Jb\\x0d\\x07\\x9b");
        assert_eq!(escape("Name:\tloop\nPid:\t1"), "Name:   loop\nPid:    1");
        assert_eq!(one_line("a\nb\n"), "a\\nb");
    }

    /// Every character that changes the direction of writing (Unicode Standard Annex 9), ends a line, or is in the upper half of the control characters.
    #[test]
    fn nothing_turns_or_hides_a_text() {
        let turning =
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        let ending = "\r\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{85}\u{2028}\u{2029}";
        let upper: String = ('\u{80}'..='\u{9f}').collect();
        for c in [turning, ending, &upper, "\u{ad}\u{200b}\u{200d}\u{feff}\u{e0041}\u{ffff}\u{1fffe}\u{7f}"]
            .concat()
            .chars()
        {
            let shown = escape(&format!("x{c}y"));
            assert!(shown.starts_with("x\\") && !shown.contains(c), "{:x}: {shown}", c as u32);
        }
        for c in "aé盒☺\u{fe0f}\u{301}שع".chars() {
            assert_eq!(escape(&c.to_string()), c.to_string());
        }
    }

    #[test]
    fn a_line_that_nobody_can_read_is_cut() {
        let line = "x".repeat(1 << 20);
        let shown = escape(&line);
        assert!(shown.chars().count() < LONGEST_LINE + MARK);
        assert!(shown.contains("… (1048576 characters in all, checksum "), "{}", &shown[LONGEST_LINE..]);
        assert_eq!(escape(&shown), shown, "once is enough");
        assert_ne!(escape(&format!("{line}a")), escape(&format!("{line}b")));
        assert_eq!(escape(&format!("{line}\nb\n{line}")).lines().nth(1), Some("b"));
        let whole = "y".repeat(LONGEST_LINE);
        assert_eq!(escape(&whole), whole);
        let controls = "\x1b".repeat(LONGEST_LINE);
        assert!(escape(&controls).len() < LONGEST_LINE + MARK + 8);
        assert!(one_line(&"a\n".repeat(LONGEST_LINE)).len() < LONGEST_LINE + MARK + 8);
    }
}
