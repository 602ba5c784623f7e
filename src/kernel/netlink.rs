//! Answers of the kernel on a netlink socket (`netlink(7)`).

use super::socket::{self, Socket};
use super::{Error, Result};
use crate::model::Errno;
use netlink_packet_core::{NLMSG_ERROR, NetlinkBuffer};
use rustix::net::netlink::SocketAddrNetlink;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// What a message says.
pub(super) enum Answer<'m> {
    /// A request was carried out.
    Acknowledged,
    /// What was asked for.
    Body(&'m [u8]),
}

/// Hears each message of the kernel, with the number of the request that it answers, until the hearer has what it waits for.
///
/// # Errors
/// What the kernel refuses, where the hearer counts that request as its own; `ETIMEDOUT` when the time is over.
pub(super) fn hear(
    socket: &Socket,
    patience: Duration,
    [operation, object]: [&str; 2],
    is_ours: impl Fn(u32) -> bool,
    mut hearer: impl FnMut(Answer) -> ControlFlow<()>,
) -> Result<()> {
    let deadline = Instant::now() + patience;
    let mut buffer = vec![0; 32 * 1024];
    while socket::readable(socket.as_fd(), deadline)? {
        let Some((size, from)) = socket::receive(socket, &mut buffer, object)? else { continue };
        let from = from.and_then(|a| SocketAddrNetlink::try_from(a).ok());
        // Any process may send to our socket; only the kernel's port is 0.
        if from.is_none_or(|a| a.pid() != 0) {
            continue;
        }
        let mut rest = &buffer[..size];
        while let Ok(message) = NetlinkBuffer::new_checked(rest) {
            if is_ours(message.sequence_number()) {
                let answer = answer(message.message_type(), message.payload())
                    .map_err(|errno| Error::new(operation, object, errno))?;
                if hearer(answer).is_break() {
                    return Ok(());
                }
            }
            let length = (message.length() as usize).next_multiple_of(4);
            rest = rest.get(length..).unwrap_or(&[]);
        }
    }
    Err(Error::new(operation, object, Errno(libc::ETIMEDOUT)))
}

/// `NLMSG_ERROR` carries a negative errno, or 0 for an acknowledgement (`netlink(7)`).
fn answer(kind: u16, payload: &[u8]) -> std::result::Result<Answer<'_>, Errno> {
    if kind != NLMSG_ERROR {
        return Ok(Answer::Body(payload));
    }
    match payload.first_chunk::<4>().map(|code| i32::from_ne_bytes(*code)) {
        Some(0) => Ok(Answer::Acknowledged),
        Some(code) => Err(Errno(-code)),
        None => Err(Errno(libc::EPROTO)),
    }
}
