//! Rules of nftables, as the kernel keeps them: a list of expressions that load, compare and act (`linux/netfilter/nf_tables.h`). They are
//! written to bytes for the kernel, read back from what it says, and put into words as `nft(8)` writes them. Pure.

use super::attributes::{Parts, attribute, nested, number};
use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;

/// The first two 16-byte registers.
const REGISTER_1: u32 = 1;
const REGISTER_2: u32 = 2;
/// Names of interfaces are compared as a whole, with what fills them up (`IFNAMSIZ`).
const INTERFACE_NAME: usize = 16;

/// What a packet is asked for besides its bytes (`NFT_META_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the kernel's
pub enum Meta {
    IifName,
    OifName,
    L4Proto,
    Other(u32),
}

impl Meta {
    fn number(self) -> u32 {
        match self {
            Meta::IifName => 6,
            Meta::OifName => 7,
            Meta::L4Proto => 16,
            Meta::Other(number) => number,
        }
    }

    fn of(number: u32) -> Self {
        match number {
            6 => Meta::IifName,
            7 => Meta::OifName,
            16 => Meta::L4Proto,
            other => Meta::Other(other),
        }
    }
}

/// Where bytes of a packet are counted from (`NFT_PAYLOAD_…_HEADER`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Base {
    Link,
    Network,
    Transport,
}

/// One expression of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// Loads a property of the packet.
    Meta(Meta),
    /// Loads bytes of the packet.
    Payload {
        /// From where.
        base: Base,
        /// The first byte.
        offset: u32,
        /// How many.
        length: u32,
    },
    /// Keeps these bits of what was loaded.
    Mask(Vec<u8>),
    /// Goes on only if what was loaded is this, or is not.
    Compare {
        /// Whether it must be equal.
        equal: bool,
        /// With what.
        with: Vec<u8>,
    },
    /// Counts what has come this far.
    Counter {
        /// Packets.
        packets: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// Loads a value for `Dnat`.
    Immediate {
        /// Into which register.
        register: u32,
        /// The value.
        value: Vec<u8>,
    },
    /// Writes the address of the interface that the packet leaves by into its source.
    Masquerade,
    /// Writes another destination: the address in register 1, and the port in register 2 if there is one.
    Dnat {
        /// Whether the port is written, too.
        port: bool,
    },
    /// One that is not told apart here, by its name.
    Other(String),
}

impl Expression {
    /// That a packet leaves by this interface.
    pub fn leaves_by(interface: &str) -> [Self; 2] {
        [Expression::Meta(Meta::OifName), Expression::compare(name(interface))]
    }

    /// That a packet came in by this interface.
    pub fn came_by(interface: &str) -> [Self; 2] {
        [Expression::Meta(Meta::IifName), Expression::compare(name(interface))]
    }

    /// That a packet comes from this network.
    pub fn from_network(address: Ipv4Addr, prefix: u8) -> Vec<Self> {
        // The source address stands at byte 12 of an IPv4 header (RFC 791).
        let mut all = vec![Expression::Payload { base: Base::Network, offset: 12, length: 4 }];
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        if prefix < 32 {
            all.push(Expression::Mask(mask.to_be_bytes().to_vec()));
        }
        all.push(Expression::compare((u32::from(address) & mask).to_be_bytes().to_vec()));
        all
    }

    /// That a packet goes to this TCP port.
    pub fn to_tcp_port(port: u16) -> [Self; 4] {
        [
            Expression::Meta(Meta::L4Proto),
            Expression::compare(vec![6]),
            // The destination port stands at byte 2 of a TCP header (RFC 9293).
            Expression::Payload { base: Base::Transport, offset: 2, length: 2 },
            Expression::compare(port.to_be_bytes().to_vec()),
        ]
    }

    /// A counter that begins with 0.
    pub fn counter() -> Self {
        Expression::Counter { packets: 0, bytes: 0 }
    }

    /// Another destination for the packet.
    pub fn dnat_to(address: Ipv4Addr, port: u16) -> [Self; 3] {
        [
            Expression::Immediate { register: REGISTER_1, value: address.octets().to_vec() },
            Expression::Immediate { register: REGISTER_2, value: port.to_be_bytes().to_vec() },
            Expression::Dnat { port: true },
        ]
    }

    fn compare(with: Vec<u8>) -> Self {
        Expression::Compare { equal: true, with }
    }

    /// Its name in the kernel.
    fn kind(&self) -> &str {
        match self {
            Expression::Meta(_) => "meta",
            Expression::Payload { .. } => "payload",
            Expression::Mask(_) => "bitwise",
            Expression::Compare { .. } => "cmp",
            Expression::Counter { .. } => "counter",
            Expression::Immediate { .. } => "immediate",
            Expression::Masquerade => "masq",
            Expression::Dnat { .. } => "nat",
            Expression::Other(name) => name,
        }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Expression::Meta(key) => [number(1, REGISTER_1), number(2, key.number())].concat(),
            Expression::Payload { base, offset, length } => {
                let base = match base {
                    Base::Link => 0,
                    Base::Network => 1,
                    Base::Transport => 2,
                };
                [number(1, REGISTER_1), number(2, base), number(3, *offset), number(4, *length)].concat()
            }
            Expression::Mask(mask) => [
                number(1, REGISTER_1),
                number(2, REGISTER_1),
                number(3, mask.len() as u32),
                value(4, mask),
                value(5, &vec![0; mask.len()]),
            ]
            .concat(),
            Expression::Compare { equal, with } => {
                [number(1, REGISTER_1), number(2, u32::from(!equal)), value(3, with)].concat()
            }
            Expression::Counter { packets, bytes } => {
                [attribute(1, &bytes.to_be_bytes()), attribute(2, &packets.to_be_bytes())].concat()
            }
            Expression::Immediate { register, value: bytes } => {
                [number(1, *register), value(2, bytes)].concat()
            }
            Expression::Masquerade | Expression::Other(_) => Vec::new(),
            Expression::Dnat { port } => {
                let port = if *port { number(5, REGISTER_2) } else { Vec::new() };
                // NFT_NAT_DNAT, NFPROTO_IPV4.
                [number(1, 1), number(2, 2), number(3, REGISTER_1), port].concat()
            }
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let parts = Parts::of(bytes);
        let name = parts.text(1)?;
        let data = Parts::of(parts.get(2).unwrap_or(&[]));
        Some(match name.as_str() {
            "meta" if data.get(1).is_some() => Expression::Meta(Meta::of(data.number(2)?)),
            "payload" if data.get(1).is_some() => {
                let base = match data.number(2)? {
                    0 => Base::Link,
                    1 => Base::Network,
                    2 => Base::Transport,
                    _ => return Some(Expression::Other(name)),
                };
                Expression::Payload { base, offset: data.number(3)?, length: data.number(4)? }
            }
            "bitwise" if data.get(4).is_some() => Expression::Mask(value_in(&data, 4)?),
            "cmp" if data.number(2)? <= 1 => {
                Expression::Compare { equal: data.number(2)? == 0, with: value_in(&data, 3)? }
            }
            "counter" => Expression::Counter { packets: data.long(2)?, bytes: data.long(1)? },
            "immediate" if value_in(&data, 2).is_some() => {
                Expression::Immediate { register: data.number(1)?, value: value_in(&data, 2)? }
            }
            "masq" => Expression::Masquerade,
            "nat" if data.number(1) == Some(1) => Expression::Dnat { port: data.get(5).is_some() },
            _ => Expression::Other(name),
        })
    }
}

fn name(interface: &str) -> Vec<u8> {
    let mut bytes = interface.as_bytes().to_vec();
    bytes.resize(INTERFACE_NAME, 0);
    bytes
}

/// A rule: its expressions in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule(pub Vec<Expression>);

impl Rule {
    /// The value of `NFTA_RULE_EXPRESSIONS`.
    pub fn encode(&self) -> Vec<u8> {
        let element = |expression: &Expression| {
            let kind = [expression.kind().as_bytes(), &[0]].concat();
            nested(1, &[attribute(1, &kind), nested(2, &expression.data())].concat())
        };
        self.0.iter().flat_map(element).collect()
    }

    /// A rule from that value. What has another shape becomes [`Expression::Other`].
    pub fn decode(bytes: &[u8]) -> Self {
        let read =
            |element: &[u8]| Expression::read(element).unwrap_or_else(|| Expression::Other("?".to_owned()));
        Rule(Parts::of(bytes).0.iter().map(|(_, element)| read(element)).collect())
    }

    /// The kernel's names of its expressions.
    pub fn kinds(&self) -> Vec<&str> {
        self.0.iter().map(Expression::kind).collect()
    }

    /// Packets and bytes of its first counter.
    pub fn counted(&self) -> Option<(u64, u64)> {
        self.0.iter().find_map(|expression| match expression {
            Expression::Counter { packets, bytes } => Some((*packets, *bytes)),
            Expression::Meta(_)
            | Expression::Payload { .. }
            | Expression::Mask(_)
            | Expression::Compare { .. }
            | Expression::Immediate { .. }
            | Expression::Masquerade
            | Expression::Dnat { .. }
            | Expression::Other(_) => None,
        })
    }
}

/// What register 1 holds.
#[derive(Clone, Copy, PartialEq)]
enum Loaded {
    Nothing,
    Meta(Meta),
    Payload(Base, u32, u32),
}

/// As `nft list ruleset` writes it, without the numbers of counters.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        let (mut loaded, mut mask) = (Loaded::Nothing, None);
        let mut values: BTreeMap<u32, &[u8]> = BTreeMap::new();
        for expression in &self.0 {
            match expression {
                Expression::Meta(key) => (loaded, mask) = (Loaded::Meta(*key), None),
                Expression::Payload { base, offset, length } => {
                    (loaded, mask) = (Loaded::Payload(*base, *offset, *length), None);
                }
                Expression::Mask(bits) => mask = Some(bits.as_slice()),
                // `tcp dport` says the protocol, too.
                Expression::Compare { equal: true, with } if loaded == Loaded::Meta(Meta::L4Proto) => {
                    words.push(protocol(with));
                }
                Expression::Compare { equal, with } => {
                    let not = if *equal { "" } else { "!= " };
                    let (what, value) = compared(loaded, mask, with);
                    words.push(format!("{what} {not}{value}"));
                }
                Expression::Counter { .. } => words.push("counter".to_owned()),
                Expression::Immediate { register, value } => drop(values.insert(*register, value)),
                Expression::Masquerade => words.push("masquerade".to_owned()),
                Expression::Dnat { port } => {
                    let address = values.get(&REGISTER_1).map_or_else(|| "?".to_owned(), |v| address(v));
                    let port = values.get(&REGISTER_2).filter(|_| *port).and_then(|v| v.first_chunk());
                    let port = port.map_or_else(String::new, |v| format!(":{}", u16::from_be_bytes(*v)));
                    words.push(format!("dnat to {address}{port}"));
                }
                Expression::Other(name) => words.push(format!("({name})")),
            }
        }
        // `tcp` before `dport` is part of it; alone it is `meta l4proto tcp`.
        f.write_str(&words.join(" ").replace("meta l4proto tcp th dport", "tcp dport"))
    }
}

fn protocol(number: &[u8]) -> String {
    let name = match number {
        [1] => "icmp".to_owned(),
        [6] => "tcp".to_owned(),
        [17] => "udp".to_owned(),
        other => format!("{other:?}"),
    };
    format!("meta l4proto {name}")
}

fn compared(loaded: Loaded, mask: Option<&[u8]>, with: &[u8]) -> (String, String) {
    let interface = || {
        let end = with.iter().position(|byte| *byte == 0).unwrap_or(with.len());
        format!("\"{}\"", String::from_utf8_lossy(&with[..end]))
    };
    let bits = |mask: &[u8]| mask.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let network = || match mask {
        Some(mask) => format!("{}/{}", address(with), bits(mask)),
        None => match with.len() {
            1..=3 => format!("{}/{}", address(with), with.len() * 8),
            _ => address(with),
        },
    };
    let port =
        || with.first_chunk().map_or_else(|| hexadecimal(with), |v| u16::from_be_bytes(*v).to_string());
    match loaded {
        Loaded::Meta(Meta::IifName) => ("iifname".to_owned(), interface()),
        Loaded::Meta(Meta::OifName) => ("oifname".to_owned(), interface()),
        // nft(8) compares the leading bytes of a network whose prefix ends between two bytes, without a mask.
        Loaded::Payload(Base::Network, 12, 1..=4) => ("ip saddr".to_owned(), network()),
        Loaded::Payload(Base::Network, 16, 1..=4) => ("ip daddr".to_owned(), network()),
        Loaded::Payload(Base::Transport, 0, 2) => ("th sport".to_owned(), port()),
        Loaded::Payload(Base::Transport, 2, 2) => ("th dport".to_owned(), port()),
        Loaded::Nothing | Loaded::Meta(Meta::L4Proto | Meta::Other(_)) | Loaded::Payload(..) => {
            ("(loaded)".to_owned(), hexadecimal(with))
        }
    }
}

fn address(bytes: &[u8]) -> String {
    let mut octets = [0; 4];
    for (octet, byte) in octets.iter_mut().zip(bytes) {
        *octet = *byte;
    }
    Ipv4Addr::from(octets).to_string()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{}", digits.concat())
}

/// `NFTA_DATA_VALUE` in an attribute.
fn value(kind: u16, bytes: &[u8]) -> Vec<u8> {
    nested(kind, &attribute(1, bytes))
}

/// What is in `NFTA_DATA_VALUE` of an attribute.
fn value_in(parts: &Parts, kind: u16) -> Option<Vec<u8>> {
    Parts::of(parts.get(kind)?).get(1).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masquerade() -> Rule {
        let mut rule = Expression::from_network(Ipv4Addr::new(10, 88, 0, 7), 24);
        rule.extend(Expression::leaves_by("wan"));
        rule.extend([Expression::counter(), Expression::Masquerade]);
        Rule(rule)
    }

    fn publish() -> Rule {
        let mut rule = Expression::to_tcp_port(8080).to_vec();
        rule.push(Expression::Counter { packets: 3, bytes: 180 });
        rule.extend(Expression::dnat_to(Ipv4Addr::new(10, 88, 0, 2), 80));
        Rule(rule)
    }

    #[test]
    fn rules_are_read_as_they_were_written() {
        for rule in [masquerade(), publish()] {
            assert_eq!(Rule::decode(&rule.encode()), rule);
        }
        assert_eq!(publish().counted(), Some((3, 180)));
    }

    #[test]
    fn rules_in_the_words_of_nft() {
        assert_eq!(masquerade().to_string(), "ip saddr 10.88.0.0/24 oifname \"wan\" counter masquerade");
        assert_eq!(publish().to_string(), "tcp dport 8080 counter dnat to 10.88.0.2:80");
        let whole = Rule(Expression::from_network(Ipv4Addr::new(10, 88, 0, 7), 32));
        assert_eq!(whole.to_string(), "ip saddr 10.88.0.7");
        assert_eq!(
            Rule(Expression::from_network(Ipv4Addr::UNSPECIFIED, 0)).to_string(),
            "ip saddr 0.0.0.0/0"
        );
    }

    #[test]
    fn whatever_the_bytes_are_the_answer_is_a_text() {
        let whole = publish().encode();
        for size in 0..whole.len() {
            let _ = Rule::decode(&whole[..size]).to_string();
        }
        for at in 0..whole.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[at] = byte;
                let _ = Rule::decode(&broken).to_string();
            }
        }
    }
}
