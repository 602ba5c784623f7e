//! What the engine says.

use crate::events::SETUP;
use crate::events::{Event, Status, StepRecord};
use crate::progress::Done;
use crate::tui::app::{App, Screen};
use crate::tui::message::Effect;
use crate::tui::overlay::state::{Overlay, Refusal};
use crate::tui::screen::shell;
use crate::tui::walkthrough::{Pane, Running, Walkthrough};
use std::time::Duration;

/// What an event makes of the state.
pub fn take(app: &mut App, event: Event) -> Vec<Effect> {
    let now = app.now;
    match event {
        Event::Readiness(all) => {
            for (id, readiness) in all {
                if let Some(entry) = app.entries.iter_mut().find(|e| e.id == id) {
                    entry.readiness = Some(readiness);
                }
            }
            Vec::new()
        }
        Event::Refused { why, remedy } => {
            if app.walk.as_mut().and_then(|w| w.shell.take()).is_some() {
                app.overlay = Some(Overlay::Refusal(Refusal::new("no shell", why, remedy)));
                return vec![Effect::CloseShell];
            }
            let remedy = if remedy.is_empty() { String::new() } else { format!("; what helps: {remedy}") };
            app.notice = Some(format!("{why}{remedy}"));
            Vec::new()
        }
        Event::Undone { left } if !left.is_empty() => {
            app.notice = Some(format!("could not be undone: {}; see isolab clean", left.join("; ")));
            Vec::new()
        }
        Event::Cancelled => {
            app.notice = Some("cancelled; everything that was made is undone".to_owned());
            Vec::new()
        }
        Event::StepEnded(record) => ended(app, *record),
        Event::Idle => {
            app.pending = app.pending.saturating_sub(1);
            // A run that ended in any other way than with its record ends here.
            if let (0, Some(walk)) = (app.pending, &mut app.walk) {
                walk.running = None;
            }
            Vec::new()
        }
        event => {
            if let Some(walk) = &mut app.walk {
                in_walk(walk, event, now)
            } else {
                Vec::new()
            }
        }
    }
}

fn in_walk(walk: &mut Walkthrough, event: Event, now: std::time::Instant) -> Vec<Effect> {
    match event {
        Event::Namespaces(map) => {
            if walk.running.as_ref().is_some_and(|r| r.actions.iter().all(|a| a.preparation)) {
                walk.map_before = Some((*map).clone());
            }
            walk.map_now = Some(*map);
        }
        Event::ShellStarted { pid, notice, variables, of } => {
            if let Some(shell) = &mut walk.shell {
                (shell.pid, shell.notice, shell.of) = (Some(pid), notice, of);
                shell.variables = variables;
            }
            return shell::started(walk);
        }
        Event::ShellEnded => return shell::ended(walk),
        Event::Tried { readouts, verdicts } => {
            if let Some(shell) = &mut walk.shell {
                (shell.readouts, shell.verdicts) = (readouts, verdicts);
            }
        }
        Event::Snapshot(read) => {
            if let Some(shell) = &mut walk.shell {
                shell::snapshot(&walk.lesson, shell, read);
            }
        }
        event => {
            if let Some(running) = &mut walk.running {
                in_run(running, event, now);
            }
        }
    }
    Vec::new()
}

fn in_run(running: &mut Running, event: Event, now: std::time::Instant) {
    match event {
        Event::StepStarted { index, title, .. } => {
            (running.at, running.title, running.waiting) = (index, title, None);
            if index == running.target {
                running.began = Some(now);
                running.actions.clear();
                running.samples.clear();
            }
        }
        Event::Before(rows) if running.at == running.target => running.before = rows,
        Event::Acted(action) if running.at == running.target => running.actions.push(*action),
        Event::Sampled(sample) if running.at == running.target => running.samples.push(sample),
        Event::Waiting { what, at_most_ms } => {
            running.waiting = Some((what, now + Duration::from_millis(at_most_ms)));
        }
        _ => {}
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
    vec![Effect::Save]
}
