//! Parameters: what a person may change with `--set NAME=VALUE`. After loading none is left in a lesson.

use super::diagnostic::{Diagnostic, Mistake};
use super::position::{Node, Span};
use super::seed::{self, Of};
use crate::model::Unit;
use crate::vocabulary::param::{Allowed, Vary};
use crate::vocabulary::suggest::suggest;
use crate::vocabulary::{Param, Seed, Val};
use indexmap::IndexMap;
use std::collections::BTreeMap;

fn unit(value: &Val) -> Option<Unit> {
    match value {
        Val::Quantity(_, unit, _) => Some(*unit),
        _ => None,
    }
}

fn unit_words(unit: Option<Unit>) -> &'static str {
    match unit {
        None => "a plain number",
        Some(Unit::Percent) => "a share such as 20%",
        Some(Unit::Bytes) => "a size such as 20M",
        Some(Unit::Seconds) => "a time such as 300ms",
        Some(Unit::Times) => "a multiple such as 4x",
    }
}

/// Why a value may not be a parameter's.
fn misfit(param: &Param, value: &Val) -> Option<String> {
    match param.allowed() {
        Allowed::Range(min, max) => {
            let Some(n) = value.number() else { return Some(format!("`{value}` is not a number")) };
            if unit(value) != unit(&param.default) {
                return Some(format!("`{value}` has the wrong unit"));
            }
            let (min, max) = (min.number().unwrap_or(f64::MIN), max.number().unwrap_or(f64::MAX));
            (n < min || n > max).then(|| format!("`{value}` is out of bounds"))
        }
        Allowed::Among(choices) => {
            (!choices.contains(value)).then(|| format!("`{value}` is not among the choices"))
        }
    }
}

/// Whether the declarations make sense: numbers of one unit, and the default within the bounds; or words, and the default among them.
pub(super) fn check(params: &IndexMap<String, Param>, tree: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, param) in params {
        let Some(node) = tree.find(&["params", name]) else { continue };
        let found = if node.get("choices").is_some() { choices(param, node) } else { range(param, node) };
        let sound = found.is_empty();
        mistakes.extend(found);
        if sound {
            mistakes.extend(varied(param, node));
        }
    }
    mistakes
}

/// The place of a key's value, or of the declaration.
fn place(node: &Node, key: &str) -> Span {
    node.get(key).map_or(node.head(), |n| n.span)
}

/// What is wrong with a parameter that lies between two bounds.
fn range(param: &Param, node: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let wanted = || format!("write {}, as the default is", unit_words(unit(&param.default)));
    if param.default.number().is_none() {
        return vec![
            Mistake::new(place(node, "default"), format!("`{}` is not a number", param.default)).help(
                "a parameter is a number with or without a unit: 20% 20M 300ms 4x; for names, list `choices: [bird, wren]`",
            ),
        ];
    }
    let mut bounds = Vec::new();
    for (key, bound) in [("min", &param.min), ("max", &param.max)] {
        match bound {
            None => mistakes.push(
                Mistake::new(node.head(), format!("`{key}` is missing"))
                    .help("write `min` and `max`, or all allowed values under `choices`"),
            ),
            Some(bound) if bound.number().is_none() || unit(bound) != unit(&param.default) => {
                let message = format!("`{key}` has another unit than `default`");
                mistakes.push(Mistake::new(place(node, key), message).help(wanted()));
            }
            Some(bound) => bounds.extend(bound.number()),
        }
    }
    let [min, max] = bounds[..] else { return mistakes };
    if min > max {
        mistakes.push(Mistake::new(place(node, "min"), "`min` is greater than `max`").help("swap them"));
    } else if misfit(param, &param.default).is_some() {
        let bounds = format!("write a value {}", param.allowed());
        mistakes.push(Mistake::new(place(node, "default"), "`default` is out of bounds").help(bounds));
    }
    mistakes
}

/// The most choices of a parameter. Lint loads the lesson with each of them.
const MOST_CHOICES: usize = 50;

/// What is wrong with a parameter whose values are listed.
fn choices(param: &Param, node: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for key in ["min", "max", "step"] {
        if let Some(span) = node.key(key) {
            mistakes.push(
                Mistake::new(span, format!("`{key}` beside `choices`"))
                    .help("list the allowed values, or give their bounds, but not both"),
            );
        }
    }
    let list = node.get("choices").unwrap_or(node);
    mistakes.extend(listed(&param.choices, list));
    for (choice, at) in param.choices.iter().zip(list.items()) {
        if unit(choice) != unit(&param.default)
            || choice.number().is_some() != param.default.number().is_some()
        {
            mistakes.push(
                Mistake::new(at.span, format!("`{choice}` is not written as `default` is"))
                    .help("write all of them in one unit, or all of them as words"),
            );
        } else if !is_word(&choice.to_string()) {
            mistakes.push(
                Mistake::new(at.span, format!("`{choice}` is neither a number nor a name nor an address"))
                    .help("write letters, digits, `.`, `:`, `/`, `_` and `-`: it also gets into commands"),
            );
        }
    }
    if mistakes.is_empty() && !param.choices.contains(&param.default) {
        let help = format!("write {}", param.allowed());
        mistakes.push(Mistake::new(place(node, "default"), "`default` is not among the choices").help(help));
    }
    mistakes
}

/// What is wrong with a list of values as such.
fn listed(values: &[Val], node: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if !(2..=MOST_CHOICES).contains(&values.len()) {
        mistakes.push(
            Mistake::new(node.head(), format!("not 2 to {MOST_CHOICES} values but {}", values.len()))
                .help("list those between which is chosen"),
        );
    }
    for (index, (value, at)) in values.iter().zip(node.items()).enumerate() {
        if values[..index].contains(value) {
            mistakes
                .push(Mistake::new(at.span, format!("`{value}` is listed twice")).help("remove one of them"));
        }
    }
    mistakes
}

/// A value that a shell and YAML take as one word, whatever stands around it.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".:/_-%".contains(c))
}

/// What is wrong with the values that a seed chooses from.
fn varied(param: &Param, node: &Node) -> Vec<Mistake> {
    let at = place(node, "vary");
    if let (Some(step), Vary::No | Vary::Among(_)) = (node.key("step"), &param.vary) {
        let help = "write `vary: true`: a seed then chooses from `min` to `max` in this step";
        return vec![Mistake::new(step, "`step` without `vary: true`").help(help)];
    }
    match &param.vary {
        Vary::Among(values) => {
            let mut mistakes = node.get("vary").map_or_else(Vec::new, |node| listed(values, node));
            for (value, at) in values.iter().zip(node.get("vary").map(Node::items).unwrap_or_default()) {
                if let Some(why) = misfit(param, value) {
                    mistakes
                        .push(Mistake::new(at.span, why).help(format!("write values {}", param.allowed())));
                }
            }
            mistakes
        }
        Vary::Yes if param.varieties() == 0 => vec![
            Mistake::new(at, "these bounds have no common step")
                .help("write `min`, `max` and `step` in the same unit, or a list: `vary: [16M, 20M]`"),
        ],
        Vary::Yes if param.varieties() == 1 => {
            vec![Mistake::new(at, "there is only one value to choose").help("write a smaller `step`")]
        }
        Vary::Yes | Vary::No => Vec::new(),
    }
}

/// Chooses the values of the parameters that vary, for the lesson with this id.
pub(super) fn choose(params: &mut IndexMap<String, Param>, lesson: &str, seed: &Seed) {
    for (name, param) in params {
        let varieties = param.varieties();
        if varieties > 0 {
            param.seeded = param.variety(seed::pick(seed, lesson, Of::Parameter(name), varieties));
        }
    }
}

/// The mistake of naming a parameter that does not exist.
pub(super) fn unknown(name: &str, span: Span, params: &IndexMap<String, Param>) -> Mistake {
    let help = suggest(name, params.keys().map(String::as_str))
        .unwrap_or_else(|| "declare it under `params`".to_owned());
    Mistake::new(span, format!("unknown parameter `${name}`")).help(help)
}

/// What is wrong with the values from the command line.
pub fn check_overrides(
    params: &IndexMap<String, Param>,
    overrides: &BTreeMap<String, String>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, text) in overrides {
        let line = format!("{name}={text}");
        let value = name.len() + 1;
        let mistake = set(
            params,
            name,
            Span { start: 0, end: line.len() },
            text,
            Span { start: value, end: line.len() },
        );
        found.extend(Diagnostic::locate("--set", &line, mistake.into_iter().collect()));
    }
    found
}

/// What is wrong with a parameter's new value; name and value stand at these places.
pub(crate) fn set(
    params: &IndexMap<String, Param>,
    name: &str,
    name_at: Span,
    value: &str,
    value_at: Span,
) -> Option<Mistake> {
    let Some(param) = params.get(name) else {
        let help = suggest(name, params.keys().map(String::as_str));
        let help = help.unwrap_or_else(|| "this lesson has no parameters".to_owned());
        return Some(Mistake::new(name_at, format!("unknown parameter `{name}`")).help(help));
    };
    let why = fitting(param, value).err()?;
    let unit = unit_words(unit(&param.default));
    let help = match param.allowed() {
        bounds @ Allowed::Range(..) => format!("write {unit}, {bounds}"),
        choices @ Allowed::Among(_) => format!("write {choices}"),
    };
    Some(Mistake::new(value_at, why).help(help))
}

/// A value that a person wrote, when it may be the parameter's. `3` is the number that it would be in the file; where the default has a unit, so has
/// it.
///
/// # Errors
/// Why it may not.
pub fn fitting(param: &Param, text: &str) -> Result<Val, String> {
    let value = Val::parse(text).map_err(|error| error.replace('\n', "; "))?;
    let value = match &value {
        Val::Text(text) => text.parse().map_or(value, Val::Num),
        _ => value,
    };
    let value = match (&value, &param.default) {
        (Val::Num(_), Val::Quantity(_, _, default)) => {
            let unit = default.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            Val::parse(&format!("{text}{unit}")).unwrap_or(value)
        }
        _ => value,
    };
    match misfit(param, &value) {
        Some(why) => Err(why),
        None => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_unit_of_the_default() {
        let val = |text: &str| Val::parse(text).unwrap();
        let param = |default: &str, min: &str, max: &str| Param {
            ask: String::new(),
            default: val(default),
            min: Some(val(min)),
            max: Some(val(max)),
            choices: Vec::new(),
            step: None,
            vary: Vary::No,
            seeded: None,
            set: None,
        };
        let percent = param("20%", "5%", "90%");
        assert_eq!(fitting(&percent, "35"), Ok(val("35%")));
        assert_eq!(fitting(&percent, "35%"), Ok(val("35%")));
        assert!(fitting(&percent, "95").is_err() && fitting(&percent, "35M").is_err());
        assert_eq!(fitting(&param("20M", "12M", "48M"), "13"), Ok(val("13M")));
        assert_eq!(fitting(&param("3", "1", "9"), "4").map(|v| v.number()), Ok(Some(4.0)));
        let choices = vec![val("bird"), val("wren")];
        let name = Param { choices, min: None, max: None, ..param("bird", "1", "2") };
        assert_eq!(fitting(&name, "wren"), Ok(val("wren")));
        assert_eq!(fitting(&name, "$(id)"), Err("`$(id)` is not among the choices".to_owned()));
    }
}
