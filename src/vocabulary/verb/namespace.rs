//! Namespaces: a new one, another process's, and a descriptor of one.

use super::super::general::with_help;
use super::super::need::Ability;
use super::super::suggest::suggest;
use super::super::{Many, Ns, One};
use super::define::{Define, verb};
use super::says::{ByHand, Effect, Facts, Locator, MadeIn, Maker, Mention, Mentions, MustExist, Touch};
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};

verb! {
    Unshare(Many<Ns>), "`[uts, net]`", "`unshare(2)`; for `pid` and `time` it is the children that move"
}
verb! {
    Setns(One<String, NsType>), "`{ uts: BOX }`", "enters a box's namespace, by the descriptor it holds or by `/proc/PID/ns`"
}
verb! {
    Hold(One<String, NsType>), "`{ uts: BOX }`", "opens a box's namespace without entering it"
}

/// A type of namespace in front of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct NsType(pub Ns);

impl<'de> Deserialize<'de> for NsType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ns::named(&word).map(NsType).ok_or_else(|| {
            let help = suggest(&word, Ns::ALL.iter().map(|ns| ns.word())).unwrap_or_default();
            de::Error::custom(with_help(&format!("unknown type of namespace `{word}`"), &help))
        })
    }
}

/// What making namespaces of these types takes.
pub(super) fn abilities(types: &[Ns]) -> Vec<Ability> {
    types.iter().filter_map(|ns| Ability::to_make(*ns)).collect()
}

/// A namespace's owner is a box that exists, or whose namespace the actor holds.
fn owner(of: &str) -> Mentions<'_> {
    vec![(Locator::object().value(0), Mention::Box(of, MustExist::NowOrHeld))]
}

impl Define for Unshare {
    fn plan(&self) -> String {
        format!("unshare({})", Ns::flag_names(&self.0.0))
    }

    fn facts(&self) -> Facts<'_> {
        let mut mentions = vec![(Locator::object(), Mention::Namespaces(&self.0.0, MadeIn::Unshare))];
        if self.0.0.is_empty() {
            mentions.push((Locator::object(), Mention::wrong("no namespaces", "write `[uts]`")));
        }
        Facts {
            mentions,
            effects: vec![],
            touches: vec![Touch::OfTheRun],
            abilities: abilities(&self.0.0),
            by_hand: ByHand::Shell,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

impl Define for Setns {
    fn plan(&self) -> String {
        let One(NsType(ns), of) = &self.0;
        format!("setns(/proc/<{of}>/ns/{}, {})", ns.link(), ns.flag_name())
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: owner(&self.0.1),
            effects: vec![Effect::Joins],
            touches: vec![Touch::OfTheRun],
            abilities: vec![],
            by_hand: ByHand::Shell,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

impl Define for Hold {
    fn plan(&self) -> String {
        let One(NsType(ns), of) = &self.0;
        format!("open(/proc/<{of}>/ns/{}) and keep it open", ns.link())
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: owner(&self.0.1),
            effects: vec![Effect::Holds(&self.0.1)],
            touches: vec![Touch::OfTheRun],
            abilities: vec![],
            by_hand: ByHand::KeepsOpen,
            maker: Maker::Executor,
            memory: None,
        }
    }
}
