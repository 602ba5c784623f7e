//! The keys of the help. Apart from it, because it shows those of all.

use crate::tui::key::{
    Action as A, BOTTOM, Binding, Context as C, DOWN, ENTER, ESC, PAGE_DOWN, PAGE_UP, TOP, UP, bind, c, ctrl,
    k,
};
use crossterm::event::KeyCode;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Help, &[ESC, c('?'), c('q'), k(KeyCode::F(1)), ENTER], A::Leave, "back", Some(0)),
    bind(C::Help, UP, A::UP, "up", None),
    bind(C::Help, DOWN, A::DOWN, "down", None),
    bind(C::Help, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Help, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(1)),
    bind(C::Help, TOP, A::TOP, "to the beginning", None),
    bind(C::Help, BOTTOM, A::BOTTOM, "to the end", None),
    bind(C::Help, &[ctrl('c')], A::Quit, "quit", Some(9)),
];
