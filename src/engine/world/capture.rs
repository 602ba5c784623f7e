//! Captures of frames, for the readouts that are read of them.

use super::{READ_DEADLINE, World};
use crate::actor::client::Lost;
use crate::actor::protocol::Request;
use crate::actor::scene::Scene;
use std::collections::BTreeSet;

impl World<'_> {
    /// Lets these boxes begin to capture the frames of their network namespaces. One that cannot says so when it is read.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn capture(&mut self, boxes: &BTreeSet<&str>) -> Result<(), Lost> {
        self.client.catch_up()?;
        for of in boxes.iter().filter(|of| self.client.view.pids.contains_key(**of)).collect::<Vec<_>>() {
            let scene = Scene { origin: self.origin_of(of), ..self.scene.clone() };
            self.client.ask(of, Request::Capture(Box::new(scene)), false, READ_DEADLINE)?;
        }
        Ok(())
    }
}
