//! Lessons' prose: CommonMark as lines of a screen.

use super::styled::{blank, cut_line, fold, span, spans_width};
use crate::present::prose::{Block, Content, Mark, Piece, blocks};
use crate::tui::theme::{Depth, Role, Theme};
use ratatui::text::{Line, Span};

/// Prose, folded at the width. Links become footnotes; code blocks are cut and not folded. Where there are no colours, code keeps its
/// backticks and code blocks stand further in.
pub fn render(text: &str, width: u16, theme: Theme) -> Vec<Line<'static>> {
    let columns = usize::from(width);
    blocks(text, ["• ", "– ", "· "]).iter().flat_map(|block| drawn(block, columns, theme)).collect()
}

fn drawn(block: &Block, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let [mut first, rest] = [&block.first, &block.rest]
        .map(|pieces| pieces.iter().map(|piece| margin(piece, theme)).collect::<Vec<_>>());
    match &block.content {
        Content::Text(pieces) => {
            let pieces: Vec<Span> = pieces.iter().map(|piece| styled(piece, theme)).collect();
            fold(&pieces, &first, &rest, columns)
        }
        Content::Code(line) => {
            let indent = if theme.depth == Depth::None { 4 } else { 2 };
            first.extend([blank(indent), span(line, theme, Role::Code)]);
            vec![cut_line(&first, columns)]
        }
        Content::Rule => {
            let room = columns.saturating_sub(spans_width(&rest)).max(1);
            fold(&[span("─".repeat(room), theme, Role::Border)], &first, &rest, columns)
        }
        Content::Blank => vec![Line::from(first)],
    }
}

/// A sign, or the space below one.
fn margin(piece: &Piece, theme: Theme) -> Span<'static> {
    if piece.marks.is_empty() {
        Span::raw(piece.text.clone())
    } else {
        span(piece.text.clone(), theme, Role::Dim)
    }
}

fn styled(piece: &Piece, theme: Theme) -> Span<'static> {
    let role = |mark: &Mark| match mark {
        Mark::Title => Role::Title,
        Mark::Strong => Role::Strong,
        Mark::Emphasis => Role::Emphasis,
        Mark::Code => Role::Code,
        Mark::Sign => Role::Dim,
    };
    let plain = theme.style(Role::Plain);
    let style = piece.marks.iter().fold(plain, |style, mark| style.patch(theme.style(role(mark))));
    if theme.depth == Depth::None && piece.marks.last() == Some(&Mark::Code) {
        let ticks = if piece.text.contains('`') { "``" } else { "`" };
        return Span::styled(format!("{ticks}{}{ticks}", piece.text), style);
    }
    Span::styled(piece.text.clone(), style)
}

#[cfg(test)]
mod tests {
    use super::super::styled::test;
    use super::*;

    #[track_caller]
    fn shown(text: &str, width: u16, expected: &str) {
        assert_eq!(test::text(&render(text, width, Theme::default())), expected);
    }

    #[test]
    fn paragraphs_are_joined_and_folded() {
        shown("one two\nthree\n\nfour\n", 20, "one two three\n\nfour");
        shown("one two\nthree\n\nfour\n", 8, "one two\nthree\n\nfour");
        shown("hard  \nbreak", 20, "hard\nbreak");
        shown("", 20, "");
        shown("盒子盒子 盒子盒子", 10, "盒子盒子\n盒子盒子");
        shown("# Title\ntext\n\n---\n", 10, "Title\n\ntext\n\n──────────");
    }

    #[test]
    fn styles_say_what_markdown_says() {
        let theme = Theme::default();
        let lines = render("a *soft* **hard** `code` ***both***", 60, theme);
        assert_eq!(test::text(&lines), "a soft hard code both");
        assert_eq!(test::style_of(&lines, "soft"), theme.style(Role::Emphasis));
        assert_eq!(test::style_of(&lines, "hard"), theme.style(Role::Strong));
        assert_eq!(test::style_of(&lines, "code"), theme.style(Role::Code));
        let both = theme.style(Role::Emphasis).patch(theme.style(Role::Strong));
        assert_eq!(test::style_of(&lines, "both"), both);
    }

    #[test]
    fn without_colours_code_keeps_its_backticks() {
        let theme = Theme { depth: Depth::None, ..Theme::default() };
        let lines = render("say `a` and ``b`c``\n\n    block\n", 60, theme);
        assert_eq!(test::text(&lines), "say `a` and ``b`c``\n\n    block");
    }

    #[test]
    fn lists_hang_and_nest() {
        shown(
            "- one two\n- b\n  1. x\n  2. y z\n- c\n\nend",
            9,
            "• one two\n• b\n  1. x\n  2. y z\n• c\n\nend",
        );
        shown("- one two three\n", 9, "• one two\n  three");
        shown("- a\n\n  b\n- c", 9, "• a\n\n  b\n\n• c");
        shown("3. a\n4. b\n-\n- x", 9, "3. a\n4. b\n\n•\n• x");
        shown("text\n- a\n- b", 9, "text\n\n• a\n• b");
    }

    #[test]
    fn code_blocks_are_cut_and_never_folded() {
        shown(
            "do\n\n```sh\nunshare --uts sh\n\n  hostname\n```\nthen",
            12,
            "do\n\n  unshare -…\n\n    hostname\n\nthen",
        );
        shown("- a\n\n      code\n", 12, "• a\n\n    code");
        shown("> quoted words here\n>\n> more", 12, "│ quoted\n│ words here\n│\n│ more");
    }

    #[test]
    fn links_are_footnotes() {
        shown(
            "see [man](https://a.b/c) and [it](https://a.b/c), <https://d.e>, ![pic](x.png)",
            80,
            "see man[1] and it[1], https://d.e, pic[2]\n\n[1] https://a.b/c\n[2] x.png",
        );
    }

    #[test]
    fn nothing_moves_the_cursor_and_everything_fits() {
        let hostile = test::HOSTILE.join("\n\n- ")
            + "\n> 1. - > `\x1b[1m` &#27;[2J [a](\u{1b}]0;)\n\n```\n\x1b盒子盒子盒子盒子盒子盒子盒子盒子\n```\n<b>\x07";
        for width in test::WIDTHS {
            test::fits(&render(&hostile, width, Theme::default()), width);
            test::fits(&render(&"> - ".repeat(30), width, Theme::default()), width);
        }
    }
}
