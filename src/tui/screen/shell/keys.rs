//! The keys of this screen.

use crate::tui::key::{Action as A, Binding, Context as C, bind, ctrl, k, shift};
use crossterm::event::KeyCode;

/// A shell: every other key is typed into it.
pub const KEYS: &[Binding] = &[
    bind(C::Shell, &[ctrl(']'), ctrl('5'), k(KeyCode::F(10))], A::Leave, "leave", Some(0)),
    bind(C::Shell, &[k(KeyCode::F(1))], A::Hint, "hint", Some(1)),
    bind(C::Shell, &[k(KeyCode::F(2))], A::Solution, "solution", Some(2)),
    bind(C::Shell, &[k(KeyCode::F(3))], A::PAGE_UP, "panel up", Some(3)),
    bind(C::Shell, &[k(KeyCode::F(4))], A::PAGE_DOWN, "panel down", Some(3)),
    bind(C::Shell, &[k(KeyCode::F(5))], A::OtherBox, "the shell of another box", Some(2)).short("box"),
    bind(C::Shell, &[k(KeyCode::F(6))], A::Pair, "two shells, side by side", Some(4)).short("two"),
    bind(C::Shell, &[k(KeyCode::F(7))], A::Whole, "full", Some(5)),
    bind(C::Shell, &[k(KeyCode::F(8)), shift(KeyCode::PageUp)], A::Earlier, "output up", Some(4)),
    bind(C::Shell, &[k(KeyCode::F(9)), shift(KeyCode::PageDown)], A::Later, "output down", Some(4)),
];
