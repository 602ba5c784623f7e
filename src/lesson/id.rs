//! The form of ids.

use super::diagnostic::Mistake;
use super::span::Span;

/// The longest id, in bytes.
const LONGEST: usize = 64;

fn well_formed(id: &str) -> bool {
    let mut bytes = id.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// What is wrong with the form of an id.
pub(super) fn malformed(id: &str, span: Span) -> Option<Mistake> {
    if id.len() > LONGEST && well_formed(id) {
        let message = format!("an id of more than {LONGEST} characters");
        return Some(Mistake::new(span, message).help("a short one is read faster: `box-name`"));
    }
    (!well_formed(id) && !span.is_empty()).then(|| {
        Mistake::new(span, format!("`{id}` is not an id"))
            .help("use lower-case letters, digits and `-`, and begin with a letter: `box-name`")
    })
}
