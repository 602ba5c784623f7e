//! The engine as a grader sees it: commands in, events out.

use crate::events::{Command, Event};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// The poll interval for events, and for the wish of a person to end.
const TICK: Duration = Duration::from_millis(10);
/// The engine answers any command within this time: what it waits for has deadlines of its own.
const ANSWER: Duration = Duration::from_secs(600);

/// An engine that serves on a thread of its own, and the person at the keyboard. Each of the engine's waits has a deadline of its own.
pub struct Engine<'e> {
    /// Into it.
    pub commands: &'e Sender<Command>,
    /// Out of it.
    pub events: &'e Receiver<Event>,
    /// Ends what it is at.
    pub cancel: &'e AtomicBool,
    /// Set from outside: the person wants an end.
    pub interrupted: &'e AtomicBool,
}

/// Why the grading ends here and now.
#[derive(Debug)]
pub enum Over {
    /// Somebody wants it.
    Interrupted,
    /// The engine does not answer, which is a fault of the lab.
    EngineGone,
}

impl Engine<'_> {
    /// Sends a command, and hears everything until it is done. `meanwhile` is done again and again.
    ///
    /// # Errors
    /// Why nothing more is to be graded. A command that closes things is carried out also when somebody wants an end.
    pub fn ask(
        &self,
        command: Command,
        meanwhile: &mut dyn FnMut(),
        hear: &mut dyn FnMut(Event),
    ) -> Result<(), Over> {
        let closes = matches!(command, Command::Close);
        if closes {
            // A wish to end that came before must not hit this.
            self.cancel.store(false, Ordering::Relaxed);
        }
        self.commands.send(command).map_err(|_| Over::EngineGone)?;
        let until = Instant::now() + ANSWER;
        loop {
            meanwhile();
            let ends = self.interrupted.load(Ordering::Relaxed) && !closes;
            if ends {
                self.cancel.store(true, Ordering::Relaxed);
            }
            match self.events.recv_timeout(TICK) {
                Ok(Event::Idle) if ends => return Err(Over::Interrupted),
                Ok(Event::Idle) => return Ok(()),
                Ok(event) => hear(event),
                Err(RecvTimeoutError::Timeout) if Instant::now() < until => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(Over::EngineGone);
                }
            }
        }
    }

    /// Hears what has come, at most for a tick.
    ///
    /// # Errors
    /// Why nothing more is to be graded.
    pub fn listen(&self, hear: &mut dyn FnMut(Event)) -> Result<(), Over> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Over::Interrupted);
        }
        match self.events.recv_timeout(TICK) {
            Ok(event) => hear(event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Over::EngineGone),
        }
        Ok(())
    }
}
