//! Interfaces, addresses and routes, by `rtnetlink(7)`: one request, one acknowledgement. The socket belongs to the
//! caller's network namespace, and so does what is changed.

use super::netlink::{self, Answer};
use super::socket::{self, NETLINK_ROUTE, Socket};
use super::{Error, Result};
use crate::model::Errno;
use netlink_packet_core::{NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkMessage};
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressScope};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, InfoVxlan, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::net::netlink::SocketAddrNetlink;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// How long the kernel may take to acknowledge. It does so before `sendto(2)` returns.
const DEADLINE: Duration = Duration::from_secs(2);
const NEW: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// Switches an interface on (`IFF_UP`). `ENODEV` when there is none of this name.
pub fn set_up(name: &str) -> Result<()> {
    switch(name, LinkFlags::Up)
}

/// Switches an interface off. `ENODEV` when there is none of this name.
pub fn set_down(name: &str) -> Result<()> {
    switch(name, LinkFlags::empty())
}

fn switch(name: &str, flags: LinkFlags) -> Result<()> {
    let mut link = LinkMessage::default();
    link.header.flags = flags;
    link.header.change_mask = LinkFlags::Up;
    link.attributes.push(LinkAttribute::IfName(name.to_owned()));
    with_socket(|route| route.ask(RouteNetlinkMessage::NewLink(link), 0, "RTM_NEWLINK", name).map(drop))
}

/// Makes a veth pair (`veth(4)`): one end here, the other directly in the other network namespace, so that it never
/// appears anywhere else. Both are down. `EEXIST` when one of the names is taken, `EPERM` without `CAP_NET_ADMIN` over
/// both namespaces.
pub fn veth(name: &str, peer_name: &str, peer_netns: BorrowedFd) -> Result<()> {
    let mut peer = LinkMessage::default();
    peer.attributes.push(LinkAttribute::IfName(peer_name.to_owned()));
    peer.attributes.push(LinkAttribute::NetNsFd(peer_netns.as_raw_fd()));
    let info = vec![LinkInfo::Kind(InfoKind::Veth), LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer)))];
    let mut link = LinkMessage::default();
    link.attributes.push(LinkAttribute::IfName(name.to_owned()));
    link.attributes.push(LinkAttribute::LinkInfo(info));
    with_socket(|route| route.ask(RouteNetlinkMessage::NewLink(link), NEW, "RTM_NEWLINK", name).map(drop))
}

/// Makes a bridge (`bridge(8)`); it is off. `EEXIST` when the name is taken, `EOPNOTSUPP` without the driver.
pub fn bridge(name: &str) -> Result<()> {
    make(name, vec![LinkInfo::Kind(InfoKind::Bridge)])
}

/// One end of a VXLAN.
pub struct VxlanEnd {
    /// The network identifier, 24 bits.
    pub id: u32,
    /// The address that it sends from.
    pub local: Ipv4Addr,
    /// The only other host, if there is only one.
    pub remote: Option<Ipv4Addr>,
    /// The UDP port.
    pub port: u16,
}

/// Makes one end of a VXLAN (`ip-link(8)`, RFC 7348); it is off. `EEXIST` when the name is taken, or another one has this identifier and
/// port; `EOPNOTSUPP` without the driver.
pub fn vxlan(name: &str, end: &VxlanEnd) -> Result<()> {
    let mut data = vec![InfoVxlan::Id(end.id), InfoVxlan::Local(end.local), InfoVxlan::Port(end.port)];
    data.extend(end.remote.map(InfoVxlan::Group));
    make(name, vec![LinkInfo::Kind(InfoKind::Vxlan), LinkInfo::Data(InfoData::Vxlan(data))])
}

fn make(name: &str, info: Vec<LinkInfo>) -> Result<()> {
    let mut link = LinkMessage::default();
    link.attributes.push(LinkAttribute::IfName(name.to_owned()));
    link.attributes.push(LinkAttribute::LinkInfo(info));
    with_socket(|route| route.ask(RouteNetlinkMessage::NewLink(link), NEW, "RTM_NEWLINK", name).map(drop))
}

/// Makes an interface a port of a bridge, or takes it out of the one that it is a port of. `ENODEV` when there is no such interface,
/// `EOPNOTSUPP` when the other one is no bridge, `ELOOP` when a bridge is to become a port.
pub fn set_master(name: &str, bridge: Option<&str>) -> Result<()> {
    with_socket(|route| {
        let index = bridge.map_or(Ok(0), |bridge| route.index(bridge))?;
        route.set(name, LinkAttribute::Controller(index))
    })
}

/// Moves an interface into another network namespace, in which it is off and without addresses. `EEXIST` when the name is taken there,
/// `EINVAL` for one that cannot be moved, such as `lo` or a bridge on older kernels, `EPERM` without `CAP_NET_ADMIN` over both.
pub fn move_to(name: &str, netns: BorrowedFd) -> Result<()> {
    with_socket(|route| route.set(name, LinkAttribute::NetNsFd(netns.as_raw_fd())))
}

/// Gives an interface a hardware address. `EADDRNOTAVAIL` for one that is no single station's.
pub fn set_mac(name: &str, address: [u8; 6]) -> Result<()> {
    with_socket(|route| route.set(name, LinkAttribute::Address(address.to_vec())))
}

/// Sets the MTU of an interface, in bytes. `EINVAL` when the driver cannot have this one.
pub fn set_mtu(name: &str, bytes: u32) -> Result<()> {
    with_socket(|route| route.set(name, LinkAttribute::Mtu(bytes)))
}

/// Adds an entry to the forwarding table of a VXLAN: frames for this hardware address go to that host. All zeros stand for broadcasts and
/// for addresses without an entry; of them there can be several, one for each host. `EEXIST` when there is such an entry.
pub fn add_fdb(name: &str, address: [u8; 6], host: Ipv4Addr) -> Result<()> {
    with_socket(|route| {
        let mut message = NeighbourMessage::default();
        message.header.family = AddressFamily::Bridge;
        message.header.ifindex = route.index(name)?;
        message.header.state = NeighbourState::Permanent;
        message.header.flags = NeighbourFlags::Own;
        message.attributes.push(NeighbourAttribute::LinkLayerAddress(address.to_vec()));
        message.attributes.push(NeighbourAttribute::Destination(NeighbourAddress::Inet(host)));
        let flags = NLM_F_CREATE | if address == [0; 6] { NLM_F_APPEND } else { NLM_F_EXCL };
        let object = format!("{host} on {name}");
        route.ask(RouteNetlinkMessage::NewNeighbour(message), flags, "RTM_NEWNEIGH", &object).map(drop)
    })
}

/// Gives an interface an IPv4 address; the kernel adds the route to its network once the interface is up. `EEXIST`
/// when it has this address already, `ENODEV` when there is none of this name.
pub fn add_address(name: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
    with_socket(|route| {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = prefix;
        message.header.scope =
            if address.is_loopback() { AddressScope::Host } else { AddressScope::Universe };
        message.header.index = route.index(name)?;
        message.attributes.push(AddressAttribute::Local(IpAddr::V4(address)));
        message.attributes.push(AddressAttribute::Address(IpAddr::V4(address)));
        let object = format!("{address}/{prefix} on {name}");
        route.ask(RouteNetlinkMessage::NewAddress(message), NEW, "RTM_NEWADDR", &object).map(drop)
    })
}

/// Adds an IPv4 route to the main table; `None` is the default route. `ENETUNREACH` when the gateway is in no network
/// that the namespace is connected with, `EEXIST` when there is such a route, `EINVAL` when the destination has bits
/// beyond its prefix.
pub fn add_route(destination: Option<(Ipv4Addr, u8)>, gateway: Ipv4Addr) -> Result<()> {
    let mut message = RouteMessage::default();
    message.header.address_family = AddressFamily::Inet;
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = RouteProtocol::Boot;
    message.header.scope = RouteScope::Universe;
    message.header.kind = RouteType::Unicast;
    let mut to = "default".to_owned();
    if let Some((address, prefix)) = destination {
        message.header.destination_prefix_length = prefix;
        message.attributes.push(RouteAttribute::Destination(RouteAddress::Inet(address)));
        to = format!("{address}/{prefix}");
    }
    message.attributes.push(RouteAttribute::Gateway(RouteAddress::Inet(gateway)));
    let object = format!("{to} via {gateway}");
    with_socket(|route| {
        route.ask(RouteNetlinkMessage::NewRoute(message), NEW, "RTM_NEWROUTE", &object).map(drop)
    })
}

/// A socket to the kernel's routing side, and the number of the last request.
struct Route {
    socket: Socket,
    sequence: u32,
}

fn with_socket<T>(work: impl FnOnce(&mut Route) -> Result<T>) -> Result<T> {
    let mut route = Route { socket: socket::open(&NETLINK_ROUTE)?, sequence: 0 };
    // 0 asks the kernel to choose.
    socket::bind(&route.socket, &SocketAddrNetlink::new(0, 0), "NETLINK_ROUTE")?;
    work(&mut route)
}

impl Route {
    /// Changes one attribute of an interface that exists.
    fn set(&mut self, name: &str, attribute: LinkAttribute) -> Result<()> {
        let mut link = LinkMessage::default();
        link.attributes.push(LinkAttribute::IfName(name.to_owned()));
        link.attributes.push(attribute);
        self.ask(RouteNetlinkMessage::NewLink(link), 0, "RTM_NEWLINK", name).map(drop)
    }

    /// The number of an interface.
    fn index(&mut self, name: &str) -> Result<u32> {
        let mut link = LinkMessage::default();
        link.attributes.push(LinkAttribute::IfName(name.to_owned()));
        let answer = self.ask(RouteNetlinkMessage::GetLink(link), 0, "RTM_GETLINK", name)?;
        // ifi_index stands at byte 4 of struct ifinfomsg.
        let index = answer.and_then(|body| Some(u32::from_ne_bytes(body.get(4..8)?.try_into().ok()?)));
        index.ok_or_else(|| Error::new("RTM_GETLINK", name, Errno(libc::EPROTO)))
    }

    /// Sends one request and waits for its acknowledgement. Gives the body of the answer that came before it, if any.
    fn ask(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
        operation: &str,
        object: &str,
    ) -> Result<Option<Vec<u8>>> {
        self.sequence += 1;
        let mut packet = NetlinkMessage::from(message);
        packet.header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        packet.header.sequence_number = self.sequence;
        packet.finalize();
        let mut bytes = vec![0; packet.buffer_len()];
        packet.serialize(&mut bytes);
        let kernel = SocketAddrNetlink::new(0, 0);
        socket::send_to(&self.socket, &bytes, &kernel, object)?;
        self.acknowledged(operation, object)
    }

    fn acknowledged(&self, operation: &str, object: &str) -> Result<Option<Vec<u8>>> {
        let mut answer = None;
        let is_ours = |sequence| sequence == self.sequence;
        netlink::hear(&self.socket, DEADLINE, [operation, object], is_ours, |heard| match heard {
            Answer::Acknowledged => ControlFlow::Break(()),
            Answer::Body(body) => {
                answer = Some(body.to_vec());
                ControlFlow::Continue(())
            }
        })?;
        Ok(answer)
    }
}
