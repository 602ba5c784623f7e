//! Readouts that are read again and again outside of a step.

use super::share::Shares;
use super::world::World;
use crate::actor::client::Lost;
use crate::model::Reading;
use crate::vocabulary::Lesson;
use std::time::{Duration, Instant};

/// More often than this nothing is read, whatever is asked: every 20 ms.
const SHORTEST: Duration = Duration::from_millis(20);

/// What is watched, and how often.
#[derive(Debug)]
pub struct Watch {
    ids: Vec<String>,
    every: Duration,
    due: Instant,
    shares: Shares,
}

impl Watch {
    /// Begins at once; nothing is watched without ids.
    pub fn new(ids: &[String], every_ms: u64) -> Option<Self> {
        let every = Duration::from_millis(every_ms).max(SHORTEST);
        (!ids.is_empty()).then(|| Watch {
            ids: ids.to_vec(),
            every,
            due: Instant::now(),
            shares: Shares::default(),
        })
    }

    /// When it is to be read next.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Reads all of it. Of a rate it is what it was since the reading before.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn read(&mut self, lesson: &Lesson, world: &mut World) -> Result<Vec<(String, Reading)>, Lost> {
        // Readings that were missed while something else went on are not made up for.
        self.due = Instant::now() + self.every;
        read(&self.ids, lesson, world, &mut self.shares)
    }
}

/// Reads readouts now; ids that the lesson does not have are left out.
///
/// # Errors
/// When the run is cancelled or the guardian is gone.
pub fn read(
    ids: &[String],
    lesson: &Lesson,
    world: &mut World,
    shares: &mut Shares,
) -> Result<Vec<(String, Reading)>, Lost> {
    let mut found = Vec::new();
    for id in ids {
        let Some(readout) = lesson.readouts.get(id) else { continue };
        let reading = match readout.share_of() {
            Some(of) => {
                world.catch_up()?;
                shares.since(id, of, world.view())
            }
            None => world.read(readout)?,
        };
        found.push((id.clone(), reading));
    }
    Ok(found)
}
