//! Pieces of Markdown for what is not an author's: values, names, outcomes.

use crate::events::Status;
use crate::present::plain::one_line;

/// A block of code whose fence is longer than any in it.
pub fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// The sign of an outcome.
pub fn sign(status: &Status) -> &'static str {
    match status {
        Status::Passed => "✓",
        Status::Failed => "✗",
        _ => "⊘",
    }
}

/// Sign, word and cause.
pub fn word(status: &Status) -> String {
    match status {
        Status::Blocked { reason, remedy } => {
            let remedy =
                if remedy.is_empty() { String::new() } else { format!(" – what helps: {}", text(remedy)) };
            format!("⊘ blocked: {}{remedy}", text(reason))
        }
        status => format!("{} {}", sign(status), status.word()),
    }
}

/// The text, escaped so that none of it is markup.
pub fn text(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

pub fn cell(value: &str) -> String {
    if value.is_empty() { "(empty)".to_owned() } else { text(value) }
}

/// A code span for a table: a bar would end the cell even there.
pub fn code(path: &str) -> String {
    format!("`{}`", one_line(path).replace('`', "'").replace('|', "\\|"))
}
