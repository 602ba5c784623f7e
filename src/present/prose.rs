//! What an author wrote, CommonMark, as blocks that a screen or a report folds to its width: pieces of text with their marks, and what stands before
//! the lines of each block.

use super::plain::{escape, width};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

/// What distinguishes a piece from plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A heading of the first or second level.
    Title,
    /// A heading of another level, or `**strong**`.
    Strong,
    /// `*emphasis*`.
    Emphasis,
    /// `` `code` ``.
    Code,
    /// Not the author's words: a list's sign, a footnote; also HTML.
    Sign,
}

/// A part of a line. Nothing in it is hidden or moves a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its text, without line breaks.
    pub text: String,
    /// Its marks, outermost first.
    pub marks: Vec<Mark>,
}

/// Something with lines of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Before its first line.
    pub first: Vec<Piece>,
    /// Before all others.
    pub rest: Vec<Piece>,
    /// What it has.
    pub content: Content,
}

/// What a block has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text, to be folded.
    Text(Vec<Piece>),
    /// A line of code, not to be folded.
    Code(String),
    /// A line across.
    Rule,
    /// An empty line.
    Blank,
}

/// The signs of list items that are not numbered, by depth.
pub type Bullets = [&'static str; 3];

/// The blocks of a text. Links become footnotes.
pub fn blocks(text: &str, bullets: Bullets) -> Vec<Block> {
    let mut reader = Reader { bullets, ..Reader::default() };
    for event in Parser::new(text) {
        reader.event(event);
    }
    reader.finish()
}

fn sign(text: impl Into<String>) -> Piece {
    Piece { text: text.into(), marks: vec![Mark::Sign] }
}

/// As many spaces as a text has columns.
fn blank(like: &str) -> Piece {
    Piece { text: " ".repeat(width(like)), marks: Vec::new() }
}

/// What stands before the lines of a block.
struct Margin {
    /// Before its first line; afterwards nothing.
    first: Option<Piece>,
    /// Before all others.
    rest: Piece,
}

#[derive(Default)]
struct Reader {
    bullets: Bullets,
    out: Vec<Block>,
    margins: Vec<Margin>,
    /// The paragraph, heading or item that is being read.
    inline: Vec<Piece>,
    marks: Vec<Mark>,
    /// Lists that are open: the number of the next item, if items are numbered.
    lists: Vec<Option<u64>>,
    /// Addresses of links, and those that are open: address and where their text began.
    links: Vec<String>,
    open: Vec<(String, usize)>,
    code: Option<String>,
    /// The next block is set off by an empty line.
    gap: bool,
}

impl Reader {
    fn event(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.say(&text, self.marks.clone()),
            },
            Event::Code(text) => {
                let marks = self.marks.iter().copied().chain([Mark::Code]).collect();
                self.say(&text, marks);
            }
            Event::Html(text) | Event::InlineHtml(text) => self.say(&text, vec![Mark::Sign]),
            Event::SoftBreak => self.say(" ", self.marks.clone()),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.flush();
                self.set_off();
                self.put(Content::Rule);
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
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.set_off(),
            Tag::Heading { level, .. } => {
                self.set_off();
                self.marks.push(if level <= HeadingLevel::H2 { Mark::Title } else { Mark::Strong });
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.set_off();
                self.margins.push(Margin { first: None, rest: sign("│ ") });
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
                let text = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => self.bullets[self.lists.len().saturating_sub(1).min(2)].to_owned(),
                };
                self.margins.push(Margin { rest: blank(&text), first: Some(sign(text)) });
                self.gap = false;
            }
            Tag::Emphasis => self.marks.push(Mark::Emphasis),
            Tag::Strong => self.marks.push(Mark::Strong),
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
                self.marks.pop();
                self.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.margins.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => {
                let code = escape(self.code.take().unwrap_or_default().trim_end_matches('\n'));
                code.split('\n').for_each(|line| self.put(Content::Code(line.to_owned())));
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
                    self.put(Content::Text(Vec::new()));
                }
                self.margins.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong => {
                self.marks.pop();
            }
            TagEnd::Link | TagEnd::Image => self.footnote(),
            _ => {}
        }
    }

    fn say(&mut self, text: &str, marks: Vec<Mark>) {
        let text = escape(text).replace('\n', " ");
        let begins = self.open.last().is_some_and(|(_, from)| *from == self.inline.len());
        match self.inline.last_mut() {
            // What is written in two lines is still one piece.
            Some(last) if last.marks == marks && !begins && !marks.contains(&Mark::Code) => {
                last.text += &text;
            }
            _ => self.inline.push(Piece { text, marks }),
        }
    }

    /// The number of a link behind its text; none where the text is the address.
    fn footnote(&mut self) {
        let Some((url, from)) = self.open.pop() else { return };
        let text: String =
            self.inline[from.min(self.inline.len())..].iter().map(|piece| piece.text.as_str()).collect();
        if text == escape(&url) || url.strip_prefix("mailto:") == Some(text.as_str()) {
            return;
        }
        let number = self.links.iter().position(|known| *known == url).unwrap_or_else(|| {
            self.links.push(url);
            self.links.len() - 1
        });
        self.inline.push(sign(format!("[{}]", number + 1)));
    }

    /// An empty line between blocks.
    fn set_off(&mut self) {
        let begun = self.margins.last().is_some_and(|margin| margin.first.is_some());
        if self.gap && !self.out.is_empty() && !begun {
            let rest: Vec<Piece> = self.margins.iter().map(|margin| margin.rest.clone()).collect();
            let bars = rest.iter().any(|piece| !piece.text.trim().is_empty());
            let first = if bars { rest } else { Vec::new() };
            self.out.push(Block { first, rest: Vec::new(), content: Content::Blank });
        }
        self.gap = false;
    }

    fn put(&mut self, content: Content) {
        let rest = self.margins.iter().map(|margin| margin.rest.clone()).collect();
        let first =
            self.margins.iter_mut().map(|margin| margin.first.take().unwrap_or_else(|| margin.rest.clone()));
        self.out.push(Block { first: first.collect(), rest, content });
    }

    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.inline);
        if pieces.iter().any(|piece| !piece.text.trim().is_empty()) {
            self.put(Content::Text(pieces));
        }
    }

    fn finish(mut self) -> Vec<Block> {
        self.flush();
        if !self.links.is_empty() {
            self.out.push(Block { first: Vec::new(), rest: Vec::new(), content: Content::Blank });
        }
        for (i, url) in self.links.iter().enumerate() {
            let number = format!("[{}] ", i + 1);
            let content = Content::Text(vec![sign(escape(url).replace('\n', " "))]);
            self.out.push(Block { rest: vec![blank(&number)], first: vec![sign(number)], content });
        }
        self.out
    }
}
