//! One file, and whether it was saved.
//!
//! Editors save in several ways: they write the file again, or write another one and rename it over the first. What is looked at is therefore what
//! is found under the name. A file that still changes is being written, and an empty or missing one is about to be: both are waited for.

use crate::files::{self, Stamp};
use std::path::Path;

/// A file that is missing for so many looks is gone, and not just being saved.
const MISSING: u32 = 10;

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// As at the last look.
    Same,
    /// It was saved, and is complete.
    Saved,
    /// It has not been there for a while; said once.
    Gone,
}

/// What is known of the file.
pub struct Followed<'a> {
    path: &'a Path,
    /// The state that was told.
    told: Option<Stamp>,
    /// What the last look found.
    last: Option<Stamp>,
    missing: u32,
}

impl<'a> Followed<'a> {
    /// A file that nothing is known of: it counts as saved as soon as it is complete.
    pub fn new(path: &'a Path) -> Self {
        Followed { path, told: None, last: None, missing: 0 }
    }

    /// Looks at the file; to be called again and again.
    pub fn look(&mut self) -> Seen {
        self.found(files::stamp(self.path).ok())
    }

    fn found(&mut self, now: Option<Stamp>) -> Seen {
        let settled = now.is_some() && now == self.last;
        self.last = now;
        let Some((_, size, _)) = now else {
            self.missing = self.missing.saturating_add(1);
            return if self.missing == MISSING { Seen::Gone } else { Seen::Same };
        };
        self.missing = 0;
        if size == 0 || !settled || now == self.told {
            return Seen::Same;
        }
        self.told = now;
        Seen::Saved
    }

    /// Whether there is another state than the one that was told.
    pub fn is_newer(&self) -> bool {
        files::stamp(self.path).is_ok_and(|now| Some(now) != self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(states: &[Option<Stamp>]) -> Vec<Seen> {
        let mut followed = Followed::new(Path::new("x"));
        states.iter().map(|state| followed.found(*state)).collect()
    }

    const OLD: Option<Stamp> = Some((1, 10, 100));
    const NEW: Option<Stamp> = Some((2, 10, 200));

    #[test]
    fn a_save_is_told_once_and_when_it_is_complete() {
        use Seen::{Same, Saved};
        assert_eq!(seen(&[OLD, OLD, OLD]), [Same, Saved, Same]);
        let (half, whole) = (Some((1, 4, 150)), Some((1, 9, 160)));
        assert_eq!(seen(&[OLD, OLD, half, whole, whole]), [Same, Saved, Same, Same, Saved]);
        let emptied = Some((1, 0, 150));
        assert_eq!(seen(&[OLD, OLD, emptied, emptied, whole, whole]), [Same, Saved, Same, Same, Same, Saved]);
    }

    #[test]
    fn a_rename_is_a_save() {
        use Seen::{Same, Saved};
        assert_eq!(seen(&[OLD, OLD, None, NEW, NEW]), [Same, Saved, Same, Same, Saved]);
        assert_eq!(seen(&[OLD, OLD, NEW, NEW]), [Same, Saved, Same, Saved]);
    }

    #[test]
    fn a_file_that_is_gone_is_missed_once() {
        let states = [&[OLD, OLD][..], &[None; 30], &[OLD, OLD]].concat();
        let found = seen(&states);
        assert_eq!(found.iter().filter(|seen| **seen == Seen::Gone).count(), 1);
        assert_eq!(found.last(), Some(&Seen::Same), "it is as it was");
    }
}
