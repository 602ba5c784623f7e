//! Plays a plan on an engine without a screen, as fast as it goes.

use super::plan::{Cue, CueContent, Plan, why_blocked, with_reason};
use super::rehearsal::{Chapter, CueRecord, CueTitle, Instead, Rehearsal};
use super::script::shape::Pace;
use super::when::Awaited;
use crate::events::{Command, Engine, Event, Refusal, Status, StepRecord, Verdict};
use crate::model::{Leftover, millis};
use crate::present::shell;
use crate::vocabulary::Lesson;
use crate::vocabulary::expect::Expect;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// The poll interval for the wish of the user to end.
const TICK: Duration = Duration::from_millis(50);

/// Progress of a rehearsal or a show.
#[derive(Debug)]
pub enum Told<'t> {
    /// A chapter begins: its number from 1, and its title.
    Chapter(usize, &'t str),
    /// A cue is over, and whatever stood in its place.
    Shown(&'t CueRecord),
}

/// Plays everything to its end, whatever fails on the way.
pub fn drive(plan: &Plan, engine: &Engine, tell: &mut dyn FnMut(Told)) -> Rehearsal {
    engine.pass_readiness();
    let started = Instant::now();
    let mut driver = Driver { plan, engine, open: None, left: Vec::new(), over: false };
    let mut chapters = Vec::new();
    for (at, (title, _)) in plan.chapters.iter().enumerate() {
        let cues: Vec<&Cue> = plan.cues.iter().filter(|cue| cue.chapter == at).collect();
        tell(Told::Chapter(at + 1, title));
        let mut all = Vec::new();
        let mut replaced = None;
        for cue in cues {
            let shown = driver.show(cue, &mut replaced, &[]);
            tell(Told::Shown(&shown));
            all.push(shown);
        }
        chapters.push(Chapter::new(title.clone(), all));
    }
    driver.close();
    Rehearsal {
        id: plan.id.clone(),
        title: plan.title.clone(),
        chapters,
        interrupted: driver.over,
        left: driver.left,
        took_ms: millis(started.elapsed()),
    }
}

/// Why a command came to no good end.
enum Stop {
    /// It cannot be done here.
    Refused(Refusal),
    /// The guardian is lost, and its world with it.
    Lost(String),
    /// Nothing more can be done: the user wants an end, or the engine is gone.
    Over(String),
}

/// What became of a step.
#[derive(Default)]
struct StepOutcome {
    status: Option<Status>,
    record: Option<StepRecord>,
    awaited: Option<Verdict>,
    trouble: Option<String>,
}

struct Driver<'d> {
    plan: &'d Plan,
    engine: &'d Engine<'d>,
    /// The lesson that is open, and what was set.
    open: Option<(String, BTreeMap<String, String>)>,
    left: Vec<Leftover>,
    /// Nothing is run any more.
    over: bool,
}

impl Driver<'_> {
    /// Shows a cue, or what stands in its place. `replaced` is the last entry of which the fallback was played: it stands for the rest of the
    /// entry too. `chain` are the fallbacks that led here.
    fn show(&mut self, cue: &Cue, replaced: &mut Option<usize>, chain: &[usize]) -> CueRecord {
        let started = Instant::now();
        let (what, outcome) = match &cue.what {
            CueContent::Card(text) => {
                let status = if self.over { Status::NotRun } else { Status::Passed };
                (CueTitle::Card(text.clone()), StepOutcome { status: Some(status), ..StepOutcome::default() })
            }
            CueContent::Step { lesson, set, index } => {
                let step = &lesson.steps[*index - 1];
                let what = CueTitle::Step {
                    lesson: lesson.id.clone(),
                    set: set.clone(),
                    id: step.id.clone(),
                    title: step.title.clone(),
                };
                if *replaced == Some(cue.entry) {
                    (what, StepOutcome::default())
                } else {
                    (what, self.step(lesson, set, *index, &cue.pace))
                }
            }
        };
        let took_ms = millis(started.elapsed());
        let status = outcome.status.unwrap_or(Status::NotRun);
        let instead = match status {
            Status::Blocked { ref reason, ref remedy } => {
                self.instead(cue, replaced, chain, &why_blocked(reason, remedy))
            }
            _ => (*replaced == Some(cue.entry)).then_some(Instead::Before),
        };
        CueRecord {
            entry: cue.entry + 1,
            what,
            status,
            took_ms,
            planned_ms: millis(cue.takes),
            record: outcome.record,
            awaited: outcome.awaited,
            trouble: outcome.trouble,
            instead,
        }
    }

    fn instead(
        &mut self,
        cue: &Cue,
        replaced: &mut Option<usize>,
        chain: &[usize],
        why: &str,
    ) -> Option<Instead> {
        let index = cue.fallback.filter(|index| !chain.contains(index))?;
        // One of which nothing is for this machine is none.
        let cues = self.plan.reserve.get(index).filter(|cues| !cues.is_empty())?;
        *replaced = Some(cue.entry);
        let chain = [chain, &[index]].concat();
        let mut inner = None;
        let mut shown: Vec<CueRecord> = cues.iter().map(|cue| self.show(cue, &mut inner, &chain)).collect();
        for record in &mut shown {
            if let CueTitle::Card(text) = &mut record.what {
                *text = with_reason(text, Some(why));
            }
        }
        Some(Instead::Fallback(shown))
    }

    fn step(
        &mut self,
        lesson: &Lesson,
        set: &BTreeMap<String, String>,
        index: usize,
        pace: &Pace,
    ) -> StepOutcome {
        let mut outcome = StepOutcome::default();
        match self.run(lesson, set, index, pace, &mut outcome) {
            Ok(status) => outcome.status = Some(status),
            Err(Stop::Refused(why)) => {
                let (reason, remedy) = (shell::refusal(&why), shell::remedy(&why));
                outcome.status = Some(Status::Blocked { reason, remedy });
            }
            Err(Stop::Lost(why)) => {
                outcome.status = Some(Status::Failed);
                outcome.trouble = Some(why);
            }
            Err(Stop::Over(why)) => {
                self.over = true;
                outcome.status = Some(Status::NotRun);
                outcome.trouble = Some(why);
            }
        }
        outcome
    }

    fn run(
        &mut self,
        lesson: &Lesson,
        set: &BTreeMap<String, String>,
        index: usize,
        pace: &Pace,
        outcome: &mut StepOutcome,
    ) -> Result<Status, Stop> {
        let wanted = (lesson.id.clone(), set.clone());
        if self.open.as_ref() != Some(&wanted) {
            self.open = None;
            self.ask(Command::Open { lesson: lesson.id.clone(), set: set.clone(), seed: None })?;
            self.open = Some(wanted);
        }
        let events = self.ask_of_a_lesson(Command::Run(index))?;
        let records = events.into_iter().filter_map(|e| match e {
            Event::StepEnded(record) => Some(*record),
            _ => None,
        });
        let mut records: Vec<StepRecord> = records.collect();
        let id = &lesson.steps[index - 1].id;
        let told = records.iter().rposition(|r| r.id == *id || r.status == Status::Failed);
        let Some(record) = told.map(|at| records.swap_remove(at)) else {
            return Err(Stop::Lost(format!("the engine did not say what became of step {id}")));
        };
        outcome.record = Some(record.clone());
        let mut status = record.status.clone();
        if let (Status::Passed, Pace::When(expect)) = (&status, pace) {
            let verdict = self.await_it(lesson, expect, &record)?;
            status = verdict.status.clone();
            outcome.awaited = Some(verdict);
        }
        Ok(status)
    }

    /// Watches until it holds, or its time is over.
    fn await_it(&mut self, lesson: &Lesson, expect: &Expect, record: &StepRecord) -> Result<Verdict, Stop> {
        let mut awaited = Awaited::new(expect, &lesson.readouts, record, Instant::now());
        let watch = Command::Watch { ids: awaited.ids(), every_ms: awaited.every_ms(lesson) };
        let mut verdict = awaited.verdict();
        for event in self.ask_of_a_lesson(watch)? {
            if let Event::Snapshot(read) = event {
                verdict = awaited.see(&read);
            }
        }
        while verdict.status != Status::Passed
            && Instant::now() < awaited.until()
            && !self.engine.interrupted.load(Ordering::Relaxed)
        {
            match self.engine.events.recv_timeout(TICK) {
                Ok(Event::Snapshot(read)) => verdict = awaited.see(&read),
                Ok(Event::Refused(why)) => return Err(Stop::Lost(shell::refusal(&why))),
                Ok(event) => self.note(&event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
        self.ask_of_a_lesson(Command::Watch { ids: Vec::new(), every_ms: 0 })?;
        Ok(verdict)
    }

    fn send(&mut self, command: Command) -> Result<(), Stop> {
        if self.over || self.engine.interrupted.load(Ordering::Relaxed) {
            return Err(interrupted());
        }
        self.engine.commands.send(command).map_err(|_| gone())
    }

    /// Gives a command and what came of it.
    fn ask(&mut self, command: Command) -> Result<Vec<Event>, Stop> {
        self.send(command)?;
        self.until_idle()
    }

    /// The same once a lesson is open: then only a lost guardian refuses.
    fn ask_of_a_lesson(&mut self, command: Command) -> Result<Vec<Event>, Stop> {
        self.ask(command).map_err(|stop| match stop {
            Stop::Refused(why) => Stop::Lost(shell::refusal(&why)),
            stop => stop,
        })
    }

    fn until_idle(&mut self) -> Result<Vec<Event>, Stop> {
        let (mut events, mut refused, mut cancelled) = (Vec::new(), None, false);
        loop {
            match self.engine.events.recv_timeout(TICK) {
                Ok(Event::Idle) => break,
                Ok(Event::Refused(why)) => refused = Some(Stop::Refused(why)),
                Ok(event) => {
                    cancelled |= event == Event::Cancelled;
                    self.note(&event);
                    events.push(event);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if self.engine.interrupted.load(Ordering::Relaxed) {
                        self.engine.cancel.store(true, Ordering::Relaxed);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
        if cancelled {
            return Err(interrupted());
        }
        refused.map_or(Ok(events), Err)
    }

    fn note(&mut self, event: &Event) {
        if let Event::Undone { left } = event {
            self.left.extend(left.iter().cloned());
        }
    }

    /// Everything is undone, also after an interruption.
    fn close(&mut self) {
        self.over |= self.engine.interrupted.load(Ordering::Relaxed);
        if self.engine.commands.send(Command::Close).is_err() {
            return;
        }
        while let Ok(event) = self.engine.events.recv() {
            self.note(&event);
            if event == Event::Idle {
                break;
            }
        }
    }
}

fn interrupted() -> Stop {
    Stop::Over("interrupted".to_owned())
}

fn gone() -> Stop {
    Stop::Over("the engine is gone".to_owned())
}
