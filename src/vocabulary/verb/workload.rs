//! Workloads: the lab's own programs.

use super::define::{Define, verb};
use super::says::{ByHand, Effect, Facts, Locator, LoopTask, Maker, Mention, Touch};

verb! {
    Start(String), "`WORKLOAD`", "starts a workload as the caller's child"
}
verb! {
    Stop(String), "`WORKLOAD`", "kills it and waits for it, if it runs; by the box that started it"
}

impl Define for Start {
    fn plan(&self) -> String {
        format!("start {}", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: vec![(Locator::object(), Mention::Workload(&self.0))],
            effects: vec![Effect::Starts(&self.0)],
            touches: vec![Touch::Workload(&self.0)],
            // What the workload takes, its declaration says.
            abilities: vec![],
            by_hand: ByHand::Workload(&self.0),
            maker: Maker::Loop(LoopTask::Start(&self.0)),
            memory: None,
        }
    }
}

impl Define for Stop {
    fn plan(&self) -> String {
        format!("stop {} (SIGKILL, then waitpid)", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: vec![(Locator::object(), Mention::Workload(&self.0))],
            effects: vec![Effect::Stops(&self.0)],
            touches: vec![Touch::OfTheRun],
            abilities: vec![],
            by_hand: ByHand::Shell,
            maker: Maker::Loop(LoopTask::Stop(&self.0)),
            memory: None,
        }
    }
}
