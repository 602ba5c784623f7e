//! The keys of this screen.

use crate::tui::key::{
    Action as A, Binding, Context as C, DOWN, END, ENTER, ESC, PAGE_DOWN, PAGE_UP, TOP, UP, bind, c, ctrl, k,
};
use crossterm::event::KeyCode;

/// The end of a lesson.
pub const KEYS: &[Binding] = &[
    bind(C::Summary, &[ENTER], A::Enter, "next lesson", Some(0)),
    bind(C::Summary, &[c('b'), k(KeyCode::Left)], A::Back, "back to the steps", Some(1)),
    bind(C::Summary, &[c('o')], A::Outline, "all steps", Some(2)),
    bind(C::Summary, &[ESC, c('h')], A::Leave, "lessons", Some(3)),
    bind(C::Summary, &[c('R')], A::Restart, "restart the lesson", Some(3)),
    bind(C::Summary, UP, A::UP, "scroll up", None),
    bind(C::Summary, DOWN, A::DOWN, "scroll down", None),
    bind(C::Summary, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Summary, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(4)),
    bind(C::Summary, TOP, A::TOP, "to the beginning", None),
    bind(C::Summary, END, A::BOTTOM, "to the end", None),
    bind(C::Summary, &[c('G')], A::Glossary, "glossary", None),
    bind(C::Summary, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Summary, &[c('q'), ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Summary, &[ctrl('z')], A::Suspend, "suspend", None),
];
