//! Mistakes, and how they are shown: `file:line:column`, the line, a caret, and what to write instead.

use super::span::{Span, boundary, line_column};
use crate::plain::{escape, hides, one_line};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// The most mistakes of one file that are reported.
pub(crate) const MAX_MISTAKES: usize = 100;

/// A mistake in a text that is known from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Advice only: the file can be used as it is.
    pub warning: bool,
    /// Where it stands.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake without advice.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Mistake { warning: false, span, message: message.into(), help: None }
    }

    /// The same as something that could be better.
    #[must_use]
    pub fn as_warning(self) -> Self {
        Mistake { warning: true, ..self }
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With advice, when there is any.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// A mistake with everything that is needed to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Advice: the file can be used as it is.
    pub warning: bool,
    /// The file's name, or `--set` for a parameter of the command line.
    pub file: String,
    /// The line, from 1; 0 when the mistake is the file as a whole.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// Byte offset in the file.
    pub offset: usize,
    /// How many bytes are meant; all of them lie in this line.
    pub len: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The line's text.
    pub line_text: String,
}

impl Diagnostic {
    /// A mistake of a file as a whole, such as one that cannot be read.
    pub fn whole_file(file: &str, message: impl Into<String>, help: Option<String>) -> Self {
        Diagnostic {
            warning: false,
            file: file.to_owned(),
            line: 0,
            column: 0,
            offset: 0,
            len: 0,
            message: message.into(),
            help,
            line_text: String::new(),
        }
    }

    /// The mistakes of one text, in the order in which they stand, each once.
    pub fn locate(file: &str, text: &str, mut mistakes: Vec<Mistake>) -> Vec<Self> {
        mistakes.sort_by_key(|m| m.span.start);
        let mut seen = BTreeSet::new();
        mistakes.retain(|m| seen.insert((m.span.start, m.message.clone())));
        mistakes.into_iter().map(|m| Self::at(file, text, m)).collect()
    }

    fn at(file: &str, text: &str, mistake: Mistake) -> Self {
        let start = boundary(text, mistake.span.start);
        let (line, column) = line_column(text, start);
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let line_text = text[line_start..line_end].trim_end_matches('\r').to_owned();
        let last = line_start + line_text.len();
        let end = boundary(text, mistake.span.end.min(last)).max(start);
        Diagnostic {
            warning: mistake.warning,
            file: file.to_owned(),
            line,
            column,
            offset: start,
            len: end - start,
            message: mistake.message,
            help: mistake.help,
            line_text,
        }
    }

    /// Renders several lines of text without a final line feed; `coloured` with ANSI escapes. Whether colours are wanted (`NO_COLOR`, not a terminal) is
    /// for the caller to decide.
    ///
    /// Everything in it, including the file's name, comes from a file that may be another person's: it is made safe for a terminal.
    pub fn render(&self, coloured: bool) -> String {
        let message = escape(&self.message);
        let file = one_line(&self.file);
        let help = self.help.as_deref().map(escape);
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let level = if self.warning { Level::WARNING } else { Level::ERROR };
        if self.line == 0 {
            let mut group = level.primary_title(message.as_str()).element(Origin::path(file.as_str()));
            if let Some(help) = &help {
                group = group.element(Level::HELP.message(help.as_str()));
            }
            return renderer.render(&[group]);
        }
        let (line, marked) = self.shown_line();
        let title = level.primary_title(message.as_str());
        let snippet = Snippet::source(line.as_str())
            .line_start(self.line)
            .annotation(AnnotationKind::Primary.span(marked));
        let mut group = if line == self.line_text {
            title.element(snippet.path(file.as_str()))
        } else {
            // The position in the file, not in the shown part of the line.
            let place = Origin::path(file.as_str()).line(self.line).char_column(self.column);
            title.element(place).element(snippet)
        };
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

/// From a line longer than twice this, this many characters are shown on each side of the mistake, and of the mistake itself.
const AROUND: usize = 200;

impl Diagnostic {
    /// The line as shown, and the position of the mistake in it. From a long one only the part around the mistake.
    fn shown_line(&self) -> (String, Range<usize>) {
        let text = self.line_text.as_str();
        let start = text.char_indices().nth(self.column - 1).map_or(text.len(), |(i, _)| i);
        let end = boundary(text, (start + self.len).min(text.len())).max(start);
        let (before, marked, after) = (&text[..start], &text[start..end], &text[end..]);
        let long = text.len() > 2 * AROUND;
        // The renderer turns tabs into spaces.
        if !long && text.chars().all(|c| c == '\t' || !hides(c)) {
            return (text.to_owned(), start..end);
        }
        let from = before.char_indices().rev().nth(AROUND).map(|(i, _)| i).filter(|_| long);
        let last_of = |text: &str| text.char_indices().nth(AROUND).map(|(i, _)| i).filter(|_| long);
        let mut line = match from {
            Some(from) => format!("…{}", one_line(&before[from..])),
            None => one_line(before),
        };
        let begins = line.len();
        let whole = |text: &str| match last_of(text) {
            Some(cut) => one_line(&text[..cut]) + "…",
            None => one_line(text),
        };
        line += &whole(marked);
        let ends = line.len();
        line += &whole(after);
        (line, begins..ends)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}
