//! Mistakes, and how they are told: `file:line:column`, the line, a caret, and what to write instead.

use super::position::{Span, boundary, line_column};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::collections::BTreeSet;
use std::fmt;

/// A mistake in a text that is known from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
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
        Mistake { span, message: message.into(), help: None }
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

    /// As text, several lines without a final line feed; `coloured` with ANSI escapes. Whether colours are wanted
    /// (`NO_COLOR`, not a terminal) is the caller's to know.
    pub fn render(&self, coloured: bool) -> String {
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        if self.line == 0 {
            let mut group = Level::ERROR
                .primary_title(self.message.as_str())
                .element(annotate_snippets::Origin::path(&*self.file));
            if let Some(help) = &self.help {
                group = group.element(Level::HELP.message(help.as_str()));
            }
            return renderer.render(&[group]);
        }
        let before =
            self.line_text.char_indices().nth(self.column - 1).map_or(self.line_text.len(), |(i, _)| i);
        let snippet = Snippet::source(self.line_text.as_str())
            .path(self.file.as_str())
            .line_start(self.line)
            .annotation(AnnotationKind::Primary.span(before..before + self.len));
        let mut group = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// The known word that is nearest to one that is not known, when it is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .filter(|(distance, k)| *distance <= limit || (word.len() > 2 && k.starts_with(word)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// Advice for an unknown word: the nearest one, or all of them when they are few.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(near) = nearest(word, known.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let all: Vec<&str> = known.into_iter().collect();
    match all.len() {
        0 => None,
        1..=40 => Some(format!("known: {}", all.join(", "))),
        n => Some(format!("known: {}, … ({n} in all)", all[..40].join(", "))),
    }
}
