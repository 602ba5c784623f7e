//! What the engine says.

use crate::events::{self, SETUP};
use crate::events::{Event, Readiness, Status, StepRecord};
use crate::model::{Leftover, NamespaceMap};
use crate::present::leftover::leftovers;
use crate::present::shell::{refusal, remedy};
use crate::progress::Done;
use crate::tui::app::{App, Screen};
use crate::tui::message::Effect;
use crate::tui::overlay::state::{Overlay, Refusal};
use crate::tui::screen::shell;
use crate::tui::walkthrough::{Pane, Running};
use std::time::Duration;

/// What an event makes of the state.
pub fn take(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Readiness(all) => readiness(app, all),
        Event::Refused(why) => return refused(app, &why),
        Event::Undone { left } => undone(app, &left),
        Event::Cancelled => cancelled(app),
        Event::StepEnded(record) => return ended(app, *record),
        Event::Idle => idle(app),
        Event::StepStarted { index, title, .. } => started(app, index, title),
        Event::Before(rows) => {
            if let Some(run) = of_wanted(app) {
                run.before = rows;
            }
        }
        Event::Acted(action) => {
            if let Some(run) = of_wanted(app) {
                run.actions.push(*action);
            }
        }
        Event::Sampled(sample) => {
            if let Some(run) = of_wanted(app) {
                run.samples.push(sample);
            }
        }
        Event::Waiting { what, at_most_ms } => {
            let until = app.now + Duration::from_millis(at_most_ms);
            if let Some(run) = app.walk.as_mut().and_then(|w| w.under_way()) {
                run.waiting = Some((what, until));
            }
        }
        Event::Prepared { index } => {
            if let Some(walk) = &mut app.walk {
                walk.prepared(index);
            }
        }
        Event::LetGo => let_go(app),
        Event::Namespaces(map) => namespaces(app, *map),
        Event::ShellStarted { pid, notice, variables, of } => {
            let Some(walk) = &mut app.walk else { return Vec::new() };
            // The world is the person's now.
            walk.preparation = None;
            return shell::started(walk, app.now, of, pid, notice, variables);
        }
        Event::Trying { boxes, .. } => {
            if let Some(walk) = &mut app.walk {
                shell::trying(walk, boxes);
            }
        }
        Event::ShellEnded { of } => return shell::ended(app, &of),
        Event::Tried { readouts, verdicts } => {
            if let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) {
                (shell.readouts, shell.verdicts) = (readouts, verdicts);
            }
        }
        Event::Snapshot(read) => {
            if let Some(walk) = &mut app.walk
                && let Some(shell) = &mut walk.shell
            {
                shell::snapshot(&walk.lesson, shell, read);
            }
        }
        // The screen has shown the lesson when it was asked for, and has left it by now.
        Event::Opened { .. } | Event::Closed(_) => {}
    }
    Vec::new()
}

/// Events of the step that is wanted, and not of one on the way.
fn of_wanted(app: &mut App) -> Option<&mut Running> {
    app.walk.as_mut()?.under_way().filter(|run| run.at == run.target)
}

fn readiness(app: &mut App, all: Vec<(String, Readiness)>) {
    for (id, readiness) in all {
        if let Some(entry) = app.entries.iter_mut().find(|e| e.id == id) {
            entry.readiness = Some(readiness);
        }
    }
}

fn refused(app: &mut App, reason: &events::Refusal) -> Vec<Effect> {
    let (why, remedy) = (refusal(reason), remedy(reason));
    if let Some(walk) = &mut app.walk {
        walk.not_prepared();
    }
    if let Some(effects) = shell::refused(app, matches!(reason, events::Refusal::Engine(_))) {
        app.overlay = Some(Overlay::Refusal(Refusal::new("no shell", why, remedy)));
        return effects;
    }
    let remedy = if remedy.is_empty() { String::new() } else { format!("; what helps: {remedy}") };
    app.notice = Some(format!("{why}{remedy}"));
    Vec::new()
}

fn undone(app: &mut App, left: &[Leftover]) {
    if let Some(walk) = &mut app.walk {
        let anew = walk.running.as_mut().filter(|r| r.prepared && !r.cancelling && r.began.is_none());
        if let Some(running) = anew {
            running.prepared = false;
            app.notice = Some(
                "a process of the prepared step has ended in the meantime; the step is prepared again"
                    .to_owned(),
            );
        }
        walk.world_ended();
    }
    if !left.is_empty() {
        app.notice = Some(format!("could not be undone: {}; see isolab clean", leftovers(left).join("; ")));
    }
}

/// A prepared step was undone so that another run could begin. To prepare it at once would take the turn back.
fn let_go(app: &mut App) {
    let Some(walk) = &mut app.walk else { return };
    walk.unprepared = Some(walk.index);
    let line = "another run was waiting, and only one at a time can run here: this step was undone, and Enter makes it again";
    app.notice = Some(line.to_owned());
}

fn cancelled(app: &mut App) {
    // Who has left the lesson meanwhile need not know.
    let Some(walk) = &mut app.walk else { return };
    // And it stays undone until somebody wishes otherwise.
    (walk.preparation, walk.unprepared) = (None, Some(walk.index));
    app.notice = Some("cancelled; everything that was made is undone".to_owned());
}

fn idle(app: &mut App) {
    app.pending = app.pending.saturating_sub(1);
    // What ended in any other way than with its record, or prepared, ends here.
    if let (0, Some(walk)) = (app.pending, &mut app.walk) {
        walk.running = None;
        walk.not_prepared();
    }
}

fn started(app: &mut App, index: usize, title: String) {
    let now = app.now;
    let Some(walk) = &mut app.walk else { return };
    let Some(run) = walk.under_way() else { return };
    (run.at, run.title, run.waiting) = (index, title, None);
    let wanted = index == run.target;
    if wanted {
        run.began = Some(now);
        run.actions.clear();
        run.samples.clear();
    }
    if let Some(page) = index.checked_sub(1).and_then(|i| walk.pages.get_mut(i)) {
        page.made_on_the_way = !wanted;
    }
}

fn namespaces(app: &mut App, map: NamespaceMap) {
    let Some(walk) = &mut app.walk else { return };
    if walk.under_way().is_some_and(|run| run.actions.iter().all(|a| a.preparation)) {
        walk.map_before = Some(map.clone());
    }
    walk.map_now = Some(map);
}

/// A step could not be prepared.
fn unprepared(app: &mut App, wanted: usize, record: StepRecord) {
    let Some(walk) = &mut app.walk else { return };
    match &record.status {
        Status::NotHere | Status::Blocked { .. } => {
            if let Some(page) = wanted.checked_sub(1).and_then(|i| walk.pages.get_mut(i)) {
                page.record = Some(record);
            }
        }
        Status::Passed | Status::Failed | Status::NotRun => {
            walk.unprepared = Some(wanted);
            let title = &record.title;
            app.notice = Some(format!(
                "step {wanted} could not be prepared: “{title}” failed; Enter shows what happened"
            ));
        }
    }
}

fn ended(app: &mut App, record: StepRecord) -> Vec<Effect> {
    let Some(walk) = &mut app.walk else { return Vec::new() };
    if record.id == SETUP {
        if record.status == Status::Failed {
            app.notice = Some("the setup failed; the calls show where".to_owned());
            walk.page_mut().record = Some(StepRecord { title: walk.step().title.clone(), ..record.clone() });
        }
        walk.setup = Some(record);
        return Vec::new();
    }
    if walk.running.is_none()
        && let Some(wanted) = walk.not_prepared()
    {
        unprepared(app, wanted, record);
        return Vec::new();
    }
    let Some(at) = walk.lesson.steps.iter().position(|s| s.id == record.id) else { return Vec::new() };
    let wanted = walk.running.as_ref().map(|r| r.target);
    if record.by_hand
        && let Some(shell) = &mut walk.shell
    {
        shell.done = true;
    }
    let lesson = walk.lesson.id.clone();
    let step = record.id.clone();
    let passed = record.status == Status::Passed;
    let by_hand = record.by_hand;
    walk.pages[at].record = Some(record);
    // The engine has told of both before the record.
    walk.pages[at].maps = walk.map_before.clone().zip(walk.map_now.clone());
    walk.pages[at].top = [0; 4];
    if wanted.is_some_and(|wanted| wanted != at + 1) {
        // A step on the way failed: the one that was wanted cannot be reached.
        walk.index = at + 1;
        app.notice =
            Some("an earlier step, on the way to the one that you wanted, did not go well".to_owned());
    }
    if wanted.is_some() {
        walk.running = None;
        walk.focus = Pane::Kernel;
    }
    let answer = app.walk.as_ref().and_then(|w| {
        let right = w.right(at + 1, &app.environment.variant)?;
        Some((w.pages[at].answer.clone(), right))
    });
    if let Some((chosen, right)) = answer {
        app.progress.predicted(&lesson, &step, chosen, right);
    }
    if passed {
        app.progress.done(&lesson, &step, if by_hand { Done::ByHand } else { Done::Watched });
    }
    if app.screen == Screen::Home {
        return Vec::new();
    }
    let kept = if by_hand && passed { shell::receipt::earned(app) } else { None };
    std::iter::once(Effect::Save).chain(kept).collect()
}
