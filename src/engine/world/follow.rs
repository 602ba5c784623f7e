//! Follows a person's shells, and reads in the place of their boxes.

use super::stand_in::{PROC, directory, place};
use super::{ANCHOR, World};
use crate::actor::client::Lost;
use crate::actor::protocol::{Birth, Reply, Request};
use crate::actor::scene::{Origin, Scene};
use crate::actor::trace::ExpectedFailure;
use crate::lesson::by_hand::Hands;
use crate::model::{Call, Errno, Fact, Reading, Value};
use crate::probe::{self, View, process};
use crate::vocabulary::Reader;
use crate::vocabulary::reader::Personal;
use crate::vocabulary::readout::Readout;
use std::collections::BTreeMap;
use std::path::Path;

/// The number of a process as it sees it itself (`getpid(2)`).
fn own_number(pid: i32) -> Reading {
    let own = process::numbers(Path::new(PROC), pid).ok().and_then(|numbers| numbers.last().copied());
    own.map_or(Reading::Gone, number)
}

/// The number of its parent, likewise (`getppid(2)`): 0 for one outside of its PID namespace.
fn parents_number(pid: i32) -> Reading {
    let numbers = |pid: i32| process::numbers(Path::new(PROC), pid).ok();
    let Ok(stat) = process::stat(Path::new(PROC), pid) else { return Reading::Gone };
    let Some(depth) = numbers(pid).map(|numbers| numbers.len()) else { return Reading::Gone };
    let parents = numbers(stat.parent).and_then(|numbers| numbers.get(depth.checked_sub(1)?).copied());
    number(parents.unwrap_or(0))
}

/// The reading of a box that did not answer in time. The guardian has killed it then, and a lesson that expects its end must not take that for it.
pub(super) fn unanswered(who: &str) -> Reading {
    let what = format!("ask {who}: it did not answer in time and was killed");
    Reading::Unread { errno: Errno(libc::ETIMEDOUT), what }
}

fn number(number: i32) -> Reading {
    Reading::Fact(Fact::of(Value::Int(i64::from(number))))
}

/// What decides what a process reads by a relative path, too.
fn whereabouts(pid: i32) -> BTreeMap<String, String> {
    let working = std::fs::read_link(directory(pid).join("cwd")).unwrap_or_default();
    let mut all = place(pid);
    all.insert("cwd".to_owned(), working.display().to_string());
    all
}

impl World<'_> {
    /// From now on until their end the shells of the boxes that act stand in for them.
    pub fn try_with(&mut self, hands: Hands) {
        self.person.begin(hands);
    }

    /// The shells that are started from now on until all have ended are observed, also for these failures; or they are not.
    pub fn observe_shells(&mut self, failures: Option<Vec<ExpectedFailure>>) {
        self.person.failures = failures;
    }

    /// The calls of the person's programs that have failed as expected since this was asked last.
    pub fn failed_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.person.failed)
    }

    /// The boxes that have a shell.
    pub fn shells(&self) -> Vec<String> {
        self.person.open.keys().cloned().collect()
    }

    /// The numbers on the host of the processes that stand in, by the box.
    pub fn stand_ins(&self) -> BTreeMap<String, i32> {
        self.person.stand_ins.iter().map(|(of, stand_in)| (of.clone(), stand_in.pid)).collect()
    }

    /// The number of a box as it sees it itself, and that of who stands in for it; nothing where nobody does.
    pub fn own_numbers(&self, of: &str) -> Option<(i32, i32)> {
        let last = |pid: i32| process::numbers(Path::new(PROC), pid).ok()?.last().copied();
        let stand_in = self.person.stand_ins.get(of)?.pid;
        Some((last(*self.client.view.pids.get(of)?)?, last(stand_in)?))
    }

    /// Finds out who stands in now.
    ///
    /// # Errors
    /// When the guardian is gone.
    pub fn follow_the_shells(&mut self) -> Result<(), Lost> {
        self.client.catch_up()?;
        if self.person.failures.is_some() {
            let (ended, failed) = self.client.observed()?;
            self.person.note_ended(ended, self.lesson);
            self.person.failed.extend(failed);
        }
        self.person.follow(self.lesson, &self.client.view);
        Ok(())
    }

    /// The helper that reads where the process is that stands in for this box; nobody while it cannot go there.
    fn reader_beside(&mut self, of: &str) -> Result<Option<String>, Lost> {
        let Some(stand_in) = self.person.stand_ins.get_mut(of) else { return Ok(None) };
        let (pid, here) = (stand_in.pid, whereabouts(stand_in.pid));
        let lives = stand_in.reader.as_ref().is_some_and(|reader| !self.client.has_left(reader));
        if lives && here == stand_in.place {
            return Ok(stand_in.reader.clone());
        }
        if let Some(old) = stand_in.reader.take() {
            self.end_process(&old);
        }
        self.person.readers += 1;
        let reader = format!("+reader{}", self.person.readers);
        self.client.spawn(&reader)?;
        let birth =
            Birth { user_of: self.client.view.pids.get(ANCHOR).copied(), id: Some(0), ..Birth::default() };
        let answer = self.client.ask(&reader, Request::Join { pid, birth }, false, super::READ_DEADLINE)?;
        // The process may have ended meanwhile: at the next look another one is tried.
        let joined = matches!(answer.reply, Reply::Done { .. });
        if let Some(stand_in) = self.person.stand_ins.get_mut(of) {
            stand_in.place = if joined { here } else { BTreeMap::new() };
            stand_in.reader = Some(reader.clone());
        }
        Ok(joined.then_some(reader))
    }

    /// What is read by or of a box that did not answer.
    pub(super) fn unanswered(&self, readout: &Readout, reader: &Reader) -> Option<Reading> {
        let about = reader.facts().about.map(|about| about.id);
        let who = [Some(readout.subject.as_str()), about];
        who.into_iter().flatten().find(|who| self.client.overdue.contains(*who)).map(unanswered)
    }

    /// Asks a process of the run; `beside` is its number on the host, where its paths are not to be trusted.
    pub(super) fn ask_to_read(
        &mut self,
        who: &str,
        reader: &Reader,
        beside: Option<i32>,
        view: View,
    ) -> Result<Reading, Lost> {
        let scene = reader
            .socket_path()
            .map(|_| Box::new(Scene { view: view.clone(), origin: Origin::Run, ..self.scene.clone() }));
        let request = Request::Read { reader: reader.clone(), beside, view: Box::new(view), scene };
        let answer = self.client.ask(who, request, false, super::READ_DEADLINE)?;
        Ok(match answer.reply {
            Reply::Read(reading) => reading,
            Reply::Failed { errno, what } => Reading::Unread { errno, what },
            Reply::Lost { .. } if self.client.overdue.contains(who) => unanswered(who),
            _ => Reading::Gone,
        })
    }

    /// Reads with the person's shells in the place of their boxes.
    pub(super) fn read_by_person(&mut self, readout: &Readout, reader: &Reader) -> Result<Reading, Lost> {
        let of = &readout.subject;
        let view = self.person.view(reader, &self.client.view);
        if reader.is_captured() {
            return self.ask_to_read(of, reader, None, view);
        }
        let own = self.client.view.pids.get(of).copied();
        let Some(stand_in) = self.person.stand_ins.get(of) else {
            return self.ask_to_read(of, reader, own, view);
        };
        if stand_in.leaves_to_box(reader) {
            return self.ask_to_read(of, reader, own, self.client.view.clone());
        }
        match reader.facts().personal {
            Some(Personal::Pid) => return Ok(own_number(stand_in.pid)),
            Some(Personal::Parent) => return Ok(parents_number(stand_in.pid)),
            _ => {}
        }
        if let Some(from_outside) = reader.facts().from_outside {
            return Ok(probe::read_as_host(&from_outside(of), &view));
        }
        match self.reader_beside(of)? {
            Some(beside) => self.ask_to_read(&beside, reader, None, view),
            None => Ok(Reading::Gone),
        }
    }
}
