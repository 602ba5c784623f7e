//! What a row of the table of keys is made from. Screens and overlays have their own rows; `keys.rs` is the table.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What is made of a key that means nothing where it was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Every key goes to the shell, but the few that are the screen's own.
    IntoShell,
    /// A character is typed into something of the screen.
    IntoText,
    /// Nothing.
    Nowhere,
}

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
    /// The notes window, which is a program of its own.
    NotesWindow,
}

impl Context {
    /// What becomes of a key that means nothing here.
    pub fn typed(self) -> Typed {
        match self {
            Context::Shell => Typed::IntoShell,
            Context::Filter | Context::Search | Context::WhatIf | Context::Refusal => Typed::IntoText,
            Context::Home
            | Context::Step
            | Context::Running
            | Context::Zoom
            | Context::Map
            | Context::Outline
            | Context::BoxChoice
            | Context::Summary
            | Context::Demo
            | Context::Chapters
            | Context::Notes
            | Context::Question
            | Context::Glossary
            | Context::Help
            | Context::Small
            | Context::NotesWindow => Typed::Nowhere,
        }
    }
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
    OtherBox,
    Pair,
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
    /// A line up.
    pub const UP: Action = Action::Move(Move::Up);
    /// A line down.
    pub const DOWN: Action = Action::Move(Move::Down);
    /// A page up.
    pub const PAGE_UP: Action = Action::Move(Move::PageUp);
    /// A page down.
    pub const PAGE_DOWN: Action = Action::Move(Move::PageDown);
    /// To the beginning.
    pub const TOP: Action = Action::Move(Move::Top);
    /// To the end.
    pub const BOTTOM: Action = Action::Move(Move::Bottom);
}

/// A key that means something.
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys, any of them.
    pub keys: &'static [Key],
    /// What it means.
    pub action: Action,
    /// In words, for help.
    pub label: &'static str,
    /// In fewer words, for the footer.
    pub short: &'static str,
    /// How much it matters in the footer: where there is no room, the largest number is dropped first. `None`: only in help.
    pub footer: Option<u8>,
}

impl Binding {
    /// In other words in the footer, where there is little room.
    #[must_use]
    pub const fn short(self, short: &'static str) -> Self {
        Binding { short, ..self }
    }
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
/// A row.
pub const fn bind(
    context: Context,
    keys: &'static [Key],
    action: Action,
    label: &'static str,
    footer: Option<u8>,
) -> Binding {
    Binding { context, keys, action, label, short: label, footer }
}

/// Enter.
pub const ENTER: Key = k(KeyCode::Enter);
/// Escape.
pub const ESC: Key = k(KeyCode::Esc);
/// A line up.
pub const UP: &[Key] = &[k(KeyCode::Up), c('k')];
/// A line down.
pub const DOWN: &[Key] = &[k(KeyCode::Down), c('j')];
/// A page up.
pub const PAGE_UP: &[Key] = &[k(KeyCode::PageUp), ctrl('u')];
/// A page down.
pub const PAGE_DOWN: &[Key] = &[k(KeyCode::PageDown), ctrl('d'), c(' ')];
/// To the beginning.
pub const TOP: &[Key] = &[k(KeyCode::Home), c('g')];
/// To the end.
pub const BOTTOM: &[Key] = &[k(KeyCode::End), c('G')];
/// To the end, where `G` opens the glossary.
pub const END: &[Key] = &[k(KeyCode::End)];
