//! A program of the machine, inside the walls.

use super::super::Many;
use super::super::need::Ability;
use super::define::{Define, verb};
use super::says::{ByHand, Facts, Locator, Maker, Mention, Touch};

verb! {
    Run(Many<String>), "`[ls, -l]`", "runs a [program](#programs) and shows what it prints"
}

impl Define for Run {
    fn plan(&self) -> String {
        format!("run {}", self.0.0.join(" "))
    }

    fn facts(&self) -> Facts<'_> {
        let none = self.0.0.first().is_none_or(String::is_empty);
        let wrong = || (Locator::object(), Mention::wrong("no program", "write `run: [ls, -l]`"));
        Facts {
            mentions: none.then(wrong).into_iter().collect(),
            effects: vec![],
            touches: vec![Touch::Program],
            abilities: vec![Ability::Confinement],
            by_hand: ByHand::Shell,
            maker: Maker::Helper(&self.0.0),
            memory: None,
        }
    }
}
