//! Messages in, state and effects out.

pub mod engine;

use super::app::{App, End, Screen};
use super::keys::{self, Action, Context, Typed};
use super::message::{Effect, Message};
use super::overlay::state::Help;
use super::overlay::{self, Overlay, help};
use super::screen::step::{self, prepare};
use super::screen::{self, demo, home, shell};
use crate::events::{Command, Event};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::BTreeMap;

/// Opens a lesson at a step, or else where the person goes on.
pub fn open(app: &mut App, id: &str, step: Option<&str>, set: &BTreeMap<String, String>) -> Vec<Effect> {
    let next = home::next_step(app, id);
    home::open(app, id, step.or(next.as_deref()), set.clone())
}

/// What the state becomes, and what is to be done.
pub fn update(app: &mut App, message: Message) -> Vec<Effect> {
    // What comes often and changes nothing for the instructor.
    let passing = matches!(message, Message::ShellOutput(..) | Message::Engine(Event::Sampled(_)));
    let (chapter, before) = (chapter(app), screen::title(app));
    let mut effects = take(app, message);
    effects.extend(demo::without_shell(app));
    effects.extend(demo::hold(app));
    step::note_explained(app);
    if let Some(walk) = &mut app.walk {
        walk.looked_at.get_or_insert(app.now);
    }
    let now = self::chapter(app);
    effects.extend(now.filter(|now| Some(now) != chapter.as_ref()).map(Effect::Mark));
    let now = screen::title(app);
    if now != before {
        effects.push(Effect::Mark(now));
    }
    if !passing {
        effects.extend(demo::notes_page::changed(app).map(|page| Effect::Publish(Box::new(page))));
    }
    effects
}

/// The chapter of the demo that is played, in words.
pub fn chapter(app: &App) -> Option<String> {
    let demo = app.demo.as_ref()?;
    let index = demo.chapter_index();
    Some(format!("{}. {}", index + 1, demo.plan.chapters.get(index)?.0))
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
        Message::Engine(event) if app.demo.is_some() => demo::heard(app, event),
        Message::Engine(event) => engine::take(app, event),
        Message::ShellOutput(terminal, bytes) => shell::output(app, terminal, &bytes),
        Message::ShellClosed(terminal) => shell::closed(app, terminal),
        Message::Windows(count) => {
            if let Some(demo) = &mut app.demo {
                demo.windows = count;
            }
            Vec::new()
        }
        Message::Told(line) => {
            if let Some(demo) = &mut app.demo {
                demo.say(line.clone());
                // Said where the instructor looks, when that is not what the room sees.
                if demo.windows > 0 {
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
            let mut effects = prepare::tick(app);
            effects.extend(demo::tick(app));
            effects
        }
    }
}

fn key(app: &mut App, event: KeyEvent) -> Vec<Effect> {
    app.notice = None;
    app.first_start = app.first_start && app.screen == Screen::Home;
    let context = app.context();
    let action = keys::action(context, event);
    match (context.typed(), action) {
        (Typed::IntoShell, action) => shell::key(app, event, action),
        (Typed::IntoText, None) => typed(app, context, event),
        (Typed::Nowhere, None) => {
            if let Some(demo) = &mut app.demo {
                demo.leaving = false;
            }
            Vec::new()
        }
        (Typed::IntoText | Typed::Nowhere, Some(action)) => meant(app, context, action),
    }
}

/// A key that means something: the program's own, or one of what has the keys.
fn meant(app: &mut App, context: Context, action: Action) -> Vec<Effect> {
    // A demo has something to finish before it shows its keys.
    let own_help = context == Context::Demo;
    match action {
        Action::Quit => quit(app),
        Action::Suspend => suspend(app),
        Action::Help if !own_help => {
            app.help = Some(Help { of: context, top: 0 });
            Vec::new()
        }
        Action::Glossary if !own_help => {
            app.overlay = Some(Overlay::Glossary(overlay::glossary::open(app)));
            Vec::new()
        }
        action => act(app, context, action),
    }
}

/// A key goes to what has the keys.
fn act(app: &mut App, context: Context, action: Action) -> Vec<Effect> {
    match context {
        Context::Home
        | Context::Filter
        | Context::Step
        | Context::Running
        | Context::Shell
        | Context::Summary
        | Context::Demo => screen::act(app, action),
        Context::Zoom
        | Context::Search
        | Context::Map
        | Context::Outline
        | Context::BoxChoice
        | Context::WhatIf
        | Context::Chapters
        | Context::Glossary
        | Context::Notes
        | Context::Refusal
        | Context::Question => overlay::act(app, action),
        Context::Help => {
            help::act(app, action);
            Vec::new()
        }
        Context::Small | Context::NotesWindow => Vec::new(),
    }
}

fn quit(app: &mut App) -> Vec<Effect> {
    app.end = Some(End::Quit);
    vec![Effect::Cancel, Effect::Save]
}

/// What is stopped must not leave a run behind that goes on: it is undone first.
fn suspend(app: &mut App) -> Vec<Effect> {
    let busy = app.walk.as_ref().is_some_and(|w| w.running.is_some() || w.is_preparing());
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
    match context.typed() {
        Typed::IntoShell => return shell::paste(app, text),
        Typed::Nowhere => return Vec::new(),
        Typed::IntoText => {}
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
    if context == Context::Filter {
        home::typed(app, c);
    } else {
        overlay::typed(app, c);
    }
    Vec::new()
}
