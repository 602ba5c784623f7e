//! Advice for a word that nobody knows.

/// The most bytes in a word of the format, or in an id that a person would choose.
const LONGEST_WORD: usize = 64;

/// The known word nearest to an unknown one, if it is near enough to be what was meant. A comparison takes time and memory in proportion to the product of
/// the lengths, so endless words have no near ones.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|k| k.len() <= LONGEST_WORD)
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
