//! Folding: where a line can be broken, and where it must not be.

use super::width::width;
use textwrap::core::{Word, break_words};
use textwrap::wrap_algorithms::wrap_first_fit;

/// Units that stay on the line of their number.
const UNITS: [&str; 12] = ["%", "ms", "s", "µs", "min", "h", "B", "bytes", "KiB", "MiB", "GiB", "CPUs"];
/// A word that is wider than a line is broken behind these: paths, sets of flags, lists of arguments.
const BREAKS: [char; 3] = ['|', ',', '/'];
/// The digits of a group in a long number.
const GROUP: usize = 3;

/// The words of a line, each with the spaces behind it. A line can be broken between any two of them. A number's groups of digits and its unit are
/// one word (`10 000 000`, `20 %`); a word that is wider than `columns` is several, each of which ends in `|`, `,` or `/`.
pub fn words(line: &str, columns: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for part in line.split_inclusive(' ') {
        at += part.len();
        // A run of spaces is one break.
        let more = line[at..].starts_with(' ');
        if at < line.len() && (more || joined(&line[start..at], &line[at..], columns)) {
            continue;
        }
        parts(&line[start..at], columns, &mut out);
        start = at;
    }
    out
}

/// Whether the space between two words belongs to a number. A unit that does not fit beside its number stands alone.
fn joined(before: &str, after: &str, columns: usize) -> bool {
    let Some(before) = before.strip_suffix(' ').filter(|b| b.ends_with(|c: char| c.is_ascii_digit())) else {
        return false;
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = before.trim_end_matches(|c: char| c.is_ascii_digit());
    // The end of an address, `10.88.0.2` or `:80`, is no number that goes on.
    let group = before.len() - rest.len() <= GROUP && !rest.ends_with(['.', ':']) && digits(after) == GROUP;
    let next = after.split(' ').next().unwrap_or_default();
    let unit = || UNITS.contains(&next.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != '%'));
    group || (unit() && width(before) + 1 + width(next) <= columns)
}

/// One word, or the parts of one that is too wide.
fn parts<'l>(word: &'l str, columns: usize, out: &mut Vec<&'l str>) {
    if width(word.trim_end_matches(' ')) <= columns {
        out.push(word);
        return;
    }
    // A slash at the start and the last character of a word end no part.
    let body = word.trim_end_matches(' ');
    let mut start = 0;
    for (i, c) in body.char_indices() {
        let end = i + c.len_utf8();
        if BREAKS.contains(&c) && i > start && end < body.len() {
            out.push(&word[start..end]);
            start = end;
        }
    }
    out.push(&word[start..]);
}

/// One line folded between its [`words`], or inside a word that has no place to break and is too wide, into lines of at most `columns`.
pub fn fold(line: &str, columns: usize) -> Vec<String> {
    if width(line) <= columns {
        return vec![line.to_owned()];
    }
    laid(line, &[columns.max(4)])
}

/// A line after `first`, folded; further lines start after `rest`. Both count to the width.
pub fn hang(first: &str, rest: &str, line: &str, columns: usize) -> String {
    if width(first) + width(line) <= columns {
        return format!("{first}{line}\n");
    }
    let columns = columns.max(width(first).max(width(rest)) + 20);
    let rooms = [columns - width(first), columns - width(rest)];
    let lines = laid(line, &rooms).into_iter().enumerate();
    lines.flat_map(|(i, part)| [if i == 0 { first } else { rest }.to_owned(), part, "\n".into()]).collect()
}

/// Lines of the given widths, the last of which goes on.
fn laid(line: &str, rooms: &[usize]) -> Vec<String> {
    let narrowest = rooms.iter().copied().min().unwrap_or(1);
    let words = break_words(words(line, narrowest).into_iter().map(Word::from), narrowest);
    let widths: Vec<f64> = rooms.iter().map(|room| *room as f64).collect();
    let join = |words: &&[Word]| {
        let text: String = words.iter().flat_map(|word| [word.word, word.whitespace]).collect();
        text.trim_end_matches(' ').to_owned()
    };
    wrap_first_fit(&words, &widths).iter().map(join).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_counts_columns_and_not_bytes() {
        assert_eq!(fold("盒子盒子 盒子", 8), ["盒子盒子", "盒子"]);
        assert_eq!(fold("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(
            hang("a: ", "   ", "one two three four five six", 23),
            "a: one two three four\n   five six\n"
        );
    }

    #[test]
    fn numbers_keep_their_groups_and_units() {
        assert_eq!(fold("it had 10 000 000 bytes", 14), ["it had", "10 000 000", "bytes"]);
        assert_eq!(fold("a share of 20 %.", 14), ["a share of", "20 %."]);
        assert_eq!(fold("at most 1.5 GiB, or", 12), ["at most", "1.5 GiB, or"]);
        // Ids and counts beside each other are different numbers.
        assert_eq!(fold("0 1000 65536", 7), ["0 1000", "65536"]);
        assert_eq!(fold("10.88.0.2 203.0.113.2", 12), ["10.88.0.2", "203.0.113.2"]);
        assert_eq!(fold("4213 100 50", 8), ["4213 100", "50"]);
    }

    #[test]
    fn what_is_too_wide_is_broken_where_it_has_parts() {
        assert_eq!(
            fold("unshare(CLONE_NEWIPC|CLONE_NEWNET) = 0", 24),
            ["unshare(CLONE_NEWIPC|", "CLONE_NEWNET) = 0"]
        );
        assert_eq!(fold("/sys/fs/cgroup/isolab/cpu.max", 16), ["/sys/fs/cgroup/", "isolab/cpu.max"]);
        // What fits on a line of its own is not broken.
        assert_eq!(fold("look into /proc/self/ns/pid", 20), ["look into", "/proc/self/ns/pid"]);
        assert_eq!(fold("//", 1), ["//"]);
    }

    #[test]
    fn no_character_is_lost() {
        for text in ["a  b", " a b ", "1 000 000", "a|b,c/d/", "", "  "] {
            for columns in 1..12 {
                assert_eq!(words(text, columns).concat(), text, "{text:?} at {columns}");
            }
        }
    }
}
