//! The frames of the reader's network namespace, captured by a packet socket (`packet(7)`).

use super::frame::Headers;
use crate::model::{Fact, Row, Value};
use crate::vocabulary::reader::Frames;
use nix::sys::socket::{ControlMessageOwned, LinkAddr, MsgFlags, recvmsg, setsockopt, sockopt};
use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, socket_with};
use std::io::{self, IoSliceMut};
use std::num::NonZeroU32;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// So many frames are kept, of all interfaces together.
const KEPT: usize = 1024;
/// Of each, so many bytes: enough for the headers, also for those of a frame within a VXLAN.
const BYTES: usize = 256;
/// A reading has so many of them at most.
const SHOWN: usize = 64;
/// So many are received at a time at most: more than any buffer of a socket holds.
const AT_A_TIME: usize = 64 * 1024;

/// A capture that has begun. The frames of all interfaces are in it, also of those that are made later.
pub struct Capture {
    socket: OwnedFd,
    frames: Vec<Frame>,
    /// How many came that were not kept.
    not_kept: u64,
    /// How many the kernel had no room for.
    dropped: u64,
}

/// One frame.
struct Frame {
    /// The index of its interface.
    interface: usize,
    outgoing: bool,
    /// Its length in bytes.
    length: usize,
    /// Its beginning.
    bytes: Vec<u8>,
}

impl AsFd for Capture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Capture {
    /// Begins to capture what passes in the caller's network namespace from now on.
    ///
    /// # Errors
    /// `EPERM` without `CAP_NET_RAW` in the user namespace that owns the network namespace.
    pub fn begin() -> io::Result<Self> {
        // In the order of the network, as packet(7) has it.
        let everything = NonZeroU32::new(u32::from((libc::ETH_P_ALL as u16).to_be())).map(Protocol::from_raw);
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, everything)?;
        setsockopt(&socket, sockopt::RxqOvfl, &1)?;
        Ok(Capture { socket, frames: Vec::new(), not_kept: 0, dropped: 0 })
    }

    /// Takes in the frames that have come.
    ///
    /// # Errors
    /// What `recvmsg(2)` says.
    pub fn take_in(&mut self) -> io::Result<()> {
        use nix::errno::Errno;
        let mut buffer = [0; BYTES];
        let mut control = nix::cmsg_space!(u32);
        for _ in 0..AT_A_TIME {
            let mut parts = [IoSliceMut::new(&mut buffer)];
            // With MSG_TRUNC the length is the frame's, and not that of what fits into the buffer.
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
            let received =
                match recvmsg::<LinkAddr>(self.socket.as_raw_fd(), &mut parts, Some(&mut control), flags) {
                    Ok(received) => received,
                    Err(Errno::EAGAIN) => return Ok(()),
                    Err(Errno::EINTR) => continue,
                    Err(e) => return Err(e.into()),
                };
            for message in received.cmsgs()? {
                if let ControlMessageOwned::RxqOvfl(all) = message {
                    self.dropped = all.into();
                }
            }
            let (length, from) = (received.bytes, received.address);
            let Some(from) = from.filter(|_| self.frames.len() < KEPT) else {
                self.not_kept += 1;
                continue;
            };
            self.frames.push(Frame {
                interface: from.ifindex(),
                outgoing: from.pkttype() == libc::PACKET_OUTGOING,
                length,
                bytes: buffer[..length.min(BYTES)].to_vec(),
            });
        }
        Ok(())
    }

    /// The frames of an interface so far: rows as `docs/lesson-format.md` lists them, without empty cells. A last row says how many are not shown.
    ///
    /// # Errors
    /// `ENODEV` when there is no such interface.
    pub fn read(&mut self, asked: &Frames) -> io::Result<Fact> {
        self.take_in()?;
        let interface = name_to_index(&self.socket, &asked.interface)? as usize;
        let mut rows = Vec::new();
        let mut more = self.not_kept + self.dropped;
        for frame in self.frames.iter().filter(|frame| frame.interface == interface) {
            let headers = Headers::of(&frame.bytes);
            if !carries(&headers, asked) {
                continue;
            }
            if rows.len() < SHOWN {
                rows.push(row(frame, &headers, asked.has_mac()));
            } else {
                more += 1;
            }
        }
        if more > 0 {
            rows.push(Row::new([("more", format!("{more} more"))]));
        }
        Ok(Fact::of(Value::Table(rows)))
    }
}

/// Whether the frame, or the one within it, carries what was asked for.
fn carries(headers: &Headers, asked: &Frames) -> bool {
    let only = asked.only();
    let here = || only.iter().any(|carried| headers.protocol == carried.to_string());
    only.is_empty() || here() || headers.inner.as_ref().is_some_and(|(_, inner)| carries(inner, asked))
}

fn row(frame: &Frame, headers: &Headers, has_mac: bool) -> Row {
    let direction = if frame.outgoing { "out" } else { "in" };
    let (vni, inner) = match &headers.inner {
        Some((vni, inner)) => (vni.to_string(), inner.as_ref().clone()),
        None => Default::default(),
    };
    let outer = headers.clone();
    let mut cells = vec![
        ("direction", direction.to_owned()),
        ("protocol", outer.protocol),
        ("source", outer.source),
        ("destination", outer.destination),
        ("info", outer.info),
        ("length", frame.length.to_string()),
        ("vni", vni),
        ("inner_protocol", inner.protocol),
        ("inner_source", inner.source),
        ("inner_destination", inner.destination),
        ("inner_info", inner.info),
    ];
    if has_mac {
        cells.extend([
            ("source_mac", outer.source_mac),
            ("destination_mac", outer.destination_mac),
            ("inner_source_mac", inner.source_mac),
            ("inner_destination_mac", inner.destination_mac),
        ]);
    }
    cells.retain(|(_, cell)| !cell.is_empty());
    Row(cells.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect())
}
