//! Interfaces, routes, neighbours and counters of the reader's network namespace, and what a TCP server says.
//!
//! All but the last come from `rtnetlink(7)` and not from a file, so that a box needs no `/proc` or `/sys` of its own;
//! their raw text is the table as it is shown here.

use super::netlink::{self, Body};
use crate::model::{Fact, Row, Value};
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

const AF_INET: u8 = libc::AF_INET as u8;
/// Sizes of `struct ifinfomsg`, `ifaddrmsg`, `rtmsg` and `ndmsg`.
const LINK_HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;
const ROUTE_HEADER: usize = 12;
const NEIGHBOUR_HEADER: usize = 12;

/// The interfaces in the order of their numbers: rows `name state address`.
///
/// `state` is `down` without `IFF_UP`, `up` when packets can pass (`IFF_RUNNING`), `lowerlayerdown` when it is switched
/// on but the interface that it rests on, or the other end of the cable, is not; otherwise the kernel's own word
/// (RFC 2863). `address` has the IPv4 addresses as `10.77.0.1/24`, separated by spaces; IPv6 ones come and go by
/// themselves and are left out.
pub fn interfaces() -> io::Result<Fact> {
    let mut links = netlink::dump(libc::RTM_GETLINK, 0, LINK_HEADER)?;
    let addresses = netlink::dump(libc::RTM_GETADDR, AF_INET, ADDRESS_HEADER)?;
    links.sort_by_key(|link| link.long(4));
    let rows = links.iter().map(|link| {
        let index = link.long(4);
        let own = addresses.iter().filter(|address| address.long(4) == index);
        let own: Vec<String> = own.filter_map(address_text).collect();
        Row::new([("name", name_of(link)), ("state", state(link)), ("address", own.join(" "))])
    });
    Ok(table(rows.collect()))
}

fn table(rows: Vec<Row>) -> Fact {
    Fact::of(Value::Table(rows))
}

fn name_of(link: &Body) -> String {
    link.text(libc::IFLA_IFNAME).unwrap_or_default()
}

fn address_text(address: &Body) -> Option<String> {
    // On a point-to-point interface IFA_ADDRESS is the other side's, so IFA_LOCAL goes first (rtnetlink(7)).
    let bytes = address.attribute(libc::IFA_LOCAL).or_else(|| address.attribute(libc::IFA_ADDRESS))?;
    Some(format!("{}/{}", ip(&bytes)?, address.byte(1)?))
}

fn ip(bytes: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from)
}

fn state(link: &Body) -> String {
    let flags = link.long(8).unwrap_or(0) as i32;
    let word = link.attribute(libc::IFLA_OPERSTATE).and_then(|v| v.first().copied()).unwrap_or(0);
    state_word(flags, word, peer(link).is_some()).to_owned()
}

fn state_word(flags: i32, operstate: u8, rests_on_another: bool) -> &'static str {
    if flags & libc::IFF_UP == 0 {
        return "down";
    }
    // `lo` has no carrier to watch and says "unknown" when it works.
    if flags & libc::IFF_RUNNING != 0 {
        return "up";
    }
    match operstate {
        1 => "notpresent",
        // Some kernels look for the other end in this namespace only, and say just "down" when the cable leads to
        // another one (default_operstate in net/core/link_watch.c); others say "lowerlayerdown" for the same.
        2 if rests_on_another => "lowerlayerdown",
        2 => "down",
        3 => "lowerlayerdown",
        4 => "testing",
        5 => "dormant",
        6 => "up",
        _ => "unknown",
    }
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
    let rows = routes.iter().map(|route| {
        let network = address(route, libc::RTA_DST)
            .map_or_else(|| "default".to_owned(), |dst| format!("{dst}/{}", route.byte(1).unwrap_or(0)));
        let to = match route_type(route.byte(7).unwrap_or(0)) {
            "" => network,
            word => format!("{word} {network}"),
        };
        let via = address(route, libc::RTA_GATEWAY).map_or_else(String::new, |a| a.to_string());
        let dev = route.number(libc::RTA_OIF).map_or_else(String::new, |n| name_in(&names, n));
        Row::new([("to", to), ("via", via), ("dev", dev)])
    });
    Ok(table(rows.collect()))
}

fn route_type(kind: u8) -> &'static str {
    match kind {
        libc::RTN_BLACKHOLE => "blackhole",
        libc::RTN_UNREACHABLE => "unreachable",
        libc::RTN_PROHIBIT => "prohibit",
        libc::RTN_THROW => "throw",
        libc::RTN_LOCAL => "local",
        libc::RTN_BROADCAST => "broadcast",
        _ => "",
    }
}

/// Numbers and names of the interfaces.
fn link_names() -> io::Result<Vec<(u32, String)>> {
    let links = netlink::dump(libc::RTM_GETLINK, 0, LINK_HEADER)?;
    Ok(links.iter().filter_map(|link| Some((link.long(4)?, name_of(link)))).collect())
}

fn name_in(names: &[(u32, String)], index: u32) -> String {
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
            let mac: Vec<String> = mac.iter().map(|byte| format!("{byte:02x}")).collect();
            Some((to, name_in(&names, neighbour.long(4)?), mac.join(":")))
        })
        .collect();
    found.sort();
    let rows = found
        .into_iter()
        .map(|(to, dev, mac)| Row::new([("to", to.to_string()), ("dev", dev), ("mac", mac)]));
    Ok(table(rows.collect()))
}

/// The fields of [`link_field`].
pub const LINK_FIELDS: &[&str] =
    &["index", "peer", "mtu", "rx_packets", "tx_packets", "rx_bytes", "tx_bytes"];

/// One field of an interface, a number: its `index`, the index of its `peer` (0 when it rests on nothing), its `mtu` in
/// bytes, or a counter. `ENODEV` when there is no such interface, `EINVAL` for another field.
pub fn link_field(name: &str, field: &str) -> io::Result<Fact> {
    let link = netlink::link(name)?;
    let value = match field {
        "index" => link.long(4).map(i64::from),
        "peer" => Some(peer(&link).map_or(0, i64::from)),
        "mtu" => link.number(libc::IFLA_MTU).map(i64::from),
        // The first words of struct rtnl_link_stats64, in its order.
        "rx_packets" => counter(&link, 0),
        "tx_packets" => counter(&link, 1),
        "rx_bytes" => counter(&link, 2),
        "tx_bytes" => counter(&link, 3),
        _ => return Err(io::Error::from_raw_os_error(libc::EINVAL)),
    };
    let value = value.ok_or_else(|| io::Error::from_raw_os_error(libc::ENODATA))?;
    Ok(Fact::of(Value::Int(value)))
}

fn counter(link: &Body, number: usize) -> Option<i64> {
    let stats = link.attribute(libc::IFLA_STATS64)?;
    let bytes = stats.get(number * 8..number * 8 + 8)?;
    i64::try_from(u64::from_ne_bytes(bytes.try_into().ok()?)).ok()
}

/// What a TCP server at this address says until it closes. `ETIMEDOUT` when connecting and reading take longer than
/// `timeout`, `EMSGSIZE` when it says more than 64 KiB, `ECONNREFUSED` when nobody listens.
pub fn tcp_answer(address: SocketAddrV4, timeout: Duration) -> io::Result<Fact> {
    const MOST: usize = 64 * 1024;
    let deadline = Instant::now() + timeout;
    let mut stream = TcpStream::connect_timeout(&SocketAddr::V4(address), timeout)?;
    let (mut text, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
        }
        stream.set_read_timeout(Some(left.max(Duration::from_micros(1))))?;
        match stream.read(&mut piece) {
            Ok(0) => return Ok(Fact::text(String::from_utf8_lossy(&text))),
            Ok(n) => text.extend_from_slice(&piece[..n]),
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(e) => return Err(e),
        }
        if text.len() > MOST {
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::state_word;

    const UP: i32 = libc::IFF_UP;
    const RUNNING: i32 = libc::IFF_UP | libc::IFF_RUNNING;

    #[test]
    fn a_link_that_is_off_is_down_whatever_else_it_says() {
        assert_eq!(state_word(0, 6, true), "down");
        assert_eq!(state_word(libc::IFF_RUNNING, 3, false), "down");
    }

    #[test]
    fn loopback_is_up_although_its_operational_state_is_unknown() {
        assert_eq!(state_word(RUNNING, 0, false), "up");
        assert_eq!(state_word(RUNNING, 6, true), "up");
    }

    #[test]
    fn without_its_other_end_a_cable_is_lowerlayerdown_on_every_kernel() {
        assert_eq!(state_word(UP, 3, true), "lowerlayerdown");
        assert_eq!(state_word(UP, 2, true), "lowerlayerdown");
        assert_eq!(state_word(UP, 2, false), "down");
        assert_eq!(state_word(UP, 5, false), "dormant");
    }
}
