//! Which step its author is at: the one whose text has changed.

use crate::lesson::position::{Node, parse};
use crate::vocabulary::Lesson;
use crate::vocabulary::suggest::suggest;

/// The steps as they were at the last save, and the step that was chosen.
pub struct Work {
    /// The step that the command line names.
    fixed: Option<String>,
    /// Ids and texts.
    before: Option<Vec<(String, String)>>,
    last: Option<String>,
}

impl Work {
    /// Nothing is known yet; `fixed` is the step that is always run.
    pub fn new(fixed: Option<String>) -> Self {
        Work { fixed, before: None, last: None }
    }

    /// The step to run after a save: the first one that has changed; the last one at first; and when something else has changed, the same again.
    ///
    /// # Errors
    /// What to say when the step that the command line names is not there, or when there is none.
    pub fn step(&mut self, text: &str, lesson: &Lesson) -> Result<String, String> {
        if let Some(fixed) = &self.fixed {
            let ids = || lesson.steps.iter().map(|s| s.id.as_str());
            if ids().any(|id| id == fixed) {
                return Ok(fixed.clone());
            }
            let help =
                suggest(fixed, ids().collect::<Vec<_>>()).map(|h| format!("; {h}")).unwrap_or_default();
            return Err(format!("no step `{fixed}`{help}"));
        }
        let now = steps(text);
        let step = self.choose(&now).ok_or("the lesson has no steps")?;
        (self.before, self.last) = (Some(now), Some(step.clone()));
        Ok(step)
    }

    fn choose(&self, now: &[(String, String)]) -> Option<String> {
        let changed = self.before.as_ref().and_then(|before| now.iter().find(|step| !before.contains(step)));
        let same = || now.iter().find(|(id, _)| Some(id) == self.last.as_ref());
        changed.or_else(same).or(now.last()).map(|(id, _)| id.clone())
    }
}

/// Ids and texts of a lesson's steps.
fn steps(text: &str) -> Vec<(String, String)> {
    let tree = parse(text).ok();
    let steps = tree.iter().filter_map(|tree| tree.get("steps")).flat_map(Node::items);
    let pair = |step: &Node| {
        let written = text.get(step.span.start..step.span.end)?;
        Some((step.get("id")?.scalar()?.to_owned(), written.to_owned()))
    };
    steps.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect()
    }

    /// What is chosen at one save after the other.
    fn chosen(saves: &[&[(&str, &str)]]) -> Vec<Option<String>> {
        let mut work = Work::new(None);
        let mut choose = |pairs: &&[(&str, &str)]| {
            let now = now(pairs);
            let step = work.choose(&now);
            (work.before, work.last) = (Some(now), step.clone());
            step
        };
        saves.iter().map(&mut choose).collect()
    }

    #[test]
    fn the_step_that_changed_is_the_one() {
        let ids = |ids: &[&str]| ids.iter().map(|id| Some((*id).to_owned())).collect::<Vec<_>>();
        let first: &[(&str, &str)] = &[("a", "1"), ("b", "1")];
        assert_eq!(chosen(&[first, &[("a", "2"), ("b", "1")]]), ids(&["b", "a"]));
        assert_eq!(
            chosen(&[first, &[("a", "2"), ("b", "1")], &[("a", "2"), ("b", "1")]]),
            ids(&["b", "a", "a"])
        );
        assert_eq!(chosen(&[first, &[("a", "1"), ("new", "1"), ("b", "1")]]), ids(&["b", "new"]));
        assert_eq!(chosen(&[first, &[("a", "1")]]), ids(&["b", "a"]), "the last one is gone");
        assert_eq!(chosen(&[&[]]), [None]);
    }

    #[test]
    fn steps_are_found_with_their_texts() {
        let text = "id: x\nsteps:\n  - id: one\n    title: A\n  - id: two\n";
        assert_eq!(steps(text), now(&[("one", "id: one\n    title: A"), ("two", "id: two")]));
    }
}
