//! References in prose: `{$quota}` is a parameter's value, `{$quota * 1000}` so many times its number, `{cpu.max}` the name that a control file has
//! on this machine.
//!
//! Braces around anything else are text, as in `{ echo; }` or `${HOME}`.

use crate::vocabulary::{Param, Variant};
use indexmap::IndexMap;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// What stands in braces.
    Reference(&'a str),
}

/// The parameter of a reference, and by what its number is multiplied.
pub(super) fn parameter(reference: &str) -> Option<(&str, Option<u32>)> {
    let inner = reference.strip_prefix('$')?;
    match inner.split_once(" * ") {
        Some((name, factor)) => Some((name, Some(factor.parse().ok()?))),
        None => Some((inner, None)),
    }
}

/// Whether something in braces is meant as a reference: `$name`, or a file's name with a dot in it.
fn is_reference(inner: &str) -> bool {
    let word = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_lowercase())
            && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
    };
    if inner.starts_with('$') {
        return parameter(inner).is_some_and(|(name, _)| word(name));
    }
    let (file, field) = inner.split_once('/').map_or((inner, None), |(a, b)| (a, Some(b)));
    file.contains('.') && file.split('.').all(word) && field.is_none_or(word)
}

/// Takes a text apart.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(open) = rest[from..].find('{').map(|i| from + i) {
            let inner = &rest[open + 1..];
            let shell = rest[..open].ends_with('$');
            match inner.find(['}', '{', '\n']) {
                Some(close) if inner[close..].starts_with('}') && !shell && is_reference(&inner[..close]) => {
                    if open > 0 {
                        let text = &rest[..open];
                        rest = &rest[open..];
                        return Some(Piece::Text(text));
                    }
                    rest = &inner[close + 1..];
                    return Some(Piece::Reference(&inner[..close]));
                }
                _ => from = open + 1,
            }
        }
        Some(Piece::Text(std::mem::take(&mut rest)))
    })
}

/// The text with its references replaced. A control file that this machine lacks, and an unknown parameter, keep the name that the lesson
/// gives them.
pub fn fill(text: &str, params: &IndexMap<String, Param>, variant: &Variant) -> String {
    pieces(text)
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Reference(name) => match parameter(name) {
                Some((param, factor)) => {
                    params.get(param).map_or_else(|| name.to_owned(), |param| value(param, factor))
                }
                None => variant.file(name).unwrap_or_else(|| name.to_owned()),
            },
        })
        .collect()
}

/// A parameter's value, or so many times its number in base units: percent, bytes, seconds.
pub(super) fn value(param: &Param, factor: Option<u32>) -> String {
    match (factor, param.value().number()) {
        (Some(factor), Some(number)) => format!("{:.0}", number * f64::from(factor)),
        _ => param.value().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::param::Vary;
    use crate::vocabulary::when::Rights;
    use crate::vocabulary::{Val, Version};

    #[test]
    fn references_are_replaced_and_nothing_else() {
        let twenty = Val::parse("20%").unwrap();
        let quota = Param {
            ask: "?".to_owned(),
            default: Val::parse("30%").unwrap(),
            min: Some(twenty.clone()),
            max: Some(twenty.clone()),
            choices: Vec::new(),
            step: None,
            vary: Vary::No,
            seeded: None,
            set: Some(twenty),
        };
        let params = IndexMap::from([("quota".to_owned(), quota)]);
        let variant = Variant::new(Version::V1, Rights::Root)
            .with_files(|name| (name == "cpu.max").then(|| "cpu.cfs_quota_us".to_owned()));
        let text = "{$quota} or {$quota * 1000} in {cpu.max}, not {$quota * x}, not { echo; } ${HOME} ${cpu.max} {x} {a b.c} {cpu.idle}{$quota";
        let filled = "20% or 20000 in cpu.cfs_quota_us, not {$quota * x}, not { echo; } ${HOME} ${cpu.max} {x} {a b.c} cpu.idle{$quota";
        assert_eq!(fill(text, &params, &variant), filled);
    }

    #[test]
    fn pieces_join_to_the_text() {
        for text in ["", "{", "}", "{}", "a{cpu.max}b", "{{cpu.max}}", "ü{$x}ü"] {
            let joined: String = pieces(text)
                .map(|p| match p {
                    Piece::Text(t) => t.to_owned(),
                    Piece::Reference(r) => format!("{{{r}}}"),
                })
                .collect();
            assert_eq!(joined, text);
        }
    }
}
