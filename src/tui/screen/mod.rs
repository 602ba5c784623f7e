//! The screens. This is the list: each has a variant of [`Shown`], and a file with what its keys do and how it is drawn.

pub mod demo;
mod drawn;
pub mod home;
pub mod shell;
pub mod step;
pub mod summary;

use super::app::{App, Shown};
use super::keys::Action;
use super::message::Effect;
pub use drawn::Drawn;
use ratatui::Frame;
use ratatui::layout::Rect;

/// One of the screen's keys. A shell has its own way: most keys are typed into it.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match app.shown() {
        Shown::Home => home::act(app, action),
        Shown::Step(_) => step::act(app, action, |app| {
            app.walk.as_ref().map_or(0, |walk| step::draw::max_scroll(app, walk, app.body()))
        }),
        Shown::Summary(_) => summary::act(app, action),
        Shown::Demo(_) => demo::act(app, action),
        Shown::Shell(..) => Vec::new(),
    }
}

/// Draws the screen.
pub fn draw(frame: &mut Frame, app: &App, area: Rect) -> Drawn {
    let mut drawing = None;
    match app.shown() {
        Shown::Home => home::draw(frame, app, area),
        Shown::Step(walk) => drawing = step::draw::draw(frame, app, walk, area),
        Shown::Shell(walk, shell) => shell::draw(frame, app, walk, shell, area),
        Shown::Summary(walk) => summary::draw(frame, app, walk, area),
        Shown::Demo(demo) => return demo::draw::draw(frame, app, demo, area),
    }
    Drawn { rest: area, drawing }
}

/// What is shown, in words.
pub fn title(app: &App) -> String {
    if let Some(demo) = &app.demo {
        return demo.title();
    }
    match app.shown() {
        Shown::Step(walk) | Shown::Shell(walk, _) => format!("{} · {}", walk.lesson.id, walk.step().title),
        Shown::Summary(walk) => format!("{} · the end", walk.lesson.id),
        Shown::Home | Shown::Demo(_) => "lessons".to_owned(),
    }
}
