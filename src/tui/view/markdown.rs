//! Lessons' prose: CommonMark as lines of a screen.

use super::styled::{blank, cut_line, fold, span, spans_width};
use crate::present::plain::escape;
use crate::tui::theme::{Depth, Role, Theme};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Prose, folded at the width. Links become footnotes; code blocks are cut and not folded. Where there are no colours, code keeps its
/// backticks and code blocks stand further in.
pub fn render(text: &str, width: u16, theme: Theme) -> Vec<Line<'static>> {
    let mut page = Renderer::new(width.into(), theme);
    for event in Parser::new(text) {
        page.event(event);
    }
    page.finish()
}

/// What stands before the lines of a block.
struct Margin {
    /// Before its first line; afterwards nothing.
    first: Option<Vec<Span<'static>>>,
    /// Before all others.
    rest: Vec<Span<'static>>,
}

struct Renderer {
    columns: usize,
    theme: Theme,
    out: Vec<Line<'static>>,
    margins: Vec<Margin>,
    /// The paragraph, heading or item that is being read.
    inline: Vec<Span<'static>>,
    styles: Vec<Style>,
    /// Lists that are open: the number of the next item, if items are numbered.
    lists: Vec<Option<u64>>,
    /// Addresses of links, and those that are open: address and where their text began.
    links: Vec<String>,
    open: Vec<(String, usize)>,
    code: Option<String>,
    /// The next block is set off by an empty line.
    gap: bool,
}

impl Renderer {
    fn new(columns: usize, theme: Theme) -> Self {
        Renderer {
            columns,
            theme,
            out: Vec::new(),
            margins: Vec::new(),
            inline: Vec::new(),
            styles: vec![theme.style(Role::Plain)],
            lists: Vec::new(),
            links: Vec::new(),
            open: Vec::new(),
            code: None,
            gap: false,
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.say(&text, self.style()),
            },
            Event::Code(text) => self.code_span(&text),
            Event::Html(text) | Event::InlineHtml(text) => self.say(&text, self.theme.style(Role::Dim)),
            Event::SoftBreak => self.say(" ", self.style()),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.flush();
                self.set_off();
                let room = self.columns.saturating_sub(spans_width(&self.before().1));
                self.inline.push(span("─".repeat(room.max(1)), self.theme, Role::Border));
                self.flush();
                self.gap = true;
            }
            // Extensions that are not asked for.
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag) {
        let style = self.style();
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.set_off(),
            Tag::Heading { level, .. } => {
                self.set_off();
                let role = if level <= HeadingLevel::H2 { Role::Title } else { Role::Strong };
                self.styles.push(style.patch(self.theme.style(role)));
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.set_off();
                let bar = vec![span("│ ", self.theme, Role::Dim)];
                self.margins.push(Margin { first: None, rest: bar });
            }
            Tag::CodeBlock(_) => {
                self.flush();
                self.set_off();
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.flush();
                if self.lists.is_empty() {
                    self.set_off();
                }
                self.gap = false;
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                if self.gap {
                    self.set_off();
                }
                let sign = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => ["• ", "– ", "· "][self.lists.len().saturating_sub(1).min(2)].to_owned(),
                };
                let rest = vec![blank(crate::present::plain::width(&sign))];
                self.margins.push(Margin { first: Some(vec![span(sign, self.theme, Role::Dim)]), rest });
                self.gap = false;
            }
            Tag::Emphasis => self.styles.push(style.patch(self.theme.style(Role::Emphasis))),
            Tag::Strong => self.styles.push(style.patch(self.theme.style(Role::Strong))),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.open.push((dest_url.into_string(), self.inline.len()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
                self.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.margins.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.block(&code);
                self.gap = true;
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.gap = self.gap || self.lists.is_empty();
            }
            TagEnd::Item => {
                self.flush();
                // An item without text has its sign all the same.
                if self.margins.last().is_some_and(|margin| margin.first.is_some()) {
                    self.put(&[]);
                }
                self.margins.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.footnote(),
            _ => {}
        }
    }

    fn say(&mut self, text: &str, style: Style) {
        let text = escape(text).replace('\n', " ");
        self.inline.push(Span::styled(text, style));
    }

    fn code_span(&mut self, text: &str) {
        let style = self.style().patch(self.theme.style(Role::Code));
        if self.theme.depth == Depth::None {
            let ticks = if text.contains('`') { "``" } else { "`" };
            return self.say(&format!("{ticks}{text}{ticks}"), style);
        }
        self.say(text, style);
    }

    /// The number of a link behind its text; none where the text is the address.
    fn footnote(&mut self) {
        let Some((url, from)) = self.open.pop() else { return };
        let text: String =
            self.inline[from.min(self.inline.len())..].iter().map(|piece| piece.content.as_ref()).collect();
        if text == escape(&url) || url.strip_prefix("mailto:") == Some(text.as_str()) {
            return;
        }
        let number = self.links.iter().position(|known| *known == url).unwrap_or_else(|| {
            self.links.push(url);
            self.links.len() - 1
        });
        self.inline.push(span(format!("[{}]", number + 1), self.theme, Role::Dim));
    }

    /// An empty line between blocks.
    fn set_off(&mut self) {
        let begun = self.margins.last().is_some_and(|margin| margin.first.is_some());
        if self.gap && !self.out.is_empty() && !begun {
            let rest = self.margins.iter().flat_map(|margin| margin.rest.clone()).collect::<Vec<_>>();
            let bars = rest.iter().any(|span| !span.content.trim().is_empty());
            self.out.push(if bars { Line::from(rest) } else { Line::default() });
        }
        self.gap = false;
    }

    /// What stands before the next line and before those after it.
    fn before(&self) -> (Vec<Span<'static>>, Vec<Span<'static>>) {
        let rest = self.margins.iter().flat_map(|margin| margin.rest.clone()).collect();
        let first =
            self.margins.iter().flat_map(|margin| margin.first.as_ref().unwrap_or(&margin.rest).clone());
        (first.collect(), rest)
    }

    fn put(&mut self, pieces: &[Span<'static>]) {
        let (first, rest) = self.before();
        self.out.extend(fold(pieces, &first, &rest, self.columns));
        for margin in &mut self.margins {
            margin.first = None;
        }
    }

    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.inline);
        if pieces.iter().any(|piece| !piece.content.trim().is_empty()) {
            self.put(&pieces);
        }
    }

    /// Code, a line a line.
    fn block(&mut self, code: &str) {
        let indent = if self.theme.depth == Depth::None { 4 } else { 2 };
        for line in escape(code.trim_end_matches('\n')).split('\n') {
            let (first, _) = self.before();
            let mut whole = first;
            whole.extend([blank(indent), span(line, self.theme, Role::Code)]);
            self.out.push(cut_line(&whole, self.columns));
            for margin in &mut self.margins {
                margin.first = None;
            }
        }
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        self.flush();
        let links = std::mem::take(&mut self.links);
        if !links.is_empty() {
            self.margins.clear();
            self.out.push(Line::default());
        }
        for (i, url) in links.iter().enumerate() {
            let first = span(format!("[{}] ", i + 1), self.theme, Role::Dim);
            let rest = blank(spans_width(std::slice::from_ref(&first)));
            let url = span(escape(url).replace('\n', " "), self.theme, Role::Dim);
            self.out.extend(fold(&[url], &[first], &[rest], self.columns));
        }
        self.out
    }
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
