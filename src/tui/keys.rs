//! The one table of keys: dispatch, footer and help all read it. Each screen and overlay has its own rows.

pub use super::key::{Action, Binding, Context, Key, Move, Typed};
use super::key::{bind, c, ctrl};
use super::notes::keys as window;
use super::overlay::{
    box_choice, chapters, glossary, help, map, notes, outline, question, refusal, what_if, zoom,
};
use super::screen::{demo, home, shell, step, summary};
use crossterm::event::KeyEvent;

/// A terminal that is too small. Whatever else a key would do is not seen there.
const TOO_SMALL: &[Binding] = &[
    bind(Context::Small, &[c('q'), ctrl('c')], Action::Quit, "quit", Some(0)),
    bind(Context::Small, &[ctrl('z')], Action::Suspend, "suspend", None),
];

/// The rows of all. Within a context the first one that fits is taken.
const TABLE: &[&[Binding]] = &[
    home::keys::KEYS,
    step::keys::KEYS,
    shell::keys::KEYS,
    zoom::KEYS,
    map::KEYS,
    outline::KEYS,
    box_choice::KEYS,
    question::KEYS,
    what_if::KEYS,
    summary::keys::KEYS,
    demo::keys::KEYS,
    chapters::KEYS,
    notes::KEYS,
    refusal::KEYS,
    glossary::KEYS,
    help::keys::KEYS,
    TOO_SMALL,
    window::KEYS,
];

/// Every key.
pub fn all() -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().copied().flatten()
}

/// What a key means in a context.
pub fn action(context: Context, event: KeyEvent) -> Option<Action> {
    of(context).find(|b| b.keys.iter().any(|key| key.is(event))).map(|b| b.action)
}

/// The keys of a context, in the order of the table.
pub fn of(context: Context) -> impl Iterator<Item = &'static Binding> {
    all().filter(move |b| b.context == context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};
    use std::collections::BTreeSet;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = BTreeSet::new();
        for binding in all() {
            for key in binding.keys {
                let id = format!("{:?} {}", binding.context, key.name());
                assert!(seen.insert(id.clone()), "{id}");
            }
        }
    }

    #[test]
    fn every_context_can_be_left_and_says_how() {
        for context in all().map(|b| b.context) {
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
