//! What lies over a screen. This is the list: each overlay has a variant of [`Overlay`] for its state, and a file with all that it does.

pub mod box_choice;
pub mod chapters;
pub mod glossary;
pub mod help;
pub mod layer;
pub mod map;
pub mod notes;
pub mod outline;
pub mod question;
pub mod refusal;
pub mod state;
pub mod what_if;
pub mod zoom;

use super::app::App;
use super::keys::Action;
use super::message::Effect;
use layer::{After, Layer};
use ratatui::Frame;
use ratatui::layout::Rect;
pub use state::Overlay;

fn layer(overlay: &Overlay) -> &dyn Layer {
    match overlay {
        Overlay::Zoom(zoom) => zoom,
        Overlay::Map(map) => map,
        Overlay::Outline(outline) => outline,
        Overlay::BoxChoice(choice) => choice,
        Overlay::WhatIf(what_if) => what_if,
        Overlay::Chapters(chapters) => chapters,
        Overlay::Notes(notes) => notes,
        Overlay::Glossary(glossary) => glossary,
        Overlay::Refusal(refusal) => refusal,
        Overlay::Question(question) => question,
    }
}

fn layer_mut(overlay: &mut Overlay) -> &mut dyn Layer {
    match overlay {
        Overlay::Zoom(zoom) => zoom,
        Overlay::Map(map) => map,
        Overlay::Outline(outline) => outline,
        Overlay::BoxChoice(choice) => choice,
        Overlay::WhatIf(what_if) => what_if,
        Overlay::Chapters(chapters) => chapters,
        Overlay::Notes(notes) => notes,
        Overlay::Glossary(glossary) => glossary,
        Overlay::Refusal(refusal) => refusal,
        Overlay::Question(question) => question,
    }
}

/// One of the overlay's keys.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let Some(mut overlay) = app.overlay.take() else { return Vec::new() };
    let (after, effects) = layer_mut(&mut overlay).act(app, action);
    if after == After::Stay {
        app.overlay = Some(overlay);
    }
    effects
}

/// A character for what is being typed into the overlay.
pub fn typed(app: &mut App, c: char) {
    if let Some(overlay) = &mut app.overlay {
        layer_mut(overlay).typed(c);
    }
}

/// Draws it over the screen. `rest` is what the screen leaves to an overlay that covers it.
pub fn draw(frame: &mut Frame, app: &App, body: Rect, rest: Rect) {
    if let Some(layer) = app.overlay.as_ref().map(layer) {
        layer.draw(frame, app, if layer.covers_screen() { rest } else { body });
    }
}
