//! The keys of this screen.

use crate::tui::key::{
    Action as A, Binding, Context as C, DOWN, END, ENTER, ESC, PAGE_DOWN, PAGE_UP, TOP, UP, bind, c, ctrl, k,
};
use crossterm::event::KeyCode;

/// The list, and its filter while it is typed.
pub const KEYS: &[Binding] = &[
    bind(C::Home, &[ENTER, k(KeyCode::Right), c('l')], A::Enter, "open", Some(0)),
    bind(C::Home, UP, A::UP, "up", None),
    bind(C::Home, DOWN, A::DOWN, "down", None),
    bind(C::Home, TOP, A::TOP, "first", None),
    bind(C::Home, END, A::BOTTOM, "last", None),
    bind(C::Home, PAGE_UP, A::PAGE_UP, "scroll up", None),
    bind(C::Home, PAGE_DOWN, A::PAGE_DOWN, "scroll down", Some(3)),
    bind(C::Home, &[c('/')], A::Filter, "filter", Some(2)),
    bind(C::Home, &[ESC], A::Leave, "clear the filter", None),
    bind(C::Home, &[c('G')], A::Glossary, "glossary", None),
    bind(C::Home, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Home, &[c('q'), ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Home, &[ctrl('z')], A::Suspend, "suspend", None),
    bind(C::Filter, &[ENTER], A::Enter, "take it", Some(0)),
    bind(C::Filter, &[ESC], A::Leave, "clear", Some(1)),
    bind(C::Filter, &[k(KeyCode::Backspace)], A::Erase, "erase", None),
    bind(C::Filter, &[k(KeyCode::Up)], A::UP, "up", None),
    bind(C::Filter, &[k(KeyCode::Down)], A::DOWN, "down", None),
    bind(C::Filter, &[ctrl('c')], A::Quit, "quit", None),
];
