//! Bridges, tunnels, and what else can be set of an interface.

use super::super::One;
use super::super::need::Ability;
use super::super::value::{HostAddress, MacAddress, Port};
use super::define::{Define, verb};
use super::link::on_links;
use super::says::{Facts, Locator, Mention, MustExist};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest network identifier of a VXLAN: it has 24 bits (RFC 7348).
const MOST_VNI: u32 = (1 << 24) - 1;
/// What a bridge, a veth and a VXLAN take as their MTU, in bytes (`linux/if_ether.h`).
const MTU: std::ops::RangeInclusive<u32> = 68..=65_535;
/// The UDP port of VXLAN (RFC 7348). The kernel's own default is an older one.
pub const VXLAN_PORT: u16 = 4789;

verb! {
    Bridge(String), "`br0`", "makes a bridge, a switch in software; it is off"
}
verb! {
    Master(One<String>), "`{ to-left: br0 }`", "makes an interface a port of a bridge"
}
verb! {
    Nomaster(String), "`to-left`", "takes it out of its bridge"
}
verb! {
    MoveLink(One<String>), "`{ eth1: BOX }`", "moves an interface into the network namespace of that box; it is off there"
}
verb! {
    Mac(One<MacAddress>), "`{ eth0: \"02:00:00:00:00:01\" }`", "gives an interface this hardware address"
}
verb! {
    Mtu(One<u32>), "`{ eth0: 1450 }`", "sets the largest packet, in bytes, that an interface sends whole"
}
verb! {
    Vxlan, "`{ name: vxlan0, id: 42, local: 192.0.2.1 }`", "makes one end of a VXLAN: Ethernet frames in UDP; it is off"
}
verb! {
    Fdb, "`{ dev: vxlan0, mac: \"00:00:00:00:00:00\", to: 192.0.2.2 }`", "adds an entry to the forwarding table of a VXLAN: frames for that address go to that host"
}

/// One end of a VXLAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vxlan {
    /// Its interface.
    pub name: String,
    /// The network identifier (VNI), the same at both ends.
    pub id: u32,
    /// The address of this host, from which it sends.
    pub local: HostAddress,
    /// The only other host; without it, entries of the forwarding table say who has which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<HostAddress>,
    /// The UDP port, 4789 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<Port>,
}

/// An entry of a forwarding table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fdb {
    /// The interface of the VXLAN.
    pub dev: String,
    /// The hardware address; with `00:00:00:00:00:00` it is for broadcasts and for every address that has no entry.
    pub mac: MacAddress,
    /// The host that has it.
    pub to: HostAddress,
}

impl Vxlan {
    /// The UDP port that applies.
    pub fn udp_port(&self) -> u16 {
        self.port.map_or(VXLAN_PORT, u16::from)
    }
}

impl Define for Bridge {
    fn plan(&self) -> String {
        format!("add bridge {}", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        let mentions = vec![(Locator::object(), Mention::Interface(&self.0))];
        Facts { abilities: vec![Ability::Bridge], ..on_links(mentions) }
    }
}

impl Define for Master {
    fn plan(&self) -> String {
        format!("make {} a port of {}", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        let One(port, bridge) = &self.0;
        let mentions = vec![
            (Locator::object().key(0), Mention::Interface(port)),
            (Locator::object().value(0), Mention::Interface(bridge)),
        ];
        on_links(mentions)
    }
}

impl Define for Nomaster {
    fn plan(&self) -> String {
        format!("take {} out of its bridge", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_links(vec![(Locator::object(), Mention::Interface(&self.0))])
    }
}

impl Define for MoveLink {
    fn plan(&self) -> String {
        format!("move {} into the network namespace of {}", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        let One(name, of) = &self.0;
        let mentions = vec![
            (Locator::object().key(0), Mention::Interface(name)),
            (Locator::object().value(0), Mention::Box(of, MustExist::Now)),
        ];
        on_links(mentions)
    }
}

impl Define for Mac {
    fn plan(&self) -> String {
        format!("set the hardware address of {} to {}", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        on_links(vec![(Locator::object().key(0), Mention::Interface(&self.0.0))])
    }
}

impl Define for Mtu {
    fn plan(&self) -> String {
        format!("set the MTU of {} to {} bytes", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        let One(name, bytes) = &self.0;
        let mut mentions = vec![(Locator::object().key(0), Mention::Interface(name))];
        if !MTU.contains(bytes) {
            let help = format!("write {} to {}", MTU.start(), MTU.end());
            let wrong = Mention::refused(format!("{bytes} bytes is no MTU of an interface here"), help);
            mentions.push((Locator::object().value(0), wrong));
        }
        on_links(mentions)
    }
}

impl Define for Vxlan {
    fn plan(&self) -> String {
        let to = self.remote.map_or_else(String::new, |remote| format!(" to {remote}"));
        format!(
            "add vxlan {}, VNI {}, from {}{to}, UDP port {}",
            self.name,
            self.id,
            self.local,
            self.udp_port()
        )
    }

    fn facts(&self) -> Facts<'_> {
        let at = |key| Locator::object().field(key);
        let mut mentions = vec![(at("name"), Mention::Interface(&self.name))];
        if self.id > MOST_VNI {
            let help = format!("write 0 to {MOST_VNI}: it has 24 bits");
            mentions.push((at("id"), Mention::wrong(format!("{} is no network identifier", self.id), help)));
        }
        Facts { abilities: vec![Ability::Vxlan], ..on_links(mentions) }
    }
}

impl Define for Fdb {
    fn plan(&self) -> String {
        format!("send frames for {} on {} to {}", self.mac, self.dev, self.to)
    }

    fn facts(&self) -> Facts<'_> {
        on_links(vec![(Locator::object().field("dev"), Mention::Interface(&self.dev))])
    }
}
