//! Ethernet frames that pass an interface while a step is made.

use super::super::general::{Many, short};
use super::super::scalar::Ns;
use super::super::yields::Yields;
use super::define::{Define, Facts, ReadBy, Varies};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

short! {
    /// The frames that pass an interface.
    Frames . /** The interface. */ interface: String {
        /** Only those that carry one of these, also within a VXLAN. */ only: Many<Carried>,
        /** With their hardware addresses. */ mac: bool,
    }
}

macro_rules! carried {
    ($($name:ident: $word:literal;)*) => {
        /// A protocol that a frame carries.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[allow(missing_docs)] // the words say it
        pub enum Carried {
            $(#[serde(rename = $word)] $name,)*
        }

        impl fmt::Display for Carried {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(match self { $(Carried::$name => $word,)* })
            }
        }
    };
}

carried! {
    Arp: "arp";
    Icmp: "icmp";
    Icmp6: "icmp6";
    Tcp: "tcp";
    Udp: "udp";
}

/// The columns: first those without hardware addresses.
const COLUMNS: &[&str] = &[
    "direction",
    "protocol",
    "source",
    "destination",
    "info",
    "length",
    "vni",
    "inner_protocol",
    "inner_source",
    "inner_destination",
    "inner_info",
    "more",
    "source_mac",
    "destination_mac",
    "inner_source_mac",
    "inner_destination_mac",
];
const WITHOUT_MAC: usize = 12;

impl Frames {
    /// The protocols that are shown; none for all of them.
    pub fn only(&self) -> &[Carried] {
        self.only.as_ref().map_or(&[], |only| &only.0)
    }

    /// Whether hardware addresses are shown.
    pub fn has_mac(&self) -> bool {
        self.mac == Some(true)
    }
}

impl Define for Frames {
    const OBJECT: &'static str = "`eth0`, or `{ interface: eth0, only: [arp, icmp], mac: true }`";

    fn words(&self) -> String {
        let only: Vec<String> = self.only().iter().map(ToString::to_string).collect();
        let only = if only.is_empty() { String::new() } else { format!(" ({})", only.join(", ")) };
        format!("frames{only} on interface {}", self.interface)
    }

    fn facts(&self) -> Facts<'_, Self> {
        Facts {
            yields: Yields::Rows(if self.has_mac() { COLUMNS } else { &COLUMNS[..WITHOUT_MAC] }),
            varies: Varies::Freely,
            about: None,
            path: None,
            read_by: ReadBy::Capture,
            namespace: Some(Ns::Net),
            from_outside: None,
            personal: None,
        }
    }
}
