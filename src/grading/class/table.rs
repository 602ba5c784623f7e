//! Many hand-ins as one table: one entry for each person and lesson.

use super::document::{HandIn, LessonResult};
use super::evidence::Evidence;
use crate::grading::score::Points;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What counts for one person in one lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The lesson, with what was earned.
    pub result: LessonResult,
    /// What it is worth.
    pub evidence: Evidence,
    /// What chose its variant.
    pub seed: Option<String>,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// The file that it is from.
    pub file: String,
}

/// A person, lesson by lesson.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// Entries by the id of the lesson.
    pub lessons: BTreeMap<String, Entry>,
}

/// In how many of all cases something happened at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The lesson.
    pub lesson: String,
    /// The step.
    pub step: String,
    /// How often it happened.
    pub count: usize,
    /// How often it could have.
    pub of: usize,
}

/// The table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// By name.
    pub people: BTreeMap<String, Person>,
    /// Files that do not count, because the same person has a better one for each of their lessons.
    pub replaced: Vec<String>,
    /// Files that nothing could be made of, with the cause.
    pub left_out: Vec<(String, String)>,
}

impl Table {
    /// Puts a hand-in in. Of several for one person and lesson one counts: a report before a receipt, a receipt before progress; of the same kind, the one
    /// with more points, and then the newer one.
    pub fn put(&mut self, who: String, file: &str, hand_in: HandIn) {
        let HandIn { who: _, evidence, seed, at, lessons } = hand_in;
        let person = self.people.entry(who).or_default();
        for result in lessons {
            let entry = Entry { evidence, seed: seed.clone(), at, file: file.to_owned(), result };
            match person.lessons.get_mut(&entry.result.lesson) {
                None => {
                    person.lessons.insert(entry.result.lesson.clone(), entry);
                }
                Some(there) => {
                    let worse =
                        if there.rank() < entry.rank() { std::mem::replace(there, entry) } else { entry };
                    self.replaced.push(worse.file);
                }
            }
        }
    }

    /// The lessons that somebody handed in, by id.
    pub fn lessons(&self) -> Vec<&str> {
        let mut all: Vec<&str> =
            self.people.values().flat_map(|person| person.lessons.keys().map(String::as_str)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Where people stopped, the most frequent step first; of all who handed the lesson in.
    pub fn stops(&self) -> Vec<Counted> {
        let all = |lesson: &str| self.people.values().filter(|p| p.lessons.contains_key(lesson)).count();
        let all: BTreeMap<&str, usize> = self.lessons().into_iter().map(|id| (id, all(id))).collect();
        let mut counts = Counts::new();
        for result in self.results() {
            if let Some(step) = &result.stopped_at {
                let count = counts.entry((&result.lesson, step)).or_default();
                *count = (count.0 + 1, all.get(result.lesson.as_str()).copied().unwrap_or(0));
            }
        }
        sorted(counts)
    }

    /// Which questions were answered wrong, the most frequent first; of all who answered.
    pub fn missed(&self) -> Vec<Counted> {
        let mut counts = Counts::new();
        for result in self.results() {
            for (step, right) in &result.guesses {
                let count = counts.entry((&result.lesson, step)).or_default();
                *count = (count.0 + usize::from(!right), count.1 + 1);
            }
        }
        sorted(counts)
    }

    fn results(&self) -> impl Iterator<Item = &LessonResult> {
        self.people.values().flat_map(|person| person.lessons.values()).map(|entry| &entry.result)
    }
}

/// By lesson and step: how often it happened, and how often it could have.
type Counts<'c> = BTreeMap<(&'c str, &'c str), (usize, usize)>;

fn sorted(counts: Counts) -> Vec<Counted> {
    let counted = |((lesson, step), (count, of)): ((&str, &str), (usize, usize))| Counted {
        lesson: lesson.to_owned(),
        step: step.to_owned(),
        count,
        of,
    };
    let mut all: Vec<Counted> = counts.into_iter().map(counted).filter(|c| c.count > 0).collect();
    all.sort_by_key(|counted| Reverse(counted.count));
    all
}

impl Entry {
    fn rank(&self) -> (Evidence, u32, Option<Timestamp>) {
        (self.evidence, self.result.points.earned, self.at)
    }
}

impl Person {
    /// The points that can be made again or were graded. What is only claimed is not among them.
    pub fn points(&self) -> Points {
        let mut sum = Points::default();
        for entry in self.lessons.values().filter(|entry| entry.evidence > Evidence::Progress) {
            sum.earned = sum.earned.saturating_add(entry.result.points.earned);
            sum.possible = sum.possible.saturating_add(entry.result.points.possible);
            sum.not_gradable = sum.not_gradable.saturating_add(entry.result.points.not_gradable);
        }
        sum
    }

    /// The hints that were shown; none where nobody counted them.
    pub fn hints(&self) -> Option<usize> {
        let known: Vec<usize> = self.lessons.values().filter_map(|entry| entry.result.hints).collect();
        (!known.is_empty()).then(|| known.iter().fold(0, |sum: usize, n| sum.saturating_add(*n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand_in(evidence: Evidence, earned: u32, second: i64) -> HandIn {
        let result = LessonResult {
            lesson: "uts".into(),
            points: Points { earned, possible: 5, not_gradable: 0 },
            stopped_at: Some("join".into()),
            guesses: vec![("copy".into(), true), ("join".into(), false)],
            ..LessonResult::default()
        };
        let at = Timestamp::from_second(second).ok();
        HandIn { who: None, evidence, seed: None, at, lessons: vec![result] }
    }

    #[test]
    fn of_several_the_best_counts() {
        let mut table = Table::default();
        for (file, evidence, earned, at) in [
            ("claims", Evidence::Progress, 5, 9),
            ("new", Evidence::Receipt, 3, 2),
            ("best", Evidence::Receipt, 4, 1),
            ("again", Evidence::Receipt, 4, 3),
        ] {
            table.put("ann".into(), file, hand_in(evidence, earned, at));
        }
        let entry = &table.people["ann"].lessons["uts"];
        assert_eq!((entry.file.as_str(), entry.result.points.earned), ("again", 4));
        assert_eq!(table.replaced, ["claims", "new", "best"]);
    }

    #[test]
    fn what_is_claimed_is_not_in_the_sum() {
        let mut table = Table::default();
        table.put("bob".into(), "bob.json", hand_in(Evidence::Progress, 5, 1));
        table.put("eve".into(), "eve.json", hand_in(Evidence::Receipt, 2, 1));
        assert_eq!(table.people["bob"].points(), Points::default());
        assert_eq!(table.people["eve"].points().earned, 2);
        let counted = Counted { lesson: "uts".into(), step: "join".into(), count: 2, of: 2 };
        assert_eq!((table.stops(), table.missed()), (vec![counted.clone()], vec![counted]));
    }
}
