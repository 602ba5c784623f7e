//! The reader's network namespace, and what a server in it says.

use super::super::general::{misfit, text_value};
use super::super::scalar::Ns;
use super::super::suggest::suggest;
use super::super::value::SocketName;
use super::super::yields::Yields;
use super::define::{Define, Facts, Opens, PathOf, ReadBy, Varies, at_the_viewpoint, reader};
use std::fmt;
use std::net::SocketAddrV4;
use std::str::FromStr;

reader! { UnixAnswer(SocketName), "The name of a UNIX domain socket." }
reader! { Interfaces, "The interfaces of the reader's network namespace." }
reader! { Routes, "Its IPv4 routes." }
reader! { Neighbours, "Its neighbours (ARP)." }
reader! { BridgePorts, "The ports of its bridges." }
reader! { Forwarding, "The forwarding tables of its bridges and VXLANs." }
reader! { NftRules, "Its rules of nftables." }
reader! { Conntrack, "Its tracked connections." }

/// One value of an interface, `INTERFACE/FIELD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkField {
    /// The interface.
    pub interface: String,
    /// Which value.
    pub value: LinkValue,
}

/// The address of a server, `ADDRESS:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpAnswer(pub SocketAddrV4);

macro_rules! link_values {
    ($($name:ident: $word:literal, $counter:literal;)*) => {
        /// A value that an interface has (`rtnetlink(7)`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs)] // the words say it
        pub enum LinkValue {
            $($name,)*
        }

        impl LinkValue {
            /// All of them.
            pub const ALL: &[LinkValue] = &[$(LinkValue::$name,)*];

            /// The word that an author writes.
            pub fn word(self) -> &'static str {
                match self { $(LinkValue::$name => $word,)* }
            }

            /// Whether it counts packets or bytes, and so never falls.
            pub fn counter(self) -> bool {
                match self { $(LinkValue::$name => $counter,)* }
            }
        }
    };
}

link_values! {
    Index: "index", false;
    Peer: "peer", false;
    Mtu: "mtu", false;
    RxPackets: "rx_packets", true;
    TxPackets: "tx_packets", true;
    RxBytes: "rx_bytes", true;
    TxBytes: "tx_bytes", true;
}

/// What is wrong with the name of an interface (`netdevice(7)`), and advice: up to 15 bytes, no `/`, no blanks.
pub fn wrong_interface(name: &str) -> Option<(String, &'static str)> {
    let good = (1..=15).contains(&name.len())
        && !name.contains(['/', ':'])
        && !name.contains(char::is_whitespace)
        && ![".", ".."].contains(&name);
    (!good).then(|| {
        let message = format!("`{name}` is not the name of an interface");
        (message, "use up to 15 characters without spaces, `/` or `:`, such as `eth0`")
    })
}

impl FromStr for LinkField {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((interface, word)) = text.split_once('/') else {
            let message = format!("`{text}` names no field");
            return Err(misfit(&message, "write INTERFACE/FIELD: `eth0/tx_packets`", text));
        };
        if let Some((message, help)) = wrong_interface(interface) {
            return Err(misfit(&message, help, text));
        }
        let value = LinkValue::ALL.iter().copied().find(|value| value.word() == word);
        let value = value.ok_or_else(|| {
            let help = suggest(word, LinkValue::ALL.iter().map(|value| value.word()));
            misfit(&format!("unknown field `{word}`"), &help.unwrap_or_default(), word)
        })?;
        Ok(LinkField { interface: interface.to_owned(), value })
    }
}

impl fmt::Display for LinkField {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.interface, self.value.word())
    }
}

text_value!(LinkField);

impl FromStr for TcpAnswer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<SocketAddrV4>() {
            Ok(address) if address.port() == 0 => {
                Err(misfit("port 0 means any free port", "write a number from 1 to 65535, such as 8080", ""))
            }
            Ok(address) => Ok(TcpAnswer(address)),
            Err(_) => {
                let message = format!("`{text}` is not an address with a port");
                Err(misfit(&message, "write `127.0.0.1:8080`", ""))
            }
        }
    }
}

impl fmt::Display for TcpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(TcpAnswer);

/// What the reader's network namespace decides.
fn of_the_network<R>(yields: Yields) -> Facts<'static, R> {
    at_the_viewpoint(yields, Some(Ns::Net))
}

impl Define for Interfaces {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "network interfaces".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_the_network(Yields::Rows(&["name", "state", "flags", "address"]))
    }
}

impl Define for Routes {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "IPv4 routes".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_the_network(Yields::Rows(&["to", "via", "dev"]))
    }
}

impl Define for Neighbours {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "neighbours (ARP)".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_the_network(Yields::Rows(&["to", "dev", "mac"]))
    }
}

impl Define for BridgePorts {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "ports of bridges".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_the_network(Yields::Rows(&["port", "bridge", "state"]))
    }
}

impl Define for Forwarding {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "forwarding table".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_the_network(Yields::Rows(&["mac", "dev", "to", "kind"]))
    }
}

impl Define for NftRules {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "rules of nftables".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_the_network(Yields::Rows(&["table", "chain", "rule", "packets"]))
    }
}

impl Define for Conntrack {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "tracked connections".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_the_network(Yields::Rows(&["protocol", "from", "to", "reply_from", "reply_to"]))
    }
}

impl Define for LinkField {
    const OBJECT: &'static str = "`eth0/tx_packets`";

    fn words(&self) -> String {
        format!("{} of interface {}", self.value.word(), self.interface)
    }

    fn facts(&self) -> Facts<'_, Self> {
        let varies = if self.value.counter() { Varies::Grows } else { Varies::Freely };
        Facts { varies, ..of_the_network(Yields::Number(None)) }
    }
}

impl Define for TcpAnswer {
    const OBJECT: &'static str = "`127.0.0.1:8080`";

    fn words(&self) -> String {
        format!("the answer of {self} (TCP)")
    }

    fn facts(&self) -> Facts<'_, Self> {
        Facts { read_by: ReadBy::Process, ..of_the_network(Yields::Any) }
    }
}

impl Define for UnixAnswer {
    const OBJECT: &'static str = "`\"@door\"`, or `PATH`";

    fn words(&self) -> String {
        format!("the answer of {} (UNIX socket)", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        let connects = Facts { read_by: ReadBy::Process, ..of_the_network(Yields::Any) };
        match &self.0 {
            SocketName::Abstract(_) => connects,
            // The mount table decides what is there, as for every file.
            SocketName::Path(path) => Facts {
                path: Some(PathOf { path, key: "path", opens: Opens::Itself }),
                namespace: None,
                ..connects
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_they_are_read() {
        for text in ["eth0/peer", "to-left/rx_bytes"] {
            assert_eq!(text.parse::<LinkField>().expect(text).to_string(), text);
        }
        assert_eq!("127.0.0.1:80".parse::<TcpAnswer>().expect("an address").to_string(), "127.0.0.1:80");
        for wrong in ["eth0", "eth0/tx_bits", "a name/peer", "../peer"] {
            assert!(wrong.parse::<LinkField>().is_err(), "{wrong}");
        }
        for wrong in ["localhost:80", "127.0.0.1:0", "127.0.0.1"] {
            assert!(wrong.parse::<TcpAnswer>().is_err(), "{wrong}");
        }
    }
}
