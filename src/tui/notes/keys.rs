//! The window's keys.

use crate::tui::key::{
    Action as A, BOTTOM, Binding, Context as C, DOWN, Key, PAGE_DOWN, TOP, UP, bind, c, ctrl, k,
};
use crossterm::event::KeyCode;

/// A page up; `b` is what pagers take.
const PAGE_UP: &[Key] = &[k(KeyCode::PageUp), ctrl('u'), c('b')];

/// Every key of the window.
pub const KEYS: &[Binding] = &[
    bind(C::NotesWindow, UP, A::UP, "scroll the notes up", Some(1)),
    bind(C::NotesWindow, DOWN, A::DOWN, "scroll the notes down", Some(1)),
    bind(C::NotesWindow, PAGE_UP, A::PAGE_UP, "by pages up", Some(2)),
    bind(C::NotesWindow, PAGE_DOWN, A::PAGE_DOWN, "by pages down", Some(2)),
    bind(C::NotesWindow, TOP, A::TOP, "to the beginning", None),
    bind(C::NotesWindow, BOTTOM, A::BOTTOM, "to the end", None),
    bind(C::NotesWindow, &[c('q'), ctrl('c')], A::Quit, "close; the show goes on", Some(0)),
    bind(C::NotesWindow, &[ctrl('z')], A::Suspend, "suspend", None),
];
