//! The engine on a thread of its own: commands in, events out, until the client is gone. While nothing is watched it sleeps.
//!
//! What comes for each command, in this order; each ends with `Idle`:
//!
//! | command | events |
//! | --- | --- |
//! | `Open` | what `Close` tells of the lesson that was open, without its `Idle`; `Opened` |
//! | `Run` | *to get there*; `StepStarted`, `Acted` (what is given), `Before`, `Namespaces`, `Acted`, `Waiting` and `Sampled`, `Namespaces`, `StepEnded` |
//! | `Prepare` | *to get there*; `StepStarted`, `Acted` (what is given), `Before`, `Namespaces`, `Prepared` |
//! | `Restart` | `ShellEnded` of each shell, `Undone` if there is a world |
//! | `Snapshot`, `Namespaces` | the event of the same name |
//! | `Watch` | `Snapshot` at once, and again at the rate that is asked for |
//! | `Shell` | the setup if there is no world; `ShellStarted` |
//! | `Try` | *to get there*; `StepStarted`, `Trying`, `Acted` (what is given), `Before`, `Namespaces`, `ShellStarted`, `Tried`; four `Tried` a second from then on, and once, right behind the first in which all holds, `Namespaces` and `StepEnded` |
//! | `EndShell` | `ShellEnded` of each shell |
//! | `Close` | `ShellEnded` of each shell, `Undone` if there is a world, `Closed` with the last record of each step |
//!
//! A step that is prepared goes on with `Run` and `Try`: the events of what is given come again, it is not made again, and `Before` is read again.
//!
//! *To get there*: `ShellEnded` and `Undone` when the world is of no use (it is past the step, a step has failed in it, or a person has been at
//! work); `StepStarted` 0, `Acted` and `StepEnded` of the setup when there is none; `StepStarted` and `Acted` of each step on the way, and
//! `StepEnded` only of one that fails. A step that does not belong here or is blocked has nothing but `StepEnded`.
//!
//! Where runs go one at a time and another one waits, a prepared step is given up without a command: `Undone`, `LetGo`.
//!
//! Instead of the rest comes `Refused` when it cannot be done; `Undone` and `Cancelled` when the client has wished so; `Refused` and `Undone`
//! when the guardian is lost, also without a command while something is watched, and then without `Idle`. A shell that ends by itself is told
//! by `ShellEnded` within 100 ms; the attempt goes on while another one is open.

use super::machine::Machine;
use super::run::overall;
use super::session::{Emit, Session, blank};
use super::world;
use crate::actor::client::Lost;
use crate::events::SETUP;
use crate::events::{Command, Event, LessonRecord, Readiness, Refusal, Status, StepRecord};
use crate::kernel::memory;
use crate::lesson::{Catalog, Diagnostic};
use crate::model::millis;
use crate::vocabulary::{Lesson, Selection};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

/// Serves a client until it drops its end of `commands`; then whatever is open is undone and closed. The first event says which lessons can be
/// run, which takes some trials. Every command ends with [`Event::Idle`].
///
/// `cancel` is the client's to set while a command is carried out; it is false again when [`Event::Cancelled`] is told.
pub fn serve(
    machine: &Machine,
    catalog: &Catalog,
    commands: &Receiver<Command>,
    cancel: &Arc<AtomicBool>,
    emit: Emit,
) {
    emit(Event::Readiness(readiness(machine, catalog)));
    // The start is over.
    memory::give_back_code();
    let mut next = commands.recv().ok();
    while let Some(command) = next.take() {
        if let Command::Open { lesson, set, seed } = &command {
            let wanted = Selection { seed: seed.clone(), set: set.clone() };
            match load(machine, catalog, lesson, &wanted) {
                Ok(lesson) => {
                    let (id, title) = (lesson.id.clone(), lesson.title.clone());
                    emit(Event::Opened { id, title, chosen: lesson.chosen() });
                    emit(Event::Idle);
                    let mut desk = Desk::new(&lesson, machine, cancel.clone());
                    next = desk.work(commands, emit);
                    desk.close(emit);
                    if next == Some(Command::Close) {
                        emit(Event::Idle);
                        next = commands.recv().ok();
                    }
                    continue;
                }
                Err(refusal) => emit(Event::Refused(refusal)),
            }
        } else {
            without_a_lesson(&command, emit);
        }
        cancel.store(false, Ordering::Relaxed);
        emit(Event::Idle);
        next = commands.recv().ok();
    }
}

/// Which lessons can be run here and now, in the order of the catalog.
pub fn readiness(machine: &Machine, catalog: &Catalog) -> Vec<(String, Readiness)> {
    let loaded: Vec<_> = catalog.sources().iter().map(|s| &s.id).zip(catalog.heads()).collect();
    let whole: Vec<&Lesson> = loaded.iter().filter_map(|(_, lesson)| lesson.as_ref().ok()).collect();
    machine.try_ahead(whole.iter().copied(), false);
    let mut ready = machine.readiness(&whole).into_iter();
    let of = |lesson: &Result<Lesson, Vec<Diagnostic>>| match lesson {
        Ok(_) => ready.next(),
        Err(found) => Some(unreadable(found)),
    };
    let answers: Vec<_> = loaded.iter().map(|(_, lesson)| lesson).map(of).collect();
    loaded.iter().zip(answers).filter_map(|((id, _), ready)| Some(((*id).clone(), ready?))).collect()
}

/// Of a lesson with these mistakes.
fn unreadable(found: &[Diagnostic]) -> Readiness {
    let first = found.first();
    let reason = first.map(|d| format!("{}:{}: {}", d.file, d.line, d.message));
    let remedy = first.and_then(|d| d.help.clone());
    Readiness::Blocked { reason: reason.unwrap_or_default(), remedy: remedy.unwrap_or_default() }
}

/// A lesson that can be run here.
fn load(machine: &Machine, catalog: &Catalog, id: &str, wanted: &Selection) -> Result<Lesson, Refusal> {
    let lesson = catalog.load_selected(id, wanted).map_err(Refusal::NotLoaded)?;
    machine.allows(&lesson).map_err(|b| Refusal::Blocked { reason: b.reason, remedy: b.remedy })?;
    Ok(lesson)
}

/// What needs no lesson is done, what is over anyway is passed over.
fn without_a_lesson(command: &Command, emit: Emit) {
    match command {
        Command::Namespaces => emit(Event::Namespaces(Box::new(world::map::host()))),
        Command::Snapshot(_) => emit(Event::Snapshot(Vec::new())),
        Command::Close | Command::Restart | Command::EndShell | Command::Watch { .. } => {}
        Command::Run(_)
        | Command::Prepare(_)
        | Command::Shell { .. }
        | Command::Try { .. }
        | Command::Open { .. } => {
            emit(Event::Refused(Refusal::NoLesson));
        }
    }
}

/// One lesson that is being worked on.
struct Desk<'l> {
    lesson: &'l Lesson,
    session: Option<Session<'l>>,
    cancel: Arc<AtomicBool>,
    /// The last record of each step, by its id.
    records: BTreeMap<String, StepRecord>,
    opened: Instant,
}

impl<'l> Desk<'l> {
    fn new(lesson: &'l Lesson, machine: &'l Machine, cancel: Arc<AtomicBool>) -> Self {
        let session = Some(Session::new(lesson, machine, cancel.clone()));
        Desk { lesson, session, cancel, records: BTreeMap::new(), opened: Instant::now() }
    }

    /// Until another lesson is to be opened, or this one is closed, or the client is gone; gives the command that ended it.
    fn work(&mut self, commands: &Receiver<Command>, emit: Emit) -> Option<Command> {
        loop {
            let due = self.session.as_ref().and_then(Session::due);
            let command = match due {
                None => commands.recv().ok()?,
                Some(due) => match commands.recv_timeout(due.saturating_duration_since(Instant::now())) {
                    Ok(command) => command,
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) => {
                        // A wish to cancel that came when there was nothing to cancel.
                        self.cancel.store(false, Ordering::Relaxed);
                        self.carry_out(None, emit);
                        continue;
                    }
                },
            };
            if matches!(command, Command::Open { .. } | Command::Close) {
                return Some(command);
            }
            self.carry_out(Some(&command), emit);
            emit(Event::Idle);
            // A world is built or a step made; then a person reads.
            memory::give_back_code();
        }
    }

    /// Carries out a command, or without one what is due.
    fn carry_out(&mut self, command: Option<&Command>, emit: Emit) {
        let Some(session) = &mut self.session else { return };
        let records = &mut self.records;
        let mut note = |event: Event| {
            if let Event::StepEnded(record) = &event {
                records.insert(record.id.clone(), (**record).clone());
            }
            emit(event);
        };
        let result = match command {
            Some(command) => session.obey(command, &mut note),
            None => session.look(&mut note),
        };
        match result {
            // A wish to cancel that came too late must not hit the next command.
            Ok(()) if command.is_some() => self.cancel.store(false, Ordering::Relaxed),
            // What is meant is a command that is still to come.
            Err(Lost::Cancelled) if command.is_none() => {}
            Ok(()) => {}
            Err(lost) => {
                match &lost {
                    Lost::Cancelled => {}
                    Lost::Guardian(why) => note(Event::Refused(Refusal::Engine(why.clone()))),
                    Lost::Busy { why, remedy } => {
                        let (reason, remedy) = (why.clone(), remedy.clone());
                        note(Event::Refused(Refusal::Blocked { reason, remedy }));
                    }
                }
                session.discard(&mut note);
                if let Lost::Cancelled = lost {
                    self.cancel.store(false, Ordering::Relaxed);
                    note(Event::Cancelled);
                }
            }
        }
    }

    /// Undoes everything, and says what became of the lesson.
    fn close(&mut self, emit: Emit) {
        let Some(session) = self.session.take() else { return };
        let left = session.close(emit);
        self.cancel.store(false, Ordering::Relaxed);
        let mut steps: Vec<StepRecord> = self.records.remove(SETUP).into_iter().collect();
        for step in &self.lesson.steps {
            steps.push(self.records.remove(&step.id).unwrap_or_else(|| blank(0, step, Status::NotRun)));
        }
        emit(Event::Closed(Box::new(LessonRecord {
            id: self.lesson.id.clone(),
            title: self.lesson.title.clone(),
            chosen: self.lesson.chosen(),
            status: overall(&steps),
            steps,
            left,
            took_ms: millis(self.opened.elapsed()),
        })));
    }
}
