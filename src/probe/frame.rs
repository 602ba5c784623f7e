//! An Ethernet frame in words: what the headers of its layers say, and those of the frame within a VXLAN. Pure.

use super::net::hardware_address;
use etherparse::{IpNumber, LaxNetSlice, LaxSlicedPacket, LinkSlice, TcpSlice, TransportSlice};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The UDP port of VXLAN (RFC 7348).
const VXLAN_PORT: u16 = 4789;

/// What the headers of a frame say; empty where there is nothing to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers {
    /// The source's hardware address.
    pub source_mac: String,
    /// The destination's.
    pub destination_mac: String,
    /// The innermost protocol that is known: `arp`, `icmp`, `tcp`, or a number.
    pub protocol: String,
    /// The source's IP address; of ARP the sender's.
    pub source: String,
    /// The destination's; of ARP the target's.
    pub destination: String,
    /// Ports, the flags of TCP, the type of an ICMP message, the operation of ARP.
    pub info: String,
    /// The number of a VXLAN, and the frame within it.
    pub inner: Option<(u32, Box<Headers>)>,
}

impl Headers {
    /// Reads as many headers as there are: the frame may be cut off behind them.
    pub fn of(frame: &[u8]) -> Self {
        Self::at_depth(frame, 0)
    }

    fn at_depth(frame: &[u8], depth: u8) -> Self {
        let mut found = Headers::default();
        let Ok(packet) = LaxSlicedPacket::from_ethernet(frame) else { return found };
        if let Some(LinkSlice::Ethernet2(ethernet)) = &packet.link {
            found.source_mac = hardware_address(&ethernet.source());
            found.destination_mac = hardware_address(&ethernet.destination());
            found.protocol = format!("{:#06x}", ethernet.ether_type().0);
        }
        match &packet.net {
            Some(LaxNetSlice::Arp(arp)) => {
                let address = |bytes: &[u8]| {
                    bytes.try_into().map(|b: [u8; 4]| Ipv4Addr::from(b).to_string()).unwrap_or_default()
                };
                "arp".clone_into(&mut found.protocol);
                found.source = address(arp.sender_protocol_addr());
                found.destination = address(arp.target_protocol_addr());
                found.info = match arp.operation().0 {
                    1 => "request".to_owned(),
                    2 => "reply".to_owned(),
                    other => format!("operation {other}"),
                };
            }
            Some(LaxNetSlice::Ipv4(ip)) => {
                found.protocol = protocol(ip.payload_ip_number());
                found.source = Ipv4Addr::from(ip.header().source()).to_string();
                found.destination = Ipv4Addr::from(ip.header().destination()).to_string();
            }
            Some(LaxNetSlice::Ipv6(ip)) => {
                found.protocol = protocol(ip.payload().ip_number);
                found.source = Ipv6Addr::from(ip.header().source()).to_string();
                found.destination = Ipv6Addr::from(ip.header().destination()).to_string();
            }
            None => {}
        }
        let ports = |source: u16, destination: u16| format!("{source} → {destination}");
        match &packet.transport {
            Some(TransportSlice::Icmpv4(icmp)) => found.info = icmp_type(icmp.type_u8()),
            Some(TransportSlice::Icmpv6(icmp)) => found.info = icmp6_type(icmp.type_u8()),
            Some(TransportSlice::Tcp(tcp)) => {
                found.info = format!("{}{}", ports(tcp.source_port(), tcp.destination_port()), flags(tcp));
            }
            Some(TransportSlice::Udp(udp)) => {
                found.info = ports(udp.source_port(), udp.destination_port());
                // A VXLAN within a VXLAN is not looked into.
                if udp.destination_port() == VXLAN_PORT && depth == 0 {
                    found.inner = vxlan(udp.payload()).map(|(vni, frame)| {
                        let inner = Self::at_depth(frame, depth + 1);
                        (vni, Box::new(inner))
                    });
                }
            }
            Some(TransportSlice::Igmp(_)) | None => {}
        }
        found
    }
}

/// The number of a VXLAN and the frame behind its header of eight bytes (RFC 7348): flags, of which `I` says that there is a number, and the
/// number in bytes 4 to 6.
fn vxlan(payload: &[u8]) -> Option<(u32, &[u8])> {
    const HAS_NUMBER: u8 = 0x08;
    let (header, frame) = payload.split_first_chunk::<8>()?;
    (header[0] & HAS_NUMBER != 0).then(|| (u32::from_be_bytes([0, header[4], header[5], header[6]]), frame))
}

/// A protocol above IP, as a lesson writes it.
fn protocol(number: IpNumber) -> String {
    match number {
        IpNumber::ICMP => "icmp".to_owned(),
        IpNumber::TCP => "tcp".to_owned(),
        IpNumber::UDP => "udp".to_owned(),
        IpNumber::IPV6_ICMP => "icmp6".to_owned(),
        IpNumber(other) => format!("ip {other}"),
    }
}

/// A type of ICMP message as `nft(8)` writes it.
fn icmp_type(number: u8) -> String {
    match number {
        0 => "echo-reply",
        3 => "destination-unreachable",
        5 => "redirect",
        8 => "echo-request",
        11 => "time-exceeded",
        other => return format!("type {other}"),
    }
    .to_owned()
}

/// The same of ICMPv6.
fn icmp6_type(number: u8) -> String {
    match number {
        1 => "destination-unreachable",
        2 => "packet-too-big",
        128 => "echo-request",
        129 => "echo-reply",
        133 => "nd-router-solicit",
        135 => "nd-neighbor-solicit",
        136 => "nd-neighbor-advert",
        143 => "mld2-listener-report",
        other => return format!("type {other}"),
    }
    .to_owned()
}

/// The flags that are set, a blank before each.
fn flags(tcp: &TcpSlice) -> String {
    [(tcp.syn(), " SYN"), (tcp.fin(), " FIN"), (tcp.rst(), " RST"), (tcp.psh(), " PSH"), (tcp.ack(), " ACK")]
        .into_iter()
        .filter_map(|(set, word)| set.then_some(word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An Ethernet header between two made-up addresses.
    fn ethernet(kind: u16) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        frame.extend(kind.to_be_bytes());
        frame
    }

    /// A frame with an IPv4 packet from 10.0.0.1 to 10.0.0.2.
    fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = ethernet(0x0800);
        frame.extend([0x45, 0]);
        frame.extend((20 + payload.len() as u16).to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend(payload);
        frame
    }

    fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
        let mut datagram = 40_000_u16.to_be_bytes().to_vec();
        datagram.extend(port.to_be_bytes());
        datagram.extend((8 + payload.len() as u16).to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(payload);
        datagram
    }

    fn echo_request() -> Vec<u8> {
        ipv4(1, &[8, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4])
    }

    #[test]
    fn icmp_arp_and_tcp() {
        let icmp = Headers::of(&echo_request());
        assert_eq!(icmp.source_mac, "02:00:00:00:00:01");
        assert_eq!(icmp.destination_mac, "02:00:00:00:00:02");
        assert_eq!([&icmp.protocol, &icmp.source, &icmp.destination], ["icmp", "10.0.0.1", "10.0.0.2"]);
        assert_eq!((icmp.info.as_str(), icmp.inner), ("echo-request", None));

        let mut arp = ethernet(0x0806);
        arp.extend([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1]);
        arp.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
        let arp = Headers::of(&arp);
        assert_eq!([&arp.protocol, &arp.source, &arp.destination], ["arp", "10.0.0.1", "10.0.0.2"]);
        assert_eq!(arp.info, "request");

        let mut segment = vec![0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x12];
        segment.extend([0xff, 0xff, 0, 0, 0, 0]);
        let tcp = Headers::of(&ipv4(6, &segment));
        assert_eq!([&tcp.protocol, &tcp.info], ["tcp", "40000 → 80 SYN ACK"]);
    }

    #[test]
    fn a_vxlan_shows_the_frame_within_it() {
        let mut payload = vec![8, 0, 0, 0, 0, 0, 7, 0];
        payload.extend(echo_request());
        let frame = ipv4(17, &udp(VXLAN_PORT, &payload));
        let outer = Headers::of(&frame);
        assert_eq!([&outer.protocol, &outer.info], ["udp", "40000 → 4789"]);
        let (vni, inner) = outer.inner.expect("a frame within");
        assert_eq!(vni, 7);
        assert_eq!([&inner.protocol, &inner.source, &inner.info], ["icmp", "10.0.0.1", "echo-request"]);

        assert_eq!(Headers::of(&ipv4(17, &udp(53, &payload))).inner, None, "another port");
        payload[0] = 0;
        assert_eq!(Headers::of(&ipv4(17, &udp(VXLAN_PORT, &payload))).inner, None, "no number");
    }

    #[test]
    fn what_is_cut_off_or_unknown_still_says_what_it_can() {
        let frame = echo_request();
        for length in 0..frame.len() {
            let cut = Headers::of(&frame[..length]);
            assert_eq!(cut.source_mac.is_empty(), length < 14, "{length} bytes");
            assert_eq!(cut.source.is_empty(), length < 34, "{length} bytes");
        }
        assert_eq!(Headers::of(&ethernet(0x88cc)).protocol, "0x88cc");
        assert_eq!(Headers::of(&ipv4(47, &[0; 8])).protocol, "ip 47");
    }
}
