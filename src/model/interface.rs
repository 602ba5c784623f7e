//! A network interface as one line of text: `probe` writes it beside the table that people read, and drawings read it again.

use std::fmt;

/// What the kernel says of an interface in one answer (`rtnetlink(7)`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// Its number in its network namespace.
    pub index: u32,
    /// Its name there.
    pub name: String,
    /// Somebody has switched it on (`IFF_UP`).
    pub up: bool,
    /// It has a carrier (`IFF_LOWER_UP`).
    pub lower_up: bool,
    /// The operational state in a word (RFC 2863).
    pub state: String,
    /// The number of the other end of its cable, or of the interface below.
    pub link: Option<u32>,
    /// That one is in another network namespace (`IFLA_LINK_NETNSID`).
    pub elsewhere: bool,
    /// The number of the bridge that it is a port of.
    pub master: Option<u32>,
    /// The type: `veth`, `bridge`. A physical interface has none.
    pub kind: Option<String>,
    /// The number of the VXLAN that it is an end of.
    pub vni: Option<u32>,
    /// The largest packet, in bytes.
    pub mtu: u32,
    /// Packets received since it was made.
    pub rx_packets: u64,
    /// Packets sent since then.
    pub tx_packets: u64,
    /// IPv4 addresses with their prefix: `10.77.0.1/24`.
    pub addresses: Vec<String>,
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {} mtu {} state {}", self.index, self.name, self.mtu, self.state)?;
        for (set, word) in [(self.up, "up"), (self.lower_up, "lower_up")] {
            if set {
                write!(f, " flag {word}")?;
            }
        }
        if let Some(link) = self.link {
            write!(f, " {} {link}", if self.elsewhere { "link_elsewhere" } else { "link" })?;
        }
        self.master.iter().try_for_each(|master| write!(f, " master {master}"))?;
        self.kind.iter().try_for_each(|kind| write!(f, " kind {kind}"))?;
        self.vni.iter().try_for_each(|vni| write!(f, " vni {vni}"))?;
        write!(f, " rx_packets {} tx_packets {}", self.rx_packets, self.tx_packets)?;
        self.addresses.iter().try_for_each(|address| write!(f, " address {address}"))
    }
}

impl Interface {
    /// An interface from its line. Nothing for a line that is none.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let index = words.next()?.strip_suffix(':')?.parse().ok()?;
        let mut found = Interface { index, name: words.next()?.to_owned(), ..Interface::default() };
        while let (Some(key), Some(value)) = (words.next(), words.next()) {
            match key {
                "mtu" => found.mtu = value.parse().ok()?,
                "state" => value.clone_into(&mut found.state),
                "flag" => match value {
                    "up" => found.up = true,
                    "lower_up" => found.lower_up = true,
                    _ => return None,
                },
                "link" => found.link = Some(value.parse().ok()?),
                "link_elsewhere" => (found.link, found.elsewhere) = (Some(value.parse().ok()?), true),
                "master" => found.master = Some(value.parse().ok()?),
                "kind" => found.kind = Some(value.to_owned()),
                "vni" => found.vni = Some(value.parse().ok()?),
                "rx_packets" => found.rx_packets = value.parse().ok()?,
                "tx_packets" => found.tx_packets = value.parse().ok()?,
                "address" => found.addresses.push(value.to_owned()),
                _ => return None,
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let lo = Interface {
            index: 1,
            name: "lo".into(),
            mtu: 65536,
            state: "down".into(),
            ..Interface::default()
        };
        assert_eq!(lo.to_string(), "1: lo mtu 65536 state down rx_packets 0 tx_packets 0");
        let cable = Interface {
            index: 2,
            name: "to-right".into(),
            up: true,
            lower_up: true,
            state: "up".into(),
            link: Some(2),
            elsewhere: true,
            master: Some(4),
            kind: Some("veth".into()),
            vni: Some(7),
            mtu: 1500,
            rx_packets: 7,
            tx_packets: 8,
            addresses: vec!["10.77.0.1/24".into(), "10.78.0.1/24".into()],
        };
        let near = Interface { elsewhere: false, lower_up: false, ..cable.clone() };
        for interface in [lo, cable, near] {
            assert_eq!(Interface::parse(&interface.to_string()), Some(interface));
        }
    }

    #[test]
    fn other_lines_are_none() {
        for line in ["", "lo up 127.0.0.1/8", "1: lo mtu many", "1: lo colour red", "x: lo"] {
            assert_eq!(Interface::parse(line), None, "{line}");
        }
    }
}
