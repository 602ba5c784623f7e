//! Questions to `rtnetlink(7)` and to netfilter, in the reader's own network namespace. Nothing is changed.
//!
//! Attributes are taken apart here and not by typed messages: on the host any driver can appear, and one attribute of
//! an unknown shape must not hide the rest of the table.

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer,
    NlasIterator,
};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// How long the kernel may take for one answer.
const DEADLINE: Duration = Duration::from_secs(2);
/// How often a dump is asked for again when the table changed under it.
const ATTEMPTS: u32 = 10;
const SEQUENCE: u32 = 1;

/// The body of one message: a header of fixed size, then attributes.
pub(super) struct Body {
    bytes: Vec<u8>,
    header: usize,
}

impl Body {
    /// The bytes of a message, or of a part that is made in the same way.
    pub fn new(bytes: Vec<u8>, header: usize) -> Self {
        Body { bytes, header }
    }

    /// A byte of the header.
    pub fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// A 16-bit word of the header.
    pub fn short(&self, at: usize) -> Option<u16> {
        Some(u16::from_ne_bytes(self.bytes.get(at..at + 2)?.try_into().ok()?))
    }

    /// A 32-bit word of the header.
    pub fn long(&self, at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(self.bytes.get(at..at + 4)?.try_into().ok()?))
    }

    /// The value of the first attribute of this kind.
    pub fn attribute(&self, kind: u16) -> Option<Vec<u8>> {
        let attributes = NlasIterator::new(self.bytes.get(self.header..)?);
        attributes.map_while(Result::ok).find(|a| a.kind() == kind).map(|a| a.value().to_vec())
    }

    /// An attribute that is a 32-bit number.
    pub fn number(&self, kind: u16) -> Option<u32> {
        Some(u32::from_ne_bytes(*self.attribute(kind)?.first_chunk()?))
    }

    /// Its attributes.
    pub fn attributes(&self) -> &[u8] {
        self.bytes.get(self.header..).unwrap_or(&[])
    }

    /// An attribute that is a text.
    pub fn text(&self, kind: u16) -> Option<String> {
        let value = self.attribute(kind)?;
        Some(super::text::shown(&value).trim_end_matches('\0').to_owned())
    }
}

/// Everything of one table (`RTM_GETLINK` and its like) and one address family. `header` is the size of the table's
/// fixed header, whose first byte is the family.
pub(super) fn dump(kind: u16, family: u8, header: usize) -> io::Result<Vec<Body>> {
    // NETLINK_ROUTE is protocol 0.
    dump_of(None, kind, family, header)
}

/// The same of netfilter, whose header is `struct nfgenmsg`, 4 bytes. `kind` has the subsystem in its upper byte.
pub(super) fn dump_netfilter(kind: u16, family: u8) -> io::Result<Vec<Body>> {
    dump_of(Some(rustix::net::netlink::NETFILTER), kind, family, 4)
}

fn dump_of(protocol: Option<Protocol>, kind: u16, family: u8, header: usize) -> io::Result<Vec<Body>> {
    let mut body = vec![0; header];
    body[0] = family;
    for _ in 0..ATTEMPTS {
        if let Some(found) = ask(protocol, kind, NLM_F_DUMP, &body, header)? {
            return Ok(found);
        }
    }
    Err(io::Error::from_raw_os_error(libc::EAGAIN))
}

/// One interface by its name. `ENODEV` when there is none.
pub(super) fn link(name: &str) -> io::Result<Body> {
    const HEADER: usize = 16;
    let mut body = vec![0; HEADER];
    body.extend((4 + name.len() as u16 + 1).to_ne_bytes());
    body.extend(libc::IFLA_IFNAME.to_ne_bytes());
    body.extend(name.as_bytes());
    body.push(0);
    body.resize(body.len().next_multiple_of(4), 0);
    let found = ask(None, libc::RTM_GETLINK, NLM_F_ACK, &body, HEADER)?.and_then(|mut answers| answers.pop());
    found.ok_or_else(|| io::Error::from_raw_os_error(libc::EPROTO))
}

/// Asks and collects the answers; `None` when the table changed while it was read.
fn ask(
    protocol: Option<Protocol>,
    kind: u16,
    flags: u16,
    body: &[u8],
    header: usize,
) -> io::Result<Option<Vec<Body>>> {
    let socket =
        rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
    let kernel = SocketAddrNetlink::new(0, 0);
    let mut request = (16 + body.len() as u32).to_ne_bytes().to_vec();
    request.extend(kind.to_ne_bytes());
    request.extend((NLM_F_REQUEST | flags).to_ne_bytes());
    request.extend(SEQUENCE.to_ne_bytes());
    request.extend(0u32.to_ne_bytes());
    request.extend(body);
    rustix::net::sendto(&socket, &request, SendFlags::empty(), &kernel)?;
    collect(&socket, header)
}

fn collect(socket: &OwnedFd, header: usize) -> io::Result<Option<Vec<Body>>> {
    let mut buffer = vec![0; 64 * 1024];
    let (mut found, mut interrupted) = (Vec::new(), false);
    let deadline = Instant::now() + DEADLINE;
    loop {
        let size = receive(socket, &mut buffer, deadline)?;
        let mut rest = &buffer[..size];
        while let Ok(message) = NetlinkBuffer::new_checked(rest) {
            interrupted |= message.flags() & NLM_F_DUMP_INTR != 0;
            let payload = message.payload();
            match message.message_type() {
                // Both carry an errno, negative, or 0 (netlink(7)).
                NLMSG_ERROR | NLMSG_DONE => match payload.first_chunk().map(|c| i32::from_ne_bytes(*c)) {
                    Some(code) if code < 0 => return Err(io::Error::from_raw_os_error(-code)),
                    _ => return Ok((!interrupted).then_some(found)),
                },
                // Readers of the header's fields rely on it.
                _ if payload.len() < header => return Err(io::Error::from_raw_os_error(libc::EPROTO)),
                _ => found.push(Body::new(payload.to_vec(), header)),
            }
            let length = (message.length() as usize).next_multiple_of(4);
            rest = rest.get(length..).unwrap_or(&[]);
        }
    }
}

fn receive(socket: &OwnedFd, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
    use rustix::io::Errno;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
        }
        // At least a microsecond: zero would mean no limit (socket(7)).
        set_socket_timeout(socket, Timeout::Recv, Some(left.max(Duration::from_micros(1))))?;
        match rustix::net::recvfrom(socket, &mut *buffer, RecvFlags::empty()) {
            Ok((size, _, from)) => {
                let from = from.and_then(|a| SocketAddrNetlink::try_from(a).ok());
                // Any process may send to our socket; only the kernel's port is 0.
                if from.is_some_and(|a| a.pid() == 0) {
                    return Ok(size);
                }
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}
