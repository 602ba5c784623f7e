//! The keys of this screen.

use crate::tui::key::{Action as A, Binding, Context as C, DOWN, ENTER, ESC, UP, bind, c, ctrl, k};
use crossterm::event::KeyCode;

/// A demo.
pub const KEYS: &[Binding] = &[
    // PgDn and PgUp are what a presenter's remote sends.
    bind(C::Demo, &[c(' '), ENTER, k(KeyCode::Right), k(KeyCode::PageDown)], A::Enter, "next", Some(0)),
    bind(C::Demo, &[c('b'), k(KeyCode::Left), k(KeyCode::PageUp)], A::Back, "back", Some(3)),
    bind(C::Demo, &[c('1')], A::Choose(0), "a vote for the first answer", None),
    bind(C::Demo, &[c('2')], A::Choose(1), "a vote for the second answer", None),
    bind(C::Demo, &[c('3')], A::Choose(2), "a vote for the third answer", None),
    bind(C::Demo, &[c('4')], A::Choose(3), "a vote for the fourth answer", None),
    bind(C::Demo, &[k(KeyCode::Backspace)], A::Erase, "take the last vote back", None),
    bind(C::Demo, &[c('w')], A::WhatIf, "what if", Some(6)),
    bind(C::Demo, &[c('r')], A::Again, "run again", Some(4)).short("again"),
    bind(C::Demo, &[c('x')], A::Rest, "next entry", Some(6)),
    bind(C::Demo, &[c('p')], A::Pause, "pause", Some(6)),
    bind(C::Demo, &[c('+'), c('=')], A::More, "twice as fast", None),
    bind(C::Demo, &[c('-')], A::Less, "half as fast", None),
    bind(C::Demo, &[c('g')], A::Chapters, "chapters", Some(5)),
    bind(C::Demo, &[c('.')], A::Blank, "blank the screen", None),
    bind(C::Demo, &[c('z')], A::Zoom, "zoom", Some(7)),
    bind(C::Demo, &[c('s')], A::Shell, "shell", Some(7)),
    bind(C::Demo, &[c('m')], A::Map, "map", Some(8)),
    bind(C::Demo, &[c('d')], A::Drawing, "drawing or readouts", Some(4)).short("drawing"),
    bind(C::Demo, &[c('n')], A::Notes, "notes", Some(4)),
    bind(C::Demo, &[ESC], A::Cancel, "cancel and undo", Some(1)),
    bind(C::Demo, &[k(KeyCode::Tab)], A::NextPane, "next pane", None),
    bind(C::Demo, &[k(KeyCode::BackTab)], A::PreviousPane, "previous pane", None),
    bind(C::Demo, UP, A::UP, "scroll up", None),
    bind(C::Demo, DOWN, A::DOWN, "scroll down", None),
    bind(C::Demo, &[ctrl('u')], A::PAGE_UP, "page up", None),
    bind(C::Demo, &[ctrl('d')], A::PAGE_DOWN, "page down", None),
    bind(C::Demo, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(2)),
    bind(C::Demo, &[c('q')], A::Leave, "end", Some(1)),
    bind(C::Demo, &[ctrl('c')], A::Quit, "quit at once", None),
    bind(C::Demo, &[ctrl('z')], A::Suspend, "suspend", None),
];
