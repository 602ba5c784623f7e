//! Parameters: what a person may change with `--set NAME=VALUE`. After loading none is left in a lesson.

use super::diagnostic::{Diagnostic, Mistake};
use super::position::{Kind, Node, Span, Style};
use crate::model::Unit;
use crate::vocabulary::scalar::parameter;
use crate::vocabulary::suggest::suggest;
use crate::vocabulary::{Param, Val};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashSet};

/// Fields of a step that are prose: `$` means nothing there (`{$name}` does, see [`super::text`]).
pub(super) const PROSE: &[&str] = &[
    "id", "title", "text", "predict", "by_hand", "prints", "try", "why", "docker", "myth", "man", "hints",
    "notes",
];

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
    let Some(n) = value.number() else { return Some(format!("`{value}` is not a number")) };
    if unit(value) != unit(&param.default) {
        return Some(format!("`{value}` has the wrong unit"));
    }
    let (min, max) = (param.min.number().unwrap_or(f64::MIN), param.max.number().unwrap_or(f64::MAX));
    (n < min || n > max).then(|| format!("`{value}` is out of bounds"))
}

/// Whether the declarations make sense: numbers of one unit, and the default within the bounds.
pub(super) fn check(params: &IndexMap<String, Param>, tree: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, param) in params {
        let Some(node) = tree.find(&["params", name]) else { continue };
        let span = |key: &str| node.get(key).map_or(node.head(), |n| n.span);
        let wanted = || format!("write {}, as the default is", unit_words(unit(&param.default)));
        if param.default.number().is_none() {
            mistakes.push(
                Mistake::new(span("default"), format!("`{}` is not a number", param.default))
                    .help("a parameter is a number with or without a unit: 20% 20M 300ms 4x"),
            );
            continue;
        }
        let mut comparable = true;
        for (key, bound) in [("min", &param.min), ("max", &param.max)] {
            if bound.number().is_none() || unit(bound) != unit(&param.default) {
                comparable = false;
                mistakes.push(
                    Mistake::new(span(key), format!("`{key}` has another unit than `default`"))
                        .help(wanted()),
                );
            }
        }
        if !comparable {
            continue;
        }
        if param.min.number() > param.max.number() {
            mistakes.push(Mistake::new(span("min"), "`min` is greater than `max`").help("swap them"));
        } else if misfit(param, &param.default).is_some() {
            let bounds = format!("write a value from {} to {}", param.min, param.max);
            mistakes.push(Mistake::new(span("default"), "`default` is out of bounds").help(bounds));
        }
    }
    mistakes
}

/// Replaces `$name` by the parameter's value wherever it is a whole scalar outside of prose. Also returns the names that
/// stand somewhere.
pub(super) fn put_in(
    tree: &mut Node,
    params: &IndexMap<String, Param>,
    broken: &HashSet<String>,
) -> (Vec<Mistake>, HashSet<String>) {
    let mut put = PutIn { params, broken, mistakes: Vec::new(), used: HashSet::new() };
    let Kind::Map(sections) = &mut tree.kind else { return (Vec::new(), HashSet::new()) };
    for (section, node) in sections {
        match (section.text.as_str(), &mut node.kind) {
            ("boxes" | "cgroups" | "workloads" | "setup" | "readouts", _) => put.walk(node),
            ("steps", Kind::Seq(steps)) => {
                for step in steps {
                    let Kind::Map(fields) = &mut step.kind else { continue };
                    for (_, field) in fields.iter_mut().filter(|(k, _)| !PROSE.contains(&k.text.as_str())) {
                        put.walk(field);
                    }
                }
            }
            _ => {}
        }
    }
    (put.mistakes, put.used)
}

struct PutIn<'a> {
    params: &'a IndexMap<String, Param>,
    broken: &'a HashSet<String>,
    mistakes: Vec<Mistake>,
    used: HashSet<String>,
}

impl PutIn<'_> {
    fn walk(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::Seq(items) => items.iter_mut().for_each(|i| self.walk(i)),
            Kind::Map(entries) => entries.iter_mut().for_each(|(_, v)| self.walk(v)),
            Kind::Scalar(text, style) => {
                let Some(name) = parameter(text) else { return };
                self.used.insert(name.to_owned());
                if let Some(param) = self.params.get(name) {
                    (*text, *style) = (param.value().to_string(), Style::Plain);
                } else if !self.broken.contains(name) {
                    self.mistakes.push(unknown(name, node.span, self.params));
                }
            }
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
    Some(Mistake::new(value_at, why).help(format!("write {unit}, from {} to {}", param.min, param.max)))
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
            min: val(min),
            max: val(max),
            set: None,
        };
        let percent = param("20%", "5%", "90%");
        assert_eq!(fitting(&percent, "35"), Ok(val("35%")));
        assert_eq!(fitting(&percent, "35%"), Ok(val("35%")));
        assert!(fitting(&percent, "95").is_err() && fitting(&percent, "35M").is_err());
        assert_eq!(fitting(&param("20M", "12M", "48M"), "13"), Ok(val("13M")));
        assert_eq!(fitting(&param("3", "1", "9"), "4").map(|v| v.number()), Ok(Some(4.0)));
    }

    #[test]
    fn only_a_whole_name_is_a_reference() {
        assert_eq!(parameter("$quota"), Some("quota"));
        for text in ["quota", "$", "$$", "$1", "$a b", "x$a", "${a}"] {
            assert_eq!(parameter(text), None, "{text}");
        }
    }
}
