//! A run: what this machine allows, worlds, steps, judging. Commands in, events out.

pub mod judge;
pub mod load;
pub mod machine;
pub mod share;
pub mod step;
pub mod world;

use crate::actor::client::Lost;
use crate::lesson::shape::action::{Rights, When};
use crate::lesson::shape::{Lesson, Step};
use crate::model::{Event, LessonRecord, Reading, Status, StepRecord, Verdict};
use machine::Machine;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use step::{Mode, Stage};
use world::World;

/// What of a lesson is run, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only this step; the earlier ones are made to get there.
    pub step: Option<String>,
    /// In this step the actions are left out (see [`Mode::Pretend`]); the run ends with it.
    pub without_actions_of: Option<String>,
}

/// Whether something applies on this machine.
pub fn here(when: &When, machine: &Machine) -> bool {
    let rights = if machine.rootless() { Rights::Rootless } else { Rights::Root };
    when.cgroup.is_none_or(|v| v == machine.version()) && when.rights.is_none_or(|r| r == rights)
}

fn blank(world: u32, step: &Step, status: Status) -> StepRecord {
    StepRecord {
        world,
        id: step.id.clone(),
        title: step.title.clone(),
        status,
        actions: Vec::new(),
        readouts: Vec::new(),
        verdicts: Vec::new(),
        samples: Vec::new(),
        took_ms: 0,
        measured_ms: 0,
    }
}

/// Runs a lesson from a new world to its end, undoes everything, and says what became of it. A cancelled run is undone like any other; its remaining
/// steps are *not run*.
pub fn run(
    lesson: &Lesson,
    machine: &Machine,
    options: &Options,
    cancel: &Arc<AtomicBool>,
    emit: &mut dyn FnMut(Event),
) -> LessonRecord {
    let started = Instant::now();
    emit(Event::Opened { id: lesson.id.clone(), title: lesson.title.clone() });
    let mut steps = Vec::new();
    let mut left = Vec::new();
    match machine.allows(lesson) {
        Err(b) => {
            let status = Status::Blocked { reason: b.reason, remedy: b.remedy };
            steps.extend(lesson.steps.iter().map(|s| blank(0, s, status.clone())));
        }
        Ok(()) => match World::open(lesson, machine, cancel.clone()) {
            Ok(mut world) => {
                let number = world.number;
                let end = run_steps(lesson, machine, options, &mut world, &mut steps, emit);
                left = world.close();
                if let Err(lost) = end {
                    steps.push(broken_off(number, &lost));
                }
            }
            Err(lost) => steps.push(broken_off(0, &lost)),
        },
    }
    let made: Vec<String> = steps.iter().map(|s| s.id.clone()).collect();
    let wanted = |s: &&Step| {
        options.step.as_ref().is_none_or(|id| *id == s.id) && options.without_actions_of.is_none()
    };
    let missing = lesson.steps.iter().filter(wanted).filter(|s| !made.contains(&s.id));
    steps.extend(missing.map(|s| blank(0, s, Status::NotRun)));
    let record = LessonRecord {
        id: lesson.id.clone(),
        title: lesson.title.clone(),
        status: overall(&steps),
        steps,
        left,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    emit(Event::Closed(Box::new(record.clone())));
    record
}

/// A step that stands for the end of a run that could not go on.
fn broken_off(world: u32, lost: &Lost) -> StepRecord {
    let cancelled = matches!(lost, Lost::Cancelled);
    StepRecord {
        world,
        id: "end".to_owned(),
        title: if cancelled { "Cancelled" } else { "The run broke off" }.to_owned(),
        status: if cancelled { Status::NotRun } else { Status::Failed },
        actions: Vec::new(),
        readouts: Vec::new(),
        verdicts: vec![Verdict {
            subject: "call".to_owned(),
            claim: "the run goes on to its end".to_owned(),
            status: if cancelled { Status::NotRun } else { Status::Failed },
            expected: "an answer from the guardian".to_owned(),
            actual: lost.to_string(),
            source: "guardian".to_owned(),
        }],
        samples: Vec::new(),
        took_ms: 0,
        measured_ms: 0,
    }
}

fn run_steps<'l>(
    lesson: &'l Lesson,
    machine: &'l Machine,
    options: &Options,
    world: &mut World<'l>,
    steps: &mut Vec<StepRecord>,
    emit: &mut dyn FnMut(Event),
) -> Result<(), Lost> {
    let setup = set_up(lesson, world, emit)?;
    let failed = setup.status == Status::Failed;
    emit(Event::StepEnded(Box::new(setup.clone())));
    steps.push(setup);
    if failed {
        return Ok(());
    }
    let mut earlier: BTreeMap<String, BTreeMap<String, Reading>> = BTreeMap::new();
    for (index, step) in lesson.steps.iter().enumerate() {
        let pretend = options.without_actions_of.as_ref() == Some(&step.id);
        let chosen = pretend || options.step.as_ref() == Some(&step.id);
        let forward = !chosen && (options.step.is_some() || options.without_actions_of.is_some());
        if let Some(status) = stays_out(step, machine) {
            let stop = matches!(status, Status::Blocked { .. });
            if !forward {
                let record = blank(world.number, step, status);
                emit(Event::StepEnded(Box::new(record.clone())));
                steps.push(record);
            }
            if stop || chosen {
                return Ok(());
            }
            continue;
        }
        emit(Event::StepStarted { index: index + 1, id: step.id.clone(), title: step.title.clone() });
        let mode = match (pretend, forward) {
            (true, _) => Mode::Pretend,
            (_, true) => Mode::Forward,
            _ => Mode::Whole,
        };
        let mut stage = Stage { world, lesson, machine, earlier: &mut earlier, emit };
        let record = step::run(&mut stage, step, mode)?;
        let failed = record.status == Status::Failed;
        if !forward || failed {
            emit(Event::StepEnded(Box::new(record.clone())));
            steps.push(record);
        }
        if failed || chosen {
            return Ok(());
        }
    }
    Ok(())
}

/// Why a step is not run here, if it is not.
fn stays_out(step: &Step, machine: &Machine) -> Option<Status> {
    if step.when.as_ref().is_some_and(|w| !here(w, machine)) {
        return Some(Status::NotHere);
    }
    let blocked = step.needs.iter().find_map(|n| machine.meets(n).err())?;
    Some(Status::Blocked { reason: blocked.reason, remedy: blocked.remedy })
}

/// Step 0: what every run has, and the lesson's own preparations.
fn set_up<'l>(
    lesson: &'l Lesson,
    world: &mut World<'l>,
    emit: &mut dyn FnMut(Event),
) -> Result<StepRecord, Lost> {
    let started = Instant::now();
    emit(Event::StepStarted { index: 0, id: "setup".to_owned(), title: "Setup".to_owned() });
    let mut made = world.build()?;
    if made.iter().all(|a| a.trouble().is_none()) {
        'all: for action in lesson.setup.iter().filter(|a| world.applies(a)).collect::<Vec<_>>() {
            for verb in &action.verbs {
                let acted = world.act(&action.subject, verb, None)?;
                let failed = acted.trouble().is_some();
                made.push(acted);
                if failed {
                    break 'all;
                }
            }
        }
    }
    let verdicts: Vec<Verdict> = made
        .iter()
        .filter_map(|acted| {
            Some(Verdict {
                subject: "call".to_owned(),
                claim: format!("{}: {} succeeds", acted.record.actor, acted.record.planned),
                status: Status::Failed,
                expected: "success".to_owned(),
                actual: acted.trouble()?,
                source: acted.record.actor.clone(),
            })
        })
        .collect();
    let mut actions = Vec::new();
    for acted in made {
        let mut record = acted.record;
        record.preparation = true;
        emit(Event::Acted(record.clone()));
        actions.push(record);
    }
    Ok(StepRecord {
        world: world.number,
        id: "setup".to_owned(),
        title: "Setup".to_owned(),
        status: if verdicts.is_empty() { Status::Passed } else { Status::Failed },
        actions,
        readouts: Vec::new(),
        verdicts,
        samples: Vec::new(),
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        measured_ms: 0,
    })
}

/// The lesson's word: failed before blocked before not run before passed; setup alone is no pass.
fn overall(steps: &[StepRecord]) -> Status {
    if steps.iter().any(|s| s.status == Status::Failed) {
        return Status::Failed;
    }
    if let Some(blocked) = steps.iter().find(|s| matches!(s.status, Status::Blocked { .. })) {
        return blocked.status.clone();
    }
    if steps.iter().any(|s| s.status == Status::NotRun) {
        return Status::NotRun;
    }
    let real = steps.iter().filter(|s| s.id != "setup");
    if real.clone().any(|s| s.status == Status::Passed) { Status::Passed } else { Status::NotHere }
}
