//! Processes: a child, an end, a signal, and the CPUs.

use super::super::general::short;
use super::super::{Many, Ns, One, Sig};
use super::define::{Define, verb};
use super::namespace::abilities;
use super::says::{ByHand, Effect, Facts, Locator, LoopTask, MadeIn, Maker, Mention, MustExist, Touch};
use schemars::JsonSchema;

short! {
    /// Forks a further box.
    Fork . /** The box to be. */ r#box: String {
        /** Namespaces that `clone(2)` makes for it. */ new: Many<Ns>,
    }
}
verb! {
    Fork,
    "`BOX`, or `{ box: BOX, new: [pid] }`",
    "forks a box that is declared with `forked_by`; `new` makes namespaces by `clone(2)`, which has no flag for `time`"
}
verb! {
    Exit(i32), "`0`", "ends with this status"
}
verb! {
    Kill(One<Sig>), "`{ BOX: TERM }`", "sends a [signal](#signals) to a box or workload"
}
verb! {
    Affinity(Many<u32>), "`[0]`", "`sched_setaffinity(2)`"
}

/// `waitpid(2)` for all children that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub struct Wait;

verb! {
    Wait, "*(none)*", "waits for all children that have ended"
}

impl Fork {
    fn types(&self) -> &[Ns] {
        self.new.as_ref().map_or(&[], |types| &types.0)
    }
}

impl Define for Fork {
    fn plan(&self) -> String {
        match self.types() {
            [] => format!("fork() as {}", self.r#box),
            types => format!("clone({}) as {}", Ns::flag_names(types), self.r#box),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let object = Locator::object;
        Facts {
            mentions: vec![
                (object().field("new"), Mention::Namespaces(self.types(), MadeIn::Clone)),
                (object().field("box"), Mention::Child(&self.r#box)),
            ],
            effects: vec![Effect::Forks(&self.r#box)],
            touches: vec![Touch::OfTheRun],
            abilities: abilities(self.types()),
            by_hand: ByHand::Child(&self.r#box),
            maker: Maker::Loop(LoopTask::Fork(&self.r#box, self.types())),
            memory: None,
        }
    }
}

impl Define for Exit {
    fn plan(&self) -> String {
        format!("exit({})", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        let wrong = || Mention::wrong(format!("`{}` is not an exit status", self.0), "write 0 to 255");
        let mentions = if (0..=255).contains(&self.0) { vec![] } else { vec![(Locator::object(), wrong())] };
        Facts {
            mentions,
            effects: vec![Effect::Exits],
            touches: vec![Touch::Itself],
            abilities: vec![],
            by_hand: ByHand::Ends,
            maker: Maker::Loop(LoopTask::Exit(self.0)),
            memory: None,
        }
    }
}

impl Define for Kill {
    fn plan(&self) -> String {
        let One(whom, signal) = &self.0;
        format!("kill({whom}, SIG{})", signal.name())
    }

    fn facts(&self) -> Facts<'_> {
        let One(whom, signal) = &self.0;
        Facts {
            mentions: vec![(Locator::object().key(0), Mention::Process(whom, MustExist::Once))],
            effects: vec![Effect::Signals(whom, *signal)],
            touches: vec![Touch::OfTheRun],
            abilities: vec![],
            by_hand: ByHand::Shell,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

impl Define for Wait {
    fn plan(&self) -> String {
        "waitpid(-1)".to_owned()
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: vec![],
            effects: vec![],
            touches: vec![Touch::OfTheRun],
            abilities: vec![],
            by_hand: ByHand::Waits,
            maker: Maker::Loop(LoopTask::Wait),
            memory: None,
        }
    }
}

impl Define for Affinity {
    fn plan(&self) -> String {
        let cpus: Vec<String> = self.0.0.iter().map(ToString::to_string).collect();
        format!("sched_setaffinity({{{}}})", cpus.join(", "))
    }

    fn facts(&self) -> Facts<'_> {
        let none = || (Locator::object(), Mention::wrong("no CPUs", "write `[0]`"));
        Facts {
            mentions: self.0.0.is_empty().then(none).into_iter().collect(),
            effects: vec![],
            touches: vec![Touch::Itself],
            abilities: vec![],
            by_hand: ByHand::Itself,
            maker: Maker::Executor,
            memory: None,
        }
    }
}
