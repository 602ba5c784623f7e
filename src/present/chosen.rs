//! What a seed and a person have chosen, in words.

use crate::vocabulary::Chosen;

/// `seed alice: name=wren, port=8123, rename: domain`; nothing, where nobody has chosen anything.
pub fn in_words(chosen: &Chosen) -> Option<String> {
    if chosen.is_empty() {
        return None;
    }
    let values = chosen.values.iter().map(|(name, value)| format!("{name}={value}"));
    let alternatives = chosen.alternatives.iter().map(|(step, taken)| format!("{step}: {taken}"));
    let all = values.chain(alternatives).collect::<Vec<_>>().join(", ");
    Some(match &chosen.seed {
        None => format!("set: {all}"),
        Some(seed) if all.is_empty() => format!("seed {seed}: nothing varies in this lesson"),
        Some(seed) => format!("seed {seed}: {all}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;

    #[test]
    fn values_and_alternatives_are_named() {
        let one = |name: &str, value: &str| IndexMap::from([(name.to_owned(), value.to_owned())]);
        let chosen = Chosen {
            seed: "alice".parse().ok(),
            values: one("name", "wren"),
            alternatives: one("rename", "domain"),
        };
        assert_eq!(in_words(&chosen).as_deref(), Some("seed alice: name=wren, rename: domain"));
        let set = Chosen { values: one("quota", "35%"), ..Chosen::default() };
        assert_eq!(in_words(&set).as_deref(), Some("set: quota=35%"));
        assert_eq!(in_words(&Chosen::default()), None);
    }
}
