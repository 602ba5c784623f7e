//! Ports of bridges, and forwarding tables, in the reader's network namespace (`rtnetlink(7)`, `bridge(8)`).

use super::net::{LINK_HEADER, NEIGHBOUR_HEADER, hardware_address, ip, link_names, name_in, name_of};
use super::netlink::{self, Body};
use crate::model::{Fact, Row, Value};
use std::io;

const AF_BRIDGE: u8 = libc::AF_BRIDGE as u8;
/// `IFLA_INFO_SLAVE_DATA`, and `IFLA_BRPORT_STATE` in it.
const SLAVE_DATA: u16 = 5;
const PORT_STATE: u16 = 1;
const NDA_MASTER: u16 = 9;

/// The ports of all bridges, by their numbers: rows `port bridge state`. `state` is that of the spanning tree as `bridge-link(8)` writes it.
pub fn ports() -> io::Result<Fact> {
    let names = link_names()?;
    let mut links = netlink::dump(libc::RTM_GETLINK, 0, LINK_HEADER)?;
    links.sort_by_key(|link| link.long(4));
    let row = |link: &Body| {
        let bridge = link.number(libc::IFLA_MASTER)?;
        let info = Body::new(link.attribute(libc::IFLA_LINKINFO)?, 0);
        let state = Body::new(info.attribute(SLAVE_DATA)?, 0).attribute(PORT_STATE)?;
        let state = match state.first()? {
            0 => "disabled",
            1 => "listening",
            2 => "learning",
            3 => "forwarding",
            _ => "blocking",
        };
        let cells =
            [("port", name_of(link)), ("bridge", name_in(&names, bridge)), ("state", state.to_owned())];
        Some(Row::new(cells))
    };
    Ok(Fact::of(Value::Table(links.iter().filter_map(row).collect())))
}

/// Hardware addresses and where frames for them go, ordered: rows `mac dev to kind`. `dev` is the port, `to` the host behind a VXLAN, else empty. `kind` is
/// `learned` for an address that a frame came from, `permanent` for what was set, an interface's own address among it. Multicast addresses are left out.
pub fn forwarding() -> io::Result<Fact> {
    let names = link_names()?;
    let entries = netlink::dump(libc::RTM_GETNEIGH, AF_BRIDGE, NEIGHBOUR_HEADER)?;
    let mut rows: Vec<[String; 4]> = entries
        .iter()
        .filter_map(|entry| {
            let mac = entry.attribute(libc::NDA_LLADDR)?;
            // The lowest bit of the first byte marks a group (IEEE 802.3).
            if mac.first()? & 1 == 1 {
                return None;
            }
            let to = entry.attribute(libc::NDA_DST).and_then(|bytes| ip(&bytes));
            // Without a bridge it is the interface's own filter, or an entry of a VXLAN.
            if to.is_none() && entry.number(NDA_MASTER).is_none() {
                return None;
            }
            let permanent = entry.short(8)? & (libc::NUD_PERMANENT | libc::NUD_NOARP) != 0;
            Some([
                hardware_address(&mac),
                name_in(&names, entry.long(4)?),
                to.map_or_else(String::new, |to| to.to_string()),
                if permanent { "permanent" } else { "learned" }.to_owned(),
            ])
        })
        .collect();
    rows.sort();
    rows.dedup();
    let rows = rows
        .into_iter()
        .map(|[mac, dev, to, kind]| Row::new([("mac", mac), ("dev", dev), ("to", to), ("kind", kind)]));
    Ok(Fact::of(Value::Table(rows.collect())))
}
