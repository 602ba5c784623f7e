//! A live demo goes on: to its next place, into a run, or until somebody decides.

use super::super::{shell, step};
use super::{typing, votes};
use crate::demo::plan::{CueContent, why_blocked};
use crate::demo::script::emphasis::Emphasis;
use crate::demo::script::shape::Pace;
use crate::demo::when::Awaited;
use crate::events::{Command, Status};
use crate::tui::app::App;
use crate::tui::message::{Effect, Purpose};
use crate::tui::overlay::state::{Overlay, Zoom, Zoomed};
use crate::tui::screen::demo::player::{DemoPlayer, Phase, PlanPosition, Typing};
use crate::tui::view::emphasis;
use crate::tui::walkthrough::{Pane, Walkthrough};
use ratatui::layout::Rect;
use std::time::Instant;

/// What was awaited is not read any more.
pub fn unwatch(demo: &mut DemoPlayer) -> Vec<Effect> {
    match (&demo.phase, demo.awaited.take()) {
        (Phase::Awaiting(_), _) => vec![Effect::Ask(Command::Watch { ids: Vec::new(), every_ms: 0 })],
        _ => Vec::new(),
    }
}

/// Space, or its time has come.
pub fn onward(app: &mut App) -> Vec<Effect> {
    let Some(demo) = &app.demo else { return Vec::new() };
    match &demo.phase {
        Phase::Card | Phase::Shown | Phase::Awaiting(_) => next(app),
        Phase::Staged => run(app),
        Phase::Typing(_) => onward_typing(app),
        Phase::Running => busy(app),
        Phase::Stuck(_) => match demo.instead() {
            Some(place) => go(app, place),
            None => next(app),
        },
        Phase::Over => tell(app, "that was all; q ends the show, b goes back"),
    }
}

/// Space: the rest of the line at once, or on to what came of it.
fn onward_typing(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(demo) = &mut app.demo else { return Vec::new() };
    match &demo.phase {
        Phase::Typing(typing) if typing.done && demo.awaited.is_some() => next(app),
        Phase::Typing(typing) if typing.done => {
            let mut effects = typing::end(app);
            effects.extend(shown(app));
            effects
        }
        Phase::Typing(typing) if typing.is_typed() => tell(app, "not all checks have come true yet"),
        Phase::Typing(typing) if typing.lives => typing::type_on(demo, usize::MAX, now),
        _ => busy(app),
    }
}

/// To the next place, or to the end.
pub fn next(app: &mut App) -> Vec<Effect> {
    match app.demo.as_ref().and_then(DemoPlayer::next) {
        Some(place) => go(app, place),
        None => over_and_out(app),
    }
}

/// The show is at its end.
pub fn over_and_out(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    app.overlay = None;
    let mut effects = typing::end(app);
    let Some(demo) = &mut app.demo else { return Vec::new() };
    effects.extend(unwatch(demo));
    demo.turn(Phase::Over, 0, now);
    effects
}

/// To a place: what was played there is shown as it was, everything else is staged.
pub fn go(app: &mut App, place: PlanPosition) -> Vec<Effect> {
    let now = app.now;
    app.overlay = None;
    let mut effects = typing::end(app);
    let Some(demo) = &mut app.demo else { return Vec::new() };
    effects.extend(unwatch(demo));
    demo.reach(place, now);
    let Some(cue) = demo.cue().cloned() else {
        effects.extend(over_and_out(app));
        return effects;
    };
    let CueContent::Step { lesson, set, index } = cue.what else {
        let words = match &cue.what {
            CueContent::Card(text) => text.split_whitespace().count(),
            CueContent::Step { .. } => 0,
        };
        demo.outcomes.insert(place, Status::Passed);
        demo.turn(Phase::Card, words, now);
        return effects;
    };
    // A value that was tried stays at the place where it was tried.
    if let Some(walk) = app.walk.as_mut().filter(|walk| walk.set != walk.opened_with.1) {
        step::tried::restore(walk);
    }
    // Lessons that were shown stay as they were left, so that going back runs nothing.
    let same = |walk: &Walkthrough| walk.lesson.id == lesson.id && walk.set == set;
    if !app.walk.as_ref().is_some_and(same) {
        demo.kept.extend(app.walk.take());
        let kept = demo.kept.iter().position(same);
        app.walk = Some(if let Some(at) = kept {
            demo.kept.remove(at)
        } else {
            let steps = lesson.steps.len();
            Walkthrough { params: vec![Vec::new(); steps], ..Walkthrough::new(lesson, set, index, now) }
        });
    }
    if let Some(walk) = &mut app.walk {
        walk.turn(index);
    }
    effects.extend(arrive(app, cue.staged));
    effects
}

/// A step is reached: what was played there is shown as it was; what cannot be run here is not staged first and refused afterwards.
pub fn arrive(app: &mut App, staged: bool) -> Vec<Effect> {
    let now = app.now;
    let (refusal, words) = (step::refusal(app), words_before(app));
    let (Some(demo), Some(walk)) = (&mut app.demo, &mut app.walk) else { return Vec::new() };
    let played = demo.outcomes.get(&demo.place).filter(|_| walk.page().record.is_some());
    match (played, refusal) {
        (Some(Status::Passed | Status::NotHere), _) => {
            demo.turn(Phase::Shown, 0, now);
            emphasise(app, false);
        }
        (Some(_), _) => {
            let why = demo.reasons.get(&demo.place).cloned().unwrap_or_default();
            demo.turn(Phase::Stuck(why), 0, now);
        }
        (None, Some((reason, remedy))) => return blocked(app, reason, remedy),
        (None, None) if staged => {
            walk.focus = Pane::Text;
            walk.page_mut().top = [0; 4];
            demo.turn(Phase::Staged, words, now);
        }
        (None, None) => {
            demo.turn(Phase::Staged, 0, now);
            return onward(app);
        }
    }
    Vec::new()
}

/// Runs the step that is shown: its commands are typed where the script wants that and a shell can do it, or else the lab makes its calls.
pub fn run(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(text) = typing::commands(app) else { return call(app) };
    let (index, mut effects) = match ready(app) {
        Ok(ready) => ready,
        Err(effects) => return effects,
    };
    effects.extend(shell::open(app, Purpose::Try(index)));
    if let Some(demo) = &mut app.demo {
        demo.turn(Phase::Typing(Typing { text, ..Typing::default() }), 0, now);
    }
    effects
}

/// The lab makes the calls.
fn call(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let (index, mut effects) = match ready(app) {
        Ok(ready) => ready,
        Err(effects) => return effects,
    };
    let (Some(demo), Some(walk)) = (&mut app.demo, &mut app.walk) else { return Vec::new() };
    step::start(walk, index, now);
    demo.turn(Phase::Running, 0, now);
    effects.push(Effect::Ask(Command::Run(index)));
    effects
}

/// The lesson of the step that is shown is open: the step's index, and what is to be done for that.
///
/// # Errors
/// What is to be done instead, where the step cannot be run here.
pub fn ready(app: &mut App) -> Result<(usize, Vec<Effect>), Vec<Effect>> {
    app.overlay = None;
    if let Some((reason, remedy)) = step::refusal(app) {
        return Err(blocked(app, reason, remedy));
    }
    let mut effects = typing::end(app);
    let (Some(demo), Some(walk)) = (&mut app.demo, &mut app.walk) else { return Err(effects) };
    let Some(CueContent::Step { index, .. }) = demo.cue().map(|cue| cue.what.clone()) else {
        return Err(effects);
    };
    walk.index = index;
    effects.extend(unwatch(demo));
    effects.extend(step::prepare::open(demo, walk));
    demo.cancelled = false;
    demo.refused = None;
    Ok((index, effects))
}

/// Nothing else can be done while a step runs.
pub fn busy(app: &mut App) -> Vec<Effect> {
    app.overlay = None;
    tell(app, "the step is still running; Esc cancels it and undoes it")
}

/// Says one line to the person at the keys.
pub fn tell(app: &mut App, line: &str) -> Vec<Effect> {
    app.notice = Some(line.to_owned());
    Vec::new()
}

/// Whether a step is shown, and not a card or the end.
pub fn on_a_step(demo: &DemoPlayer) -> bool {
    !matches!(demo.phase, Phase::Card | Phase::Over)
}

/// How much there is to read before the calls, in words.
pub fn words_before(app: &App) -> usize {
    let Some(walk) = &app.walk else { return 0 };
    let text = app.environment.here(&walk.step().text).map_or(0, |t| t.split_whitespace().count());
    text + walk.step().predict.as_ref().map_or(0, |p| p.ask.split_whitespace().count())
}

/// How much there is to look at afterwards, in words: a readout counts as five.
pub fn words_after(app: &App) -> usize {
    let Some(walk) = &app.walk else { return 0 };
    let why = walk.step().why.as_ref().and_then(|w| app.environment.here(w));
    walk.readouts().0.len() * 5 + why.map_or(0, |w| w.split_whitespace().count() / 2)
}

/// Asks for what is awaited to be read again and again.
pub fn watch(app: &App) -> Vec<Effect> {
    let (Some(demo), Some(walk)) = (&app.demo, &app.walk) else { return Vec::new() };
    let Some(awaited) = &demo.awaited else { return Vec::new() };
    vec![Effect::Ask(Command::Watch { ids: awaited.ids(), every_ms: awaited.every_ms(&walk.lesson) })]
}

/// The result is there to be looked at.
pub fn shown(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let words = words_after(app);
    emphasise(app, false);
    let Some(demo) = &mut app.demo else { return Vec::new() };
    if let Some(awaited) = to_be_awaited(demo, app.walk.as_ref(), now) {
        demo.turn(Phase::Awaiting(awaited.until()), words, now);
        demo.awaited = Some(awaited);
        return watch(app);
    }
    demo.turn(Phase::Shown, words, now);
    Vec::new()
}

/// What the script awaits here, once the step has been made.
pub fn to_be_awaited(demo: &DemoPlayer, walk: Option<&Walkthrough>, now: Instant) -> Option<Awaited> {
    let Pace::When(expect) = demo.pace() else { return None };
    let walk = walk.filter(|_| demo.outcomes.get(&demo.place) != Some(&Status::NotHere))?;
    Some(Awaited::new(&expect, &walk.lesson.readouts, walk.page().record.as_ref()?, now))
}

/// What is shown has failed.
pub fn failed(app: &mut App, why: String) -> Vec<Effect> {
    if let Some(demo) = &mut app.demo {
        demo.came_to(Status::Failed);
    }
    stuck(app, why)
}

/// What is shown cannot be run here.
pub fn blocked(app: &mut App, reason: String, remedy: String) -> Vec<Effect> {
    let Some(demo) = &mut app.demo else { return Vec::new() };
    let instead = demo.fallback().is_some();
    let why = why_blocked(&reason, &remedy);
    if instead {
        demo.outcomes.remove(&demo.place);
    } else {
        demo.outcomes.insert(demo.place, Status::Blocked { reason, remedy });
    }
    stuck(app, why)
}

/// The show waits for a decision, because something did not go as it should.
pub fn stuck(app: &mut App, why: String) -> Vec<Effect> {
    let now = app.now;
    // It stands below the step as long as it matters.
    app.notice = None;
    let effects = typing::end(app);
    let Some(demo) = &mut app.demo else { return effects };
    let word = demo.outcomes.get(&demo.place).map_or("blocked", Status::word);
    let line = format!("{word}: {}: {why}", demo.title());
    demo.say(line);
    demo.reasons.insert(demo.place, why.clone());
    demo.turn(Phase::Stuck(why), 0, now);
    effects
}

/// The readout with the emphasis, if the script or the instructor gives it the whole screen; the call with the emphasis is brought into view.
pub fn emphasise(app: &mut App, zoom: bool) {
    let Some(walk) = &app.walk else { return };
    match emphasis::here(app) {
        Some(Emphasis::Readout { id, zoom: always }) => {
            let at = walk.readouts().0.iter().position(|r| r.id == *id);
            if let (Some(at), true) = (at, zoom || *always) {
                app.overlay = Some(Overlay::Zoom(Zoom::new(Zoomed::Readout(at))));
            }
        }
        Some(Emphasis::Call(_)) if !zoom => scroll_to_call(app),
        Some(Emphasis::Call(_)) | None => {}
    }
}

/// Shows the calls where they have to be chosen, and scrolls to the one with the emphasis.
fn scroll_to_call(app: &mut App) {
    let Some(before) = app.walk.as_ref().map(|walk| walk.focus) else { return };
    for focus in [before, Pane::Calls] {
        if let Some(walk) = &mut app.walk {
            walk.focus = focus;
        }
        let top = top_of_call(app);
        if let (Some(top), Some(walk)) = (top, &mut app.walk) {
            walk.page_mut().top[Pane::Calls as usize] = top;
            return;
        }
    }
    // It was not made.
    if let Some(walk) = &mut app.walk {
        walk.focus = before;
    }
}

fn top_of_call(app: &App) -> Option<usize> {
    let (demo, walk, body) = (app.demo.as_ref()?, app.walk.as_ref()?, app.body());
    let rows = votes::rows(demo);
    let area = Rect { y: body.y + rows, height: body.height.saturating_sub(rows), ..body };
    step::draw::to_the_emphasis(app, walk, area)
}
