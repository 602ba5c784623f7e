//! What the guardian does while a person works: it stops the workloads, and sees what becomes of a shell's programs.

use super::{Client, Lost};
use crate::actor::protocol::{FromGuardian, ToGuardian};
use crate::actor::trace::{Ended, ExpectedFailure};
use crate::calls::decode;
use crate::model::{Call, Errno};

impl Client {
    /// Begins to observe a person's shell. That the kernel does not let it is the inner error.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn observe(&mut self, pid: i32, failures: Vec<ExpectedFailure>) -> Result<Result<(), Errno>, Lost> {
        self.send(&ToGuardian::Observe { pid, failures })?;
        self.answer("answer", |m| if let FromGuardian::Observing(result) = m { Some(result) } else { None })
    }

    /// Those who have ended below the shells since this was asked last, and their calls that failed as expected.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn observed(&mut self) -> Result<(Vec<Ended>, Vec<Call>), Lost> {
        self.send(&ToGuardian::Observed)?;
        let observed =
            self.answer("answer", |m| if let FromGuardian::Observed(seen) = m { Some(seen) } else { None })?;
        Ok((observed.ended.into(), observed.failed.iter().filter_map(decode::decode).collect()))
    }

    /// Stops all workloads, or lets them go on.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn pause_workloads(&mut self, pause: bool) -> Result<(), Lost> {
        self.send(&ToGuardian::Pause(pause))?;
        self.answer("answer", |m| matches!(m, FromGuardian::Paused).then_some(()))
    }

    /// Takes in all that has happened up to now: the guardian reaps what has ended before it answers.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn sync(&mut self) -> Result<(), Lost> {
        self.send(&ToGuardian::Sync)?;
        self.answer("answer", |m| matches!(m, FromGuardian::Synced).then_some(()))
    }
}
