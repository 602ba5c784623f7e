//! Rules of nftables, and connections that are tracked, in the reader's network namespace, by netlink (`linux/netfilter/nfnetlink.h`).

use super::netlink;
use crate::model::attributes::Parts;
use crate::model::nft::Rule;
use crate::model::{Fact, Row, Value};
use std::io;
use std::net::Ipv4Addr;

/// `NFT_MSG_GETRULE` of `NFNL_SUBSYS_NFTABLES`.
const GET_RULE: u16 = 10 << 8 | 7;
/// `IPCTNL_MSG_CT_GET` of `NFNL_SUBSYS_CTNETLINK`.
const GET_CONNECTION: u16 = 1 << 8 | 1;
const UNSPECIFIED: u8 = 0;
const IPV4: u8 = libc::AF_INET as u8;

/// The rules, in the kernel's order: rows `table chain rule packets`. `rule` is as `nft(8)` writes it; `packets` is what its counter has counted, empty
/// without one. A kernel without nf_tables gives `EOPNOTSUPP` or `EPROTONOSUPPORT`.
pub fn rules() -> io::Result<Fact> {
    let found = netlink::dump_netfilter(GET_RULE, UNSPECIFIED)?;
    let rows = found.iter().map(|message| {
        let parts = Parts::of(message.attributes());
        let rule = Rule::decode(parts.get(4).unwrap_or(&[]));
        let text = |kind| parts.text(kind).unwrap_or_default();
        Row::new([
            ("table", text(1)),
            ("chain", text(2)),
            ("rule", rule.to_string()),
            ("packets", rule.counted().map_or_else(String::new, |(packets, _)| packets.to_string())),
        ])
    });
    Ok(table(rows.collect()))
}

/// The IPv4 connections that the kernel tracks, ordered: rows `protocol from to reply_from reply_to`, addresses with the port or, for ICMP, alone. Who gets the
/// answer is in `reply_to`: with NAT it is another one than `from`.
pub fn connections() -> io::Result<Fact> {
    let found = netlink::dump_netfilter(GET_CONNECTION, IPV4)?;
    let mut rows: Vec<[String; 5]> = found
        .iter()
        .filter_map(|message| {
            let parts = Parts::of(message.attributes());
            let (protocol, from, to) = tuple(parts.get(1)?)?;
            let (_, reply_from, reply_to) = tuple(parts.get(2)?)?;
            Some([protocol, from, to, reply_from, reply_to])
        })
        .collect();
    rows.sort();
    let rows = rows.into_iter().map(|[protocol, from, to, reply_from, reply_to]| {
        Row::new([
            ("protocol", protocol),
            ("from", from),
            ("to", to),
            ("reply_from", reply_from),
            ("reply_to", reply_to),
        ])
    });
    Ok(table(rows.collect()))
}

/// Protocol, source and destination of one direction (`CTA_TUPLE_IP`, `CTA_TUPLE_PROTO`).
fn tuple(bytes: &[u8]) -> Option<(String, String, String)> {
    let parts = Parts::of(bytes);
    let (ip, protocol) = (Parts::of(parts.get(1)?), Parts::of(parts.get(2)?));
    let number = *protocol.get(1)?.first()?;
    let name = match i32::from(number) {
        libc::IPPROTO_ICMP => "icmp".to_owned(),
        libc::IPPROTO_TCP => "tcp".to_owned(),
        libc::IPPROTO_UDP => "udp".to_owned(),
        other => other.to_string(),
    };
    let side = |address, port| {
        let address = Ipv4Addr::from(*ip.get(address)?.first_chunk::<4>()?);
        let port = protocol.get(port).and_then(|bytes| bytes.first_chunk());
        Some(port.map_or_else(|| address.to_string(), |p| format!("{address}:{}", u16::from_be_bytes(*p))))
    };
    Some((name, side(1, 2)?, side(2, 3)?))
}

fn table(rows: Vec<Row>) -> Fact {
    Fact::of(Value::Table(rows))
}
