//! Other addresses for packets on their way, and sysctls.

use super::super::general::{misfit, short, text_value};
use super::super::need::Ability;
use super::super::spelling::spell;
use super::super::value::{Endpoint, Port, Prefixed};
use super::super::{Ns, One, Val};
use super::define::{Define, verb};
use super::says::{ByHand, Facts, FilePart, Locator, Maker, Mention, Mentions, PathUse, Touch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

short! {
    /// Packets that leave by an interface get that interface's address as their source (masquerade).
    Nat . /** The interface. */ out: String {
        /** Only those from this network. */ from: Prefixed,
    }
}
verb! {
    Nat, "`wan`, or `{ out: wan, from: 10.88.0.0/24 }`", "what leaves by that interface gets its address as the source: masquerade, one rule of nftables"
}
verb! {
    Publish, "`{ port: 8080, to: 10.88.0.2:80 }`", "what comes for that TCP port goes to that address: dnat, one rule of nftables"
}
verb! {
    Sysctl(One<Val, SysctlName>), "`{ net.ipv4.ip_forward: 1 }`", "sets a sysctl of a namespace"
}

/// A port that leads to another address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The TCP port that is asked for.
    pub port: Port,
    /// Where it leads.
    pub to: Endpoint,
    /// For connections of this host's own programs instead of those that come in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// The name of a sysctl, `net.ipv4.ip_forward`, with its file below `/proc/sys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SysctlName {
    name: String,
    file: String,
}

impl SysctlName {
    /// Its file.
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl FromStr for SysctlName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let good = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        };
        if !text.contains('.') || !text.split('.').all(good) {
            let message = format!("`{text}` is not the name of a sysctl");
            return Err(misfit(&message, "write it with dots: `net.ipv4.ip_forward`", text));
        }
        Ok(SysctlName { name: text.to_owned(), file: format!("/proc/sys/{}", text.replace('.', "/")) })
    }
}

impl fmt::Display for SysctlName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name)
    }
}

text_value!(SysctlName);

/// A verb that adds a rule for packets.
fn on_rules(mentions: Mentions<'_>) -> Facts<'_> {
    Facts {
        mentions,
        effects: vec![],
        touches: vec![Touch::Namespace(Ns::Net, "a rule for packets")],
        abilities: vec![Ability::Nat],
        by_hand: ByHand::Shell,
        maker: Maker::Executor,
        memory: None,
    }
}

impl Define for Nat {
    fn plan(&self) -> String {
        let from = self.from.map_or_else(String::new, |from| format!("ip saddr {from} "));
        format!("nft add rule ip nat postrouting {from}oifname {} counter masquerade", self.out)
    }

    fn facts(&self) -> Facts<'_> {
        on_rules(vec![(Locator::object().field("out"), Mention::Interface(&self.out))])
    }
}

impl Define for Publish {
    fn plan(&self) -> String {
        let chain = if self.own { "output" } else { "prerouting" };
        format!("nft add rule ip nat {chain} tcp dport {} counter dnat to {}", u16::from(self.port), self.to)
    }

    fn facts(&self) -> Facts<'_> {
        on_rules(vec![])
    }
}

impl Define for Sysctl {
    fn plan(&self) -> String {
        format!("set sysctl {} to {}", self.0.0, spell(&self.0.1))
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            mentions: vec![(Locator::object().key(0), Mention::Path(self.0.0.file(), PathUse::Change))],
            effects: vec![],
            touches: vec![Touch::File(self.0.0.file(), FilePart::Content)],
            abilities: vec![Ability::Sysctl],
            by_hand: ByHand::Shell,
            maker: Maker::Executor,
            memory: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sysctl_has_a_file() {
        let name: SysctlName = "net.ipv4.ip_forward".parse().expect("a name");
        assert_eq!(
            (name.file(), name.to_string().as_str()),
            ("/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward")
        );
        for wrong in ["ip_forward", "net..x", "net/ipv4", "net.ipv4./", "../kernel.hostname", ""] {
            assert!(wrong.parse::<SysctlName>().is_err(), "{wrong}");
        }
    }
}
