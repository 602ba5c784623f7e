//! Messages over a stream socket: four bytes of length (big endian), then JSON. A descriptor may travel with the first byte.
//!
//! Nothing here waits in `sendmsg(2)` or `recvmsg(2)`: a [`Connection`] keeps what the other side has not taken yet, and the part of a message that has
//! come so far. A process with several peers continues when `poll(2)` says so; one with a single peer waits with a deadline.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// The longest message from the lab to the guardian, and between the guardian and a box, in either direction: 16 MiB. An action's own text is
/// limited much lower, where the lesson is read ([`MOST_TEXT`](crate::vocabulary::MOST_TEXT)).
pub const MOST: usize = 16 << 20;
/// The longest message from the guardian to the lab: 64 MiB. A box's reply and the trace of its calls come in one.
pub const MOST_TO_LAB: usize = 64 << 20;
/// A message must be complete this long after its first byte, or its sender is treated like one that sends garbage: 20 s.
pub const WHOLE_MESSAGE: Duration = Duration::from_secs(20);
/// Memory for a message is taken in pieces of this size, as its bytes come: a length alone costs nothing.
const PIECE: usize = 64 << 10;

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

/// A message that is being sent: its bytes, how many are sent, and the descriptor that goes with the first.
#[derive(Debug)]
struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    descriptor: Option<OwnedFd>,
}

/// A message that is being received.
#[derive(Debug, Default)]
struct Incoming {
    head: [u8; 4],
    head_filled: usize,
    body: Vec<u8>,
    filled: usize,
    descriptor: Option<OwnedFd>,
    sender: Option<i32>,
    /// When its first byte arrived.
    since: Option<Instant>,
}

/// One end of a pair of stream sockets, with the data under way in both directions.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
    outgoing: VecDeque<Outgoing>,
    incoming: Incoming,
    most_out: usize,
    most_in: usize,
    takes_descriptors: bool,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Connection {
    /// A connection whose messages are at most [`MOST`] bytes long, and which takes no descriptors.
    pub fn new(socket: OwnedFd) -> Self {
        Connection {
            socket,
            outgoing: VecDeque::new(),
            incoming: Incoming::default(),
            most_out: MOST,
            most_in: MOST,
            takes_descriptors: false,
        }
    }

    /// Accepts a descriptor that comes with a message. Without this the kernel does not even open it here.
    #[must_use]
    pub fn with_descriptors(mut self) -> Self {
        self.takes_descriptors = true;
        self
    }

    /// The most bytes in a message that is sent.
    #[must_use]
    pub fn sending(mut self, most: usize) -> Self {
        self.most_out = most;
        self
    }

    /// The most bytes in a message that is received.
    #[must_use]
    pub fn receiving(mut self, most: usize) -> Self {
        self.most_in = most;
        self
    }

    /// Queues a message, and a descriptor that travels with it, behind those already queued; [`flush`](Self::flush) sends.
    ///
    /// # Errors
    /// `EMSGSIZE` if the message is longer than the other side accepts; then no part of it is sent.
    pub fn queue<T: Serialize>(&mut self, message: &T, descriptor: Option<OwnedFd>) -> io::Result<()> {
        let mut bytes = vec![0; 4];
        serde_json::to_writer(&mut bytes, message)?;
        let length = bytes.len() - 4;
        let head = u32::try_from(length).ok().filter(|_| length <= self.most_out);
        let head = head.ok_or_else(|| io::Error::from_raw_os_error(libc::EMSGSIZE))?;
        bytes[..4].copy_from_slice(&head.to_be_bytes());
        self.outgoing.push_back(Outgoing { bytes, sent: 0, descriptor });
        Ok(())
    }

    /// Whether unsent data is queued.
    pub fn has_unsent(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Sends as much as the other side takes now; does not wait.
    ///
    /// # Errors
    /// The error of `sendmsg(2)`; `EPIPE` when the other side is gone.
    pub fn flush(&mut self) -> io::Result<()> {
        use rustix::io::Errno;
        use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
        while let Some(first) = self.outgoing.front_mut() {
            let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            let descriptors: Vec<BorrowedFd> = first.descriptor.iter().map(AsFd::as_fd).collect();
            if !descriptors.is_empty() {
                ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
            }
            let part = [io::IoSlice::new(&first.bytes[first.sent..])];
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match sendmsg(&self.socket, &part, &mut ancillary, flags) {
                Ok(n) => {
                    first.sent += n;
                    first.descriptor = None;
                    if first.sent == first.bytes.len() {
                        self.outgoing.pop_front();
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    /// The next message, if it is complete; does not wait.
    ///
    /// # Errors
    /// `UnexpectedEof` when the other side is gone, `InvalidData` when it announces a message that is too long.
    pub fn read(&mut self) -> io::Result<Option<Received>> {
        while self.incoming.head_filled < 4 {
            let from = self.incoming.head_filled;
            let mut rest = [0u8; 4];
            let Some(n) = self.receive_part(&mut rest[from..])? else { return Ok(None) };
            self.incoming.head[from..from + n].copy_from_slice(&rest[from..from + n]);
            self.incoming.head_filled += n;
            self.incoming.since.get_or_insert_with(Instant::now);
        }
        let length = u32::from_be_bytes(self.incoming.head) as usize;
        if length > self.most_in {
            let what = format!("a message of {length} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        while self.incoming.filled < length {
            let from = self.incoming.filled;
            let mut body = std::mem::take(&mut self.incoming.body);
            body.resize(length.min(from + PIECE), 0);
            let got = self.receive_part(&mut body[from..]);
            self.incoming.body = body;
            match got? {
                Some(n) => self.incoming.filled += n,
                None => return Ok(None),
            }
        }
        let Incoming { body, descriptor, sender, .. } = std::mem::take(&mut self.incoming);
        Ok(Some(Received { body, descriptor, sender }))
    }

    /// The deadline for the rest of a message that has begun to arrive; `None` if none has.
    pub fn whole_by(&self) -> Option<Instant> {
        self.incoming.since.map(|since| since + WHOLE_MESSAGE)
    }

    /// The sender of the part of the next message that has arrived, as in [`Received::sender`].
    pub fn sender(&self) -> Option<i32> {
        self.incoming.sender
    }

    /// `None` when there is nothing to receive now.
    fn receive_part(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        use rustix::io::Errno;
        use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
        let mut space =
            [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1), ScmCredentials(1))];
        // Credentials come first; without room for more, the kernel drops a descriptor instead of opening it here (`unix(7)`).
        let room = if self.takes_descriptors { space.len() } else { rustix::cmsg_space!(ScmCredentials(1)) };
        let mut ancillary = RecvAncillaryBuffer::new(&mut space[..room]);
        let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        let got = loop {
            match recvmsg(&self.socket, &mut [io::IoSliceMut::new(into)], &mut ancillary, flags) {
                Ok(received) => break received.bytes,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(e) => return Err(e.into()),
            }
        };
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for message in ancillary.drain() {
            match message {
                RecvAncillaryMessage::ScmRights(mut fds) => {
                    let fd = fds.next().filter(|_| self.takes_descriptors);
                    self.incoming.descriptor = fd.or(self.incoming.descriptor.take());
                }
                RecvAncillaryMessage::ScmCredentials(c) => {
                    self.incoming.sender = Some(c.pid.as_raw_pid());
                }
                _ => {}
            }
        }
        Ok(Some(got))
    }

    /// Sends a message and waits until the other side has room for all of it, at most this long.
    ///
    /// # Errors
    /// As [`queue`](Self::queue) and [`flush`](Self::flush); `TimedOut`.
    pub fn send<T: Serialize>(&mut self, message: &T, at_most: Duration) -> io::Result<()> {
        self.queue(message, None)?;
        let until = Instant::now() + at_most;
        loop {
            self.flush()?;
            if !self.has_unsent() {
                return Ok(());
            }
            wait_for(&self.socket, nix::poll::PollFlags::POLLOUT, remaining(until)?)?;
        }
    }

    /// Waits for the next message, at most this long.
    ///
    /// # Errors
    /// As [`read`](Self::read); `TimedOut`.
    pub fn receive(&mut self, at_most: Duration) -> io::Result<Received> {
        let until = Instant::now() + at_most;
        loop {
            if let Some(received) = self.read()? {
                return Ok(received);
            }
            readable(&self.socket, remaining(until)?)?;
        }
    }
}

/// The time until a deadline.
///
/// # Errors
/// `TimedOut` when it has passed.
fn remaining(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Waits at most this long until a descriptor can be read or has hung up; a signal, or a tracer's stop, does not end the wait.
///
/// # Errors
/// What `poll(2)` answers.
pub fn readable(fd: impl AsFd, at_most: Duration) -> io::Result<bool> {
    wait_for(fd, nix::poll::PollFlags::POLLIN, at_most)
}

fn wait_for(fd: impl AsFd, what: nix::poll::PollFlags, at_most: Duration) -> io::Result<bool> {
    use nix::poll::{PollFd, PollTimeout, poll};
    let until = Instant::now() + at_most.min(Duration::from_secs(3600));
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(fd.as_fd(), what)];
        match poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
            Ok(n) => return Ok(n > 0),
            Err(nix::errno::Errno::EINTR) if !left.is_zero() => {}
            Err(nix::errno::Errno::EINTR) => return Ok(false),
            Err(e) => return Err(e.into()),
        }
    }
}

/// Fills the buffer from a pipe, waiting at most until the deadline.
///
/// # Errors
/// `UnexpectedEof`, `TimedOut`, and the errors of `read(2)`.
pub fn read_exact_by(pipe: impl AsFd, into: &mut [u8], until: Instant) -> io::Result<()> {
    let mut filled = 0;
    while filled < into.len() {
        match read_some_by(&pipe, &mut into[filled..], until)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => filled += n,
        }
    }
    Ok(())
}

/// Everything that comes from a pipe until its other end is closed everywhere, at most this many bytes, until the deadline.
///
/// # Errors
/// `TimedOut`, and the errors of `read(2)`.
pub fn read_to_end_by(pipe: impl AsFd, most: usize, until: Instant) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    while bytes.len() < most {
        match read_some_by(&pipe, &mut part, until)? {
            0 => break,
            n => bytes.extend_from_slice(&part[..n]),
        }
    }
    bytes.truncate(most);
    Ok(bytes)
}

/// Reads what is there, as soon as there is something; 0 at the end.
fn read_some_by(pipe: impl AsFd, into: &mut [u8], until: Instant) -> io::Result<usize> {
    loop {
        if !readable(&pipe, remaining(until)?)? {
            continue;
        }
        // poll(2) reported data and nothing else reads here, so this does not wait.
        match rustix::io::read(&pipe, &mut *into) {
            Ok(n) => return Ok(n),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
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
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::net::UnixStream;

    /// Long enough for a busy machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn connections() -> (Connection, Connection) {
        let (a, b) = pair().expect("socketpair");
        (Connection::new(a), Connection::new(b).with_descriptors())
    }

    #[test]
    fn a_message_and_a_descriptor_cross() {
        let (mut a, mut b) = connections();
        let file = std::fs::File::open("/proc/self/stat").expect("a file");
        let text = "x".repeat(300_000);
        a.queue(&text, Some(file.try_clone().expect("dup").into())).expect("queue");
        let got = loop {
            a.flush().expect("flush");
            if let Some(got) = b.read().expect("read") {
                break got;
            }
        };
        assert_eq!(got.message::<String>().expect("a text"), text);
        let fd = std::fs::File::from(got.descriptor.expect("a descriptor"));
        assert_eq!(fd.metadata().expect("stat").ino(), file.metadata().expect("stat").ino());
        drop(a);
        assert_eq!(b.read().expect_err("end").kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn who_takes_no_descriptors_gets_none() {
        let (mut a, b) = connections();
        let mut b = Connection { takes_descriptors: false, ..b };
        rustix::net::sockopt::set_socket_passcred(&b, true).expect("SO_PASSCRED");
        let file = std::fs::File::open("/proc/self/stat").expect("a file");
        a.queue(&"text", Some(file.into())).expect("queue");
        a.flush().expect("flush");
        let got = b.receive(PATIENCE).expect("a message");
        assert!(got.descriptor.is_none());
        assert_eq!(got.sender, i32::try_from(std::process::id()).ok());
        assert_eq!(got.message::<String>().expect("a text"), "text");
    }

    /// A socket's buffer is far smaller than this; the old code waited in sendmsg(2) here.
    #[test]
    fn who_sends_does_not_wait_for_who_does_not_read() {
        let (mut a, mut b) = connections();
        let text = "x".repeat(4 << 20);
        a.queue(&text, None).expect("queue");
        a.flush().expect("flush");
        assert!(a.has_unsent());
        assert_eq!(
            a.send(&"more", Duration::from_millis(50)).expect_err("late").kind(),
            io::ErrorKind::TimedOut
        );
        while a.has_unsent() {
            let _ = b.read().expect("read");
            a.flush().expect("flush");
        }
    }

    /// Four bytes, and a length with half a body: the old code waited in recvmsg(2) for the rest.
    #[test]
    fn who_reads_does_not_wait_for_the_rest_of_a_message() {
        for sent in [&b"\0\0\0"[..], b"\0\0\0\x08", b"\0\0\0\x08\"abc"] {
            let (a, b) = pair().expect("socketpair");
            let mut b = Connection::new(b);
            assert!(b.whole_by().is_none());
            UnixStream::from(a.try_clone().expect("dup")).write_all(sent).expect("write");
            assert!(b.read().expect("no error yet").is_none());
            let until = b.whole_by().expect("a deadline");
            assert!(until <= Instant::now() + WHOLE_MESSAGE);
            assert!(b.read().expect("no error yet").is_none());
            assert_eq!(b.whole_by(), Some(until), "the deadline does not move");
            drop(a);
            assert_eq!(b.read().expect_err("end").kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn what_is_too_long_is_refused_on_both_sides() {
        let (mut a, b) = connections();
        let mut b = b.receiving(100);
        let mut short = Connection { most_out: 100, ..Connection::new(pair().expect("socketpair").0) };
        let long = short.queue(&"x".repeat(200), None).expect_err("too long");
        assert_eq!(long.raw_os_error(), Some(libc::EMSGSIZE));
        assert!(!short.has_unsent());
        a.queue(&"x".repeat(200), None).expect("queue");
        a.flush().expect("flush");
        assert_eq!(b.read().expect_err("too long").kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn garbage_is_a_message_of_no_type() {
        let (a, b) = pair().expect("socketpair");
        UnixStream::from(a).write_all(b"\0\0\0\x04\xff\xfe{[").expect("write");
        let got = Connection::new(b).receive(PATIENCE).expect("a message");
        assert_eq!(got.message::<String>().expect_err("no text").kind(), io::ErrorKind::InvalidData);
    }
}
