//! A live demo: what keys, time and the engine make of it.

mod aside;
mod outcome;

use super::{moved, step};
use crate::demo::plan::CueContent;
use crate::demo::when::Awaited;
use crate::events::{Command, Status};
use crate::tui::app::{App, End, Overlay, Screen};
use crate::tui::keys::{Action, Context};
use crate::tui::message::Effect;
use crate::tui::show::{Phase, PlanPosition, Show};
use crate::tui::view;
use crate::tui::walk::{Pane, Walk};
pub use outcome::heard;
use outcome::{blocked, emphasise, stuck};
use std::time::Instant;

/// The slowest and the fastest that a person may choose, in factors.
const SPEEDS: (f64, f64) = (0.25, 8.0);

/// Begins at the first cue.
pub fn begin(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Step;
    let first = PlanPosition { at: 0, aside: None };
    go(app, first)
}

/// Time has passed: what is due happens.
pub fn tick(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(show) = &mut app.show else { return Vec::new() };
    if show.due().is_none_or(|due| due > now) {
        return Vec::new();
    }
    match &mut show.phase {
        Phase::Typing(text, shown) if *shown < text.chars().count() => {
            // As many as should be there by now, however late it is noticed.
            let each = show.lasts.unwrap_or_default().div_f64(show.speed).as_secs_f64();
            let late = now.saturating_duration_since(show.since).as_secs_f64();
            let typed = if each > 0.0 { (late / each) as usize } else { usize::MAX };
            let shown = shown.saturating_add(typed.max(1)).min(text.chars().count());
            let phase = Phase::Typing(std::mem::take(text), shown);
            show.turn(phase, 0, now);
            // The line that is being typed is always there to be seen.
            let max_scroll = view::max_scroll(app);
            if let Some(walk) = &mut app.walk {
                walk.page_mut().top[0] = max_scroll;
            }
            Vec::new()
        }
        Phase::Awaiting(_) => {
            let claim = show.awaited.as_ref().map(Awaited::claim).unwrap_or_default();
            let why = format!("did not become true in time: {claim}");
            let mut effects = unwatch(show);
            show.outcomes.insert(show.place, Status::Failed);
            effects.extend(stuck(app, why));
            effects
        }
        Phase::Over => {
            app.end = Some(End::Quit);
            Vec::new()
        }
        _ => onward(app),
    }
}

/// A key.
pub fn act(app: &mut App, context: Context, action: Action) -> Vec<Effect> {
    if let (Context::Chapters, Some(Overlay::Chapters(cursor))) = (context, &app.overlay) {
        return chapters(app, *cursor, action);
    }
    if context == Context::Peek {
        let (rows, max_scroll) = (usize::from(app.size.1 / 2), view::max_scroll(app));
        app.overlay = match (&app.overlay, action) {
            (_, Action::Leave) => None,
            (Some(Overlay::Peek(top)), action) => {
                Some(Overlay::Peek(super::scrolled(*top, rows, max_scroll, action)))
            }
            _ => None,
        };
        return Vec::new();
    }
    let Some(show) = &mut app.show else { return Vec::new() };
    let leaving = std::mem::take(&mut show.leaving);
    if show.blank {
        // The room sees again what it saw; nothing else happens unseen.
        show.blank = false;
        return Vec::new();
    }
    if leaving && action != Action::Leave {
        // One key to think again, and nothing else.
        return Vec::new();
    }
    match action {
        Action::Enter => onward(app),
        Action::Back => match show.previous() {
            _ if show.phase == Phase::Over => {
                let place = show.place;
                go(app, place)
            }
            _ if show.phase == Phase::Running => busy(app),
            Some(place) => go(app, place),
            None => tell(app, "this is the beginning"),
        },
        Action::Rest => match show.rest() {
            _ if show.phase == Phase::Running => busy(app),
            Some(place) => go(app, place),
            None => over_and_out(app),
        },
        Action::Again => again(app),
        Action::Pause => {
            show.paused = !show.paused;
            Vec::new()
        }
        Action::More | Action::Less => {
            let factor = if action == Action::More { 2.0 } else { 0.5 };
            show.speed = (show.speed * factor).clamp(SPEEDS.0, SPEEDS.1);
            let line =
                format!("what goes on by itself goes on {}", crate::demo::notes_page::speed(show.speed));
            tell(app, &line)
        }
        Action::Blank => {
            show.blank = true;
            Vec::new()
        }
        Action::Chapters => {
            app.overlay = Some(Overlay::Chapters(show.chapter_index()));
            Vec::new()
        }
        Action::Peek => {
            app.overlay = Some(Overlay::Peek(0));
            Vec::new()
        }
        Action::Leave if leaving || show.phase == Phase::Over => {
            app.end = Some(End::Quit);
            vec![Effect::Cancel]
        }
        Action::Leave => {
            show.leaving = true;
            tell(app, "q again ends the show; any other key stays")
        }
        Action::Zoom | Action::Cancel if app.overlay.is_some() => {
            app.overlay = None;
            Vec::new()
        }
        Action::Cancel if show.phase != Phase::Running => tell(app, "nothing is running; q ends the show"),
        Action::Shell | Action::Zoom | Action::Map if !on_a_step(show) => {
            tell(app, "there is nothing of this on a card")
        }
        Action::Shell if show.phase == Phase::Running => busy(app),
        Action::Shell => aside::shell(app),
        Action::Map => aside::map(app),
        Action::Zoom => aside::zoom(app),
        Action::Help => {
            app.help = Some((context, 0));
            Vec::new()
        }
        _ if matches!(app.overlay, Some(Overlay::Zoom(_))) => aside::zoomed(app, action),
        _ if app.walk.is_some() && on_a_step(show) => step::act(app, Context::Step, action),
        _ => Vec::new(),
    }
}

/// What was awaited is not read any more.
fn unwatch(show: &mut Show) -> Vec<Effect> {
    match (&show.phase, show.awaited.take()) {
        (Phase::Awaiting(_), _) => vec![Effect::Ask(Command::Watch { ids: Vec::new(), every_ms: 0 })],
        _ => Vec::new(),
    }
}

/// Space, or its time has come.
fn onward(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(show) = &mut app.show else { return Vec::new() };
    match &show.phase {
        Phase::Card | Phase::Shown | Phase::Awaiting(_) => next(app),
        Phase::Staged => match typed(app) {
            Some(text) => {
                if let Some(show) = &mut app.show {
                    show.turn(Phase::Typing(text, 0), 0, now);
                }
                Vec::new()
            }
            None => run(app),
        },
        Phase::Typing(..) => run(app),
        Phase::Running => busy(app),
        Phase::Stuck(_) => match show.instead() {
            Some(place) => go(app, place),
            None => next(app),
        },
        Phase::Over => tell(app, "that was all; q ends the show, b goes back"),
    }
}

fn next(app: &mut App) -> Vec<Effect> {
    match app.show.as_ref().and_then(Show::next) {
        Some(place) => go(app, place),
        None => over_and_out(app),
    }
}

fn over_and_out(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    app.overlay = None;
    let Some(show) = &mut app.show else { return Vec::new() };
    let effects = unwatch(show);
    show.turn(Phase::Over, 0, now);
    effects
}

/// To a place: what was played there is shown as it was, everything else is staged.
fn go(app: &mut App, place: PlanPosition) -> Vec<Effect> {
    let now = app.now;
    app.overlay = None;
    let Some(show) = &mut app.show else { return Vec::new() };
    let mut effects = unwatch(show);
    show.reach(place, now);
    let Some(cue) = show.cue().cloned() else {
        effects.extend(over_and_out(app));
        return effects;
    };
    let CueContent::Step { lesson, set, index } = cue.what else {
        let words = match &cue.what {
            CueContent::Card(text) => text.split_whitespace().count(),
            CueContent::Step { .. } => 0,
        };
        show.outcomes.insert(place, Status::Passed);
        show.turn(Phase::Card, words, now);
        return effects;
    };
    // Lessons that were shown stay as they were left, so that going back runs nothing.
    let same = |walk: &Walk| walk.lesson.id == lesson.id && walk.set == set;
    if !app.walk.as_ref().is_some_and(same) {
        show.kept.extend(app.walk.take());
        let kept = show.kept.iter().position(same);
        app.walk = Some(if let Some(at) = kept {
            show.kept.remove(at)
        } else {
            let steps = lesson.steps.len();
            Walk { params: vec![Vec::new(); steps], ..Walk::new(lesson, set, index, now) }
        });
    }
    if let Some(walk) = &mut app.walk {
        walk.turn(index);
    }
    effects.extend(arrive(app, cue.staged));
    effects
}

/// A step is reached: what was played there is shown as it was; what cannot be run here is not staged first and refused afterwards.
fn arrive(app: &mut App, staged: bool) -> Vec<Effect> {
    let now = app.now;
    let (refusal, words) = (step::refusal(app), words_before(app));
    let (Some(show), Some(walk)) = (&mut app.show, &mut app.walk) else { return Vec::new() };
    let played = show.outcomes.get(&show.place).filter(|_| walk.page().record.is_some());
    match (played, refusal) {
        (Some(Status::Passed | Status::NotHere), _) => {
            show.turn(Phase::Shown, 0, now);
            emphasise(app, false);
        }
        (Some(_), _) => {
            let why = show.reasons.get(&show.place).cloned().unwrap_or_default();
            show.turn(Phase::Stuck(why), 0, now);
        }
        (None, Some((reason, remedy))) => return blocked(app, reason, remedy),
        (None, None) if staged => {
            walk.focus = Pane::Text;
            walk.page_mut().top = [0; 4];
            show.turn(Phase::Staged, words, now);
        }
        (None, None) => {
            show.turn(Phase::Staged, 0, now);
            return onward(app);
        }
    }
    Vec::new()
}

/// The calls are made.
fn run(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    app.overlay = None;
    if let Some((reason, remedy)) = step::refusal(app) {
        return blocked(app, reason, remedy);
    }
    let (Some(show), Some(walk)) = (&mut app.show, &mut app.walk) else { return Vec::new() };
    let Some(CueContent::Step { index, .. }) = show.cue().map(|cue| cue.what.clone()) else {
        return Vec::new();
    };
    walk.index = index;
    let wanted = (walk.lesson.id.clone(), walk.set.clone());
    let mut effects = unwatch(show);
    if show.opened.as_ref() != Some(&wanted) {
        effects.push(Effect::Ask(Command::Open { lesson: wanted.0.clone(), set: wanted.1.clone() }));
        show.opened = Some(wanted);
    }
    step::start(walk, index, now);
    show.cancelled = false;
    show.refused = None;
    show.turn(Phase::Running, 0, now);
    effects.push(Effect::Ask(Command::Run(index)));
    effects
}

fn again(app: &mut App) -> Vec<Effect> {
    let Some(show) = &app.show else { return Vec::new() };
    match show.phase {
        Phase::Running => busy(app),
        Phase::Card | Phase::Over => tell(app, "there is nothing to run again here"),
        _ => run(app),
    }
}

fn chapters(app: &mut App, cursor: usize, action: Action) -> Vec<Effect> {
    let Some(show) = &app.show else { return Vec::new() };
    match action {
        Action::Leave => app.overlay = None,
        Action::Enter if show.phase == Phase::Running => return busy(app),
        Action::Enter => {
            if let Some(place) = show.chapter(cursor) {
                return go(app, place);
            }
        }
        _ => app.overlay = Some(Overlay::Chapters(moved(cursor, show.plan.chapters.len(), action))),
    }
    Vec::new()
}

fn busy(app: &mut App) -> Vec<Effect> {
    app.overlay = None;
    tell(app, "the step is still running; Esc cancels it and undoes it")
}

fn tell(app: &mut App, line: &str) -> Vec<Effect> {
    app.notice = Some(line.to_owned());
    Vec::new()
}

fn on_a_step(show: &Show) -> bool {
    !matches!(show.phase, Phase::Card | Phase::Over)
}

/// The commands that a person would type, where the script wants them typed and there are any.
fn typed(app: &App) -> Option<String> {
    let (show, walk) = (app.show.as_ref()?, app.walk.as_ref()?);
    show.cue().filter(|cue| cue.typed)?;
    let commands = app.around.here(walk.step().by_hand.as_ref()?)?;
    Some(crate::present::plain::escape(app.around.fill(&walk.lesson, commands).trim_end()))
}

/// How much there is to read before the calls, in words.
fn words_before(app: &App) -> usize {
    let Some(walk) = &app.walk else { return 0 };
    let text = app.around.here(&walk.step().text).map_or(0, |t| t.split_whitespace().count());
    text + walk.step().predict.as_ref().map_or(0, |p| p.ask.split_whitespace().count())
}

/// How much there is to look at afterwards, in words: a readout counts as five.
fn words_after(app: &App) -> usize {
    let Some(walk) = &app.walk else { return 0 };
    let why = walk.step().why.as_ref().and_then(|w| app.around.here(w));
    walk.readouts().0.len() * 5 + why.map_or(0, |w| w.split_whitespace().count() / 2)
}

/// Holds the show while something else is looked at, and lets it go on afterwards.
pub fn hold(app: &mut App) -> Vec<Effect> {
    let (held, now) = (held(app), app.now);
    let Some(show) = &mut app.show else { return Vec::new() };
    let again = show.held && !held && matches!(show.phase, Phase::Awaiting(_));
    show.hold(held, now);
    // A shell has had the readouts to itself.
    if again { watch(app) } else { Vec::new() }
}

fn watch(app: &App) -> Vec<Effect> {
    let (Some(show), Some(walk)) = (&app.show, &app.walk) else { return Vec::new() };
    let Some(awaited) = &show.awaited else { return Vec::new() };
    vec![Effect::Ask(Command::Watch { ids: awaited.ids(), every_ms: awaited.every_ms(&walk.lesson) })]
}

/// Whether nothing may go on by itself: the instructor wishes so, or looks at something else.
fn held(app: &App) -> bool {
    let aside = app.walk.as_ref().is_some_and(|w| w.shell.is_some())
        || app.help.is_some()
        || !matches!(app.overlay, None | Some(Overlay::Zoom(_)));
    app.show.as_ref().is_some_and(|show| show.paused || show.blank || aside)
}

/// The instant at which [`tick`] has something to do.
pub fn due(app: &App) -> Option<Instant> {
    app.show.as_ref().and_then(Show::due)
}
