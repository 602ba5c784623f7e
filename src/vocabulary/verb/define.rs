//! What a verb defines, and the macro that makes one.

use super::says::Facts;

/// A verb in the documentation; see [`verb!`].
pub trait Documented {
    /// What it does, in Markdown: its description in `docs/lesson-format.md` and in the JSON Schema.
    const DOES: &'static str;
    /// Its object as an author writes it, in Markdown: a cell of the table in `docs/lesson-format.md`.
    const OBJECT: &'static str;
}

/// A verb defines itself. Nothing here and in [`Facts`] has a default, so that no verb is written without an answer.
pub trait Define: Documented {
    /// One line for a plan, before it is made. Control files keep their v2 names and units, as the lesson writes them.
    fn plan(&self) -> String;

    /// Everything else that is asked about it.
    fn facts(&self) -> Facts<'_>;
}

/// Documents a verb with its object and with what it does; with a type in brackets it also makes the verb, as a struct around that type.
macro_rules! verb {
    ($name:ident, $object:literal, $does:literal) => {
        impl $crate::vocabulary::verb::define::Documented for $name {
            const OBJECT: &'static str = $object;
            const DOES: &'static str = $does;
        }
    };
    ($name:ident($inner:ty), $object:literal, $does:literal) => {
        #[doc = $does]
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        #[allow(missing_docs)] // its object
        pub struct $name(pub $inner);
        $crate::vocabulary::verb::define::verb!($name, $object, $does);
    };
}
pub(super) use verb;
