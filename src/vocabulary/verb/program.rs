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
        let wrong = match self.0.0.as_slice() {
            [] => Some(Mention::wrong("no program", "write `run: [ls, -l]`")),
            [program, ..] if program.is_empty() => {
                Some(Mention::wrong("no program", "write `run: [ls, -l]`"))
            }
            [line] if line.contains(' ') => {
                let words = line.split_whitespace().collect::<Vec<_>>().join(", ");
                let message = "a program whose name has spaces; no shell takes the words apart";
                Some(Mention::wrong(message, format!("write a list of words: `run: [{words}]`")))
            }
            _ => None,
        };
        Facts {
            mentions: wrong.map(|wrong| (Locator::object(), wrong)).into_iter().collect(),
            effects: vec![],
            touches: vec![Touch::Program],
            abilities: vec![Ability::Confinement],
            by_hand: ByHand::Shell,
            maker: Maker::Helper(&self.0.0),
            memory: None,
        }
    }
}
