//! Namespaces: a new one, another process's, and a descriptor of one.

use super::super::general::with_help;
use super::super::need::Ability;
use super::super::spelling::quoted;
use super::super::suggest::suggest;
use super::super::{Many, Ns, One};
use super::define::{Define, verb};
use super::says::{ByHand, Effect, Facts, Locator, MadeIn, Maker, Mention, Mentions, MustExist, Touch};
use schemars::JsonSchema;
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

verb! {
    TimensOffsets,
    "`{ boottime: 86400, monotonic: 3600 }`",
    "writes `/proc/self/timens_offsets`, in seconds; after `unshare: [time]`, and before the first child"
}

/// Offsets of the clocks of a time namespace (`time_namespaces(7)`). At least one is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimensOffsets {
    /// What is added to the time since the machine was started, in seconds.
    pub boottime: Option<i64>,
    /// The same for the monotonic clock.
    pub monotonic: Option<i64>,
    /// The same for the calendar, which the kernel refuses.
    pub realtime: Option<i64>,
}

impl TimensOffsets {
    /// The text that is written: a line `CLOCK SECONDS NANOSECONDS` for each.
    pub fn text(&self) -> String {
        let clocks =
            [("boottime", self.boottime), ("monotonic", self.monotonic), ("realtime", self.realtime)];
        let line = |(clock, seconds): (&str, Option<i64>)| Some(format!("{clock} {} 0", seconds?));
        clocks.into_iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }
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

impl Define for TimensOffsets {
    fn plan(&self) -> String {
        format!("write {} to /proc/self/timens_offsets", quoted(&self.text().replace('\n', ", ")))
    }

    fn facts(&self) -> Facts<'_> {
        let mut mentions = Vec::new();
        if self.text().is_empty() {
            mentions.push((Locator::object(), Mention::wrong("no offsets", "write `{ boottime: 86400 }`")));
        }
        if self.realtime.is_some() {
            let message = "the kernel has no offset for the calendar";
            let help = "write `boottime` or `monotonic`, or add `fails: EINVAL`";
            mentions.push((Locator::object().field("realtime"), Mention::refused(message, help)));
        }
        Facts {
            mentions,
            effects: vec![],
            touches: vec![Touch::Namespace(Ns::TimeForChildren, "timens_offsets")],
            abilities: vec![],
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
