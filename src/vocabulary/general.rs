//! The general shapes of the format: an entry with modifiers, one or many, one per cgroup version, a field that may stand alone.

use super::scalar::Version;
use super::variant::Variant;
use super::when::Rights;
use crate::vocabulary::suggest::nearest;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// An error's text with advice behind it, which may be empty. The loader of lessons takes them apart again.
pub(crate) fn with_help(message: &str, help: &str) -> String {
    format!("{message}\n{help}")
}

/// The error of a value that has the right shape and no meaning, with the part of its text that is wrong. The loader points at that part.
pub(crate) fn misfit(message: &str, help: &str, part: &str) -> String {
    format!("{}\n{help}\n{part}", message.replace('\n', " "))
}

/// The modifiers that may stand beside a subject.
pub trait Modifiers: Default {
    /// Their keys; none of them may be used as an id.
    const KEYS: &'static [&'static str];
    /// Takes the value of one of [`Self::KEYS`] from the map.
    fn set<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// `SUBJECT: VERB`, or `SUBJECT: [VERB, …]`, with modifiers beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<V, M> {
    /// Who acts, or what is judged.
    pub subject: String,
    /// What it does, or what is expected of it.
    pub verbs: Vec<V>,
    /// What stands beside it.
    pub modifiers: M,
}

impl<'de, V: Deserialize<'de>, M: Modifiers> Deserialize<'de> for Entry<V, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor<V, M>(PhantomData<(V, M)>);
        impl<'de, V: Deserialize<'de>, M: Modifiers> Visitor<'de> for EntryVisitor<V, M> {
            type Value = Entry<V, M>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map `subject: { verb: object }`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut modifiers = M::default();
                let mut found: Option<(String, Vec<V>)> = None;
                while let Some(key) = map.next_key::<String>()? {
                    if M::KEYS.contains(&key.as_str()) {
                        modifiers.set(&key, &mut map)?;
                    } else if let Some((first, _)) = &found {
                        let message = format!("unknown key `{key}` beside `{first}`");
                        let help = match nearest(&key, M::KEYS.iter().copied()) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => format!(
                                "begin an item of its own for another subject, `- {key}: …`; beside a subject are {}",
                                M::KEYS.join(", ")
                            ),
                        };
                        return Err(de::Error::custom(with_help(&message, &help)));
                    } else {
                        found = Some((key, map.next_value::<Many<V>>()?.0));
                    }
                }
                let (subject, verbs) = found
                    .ok_or_else(|| de::Error::custom("no subject\nwrite `subject: { verb: object }`"))?;
                Ok(Entry { subject, verbs, modifiers })
            }
        }
        deserializer.deserialize_map(EntryVisitor(PhantomData))
    }
}

/// One, or a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Many(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ManyVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ManyVisitor<T> {
            type Value = Many<T>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("one, or a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Many(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(Many(vec![T::deserialize(MapAccessDeserializer::new(map))?]))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Self::Value, E> {
                Ok(Many(vec![T::deserialize(s.into_deserializer())?]))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Self::Value, E> {
                Ok(Many(vec![T::deserialize(n.into_deserializer())?]))
            }
        }
        deserializer.deserialize_any(ManyVisitor(PhantomData))
    }
}

/// The same everywhere, or different ones by cgroup version (`v1`, `v2`) or by who runs the lab (`root`, `rootless`).
#[derive(Debug, Clone, PartialEq)]
pub enum Per<T> {
    /// The same everywhere.
    Same(T),
    /// By cgroup version; absent where the version needs none.
    Cgroup {
        /// On cgroup v1.
        v1: Option<T>,
        /// On cgroup v2.
        v2: Option<T>,
    },
    /// By who runs the lab.
    Rights {
        /// Started by root.
        root: Option<T>,
        /// Started by an ordinary user.
        rootless: Option<T>,
    },
}

impl<T> Per<T> {
    /// Every variant that was written.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        let (a, b) = match self {
            Per::Same(t) => (Some(t), None),
            Per::Cgroup { v1, v2 } => (v1.as_ref(), v2.as_ref()),
            Per::Rights { root, rootless } => (root.as_ref(), rootless.as_ref()),
        };
        a.into_iter().chain(b)
    }

    /// The one that applies in this variant of the lesson.
    pub fn here(&self, variant: &Variant) -> Option<&T> {
        match self {
            Per::Same(t) => Some(t),
            Per::Cgroup { v1, v2 } => match variant.version {
                Version::V1 => v1.as_ref(),
                Version::V2 => v2.as_ref(),
            },
            Per::Rights { root, rootless } => match variant.rights {
                Rights::Root => root.as_ref(),
                Rights::Rootless => rootless.as_ref(),
            },
        }
    }
}

impl<T: Serialize> Serialize for Per<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = match self {
            Per::Same(t) => return t.serialize(serializer),
            Per::Cgroup { v1, v2 } => [("v1", v1), ("v2", v2)],
            Per::Rights { root, rootless } => [("root", root), ("rootless", rootless)],
        };
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in pairs {
            if let Some(value) = value {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

/// A value that may differ by machine. Some of these values can themselves be a map with one key.
pub trait Differs: Sized {
    /// The value, if it is a map with this key.
    ///
    /// # Errors
    /// When the key's value is wrong.
    fn of_key<'de, A: MapAccess<'de>>(_key: &str, _map: &mut A) -> Result<Option<Self>, A::Error> {
        Ok(None)
    }
}

impl Differs for String {}
impl<T> Differs for Many<T> {}

impl<'de, T: Deserialize<'de> + Differs> Deserialize<'de> for Per<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PerVisitor<T>(PhantomData<T>);
        const KEYS: &[&str] = &["v1", "v2", "root", "rootless"];
        impl<'de, T: Deserialize<'de> + Differs> Visitor<'de> for PerVisitor<T> {
            type Value = Per<T>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a value, or { v1: …, v2: … }, or { root: …, rootless: … }")
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Self::Value, E> {
                T::deserialize(s.into_deserializer()).map(Per::Same)
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Self::Value, E> {
                T::deserialize(n.into_deserializer()).map(Per::Same)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                T::deserialize(SeqAccessDeserializer::new(seq)).map(Per::Same)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut slots: [Option<T>; 4] = [None, None, None, None];
                while let Some(key) = map.next_key::<String>()? {
                    match KEYS.iter().position(|k| *k == key) {
                        Some(i) => slots[i] = Some(map.next_value()?),
                        None if slots.iter().all(Option::is_none) => match T::of_key(&key, &mut map)? {
                            Some(value) if map.next_key::<String>()?.is_none() => {
                                return Ok(Per::Same(value));
                            }
                            Some(_) => return Err(de::Error::custom("more than one key")),
                            None => return Err(de::Error::unknown_field(&key, KEYS)),
                        },
                        None => return Err(de::Error::unknown_field(&key, KEYS)),
                    }
                }
                let [v1, v2, root, rootless] = slots;
                let cgroup = v1.is_some() || v2.is_some();
                let rights = root.is_some() || rootless.is_some();
                match (cgroup, rights) {
                    (true, false) => Ok(Per::Cgroup { v1, v2 }),
                    (false, true) => Ok(Per::Rights { root, rootless }),
                    _ => Err(de::Error::custom(with_help(
                        "these keys do not go together",
                        "write `v1` and `v2`, or `root` and `rootless`",
                    ))),
                }
            }
        }
        deserializer.deserialize_any(PerVisitor(PhantomData))
    }
}

/// A map with exactly one free key.
#[derive(Debug, Clone, PartialEq)]
pub struct One<T, K = String>(pub K, pub T);

impl<T: Serialize, K: Serialize> Serialize for One<T, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&self.0, &self.1)?;
        map.end()
    }
}

impl<'de, T: Deserialize<'de>, K: Deserialize<'de>> Deserialize<'de> for One<T, K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneVisitor<T, K>(PhantomData<(T, K)>);
        impl<'de, T: Deserialize<'de>, K: Deserialize<'de>> Visitor<'de> for OneVisitor<T, K> {
            type Value = One<T, K>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map with one key")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let key = map.next_key::<K>()?.ok_or_else(|| de::Error::custom("empty map"))?;
                let value = map.next_value()?;
                if let Some(second) = map.next_key::<String>()? {
                    return Err(de::Error::custom(with_help(
                        &format!("a second key `{second}`"),
                        "write an action or readout of its own for it",
                    )));
                }
                Ok(One(key, value))
            }
        }
        deserializer.deserialize_map(OneVisitor(PhantomData))
    }
}

/// A struct of which the first field may stand alone: `umount: /mnt` for `umount: { at: /mnt }`.
macro_rules! short {
    ($(#[doc = $doc:literal])* $name:ident . $(#[$first_doc:meta])* $field:ident : $type:ty { $($(#[$field_doc:meta])* $other:ident : $other_type:ty),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        pub struct $name {
            $(#[$first_doc])* pub $field: $type,
            $($(#[$field_doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $other: Option<$other_type>),*
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                #[derive(schemars::JsonSchema)]
                #[schemars(deny_unknown_fields)]
                #[allow(dead_code)] // only its schema is used
                struct Long {
                    $(#[$first_doc])* $field: $type,
                    $($(#[$field_doc])* #[schemars(default)] $other: Option<$other_type>),*
                }
                let (alone, long) = (<$type>::json_schema(generator), Long::json_schema(generator));
                let mut schema = schemars::json_schema!({ "anyOf": [alone, long] });
                schema.insert("description".to_owned(), concat!($($doc),*).trim().into());
                schema
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::{self, value::{MapAccessDeserializer, SeqAccessDeserializer}, Deserialize as _, IntoDeserializer};
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Long { $field: $type, $(#[serde(default)] $other: Option<$other_type>),* }
                struct ShortVisitor;
                impl<'de> de::Visitor<'de> for ShortVisitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                        f.write_str(concat!("the ", stringify!($field), ", alone or in a map"))
                    }
                    fn visit_str<E: de::Error>(self, s: &str) -> Result<$name, E> {
                        Ok($name { $field: <$type>::deserialize(s.into_deserializer())?, $($other: None),* })
                    }
                    fn visit_u64<E: de::Error>(self, n: u64) -> Result<$name, E> {
                        Ok($name { $field: <$type>::deserialize(n.into_deserializer())?, $($other: None),* })
                    }
                    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<$name, A::Error> {
                        Ok($name { $field: <$type>::deserialize(SeqAccessDeserializer::new(seq))?, $($other: None),* })
                    }
                    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        let long = Long::deserialize(MapAccessDeserializer::new(map))?;
                        Ok($name { $field: long.$field, $($other: long.$other),* })
                    }
                }
                deserializer.deserialize_any(ShortVisitor)
            }
        }
    };
}
pub(crate) use short;

/// A type that a lesson writes as a text: `FromStr`, whose error is a [`misfit`], and `Display` are its two directions.
macro_rules! text_value {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextVisitor;
                impl serde::de::Visitor<'_> for TextVisitor {
                    type Value = $type;
                    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                        f.write_str("a text")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                // In the visitor, where the loader knows the text's place.
                deserializer.deserialize_str(TextVisitor)
            }
        }
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" })
            }
        }
    };
}
pub(crate) use text_value;
