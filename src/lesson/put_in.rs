//! Puts the values of parameters where a lesson names them outside of its prose.

use super::diagnostic::Mistake;
use super::param::unknown;
use super::position::{Kind, Node, Span, Style};
use super::text::{self, Piece, pieces};
use crate::vocabulary::Param;
use crate::vocabulary::scalar::parameter;
use indexmap::IndexMap;
use std::collections::HashSet;

/// Fields of a step that are prose: `$` means nothing there (`{$name}` does, see [`super::text`]).
const PROSE: &[&str] =
    &["id", "title", "text", "predict", "by_hand", "try", "why", "docker", "myth", "man", "hints", "notes"];

/// Outside of prose, replaces `$name` by the parameter's value wherever it is a whole scalar, and `{$name}` within one. Also returns
/// the names that stand somewhere.
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
                    for (key, field) in fields {
                        match key.text.as_str() {
                            // A line of output may begin with `$`.
                            "prints" => put.printed(field),
                            key if PROSE.contains(&key) => {}
                            _ => put.walk(field),
                        }
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
            Kind::Map(entries) => {
                for (key, value) in entries {
                    key.text = self.within(&key.text, key.span);
                    self.walk(value);
                }
            }
            Kind::Scalar(text, style) => {
                let Some(name) = parameter(text) else {
                    *text = self.within(text, node.span);
                    return;
                };
                self.used.insert(name.to_owned());
                if let Some(param) = self.params.get(name) {
                    (*text, *style) = (param.value().to_string(), Style::Plain);
                } else if !self.broken.contains(name) {
                    self.mistakes.push(unknown(name, node.span, self.params));
                }
            }
        }
    }

    fn printed(&mut self, node: &mut Node) {
        let span = node.span;
        match &mut node.kind {
            Kind::Seq(items) => items.iter_mut().for_each(|i| self.printed(i)),
            Kind::Map(entries) => entries.iter_mut().for_each(|(_, v)| self.printed(v)),
            Kind::Scalar(text, _) => *text = self.within(text, span),
        }
    }

    /// A text in which each `{$name}` is replaced. Without parameters, that is a shell's or another program's own.
    fn within(&mut self, text: &str, span: Span) -> String {
        if self.params.is_empty() || !text.contains("{$") {
            return text.to_owned();
        }
        let mut out = String::new();
        for piece in pieces(text) {
            let (Piece::Text(word) | Piece::Reference(word)) = piece;
            match (piece, text::parameter(word)) {
                (Piece::Reference(_), Some((name, factor))) => {
                    self.used.insert(name.to_owned());
                    if let Some(param) = self.params.get(name) {
                        out += &text::value(param, factor);
                    } else if !self.broken.contains(name) {
                        self.mistakes.push(unknown(name, span, self.params));
                    }
                }
                (Piece::Reference(_), None) => out.extend(["{", word, "}"]),
                (Piece::Text(_), _) => out += word,
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_name_is_a_reference() {
        assert_eq!(parameter("$quota"), Some("quota"));
        for text in ["quota", "$", "$$", "$1", "$a b", "x$a", "${a}"] {
            assert_eq!(parameter(text), None, "{text}");
        }
    }
}
