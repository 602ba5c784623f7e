//! Readouts that are read together: a question to a box and its answer go through the guardian, which takes longer than the reading.

use super::{READ_DEADLINE, World};
use crate::actor::client::Lost;
use crate::actor::protocol::{Reply, Request};
use crate::model::Reading;
use crate::vocabulary::reader::ReadBy;
use crate::vocabulary::{Reader, Readout};

impl World<'_> {
    /// Reads readouts from their viewpoints. The answers are in the order of the readouts; those of one box are read right after its first one.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn read_all(&mut self, readouts: &[&Readout]) -> Result<Vec<Reading>, Lost> {
        self.catch_up()?;
        let mut found: Vec<Option<Reading>> = vec![None; readouts.len()];
        for (at, readout) in readouts.iter().enumerate() {
            if found[at].is_some() {
                continue;
            }
            let with: Vec<(usize, &Reader)> = self.with(readout, &readouts[at..]);
            if with.len() < 2 {
                found[at] = Some(self.read(readout)?);
                continue;
            }
            let readers: Vec<Reader> = with.iter().map(|(_, reader)| (*reader).clone()).collect();
            for ((behind, _), reading) in with.iter().zip(self.ask_to_read_all(&readout.subject, readers)?) {
                found[at + behind] = Some(reading);
            }
        }
        Ok(found.into_iter().map(|reading| reading.unwrap_or(Reading::Gone)).collect())
    }

    /// What the box of the first readout can read of all of these in one go: indices and readers.
    fn with<'r>(&self, first: &Readout, all: &[&'r Readout]) -> Vec<(usize, &'r Reader)> {
        let is_asked = |readout: &Readout, reader: &Reader| {
            readout.subject == first.subject
                // It may take a while.
                && !matches!(reader, Reader::TcpAnswer(_) | Reader::UnixAnswer(_))
                && (readout.subject != super::HOST_HELPER || reader.facts().read_by == ReadBy::Process)
        };
        // Where a person acts for the box, each reading has its own way.
        if self.person.tries() || !self.client.view.pids.contains_key(&first.subject) {
            return Vec::new();
        }
        let reader = |(at, readout): (usize, &&'r Readout)| {
            let reader = readout.verbs.first().filter(|reader| is_asked(readout, reader))?;
            Some((at, reader))
        };
        let with: Vec<(usize, &Reader)> = all.iter().enumerate().filter_map(reader).collect();
        if with.first().is_some_and(|(at, _)| *at == 0) { with } else { Vec::new() }
    }

    fn ask_to_read_all(&mut self, who: &str, readers: Vec<Reader>) -> Result<Vec<Reading>, Lost> {
        let (count, view) = (readers.len(), Box::new(self.client.view.clone()));
        let deadline = READ_DEADLINE * u32::try_from(count).unwrap_or(u32::MAX);
        let answer = self.client.ask(who, Request::ReadAll { readers, view }, false, deadline)?;
        let mut read = match answer.reply {
            Reply::ReadAll(readings) => readings,
            Reply::Failed { errno, what } => vec![Reading::Unread { errno, what }; count],
            _ => Vec::new(),
        };
        // A box that has not answered all of it is gone.
        let rest =
            if self.client.overdue.contains(who) { super::follow::unanswered(who) } else { Reading::Gone };
        read.resize(count, rest);
        Ok(read)
    }
}
