//! The instructor's page, made of the state whenever that has changed.

use super::super::step::text;
use super::draw::ways_out;
use crate::demo::NotesPage;
use crate::demo::notes_page::speed;
use crate::demo::plan::CueContent;
use crate::events::{Claim, Status};
use crate::model::millis;
use crate::present::action::{Ends, Planned};
use crate::present::{claim, verdict};
use crate::tui::app::App;
use crate::tui::screen::demo::player::{DemoPlayer, Phase};
use crate::tui::view::verdicts;
use crate::tui::walkthrough::Walkthrough;
use std::time::Duration;

/// The page, when it says something else than the last one that was given.
pub fn changed(app: &mut App) -> Option<NotesPage> {
    let page = page(app)?;
    let demo = app.demo.as_mut()?;
    let same = demo.page.as_ref().is_some_and(|last| {
        // Who reads it lets the clock go on.
        let times = |p: &NotesPage| NotesPage { spent_ms: 0, cue_spent_ms: 0, ..p.clone() };
        times(last) == times(&page)
    });
    if same {
        return None;
    }
    demo.page = Some(page.clone());
    Some(page)
}

/// The page as it is now.
pub fn page(app: &App) -> Option<NotesPage> {
    let demo = app.demo.as_ref()?;
    let plan = &demo.plan;
    let chapter = demo.chapter_index();
    let cue = demo.cue();
    let over = demo.phase == Phase::Over;
    let blocked = |id: &str| app.entry(id).is_some_and(|entry| entry.blocked().is_some());
    let times = demo.times(&blocked);
    let planned: Duration = times.iter().sum();
    let before: Duration = times.iter().take(demo.place.at).sum();
    let due = if over { planned } else { before + demo.due_aside() };
    let here = if demo.place.aside.is_some() {
        cue.map_or(Duration::ZERO, |cue| cue.takes)
    } else {
        times.get(demo.place.at).copied().unwrap_or_default()
    };
    let next = if over { None } else { demo.next().map(|place| demo.title_at(place)) };
    let (calls, expected) = if over { (Vec::new(), Vec::new()) } else { step(app, demo) };
    Some(NotesPage {
        script: plan.title.clone(),
        chapter: plan.chapters.get(chapter).map(|(title, _)| title.clone()).unwrap_or_default(),
        chapters: (chapter + 1, plan.chapters.len()),
        cues: ((demo.place.at + 1).min(plan.cues.len()), plan.cues.len()),
        title: demo.title(),
        now: now(app, demo),
        notes: if over { Vec::new() } else { notes(app, demo) },
        next,
        calls,
        expected,
        said: demo.said.clone(),
        spent_ms: millis(app.now.saturating_duration_since(demo.began)),
        due_ms: millis(due),
        cue_ms: if over { 0 } else { millis(here) },
        cue_spent_ms: millis(app.now.saturating_duration_since(demo.reached)),
        planned_ms: millis(planned),
        paused: demo.paused,
        blank: demo.blank,
        speed: speed(demo.speed),
        over: app.end.is_some(),
    })
}

/// What the show waits for, or does.
fn now(app: &App, demo: &DemoPlayer) -> String {
    if demo.blank {
        return "the room sees nothing; any key shows it again".to_owned();
    }
    if let Some(shell) = app.walk.as_ref().and_then(|walk| walk.shell.as_ref()).filter(|_| !demo.types()) {
        return format!("a shell in {} has the keys; Ctrl-] comes back to the show", shell.now().of);
    }
    let goes_on = demo.lasts.is_some() && !demo.paused;
    let by_itself = |what: &str| {
        if goes_on { format!("{what} by itself; Space at once") } else { format!("Space {what}") }
    };
    match &demo.phase {
        Phase::Card | Phase::Shown => by_itself("goes on"),
        Phase::Staged => by_itself("runs it"),
        Phase::Typing(typing) if typing.done => by_itself("goes on"),
        Phase::Typing(typing) if !typing.lives => "a shell is being started; Esc cancels".to_owned(),
        Phase::Typing(typing) if !typing.is_typed() => {
            "typing into the shell; Space types the rest of the line, Esc cancels".to_owned()
        }
        Phase::Typing(_) => "typed; waits until the checks have come true; Esc cancels".to_owned(),
        Phase::Running => "running; Esc cancels".to_owned(),
        Phase::Awaiting(_) => "waits until this is true; Space goes on at once".to_owned(),
        Phase::Stuck(why) => format!("{why} – {}", ways_out(demo)),
        Phase::Over => "that was all; q ends the show".to_owned(),
    }
}

/// The notes of the script's entry, then those of the lesson's step.
fn notes(app: &App, demo: &DemoPlayer) -> Vec<String> {
    let Some(cue) = demo.cue() else { return Vec::new() };
    let of_step = match &cue.what {
        CueContent::Step { lesson, index, .. } => {
            lesson.steps[*index - 1].notes.as_ref().map(|notes| app.environment.fill(lesson, notes))
        }
        CueContent::Card(_) => None,
    };
    // What is played instead has the notes of what it stands for, unless it has its own.
    let stands_for = demo.place.aside.and_then(|_| demo.plan.cues.get(demo.place.at));
    let own = cue.notes.clone().or_else(|| stands_for.and_then(|cue| cue.notes.clone()));
    own.into_iter().chain(of_step).collect()
}

/// What will be called, and what is expected: judged, when it has been.
fn step(app: &App, demo: &DemoPlayer) -> (Vec<Planned>, Vec<(String, String)>) {
    let Some(CueContent::Step { lesson, index, .. }) = demo.cue().map(|cue| &cue.what) else {
        return Default::default();
    };
    let step = &lesson.steps[*index - 1];
    let calls = text::plans(app, &step.actions, Ends::Told);
    let verdicts = app.walk.as_ref().map(Walkthrough::verdicts).unwrap_or_default();
    if !verdicts.is_empty() && demo.outcomes.contains_key(&demo.place) {
        let sign = |status: &Status| verdicts::status(status).0.to_owned();
        return (calls, verdicts.iter().map(|v| (sign(&v.status), verdict::claim(v))).collect());
    }
    let expected = app.environment.expected(step);
    let claims = expected
        .map(|e| ("○".to_owned(), app.environment.fill(lesson, &claim::claim(&Claim::from(e)))))
        .collect();
    (calls, claims)
}
