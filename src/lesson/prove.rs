//! What is wrong with a lesson in whatever variant a seed may choose.

use super::choose::{Pick, alternatives};
use super::diagnostic::Diagnostic;
use super::load::{load_picked, tree};
use crate::vocabulary::param::Vary;
use crate::vocabulary::{Lesson, Selection};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

/// The most combinations of alternatives of a lesson.
const MOST: usize = 64;

/// A lesson with what could be better, or what is wrong with it.
type Loaded = Result<(Lesson, Vec<Diagnostic>), Vec<Diagnostic>>;

/// One way to load a lesson.
struct Trial {
    /// The number of the alternative of each step that has several.
    numbers: BTreeMap<String, usize>,
    /// A parameter and its value, where it is not the default.
    value: Option<(String, String)>,
}

/// Loads a lesson with all combinations of its alternatives, and with each value that a seed may give a parameter: the first and the last one of a range.
/// Gives it as it is without a seed, and what could be better.
///
/// # Errors
/// Its mistakes, and what could be better. Those that are not in every variant say in which they are.
pub fn prove(file_name: &str, text: &str) -> Loaded {
    let plain = load_picked(file_name, text, &Selection::default(), &Pick::By(None));
    let Ok(tree) = tree(file_name, text) else { return plain };
    let steps = alternatives(&tree);
    let count = steps.values().try_fold(1_usize, |all, ids| all.checked_mul(ids.len()));
    let Some(count) = count.filter(|count| *count <= MOST) else {
        let message = format!("more than {MOST} combinations of alternatives");
        let help = Some("write fewer alternatives: each combination must be a lesson".to_owned());
        return Err(vec![Diagnostic::whole_file(file_name, message, help)]);
    };
    let combination = |number: usize| {
        let mut rest = number;
        let digit = |(id, ids): (&String, &Vec<String>)| {
            let own = rest % ids.len();
            rest /= ids.len();
            (id.clone(), own)
        };
        steps.iter().map(digit).collect::<BTreeMap<_, _>>()
    };
    let mut trials: Vec<Trial> =
        (1..count).map(|number| Trial { numbers: combination(number), value: None }).collect();
    let values = plain.as_ref().map(|(lesson, _)| varied(lesson)).unwrap_or_default();
    trials.extend(
        values
            .into_iter()
            .enumerate()
            .map(|(index, value)| Trial { numbers: combination(index % count), value: Some(value) }),
    );
    if trials.is_empty() {
        return plain;
    }
    let told = |loaded: &Loaded| match loaded {
        Ok((_, warnings)) => warnings.clone(),
        Err(found) => found.clone(),
    };
    let mut found = vec![(Trial { numbers: combination(0), value: None }, told(&plain))];
    for trial in trials {
        let wanted = Selection { seed: None, set: trial.value.iter().cloned().collect() };
        let loaded = load_picked(file_name, text, &wanted, &Pick::Numbers(&trial.numbers));
        found.push((trial, told(&loaded)));
    }
    let all = merged(&found, &steps);
    match plain {
        Ok((lesson, _)) if all.iter().all(|d| d.warning) => Ok((lesson, all)),
        _ => Err(all),
    }
}

/// Each parameter that varies, with each value to be tried.
fn varied(lesson: &Lesson) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, param) in &lesson.params {
        let count = param.varieties();
        let listed = param.min.is_none() || matches!(param.vary, Vary::Among(_));
        let numbers: Vec<u64> = if listed { (0..count).collect() } else { vec![0, count.saturating_sub(1)] };
        let values = numbers.into_iter().filter(|number| *number < count);
        all.extend(values.filter_map(|n| param.variety(n)).map(|value| (name.clone(), value.to_string())));
    }
    all
}

/// The mistakes of all trials, each once, in the order in which they are in the file.
fn merged(found: &[(Trial, Vec<Diagnostic>)], steps: &IndexMap<String, Vec<String>>) -> Vec<Diagnostic> {
    let mut all: Vec<&Diagnostic> = Vec::new();
    for diagnostic in found.iter().flat_map(|(_, diagnostics)| diagnostics) {
        if !all.iter().any(|known| same(known, diagnostic)) {
            all.push(diagnostic);
        }
    }
    all.sort_by_key(|diagnostic| diagnostic.offset);
    let told = all.into_iter().map(|diagnostic| {
        let has = |(_, own): &&(Trial, Vec<Diagnostic>)| own.iter().any(|other| same(other, diagnostic));
        let with: Vec<&Trial> = found.iter().filter(has).map(|(trial, _)| trial).collect();
        let when = condition(&with, steps);
        let message = format!("{}{when}", diagnostic.message);
        Diagnostic { message, ..diagnostic.clone() }
    });
    told.collect()
}

fn same(one: &Diagnostic, other: &Diagnostic) -> bool {
    (one.offset, one.line, &one.message) == (other.offset, other.line, &other.message)
}

/// What the trials have in common that have a mistake: alternatives and values.
fn condition(with: &[&Trial], steps: &IndexMap<String, Vec<String>>) -> String {
    let mut parts = Vec::new();
    for (id, ids) in steps {
        let numbers: BTreeSet<usize> =
            with.iter().filter_map(|trial| trial.numbers.get(id).copied()).collect();
        if numbers.len() < ids.len() {
            let names: Vec<String> =
                numbers.iter().filter_map(|n| ids.get(*n)).map(|id| format!("`{id}`")).collect();
            parts.push(format!("alternative {} of `{id}`", names.join(" or ")));
        }
    }
    if let [Trial { value: Some((name, value)), .. }, rest @ ..] = with
        && rest.iter().all(|trial| trial.value.as_ref().is_some_and(|(own, _)| own == name))
    {
        let more = if rest.is_empty() { "" } else { " and other values" };
        parts.push(format!("{name}={value}{more}"));
        if with.len() == 1 {
            // The value alone is the reason as far as can be told.
            parts.drain(..parts.len() - 1);
        }
    }
    if parts.is_empty() { String::new() } else { format!(" (with {})", parts.join(", ")) }
}
