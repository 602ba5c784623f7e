//! A world that waits: its workloads are stopped, and it is asked later whether its boxes still live.

use super::World;
use crate::actor::client::Lost;
use std::collections::BTreeSet;

impl World<'_> {
    /// Who lives, as far as the guardian has said: names, and numbers on the host. Workloads are left out: some end by themselves.
    pub fn living(&self) -> BTreeSet<(String, i32)> {
        let here =
            |name: &String| !self.client.left.contains(name) && !self.lesson.workloads.contains_key(name);
        let all = self.client.view.pids.iter().filter(|(name, _)| here(name));
        all.map(|(name, pid)| (name.clone(), *pid)).collect()
    }

    /// Stops the workloads, or lets them go on. While they are stopped nothing is read: readouts would show it.
    ///
    /// # Errors
    /// When the run is cancelled or the guardian is gone.
    pub fn pause_workloads(&mut self, pause: bool) -> Result<(), Lost> {
        if self.paused == pause || self.lesson.workloads.is_empty() {
            return Ok(());
        }
        self.paused = pause;
        self.client.pause_workloads(pause)
    }
}
