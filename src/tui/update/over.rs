//! What lies over a lesson: help, zoom, map, outline, the choice of a box, parameters.

use super::super::app::{App, Overlay, WhatIf, Zoomed};
use super::super::keys::{Action, Context};
use super::super::message::{Effect, Purpose};
use super::super::view;
use super::super::walk::Walk;
use super::{moved, scrolled, shell, step};
use crate::events::Command;
use crate::lesson::param as by_param;
use crate::model::Unit;
use crate::vocabulary::{Param, Val};

pub fn act(app: &mut App, context: Context, action: Action) -> Vec<Effect> {
    if action == Action::Help {
        app.help = Some((context, 0));
        return Vec::new();
    }
    let rows = usize::from(app.size.1.saturating_sub(4).max(1));
    let max_scroll = view::max_scroll(app);
    if let Some((of, top)) = app.help {
        app.help = (action != Action::Leave).then(|| (of, scrolled(top, rows, max_scroll, action)));
        return Vec::new();
    }
    match app.overlay.take() {
        Some(Overlay::Map(top)) if action != Action::Leave => {
            app.overlay = Some(Overlay::Map(scrolled(top, rows, max_scroll, action)));
            let idle = app.walk.as_ref().is_some_and(|w| w.running.is_none());
            if action == Action::Again && idle && app.has_its_lesson_open() {
                return vec![Effect::Ask(Command::Namespaces)];
            }
        }
        Some(Overlay::Outline(cursor)) if action != Action::Leave => return outline(app, cursor, action),
        Some(Overlay::Boxes(boxes, cursor)) if action != Action::Leave => {
            if action == Action::Enter {
                let purpose = Purpose::Look(boxes[cursor].clone());
                return shell::open(app, purpose);
            }
            let cursor = moved(cursor, boxes.len(), action);
            app.overlay = Some(Overlay::Boxes(boxes, cursor));
        }
        Some(Overlay::WhatIf(what_if)) if action != Action::Leave => return change(app, what_if, action),
        Some(Overlay::Zoom(zoom)) => {
            app.overlay = Some(Overlay::Zoom(zoom));
            self::zoom(app, action, rows, max_scroll);
        }
        _ => {}
    }
    Vec::new()
}

fn outline(app: &mut App, cursor: usize, action: Action) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    if action == Action::Enter {
        walk.turn(cursor + 1);
        app.screen = super::super::app::Screen::Step;
        let (lesson, step) = (walk.lesson.id.clone(), walk.step().id.clone());
        app.progress.opened(&lesson, &step);
        return vec![Effect::Save];
    }
    app.overlay = Some(Overlay::Outline(moved(cursor, walk.pages.len(), action)));
    Vec::new()
}

fn zoom(app: &mut App, action: Action, rows: usize, max_scroll: usize) {
    let count = app.walk.as_ref().map_or(0, |w| w.readouts().0.len());
    let next = view::zoom::next_match(app);
    let Some(Overlay::Zoom(zoom)) = &mut app.overlay else { return };
    match (zoom.typing, action) {
        (true, Action::Leave) => {
            zoom.typing = false;
            zoom.search.clear();
        }
        (true, Action::Erase) => drop(zoom.search.pop()),
        (true, Action::Enter) => {
            zoom.typing = false;
            zoom.top = next.unwrap_or(zoom.top);
        }
        (_, Action::Leave) => app.overlay = None,
        (_, Action::Search) => {
            zoom.typing = true;
            zoom.search.clear();
        }
        (_, Action::SearchNext) => zoom.top = next.unwrap_or(zoom.top),
        (_, Action::NextOne | Action::PreviousOne) => {
            zoom.what = beside(zoom.what, count, action == Action::NextOne);
            zoom.top = 0;
        }
        (_, action) => zoom.top = scrolled(zoom.top, rows, max_scroll, action),
    }
}

/// What comes after or before in: text, every readout, calls, checks.
fn beside(what: Zoomed, readouts: usize, forward: bool) -> Zoomed {
    let all: Vec<Zoomed> = std::iter::once(Zoomed::Text)
        .chain((0..readouts).map(Zoomed::Readout))
        .chain([Zoomed::Calls, Zoomed::Checks])
        .collect();
    let at = all.iter().position(|w| *w == what).unwrap_or(0);
    all[(at + if forward { 1 } else { all.len() - 1 }) % all.len()]
}

/// No value is longer: in characters.
const LONGEST_VALUE: usize = 16;

/// A character of a search.
pub fn search_typed(app: &mut App, c: char) {
    if let Some(Overlay::Zoom(zoom)) = &mut app.overlay {
        zoom.search.push(c);
    }
}

/// A character of a parameter's value.
pub fn value_typed(app: &mut App, c: char) {
    if let Some(Overlay::WhatIf(what_if)) = &mut app.overlay
        && let Some((_, value)) = what_if.values.get_mut(what_if.cursor)
    {
        what_if.complaint = None;
        if !std::mem::replace(&mut what_if.typed, true) {
            value.clear();
        }
        if value.len() < LONGEST_VALUE {
            value.push(c);
        }
    }
}

fn change(app: &mut App, mut what_if: WhatIf, action: Action) -> Vec<Effect> {
    let Some(walk) = &app.walk else { return Vec::new() };
    let count = what_if.values.len();
    match action {
        Action::Enter => return run_with(app, what_if),
        Action::Erase | Action::Top => {
            (what_if.complaint, what_if.typed) = (None, true);
            if let Some((_, value)) = what_if.values.get_mut(what_if.cursor) {
                if action == Action::Erase {
                    value.pop();
                } else {
                    value.clear();
                }
            }
        }
        Action::Less | Action::More => {
            what_if.complaint = None;
            if let Some((name, value)) = what_if.values.get_mut(what_if.cursor)
                && let Some(param) = walk.lesson.params.get(name)
            {
                *value = stepped(param, value, action == Action::More);
            }
        }
        action => {
            what_if.cursor = moved(what_if.cursor, count, action);
            what_if.typed = false;
        }
    }
    app.overlay = Some(Overlay::WhatIf(what_if));
    Vec::new()
}

/// Runs the step again with other parameters; its record so far stays beside it.
fn run_with(app: &mut App, mut what_if: WhatIf) -> Vec<Effect> {
    let now = app.now;
    let Some(walk) = &mut app.walk else { return Vec::new() };
    let mut set = walk.set.clone();
    set.extend(what_if.values.iter().cloned());
    set.retain(|name, value| walk.lesson.params.get(name).is_some_and(|p| p.default.to_string() != *value));
    let Ok(lesson) = (app.around.load)(&walk.lesson.id, &set).map(std::sync::Arc::new) else {
        what_if.complaint = Some(misfits(walk, &what_if));
        app.overlay = Some(Overlay::WhatIf(what_if));
        return Vec::new();
    };
    let label = |lesson: &crate::vocabulary::Lesson| {
        let words: Vec<String> = lesson.params.iter().map(|(n, p)| format!("{n}={}", p.value())).collect();
        words.join(" ")
    };
    let before = label(&walk.lesson);
    let index = walk.index;
    let id = lesson.id.clone();
    let page = walk.page_mut();
    page.other = page.record.take().map(|record| (before, record));
    // Records of other steps were made with other parameters.
    for (i, page) in walk.pages.iter_mut().enumerate() {
        if i + 1 != index {
            page.record = None;
        }
    }
    walk.lesson = lesson;
    walk.set.clone_from(&set);
    step::start(walk, index, now);
    vec![Effect::Ask(Command::Open { lesson: id, set }), Effect::Ask(Command::Run(index))]
}

/// Which values cannot be, in a sentence each.
fn misfits(walk: &Walk, what_if: &WhatIf) -> String {
    let all =
        what_if.values.iter().filter_map(|(name, value)| Some((name, value, walk.lesson.params.get(name)?)));
    let wrong: Vec<String> = all
        .filter(|(_, value, param)| by_param::fitting(param, value).is_err())
        .map(|(name, value, p)| {
            format!("{name} cannot be `{value}`: as {} is written, from {} to {}", p.default, p.min, p.max)
        })
        .collect();
    wrong.join("\n")
}

/// A value one notch further, within the bounds: a twentieth of the range, on a whole number of its unit.
fn stepped(param: &Param, text: &str, more: bool) -> String {
    let (Some(min), Some(max)) = (param.min.number(), param.max.number()) else { return text.to_owned() };
    let now = Val::parse(text).ok().and_then(|v| v.number()).or(param.value().number()).unwrap_or(min);
    let (suffix, one) = match &param.default {
        Val::Quantity(_, Unit::Percent, _) => ("%", 1.0),
        Val::Quantity(_, Unit::Bytes, _) => ("M", 1_048_576.0),
        Val::Quantity(_, Unit::Seconds, _) => ("ms", 0.001),
        Val::Quantity(_, Unit::Times, _) => ("x", 1.0),
        _ => ("", 1.0),
    };
    let notch = ((max - min) / one / 20.0).ceil().max(1.0);
    let by = if more { notch } else { -notch };
    // On multiples of the notch, but never past a bound.
    let wanted = ((now / one / notch).round() * notch + by).clamp((min / one).ceil(), (max / one).floor());
    format!("{wanted:.0}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notches_stay_within_the_bounds() {
        let val = |t: &str| Val::parse(t).expect(t);
        let percent =
            Param { ask: String::new(), default: val("20%"), min: val("5%"), max: val("90%"), set: None };
        assert_eq!(stepped(&percent, "20%", true), "25%");
        assert_eq!(stepped(&percent, "5%", false), "5%");
        assert_eq!(stepped(&percent, "90%", true), "90%");
        let bytes =
            Param { ask: String::new(), default: val("20M"), min: val("12M"), max: val("48M"), set: None };
        assert_eq!(stepped(&bytes, "20M", true), "22M");
        assert_eq!(stepped(&bytes, "nonsense", false), "18M");
    }

    #[test]
    fn zoom_goes_round() {
        let mut what = Zoomed::Text;
        for _ in 0..5 {
            what = beside(what, 2, true);
        }
        assert_eq!(what, Zoomed::Text);
        assert_eq!(beside(Zoomed::Text, 2, false), Zoomed::Checks);
    }
}
