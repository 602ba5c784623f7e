//! Network interfaces, their addresses, and routes.

use super::super::need::Ability;
use super::super::value::{Destination, HostAddress, Prefixed};
use super::super::{Ns, One};
use super::define::{Define, verb};
use super::says::{ByHand, Facts, Locator, Maker, Mention, Mentions, MustExist, Touch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

verb! {
    LinkUp(String), "`lo`", "switches an interface on"
}
verb! {
    LinkDown(String), "`eth0`", "switches it off"
}
verb! {
    Veth, "`{ name: eth0, peer: { BOX: eth0 } }`", "a cable; the other end is made in that box's namespace"
}
verb! {
    Address(One<Prefixed>), "`{ eth0: 10.77.0.1/24 }`", "gives an interface an IPv4 address"
}
verb! {
    Route(One<HostAddress, Destination>), "`{ default: 10.77.0.1 }`", "adds a route: destination, gateway"
}

/// A cable: two interfaces, each the other end of the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Veth {
    /// The end in the caller's network namespace.
    pub name: String,
    /// The other end: the box in whose network namespace it is made, and its name there.
    pub peer: One<String>,
}

/// A verb that changes interfaces or routes.
pub(super) fn on_links(mentions: Mentions<'_>) -> Facts<'_> {
    Facts {
        mentions,
        effects: vec![],
        touches: vec![Touch::Namespace(Ns::Net, "a change of links or routes")],
        abilities: vec![],
        by_hand: ByHand::Shell,
        maker: Maker::Executor,
        memory: None,
    }
}

impl Define for LinkUp {
    fn plan(&self) -> String {
        format!("set link {} up", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_links(vec![(Locator::object(), Mention::Interface(&self.0))])
    }
}

impl Define for LinkDown {
    fn plan(&self) -> String {
        format!("set link {} down", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_links(vec![(Locator::object(), Mention::Interface(&self.0))])
    }
}

impl Define for Veth {
    fn plan(&self) -> String {
        format!("add veth {}, its peer {} in {}", self.name, self.peer.1, self.peer.0)
    }

    fn facts(&self) -> Facts<'_> {
        let One(of, peer) = &self.peer;
        let at = |key| Locator::object().field(key);
        let mentions = vec![
            (at("name"), Mention::Interface(&self.name)),
            (at("peer").key(0), Mention::Box(of, MustExist::Now)),
            (at("peer").value(0), Mention::Interface(peer)),
        ];
        Facts { abilities: vec![Ability::Veth], ..on_links(mentions) }
    }
}

impl Define for Address {
    fn plan(&self) -> String {
        format!("add address {} to {}", self.0.1, self.0.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_links(vec![(Locator::object().key(0), Mention::Interface(&self.0.0))])
    }
}

impl Define for Route {
    fn plan(&self) -> String {
        format!("add route {} via {}", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        on_links(vec![])
    }
}
