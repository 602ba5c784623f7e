//! What comes into the screen's loop, and what its updates want to be done.

use crate::demo::NotesPage;
use crate::events::{Command, Event};
use crate::grading::tried::Tried;
use crossterm::event::KeyEvent;
use std::time::Instant;

/// Something happened.
#[derive(Debug)]
pub enum Message {
    /// A key.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this size now: columns and rows.
    Resize(u16, u16),
    /// The engine says something.
    Engine(Event),
    /// The shell on this terminal printed something. Terminals are counted from 1, so that what a former one still had to say is told apart.
    ShellOutput(u32, Vec<u8>),
    /// Nobody has this terminal open any more.
    ShellClosed(u32),
    /// One line that matters now.
    Told(String),
    /// A signal arrived: its number (`signal(7)`).
    Signal(i32),
    /// The keyboard is gone: operation, object and cause.
    Deaf(String),
    /// So many notes windows are there now.
    Windows(usize),
    /// Time passed while something is shown that depends on it.
    Tick(Instant),
}

/// What the loop is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the engine.
    Ask(Command),
    /// End what the engine is doing.
    Cancel,
    /// Open a terminal of this size for a shell, and ask the engine for the shell.
    OpenShell {
        /// The number of the terminal.
        terminal: u32,
        /// What the shell is for.
        purpose: Purpose,
        /// Columns and rows.
        size: (u16, u16),
    },
    /// Type into the shell that has the keys.
    Type(Vec<u8>),
    /// The shell on this terminal has so many columns and rows now.
    ResizeShell(u32, u16, u16),
    /// This terminal is not needed any more.
    CloseShell(u32),
    /// Keep the progress.
    Save,
    /// Keep an attempt in a receipt.
    KeepTried(Box<Tried>),
    /// Somebody who watches a recording may want to begin here.
    Mark(String),
    /// The instructor's page has changed.
    Publish(Box<NotesPage>),
    /// Stop as `Ctrl-Z` does.
    Suspend,
}

/// What a shell is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To look around in a box.
    Look(String),
    /// To do the step with this index by hand.
    Try(usize),
}
