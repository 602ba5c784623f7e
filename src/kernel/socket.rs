//! Sockets: the recorded calls that everything about networks is made of, and TCP and UDP over IPv4
//! (`socket(7)`, `ip(7)`, `tcp(7)`, `udp(7)`).
//!
//! A socket belongs to the network namespace in which it was opened and stays there, so every operation opens its own.

use super::record::{call, quote};
use super::{Error, Result};
use crate::model::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use rustix::net::addr::SocketAddrArg;
use rustix::net::sockopt::{self, Timeout};
use rustix::net::{
    self, AddressFamily, Protocol, RecvFlags, SendFlags, SocketAddrAny, SocketFlags, SocketType, ipproto,
};
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// What `socket(2)` is asked for, and the names under which it is recorded.
pub(super) struct Kind {
    domain: AddressFamily,
    style: SocketType,
    protocol: Option<Protocol>,
    names: [&'static str; 3],
}

const TCP: Kind = Kind {
    domain: AddressFamily::INET,
    style: SocketType::STREAM,
    protocol: None,
    names: ["AF_INET", "SOCK_STREAM|SOCK_CLOEXEC", "IPPROTO_IP"],
};

const UDP: Kind = Kind {
    domain: AddressFamily::INET,
    style: SocketType::DGRAM,
    protocol: None,
    names: ["AF_INET", "SOCK_DGRAM|SOCK_CLOEXEC", "IPPROTO_IP"],
};

/// Whole ICMP packets; needs `CAP_NET_RAW` in the user namespace that owns the network namespace (`raw(7)`).
pub(super) const ICMP: Kind = Kind {
    domain: AddressFamily::INET,
    style: SocketType::RAW,
    protocol: Some(ipproto::ICMP),
    names: ["AF_INET", "SOCK_RAW|SOCK_CLOEXEC", "IPPROTO_ICMP"],
};

/// Interfaces, addresses and routes (`rtnetlink(7)`); `NETLINK_ROUTE` is protocol 0.
pub(super) const NETLINK_ROUTE: Kind = Kind {
    domain: AddressFamily::NETLINK,
    style: SocketType::RAW,
    protocol: None,
    names: ["AF_NETLINK", "SOCK_RAW|SOCK_CLOEXEC", "NETLINK_ROUTE"],
};

/// `socket(2)`.
pub(super) fn open(kind: &Kind) -> Result<OwnedFd> {
    let result = net::socket_with(kind.domain, kind.style, SocketFlags::CLOEXEC, kind.protocol);
    let _ = call("socket", &kind.names.map(str::to_owned), number(&result));
    result.map_err(|e| Error::new("socket", kind.names[0], e))
}

/// `close(2)`, so that the record has it too.
pub(super) fn close(fd: OwnedFd) {
    let args = [fd.as_raw_fd().to_string()];
    drop(fd);
    let _ = call::<Errno>("close", &args, Ok(0));
}

/// `bind(2)`; `decoded` is the address in the tracer's form.
pub(super) fn bind(fd: &OwnedFd, address: &impl SocketAddrArg, decoded: &str, object: &str) -> Result<()> {
    let result = net::bind(fd, address);
    let args = [fd.as_raw_fd().to_string(), decoded.to_owned(), address_length(decoded)];
    done("bind", &args, object, result)
}

/// `sendto(2)`; `decoded` are the bytes and the address in the tracer's form.
pub(super) fn send_to(
    fd: &OwnedFd,
    bytes: &[u8],
    address: &impl SocketAddrArg,
    decoded: [&str; 2],
    object: impl Display,
) -> Result<()> {
    let result = net::sendto(fd, bytes, SendFlags::empty(), address);
    let args = [
        fd.as_raw_fd().to_string(),
        decoded[0].to_owned(),
        bytes.len().to_string(),
        "0".to_owned(),
        decoded[1].to_owned(),
        address_length(decoded[1]),
    ];
    let _ = call("sendto", &args, result.map(|n| n as i64));
    result.map(|_| ()).map_err(|e| Error::new("sendto", object, e))
}

/// `recvfrom(2)` without waiting; `None` when nothing is there. `decode` gives the bytes in the tracer's form.
pub(super) fn receive(
    fd: &OwnedFd,
    buffer: &mut [u8],
    decode: impl Fn(&[u8]) -> String,
    object: impl Display,
) -> Result<Option<(usize, Option<SocketAddrAny>)>> {
    let room = buffer.len();
    let result = net::recvfrom(fd, &mut *buffer, RecvFlags::DONTWAIT);
    let count = result.as_ref().map(|(n, ..)| *n).map_err(|e| *e);
    let args = [
        fd.as_raw_fd().to_string(),
        count.map_or_else(|_| String::new(), |n| decode(&buffer[..n])),
        room.to_string(),
        "MSG_DONTWAIT".to_owned(),
    ];
    let _ = call("recvfrom", &args, count.map(|n| n as i64));
    match result {
        Ok((n, _, from)) => Ok(Some((n, from))),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(None),
        Err(e) => Err(Error::new("recvfrom", object, e)),
    }
}

/// `poll(2)` until the descriptor can be read (true) or the deadline has passed (false).
pub(super) fn readable(fd: BorrowedFd, deadline: Instant) -> Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let millis = i32::try_from(left.as_millis()).unwrap_or(i32::MAX - 1);
        // Rounded up: a poll that ends early would be repeated with 0 ms, again and again.
        let millis = if left.is_zero() { 0 } else { millis + 1 };
        let mut set = [PollFd::new(fd, PollFlags::POLLIN)];
        let result = nix::poll::poll(&mut set, PollTimeout::try_from(millis).unwrap_or(PollTimeout::ZERO));
        let args =
            [format!("[{{fd={}, events=POLLIN}}]", fd.as_raw_fd()), "1".to_owned(), millis.to_string()];
        match call("poll", &args, result.map(i64::from)) {
            Ok(0) if millis == 0 || Instant::now() >= deadline => return Ok(false),
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(e) => return Err(Error::new("poll", "", e)),
        }
    }
}

/// An IPv4 address and port in the tracer's form.
pub(super) fn decoded(address: SocketAddrV4) -> String {
    let (port, ip) = (address.port(), address.ip());
    format!("{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr(\"{ip}\")}}")
}

fn address_length(decoded: &str) -> String {
    if decoded.contains("AF_NETLINK") { "12" } else { "16" }.to_owned()
}

fn number(result: &rustix::io::Result<OwnedFd>) -> std::result::Result<i64, rustix::io::Errno> {
    result.as_ref().map(|fd| i64::from(fd.as_raw_fd())).map_err(|e| *e)
}

fn done(name: &str, args: &[String], object: impl Display, result: rustix::io::Result<()>) -> Result<()> {
    call(name, args, result.map(|()| 0)).map(|_| ()).map_err(|e| Error::new(name, object, e))
}

/// Limits how long `connect(2)` and `send(2)` may block on this socket (`SO_SNDTIMEO`).
fn limit_sending(fd: &OwnedFd, limit: Duration) -> Result<()> {
    // The kernel takes a limit of zero for none at all.
    let limit = limit.max(Duration::from_millis(1));
    let result = sockopt::set_socket_timeout(fd, Timeout::Send, Some(limit));
    let value = format!("{{tv_sec={}, tv_usec={}}}", limit.as_secs(), limit.subsec_micros());
    let args = [fd.as_raw_fd().to_string(), "SOL_SOCKET".into(), "SO_SNDTIMEO".into(), value, "16".into()];
    done("setsockopt", &args, "SO_SNDTIMEO", result)
}

/// Opens a TCP socket that listens on this port of every address of the caller's network namespace. A second one
/// there is refused with `EADDRINUSE`: `SO_REUSEADDR` only lets a listener follow on connections that are still
/// winding down (`socket(7)`).
pub fn listen(port: u16) -> Result<OwnedFd> {
    let fd = open(&TCP)?;
    let result = listen_on(&fd, port);
    match result {
        Ok(()) => Ok(fd),
        Err(e) => {
            close(fd);
            Err(e)
        }
    }
}

fn listen_on(fd: &OwnedFd, port: u16) -> Result<()> {
    const BACKLOG: i32 = 16;
    let result = sockopt::set_socket_reuseaddr(fd, true);
    let raw = fd.as_raw_fd().to_string();
    let args = [raw.clone(), "SOL_SOCKET".into(), "SO_REUSEADDR".into(), "[1]".into(), "4".into()];
    done("setsockopt", &args, "SO_REUSEADDR", result)?;
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    bind(fd, &address, &decoded(address), &address.to_string())?;
    done("listen", &[raw, BACKLOG.to_string()], address, net::listen(fd, BACKLOG))
}

/// Connects by TCP and closes again. Blocks for at most `timeout`, then the error is `ETIMEDOUT`.
pub fn connect(address: SocketAddrV4, timeout: Duration) -> Result<()> {
    let fd = open(&TCP)?;
    let result = connect_with(&fd, address, timeout);
    close(fd);
    result
}

fn connect_with(fd: &OwnedFd, address: SocketAddrV4, timeout: Duration) -> Result<()> {
    use rustix::io::Errno as E;
    let deadline = Instant::now() + timeout;
    loop {
        limit_sending(fd, deadline.saturating_duration_since(Instant::now()))?;
        let result = net::connect(fd, &address);
        let args = [fd.as_raw_fd().to_string(), decoded(address), "16".to_owned()];
        let _ = call("connect", &args, result.map(|()| 0));
        match result {
            // A second connect(2) goes on waiting for the first one's handshake; a tracer's stop ends the first.
            Err(E::INTR) if Instant::now() < deadline => {}
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
    let fd = open(&UDP)?;
    let result = send_to(&fd, text.as_bytes(), &address, [&quote(text), &decoded(address)], address);
    close(fd);
    result
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
    limit_sending(client, PATIENCE)?;
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
