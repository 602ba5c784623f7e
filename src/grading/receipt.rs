//! A receipt: what somebody typed for each step, and what became of it. It is a claim. What it is worth shows when everything in it is typed once more,
//! on another machine ([`super::verify`]).

use super::score::{Outcome, Points, Shortfall};
use crate::lesson::file::LessonFile;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the document's shape. A key that is added does not change it; one that goes or changes its meaning does.
pub const FORMAT: u32 = 1;
/// The most bytes of the document that are read.
pub const MOST_BYTES: u64 = 4 << 20;

/// What the document says it is: a file that does not is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Kind {
    /// The only one.
    #[default]
    #[serde(rename = "isolab-receipt")]
    Receipt,
}

/// The machine that something was typed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Version of isolab.
    pub isolab: String,
    /// Kernel release, as `uname -r` prints it.
    pub kernel: String,
    /// Machine type, as `uname -m` prints it.
    pub architecture: String,
    /// Cgroup version: `v1`, `v2` or `hybrid`.
    pub cgroup: String,
    /// `root` or `rootless`.
    pub rights: String,
}

/// What one person typed, on one machine, with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// That it is one.
    pub kind: Kind,
    /// [`FORMAT`].
    pub format: u32,
    /// Whose it is, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Where it was typed.
    #[serde(flatten)]
    pub machine: Machine,
    /// What chose the lessons' variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// When the first of it was typed.
    pub started: Timestamp,
    /// When the last of it was judged.
    pub ended: Timestamp,
    /// Lesson by lesson.
    pub lessons: Vec<LessonReceipt>,
}

/// What was typed in one lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LessonReceipt {
    /// The lesson's id.
    pub id: String,
    /// The text that it was loaded from.
    pub file: TextFile,
    /// Values of its parameters that were not the lesson's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// The sum over its steps.
    pub points: Points,
    /// Those steps for which something was typed or that were to be graded, in the lesson's order.
    pub steps: Vec<StepReceipt>,
}

/// The text of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// The path as it was given, or `lessons/ID.yaml` for a built-in lesson.
    pub name: String,
    /// Whether it came with isolab.
    pub built_in: bool,
    /// SHA-256 of the text, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// Variables of a shell, with their values.
pub type Variables = BTreeMap<String, String>;

/// What was typed for one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReceipt {
    /// The step's id.
    pub step: String,
    /// What it is worth.
    pub points: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// When its shell was opened.
    pub started: Timestamp,
    /// Milliseconds from there to the verdict.
    pub took_ms: u64,
    /// What was typed until then.
    pub typed: Vec<TypedLine>,
    /// More was typed than is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// The variables of the first shell that spoke of that run, with their values: `$box` is a process, `$workspace` a directory.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: Variables,
    /// Those of each further shell, by the box that it was in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shells: BTreeMap<String, Variables>,
    /// Programs that the lines name, with where they were found.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, String>,
    /// How many hints were shown.
    #[serde(default)]
    pub hints: usize,
    /// The solution was shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub solution: bool,
    /// The answer to the step's question, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guess: Option<Guess>,
}

/// One line, as it was sent: with the keys that edited it, and before the shell expanded anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedLine {
    /// The box whose shell it was typed into; none for the first shell, which opens by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
    /// The characters without the Enter at the end. A line that ends with Ctrl-C, Ctrl-D, Ctrl-Z or Ctrl-\ has no Enter, and ends with that character.
    pub line: String,
    /// Milliseconds from the start of the shell to its end.
    #[serde(default)]
    pub at_ms: u64,
}

/// An answer to a step's question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guess {
    /// Ids of the options that were chosen.
    pub chosen: Vec<String>,
    /// Whether they were right.
    pub right: bool,
}

/// Now, to the millisecond.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

impl From<&LessonFile> for TextFile {
    fn from(file: &LessonFile) -> Self {
        TextFile { name: file.name.clone(), built_in: file.built_in, sha256: file.sha256.clone() }
    }
}

impl Receipt {
    /// An empty one.
    pub fn new(machine: Machine, seed: Option<String>, now: Timestamp) -> Self {
        Receipt {
            kind: Kind::Receipt,
            format: FORMAT,
            who: None,
            machine,
            seed,
            started: now,
            ended: now,
            lessons: vec![],
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// Why this is no receipt that this program reads, in one sentence that quotes nothing of the text.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(rename = "kind")]
            _kind: Kind,
            format: u32,
        }
        let place = |e: &serde_json::Error| match e.classify() {
            serde_json::error::Category::Data => {
                format!("line {}, column {} is not what a receipt has there", e.line(), e.column())
            }
            _ => format!("not JSON at line {}, column {}", e.line(), e.column()),
        };
        let head: Head = serde_json::from_slice(bytes).map_err(|e| match e.classify() {
            serde_json::error::Category::Data => "it is not a receipt of isolab".to_owned(),
            _ => place(&e),
        })?;
        if head.format != FORMAT {
            return Err(format!(
                "it has format {}, and this isolab reads format {FORMAT}: take the isolab that wrote it",
                head.format
            ));
        }
        serde_json::from_slice(bytes).map_err(|e| place(&e))
    }

    /// The document, with a line feed at its end.
    pub fn written(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        crate::plain::json(&text) + "\n"
    }

    /// The points of all lessons.
    pub fn points(&self) -> Points {
        let mut sum = Points::default();
        for lesson in &self.lessons {
            sum.earned += lesson.points.earned;
            sum.possible += lesson.points.possible;
            sum.not_gradable += lesson.points.not_gradable;
        }
        sum
    }
}

impl LessonReceipt {
    /// An empty one.
    pub fn new(file: &LessonFile, set: BTreeMap<String, String>) -> Self {
        LessonReceipt {
            id: file.id.clone(),
            file: file.into(),
            set,
            points: Points::default(),
            steps: Vec::new(),
        }
    }

    /// Makes room for a step that could be tried and was not yet.
    pub fn expect_step(&mut self, step: &str, points: u32, now: Timestamp, order: &[&str]) {
        if self.steps.iter().any(|there| there.step == step) {
            return;
        }
        self.put(StepReceipt::untouched(step, points, now), order);
    }

    /// Puts a step in. One that was earned stays as it was when it was first earned; the help of earlier attempts and the first guess stay, too. `order`
    /// are the lesson's steps.
    pub fn put(&mut self, mut step: StepReceipt, order: &[&str]) {
        match self.steps.iter_mut().find(|there| there.step == step.step) {
            Some(there) if there.outcome == Outcome::Earned => {}
            Some(there) => {
                step.hints = step.hints.max(there.hints);
                step.solution |= there.solution;
                step.guess = there.guess.take().or(step.guess);
                *there = step;
            }
            None => self.steps.push(step),
        }
        self.steps.sort_by_key(|s| order.iter().position(|id| *id == s.step).unwrap_or(usize::MAX));
        self.points = claimed(&self.steps);
    }
}

/// The points that these steps claim.
pub fn claimed(steps: &[StepReceipt]) -> Points {
    Points::of(steps.iter().map(|step| (step.points, &step.outcome)))
}

impl StepReceipt {
    /// A step for which nothing was typed.
    pub fn untouched(step: &str, points: u32, now: Timestamp) -> Self {
        StepReceipt {
            step: step.to_owned(),
            points,
            outcome: Outcome::NotEarned { why: Shortfall::NoAnswer, verdicts: Vec::new() },
            started: now,
            took_ms: 0,
            typed: Vec::new(),
            cut: false,
            variables: BTreeMap::new(),
            shells: BTreeMap::new(),
            tools: BTreeMap::new(),
            hints: 0,
            solution: false,
            guess: None,
        }
    }

    /// Whether it says that something was typed.
    pub fn is_typed(&self) -> bool {
        self.typed.iter().any(|typed| !typed.line.trim().is_empty())
    }

    /// The values of all variables of its shells.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.shells.values().chain([&self.variables]).flat_map(BTreeMap::values).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(outcome: Outcome, hints: usize, right: bool) -> StepReceipt {
        StepReceipt {
            outcome,
            hints,
            guess: Some(Guess { chosen: vec![], right }),
            ..StepReceipt::untouched("rename", 2, Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn what_was_earned_stays_and_so_does_the_help_on_the_way() {
        let file = LessonFile::new("uts", "lessons/uts.yaml", true, "");
        let order = ["copy", "rename"];
        let mut lesson = LessonReceipt::new(&file, BTreeMap::new());
        let missed = || Outcome::NotEarned { why: Shortfall::Unmet, verdicts: vec![] };
        lesson.put(step(missed(), 2, false), &order);
        lesson.expect_step("copy", 1, Timestamp::UNIX_EPOCH, &order);
        lesson.expect_step("rename", 1, Timestamp::UNIX_EPOCH, &order);
        assert_eq!(lesson.points, Points { earned: 0, possible: 3, not_gradable: 0 });
        lesson.put(step(Outcome::Earned, 0, true), &order);
        lesson.put(step(missed(), 9, true), &order);
        let ids: Vec<&str> = lesson.steps.iter().map(|step| step.step.as_str()).collect();
        assert_eq!(ids, order);
        let rename = &lesson.steps[1];
        assert_eq!((&rename.outcome, rename.hints), (&Outcome::Earned, 2));
        assert!(rename.guess.as_ref().is_some_and(|guess| !guess.right), "the first guess");
        assert_eq!(lesson.points, Points { earned: 2, possible: 3, not_gradable: 0 });
    }
}
