//! The window's keys: dispatch and footer read the same table.

use crate::tui::key::{Key, c, ctrl, k};
use crossterm::event::{KeyCode, KeyEvent};

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Quit,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Suspend,
}

/// Keys that mean the same.
pub struct Binding {
    keys: &'static [Key],
    action: Action,
    /// As people write it, and in words: for the footer.
    pub footer: Option<(&'static str, &'static str)>,
    /// Only where there is more than fits.
    pub scrolls: bool,
}

const fn scroll(keys: &'static [Key], action: Action) -> Binding {
    Binding { keys, action, footer: None, scrolls: true }
}

/// Every key.
pub const BINDINGS: &[Binding] = &[
    scroll(&[k(KeyCode::Up), c('k')], Action::Up),
    Binding {
        keys: &[k(KeyCode::Down), c('j')],
        action: Action::Down,
        footer: Some(("↑ ↓", "scroll the notes")),
        scrolls: true,
    },
    scroll(&[k(KeyCode::PageUp), ctrl('u'), c('b')], Action::PageUp),
    Binding {
        keys: &[k(KeyCode::PageDown), ctrl('d'), c(' ')],
        action: Action::PageDown,
        footer: Some(("PgUp PgDn", "by pages")),
        scrolls: true,
    },
    scroll(&[k(KeyCode::Home), c('g')], Action::Top),
    scroll(&[k(KeyCode::End), c('G')], Action::Bottom),
    Binding {
        keys: &[c('q'), ctrl('c')],
        action: Action::Quit,
        footer: Some(("q", "close; the show goes on")),
        scrolls: false,
    },
    Binding { keys: &[ctrl('z')], action: Action::Suspend, footer: None, scrolls: false },
];

/// What a key means, if anything.
pub fn action(event: KeyEvent) -> Option<Action> {
    BINDINGS.iter().find(|b| b.keys.iter().any(|key| key.is(event))).map(|b| b.action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyModifiers;

    #[test]
    fn no_key_means_two_things() {
        let all: Vec<_> = BINDINGS.iter().flat_map(|b| b.keys).collect();
        for (i, key) in all.iter().enumerate() {
            assert!(!all[..i].contains(key), "{key:?}");
        }
    }

    #[test]
    fn modifiers_count() {
        let key = |code, with| action(KeyEvent::new(code, with));
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Action::Bottom));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(key(KeyCode::Char('q'), KeyModifiers::ALT), None);
    }
}
