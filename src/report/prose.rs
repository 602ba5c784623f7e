//! What an author wrote, folded to a width, with its marks as colours.

use crate::present::plain::hang;
use crate::present::prose::{Content, Mark, Piece, blocks};
use colored::Colorize;
use colored::control::SHOULD_COLORIZE;

/// Signs that can be typed: what is printed is often copied.
const BULLETS: [&str; 3] = ["- ", "- ", "- "];

/// Paragraphs folded to `columns` after `indent`.
pub fn prose(text: &str, indent: &str, columns: usize) -> String {
    let before = |pieces: &[Piece]| pieces.iter().fold(indent.to_owned(), |all, piece| all + &piece.text);
    let mut out = String::new();
    for block in blocks(text, BULLETS) {
        let first = before(&block.first);
        out += &match &block.content {
            Content::Text(pieces) => hang(&first, &before(&block.rest), &marked(pieces), columns),
            Content::Code(line) => format!("{first}    {line}"),
            Content::Rule => format!("{first}---"),
            Content::Blank => block.first.iter().map(|piece| piece.text.as_str()).collect(),
        };
        if !out.ends_with('\n') || block.content == Content::Blank {
            out.push('\n');
        }
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// One line, whatever blocks it would have on a page.
pub fn inline(text: &str) -> String {
    let parts = blocks(text.trim_start(), BULLETS).into_iter().map(|block| {
        let first: String = block.first.into_iter().map(|piece| piece.text).collect();
        match block.content {
            Content::Text(pieces) => first + &marked(&pieces),
            Content::Code(line) => first + &line,
            Content::Rule => first + "---",
            Content::Blank => first,
        }
    });
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn marked(pieces: &[Piece]) -> String {
    let colours = SHOULD_COLORIZE.should_colorize();
    let one = |piece: &Piece| {
        piece.marks.iter().rev().fold(piece.text.clone(), |text, mark| {
            if colours { painted(&text, *mark) } else { written(&text, *mark) }
        })
    };
    pieces.iter().map(one).collect()
}

/// Word by word, so that a line may end between two of them.
fn painted(text: &str, mark: Mark) -> String {
    let word = |word: &str| {
        if word.is_empty() {
            return String::new();
        }
        match mark {
            Mark::Title | Mark::Strong => word.bold().to_string(),
            Mark::Emphasis => word.italic().to_string(),
            Mark::Code => word.cyan().to_string(),
            Mark::Sign => word.to_owned(),
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Without colours, the marks themselves show what is marked.
fn written(text: &str, mark: Mark) -> String {
    match mark {
        Mark::Strong => format!("**{text}**"),
        Mark::Emphasis => format!("*{text}*"),
        Mark::Code if text.contains('`') => format!("``{text}``"),
        Mark::Code => format!("`{text}`"),
        Mark::Title | Mark::Sign => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_folded_and_items_hang() {
        colored::control::set_override(false);
        let text =
            "One *two* three\nfour `five`.\n\n- first item that is long\n- second\n\n      kept  as it is\n";
        let expected = "  One *two* three four\n  `five`.\n\n  - first item that is\n    long\n\n  - second\n\n        kept  as it is\n";
        assert_eq!(prose(text, "  ", 24), expected);
        assert_eq!(inline("a **b\nc** `d`\ne"), "a **b c** `d` e");
    }
}
