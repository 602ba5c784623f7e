//! Sockets: the recorded calls that everything about networks is made of, and TCP and UDP over IPv4,
//! listening UNIX domain sockets (`socket(7)`, `ip(7)`, `tcp(7)`, `udp(7)`, `unix(7)`).
//!
//! A socket belongs to the network namespace in which it was opened and stays there, so every operation opens its own.

use super::record::{self, call, done};
use super::{Error, Result};
use crate::calls::{self, address, structure};
use nix::poll::{PollFd, PollFlags, PollTimeout};
use rustix::net::addr::SocketAddrArg;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{self, Ipv4PathMtuDiscovery, Timeout};
use rustix::net::{
    self, AddressFamily, Protocol, RecvFlags, SendFlags, SocketAddrAny, SocketAddrUnix, SocketFlags,
    SocketType, ipproto,
};
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// What `socket(2)` is asked for, and the names under which it is recorded.
pub(super) struct Kind {
    domain: AddressFamily,
    style: SocketType,
    protocol: Option<Protocol>,
    names: [&'static str; 3],
    /// The kernel's name for the protocol (`/proc/net/protocols`).
    shown: &'static str,
}

const TCP: Kind = Kind {
    domain: AddressFamily::INET,
    style: SocketType::STREAM,
    protocol: None,
    names: ["AF_INET", "SOCK_STREAM|SOCK_CLOEXEC", "IPPROTO_IP"],
    shown: "TCP",
};

const UDP: Kind = Kind {
    domain: AddressFamily::INET,
    style: SocketType::DGRAM,
    protocol: None,
    names: ["AF_INET", "SOCK_DGRAM|SOCK_CLOEXEC", "IPPROTO_IP"],
    shown: "UDP",
};

const UNIX: Kind = Kind {
    domain: AddressFamily::UNIX,
    style: SocketType::STREAM,
    protocol: None,
    names: ["AF_UNIX", "SOCK_STREAM|SOCK_CLOEXEC", "0"],
    shown: "UNIX-STREAM",
};

/// Whole ICMP packets; needs `CAP_NET_RAW` in the user namespace that owns the network namespace (`raw(7)`).
pub(super) const ICMP: Kind = Kind {
    domain: AddressFamily::INET,
    style: SocketType::RAW,
    protocol: Some(ipproto::ICMP),
    names: ["AF_INET", "SOCK_RAW|SOCK_CLOEXEC", "IPPROTO_ICMP"],
    shown: "RAW",
};

/// Interfaces, addresses and routes (`rtnetlink(7)`); `NETLINK_ROUTE` is protocol 0.
pub(super) const NETLINK_ROUTE: Kind = Kind {
    domain: AddressFamily::NETLINK,
    style: SocketType::RAW,
    protocol: None,
    names: ["AF_NETLINK", "SOCK_RAW|SOCK_CLOEXEC", "NETLINK_ROUTE"],
    shown: "NETLINK",
};

/// Packet filters (`libnftnl`, `linux/netfilter/nfnetlink.h`); `NETLINK_NETFILTER` is protocol 12.
pub(super) const NETLINK_NETFILTER: Kind = Kind {
    domain: AddressFamily::NETLINK,
    style: SocketType::RAW,
    protocol: Some(net::netlink::NETFILTER),
    names: ["AF_NETLINK", "SOCK_RAW|SOCK_CLOEXEC", "NETLINK_NETFILTER"],
    shown: "NETLINK",
};

/// How many connections wait to be accepted (`listen(2)`).
const BACKLOG: i32 = 16;

/// A socket that was opened here. Nothing is recorded of waiting for it and of its closing.
pub(super) struct Socket {
    fd: OwnedFd,
    kind: &'static Kind,
    /// As calls show it.
    shown: String,
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// An address, as the kernel takes it and as calls show it, with its size in bytes.
pub(super) trait Address: SocketAddrArg {
    /// In words, and its size.
    fn shown(&self) -> [String; 2];
}

impl Address for SocketAddrV4 {
    fn shown(&self) -> [String; 2] {
        [address::ipv4(*self), "16".to_owned()]
    }
}

impl Address for SocketAddrUnix {
    fn shown(&self) -> [String; 2] {
        // Two bytes are the family. The zero before an abstract name counts, and so does the one behind a path.
        let (name, path) = (self.abstract_name(), self.path_bytes());
        let bytes = name.map_or_else(|| path.unwrap_or_default().to_owned(), |name| [b"\0", name].concat());
        let size = 2 + bytes.len() + usize::from(name.is_none());
        [address::unix_name(&bytes), size.to_string()]
    }
}

impl Address for SocketAddrNetlink {
    fn shown(&self) -> [String; 2] {
        [address::netlink_port(self.pid(), self.groups()), "12".to_owned()]
    }
}

/// `socket(2)`.
pub(super) fn open(kind: &'static Kind) -> Result<Socket> {
    let result = net::socket_with(kind.domain, kind.style, SocketFlags::CLOEXEC, kind.protocol);
    let _ = call("socket", &kind.names.map(str::to_owned), number(&result));
    let fd = result.map_err(|e| Error::new("socket", kind.names[0], e))?;
    let shown = record::object(&fd, kind.shown);
    Ok(Socket { fd, kind, shown })
}

/// `bind(2)`.
pub(super) fn bind(socket: &Socket, address: &impl Address, object: &str) -> Result<()> {
    let result = net::bind(&socket.fd, address);
    let [shown, size] = address.shown();
    done("bind", &[socket.shown.clone(), shown, size], object, result)
}

/// `sendto(2)`.
pub(super) fn send_to(
    socket: &Socket,
    bytes: &[u8],
    address: &impl Address,
    object: impl Display,
) -> Result<()> {
    let result = net::sendto(&socket.fd, bytes, SendFlags::empty(), address);
    let message = calls::message(socket.kind.shown, bytes, bytes.len(), false);
    let [shown, size] = address.shown();
    let args = [socket.shown.clone(), message, bytes.len().to_string(), "0".to_owned(), shown, size];
    let _ = call("sendto", &args, result.map(|n| n as i64));
    result.map(|_| ()).map_err(|e| Error::new("sendto", object, e))
}

/// `recvfrom(2)` without waiting; `None` when nothing is there.
pub(super) fn receive(
    socket: &Socket,
    buffer: &mut [u8],
    object: impl Display,
) -> Result<Option<(usize, Option<SocketAddrAny>)>> {
    let room = buffer.len();
    let result = net::recvfrom(&socket.fd, &mut *buffer, RecvFlags::DONTWAIT);
    let mut args = vec![socket.shown.clone()];
    match &result {
        Ok((n, _, from)) => {
            let [from, size] = from.as_ref().map_or_else(Default::default, sender);
            let message = calls::message(socket.kind.shown, &buffer[..*n], *n, true);
            args.extend([message, room.to_string(), "MSG_DONTWAIT".to_owned(), from, format!("[{size}]")]);
        }
        Err(_) => args.extend(["...", &room.to_string(), "MSG_DONTWAIT", "...", "..."].map(str::to_owned)),
    }
    let _ = call("recvfrom", &args, result.as_ref().map(|(n, ..)| *n as i64).map_err(|e| *e));
    match result {
        Ok((n, _, from)) => Ok(Some((n, from))),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(None),
        Err(e) => Err(Error::new("recvfrom", object, e)),
    }
}

/// The address of the sender of a message.
fn sender(from: &SocketAddrAny) -> [String; 2] {
    let ipv4 = SocketAddrV4::try_from(from.clone()).map(|a| a.shown());
    let netlink = || SocketAddrNetlink::try_from(from.clone()).map(|a| a.shown());
    ipv4.or_else(|_| netlink()).unwrap_or_default()
}

/// `poll(2)` until the descriptor can be read (true) or the deadline has passed (false). It changes nothing and is not recorded.
pub(super) fn readable(fd: BorrowedFd, deadline: Instant) -> Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let millis = i32::try_from(left.as_millis()).unwrap_or(i32::MAX - 1);
        // Rounded up: a poll that ends early would be repeated with 0 ms, again and again.
        let millis = if left.is_zero() { 0 } else { millis + 1 };
        let mut set = [PollFd::new(fd, PollFlags::POLLIN)];
        match nix::poll::poll(&mut set, PollTimeout::try_from(millis).unwrap_or(PollTimeout::ZERO)) {
            Ok(0) if millis == 0 || Instant::now() >= deadline => return Ok(false),
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(e) => return Err(Error::new("poll", "", e)),
        }
    }
}

fn number(result: &rustix::io::Result<OwnedFd>) -> std::result::Result<i64, rustix::io::Errno> {
    result.as_ref().map(|fd| i64::from(fd.as_raw_fd())).map_err(|e| *e)
}

/// `setsockopt(2)`: the level and the option, its value and the size of that.
fn option(shown: &str, option: [&str; 2], value: [&str; 2], result: rustix::io::Result<()>) -> Result<()> {
    let ([level, name], [value, size]) = (option, value);
    let args = [shown, level, name, value, size].map(str::to_owned);
    done("setsockopt", &args, name, result)
}

/// Sends whole packets only, with the flag *don't fragment* (`IP_MTU_DISCOVER` in `ip(7)`): a packet larger than the MTU of its route is
/// refused with `EMSGSIZE`.
pub(super) fn dont_fragment(socket: &Socket) -> Result<()> {
    let policy = Ipv4PathMtuDiscovery::DO;
    let result = sockopt::set_ip_mtu_discover(socket, policy);
    let value = format!("[{}]", policy.as_raw());
    option(&socket.shown, ["SOL_IP", "IP_MTU_DISCOVER"], [&value, "4"], result)
}

/// Limits how long `connect(2)` and `send(2)` may block on this socket (`SO_SNDTIMEO`, since Linux 5.1 in this form).
fn limit_sending(fd: impl AsFd, shown: &str, limit: Duration) -> Result<()> {
    // The kernel takes a limit of zero for none at all.
    let limit = limit.max(Duration::from_millis(1));
    let result = sockopt::set_socket_timeout(fd, Timeout::Send, Some(limit));
    // The kernel takes microseconds, rounded up.
    let microseconds = limit.as_nanos().div_ceil(1000);
    let value = structure::time_value(microseconds / 1_000_000, microseconds % 1_000_000);
    option(shown, ["SOL_SOCKET", "SO_SNDTIMEO_NEW"], [&value, "16"], result)
}

/// Opens a TCP socket that listens on this port of every address of the caller's network namespace. A second one
/// there is refused with `EADDRINUSE`: `SO_REUSEADDR` only lets a listener follow on connections that are still
/// winding down (`socket(7)`).
pub fn listen(port: u16) -> Result<OwnedFd> {
    let socket = open(&TCP)?;
    let result = sockopt::set_socket_reuseaddr(&socket, true);
    option(&socket.shown, ["SOL_SOCKET", "SO_REUSEADDR"], ["[1]", "4"], result)?;
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    bind(&socket, &address, &address.to_string())?;
    let result = net::listen(&socket, BACKLOG);
    done("listen", &[socket.shown, BACKLOG.to_string()], address, result)?;
    Ok(socket.fd)
}

/// Opens a UNIX domain socket that listens under an abstract name of the caller's network namespace (`unix(7)`). A second one there is refused
/// with `EADDRINUSE`; the name is free again when the socket is closed.
pub fn listen_at_name(name: &str) -> Result<OwnedFd> {
    let address = SocketAddrUnix::new_abstract_name(name.as_bytes());
    listen_at(address, &format!("@{name}"))
}

/// The same at a path, where it makes a file. `EADDRINUSE` where there is a file already, also one that nobody listens at any more.
pub fn listen_at_path(path: &Path) -> Result<OwnedFd> {
    listen_at(SocketAddrUnix::new(path), &path.display().to_string())
}

fn listen_at(address: rustix::io::Result<SocketAddrUnix>, object: &str) -> Result<OwnedFd> {
    let address = address.map_err(|e| Error::new("bind", object, e))?;
    let socket = open(&UNIX)?;
    bind(&socket, &address, object)?;
    let result = net::listen(&socket, BACKLOG);
    done("listen", &[socket.shown, BACKLOG.to_string()], object, result)?;
    Ok(socket.fd)
}

/// Connects by TCP and closes again. Blocks for at most `timeout`, then the error is `ETIMEDOUT`.
pub fn connect(address: SocketAddrV4, timeout: Duration) -> Result<()> {
    use rustix::io::Errno as E;
    let socket = open(&TCP)?;
    let deadline = Instant::now() + timeout;
    let mut left = timeout;
    loop {
        limit_sending(&socket, &socket.shown, left)?;
        let result = net::connect(&socket, &address);
        let [shown, size] = address.shown();
        let _ = call("connect", &[socket.shown.clone(), shown, size], result.map(|()| 0));
        match result {
            // A second connect(2) goes on waiting for the first one's handshake; a tracer's stop ends the first.
            Err(E::INTR) if Instant::now() < deadline => {
                left = deadline.saturating_duration_since(Instant::now());
            }
            // What the kernel says when SO_SNDTIMEO has passed (socket(7)).
            Err(E::INPROGRESS | E::ALREADY | E::INTR) => {
                return Err(Error::new("connect", address, E::TIMEDOUT));
            }
            other => return other.map_err(|e| Error::new("connect", address, e)),
        }
    }
}

/// Sends one UDP datagram. Success says that the kernel took it, not that anybody received it.
pub fn send_datagram(address: SocketAddrV4, text: &str) -> Result<()> {
    send_to(&open(&UDP)?, text.as_bytes(), &address, address)
}

/// How long a server waits for one client.
const PATIENCE: Duration = Duration::from_secs(1);

/// Says the text to one client after another until `lifetime` is over; for a child that was forked to do so. A client
/// that goes away or does not read is none of the server's errors. Its calls belong to no action and are not recorded.
pub fn serve(listener: BorrowedFd, text: &str, lifetime: Duration) -> Result<()> {
    super::record::take();
    let end = Instant::now() + lifetime;
    while readable(listener, end)? {
        match net::accept_with(listener, SocketFlags::CLOEXEC) {
            Ok(client) => {
                let _ = say(&client, text);
            }
            // accept(2): errors of the connection, not of the listener, to be treated like "nobody there".
            Err(e) if is_of_client(e) => {}
            Err(e) => return Err(Error::new("accept4", "", e)),
        }
    }
    Ok(())
}

fn is_of_client(e: rustix::io::Errno) -> bool {
    use rustix::io::Errno as E;
    matches!(
        e,
        E::AGAIN
            | E::INTR
            | E::CONNABORTED
            | E::NETDOWN
            | E::PROTO
            | E::HOSTUNREACH
            | E::NETUNREACH
            | E::HOSTDOWN
    )
}

fn say(client: &OwnedFd, text: &str) -> Result<()> {
    limit_sending(client, "", PATIENCE)?;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let n = net::send(client, rest, SendFlags::NOSIGNAL).map_err(|e| Error::new("send", "", e))?;
        rest = &rest[n..];
    }
    net::shutdown(client, net::Shutdown::Write).map_err(|e| Error::new("shutdown", "", e))?;
    // Closing with unread bytes would send a reset, which may overtake the text: take what the client said first.
    let deadline = Instant::now() + PATIENCE;
    let mut scrap = [0u8; 512];
    while readable(client.as_fd(), deadline)? {
        match net::recv(client, &mut scrap, RecvFlags::DONTWAIT) {
            Ok((n, _)) if n > 0 => {}
            _ => break,
        }
    }
    Ok(())
}
