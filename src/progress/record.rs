//! What a person has done, as it is kept.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// The format that this program writes, and the newest one that it reads.
pub const FORMAT: u64 = 1;

/// A person's progress in all lessons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// [`FORMAT`].
    pub format: u64,
    /// Progress by the id of the lesson.
    #[serde(default)]
    pub lessons: BTreeMap<String, LessonProgress>,
    /// The lesson that was opened last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// The person has seen the lines of the first start.
    #[serde(default)]
    pub first_start: bool,
}

/// Progress in one lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonProgress {
    /// Completed steps, by their ids.
    #[serde(default)]
    pub steps: BTreeMap<String, Done>,
    /// When steps were opened and done, by their ids. A step that was opened and never done is only here; a file of an earlier isolab has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub times: BTreeMap<String, StepTimes>,
    /// Answered predictions, by the ids of their steps.
    #[serde(default)]
    pub predictions: BTreeMap<String, Prediction>,
    /// The step that was open last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step: Option<String>,
    /// When the person finished the lesson, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<u64>,
    /// When any of this last changed, in seconds since 1970.
    #[serde(default)]
    pub changed_at: u64,
}

/// How a step was done. Steps that a person did without help count more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// The lab ran the actions.
    Watched,
    /// The person typed them.
    ByHand,
}

/// When a step was opened and done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTimes {
    /// When it was first opened, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<u64>,
    /// When it was first done in the way that counts for it ([`Done`]), in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<u64>,
}

/// An answer to a prediction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// Ids of the options that were chosen.
    pub chosen: Vec<String>,
    /// Whether they were right.
    pub right: bool,
    /// When it was made, in seconds since 1970; 0 where nobody wrote it down.
    #[serde(default)]
    pub at: u64,
    /// How it went when it was asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// How it went when a question was asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// When it was last asked, in seconds since 1970.
    pub at: u64,
    /// How many times it was answered right since it was last wrong.
    pub in_a_row: usize,
}

/// The current time, in seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

impl Default for Progress {
    fn default() -> Self {
        Progress { format: FORMAT, lessons: BTreeMap::new(), last: None, first_start: false }
    }
}

impl Progress {
    /// The progress in this lesson, if any.
    pub fn lesson(&self, id: &str) -> Option<&LessonProgress> {
        self.lessons.get(id)
    }

    /// Records that a step was opened: the lesson begins there the next time.
    pub fn opened(&mut self, lesson: &str, step: &str) {
        self.last = Some(lesson.to_owned());
        let lesson = self.change(lesson);
        lesson.last_step = Some(step.to_owned());
        let opened = lesson.changed_at;
        lesson.times.entry(step.to_owned()).or_default().started_at.get_or_insert(opened);
    }

    /// Records that a step was done. A step once done by hand stays done by hand.
    pub fn done(&mut self, lesson: &str, step: &str, how: Done) {
        let lesson = self.change(lesson);
        let before = lesson.steps.get(step).copied();
        if before.is_none_or(|before| how > before) {
            lesson.steps.insert(step.to_owned(), how);
            lesson.times.entry(step.to_owned()).or_default().done_at = Some(lesson.changed_at);
        }
    }

    /// Records an answer to a prediction; another answer replaces an earlier one.
    pub fn predicted(&mut self, lesson: &str, step: &str, chosen: Vec<String>, right: bool) {
        let predictions = &mut self.change(lesson).predictions;
        // The step was only run again: when it is asked again stays as it was.
        if predictions.get(step).is_none_or(|p| (&p.chosen, p.right) != (&chosen, right)) {
            predictions.insert(step.to_owned(), Prediction { chosen, right, at: now(), review: None });
        }
    }

    /// Records that the person reached the end of the lesson.
    pub fn finished(&mut self, lesson: &str) {
        let lesson = self.change(lesson);
        lesson.finished_at = Some(lesson.changed_at);
    }

    pub(super) fn change(&mut self, lesson: &str) -> &mut LessonProgress {
        let lesson = self.lessons.entry(lesson.to_owned()).or_default();
        lesson.changed_at = now();
        lesson
    }

    /// Merges into the file's progress (`self`) what `mine` has changed since `base`. The progress of two labs in one lesson is combined.
    #[must_use]
    pub fn merged(mut self, base: &Progress, mine: &Progress) -> Progress {
        for (id, lesson) in &mine.lessons {
            if base.lessons.get(id) != Some(lesson) {
                let there = self.lessons.remove(id);
                let both = there.map_or_else(|| lesson.clone(), |there| there.merged(lesson));
                self.lessons.insert(id.clone(), both);
            }
        }
        if mine.last != base.last {
            self.last.clone_from(&mine.last);
        }
        if mine.first_start != base.first_start {
            self.first_start = mine.first_start;
        }
        self
    }

    /// Removes these lessons, or all of them if none is named, and returns what was removed.
    #[must_use]
    pub fn take(&mut self, lessons: &[String]) -> Progress {
        if lessons.is_empty() {
            return std::mem::take(self);
        }
        let taken = lessons.iter().filter_map(|id| self.lessons.remove_entry(id)).collect();
        let last = self.last.take_if(|last| lessons.contains(last));
        Progress { lessons: taken, last, ..Progress::default() }
    }
}

impl LessonProgress {
    /// The number of steps done by hand.
    pub fn by_hand(&self) -> usize {
        self.steps.values().filter(|how| **how == Done::ByHand).count()
    }

    /// How many predictions were right, and how many were answered.
    pub fn guesses(&self) -> (usize, usize) {
        (self.predictions.values().filter(|p| p.right).count(), self.predictions.len())
    }

    /// Where the person goes on, of the steps that the lesson has: at the one that was open last or, if that is done, at the next one that is not.
    /// After the last step it goes on with those that were passed over; nothing, when all are done.
    pub fn next_step<'s>(&self, steps: &[&'s str]) -> Option<&'s str> {
        let last = self.last_step.as_ref().and_then(|last| steps.iter().position(|step| step == last));
        let (before, from_last) = steps.split_at(last.unwrap_or(0));
        from_last.iter().chain(before).find(|step| !self.steps.contains_key(**step)).copied()
    }

    fn merged(mut self, mine: &LessonProgress) -> LessonProgress {
        for (step, mine_at) in &mine.times {
            let there = self.steps.get(step).copied();
            let at = self.times.entry(step.clone()).or_default();
            at.started_at = earlier(at.started_at, mine_at.started_at);
            at.done_at = match mine.steps.get(step).copied().cmp(&there) {
                Ordering::Greater => mine_at.done_at,
                Ordering::Equal => earlier(at.done_at, mine_at.done_at),
                Ordering::Less => at.done_at,
            };
        }
        for (step, how) in &mine.steps {
            let best = self.steps.get(step).map_or(*how, |there| *how.max(there));
            self.steps.insert(step.clone(), best);
        }
        self.predictions.extend(mine.predictions.clone());
        self.last_step = mine.last_step.clone().or(self.last_step);
        self.finished_at = self.finished_at.max(mine.finished_at);
        self.changed_at = self.changed_at.max(mine.changed_at);
        self
    }
}

/// The earlier of two times, or the only one.
fn earlier(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a.into_iter().chain(b).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand_stays_by_hand() {
        let mut progress = Progress::default();
        progress.done("uts", "rename", Done::ByHand);
        progress.done("uts", "rename", Done::Watched);
        progress.done("uts", "join", Done::Watched);
        let uts = progress.lesson("uts").unwrap();
        assert_eq!((uts.steps.len(), uts.by_hand()), (2, 1));
        assert!(uts.changed_at > 0 && uts.finished_at.is_none());
    }

    #[test]
    fn the_time_of_a_step_is_the_first_in_the_way_that_counts() {
        let with = |how, started_at, done_at| {
            let times = StepTimes { started_at, done_at };
            LessonProgress {
                steps: BTreeMap::from([("rename".to_owned(), how)]),
                times: BTreeMap::from([("rename".to_owned(), times)]),
                ..LessonProgress::default()
            }
        };
        let watched = with(Done::Watched, Some(10), Some(20));
        let by_hand = with(Done::ByHand, Some(30), Some(40));
        for both in [watched.clone().merged(&by_hand), by_hand.clone().merged(&watched)] {
            let times = StepTimes { started_at: Some(10), done_at: Some(40) };
            assert_eq!((both.times["rename"], both.steps["rename"]), (times, Done::ByHand));
        }
        let again = watched.merged(&with(Done::Watched, None, Some(15)));
        assert_eq!(again.times["rename"].done_at, Some(15));
        let mut progress = Progress::default();
        progress.opened("uts", "rename");
        assert!(progress.lessons["uts"].times["rename"].started_at.is_some());
        progress.done("uts", "rename", Done::ByHand);
        progress.change("uts").times.get_mut("rename").unwrap().done_at = Some(7);
        progress.done("uts", "rename", Done::Watched);
        assert_eq!(progress.lessons["uts"].times["rename"].done_at, Some(7), "it stays done by hand");
    }

    #[test]
    fn it_goes_on_with_what_is_not_done() {
        let steps = ["copy", "rename", "join", "reader"];
        let mut progress = Progress::default();
        let next = |progress: &Progress| progress.lesson("uts").and_then(|uts| uts.next_step(&steps));
        progress.opened("uts", "copy");
        assert_eq!(next(&progress), Some("copy"));
        progress.done("uts", "copy", Done::Watched);
        assert_eq!(next(&progress), Some("rename"));
        progress.opened("uts", "join");
        assert_eq!(next(&progress), Some("join"), "what was passed over can wait");
        progress.done("uts", "join", Done::ByHand);
        progress.done("uts", "reader", Done::Watched);
        assert_eq!(next(&progress), Some("rename"), "and then it comes");
        progress.done("uts", "rename", Done::Watched);
        assert_eq!(next(&progress), None);
        progress.opened("uts", "no longer there");
        assert_eq!(progress.lesson("uts").and_then(|uts| uts.next_step(&["new"])), Some("new"));
    }

    #[test]
    fn what_i_did_not_change_is_the_files() {
        let mut base = Progress::default();
        base.done("uts", "look", Done::Watched);
        base.done("pid", "look", Done::Watched);
        let mut mine = base.clone();
        mine.done("uts", "rename", Done::Watched);
        let mut there = base.clone();
        there.done("uts", "join", Done::ByHand);
        let _ = there.take(&["pid".to_owned()]);
        there.opened("net", "cable");
        let merged = there.merged(&base, &mine);
        let uts: Vec<&str> = merged.lessons["uts"].steps.keys().map(String::as_str).collect();
        assert_eq!(uts, ["join", "look", "rename"]);
        assert!(merged.lesson("pid").is_none(), "cleared by the other");
        assert_eq!(merged.last.as_deref(), Some("net"));
    }

    #[test]
    fn taking_a_lesson_leaves_the_others() {
        let mut progress = Progress { first_start: true, ..Progress::default() };
        progress.opened("uts", "look");
        progress.opened("pid", "look");
        let taken = progress.take(&["pid".to_owned(), "net".to_owned()]);
        assert_eq!(taken.lessons.keys().collect::<Vec<_>>(), ["pid"]);
        assert_eq!((progress.lessons.len(), progress.last.clone(), progress.first_start), (1, None, true));
        let _ = progress.take(&[]);
        assert_eq!(progress, Progress::default());
    }
}
