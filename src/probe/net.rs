//! Interfaces, routes, neighbours and counters of the reader's network namespace.
//!
//! They come from `rtnetlink(7)` and not from a file, so that a box needs no `/proc` or `/sys` of its own;
//! their raw text is the table as it is shown here, but for interfaces, which have more.

use super::netlink::{self, Body};
use crate::model::{Fact, Interface, Row, Value};
use crate::vocabulary::reader::LinkValue;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

const AF_INET: u8 = libc::AF_INET as u8;
/// Sizes of `struct ifinfomsg`, `ifaddrmsg`, `rtmsg` and `ndmsg`.
pub(super) const LINK_HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;
const ROUTE_HEADER: usize = 12;
pub(super) const NEIGHBOUR_HEADER: usize = 12;
/// Size of `struct rtnexthop`.
const NEXT_HOP_HEADER: usize = 8;
/// The first words of `struct rtnl_link_stats64` (`linux/if_link.h`).
const RX_PACKETS: usize = 0;
const TX_PACKETS: usize = 1;
const RX_BYTES: usize = 2;
const TX_BYTES: usize = 3;
/// A gateway of any family (`linux/rtnetlink.h`), which libc does not name.
const RTA_VIA: u16 = 18;

/// The interfaces in the order of their numbers: rows `name state flags address`.
///
/// `state` is the kernel's operational state as `ip-link(8)` writes it, in small letters (RFC 2863); it differs by kernel: one that is
/// switched on while the other end of its cable is off is `lowerlayerdown` or `down`. `flags` has the words `up` (`IFF_UP`: somebody has
/// switched it on) and `lower_up` (`IFF_LOWER_UP`: it has a carrier). `address` has the IPv4 addresses as `10.77.0.1/24`, separated by
/// spaces; IPv6 ones come and go by themselves and are left out.
///
/// The raw text has a line for each, with the rest of what the kernel has said of it ([`Interface`]).
pub fn interfaces() -> io::Result<Fact> {
    let mut links = netlink::dump(libc::RTM_GETLINK, 0, LINK_HEADER)?;
    let addresses = netlink::dump(libc::RTM_GETADDR, AF_INET, ADDRESS_HEADER)?;
    links.sort_by_key(|link| link.long(4));
    let found: Vec<Interface> = links.iter().map(|link| interface(link, &addresses)).collect();
    let rows = found.iter().map(|interface| {
        Row::new([
            ("name", interface.name.clone()),
            ("state", interface.state.clone()),
            ("flags", flag_words(interface)),
            ("address", interface.addresses.join(" ")),
        ])
    });
    let raw: Vec<String> = found.iter().map(Interface::to_string).collect();
    Ok(Fact { raw: raw.join("\n"), value: Value::Table(rows.collect()) })
}

fn interface(link: &Body, addresses: &[Body]) -> Interface {
    let index = link.long(4).unwrap_or_default();
    let own = addresses.iter().filter(|address| address.long(4) == Some(index));
    let state = link.attribute(libc::IFLA_OPERSTATE).and_then(|v| v.first().copied());
    let flags = link.long(8).unwrap_or_default().cast_signed();
    let info = link.attribute(libc::IFLA_LINKINFO).map(|bytes| Body::new(bytes, 0));
    let kind = info.as_ref().and_then(|info| info.text(libc::IFLA_INFO_KIND));
    let packets = |number| counter(link, number).and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    Interface {
        index,
        name: name_of(link),
        up: flags & libc::IFF_UP != 0,
        lower_up: flags & libc::IFF_LOWER_UP != 0,
        state: state.map_or_else(String::new, state_word),
        link: peer(link),
        elsewhere: link.attribute(libc::IFLA_LINK_NETNSID).is_some(),
        master: link.number(libc::IFLA_MASTER),
        vni: kind.as_deref().filter(|kind| *kind == "vxlan").and_then(|_| vni(info.as_ref()?)),
        kind,
        mtu: link.number(libc::IFLA_MTU).unwrap_or_default(),
        rx_packets: packets(RX_PACKETS),
        tx_packets: packets(TX_PACKETS),
        addresses: own.filter_map(address_text).collect(),
    }
}

/// `IFLA_VXLAN_ID` in `IFLA_INFO_DATA`.
fn vni(info: &Body) -> Option<u32> {
    const VXLAN_ID: u16 = 1;
    Body::new(info.attribute(libc::IFLA_INFO_DATA)?, 0).number(VXLAN_ID)
}

fn table(rows: Vec<Row>) -> Fact {
    Fact::of(Value::Table(rows))
}

pub(super) fn name_of(link: &Body) -> String {
    link.text(libc::IFLA_IFNAME).unwrap_or_default()
}

fn address_text(address: &Body) -> Option<String> {
    // On a point-to-point interface IFA_ADDRESS is the other side's, so IFA_LOCAL goes first (rtnetlink(7)).
    let bytes = address.attribute(libc::IFA_LOCAL).or_else(|| address.attribute(libc::IFA_ADDRESS))?;
    Some(format!("{}/{}", ip(&bytes)?, address.byte(1)?))
}

pub(super) fn ip(bytes: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from)
}

/// `IFLA_OPERSTATE` in words (`linux/if.h`); a number that has none as it is.
fn state_word(operstate: u8) -> String {
    const WORDS: [&str; 7] = ["unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"];
    WORDS.get(usize::from(operstate)).map_or_else(|| operstate.to_string(), |word| (*word).to_owned())
}

/// The two flags that say whether packets can pass: switched on here, and a carrier below.
fn flag_words(interface: &Interface) -> String {
    let words = [(interface.up, "up"), (interface.lower_up, "lower_up")];
    let words: Vec<&str> = words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
    words.join(" ")
}

/// The number of the other end of a cable, or of the interface below.
fn peer(link: &Body) -> Option<u32> {
    // Older kernels leave IFLA_LINK out when both ends have the same number, each in its own namespace.
    let far = || link.attribute(libc::IFLA_LINK_NETNSID).and_then(|_| link.long(4));
    link.number(libc::IFLA_LINK).filter(|n| *n != 0).or_else(far)
}

/// The IPv4 routes of the main table, by destination: rows `to via dev`. `to` is a network or `default`, with the
/// route's type before it unless that is unicast; `via` is empty for a network that is directly connected.
pub fn routes() -> io::Result<Fact> {
    let names = link_names()?;
    let mut routes = netlink::dump(libc::RTM_GETROUTE, AF_INET, ROUTE_HEADER)?;
    routes.retain(|route| {
        let main = u32::from(libc::RT_TABLE_MAIN);
        let table = route.number(libc::RTA_TABLE).or_else(|| route.byte(4).map(u32::from));
        let cloned = route.long(8).unwrap_or(0) & libc::RTM_F_CLONED != 0;
        table == Some(main) && !cloned
    });
    let address = |route: &Body, kind| route.attribute(kind).and_then(|bytes| ip(&bytes));
    routes.sort_by_key(|route| {
        (
            address(route, libc::RTA_DST),
            route.byte(1),
            address(route, libc::RTA_GATEWAY),
            route.number(libc::RTA_OIF),
        )
    });
    let rows = routes.iter().flat_map(|route| {
        let network = address(route, libc::RTA_DST).map_or_else(
            || "default".to_owned(),
            |dst| format!("{dst}/{}", route.byte(1).unwrap_or_default()),
        );
        let word = route_type(route.byte(7).unwrap_or_default());
        let to = if word.is_empty() { network } else { format!("{word} {network}") };
        next_hops(route).into_iter().map({
            let names = &names;
            move |(via, link)| {
                let dev = link.map_or_else(String::new, |n| name_in(names, n));
                Row::new([("to", to.clone()), ("via", via), ("dev", dev)])
            }
        })
    });
    Ok(table(rows.collect()))
}

/// The ways of a route, most often one: the gateway, empty where there is none, and the interface's number.
fn next_hops(route: &Body) -> Vec<(String, Option<u32>)> {
    let Some(mut hops) = route.attribute(libc::RTA_MULTIPATH) else {
        return vec![(gateway(route), route.number(libc::RTA_OIF))];
    };
    let mut found = Vec::new();
    // Each is a `struct rtnexthop` (length, flags, weight, interface; 8 bytes) with attributes behind it (rtnetlink(7)).
    while let Some(length) = hops.first_chunk().map(|l| usize::from(u16::from_ne_bytes(*l))) {
        if length < NEXT_HOP_HEADER || length > hops.len() {
            break;
        }
        let rest = hops.split_off(length.next_multiple_of(4).min(hops.len()));
        hops.truncate(length);
        let hop = Body::new(hops, NEXT_HOP_HEADER);
        found.push((gateway(&hop), hop.long(4)));
        hops = rest;
    }
    found
}

/// The gateway; one of another family with that family's name before it, as `ip-route(8)` writes it.
fn gateway(of: &Body) -> String {
    if let Some(address) = of.attribute(libc::RTA_GATEWAY).and_then(|bytes| ip(&bytes)) {
        return address.to_string();
    }
    let via = of.attribute(RTA_VIA).unwrap_or_default();
    let address = via.get(2..).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    address.map_or_else(String::new, |bytes| format!("inet6 {}", Ipv6Addr::from(bytes)))
}

/// The type of a route as `ip-route(8)` writes it; nothing for an ordinary one.
fn route_type(kind: u8) -> String {
    match kind {
        libc::RTN_UNICAST => "",
        libc::RTN_LOCAL => "local",
        libc::RTN_BROADCAST => "broadcast",
        libc::RTN_ANYCAST => "anycast",
        libc::RTN_MULTICAST => "multicast",
        libc::RTN_BLACKHOLE => "blackhole",
        libc::RTN_UNREACHABLE => "unreachable",
        libc::RTN_PROHIBIT => "prohibit",
        libc::RTN_THROW => "throw",
        other => return format!("type {other}"),
    }
    .to_owned()
}

/// Numbers and names of the interfaces.
pub(super) fn link_names() -> io::Result<Vec<(u32, String)>> {
    let links = netlink::dump(libc::RTM_GETLINK, 0, LINK_HEADER)?;
    Ok(links.iter().filter_map(|link| Some((link.long(4)?, name_of(link)))).collect())
}

pub(super) fn name_in(names: &[(u32, String)], index: u32) -> String {
    // One that went away between the two questions is shown by its number.
    names.iter().find(|(n, _)| *n == index).map_or_else(|| format!("if{index}"), |(_, name)| name.clone())
}

/// The IPv4 neighbours whose address is known (`arp(7)`), by address: rows `to dev mac`. Those that are being asked
/// for, or did not answer, are left out.
pub fn neighbours() -> io::Result<Fact> {
    const KNOWN: u16 =
        libc::NUD_REACHABLE | libc::NUD_STALE | libc::NUD_DELAY | libc::NUD_PROBE | libc::NUD_PERMANENT;
    let names = link_names()?;
    let all = netlink::dump(libc::RTM_GETNEIGH, AF_INET, NEIGHBOUR_HEADER)?;
    let known = all.iter().filter(|n| n.short(8).is_some_and(|state| state & KNOWN != 0));
    let mut found: Vec<(Ipv4Addr, String, String)> = known
        .filter_map(|neighbour| {
            let to = ip(&neighbour.attribute(libc::NDA_DST)?)?;
            let mac = neighbour.attribute(libc::NDA_LLADDR)?;
            Some((to, name_in(&names, neighbour.long(4)?), hardware_address(&mac)))
        })
        .collect();
    found.sort();
    let rows = found
        .into_iter()
        .map(|(to, dev, mac)| Row::new([("to", to.to_string()), ("dev", dev), ("mac", mac)]));
    Ok(table(rows.collect()))
}

/// A hardware address as `ip-link(8)` writes it.
pub(super) fn hardware_address(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// One value of an interface, a number: its index, the index of its peer (0 when it rests on nothing), its MTU in bytes,
/// or a counter. `ENODEV` when there is no such
/// interface.
pub fn link_field(name: &str, value: LinkValue) -> io::Result<Fact> {
    let link = netlink::link(name)?;
    let value = match value {
        LinkValue::Index => link.long(4).map(i64::from),
        LinkValue::Peer => Some(peer(&link).map_or(0, i64::from)),
        LinkValue::Mtu => link.number(libc::IFLA_MTU).map(i64::from),
        LinkValue::RxPackets => counter(&link, RX_PACKETS),
        LinkValue::TxPackets => counter(&link, TX_PACKETS),
        LinkValue::RxBytes => counter(&link, RX_BYTES),
        LinkValue::TxBytes => counter(&link, TX_BYTES),
    };
    let value = value.ok_or_else(|| io::Error::from_raw_os_error(libc::ENODATA))?;
    Ok(Fact::of(Value::Int(value)))
}

fn counter(link: &Body, number: usize) -> Option<i64> {
    let stats = link.attribute(libc::IFLA_STATS64)?;
    let bytes = stats.get(number * 8..number * 8 + 8)?;
    i64::try_from(u64::from_ne_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::{flag_words, next_hops, route_type, state_word};
    use crate::model::Interface;
    use crate::probe::netlink::Body;

    #[test]
    fn a_state_is_what_the_kernel_says() {
        assert_eq!(state_word(0), "unknown");
        assert_eq!(state_word(2), "down");
        assert_eq!(state_word(3), "lowerlayerdown");
        assert_eq!(state_word(6), "up");
        assert_eq!(state_word(7), "7");
    }

    #[test]
    fn flags_are_two() {
        let flags = |up, lower_up| flag_words(&Interface { up, lower_up, ..Interface::default() });
        assert_eq!(flags(true, true), "up lower_up");
        assert_eq!(flags(true, false), "up");
        assert_eq!(flags(false, true), "lower_up");
        assert_eq!(flags(false, false), "");
    }

    #[test]
    fn every_type_of_route_has_its_word() {
        assert_eq!(route_type(libc::RTN_UNICAST), "");
        assert_eq!(route_type(libc::RTN_ANYCAST), "anycast");
        assert_eq!(route_type(99), "type 99");
    }

    /// An attribute of netlink: its length, its kind, its value, and zeros up to a multiple of four.
    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn a_route_of_several_ways_is_not_a_direct_one() {
        let hop = |index: u32, gateway: [u8; 4]| {
            let gateway = attribute(libc::RTA_GATEWAY, &gateway);
            let mut bytes = (8 + gateway.len() as u16).to_ne_bytes().to_vec();
            bytes.extend([0, 0]);
            bytes.extend(index.to_ne_bytes());
            bytes.extend(gateway);
            bytes
        };
        let mut bytes = vec![0; 12];
        bytes
            .extend(attribute(libc::RTA_MULTIPATH, &[hop(2, [10, 0, 0, 1]), hop(3, [10, 0, 0, 2])].concat()));
        let found = next_hops(&Body::new(bytes, 12));
        assert_eq!(found, [("10.0.0.1".to_owned(), Some(2)), ("10.0.0.2".to_owned(), Some(3))]);

        let mut bytes = vec![0; 12];
        let mut via = libc::AF_INET6.to_ne_bytes()[..2].to_vec();
        via.extend(std::net::Ipv6Addr::LOCALHOST.octets());
        bytes.extend(attribute(18, &via));
        bytes.extend(attribute(libc::RTA_OIF, &4u32.to_ne_bytes()));
        assert_eq!(next_hops(&Body::new(bytes, 12)), [("inet6 ::1".to_owned(), Some(4))]);
        assert_eq!(next_hops(&Body::new(vec![0; 12], 12)), [(String::new(), None)]);
    }
}
