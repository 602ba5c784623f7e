//! Grades lessons on an engine, step after step. Each step has a world of its own, in which the lab has made the earlier ones: what a student missed in
//! one step takes nothing away from the next.

use super::answers::{Answer, Answers};
use super::attempt::{Attempted, attempt};
use super::engine::Over;
use super::load;
use super::score::{LessonGrade, Obstacle, Outcome, Shortfall, StepGrade};
use crate::events::{Command, Engine, Event, Refusal};
use crate::lesson::by_hand;
use crate::model::{Leftover, millis};
use crate::vocabulary::{Lesson, Seed, Step, Variant};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A step that other work has spoilt is tried again so often.
const REPEATS: u32 = 2;

/// How it is graded.
#[derive(Debug, Clone)]
pub struct Options {
    /// The time for each step, from the start of its shell to the verdict.
    pub deadline: Duration,
    /// After the first step that was not earned, the later ones are not earned either.
    pub strict: bool,
    /// Chooses the values that vary, and the alternatives.
    pub seed: Option<Seed>,
    /// Values of parameters, by their names.
    pub set: BTreeMap<String, String>,
    /// The CPUs that the lab may use.
    pub cpus: Vec<u32>,
}

/// How far it is.
#[derive(Debug)]
pub enum Told<'t> {
    /// A lesson begins.
    Lesson(&'t Lesson),
    /// A step was graded.
    Step(&'t StepGrade),
    /// A lesson is over, and undone.
    End(&'t LessonGrade),
}

/// Grades these lessons, each under its id in the engine's catalog, and gives why it ended early if it did: what comes after is missing.
pub fn drive(
    lessons: &[(String, &Lesson)],
    answers: &Answers,
    variant: &Variant,
    options: &Options,
    engine: &Engine,
    tell: &mut dyn FnMut(Told),
) -> (Vec<LessonGrade>, Option<Over>) {
    engine.pass_readiness();
    let mut grades = Vec::new();
    for (id, lesson) in lessons {
        tell(Told::Lesson(lesson));
        let (grade, over) = Grader { id, lesson, answers, variant, options, engine }.lesson(tell);
        tell(Told::End(&grade));
        grades.push(grade);
        if over.is_some() {
            return (grades, over);
        }
    }
    (grades, None)
}

struct Grader<'g> {
    id: &'g str,
    lesson: &'g Lesson,
    answers: &'g Answers,
    variant: &'g Variant,
    options: &'g Options,
    engine: &'g Engine<'g>,
}

impl Grader<'_> {
    fn lesson(&self, tell: &mut dyn FnMut(Told)) -> (LessonGrade, Option<Over>) {
        let started = Instant::now();
        let mut grade = LessonGrade {
            id: self.lesson.id.clone(),
            title: self.lesson.title.clone(),
            chosen: self.lesson.chosen(),
            steps: Vec::new(),
            left: Vec::new(),
            took_ms: 0,
        };
        let refused = self.open();
        let mut over = None;
        let mut missed: Option<String> = None;
        for (at, step) in self.lesson.steps.iter().enumerate() {
            let graded = match &refused {
                Ok(refused) => self.step(at + 1, step, refused.as_ref(), missed.as_deref(), &mut grade.left),
                Err(_) => break,
            };
            match graded {
                Ok(step) => {
                    if matches!(step.outcome, Outcome::NotEarned { .. }) && self.options.strict {
                        missed.get_or_insert(step.id.clone());
                    }
                    tell(Told::Step(&step));
                    grade.steps.push(step);
                }
                Err(end) => {
                    over = Some(end);
                    break;
                }
            }
        }
        let closed = self.close(&mut grade.left);
        over = over.or(refused.err()).or(closed);
        grade.took_ms = millis(started.elapsed());
        (grade, over)
    }

    /// Opens the lesson; why it cannot be opened, where it cannot.
    fn open(&self) -> Result<Option<Refusal>, Over> {
        let mut refused = None;
        let Options { seed, set, .. } = self.options;
        let command = Command::Open { lesson: self.id.to_owned(), set: set.clone(), seed: seed.clone() };
        self.engine.ask(command, &mut || {}, &mut |event| {
            if let Event::Refused(refusal) = event {
                refused = Some(refusal);
            }
        })?;
        Ok(refused)
    }

    /// Undoes everything, also after an interruption.
    fn close(&self, left: &mut Vec<Leftover>) -> Option<Over> {
        let closed = self.engine.ask(Command::Close, &mut || {}, &mut |event| {
            if let Event::Closed(record) = event {
                // All that discarded worlds have left is in it once more.
                *left = record.left;
            }
        });
        closed.err()
    }

    fn step(
        &self,
        index: usize,
        step: &Step,
        refused: Option<&Refusal>,
        missed: Option<&str>,
        left: &mut Vec<Leftover>,
    ) -> Result<StepGrade, Over> {
        let none = |outcome| StepGrade {
            id: step.id.clone(),
            title: step.title.clone(),
            points: step.points(),
            outcome,
            typed: Vec::new(),
            printed: String::new(),
            attempts: 0,
            took_ms: 0,
        };
        if let Some(reason) = self.uncounted(step) {
            return Ok(none(Outcome::NotCounted { reason }));
        }
        if let Some(refusal) = refused {
            return Ok(none(Outcome::NotGradable(Obstacle::Refused(refusal.clone()))));
        }
        let not_earned = |why| none(Outcome::NotEarned { why, verdicts: Vec::new() });
        if let Some(earlier) = missed {
            return Ok(not_earned(Shortfall::AfterFailure { step: earlier.to_owned() }));
        }
        let answer = self.answers.of(&self.lesson.id, &step.id).filter(|answer| !answer.is_empty());
        let Some(answer) = answer else { return Ok(not_earned(Shortfall::NoAnswer)) };
        let (attempted, attempts) = self.attempts(index, answer, left)?;
        Ok(StepGrade {
            typed: answer.lines[..attempted.typed].to_vec(),
            printed: attempted.printed,
            attempts,
            took_ms: millis(attempted.took),
            ..none(attempted.outcome)
        })
    }

    /// Tries a step, and again while other work may have spoilt it.
    fn attempts(
        &self,
        index: usize,
        answer: &Answer,
        left: &mut Vec<Leftover>,
    ) -> Result<(Attempted, u32), Over> {
        let mut made = 0;
        loop {
            let mut attempted = attempt(self.engine, self.lesson, index, answer, self.options.deadline)?;
            made += 1;
            left.append(&mut attempted.left);
            // Nothing was typed: trying again would change nothing.
            if !attempted.perhaps_spoilt {
                return Ok((attempted, made));
            }
            let foreign = load::foreign(&self.options.cpus);
            let is_blocked = matches!(attempted.outcome, Outcome::NotGradable(_));
            match foreign {
                None if !is_blocked => return Ok((attempted, made)),
                _ if made <= REPEATS => {}
                Some(percent) if !is_blocked => {
                    let obstacle = Obstacle::OtherWork { percent, attempts: made };
                    attempted.outcome = Outcome::NotGradable(obstacle);
                    return Ok((attempted, made));
                }
                _ => return Ok((attempted, made)),
            }
        }
    }

    /// Why a step has no points, if it has none.
    fn uncounted(&self, step: &Step) -> Option<String> {
        if !self.variant.meets(step.when.as_ref()) {
            return Some("It belongs to another kind of machine.".to_owned());
        }
        if step.points() == 0 {
            return Some("The lesson gives no points for it.".to_owned());
        }
        by_hand::can(self.lesson, step, self.variant).err()
    }
}
