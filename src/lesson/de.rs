//! From nodes to shapes: a `serde` deserializer over the tree of [`super::position`], whose errors know their place.
//!
//! Enums are maps with one key, or a word alone. A map or list of which something is left over is an error at the first
//! thing that is left over.

use super::elsewhere;
pub use super::misfit::Error;
use super::misfit::too_many;
use super::position::{Key, Kind, Node, Span, Style};
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

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
                Some((key, _)) => Err(too_many(&entries[0].0, key)),
            },
            // raised between a key and its value, so about the key
            Err(e) if e.span.is_none() && pending => Err(e.at(entries[next - 1].0.span)),
            Err(e) if e.span.is_none() && e.missing_word().is_none() => {
                let named = e.unknown_word().and_then(|word| self.key(word));
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
                // That the first word is unknown is worth more than that there is a second one.
                [(key, value), (second, _), ..] => match visitor.visit_enum(Variant { key, value }) {
                    Err(e) if e.unknown_word() == Some(&key.text) => Err(e.at(key.span)),
                    Ok(_) | Err(_) => Err(too_many(key, second)),
                },
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
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.kind {
            Kind::Map(_) => self.deserialize_any(visitor),
            // A list of the fields' values is no form of a map here.
            Kind::Seq(_) => {
                let error = <Error as de::Error>::invalid_type(Unexpected::Seq, &visitor);
                Err(error.fields(fields).at(self.head()))
            }
            Kind::Scalar(..) => self.deserialize_any(visitor).map_err(|e| e.fields(fields)),
        }
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
                    let word = |(key, _): &&(Key, Node)| elsewhere::is_of_the_format(&key.text);
                    let beside = self.all.get(self.next).filter(word).filter(|_| !value.in_flow);
                    e.help = beside
                        .map(|(next, _)| {
                            let (this, next) = (&key.text, &next.text);
                            format!("`{next}` stands beside `{this}`: indent what belongs to `{this}` further to the right")
                        })
                        .or(e.help);
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
