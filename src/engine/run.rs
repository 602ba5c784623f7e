//! A run of a lesson from a new world to its end.

use super::machine::Machine;
use super::session::{Emit, Session, blank};
use super::step::Mode;
use crate::actor::client::Lost;
use crate::events::{Event, Judged, LessonRecord, SETUP, Status, StepRecord, Verdict};
use crate::model::millis;
use crate::vocabulary::{Lesson, Step};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// What of a lesson is run, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only this step; the earlier ones are made to get there.
    pub step: Option<String>,
    /// In this step the actions are left out (see [`Mode::Pretend`]); the run ends with it.
    pub without_actions_of: Option<String>,
}

/// Runs a lesson from a new world to its end, undoes everything, and says what became of it. A cancelled run is undone like any other; its remaining
/// steps are *not run*.
pub fn run(
    lesson: &Lesson,
    machine: &Machine,
    options: &Options,
    cancel: &Arc<AtomicBool>,
    emit: Emit,
) -> LessonRecord {
    let started = Instant::now();
    emit(Event::Opened { id: lesson.id.clone(), title: lesson.title.clone(), chosen: lesson.chosen() });
    let mut steps = Vec::new();
    let mut left = Vec::new();
    let allowed = std::thread::scope(|scope| {
        scope.spawn(|| machine.pool.look_ahead());
        machine.try_ahead([lesson], true);
        machine.allows(lesson)
    });
    if let Err(b) = allowed {
        let status = Status::Blocked { reason: b.reason, remedy: b.remedy };
        steps.extend(chosen(lesson, options).map(|(_, step, _)| blank(0, step, status.clone())));
    } else {
        let mut session = Session::new(lesson, machine, cancel.clone()).without_maps();
        let end = run_steps(&mut session, lesson, options, &mut |event| {
            if let Event::StepEnded(record) = &event {
                steps.push((**record).clone());
            }
            emit(event);
        });
        let world = session.world();
        left = session.close(emit);
        match end {
            Ok(()) => {}
            Err(Lost::Busy { why, remedy }) => {
                let status = Status::Blocked { reason: why, remedy };
                let made: Vec<String> = steps.iter().map(|s| s.id.clone()).collect();
                let missing = chosen(lesson, options).filter(|(_, step, _)| !made.contains(&step.id));
                steps.extend(missing.map(|(_, step, _)| blank(0, step, status.clone())));
            }
            Err(lost @ (Lost::Cancelled | Lost::Guardian(_))) => steps.push(broken_off(world, &lost)),
        }
    }
    let made: Vec<String> = steps.iter().map(|s| s.id.clone()).collect();
    let missing = chosen(lesson, options).filter(|(_, step, _)| !made.contains(&step.id));
    steps.extend(missing.map(|(_, step, _)| blank(0, step, Status::NotRun)));
    let record = LessonRecord {
        id: lesson.id.clone(),
        title: lesson.title.clone(),
        chosen: lesson.chosen(),
        status: overall(&steps),
        steps,
        left,
        took_ms: millis(started.elapsed()),
    };
    emit(Event::Closed(Box::new(record.clone())));
    record
}

/// The steps that are to be judged, with their indices: all, or the one that was asked for.
fn chosen<'a>(lesson: &'a Lesson, options: &Options) -> impl Iterator<Item = (usize, &'a Step, Mode)> {
    let pretend = options.without_actions_of.clone();
    let only = pretend.clone().or_else(|| options.step.clone());
    let mode = if pretend.is_some() { Mode::Pretend } else { Mode::Whole };
    let steps = lesson.steps.iter().enumerate().map(move |(i, step)| (i + 1, step, mode));
    steps.filter(move |(_, step, _)| only.as_ref().is_none_or(|id| *id == step.id))
}

/// After a failed step, or one that could not be run at all, those that build on it are not run. A verdict that the load of the moment
/// has blocked stops nothing: the step's actions were made.
fn run_steps(session: &mut Session, lesson: &Lesson, options: &Options, emit: Emit) -> Result<(), Lost> {
    for (index, _, mode) in chosen(lesson, options) {
        let record = session.run_step(index, mode, emit)?;
        let stayed_out = matches!(record.status, Status::Blocked { .. }) && record.verdicts.is_empty();
        if record.status == Status::Failed || stayed_out {
            break;
        }
    }
    Ok(())
}

/// A step that stands for the end of a run that could not go on.
fn broken_off(world: u32, lost: &Lost) -> StepRecord {
    let cancelled = matches!(lost, Lost::Cancelled);
    let status = if cancelled { Status::NotRun } else { Status::Failed };
    StepRecord {
        world,
        id: "end".to_owned(),
        title: if cancelled { "Cancelled" } else { "The run broke off" }.to_owned(),
        status: status.clone(),
        actions: Vec::new(),
        readouts: Vec::new(),
        verdicts: vec![Verdict { judged: Judged::Run { cause: lost.to_string() }, status }],
        samples: Vec::new(),
        took_ms: 0,
        measured_ms: 0,
        by_hand: false,
    }
}

/// The lesson's word: failed before blocked before not run before passed; setup alone is no pass.
pub fn overall(steps: &[StepRecord]) -> Status {
    if steps.iter().any(|s| s.status == Status::Failed) {
        return Status::Failed;
    }
    if let Some(blocked) = steps.iter().find(|s| matches!(s.status, Status::Blocked { .. })) {
        return blocked.status.clone();
    }
    if steps.iter().any(|s| s.status == Status::NotRun) {
        return Status::NotRun;
    }
    let real = steps.iter().filter(|s| s.id != SETUP);
    if real.clone().any(|s| s.status == Status::Passed) { Status::Passed } else { Status::NotHere }
}
