//! One entry: a card, or steps of a lesson.

use super::super::plan::WHY;
use super::context::Check;
use super::draft::At;
use super::emphasis::Emphasis;
use super::pace;
use super::shown::EntryContent;
use crate::lesson::diagnostic::Mistake;
use crate::lesson::param;
use crate::lesson::position::Span;
use crate::lesson::readouts::readouts_of;
use crate::vocabulary::Lesson;
use crate::vocabulary::suggest::suggest;
use crate::vocabulary::whole::Level;
use std::collections::BTreeMap;

/// Keys that only steps of a lesson can have.
pub(super) const OF_STEPS: &[&str] = &["steps", "set", "pace_of", "stage", "typed", "emphasis", "fallback"];

pub(super) fn check(check: &mut Check, at: &At) {
    check.prose(at.good("card"));
    check.prose(at.good("notes"));
    reasons(check, at);
    match (at.written("card"), at.written("lesson")) {
        (true, true) => both(check, at),
        (false, false) => check.say(
            at.node.head(),
            "neither `card` nor `lesson`",
            "write `card: …` for a text, or `lesson: …` for steps of a lesson",
        ),
        (true, false) => card(check, at),
        (false, true) => {}
    }
    let shown = shown(check, at);
    pace::check(check, at, shown.as_ref());
}

fn both(check: &mut Check, at: &At) {
    if let Some(span) = at.node.key("lesson").filter(|_| at.node.get("card").is_some()) {
        check.say(span, "`lesson` beside `card`", "write an entry of its own for each");
    }
}

/// The reason for a fallback is known only where one is shown.
fn reasons(check: &mut Check, at: &At) {
    let keys = if at.chapter.is_some() { &["card", "notes"][..] } else { &["notes"] };
    for node in keys.iter().filter_map(|key| at.good(key)) {
        let written = check.text.get(node.span.start..node.span.end).unwrap_or_default();
        if let Some(offset) = written.find(WHY) {
            let start = node.span.start + offset;
            check.say(
                Span { start, end: start + WHY.len() },
                format!("`{WHY}` is not filled in here"),
                "it is the reason for a fallback: only cards in `reserve` can say it",
            );
        }
    }
}

fn card(check: &mut Check, at: &At) {
    for key in OF_STEPS.iter().filter(|key| at.good(key).is_some()) {
        let span = at.node.key(key).unwrap_or(at.node.head());
        check.say(span, format!("`{key}` on a card"), "it is for steps of a `lesson`: remove it");
    }
}

/// Judges what an entry says of its lesson; gives what it shows, where that is known.
fn shown(check: &mut Check, at: &At) -> Option<EntryContent> {
    if !at.written("lesson") {
        return Some(EntryContent { lesson: None, steps: Vec::new() });
    }
    let id = at.entry.lesson.as_ref()?;
    let lesson = check.lesson(id, at.good("lesson")?.span)?;
    set(check, at, &lesson);
    let steps = steps(check, at, &lesson);
    pace::of_steps(check, at, &lesson, steps.as_deref());
    if let Some(Emphasis::Readout { id, .. }) = &at.entry.emphasis
        && let Some(node) = at.good("emphasis")
    {
        let span = node.get("readout").unwrap_or(node).span;
        let read = |index: &usize| readouts_of(&lesson, &lesson.steps[*index]);
        let reads: Option<Vec<&str>> = steps.as_ref().map(|s| s.iter().flat_map(read).collect());
        if !lesson.readouts.contains_key(id) {
            let known = lesson.readouts.keys().map(String::as_str);
            let mistake = Mistake::new(span, format!("unknown readout `{id}`"));
            check.tell(mistake.maybe_help(suggest(id, known)));
        } else if let Some(reads) = reads
            && !reads.contains(&id.as_str())
        {
            let known: Vec<&str> =
                lesson.readouts.keys().map(String::as_str).filter(|r| reads.contains(r)).collect();
            let message = format!("`{id}` is not read in the steps that are shown");
            check.say(span, message, format!("they read: {}", known.join(", ")));
        }
    }
    let shown = EntryContent { lesson: Some(lesson.clone()), steps: steps? };
    if at.entry.typed
        && let Some(span) = at.node.key("typed")
        && let Some(step) = shown.steps().find(|s| s.solution.is_none())
    {
        let message = format!("`{}` has nothing to type", step.id);
        check.say(span, message, "only a step with `try` can be typed: remove it, or name other steps");
    }
    Some(shown)
}

/// The steps that an entry shows; none where one is unknown.
fn steps(check: &mut Check, at: &At, lesson: &Lesson) -> Option<Vec<usize>> {
    if !at.written("steps") {
        let plain = |i: &usize| lesson.steps[*i].level != Some(Level::Deeper);
        return Some((0..lesson.steps.len()).filter(plain).collect());
    }
    let list = at.good("steps")?;
    let (mut found, mut all) = (Vec::new(), true);
    for (index, id) in at.entry.steps.0.iter().enumerate() {
        let place = list.one_of(index).span;
        match lesson.steps.iter().position(|s| s.id == *id) {
            Some(step) if found.contains(&step) => {
                check.say(
                    place,
                    format!("`{id}` occurs twice"),
                    "write an entry of its own to show it again",
                );
            }
            Some(step) => found.push(step),
            None => {
                all = false;
                let known = lesson.steps.iter().map(|s| s.id.as_str());
                let mistake = Mistake::new(place, format!("the lesson `{}` has no step `{id}`", lesson.id));
                check.tell(mistake.maybe_help(suggest(id, known)));
            }
        }
    }
    if at.entry.steps.0.is_empty() {
        check.say(
            list.span,
            "no steps",
            "write ids of steps, or leave `steps` out for all that are not `deeper`",
        );
        return None;
    }
    all.then_some(found)
}

/// Values for the lesson's parameters.
fn set(check: &mut Check, at: &At, lesson: &Lesson) {
    let Some(node) = at.good("set") else { return };
    let mut good = true;
    for ((name, value), (key, place)) in at.entry.set.iter().zip(node.entries()) {
        if let Some(mistake) = param::set(&lesson.params, name, key.span, &value.to_string(), place.span) {
            good = false;
            check.tell(mistake);
        }
    }
    let set: BTreeMap<String, String> =
        at.entry.set.iter().map(|(n, v)| (n.clone(), v.to_string())).collect();
    if good
        && !set.is_empty()
        && let Err(why) = check.loads_with(&lesson.id, &set)
    {
        let span = at.node.key("set").unwrap_or(node.span);
        check.say(span, format!("the lesson cannot be run with these values: {why}"), "choose others");
    }
}
