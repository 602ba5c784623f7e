//! Messages over a stream socket: four bytes of length (big endian), then JSON. A descriptor may travel with the length.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Longer messages are refused: 16 MiB.
const LIMIT: usize = 16 << 20;

/// Sends a message, and a descriptor with it.
///
/// # Errors
/// What `sendmsg(2)` answers; `EPIPE` when the other side is gone.
pub fn send<T: Serialize>(socket: impl AsFd, message: &T, descriptor: Option<BorrowedFd>) -> io::Result<()> {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend_from_slice(&body);
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<BorrowedFd> = descriptor.into_iter().collect();
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    let mut sent = 0;
    while sent < bytes.len() {
        let part = [io::IoSlice::new(&bytes[sent..])];
        match sendmsg(&socket, &part, &mut ancillary, SendFlags::NOSIGNAL) {
            Ok(n) => {
                sent += n;
                ancillary.clear();
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// What a read brought.
#[derive(Debug)]
pub struct Received {
    /// The message's bytes.
    pub body: Vec<u8>,
    /// The descriptor that came with it.
    pub descriptor: Option<OwnedFd>,
    /// The sender's number in the receiver's PID namespace, when the receiver asked for credentials (`SO_PASSCRED`).
    pub sender: Option<i32>,
}

impl Received {
    /// The message.
    ///
    /// # Errors
    /// `InvalidData` when it is not of this type.
    pub fn message<T: DeserializeOwned>(&self) -> io::Result<T> {
        serde_json::from_slice(&self.body).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }
}

/// Receives one whole message; blocks until it is there, so it is called when `poll(2)` has announced data. A peer sends a message at once,
/// and one that dies in the middle ends the stream.
///
/// # Errors
/// `UnexpectedEof` when the other side is gone.
pub fn receive(socket: impl AsFd) -> io::Result<Received> {
    let mut head = [0u8; 4];
    let (mut descriptor, mut sender) = (None, None);
    let mut filled = 0;
    while filled < 4 {
        let got = receive_part(&socket, &mut head[filled..], &mut descriptor, &mut sender)?;
        filled += got;
    }
    let length = u32::from_be_bytes(head) as usize;
    if length > LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of {length} bytes")));
    }
    let mut body = vec![0u8; length];
    let mut filled = 0;
    while filled < length {
        filled += receive_part(&socket, &mut body[filled..], &mut descriptor, &mut sender)?;
    }
    Ok(Received { body, descriptor, sender })
}

fn receive_part(
    socket: &impl AsFd,
    into: &mut [u8],
    descriptor: &mut Option<OwnedFd>,
    sender: &mut Option<i32>,
) -> io::Result<usize> {
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1), ScmCredentials(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        match recvmsg(socket, &mut [io::IoSliceMut::new(into)], &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Ok(r) => break r.bytes,
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    };
    if got == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    for message in ancillary.drain() {
        match message {
            RecvAncillaryMessage::ScmRights(mut fds) => *descriptor = fds.next().or(descriptor.take()),
            RecvAncillaryMessage::ScmCredentials(c) => *sender = Some(c.pid.as_raw_pid()),
            _ => {}
        }
    }
    Ok(got)
}

/// Waits until a descriptor can be read or has hung up, at most so long.
///
/// # Errors
/// What `poll(2)` answers; an interrupted wait counts as nothing there.
pub fn readable(fd: impl AsFd, at_most: std::time::Duration) -> io::Result<bool> {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    let timeout =
        PollTimeout::try_from(at_most.min(std::time::Duration::from_secs(3600))).unwrap_or(PollTimeout::MAX);
    match poll(&mut fds, timeout) {
        Ok(n) => Ok(n > 0),
        Err(nix::errno::Errno::EINTR) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// A connected pair of stream sockets, closed at exec.
///
/// # Errors
/// What `socketpair(2)` answers.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
    Ok(socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?)
}

/// The path `/proc/self/fd/N` of a descriptor.
pub fn path_of(fd: impl AsFd) -> std::path::PathBuf {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_message_and_a_descriptor_cross() {
        let (a, b) = pair().expect("socketpair");
        let file = std::fs::File::open("/proc/self/stat").expect("a file");
        let text = "x".repeat(300_000);
        std::thread::scope(|s| {
            s.spawn(|| send(&a, &text, Some(file.as_fd())).expect("send"));
            let got = receive(&b).expect("receive");
            assert_eq!(got.message::<String>().expect("a text"), text);
            let fd = std::fs::File::from(got.descriptor.expect("a descriptor"));
            assert_eq!(fd.metadata().expect("stat").ino(), file.metadata().expect("stat").ino());
        });
        drop(a);
        assert_eq!(receive(&b).expect_err("end").kind(), io::ErrorKind::UnexpectedEof);
    }
}
