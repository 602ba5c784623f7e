//! Network traffic.

use super::super::general::short;
use super::super::spelling::{quoted, spell};
use super::super::value::{Endpoint, HostAddress, Port};
use super::super::{Ns, Val};
use super::define::{Define, verb};
use super::says::{ByHand, Facts, Locator, Maker, Mention, Mentions, Touch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

short! {
    /// ICMP echo requests.
    Ping . /** The address. */ to: HostAddress {
        /** How many, 1 if absent. */ count: u32,
        /** How long to wait for the answers, 1s if absent. */ wait: Val,
        /** How many bytes each carries after its ICMP header, 0 to 65507; 32 if absent. */ size: u32,
        /** Sent with the flag *do not fragment* (`IP_PMTUDISC_DO`): what is larger than the MTU of the way is refused with `EMSGSIZE`. */ dont_fragment: bool,
    }
}
verb! {
    Ping,
    "`127.0.0.1`, or `{ to: …, count: 3, wait: 3s, size: 1472, dont_fragment: true }`",
    "ICMP echo requests, as `ping(8)` sends them: `size` is its `-s`, `dont_fragment` its `-M do`"
}
verb! {
    Listen(Port), "`8080`", "a TCP socket that stays open"
}
verb! {
    Connect(Endpoint), "`127.0.0.1:8080`", "connects by TCP, and closes"
}
verb! {
    Send, "`{ to: 127.0.0.1:53, text: hello }`", "a UDP datagram"
}

/// A datagram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// `ADDRESS:PORT`.
    pub to: Endpoint,
    /// What it carries.
    pub text: String,
}

/// The largest payload of an echo request, in bytes: an IPv4 packet has at most 65535, of which 20 are its header and 8 that of ICMP (`ping(8)`).
const PING_PAYLOAD: u32 = 65507;

/// A verb that reaches anybody who listens in the network namespace.
fn traffic<'a>(mentions: Mentions<'a>, by_hand: ByHand<'a>) -> Facts<'a> {
    Facts {
        mentions,
        effects: vec![],
        touches: vec![Touch::Through(Ns::Net, "network traffic")],
        abilities: vec![],
        by_hand,
        maker: Maker::Executor,
        memory: None,
    }
}

impl Define for Ping {
    fn plan(&self) -> String {
        let mut plan = match self.count.unwrap_or(1) {
            1 => format!("ping {} (1 echo request", self.to),
            n => format!("ping {} ({n} echo requests", self.to),
        };
        if let Some(size) = self.size {
            let _ = write!(plan, ", {size} bytes");
        }
        if self.dont_fragment == Some(true) {
            plan += ", do not fragment";
        }
        if let Some(wait) = &self.wait {
            let _ = write!(plan, ", wait {}", spell(wait));
        }
        plan + ")"
    }

    fn facts(&self) -> Facts<'_> {
        let at = |key| Locator::object().field(key);
        let count = self.count.filter(|count| !(1..=100).contains(count));
        let count = count.map(|n| (at("count"), Mention::wrong(format!("{n} requests"), "write 1 to 100")));
        let wait = self.wait.as_ref().map(|wait| (at("wait"), Mention::Time(wait)));
        let size = self.size.filter(|size| *size > PING_PAYLOAD);
        let size = size.map(|n| (at("size"), Mention::wrong(format!("{n} bytes"), "write 0 to 65507")));
        traffic(count.into_iter().chain(wait).chain(size).collect(), ByHand::Shell)
    }
}

impl Define for Listen {
    fn plan(&self) -> String {
        format!("bind and listen on TCP port {}", u16::from(self.0))
    }

    fn facts(&self) -> Facts<'_> {
        traffic(vec![], ByHand::KeepsOpen)
    }
}

impl Define for Connect {
    fn plan(&self) -> String {
        format!("connect to {} (TCP)", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        traffic(vec![], ByHand::Shell)
    }
}

impl Define for Send {
    fn plan(&self) -> String {
        format!("sendto {}: {} (UDP)", self.to, quoted(&self.text))
    }

    fn facts(&self) -> Facts<'_> {
        traffic(vec![], ByHand::Shell)
    }
}
