//! Answers every connection with a text.

use super::spec::Announcement;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// A client that does not read must not keep others waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// Accepts one connection after another until a signal ends it; at the latest, that of the wall-clock cap.
pub(super) fn run(
    port: u16,
    says: &str,
    listener: Option<TcpListener>,
    announce: &mut dyn FnMut(Announcement),
) -> io::Result<()> {
    let listener = match listener {
        Some(given) => given,
        None => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?,
    };
    listener.set_nonblocking(false)?;
    announce(Announcement::Ready);
    loop {
        match listener.accept() {
            Ok((mut client, _)) => {
                client.set_write_timeout(Some(PATIENCE))?;
                // Trouble with one client does not end the server.
                let _ = client.write_all(says.as_bytes());
            }
            Err(e) if passing(&e) => {}
            Err(e) => return Err(e),
        }
    }
}

/// Whether the error belongs to one connection and not to the socket (`accept(2)`).
fn passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted)
}
