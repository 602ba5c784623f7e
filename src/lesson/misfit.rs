//! Why a part of a file does not fit its shape, in the words of the format.

use super::diagnostic::Mistake;
use super::elsewhere;
use super::position::{Key, Span};
use crate::vocabulary::suggest::{nearest, suggest};
use serde::de::{self, Expected, Unexpected};
use std::fmt;

/// Why a node is not what it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// The place, as soon as it is known.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The word that it is about.
    word: Option<Word>,
}

/// The word that an error is about.
#[derive(Debug, Clone, PartialEq)]
enum Word {
    /// A key or variant that nobody knows, the known one that it resembles, and what it stands for.
    Unknown(String, Option<&'static str>, Option<elsewhere::Kind>),
    /// A key that is not there.
    Missing(String),
    /// The part of a text that is wrong, see [`misfit`](crate::vocabulary::general::misfit).
    Part(String),
}

impl Error {
    pub(super) fn new(message: String) -> Self {
        Error { span: None, message, help: None, word: None }
    }

    pub(super) fn at(mut self, span: Span) -> Self {
        self.span = self.span.or(Some(span));
        self
    }

    /// Places an error about a scalar or a key: at the part that is wrong, where it can be found.
    pub(super) fn in_text(self, span: Span, text: &str) -> Self {
        let written = span.end - span.start;
        // Between quotes, unless something in it is written in another way than it is read.
        let quote = match written.checked_sub(text.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return self.at(span),
        };
        let Some(Word::Part(part)) = &self.word else { return self.at(span) };
        let Some(at) = text.find(part.as_str()) else { return self.at(span) };
        let start = span.start + quote + at;
        let end = start + part.len();
        self.at(Span { start, end })
    }

    /// Names the keys of a map that is wanted, where nothing better is known.
    pub(super) fn fields(mut self, fields: &[&str]) -> Self {
        let vague = self.help.as_ref().is_none_or(|help| help == MAP);
        if vague && self.message.starts_with("expected a map") {
            let keys: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
            self.help = Some(format!("{KEYS} {}", keys.join(", ")));
        }
        self
    }

    /// The advice, where it is more than a list of what could be meant.
    pub fn good_advice(&self) -> Option<&String> {
        self.help.as_ref().filter(|help| !help.starts_with("known: ") && !help.starts_with(KEYS))
    }

    /// Names the word that needs a value.
    pub(super) fn alone(mut self, word: &str) -> Self {
        if self.message == ALONE {
            self.message = format!("`{word}` needs a value");
            self.help = Some(format!("write `{word}: …`"));
        }
        if let Some(Word::Unknown(unknown, near, Some(kind))) = &self.word
            && unknown == word
            && near.is_none_or(|_| word.contains(' '))
        {
            self.help = elsewhere::alone(word, *kind).or(self.help);
        }
        self
    }

    /// The field that is missing, when that is the error.
    pub fn missing_word(&self) -> Option<&str> {
        match &self.word {
            Some(Word::Missing(word)) => Some(word),
            Some(Word::Unknown(..) | Word::Part(_)) | None => None,
        }
    }

    /// The word that nobody knows, when that is the error.
    pub fn unknown_word(&self) -> Option<&str> {
        match &self.word {
            Some(Word::Unknown(word, _, _)) => Some(word),
            Some(Word::Missing(_) | Word::Part(_)) | None => None,
        }
    }

    /// The known word that an unknown one was probably meant to be.
    pub fn meant(&self) -> Option<&'static str> {
        match &self.word {
            Some(Word::Unknown(_, near, _)) => *near,
            Some(Word::Missing(_) | Word::Part(_)) | None => None,
        }
    }
}

impl From<Error> for Mistake {
    fn from(e: Error) -> Mistake {
        Mistake::new(e.span.unwrap_or_default(), e.message).maybe_help(e.help)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

fn found(unexpected: &Unexpected) -> String {
    match unexpected {
        Unexpected::Bool(b) => format!("`{b}`"),
        Unexpected::Unsigned(n) => format!("the number {n}"),
        Unexpected::Signed(n) => format!("the number {n}"),
        Unexpected::Str("") => "an empty text".to_owned(),
        Unexpected::Str(s) => format!("`{s}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// The message about a word without a value, before the word is known.
const ALONE: &str = "needs a value";

/// What serde calls things, in the words of the format.
fn expected(exp: &dyn Expected) -> String {
    let text = exp.to_string();
    match text.as_str() {
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "i32" | "i64" => "a whole number".to_owned(),
        "a string" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "unit" => "nothing after this word".to_owned(),
        "enum" => "a word, or `word: …`".to_owned(),
        t if t.starts_with("struct ") => "a map".to_owned(),
        t if t.starts_with("tuple ") => "a list of that length".to_owned(),
        t if t.starts_with("enum ") => "a word, or `word: …`".to_owned(),
        _ => text,
    }
}

/// Advice where a map is wanted, before its keys.
const KEYS: &str = "write a map; its keys are";

/// Advice for a list in the place of a map.
const MAP: &str = "write `KEY: …`, a line each, without `- `";

/// What to write where a value has another shape than the one that serde calls so.
fn instead_of(unexpected: &Unexpected, exp: &str) -> Option<String> {
    let wants = |word: &str| exp.contains(word);
    Some(match (unexpected, exp) {
        (Unexpected::Str(text), "struct When") => {
            let key = if text.starts_with('v') { "cgroup" } else { "rights" };
            format!("write `{{ {key}: {text} }}`")
        }
        (_, "struct Predict") => "write `ask`, `options` and `answer`, a line each".to_owned(),
        (Unexpected::Map, "a sequence") => "begin each item with `- `".to_owned(),
        (Unexpected::Str(_) | Unexpected::Unsigned(_), "a sequence") => {
            "write a list: `- …`, a line each".to_owned()
        }
        (_, exp) if exp.starts_with("tuple") => "write `[FROM, TO]`".to_owned(),
        (Unexpected::Seq, _) if wants("map") || wants("struct") => MAP.to_owned(),
        (Unexpected::Str(text), _) if wants("subject: {") => {
            let (subject, verb) = text.split_once(char::is_whitespace)?;
            let verb = match verb.trim().split_once(char::is_whitespace) {
                Some((verb, object)) => format!("{{ {}: {} }}", verb.trim_end_matches(':'), object.trim()),
                None => verb.trim().to_owned(),
            };
            format!("write `{{ {}: {verb} }}`", subject.trim_end_matches(':'))
        }
        (Unexpected::Bool(_), _) if wants("text") => "quote it, if it is a text".to_owned(),
        _ => return None,
    })
}

impl de::Error for Error {
    /// The second line is advice, the third the part of the text that is wrong.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        let mut lines = text.splitn(3, '\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).map(str::to_owned);
        let mut error = Error::new(line().unwrap_or_default());
        error.help = line();
        error.word = line().map(Word::Part);
        error
    }

    fn invalid_type(unexpected: Unexpected, exp: &dyn Expected) -> Self {
        if unexpected == Unexpected::UnitVariant {
            return Error::new(ALONE.to_owned());
        }
        let mut error = Error::new(format!("expected {}, found {}", expected(exp), found(&unexpected)));
        error.help = instead_of(&unexpected, &exp.to_string());
        error
    }

    fn invalid_value(unexpected: Unexpected, exp: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, exp)
    }

    fn invalid_length(len: usize, exp: &dyn Expected) -> Self {
        let wanted = match exp.to_string() {
            t if t.contains("with 2 elements") => "two".to_owned(),
            t => t,
        };
        let mut error = Error::new(format!("expected a list of {wanted}, found {len}"));
        error.help = Some("write `[FROM, TO]`".to_owned());
        error
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        let mut error = Error::new(format!("unknown word `{variant}`"));
        let near = nearest(variant, known.iter().copied());
        error.help = elsewhere::instead(variant, known)
            .or_else(|| near.is_none().then(|| elsewhere::otherwise(variant, known)).flatten())
            .or_else(|| suggest(variant, known.iter().copied()));
        error.word = Some(Word::Unknown(variant.to_owned(), near, elsewhere::kind(known)));
        error
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let mut error = Error::new(format!("unknown key `{field}`"));
        error.help = suggest(field, known.iter().copied());
        error.word = Some(Word::Unknown(field.to_owned(), nearest(field, known.iter().copied()), None));
        error
    }

    fn missing_field(field: &'static str) -> Self {
        let mut error = Error::new(format!("`{field}` is missing"));
        error.help = Some(format!("write `{field}: …`"));
        error.word = Some(Word::Missing(field.to_owned()));
        error
    }
}

/// The error of a second word where one is wanted. A modifier among them is the one that is wrong, wherever it stands.
pub(super) fn too_many(first: &Key, second: &Key) -> Error {
    let (first, extra) =
        if elsewhere::MODIFIERS.contains(&first.text.as_str()) { (second, first) } else { (first, second) };
    let mut error = Error::new(format!("`{}` is one key too many here", extra.text)).at(extra.span);
    error.help = Some(elsewhere::surplus(&first.text, &extra.text));
    error
}
