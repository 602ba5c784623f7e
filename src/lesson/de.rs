//! From nodes to shapes: a `serde` deserializer over the tree of [`super::position`], whose errors know their place.
//!
//! Enums are maps with one key, or a word alone. A map or list of which something is left over is an error at the first
//! thing that is left over.

use super::diagnostic::Mistake;
use super::position::{Key, Kind, Node, Span, Style};
use crate::vocabulary::suggest::suggest;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
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
    /// A key or variant that nobody knows.
    Unknown(String),
    /// A key that is not there.
    Missing(String),
    /// The part of a text that is wrong, see [`misfit`](crate::vocabulary::general::misfit).
    Part(String),
}

impl Error {
    fn new(message: String) -> Self {
        Error { span: None, message, help: None, word: None }
    }

    fn at(mut self, span: Span) -> Self {
        self.span = self.span.or(Some(span));
        self
    }

    /// Places an error about a scalar or a key: at the part that is wrong, where it can be found.
    fn in_text(self, span: Span, text: &str) -> Self {
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

    /// Names the word that needs a value.
    fn alone(mut self, word: &str) -> Self {
        if self.message == ALONE {
            self.message = format!("`{word}` needs a value");
            self.help = Some(format!("write `{word}: …`"));
        }
        self
    }

    /// The field that is missing, when that is the error.
    pub fn missing_word(&self) -> Option<&str> {
        match &self.word {
            Some(Word::Missing(word)) => Some(word),
            Some(Word::Unknown(_) | Word::Part(_)) | None => None,
        }
    }
}

impl From<Error> for Mistake {
    fn from(e: Error) -> Mistake {
        Mistake { span: e.span.unwrap_or_default(), message: e.message, help: e.help }
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
        Error::new(format!("expected {}, found {}", expected(exp), found(&unexpected)))
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
        error.help = suggest(variant, known.iter().copied());
        error.word = Some(Word::Unknown(variant.to_owned()));
        error
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        let mut error = Error::new(format!("unknown key `{field}`"));
        error.help = suggest(field, known.iter().copied());
        error.word = Some(Word::Unknown(field.to_owned()));
        error
    }

    fn missing_field(field: &'static str) -> Self {
        let mut error = Error::new(format!("`{field}` is missing"));
        error.help = Some(format!("write `{field}: …`"));
        error.word = Some(Word::Missing(field.to_owned()));
        error
    }
}

/// The error of a second word where one is wanted.
fn too_many(key: &Key) -> Error {
    let mut error = Error::new(format!("`{}` is one key too many here", key.text)).at(key.span);
    error.help = Some("write a separate item for it".to_owned());
    error
}

/// Makes a shape of a node.
///
/// # Errors
/// The first thing that does not fit, with its place.
pub fn from_node<'de, T: de::Deserialize<'de>>(node: &'de Node) -> Result<T, Error> {
    T::deserialize(node)
}

impl Node {
    /// Where an error about the node as a whole points: a map's first key, and so on.
    pub fn head(&self) -> Span {
        match &self.kind {
            Kind::Map(entries) if !self.flow => entries.first().map_or(self.span, |(k, _)| k.span),
            Kind::Seq(items) if !self.flow => items.first().map_or(self.span, Node::head),
            _ => self.span,
        }
    }

    fn visit_scalar<'de, V: Visitor<'de>>(text: &str, style: Style, visitor: V) -> Result<V::Value, Error> {
        if style != Style::Plain {
            return visitor.visit_str(text);
        }
        // What a plain scalar is, serde_yaml says. Asking it costs as much as all the rest, so not where the first letter tells that it is a text.
        let may_be_other =
            text.len() <= "false".len() || text.starts_with(|c: char| "+-.0123456789".contains(c));
        let value = if may_be_other { serde_yaml::from_str(text).ok() } else { None };
        match value {
            Some(serde_yaml::Value::Null) => visitor.visit_unit(),
            Some(serde_yaml::Value::Bool(b)) => visitor.visit_bool(b),
            Some(serde_yaml::Value::Number(n)) => match (n.as_u64(), n.as_i64()) {
                (Some(n), _) => visitor.visit_u64(n),
                (None, Some(n)) => visitor.visit_i64(n),
                // The format has no fractions without a unit.
                (None, None) => visitor.visit_str(text),
            },
            _ => visitor.visit_str(text),
        }
    }

    fn visit_entries<'de, V: Visitor<'de>>(
        &'de self,
        entries: &'de [(Key, Node)],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut access = Entries { all: entries, next: 0, pending: false };
        let result = visitor.visit_map(&mut access);
        let Entries { next, pending, .. } = access;
        match result {
            Ok(value) => match entries.get(next) {
                None => Ok(value),
                Some((key, _)) => {
                    Err(Error::new(format!("`{}` is one key too many here", key.text)).at(key.span))
                }
            },
            // raised between a key and its value, so about the key
            Err(e) if e.span.is_none() && pending => Err(e.at(entries[next - 1].0.span)),
            Err(e) if e.span.is_none() && e.missing_word().is_none() => {
                let named = match &e.word {
                    Some(Word::Unknown(word)) => self.key(word),
                    Some(Word::Missing(_) | Word::Part(_)) | None => None,
                };
                Err(e.at(named.unwrap_or_else(|| self.head())))
            }
            Err(e) => Err(e.at(self.head())),
        }
    }

    fn visit_items<'de, V: Visitor<'de>>(
        &'de self,
        items: &'de [Node],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut access = Items { items, next: 0 };
        let value = visitor.visit_seq(&mut access).map_err(|e| e.at(self.head()))?;
        match items.get(access.next) {
            None => Ok(value),
            Some(extra) => Err(Error::new("one item too many in this list".to_owned()).at(extra.head())),
        }
    }
}

macro_rules! integers {
    ($($method:ident),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.deserialize_any(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar(text, style) => {
                Node::visit_scalar(text, *style, visitor).map_err(|e| e.alone(text).in_text(self.span, text))
            }
            Kind::Seq(items) => self.visit_items(items, visitor),
            Kind::Map(entries) => self.visit_entries(entries, visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.kind {
            // `name: 12` and `name: true` are texts where a text is wanted; nothing is not
            Kind::Scalar(text, style)
                if *style != Style::Plain || !matches!(text.as_str(), "" | "~" | "null") =>
            {
                visitor.visit_str(text).map_err(|e: Error| e.in_text(self.span, text))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self).map_err(|e| e.at(self.head()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Scalar(text, _) if !text.is_empty() => visitor
                .visit_enum(StrDeserializer::<Error>::new(text))
                .map_err(|e| e.alone(text).at(self.span)),
            Kind::Map(entries) => match entries.as_slice() {
                [(key, value)] => visitor.visit_enum(Variant { key, value }).map_err(|e| e.at(key.span)),
                [] => Err(Error::new("an empty map where a word is needed".to_owned()).at(self.span)),
                [_, (second, _), ..] => Err(too_many(second)),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    integers!(
        deserialize_bool,
        deserialize_i8,
        deserialize_i16,
        deserialize_i32,
        deserialize_i64,
        deserialize_u8,
        deserialize_u16,
        deserialize_u32,
        deserialize_u64,
        deserialize_f32,
        deserialize_f64,
        deserialize_char,
        deserialize_bytes,
        deserialize_byte_buf,
        deserialize_unit,
        deserialize_seq,
        deserialize_map,
        deserialize_ignored_any
    );

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}

struct Entries<'de> {
    all: &'de [(Key, Node)],
    next: usize,
    /// Whether a key was handed out whose value was not asked for yet.
    pending: bool,
}

impl<'de> MapAccess<'de> for &mut Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, _)) = self.all.get(self.next) else { return Ok(None) };
        self.next += 1;
        self.pending = true;
        let text: StrDeserializer<Error> = key.text.as_str().into_deserializer();
        seed.deserialize(text).map(Some).map_err(|e| e.in_text(key.span, &key.text))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.pending = false;
        let (key, value) = &self.all[self.next - 1];
        if value.is_absent() {
            return seed.deserialize(value).map_err(|mut e| {
                e.span = Some(key.span);
                if value.in_flow && key.text.contains(' ') {
                    e.message = format!("`{}` has no value: a comma ends a text in `{{ }}`", key.text);
                    e.help = Some("quote the text, or write it in block style, one line each".to_owned());
                } else {
                    e.message = format!("`{}` has no value: {}", key.text, e.message);
                }
                e
            });
        }
        seed.deserialize(value).map_err(|e| e.at(value.head()))
    }
}

struct Items<'de> {
    items: &'de [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for &mut Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(item).map(Some).map_err(|e| e.at(item.head()))
    }
}

struct Variant<'de> {
    key: &'de Key,
    value: &'de Node,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = &'de Node;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, &'de Node), Error> {
        let text: StrDeserializer<Error> = self.key.text.as_str().into_deserializer();
        Ok((seed.deserialize(text).map_err(|e| e.at(self.key.span))?, self.value))
    }
}

impl<'de> VariantAccess<'de> for &'de Node {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        de::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self).map_err(|e| e.at(self.head()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}
