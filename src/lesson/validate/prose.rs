//! Texts: none is empty, none was cut by YAML, and what they name exists.

use super::super::de::from_node;
use super::super::diagnostic::Mistake;
use super::super::position::{Kind, Node, Span, Style};
use super::super::{by_hand, param, text};
use super::check::Check;
use crate::vocabulary::Printed;
use crate::vocabulary::control::Knob;
use crate::vocabulary::printed;
use crate::vocabulary::whole::MOST_POINTS;
use std::collections::HashSet;

/// The most characters of one text. The longest of the built-in lessons has about 1,500; and a screen lays all of it out for each frame.
const MOST_TEXT: usize = 10_000;

/// Fields that are texts for people, of the lesson and of a step; `predict` has its own.
const TEXTS: &[&str] = &["title", "summary", "text", "by_hand", "try", "why", "myth", "hints", "notes"];

pub(super) fn check(check: &mut Check) {
    let tree = check.tree;
    for key in ["title", "summary", "part"] {
        if let Some(node) = tree.get(key) {
            prose(check, node);
        }
    }
    for (_, param) in tree.get("params").map(Node::entries).unwrap_or_default() {
        if let Some(node) = param.get("ask") {
            prose(check, node);
        }
    }
    if check.lesson.format != 1
        && let Some(node) = tree.get("format")
    {
        let message = format!("format {} is not known", check.lesson.format);
        if node.scalar().is_some_and(|s| s.parse::<u32>().is_ok()) {
            check.tell(Mistake::new(node.span, message).help("write `format: 1`"));
        }
    }
    if let Some(node) = tree.get("minutes")
        && node.scalar() == Some("0")
    {
        check.tell(Mistake::new(node.span, "a lesson cannot take 0 minutes"));
    }
    for step in tree.get("steps").map(Node::items).unwrap_or_default() {
        for (key, node) in step.entries() {
            match key.text.as_str() {
                "predict" => predict(check, node),
                "prints" => prints(check, step, node),
                "man" => node.items().iter().for_each(|n| man(check, n)),
                "docker" => docker(check, node),
                "points" => points(check, step, node),
                k if TEXTS.contains(&k) => prose(check, node),
                _ => {}
            }
        }
    }
    tries(check);
}

/// Checks the stated output of a block: there is a block, and each statement can fail.
fn prints(check: &mut Check, step: &Node, node: &Node) {
    let mut mistakes = Vec::new();
    if step.get("by_hand").is_none() {
        let span = step.key("prints").unwrap_or(node.span);
        mistakes.push(
            Mistake::new(span, "`prints` without `by_hand`: there are no commands that could print it")
                .help("write the commands under `by_hand`, or leave `prints` out"),
        );
    }
    wording(check.text, node, &mut mistakes);
    let variants: Vec<&Node> = match &node.kind {
        Kind::Map(entries) => entries.iter().map(|(_, v)| v).collect(),
        Kind::Seq(_) | Kind::Scalar(..) => vec![node],
    };
    for variant in variants {
        let items: Vec<&Node> = match &variant.kind {
            Kind::Seq(items) => items.iter().collect(),
            Kind::Map(_) | Kind::Scalar(..) => vec![variant],
        };
        if items.is_empty() {
            mistakes.push(
                Mistake::new(variant.span, "this does not say what the block prints")
                    .help("write a line of it"),
            );
        }
        let mut named = Vec::new();
        for item in items {
            let found =
                from_node::<Printed>(item).ok().and_then(|stated| printed::mistake(&stated, &mut named));
            mistakes.extend(found.map(|(message, help)| Mistake::new(item.head(), message).help(help)));
        }
    }
    for mistake in mistakes {
        check.tell(mistake);
    }
}

/// Points for a step that can be earned, and as many as a person would give.
fn points(check: &mut Check, step: &Node, node: &Node) {
    let wanted = node.scalar().and_then(|text| text.parse::<u64>().ok());
    if wanted.is_some_and(|wanted| wanted > u64::from(MOST_POINTS)) {
        let mistake = Mistake::new(node.span, format!("more than {MOST_POINTS} points for one step"));
        check.tell(mistake.help(format!("write a number from 0 to {MOST_POINTS}")));
    }
    if step.get("try").is_none() {
        let span = step.key("points").unwrap_or(node.span);
        let mistake = Mistake::new(span, "`points` without `try`: a step that cannot be tried is not graded");
        check.tell(mistake.help("write under `try` what a person types, or leave `points` out"));
    }
}

/// Commands for a shell, where no shell can do it.
fn tries(check: &mut Check) {
    let lesson = check.lesson;
    let mut mistakes = Vec::new();
    for at in check.steps.iter().filter(|at| !at.broken && at.step.solution.is_some()) {
        if let (Err(why), Some(key)) = (by_hand::possible(lesson, at.step), at.node.key("try")) {
            let message = format!("`{}` cannot be tried: {}", at.step.id, sentence_inside(&why));
            mistakes
                .push(Mistake::new(key, message).help("leave `try` out; `by_hand` is shown all the same"));
        }
    }
    for mistake in mistakes {
        check.tell(mistake);
    }
}

/// A sentence without its full stop, and its first letter small where it begins with a common word.
fn sentence_inside(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Every scalar in it is a text for people.
fn prose(check: &mut Check, node: &Node) {
    let mut mistakes = Vec::new();
    wording(check.text, node, &mut mistakes);
    for mistake in mistakes {
        check.tell(mistake);
    }
    scalars(node, &mut |node, text| references(check, text, node.span));
}

/// Every scalar in it.
pub(in super::super) fn scalars(node: &Node, seen: &mut dyn FnMut(&Node, &str)) {
    if let Some(text) = node.scalar() {
        seen(node, text);
    }
    node.items().iter().for_each(|i| scalars(i, seen));
    node.entries().iter().for_each(|(_, v)| scalars(v, seen));
}

/// Whether every scalar in it is a text as it was meant; the shape says where one is not there.
pub(super) fn wording(written: &str, node: &Node, mistakes: &mut Vec<Mistake>) {
    if node.flow && matches!(node.kind, Kind::Seq(_)) {
        let mut plain = node.items().iter().filter(|i| matches!(i.kind, Kind::Scalar(_, Style::Plain)));
        if let Some(item) = plain.next() {
            mistakes.push(
                Mistake::new(item.span, "a text in `[ ]` without quotes: a comma would end it")
                    .help("write a list in block style, `- …`, one line each"),
            );
        }
    }
    node.items().iter().for_each(|i| wording(written, i, mistakes));
    node.entries().iter().for_each(|(_, v)| wording(written, v, mistakes));
    let Kind::Scalar(text, style) = &node.kind else { return };
    if node.is_absent() {
        return;
    }
    if text.trim().is_empty() {
        mistakes.push(Mistake::new(node.head(), "an empty text").help("write it, or leave the key out"));
    }
    if text.chars().count() > MOST_TEXT {
        mistakes.push(
            Mistake::new(node.head(), format!("a text of more than {MOST_TEXT} characters"))
                .help("split the step: nobody reads that much at once"),
        );
    }
    if *style == Style::Plain {
        mistakes.extend(truncated(written, node));
    }
}

/// ` #` begins a comment, also in the middle of a sentence.
fn truncated(written: &str, node: &Node) -> Option<Mistake> {
    let rest = written.get(node.span.end..).unwrap_or_default();
    // Look only at the blanks: the rest of the line may be the rest of the file.
    let blank = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
    if blank == 0 || !rest[blank..].starts_with('#') {
        return None;
    }
    let start = node.span.end + blank;
    let span = Span { start, end: start + 1 };
    let mistake = Mistake::new(span, "` #` begins a comment: the text ends before it");
    Some(mistake.help("quote the text or write it in block style; put a comment on a line of its own"))
}

/// `{$quota}` and `{cpu.max}`.
fn references(check: &mut Check, text: &str, span: Span) {
    for piece in text::pieces(text) {
        let text::Piece::Reference(name) = piece else { continue };
        if check.enough() {
            return;
        }
        if let Some((parameter, _)) = text::parameter(name) {
            if !check.lesson.params.contains_key(parameter) && !check.excused(parameter) {
                let at = check.within(span, &format!("{{{name}}}"));
                check.tell(param::unknown(parameter, at, &check.lesson.params));
            }
        } else if let Err(help) = Knob::find(name) {
            let at = check.within(span, &format!("{{{name}}}"));
            check.tell(Mistake::new(at, format!("unknown control file `{name}`")).maybe_help(help));
        }
    }
}

fn predict(check: &mut Check, node: &Node) {
    if let Some(ask) = node.get("ask") {
        prose(check, ask);
    }
    let Some(options) = node.get("options") else { return };
    prose(check, options);
    if options.entries().len() < 2 && matches!(options.kind, Kind::Map(_)) {
        let span = node.key("options").unwrap_or(options.span);
        check.tell(
            Mistake::new(span, "a question with fewer than two options")
                .help("write `id: text`, one line each"),
        );
    }
    let ids: HashSet<&str> = options.entries().iter().map(|(k, _)| k.text.as_str()).collect();
    if let Some(answer) = node.get("answer") {
        let mut answers = Vec::new();
        leaves(answer, &mut answers);
        if answers.is_empty() {
            check.tell(
                Mistake::new(answer.span, "no answer").help("write the id of an option, or a list of ids"),
            );
        }
        for (text, span) in answers {
            if !ids.contains(text) {
                let known = options.entries().iter().map(|(k, _)| k.text.as_str());
                check.unknown("option", text, span, known, "");
            }
        }
    }
}

/// One command, `docker …` or `dockerd …`.
fn docker(check: &mut Check, node: &Node) {
    prose(check, node);
    let Some(text) = node.scalar() else { return };
    let begins = text.split_whitespace().next().is_some_and(|word| matches!(word, "docker" | "dockerd"));
    if !text.trim().is_empty() && (!begins || text.trim_end().contains('\n')) {
        check.tell(
            Mistake::new(node.head(), "`docker` is one command line that begins with `docker`")
                .help("write `docker: docker run --hostname bird alpine`"),
        );
    }
}

fn leaves<'a>(node: &'a Node, into: &mut Vec<(&'a str, Span)>) {
    match &node.kind {
        Kind::Scalar(text, _) => into.push((text, node.span)),
        Kind::Seq(items) => items.iter().for_each(|i| leaves(i, into)),
        Kind::Map(entries) => entries.iter().for_each(|(_, v)| leaves(v, into)),
    }
}

/// `unshare(2)`, `PR_SET_NAME(2const)`.
fn man(check: &mut Check, node: &Node) {
    let Some(text) = node.scalar() else { return };
    let good = text.strip_suffix(')').and_then(|t| t.split_once('(')).is_some_and(|(name, section)| {
        let named = |c: char| c.is_ascii_alphanumeric() || "._-+:@".contains(c);
        !name.is_empty()
            && name.chars().all(named)
            && section.starts_with(|c: char| c.is_ascii_digit())
            && section.chars().all(|c| c.is_ascii_alphanumeric())
    });
    if !good {
        check.tell(
            Mistake::new(node.span, format!("`{text}` is not a manual page"))
                .help("write name(section): `unshare(2)`"),
        );
    }
}
