//! Socket addresses in words.

use super::names;
use super::quote;
use super::structure::half;
use super::word::constant;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

/// A `struct sockaddr` of any family that lessons use (`ip(7)`, `ipv6(7)`, `unix(7)`, `netlink(7)`).
pub(crate) fn address(bytes: &[u8]) -> String {
    let family = bytes.first_chunk().map_or(0, |two| u16::from_ne_bytes(*two));
    let known = match i32::from(family) {
        libc::AF_INET => inet(bytes),
        libc::AF_INET6 => inet6(bytes),
        libc::AF_UNIX => Some(unix(bytes)),
        libc::AF_NETLINK => netlink(bytes),
        _ => None,
    };
    known.unwrap_or_else(|| format!("{{sa_family={}}}", constant(family.into(), names::FAMILY)))
}

/// The port, which is in network byte order.
fn port(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))
}

fn inet(bytes: &[u8]) -> Option<String> {
    let octets: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    Some(ipv4(SocketAddrV4::new(Ipv4Addr::from(octets), port(bytes)?)))
}

/// A `struct sockaddr_in`.
pub(crate) fn ipv4(address: SocketAddrV4) -> String {
    let (port, ip) = (address.port(), address.ip());
    format!("{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr(\"{ip}\")}}")
}

fn inet6(bytes: &[u8]) -> Option<String> {
    let octets: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
    let (port, ip) = (port(bytes)?, Ipv6Addr::from(octets));
    Some(format!("{{sa_family=AF_INET6, sin6_port=htons({port}), sin6_addr=inet_pton(\"{ip}\")}}"))
}

fn unix(bytes: &[u8]) -> String {
    match bytes.get(2..).unwrap_or_default() {
        [] => "{sa_family=AF_UNIX}".to_owned(),
        name => unix_name(name),
    }
}

/// A `struct sockaddr_un` with this `sun_path`: a path up to its zero byte; an abstract name begins with one, which is written as `@`.
pub(crate) fn unix_name(name: &[u8]) -> String {
    if let [0, rest @ ..] = name {
        return format!("{{sa_family=AF_UNIX, sun_path=@{}}}", quote(rest));
    }
    let path = name.split(|byte| *byte == 0).next().unwrap_or_default();
    format!("{{sa_family=AF_UNIX, sun_path={}}}", quote(path))
}

fn netlink(bytes: &[u8]) -> Option<String> {
    Some(netlink_port(half(bytes, 1)?, half(bytes, 2)?))
}

/// A `struct sockaddr_nl`.
pub(crate) fn netlink_port(pid: u32, groups: u32) -> String {
    format!("{{sa_family=AF_NETLINK, nl_pid={pid}, nl_groups={groups:08x}}}")
}
