//! The format as JSON Schema.
/// Every verb.
pub fn verbs() -> impl Iterator<Item = &'static str> {
    [].into_iter()
}
