//! The one table of keys: dispatch, footer and help all read it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where the keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// The list of lessons.
    Home,
    /// The list of lessons, while a filter is typed.
    Filter,
    /// A step, before it is run or after.
    Step,
    /// A step, while the engine works.
    Running,
    /// A shell in a box.
    Shell,
    /// One pane on the whole screen.
    Zoom,
    /// While a search is typed.
    Search,
    /// The namespace map.
    Map,
    /// The list of steps.
    Outline,
    /// The choice of a box for a shell.
    BoxChoice,
    /// Parameters.
    WhatIf,
    /// The end of a lesson.
    Summary,
    /// A demo that is played.
    Demo,
    /// The chapters of a demo.
    Chapters,
    /// The instructor's page over a demo.
    Notes,
    /// Why there is no shell.
    Refusal,
    /// The step's question, before a shell.
    Question,
    /// What the words mean.
    Glossary,
    /// Keys.
    Help,
    /// A terminal that is too small to show any of the others.
    Small,
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Action {
    Quit,
    Leave,
    Enter,
    Back,
    Again,
    Restart,
    Try,
    Shell,
    Map,
    Drawing,
    WhatIf,
    Zoom,
    Outline,
    Help,
    Cancel,
    Choose(u8),
    Move(Move),
    NextPane,
    PreviousPane,
    NextOne,
    PreviousOne,
    Filter,
    Search,
    SearchNext,
    Hint,
    Solution,
    Earlier,
    Later,
    Whole,
    Less,
    More,
    Suspend,
    Erase,
    EraseAll,
    Rest,
    Pause,
    Blank,
    Chapters,
    Notes,
    Glossary,
    All,
}

/// How a cursor or a scrolled text moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Move {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
}

impl Action {
    const UP: Action = Action::Move(Move::Up);
    const DOWN: Action = Action::Move(Move::Down);
    const PAGE_UP: Action = Action::Move(Move::PageUp);
    const PAGE_DOWN: Action = Action::Move(Move::PageDown);
    const TOP: Action = Action::Move(Move::Top);
    const BOTTOM: Action = Action::Move(Move::Bottom);
}

/// A key that means something.
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys, any of them.
    pub keys: &'static [Key],
    /// What it means.
    pub action: Action,
    /// In words, for footer and help.
    pub label: &'static str,
    /// How much it matters in the footer: where there is no room, the largest number is dropped first. `None`: only in help.
    pub footer: Option<u8>,
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(KeyCode, KeyModifiers);

impl Key {
    /// As people write it.
    pub fn name(self) -> String {
        let key = match self.0 {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Enter => "Enter".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::Backspace => "Backspace".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Home => "Home".to_owned(),
            KeyCode::End => "End".to_owned(),
            KeyCode::F(n) => format!("F{n}"),
            other => format!("{other:?}"),
        };
        if self.1.contains(KeyModifiers::CONTROL) {
            format!("Ctrl-{key}")
        } else if self.1.contains(KeyModifiers::SHIFT) {
            format!("Shift-{key}")
        } else {
            key
        }
    }

    /// Whether this is what was pressed.
    pub fn is(self, event: KeyEvent) -> bool {
        // Shift is part of a character; of other keys it counts where a binding names it.
        let counted = KeyModifiers::CONTROL | KeyModifiers::ALT | self.1;
        self.0 == event.code && self.1 == event.modifiers & counted
    }
}

/// A character.
pub const fn c(c: char) -> Key {
    Key(KeyCode::Char(c), KeyModifiers::NONE)
}
/// A character with Ctrl.
pub const fn ctrl(c: char) -> Key {
    Key(KeyCode::Char(c), KeyModifiers::CONTROL)
}
/// Any other key with Shift.
pub const fn shift(code: KeyCode) -> Key {
    Key(code, KeyModifiers::SHIFT)
}
/// Any other key.
pub const fn k(code: KeyCode) -> Key {
    Key(code, KeyModifiers::NONE)
}
const fn bind(
    context: Context,
    keys: &'static [Key],
    action: Action,
    label: &'static str,
    footer: Option<u8>,
) -> Binding {
    Binding { context, keys, action, label, footer }
}

const ENTER: Key = k(KeyCode::Enter);
const ESC: Key = k(KeyCode::Esc);
const UP: &[Key] = &[k(KeyCode::Up), c('k')];
const DOWN: &[Key] = &[k(KeyCode::Down), c('j')];
const PAGE_UP: &[Key] = &[k(KeyCode::PageUp), ctrl('u')];
const PAGE_DOWN: &[Key] = &[k(KeyCode::PageDown), ctrl('d'), c(' ')];
const TOP: &[Key] = &[k(KeyCode::Home), c('g')];
const BOTTOM: &[Key] = &[k(KeyCode::End), c('G')];
/// Where `G` opens the glossary.
const END: &[Key] = &[k(KeyCode::End)];

use Action as A;
use Context as C;

/// Every key. Within a context the first one that fits is taken.
pub const BINDINGS: &[Binding] = &[
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
    bind(C::Step, &[ENTER], A::Enter, "next", Some(0)),
    bind(C::Step, &[c('1')], A::Choose(0), "first answer", None),
    bind(C::Step, &[c('2')], A::Choose(1), "second answer", None),
    bind(C::Step, &[c('3')], A::Choose(2), "third answer", None),
    bind(C::Step, &[c('4')], A::Choose(3), "fourth answer", None),
    bind(C::Step, &[c('5')], A::Choose(4), "fifth answer", None),
    bind(C::Step, &[c('6')], A::Choose(5), "sixth answer", None),
    bind(C::Step, &[c('7')], A::Choose(6), "seventh answer", None),
    bind(C::Step, &[c('8')], A::Choose(7), "eighth answer", None),
    bind(C::Step, &[c('9')], A::Choose(8), "ninth answer", None),
    bind(C::Step, &[c('b'), k(KeyCode::Left)], A::Back, "back", Some(1)),
    bind(C::Step, &[c('n'), k(KeyCode::Right)], A::NextOne, "forward, without running", None),
    bind(C::Step, &[c('r')], A::Again, "run again", Some(3)),
    bind(C::Step, &[c('t')], A::Try, "try it yourself", Some(2)),
    bind(C::Step, &[c('s')], A::Shell, "shell", Some(4)),
    bind(C::Step, &[c('m')], A::Map, "map", Some(5)),
    bind(C::Step, &[c('d')], A::Drawing, "drawing or readouts", Some(5)),
    bind(C::Step, &[c('w')], A::WhatIf, "what if", Some(6)),
    bind(C::Step, &[c('z')], A::Zoom, "zoom", Some(7)),
    bind(C::Step, &[c('o')], A::Outline, "outline", Some(7)),
    bind(C::Step, &[c('R')], A::Restart, "restart the lesson", None),
    bind(C::Step, &[k(KeyCode::Tab)], A::NextPane, "next pane", Some(8)),
    bind(C::Step, &[k(KeyCode::BackTab)], A::PreviousPane, "previous pane", None),
    bind(C::Step, UP, A::UP, "scroll up", None),
    bind(C::Step, DOWN, A::DOWN, "scroll down", None),
    bind(C::Step, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Step, PAGE_DOWN, A::PAGE_DOWN, "page down", None),
    bind(C::Step, TOP, A::TOP, "to the beginning", None),
    bind(C::Step, END, A::BOTTOM, "to the end", None),
    bind(C::Step, &[ESC, c('h')], A::Leave, "lessons", None),
    bind(C::Step, &[c('G')], A::Glossary, "glossary", Some(8)),
    bind(C::Step, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Step, &[c('q'), ctrl('c')], A::Quit, "quit", Some(10)),
    bind(C::Step, &[ctrl('z')], A::Suspend, "suspend", None),
    bind(C::Running, &[ESC], A::Cancel, "cancel and undo", Some(0)),
    bind(C::Running, &[k(KeyCode::Tab)], A::NextPane, "next pane", Some(4)),
    bind(C::Running, &[k(KeyCode::BackTab)], A::PreviousPane, "previous pane", None),
    bind(C::Running, UP, A::UP, "scroll up", None),
    bind(C::Running, DOWN, A::DOWN, "scroll down", None),
    bind(C::Running, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Running, PAGE_DOWN, A::PAGE_DOWN, "page down", None),
    bind(C::Running, &[c('m')], A::Map, "map", Some(3)),
    bind(C::Running, &[c('d')], A::Drawing, "drawing or readouts", None),
    bind(C::Running, &[c('G')], A::Glossary, "glossary", None),
    bind(C::Running, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Running, &[c('q'), ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Running, &[ctrl('z')], A::Suspend, "suspend", None),
    bind(C::Shell, &[ctrl(']'), ctrl('5'), k(KeyCode::F(10))], A::Leave, "leave", Some(0)),
    bind(C::Shell, &[k(KeyCode::F(1))], A::Hint, "hint", Some(1)),
    bind(C::Shell, &[k(KeyCode::F(2))], A::Solution, "solution", Some(2)),
    bind(C::Shell, &[k(KeyCode::F(3))], A::PAGE_UP, "panel up", Some(3)),
    bind(C::Shell, &[k(KeyCode::F(4))], A::PAGE_DOWN, "panel down", Some(3)),
    bind(C::Shell, &[k(KeyCode::F(5)), shift(KeyCode::PageUp)], A::Earlier, "output up", Some(4)),
    bind(C::Shell, &[k(KeyCode::F(6)), shift(KeyCode::PageDown)], A::Later, "output down", Some(4)),
    bind(C::Shell, &[k(KeyCode::F(7))], A::Whole, "full", Some(5)),
    bind(C::Zoom, &[ESC, c('z'), c('q'), ENTER], A::Leave, "back", Some(0)),
    bind(C::Zoom, &[k(KeyCode::Right), k(KeyCode::Tab)], A::NextOne, "next one", Some(1)),
    bind(C::Zoom, &[k(KeyCode::Left), k(KeyCode::BackTab)], A::PreviousOne, "previous one", Some(2)),
    bind(C::Zoom, &[c('/')], A::Search, "search", Some(3)),
    bind(C::Zoom, &[c('n')], A::SearchNext, "next match", Some(4)),
    bind(C::Zoom, UP, A::UP, "up", None),
    bind(C::Zoom, DOWN, A::DOWN, "down", None),
    bind(C::Zoom, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Zoom, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(5)),
    bind(C::Zoom, TOP, A::TOP, "to the beginning", None),
    bind(C::Zoom, BOTTOM, A::BOTTOM, "to the end", None),
    bind(C::Zoom, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Zoom, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Search, &[ENTER], A::Enter, "search", Some(0)),
    bind(C::Search, &[ESC], A::Leave, "never mind", Some(1)),
    bind(C::Search, &[k(KeyCode::Backspace)], A::Erase, "erase", None),
    bind(C::Search, &[ctrl('c')], A::Quit, "quit", None),
    bind(C::Map, &[ESC, c('m'), c('q'), ENTER], A::Leave, "back", Some(0)),
    bind(C::Map, &[c('d')], A::Drawing, "table or frames", Some(1)),
    bind(C::Map, &[c('r')], A::Again, "read again", Some(1)),
    bind(C::Map, UP, A::UP, "up", None),
    bind(C::Map, DOWN, A::DOWN, "down", None),
    bind(C::Map, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Map, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(2)),
    bind(C::Map, TOP, A::TOP, "to the beginning", None),
    bind(C::Map, BOTTOM, A::BOTTOM, "to the end", None),
    bind(C::Map, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Map, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Outline, &[ENTER], A::Enter, "go there", Some(0)),
    bind(C::Outline, &[ESC, c('o'), c('q')], A::Leave, "back", Some(1)),
    bind(C::Outline, UP, A::UP, "up", None),
    bind(C::Outline, DOWN, A::DOWN, "down", None),
    bind(C::Outline, TOP, A::TOP, "first", None),
    bind(C::Outline, BOTTOM, A::BOTTOM, "last", None),
    bind(C::Outline, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::BoxChoice, &[ENTER], A::Enter, "open a shell in it", Some(0)),
    bind(C::BoxChoice, &[ESC, c('s'), c('q')], A::Leave, "back", Some(1)),
    bind(C::BoxChoice, UP, A::UP, "up", None),
    bind(C::BoxChoice, DOWN, A::DOWN, "down", None),
    bind(C::BoxChoice, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Question, &[ENTER], A::Enter, "on to the shell", Some(0)),
    bind(C::Question, &[ESC, c('q')], A::Leave, "back", Some(1)),
    bind(C::Question, &[c('1')], A::Choose(0), "first answer", None),
    bind(C::Question, &[c('2')], A::Choose(1), "second answer", None),
    bind(C::Question, &[c('3')], A::Choose(2), "third answer", None),
    bind(C::Question, &[c('4')], A::Choose(3), "fourth answer", None),
    bind(C::Question, &[c('5')], A::Choose(4), "fifth answer", None),
    bind(C::Question, &[c('6')], A::Choose(5), "sixth answer", None),
    bind(C::Question, &[c('7')], A::Choose(6), "seventh answer", None),
    bind(C::Question, &[c('8')], A::Choose(7), "eighth answer", None),
    bind(C::Question, &[c('9')], A::Choose(8), "ninth answer", None),
    bind(C::Question, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::WhatIf, &[ENTER], A::Enter, "run with it", Some(0)),
    bind(C::WhatIf, &[ESC], A::Leave, "back", Some(1)),
    bind(C::WhatIf, &[k(KeyCode::Left)], A::Less, "less", Some(2)),
    bind(C::WhatIf, &[k(KeyCode::Right)], A::More, "more", Some(3)),
    bind(C::WhatIf, &[k(KeyCode::Up)], A::UP, "up", None),
    bind(C::WhatIf, &[k(KeyCode::Down), k(KeyCode::Tab)], A::DOWN, "down", None),
    bind(C::WhatIf, &[k(KeyCode::Backspace)], A::Erase, "erase", None),
    bind(C::WhatIf, &[ctrl('u')], A::EraseAll, "erase all", None),
    bind(C::WhatIf, &[ctrl('c')], A::Quit, "quit", None),
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
    // PgDn and PgUp are what a presenter's remote sends.
    bind(C::Demo, &[c(' '), ENTER, k(KeyCode::Right), k(KeyCode::PageDown)], A::Enter, "next", Some(0)),
    bind(C::Demo, &[c('b'), k(KeyCode::Left), k(KeyCode::PageUp)], A::Back, "back", Some(3)),
    bind(C::Demo, &[c('1')], A::Choose(0), "a vote for the first answer", None),
    bind(C::Demo, &[c('2')], A::Choose(1), "a vote for the second answer", None),
    bind(C::Demo, &[c('3')], A::Choose(2), "a vote for the third answer", None),
    bind(C::Demo, &[c('4')], A::Choose(3), "a vote for the fourth answer", None),
    bind(C::Demo, &[k(KeyCode::Backspace)], A::Erase, "take the last vote back", None),
    bind(C::Demo, &[c('w')], A::WhatIf, "what if", Some(8)),
    bind(C::Demo, &[c('r')], A::Again, "run again", Some(4)),
    bind(C::Demo, &[c('x')], A::Rest, "next entry", Some(6)),
    bind(C::Demo, &[c('p')], A::Pause, "pause", Some(5)),
    bind(C::Demo, &[c('+'), c('=')], A::More, "twice as fast", None),
    bind(C::Demo, &[c('-')], A::Less, "half as fast", None),
    bind(C::Demo, &[c('g')], A::Chapters, "chapters", Some(5)),
    bind(C::Demo, &[c('.')], A::Blank, "blank the screen", None),
    bind(C::Demo, &[c('z')], A::Zoom, "zoom", Some(7)),
    bind(C::Demo, &[c('s')], A::Shell, "shell", Some(7)),
    bind(C::Demo, &[c('m')], A::Map, "map", Some(8)),
    bind(C::Demo, &[c('d')], A::Drawing, "drawing or readouts", Some(8)),
    bind(C::Demo, &[c('n')], A::Notes, "notes", Some(6)),
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
    bind(C::Chapters, &[ENTER, c(' ')], A::Enter, "go there", Some(0)),
    bind(C::Chapters, &[ESC, c('g'), c('q')], A::Leave, "back", Some(1)),
    bind(C::Chapters, UP, A::UP, "up", None),
    bind(C::Chapters, DOWN, A::DOWN, "down", None),
    bind(C::Chapters, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Notes, &[ESC, c('n'), c('q'), c(' '), ENTER], A::Leave, "back to the show", Some(0)),
    bind(C::Notes, UP, A::UP, "up", None),
    bind(C::Notes, DOWN, A::DOWN, "down", None),
    bind(C::Notes, &[k(KeyCode::PageUp), ctrl('u')], A::PAGE_UP, "page up", None),
    bind(C::Notes, &[k(KeyCode::PageDown), ctrl('d')], A::PAGE_DOWN, "page down", Some(1)),
    bind(C::Notes, &[ctrl('c')], A::Quit, "quit", Some(9)),
    // Everything else that is typed goes nowhere.
    bind(C::Refusal, &[ENTER], A::Enter, "back", Some(0)),
    bind(C::Refusal, &[ESC], A::Leave, "back", Some(1)),
    bind(C::Refusal, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Glossary, &[ESC, c('G'), c('q'), ENTER], A::Leave, "back", Some(0)),
    bind(C::Glossary, &[c('a')], A::All, "all terms, or those of the step", Some(1)),
    bind(C::Glossary, UP, A::UP, "up", None),
    bind(C::Glossary, DOWN, A::DOWN, "down", None),
    bind(C::Glossary, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Glossary, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(2)),
    bind(C::Glossary, TOP, A::TOP, "to the beginning", None),
    bind(C::Glossary, END, A::BOTTOM, "to the end", None),
    bind(C::Glossary, &[c('?'), k(KeyCode::F(1))], A::Help, "help", Some(1)),
    bind(C::Glossary, &[ctrl('c')], A::Quit, "quit", Some(9)),
    bind(C::Help, &[ESC, c('?'), c('q'), k(KeyCode::F(1)), ENTER], A::Leave, "back", Some(0)),
    bind(C::Help, UP, A::UP, "up", None),
    bind(C::Help, DOWN, A::DOWN, "down", None),
    bind(C::Help, PAGE_UP, A::PAGE_UP, "page up", None),
    bind(C::Help, PAGE_DOWN, A::PAGE_DOWN, "page down", Some(1)),
    bind(C::Help, TOP, A::TOP, "to the beginning", None),
    bind(C::Help, BOTTOM, A::BOTTOM, "to the end", None),
    bind(C::Help, &[ctrl('c')], A::Quit, "quit", Some(9)),
    // Whatever else a key would do is not seen there.
    bind(C::Small, &[c('q'), ctrl('c')], A::Quit, "quit", Some(0)),
    bind(C::Small, &[ctrl('z')], A::Suspend, "suspend", None),
];

/// What a key means in a context.
pub fn action(context: Context, event: KeyEvent) -> Option<Action> {
    of(context).find(|b| b.keys.iter().any(|key| key.is(event))).map(|b| b.action)
}

/// The keys of a context, in the order of the table.
pub fn of(context: Context) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |b| b.context == context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = BTreeSet::new();
        for binding in BINDINGS {
            for key in binding.keys {
                let id = format!("{:?} {}", binding.context, key.name());
                assert!(seen.insert(id.clone()), "{id}");
            }
        }
    }

    #[test]
    fn every_context_can_be_left_and_says_how() {
        for context in BINDINGS.iter().map(|b| b.context) {
            let leaves = |a| matches!(a, Action::Leave | Action::Quit | Action::Cancel);
            assert!(of(context).any(|b| leaves(b.action) && b.footer.is_some()), "{context:?}");
        }
    }

    #[test]
    fn modifiers_count() {
        let key = |code, modifiers| KeyEvent::new(code, modifiers);
        let q = key(KeyCode::Char('q'), KeyModifiers::NONE);
        assert_eq!(action(Context::Home, q), Some(Action::Quit));
        assert_eq!(action(Context::Home, key(KeyCode::Char('q'), KeyModifiers::CONTROL)), None);
        let shifted = key(KeyCode::Char('R'), KeyModifiers::SHIFT);
        assert_eq!(action(Context::Step, shifted), Some(Action::Restart));
        let five = key(KeyCode::Char('5'), KeyModifiers::CONTROL);
        assert_eq!(action(Context::Shell, five), Some(Action::Leave));
    }
}
