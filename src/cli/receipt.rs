//! The receipt that `isolab grade --receipt` writes.

use super::console::complain;
use super::exit;
use crate::files::{Output, cause};
use crate::grading::receipt::{LessonReceipt, Machine, Receipt, StepReceipt, TypedLine, claimed, now};
use crate::grading::{LessonGrade, StepGrade, keys, of_which_box, tools};
use crate::lesson::file::LessonFile;
use crate::vocabulary::{Lesson, Seed};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// What a receipt is made of.
pub struct Made<'m> {
    /// The machine.
    pub machine: Machine,
    /// Whose answers they were.
    pub who: Option<&'m str>,
    /// The seed.
    pub seed: Option<&'m Seed>,
    /// Values of parameters.
    pub set: &'m BTreeMap<String, String>,
    /// When the grading began.
    pub started: Timestamp,
    /// The lessons.
    pub lessons: &'m [(String, Lesson)],
    /// Their files.
    pub files: &'m [LessonFile],
    /// What was graded.
    pub grades: &'m [LessonGrade],
    /// For each step of each lesson when it was graded.
    pub ended: &'m [Vec<Timestamp>],
}

/// Makes the file, before anything is graded.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn create(path: &Path) -> Result<Output, u8> {
    Output::create(path).map_err(|e| {
        complain(&format!("create {}: {}", path.display(), cause(&e)));
        exit::USAGE
    })
}

/// Writes it; the exit code of that.
pub fn write(path: &Path, file: &mut Output, made: &Made) -> u8 {
    match file.write_all(receipt(made).written().as_bytes()) {
        Ok(()) => exit::PASSED,
        Err(e) => {
            complain(&format!("write {}: {}", path.display(), cause(&e)));
            exit::USAGE
        }
    }
}

fn receipt(made: &Made) -> Receipt {
    let mut receipt = Receipt::new(made.machine.clone(), made.seed.map(ToString::to_string), made.started);
    receipt.who = made.who.map(str::to_owned);
    receipt.ended = now();
    let none = Vec::new();
    for (at, grade) in made.grades.iter().enumerate() {
        let Some(file) = made.files.iter().find(|file| file.id == grade.id) else { continue };
        let Some((_, of)) = made.lessons.iter().find(|(_, lesson)| lesson.id == grade.id) else { continue };
        let ended = made.ended.get(at).unwrap_or(&none);
        let mut lesson = LessonReceipt::new(file, made.set.clone());
        let when = |i: usize| ended.get(i).copied().unwrap_or(receipt.ended);
        lesson.steps = grade.steps.iter().enumerate().map(|(i, graded)| step(of, graded, when(i))).collect();
        lesson.points = claimed(&lesson.steps);
        receipt.lessons.push(lesson);
    }
    receipt
}

fn step(lesson: &Lesson, graded: &StepGrade, ended: Timestamp) -> StepReceipt {
    let took = SignedDuration::from_millis(i64::try_from(graded.took_ms).unwrap_or(i64::MAX));
    let line = |line: &String| match of_which_box(lesson, line) {
        Some((of, line)) => TypedLine { shell: Some(of.to_owned()), line: keys(line), at_ms: 0 },
        None => TypedLine { shell: None, line: keys(line), at_ms: 0 },
    };
    let typed: Vec<TypedLine> = graded.typed.iter().map(line).collect();
    // Who writes answers beforehand knows no number of this run, and asks for no hint.
    StepReceipt {
        outcome: graded.outcome.clone(),
        started: ended.checked_sub(took).unwrap_or(ended),
        took_ms: graded.took_ms,
        tools: tools::named(&typed),
        typed,
        ..StepReceipt::untouched(&graded.id, graded.points, ended)
    }
}
