//! What a server says to one who connects and sends nothing.

use super::text;
use crate::model::Fact;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::io::{self, Read};
use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longer answers are not read: 64 KiB.
const MOST: usize = 64 * 1024;

/// What a TCP server at this address says until it closes. `ETIMEDOUT` when connecting and reading take longer than
/// `timeout`, `EMSGSIZE` when it says more than 64 KiB, `ECONNREFUSED` when nobody listens.
pub fn of_tcp(address: SocketAddrV4, timeout: Duration) -> io::Result<Fact> {
    let deadline = Instant::now() + timeout;
    let stream = TcpStream::connect_timeout(&SocketAddr::V4(address), timeout)?;
    hear(&stream, |left| stream.set_read_timeout(Some(left)), deadline)
}

/// The same of a server under an abstract name of the caller's network namespace (`unix(7)`).
pub fn of_name(name: &str, timeout: Duration) -> io::Result<Fact> {
    of_unix(&SocketAddrUnix::new_abstract_name(name.as_bytes())?, timeout)
}

/// The same of a server at a path; `ENOENT` where there is no file.
pub fn of_path(path: &Path, timeout: Duration) -> io::Result<Fact> {
    of_unix(&SocketAddrUnix::new(path)?, timeout)
}

fn of_unix(address: &SocketAddrUnix, timeout: Duration) -> io::Result<Fact> {
    use rustix::io::Errno;
    let deadline = Instant::now() + timeout;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match rustix::net::connect(&socket, address) {
        Ok(()) => {}
        // As many as `listen(2)` allows are waiting to be accepted.
        Err(Errno::AGAIN) => return Err(Errno::TIMEDOUT.into()),
        Err(e) => return Err(e.into()),
    }
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    hear(&stream, |left| stream.set_read_timeout(Some(left)), deadline)
}

/// Reads to the end; `limit` sets how long one read may take.
fn hear(
    mut stream: impl Read,
    limit: impl Fn(Duration) -> io::Result<()>,
    deadline: Instant,
) -> io::Result<Fact> {
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
        }
        limit(left.max(Duration::from_micros(1)))?;
        match stream.read(&mut piece) {
            Ok(0) => return Ok(Fact::text(text::shown(&said))),
            Ok(n) => said.extend_from_slice(&piece[..n]),
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(e) => return Err(e),
        }
        if said.len() > MOST {
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
        }
    }
}
