//! What is not YAML, in words that help. The parser stumbles over what comes after a mistake as often as over the mistake.

use super::diagnostic::Mistake;
use super::span::Span;

/// How many lines above an error are looked at.
const ABOVE: usize = 20;

/// A mistake where the parser has given up, at this byte and for this reason.
pub(super) fn mistake(text: &str, at: usize, info: &str) -> Mistake {
    let at = at.min(text.len());
    let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    let (span, help) = explained(text, at, info).unwrap_or((
        Span { start: at, end },
        "check quotes, brackets and indentation here and on the line above",
    ));
    Mistake::new(span, format!("not YAML: {info}")).help(help)
}

const COMMENT: &str = "` #` begins a comment: quote the text, or write it in block style (`|`)";
const NOT_INDENTED: &str = "indent the text below `|` further than its key";
const STRAY_KEY: &str = "keys of one map begin in one column: indent this line as the ones above";
const COLON: &str = "text with `: ` in it needs quotes, or block style (`|`)";
const BRACKETS: &str =
    "close every `{` and `[`; text with `{`, `}`, `[`, `]` or `,` in it needs quotes or block style";
const SIGN: &str = "a text that begins with one of ` * & ! % @ needs quotes, or block style (`|`)";

/// The place to look at, and what to write there.
fn explained(text: &str, at: usize, info: &str) -> Option<(Span, &'static str)> {
    let sign =
        |start: usize| Span { start, end: start + text[start..].chars().next().map_or(0, char::len_utf8) };
    if let Some(comment) = comment_before(text, at) {
        return Some((sign(comment), COMMENT));
    }
    if let Some(line) = below_a_bar(text, at) {
        return Some((sign(line), NOT_INDENTED));
    }
    let help = if info.contains("mapping values") {
        if is_first_word(text, at) { STRAY_KEY } else { COLON }
    } else if info.contains("tab") {
        "indent with spaces"
    } else if info.contains("quoted scalar") || info.contains("end of stream") && info.contains("quot") {
        "close the quote, or leave both out"
    } else if info.contains("unexpected character") || info.contains("unknown anchor") {
        SIGN
    } else if info.contains("flow") || info.contains("',' or") {
        BRACKETS
    } else {
        return None;
    };
    Some((sign(at), help))
}

/// Where lines begin and end: the one of this byte, and those before it, from below.
fn lines_up(text: &str, at: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
    let mut end = Some(end);
    std::iter::from_fn(move || {
        let to = end?;
        let from = text[..to].rfind('\n').map_or(0, |i| i + 1);
        end = from.checked_sub(1);
        Some((from, to))
    })
}

/// The `#` behind a text on the line of an error or the one before it, if there is one that begins a comment.
fn comment_before(text: &str, at: usize) -> Option<usize> {
    lines_up(text, at).take(2).find_map(|(from, to)| {
        let sign = text[from..to].find(" #")? + 1;
        let said = text[from..from + sign].trim();
        // Not a line of comment, and not within quotes.
        let quoted = said.matches(['"', '\'']).count() % 2 == 1;
        (!said.is_empty() && !quoted).then_some(from + sign)
    })
}

/// The first letter of a text below `KEY: |` that is not indented further than the key, on the line of the error or above.
fn below_a_bar(text: &str, at: usize) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut below: Option<(usize, usize)> = None;
    for (from, to) in lines_up(text, at).take(ABOVE) {
        let line = text[from..to].trim_end();
        if line.is_empty() {
            continue;
        }
        let block = [": |", ": >", ": |-", ": >-"].iter().any(|end| line.ends_with(end));
        if let Some((start, stop)) = below.filter(|_| block) {
            let next = &text[start..stop];
            let deep = next.len() - next.trim_start().len();
            return (deep <= indent(line)).then_some(start + deep);
        }
        below = Some((from, to));
    }
    None
}

/// Whether the colon at this byte stands behind the first word of its line.
fn is_first_word(text: &str, at: usize) -> bool {
    let from = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let word = text[from..at].trim_start();
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

#[cfg(test)]
mod tests {
    use crate::lesson::position::parse;

    /// What is said of a text, and the line and column that it is said of.
    fn said(text: &str) -> (usize, usize, String) {
        let mistake = parse(text).expect_err(text).remove(0);
        let before = &text[..mistake.span.start];
        let column = before.len() - before.rfind('\n').map_or(0, |i| i + 1) + 1;
        (before.matches('\n').count() + 1, column, mistake.help.unwrap_or_default())
    }

    #[test]
    fn the_place_of_a_mistake_is_where_it_was_made() {
        for (text, line, column, help) in [
            ("a: the key # to\n  it\n", 1, 12, super::COMMENT),
            ("a: { b: one # two, c: 3 }\nd: 1\n", 1, 13, super::COMMENT),
            ("a:\n  - b: |\n    text\n    c: 1\n", 3, 5, super::NOT_INDENTED),
            ("a: |\ntext\nb: 1\n", 2, 1, super::NOT_INDENTED),
            ("a: 1\n  b: 2\n", 2, 4, super::STRAY_KEY),
            ("a: one: two\n", 1, 7, super::COLON),
            ("a: `b` c\n", 1, 4, super::SIGN),
            ("a: *b* c\n", 1, 4, super::SIGN),
        ] {
            assert_eq!(said(text), (line, column, help.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in
            ["#", " #", "\"", "a: |\n\u{e9}\n: x", "|\n|", "\u{feff}{ #", "- |\n- `\n", "ü: ü # ü\n ü: `"]
        {
            let _ = parse(text);
        }
    }
}
