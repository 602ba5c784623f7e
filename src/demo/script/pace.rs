//! Times: how long an entry takes, and when the show goes on.

use super::context::Check;
use super::draft::At;
use super::shape::Pace;
use super::shown::EntryContent;
use crate::lesson::position::{Node, Span};
use crate::lesson::readouts::readouts_of;
use crate::lesson::{diagnostic::Mistake, validate};
use crate::model::Unit;
use crate::vocabulary::scalar::parameter;
use crate::vocabulary::suggest::suggest;
use crate::vocabulary::{Lesson, Op, Val};
use std::collections::HashMap;

/// The longest time that a show may wait by itself, in seconds.
const LONGEST_WAIT: f64 = 600.0;

/// An entry takes less, in seconds.
const LONGEST_ENTRY: f64 = 3600.0;

/// Operators whose truth does not change while the show waits.
pub(super) const NEVER: [&str; 3] = ["peak", "was", "as_before"];

/// Times that can be meant, and that go together.
pub(super) fn check(check: &mut Check, at: &At, shown: Option<&EntryContent>) {
    let takes = at.good("takes").and_then(|node| {
        let below = time(check, &at.entry.takes, node, LONGEST_ENTRY)?;
        if below == LONGEST_ENTRY {
            too_long(check, &at.entry.takes, node.span, "write less than 3600s, or several entries");
            return None;
        }
        Some((below, node.span))
    });
    let pace = at.good("pace");
    let after = after(check, &at.entry.pace, pace);
    let mut of_steps = HashMap::new();
    for (id, pace, node) in own_paces(at) {
        of_steps.insert(id, self::after(check, pace, Some(node)));
    }
    if let (Pace::When(_), Some(span), false) =
        (&at.entry.pace, pace.and_then(|node| node.key("when")), at.written("lesson"))
        && at.written("card")
    {
        check.say(
            span,
            "`when` on a card, on which nothing is read",
            "write `manual`, `auto` or `after: 10s`",
        );
    }
    let (Some((takes, takes_at)), Some(shown)) = (takes, shown) else { return };
    let measures = shown.measures();
    // What is staged is shown for that time before the calls, too.
    let staged = at.written("lesson") && at.entry.stage != Some(false);
    let each = if staged { 2.0 } else { 1.0 };
    let waits: Vec<(f64, Span)> = if shown.lesson.is_some() {
        let everywhere = shown.steps().filter(|step| step.when.is_none());
        everywhere.filter_map(|step| *of_steps.get(step.id.as_str()).unwrap_or(&after)).collect()
    } else {
        after.into_iter().collect()
    };
    let all = each * waits.iter().map(|(wait, _)| wait).sum::<f64>();
    if let Some((_, span)) = waits.first()
        && all > takes
    {
        let twice = if staged { ", before the calls and after them" } else { "" };
        let message = match waits.len() {
            1 => format!("it would be shown for longer than it takes{twice}"),
            count => format!("{count} steps are shown for {all}s in all{twice}: longer than it takes"),
        };
        check.say(*span, message, format!("write less, or `takes: {all}s` or more"));
    } else if measures > takes {
        let message = format!("its steps measure for {measures:.1}s alone");
        check.say(takes_at, message, "write how long it takes with what is said about it");
    }
}

/// The time of `after`, in seconds, and its place.
fn after(check: &mut Check, pace: &Pace, node: Option<&Node>) -> Option<(f64, Span)> {
    let (Pace::After(value), Some(node)) = (pace, node?.get("after")) else { return None };
    time(check, value, node, LONGEST_WAIT).map(|seconds| (seconds, node.span))
}

/// Paces of one step each, and where they are written.
fn own_paces<'d>(at: &'d At) -> impl Iterator<Item = (&'d str, &'d Pace, &'d Node)> {
    let node = at.good("pace_of");
    let found = move |(id, pace): (&'d String, &'d Pace)| Some((id.as_str(), pace, node?.get(id)?));
    at.entry.pace_of.iter().filter_map(found)
}

/// A time of more than nothing, in seconds; says so when it cannot be meant.
fn time(check: &mut Check, value: &Val, node: &Node, longest: f64) -> Option<f64> {
    match value {
        Val::Quantity(n, Unit::Seconds, _) if *n > longest => {
            too_long(check, value, node.span, &format!("write {longest}s or less"));
        }
        Val::Quantity(n, Unit::Seconds, _) if *n > 0.0 => return Some(*n),
        Val::Quantity(_, Unit::Seconds, _) => {
            check.say(node.span, format!("`{value}` is no time at all"), "write more, such as `5s`");
        }
        Val::Num(n) if *n > 0 => {
            check.say(node.span, format!("`{value}` is not a time"), format!("write the unit: `{n}s`"));
        }
        _ => check.say(node.span, format!("`{value}` is not a time"), "write seconds, such as `90s`"),
    }
    None
}

fn too_long(check: &mut Check, value: &Val, span: Span, help: &str) {
    check.say(span, format!("`{value}` is too long"), help);
}

/// Paces of single steps are of steps that are shown, and what any pace waits for is about readouts of the lesson. `steps` is unknown where
/// something is wrong with the entry's own.
pub(super) fn of_steps(check: &mut Check, at: &At, lesson: &Lesson, steps: Option<&[usize]>) {
    let index = |id: &str| lesson.steps.iter().position(|step| step.id == id);
    let others = |step: &usize| !at.entry.pace_of.contains_key(&lesson.steps[*step].id);
    let without: Vec<usize> = steps.unwrap_or_default().iter().copied().filter(others).collect();
    if let Some(node) = at.good("pace") {
        when(check, &at.entry.pace, node, lesson, &without);
    }
    for (id, pace, node) in own_paces(at) {
        let step = index(id);
        when(check, pace, node, lesson, step.as_slice());
        let Some(key) = at.node.get("pace_of").and_then(|paces| paces.key(id)) else { continue };
        let Some(shown) = steps else { continue };
        if step.is_none_or(|step| !shown.contains(&step)) {
            let known = shown.iter().map(|step| lesson.steps[*step].id.as_str());
            let mistake = Mistake::new(key, format!("`{id}` is not among the steps that are shown"));
            check.tell(mistake.maybe_help(suggest(id, known)));
        }
    }
}

/// A pace that waits for a statement on the lesson's readouts, after each of these steps.
fn when(check: &mut Check, pace: &Pace, node: &Node, lesson: &Lesson, steps: &[usize]) {
    let (Pace::When(expect), Some(entry)) = (pace, node.get("when")) else { return };
    if let (Some(value), Some(node)) = (&expect.modifiers.within, entry.get("within")) {
        time(check, value, node, LONGEST_WAIT);
    }
    let mut good = true;
    for (key, why) in [
        ("for", "the show goes on as soon as it holds"),
        ("when", "the show waits for it on every machine"),
        ("needs", "the show waits for it on every machine"),
    ] {
        if let Some(span) = entry.key(key) {
            check.say(span, format!("`{key}` beside what the show waits for"), format!("{why}: remove it"));
        }
    }
    let statement = entry.get(&expect.subject);
    parameters(statement.into_iter().collect(), &mut |span, name| {
        good = false;
        check.say(span, format!("`${name}`: a script has no parameters"), "write the value");
    });
    for (index, op) in expect.verbs.iter().enumerate() {
        if let Some(node) = statement.map(|s| s.one_of(index))
            && let Some(mistake) = never(op, node)
        {
            good = false;
            check.tell(mistake);
        }
    }
    if !good {
        return;
    }
    let mistakes = validate::said_of(lesson, expect, entry, check.text);
    good = mistakes.is_empty();
    for mistake in mistakes {
        check.tell(mistake);
    }
    // What it was before a step is known when the step has read it.
    let unread =
        |index: &&usize| !readouts_of(lesson, &lesson.steps[**index]).contains(&expect.subject.as_str());
    if good
        && expect.verbs.iter().any(compares)
        && let (Some(step), Some(span)) = (steps.iter().find(unread), entry.key(&expect.subject))
    {
        let step = &lesson.steps[*step];
        let reads = readouts_of(lesson, step).join(", ");
        check.say(
            span,
            format!(
                "`{}` is not read in the step `{}`, so nobody knows what it was before",
                expect.subject, step.id
            ),
            format!("it reads: {reads}; or state a value: `is`, `at_least`, …"),
        );
    } else if good
        && expect.verbs.iter().any(compares)
        && let Some(span) = entry.key(&expect.subject)
    {
        let made = |index: &usize| Some((*index, validate::made_in(lesson, *index, &expect.subject)?));
        if let Some((step, thing)) = steps.iter().find_map(made) {
            let (id, step) = (&expect.subject, &lesson.steps[step].id);
            check.say(
                span,
                format!("`{id}` cannot be read before the step `{step}`, which itself makes `{thing}`: the show would wait in vain"),
                "state a value: `is`, `at_least`, …",
            );
        }
    }
}

/// Whether an operator is about the difference to what was before the step.
fn compares(op: &Op) -> bool {
    match op {
        Op::Changed | Op::Unchanged | Op::Grew | Op::Fell | Op::GrewBy(_) => true,
        Op::Count(op) => compares(op),
        Op::RatioTo(one) => compares(&one.1),
        _ => false,
    }
}

fn parameters(nodes: Vec<&Node>, found: &mut dyn FnMut(Span, &str)) {
    for node in nodes {
        if let Some(name) = node.scalar().and_then(parameter) {
            found(node.span, name);
        }
        let below = node.items().iter().chain(node.entries().iter().map(|(_, v)| v));
        parameters(below.collect(), found);
    }
}

/// What is wrong with an operator whose truth does not change while the show waits.
fn never(op: &Op, node: &Node) -> Option<Mistake> {
    let (place, inner) = match node.entries() {
        [(key, value), ..] => (key.span, value),
        [] => (node.head(), node),
    };
    let (word, why) = match op {
        Op::Peak(_) => (NEVER[0], "the step is over, and nothing is sampled any more"),
        Op::Was(_) => (NEVER[1], "what was read before the step does not change"),
        Op::AsBefore(_) => (NEVER[2], "what was read before another step does not change"),
        Op::GrewBy(op) | Op::Count(op) => return never(op, inner),
        Op::RatioTo(one) => return never(&one.1, inner.entries().first().map_or(inner, |(_, value)| value)),
        _ => return None,
    };
    let mistake = Mistake::new(place, format!("`{word}` in what the show waits for: {why}"));
    Some(mistake.help("state the value to wait for: `is`, `at_least`, `at_most`, `contains`, …"))
}
