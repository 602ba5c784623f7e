//! How a grader asks the engine and listens to it.

use crate::events::{Command, Engine, Event};
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// The poll interval for events, and for the wish of a person to end.
const TICK: Duration = Duration::from_millis(10);
/// The engine answers any command within this time: what it waits for has deadlines of its own.
const ANSWER: Duration = Duration::from_secs(600);

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
