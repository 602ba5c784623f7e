//! What an author wrote, folded to a width: paragraphs, items, `code`, **bold**, *emphasis*.

use crate::present::plain::{escape, hang};
use colored::Colorize;
use colored::control::SHOULD_COLORIZE;

/// The marks of authored text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Code,
    Bold,
    Emphasis,
}

/// Paragraphs folded to `columns` after `indent`. Lines of a paragraph are joined; a line that begins with `- ` is an
/// item; a line that is indented stays as it is.
pub fn prose(text: &str, indent: &str, columns: usize) -> String {
    let mut out = String::new();
    let mut paragraph = String::new();
    let text = escape(text);
    for line in text.lines().chain([""]) {
        let starts = line.is_empty() || line.starts_with("- ") || line.starts_with("  ");
        if starts && !paragraph.is_empty() {
            let rest = if paragraph.starts_with("- ") { format!("{indent}  ") } else { indent.to_owned() };
            out += &hang(indent, &rest, &std::mem::take(&mut paragraph), columns);
        }
        if line.is_empty() {
            out.push('\n');
        } else if line.starts_with("  ") && !paragraph.starts_with("- ") {
            out += &format!("{indent}{line}\n");
        } else {
            let space = if paragraph.is_empty() { "" } else { " " };
            paragraph += &format!("{space}{}", line.trim());
        }
    }
    inline(&format!("{}\n", out.trim_end_matches('\n')))
}

/// Marks as colours; without colours the text stays as it was written, because the marks are then what shows them.
pub fn inline(text: &str) -> String {
    if !SHOULD_COLORIZE.should_colorize() {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut open: Option<Mark> = None;
    let mut run = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mark = mark(rest, open);
        if let Some((found, length)) = mark {
            out += &styled(&std::mem::take(&mut run), open);
            open = if open == Some(found) { None } else { Some(found) };
            rest = &rest[length..];
            continue;
        }
        if c == '\n' {
            out += &styled(&std::mem::take(&mut run), open);
            out.push('\n');
        } else {
            run.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out + &styled(&run, open)
}

/// The mark that the text begins with, when it opens here and is closed later, or closes what is open.
fn mark(text: &str, open: Option<Mark>) -> Option<(Mark, usize)> {
    let found = match text {
        t if t.starts_with('`') => (Mark::Code, "`"),
        t if t.starts_with("**") => (Mark::Bold, "**"),
        t if t.starts_with('*') => (Mark::Emphasis, "*"),
        _ => return None,
    };
    let (mark, sign) = found;
    let after = &text[sign.len()..];
    let opens = open.is_none() && after.contains(sign) && !after.starts_with([' ', '\n']);
    (open == Some(mark) || opens).then_some((mark, sign.len()))
}

/// A run of text in the style of its mark; spaces at the start of a line are left bare.
fn styled(run: &str, mark: Option<Mark>) -> String {
    let bare = run.len() - run.trim_start().len();
    let (spaces, text) = run.split_at(bare);
    if text.is_empty() {
        return spaces.to_owned();
    }
    let text = match mark {
        None => text.to_owned(),
        Some(Mark::Code) => text.cyan().to_string(),
        Some(Mark::Bold) => text.bold().to_string(),
        Some(Mark::Emphasis) => text.italic().to_string(),
    };
    format!("{spaces}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_folded_and_items_hang() {
        let text = "One two three\nfour five.\n\n- first item that is long\n- second\n  kept  as it is\n";
        let folded = prose(text, "  ", 24);
        assert_eq!(
            folded,
            "  One two three four\n  five.\n\n  - first item that is\n    long\n    kept  as it is\n"
                .replace("    kept", "  - second\n    kept")
        );
    }
}
