//! The engine as its clients see it: commands in, events out.

use super::{Command, Event};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender};

/// An engine that serves on a thread of its own, and the person at the keyboard. Each of the engine's waits has a deadline of its own.
pub struct Engine<'e> {
    /// Into it.
    pub commands: &'e Sender<Command>,
    /// Out of it.
    pub events: &'e Receiver<Event>,
    /// Ends what it is at.
    pub cancel: &'e AtomicBool,
    /// Set from outside, by SIGINT, SIGTERM and SIGHUP: the person wants an end.
    pub interrupted: &'e AtomicBool,
}

impl Engine<'_> {
    /// Passes over what it says first: it finds out once which lessons can be run here.
    pub fn pass_readiness(&self) {
        while !matches!(self.events.recv(), Ok(Event::Readiness(_)) | Err(_)) {}
    }
}
