//! Follows a person's shell, and reads in the place of its box.

use super::stand_in::{GIVEN, PROC, StandIn, directory, innermost, place};
use super::{ANCHOR, World};
use crate::actor::client::Lost;
use crate::actor::protocol::{Birth, Reply, Request};
use crate::actor::sweep;
use crate::model::Reading;
use crate::probe::{self, namespace, process};
use crate::vocabulary::Reader;
use crate::vocabulary::readout::Readout;
use std::collections::BTreeMap;
use std::path::Path;

impl World<'_> {
    /// From now on until its end the shell stands in for this box.
    pub fn stand_in(&mut self, of: &str) {
        let link = |pid: i32, kind: &str| namespace::link(&directory(pid), kind).ok();
        let boxes = self.client.view.pids.get(of).copied();
        let given = |shell: i32| {
            let other = |kind: &str| {
                let own = link(shell, kind)?;
                (link(boxes?, kind)? != own).then(|| (kind.to_owned(), own))
            };
            GIVEN.into_iter().filter_map(other).collect()
        };
        self.stand_in = self.shell.map(|pid| StandIn {
            given: given(pid),
            of: of.to_owned(),
            pid,
            place: BTreeMap::new(),
            reader: None,
            readers: 0,
        });
    }

    /// Finds out who stands in now, and sends a helper there.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn follow_the_shell(&mut self) -> Result<(), Lost> {
        let (Some(shell), Some(mut stand_in)) = (self.shell, self.stand_in.take()) else { return Ok(()) };
        let followed = self.follow(shell, &mut stand_in);
        self.stand_in = Some(stand_in);
        followed
    }

    fn follow(&mut self, shell: i32, stand_in: &mut StandIn) -> Result<(), Lost> {
        self.client.catch_up()?;
        stand_in.pid = innermost(shell);
        let here = place(stand_in.pid);
        let lives = stand_in.reader.as_ref().is_some_and(|reader| !self.client.has_left(reader));
        if lives && here == stand_in.place {
            return Ok(());
        }
        if let Some(old) = stand_in.reader.take() {
            if let Some(pid) = self.client.view.pids.get(&old).copied()
                && let Ok(stat) = process::stat(Path::new(PROC), pid)
            {
                sweep::kill(pid, stat.started);
            }
            self.client.forget(|name| name == old);
        }
        stand_in.readers += 1;
        let reader = format!("+reader{}", stand_in.readers);
        self.client.spawn(&reader)?;
        let birth =
            Birth { user_of: self.client.view.pids.get(ANCHOR).copied(), id: Some(0), ..Birth::default() };
        let join = Request::Join { pid: stand_in.pid, birth };
        let answer = self.client.ask(&reader, join, false, super::READ_DEADLINE)?;
        // The process may have ended meanwhile: at the next look another one is tried.
        let joined = matches!(answer.reply, Reply::Done { .. });
        stand_in.place = if joined { here } else { BTreeMap::new() };
        stand_in.reader = Some(reader);
        Ok(())
    }

    /// Reads with the person's shell in the place of the box.
    pub(super) fn read_by_person(&mut self, readout: &Readout, reader: &Reader) -> Result<Reading, Lost> {
        let Some(stand_in) = &self.stand_in else { return Ok(Reading::NotMeasured) };
        if readout.subject == stand_in.of && stand_in.leaves_to_box(reader) {
            return self.ask_to_read(&readout.subject, reader, self.client.view.clone());
        }
        let view = stand_in.view(&self.client.view);
        let mut subject = readout.subject.clone();
        if subject == stand_in.of {
            if let Some(from_outside) = reader.facts().from_outside {
                return Ok(probe::read_as_host(&from_outside(&stand_in.of), &view));
            }
            let Some(reader) = stand_in.reader.clone().filter(|_| !stand_in.place.is_empty()) else {
                return Ok(Reading::Gone);
            };
            subject = reader;
        }
        self.ask_to_read(&subject, reader, view)
    }
}
