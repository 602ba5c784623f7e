//! Where paths begin: the root directory and the working directory.

use super::super::need::Ability;
use super::define::{Define, verb};
use super::says::{ByHand, Effect, Facts, Locator, Maker, Mention, PathUse, Touch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

verb! {
    Chroot(String), "`PATH`", "`chroot(2)`"
}
verb! {
    Chdir(String), "`PATH`", "`chdir(2)`"
}
verb! {
    PivotRoot, "`{ new: PATH, old: PATH }`", "`pivot_root(2)`"
}

/// `pivot_root(2)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PivotRoot {
    /// The new root.
    pub new: String,
    /// Where the old root goes.
    pub old: String,
}

impl Define for Chroot {
    fn plan(&self) -> String {
        format!("chroot({})", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: vec![(Locator::object(), Mention::Path(&self.0, PathUse::Visit))],
            effects: vec![Effect::Chroots(&self.0)],
            touches: vec![Touch::Itself],
            abilities: vec![],
            by_hand: ByHand::Root,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

impl Define for Chdir {
    fn plan(&self) -> String {
        format!("chdir({})", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: vec![(Locator::object(), Mention::Path(&self.0, PathUse::Enter))],
            effects: vec![],
            touches: vec![Touch::Itself],
            abilities: vec![],
            by_hand: ByHand::Shell,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

impl Define for PivotRoot {
    fn plan(&self) -> String {
        format!("pivot_root({}, {})", self.new, self.old)
    }

    fn facts(&self) -> Facts<'_> {
        let path = |key, path| (Locator::object().field(key), Mention::Path(path, PathUse::Visit));
        Facts {
            mentions: vec![path("new", &self.new), path("old", &self.old)],
            effects: vec![Effect::PivotsRoot],
            touches: vec![Touch::MountPoint(&self.new, "pivot_root")],
            abilities: vec![Ability::PivotRoot],
            by_hand: ByHand::Root,
            maker: Maker::Executor,
            memory: None,
        }
    }
}
