//! Servers: they answer every connection with a text.

use super::spec::Announcement;
use crate::kernel::socket;
use crate::vocabulary::value::SocketName;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

/// A client that does not read must not keep others waiting.
const PATIENCE: Duration = Duration::from_secs(2);
/// What becomes the client's address in an answer.
const PEER: &str = "{peer}";

/// Accepts one connection by TCP after another until a signal ends it; at the latest, that of the wall-clock cap.
pub(super) fn tcp(
    port: u16,
    says: &str,
    listener: Option<OwnedFd>,
    announce: &mut dyn FnMut(Announcement),
) -> io::Result<()> {
    let listener = match listener {
        Some(given) => TcpListener::from(given),
        None => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?,
    };
    listener.set_nonblocking(false)?;
    announce(Announcement::Ready);
    serve(|| {
        let (client, peer) = listener.accept()?;
        client.set_write_timeout(Some(PATIENCE))?;
        Ok((client, says.replace(PEER, &peer.ip().to_string())))
    })
}

/// The same on a UNIX domain socket.
pub(super) fn unix(
    at: &SocketName,
    says: &str,
    listener: Option<OwnedFd>,
    announce: &mut dyn FnMut(Announcement),
) -> io::Result<()> {
    let listen = || match at {
        SocketName::Abstract(name) => socket::listen_at_name(name),
        SocketName::Path(path) => socket::listen_at_path(Path::new(path)),
    };
    let listener = listener.map_or_else(listen, Ok);
    let listener = listener.map_err(|e| io::Error::from_raw_os_error(e.errno.0))?;
    let listener = UnixListener::from(listener);
    listener.set_nonblocking(false)?;
    announce(Announcement::Ready);
    serve(|| {
        let (client, _) = listener.accept()?;
        client.set_write_timeout(Some(PATIENCE))?;
        Ok((client, says.to_owned()))
    })
}

/// Gives each client its answer and closes.
fn serve<C: Write>(mut accept: impl FnMut() -> io::Result<(C, String)>) -> io::Result<()> {
    loop {
        match accept() {
            // Trouble with one client does not end the server.
            Ok((mut client, answer)) => drop(client.write_all(answer.as_bytes())),
            Err(e) if passing(&e) => {}
            Err(e) => return Err(e),
        }
    }
}

/// Whether the error belongs to one connection and not to the socket (`accept(2)`).
fn passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted)
}
