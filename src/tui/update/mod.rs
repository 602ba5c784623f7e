//! Messages in, state and effects out.

mod engine;
mod home;
mod over;
mod page;
mod shell;
pub mod show;
mod step;

use super::app::{App, End, Screen};
use super::keys::{self, Action, Context};
use super::message::{Effect, Message};
use crate::events::{Command, Event};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::BTreeMap;

/// Opens a lesson at a step; where the person was last unless told.
pub fn open(app: &mut App, id: &str, step: Option<&str>, set: &BTreeMap<String, String>) -> Vec<Effect> {
    let last = app.progress.lesson(id).and_then(|l| l.last_step.clone());
    home::open(app, id, step.or(last.as_deref()), set.clone())
}

/// What the state becomes, and what is to be done.
pub fn update(app: &mut App, message: Message) -> Vec<Effect> {
    // What comes often and changes nothing for the instructor.
    let passing = matches!(message, Message::ShellOutput(..) | Message::Engine(Event::Sampled(_)));
    let (chapter, before) = (chapter(app), place(app));
    let mut effects = take(app, message);
    effects.extend(show::hold(app));
    let now = self::chapter(app);
    effects.extend(now.filter(|now| Some(now) != chapter.as_ref()).map(Effect::Mark));
    let now = place(app);
    if now != before {
        effects.push(Effect::Mark(now));
    }
    if !passing {
        effects.extend(page::changed(app).map(|page| Effect::Publish(Box::new(page))));
    }
    effects
}

/// The chapter of the demo that is played, in words.
pub fn chapter(app: &App) -> Option<String> {
    let show = app.show.as_ref()?;
    let index = show.chapter_index();
    Some(format!("{}. {}", index + 1, show.plan.chapters.get(index)?.0))
}

/// Where one is, in words.
pub fn place(app: &App) -> String {
    if let Some(show) = &app.show {
        return show.title();
    }
    match (app.screen, &app.walk) {
        (Screen::Step, Some(walk)) => format!("{} · {}", walk.lesson.id, walk.step().title),
        (Screen::Summary, Some(walk)) => format!("{} · the end", walk.lesson.id),
        _ => "lessons".to_owned(),
    }
}

fn take(app: &mut App, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(event) if event.kind == KeyEventKind::Release => Vec::new(),
        Message::Key(event) => key(app, event),
        Message::Paste(text) => paste(app, &text),
        Message::Resize(columns, rows) => {
            app.size = (columns, rows);
            shell::resized(app)
        }
        Message::Engine(event) if app.show.is_some() => show::heard(app, event),
        Message::Engine(event) => engine::take(app, event),
        Message::ShellOutput(_, bytes) => shell::output(app, &bytes),
        Message::ShellClosed(_) => shell::closed(app),
        Message::Windows(count) => {
            if let Some(show) = &mut app.show {
                show.windows = count;
            }
            Vec::new()
        }
        Message::Told(line) => {
            if let Some(show) = &mut app.show {
                show.say(line.clone());
                // Said where the instructor looks, when that is not what the room sees.
                if show.windows > 0 {
                    return Vec::new();
                }
            }
            app.notice = Some(line);
            Vec::new()
        }
        Message::Signal(number) => signal(app, number),
        Message::Deaf(why) => {
            app.end = Some(End::Deaf(why));
            Vec::new()
        }
        Message::Tick(now) => {
            app.now = now;
            show::tick(app)
        }
    }
}

fn key(app: &mut App, event: KeyEvent) -> Vec<Effect> {
    app.notice = None;
    app.first_start = app.first_start && app.screen == Screen::Home;
    let context = app.context();
    let action = keys::action(context, event);
    match (context, action) {
        (Context::Shell, _) => shell::key(app, event, action),
        (Context::Filter | Context::Search | Context::WhatIf, None) => typed(app, context, event),
        (_, None) => {
            if let Some(show) = &mut app.show {
                show.leaving = false;
            }
            Vec::new()
        }
        (_, Some(Action::Quit)) => quit(app),
        (_, Some(Action::Suspend)) => suspend(app),
        (Context::Show | Context::Chapters | Context::Peek, Some(action)) => show::act(app, context, action),
        (Context::Home | Context::Filter, Some(action)) => home::act(app, action),
        (Context::Step | Context::Running | Context::Summary, Some(action)) => {
            step::act(app, context, action)
        }
        (_, Some(action)) => over::act(app, context, action),
    }
}

fn quit(app: &mut App) -> Vec<Effect> {
    app.end = Some(End::Quit);
    vec![Effect::Cancel, Effect::Save]
}

/// What is stopped must not leave a run behind that goes on: it is undone first.
fn suspend(app: &mut App) -> Vec<Effect> {
    let busy = app.walk.as_ref().is_some_and(|w| w.running.is_some());
    let mut effects = Vec::new();
    if let Some(walk) = &mut app.walk {
        if busy {
            effects.push(Effect::Cancel);
        }
        walk.map_now = None;
        effects.push(Effect::Ask(Command::Restart));
    }
    effects.push(Effect::Suspend);
    effects
}

fn signal(app: &mut App, number: i32) -> Vec<Effect> {
    if number == signal_hook::consts::SIGTSTP {
        return suspend(app);
    }
    app.end = Some(End::Signal(number));
    vec![Effect::Cancel, Effect::Save]
}

fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    let context = app.context();
    if context == Context::Shell {
        return shell::paste(app, text);
    }
    for c in text.chars().filter(|c| !c.is_control()) {
        typed(app, context, KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    }
    Vec::new()
}

/// A character for what is being typed.
fn typed(app: &mut App, context: Context, event: KeyEvent) -> Vec<Effect> {
    let KeyCode::Char(c) = event.code else { return Vec::new() };
    if event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return Vec::new();
    }
    match context {
        Context::Filter => {
            app.home.filter.push(c);
            app.home.cursor = 0;
        }
        Context::Search => over::search_typed(app, c),
        Context::WhatIf => over::value_typed(app, c),
        _ => {}
    }
    Vec::new()
}

/// Moves a cursor in a list of `count`.
fn moved(cursor: usize, count: usize, action: Action) -> usize {
    let last = count.saturating_sub(1);
    match action {
        Action::Up => cursor.saturating_sub(1),
        Action::Down => (cursor + 1).min(last),
        Action::Top => 0,
        Action::Bottom => last,
        _ => cursor.min(last),
    }
}

/// Moves the first line of something that is scrolled, no further than so that a screenful is shown: who has gone to the end comes back from there.
fn scrolled(top: usize, page: usize, max_scroll: usize, action: Action) -> usize {
    let top = top.min(max_scroll);
    let wanted = match action {
        Action::Up => top.saturating_sub(1),
        Action::Down => top + 1,
        Action::PageUp => top.saturating_sub(page),
        Action::PageDown => top + page,
        Action::Top => 0,
        Action::Bottom => max_scroll,
        _ => top,
    };
    wanted.min(max_scroll)
}
