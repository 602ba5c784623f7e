//! One window, as the demo sees it.

use super::wire::{self, Greeting, Lines};
use crate::demo::NotesPage;
use rustix::net::{RecvFlags, SendFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// A window that takes nothing of a page for so long is dropped, and one that does not say what it is: 5 s.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A connection, and what is still to be written to it: never more than one page.
pub struct WindowConnection {
    socket: OwnedFd,
    heard: Lines,
    greeting: Option<Greeting>,
    /// The rest of the page that is being written.
    out: Vec<u8>,
    /// Which page it was given last.
    has: Option<u64>,
    /// Since when it is waited for.
    since: Instant,
}

/// A window is not to be kept; with a reason that the instructor should know.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone(pub Option<&'static str>);

impl WindowConnection {
    /// A connection that has just been made.
    pub fn new(socket: OwnedFd, now: Instant) -> Self {
        WindowConnection {
            socket,
            heard: Lines::default(),
            greeting: None,
            out: Vec::new(),
            has: None,
            since: now,
        }
    }

    /// For `poll(2)`.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// It has said that it shows pages, and not only looks.
    pub fn is_attached(&self) -> bool {
        self.greeting.is_some_and(|greeting| !greeting.look)
    }

    /// Something is still to be written.
    pub fn is_behind(&self) -> bool {
        !self.out.is_empty()
    }

    /// Until when it is waited for, if it is.
    pub fn deadline(&self) -> Option<Instant> {
        (self.greeting.is_none() || self.is_behind()).then(|| self.since + PATIENCE)
    }

    /// Reads what it says.
    ///
    /// # Errors
    /// It has gone, or is no window.
    pub fn hear(&mut self) -> Result<(), Gone> {
        let mut bytes = [0; wire::GREETING];
        match rustix::net::recv(&self.socket, &mut bytes, RecvFlags::DONTWAIT) {
            // The end; and a window says nothing after its greeting.
            Ok((0, _)) => Err(Gone(None)),
            Ok(_) if self.greeting.is_some() => Err(Gone(None)),
            Ok((read, _)) => {
                self.heard.push(&bytes[..read]);
                match self.heard.next() {
                    Some(line) => {
                        self.greeting = Some(Greeting::read(&line).ok_or(Gone(None))?);
                        Ok(())
                    }
                    None if self.heard.open() >= wire::GREETING => Err(Gone(None)),
                    None => Ok(()),
                }
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(()),
            Err(_) => Err(Gone(None)),
        }
    }

    /// Writes as much as it takes without waiting: the rest of its page, and then the newest one, which `number` tells from others.
    ///
    /// # Errors
    /// It has gone, has what it wanted, or takes nothing for too long.
    pub fn tell(
        &mut self,
        number: u64,
        page: Option<(&NotesPage, Duration)>,
        now: Instant,
    ) -> Result<(), Gone> {
        let Some(greeting) = self.greeting else {
            return if now > self.since + PATIENCE { Err(Gone(None)) } else { Ok(()) };
        };
        self.write(now)?;
        if !self.is_behind() && self.has != Some(number) {
            self.out = wire::write(page.map(|(page, _)| page), page.map_or(Duration::ZERO, |(_, age)| age));
            (self.has, self.since) = (Some(number), now);
            self.write(now)?;
        }
        if greeting.look && !self.is_behind() {
            return Err(Gone(None));
        }
        Ok(())
    }

    fn write(&mut self, now: Instant) -> Result<(), Gone> {
        while self.is_behind() {
            match rustix::net::send(&self.socket, &self.out, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(written) => {
                    self.out.drain(..written);
                    self.since = now;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) if now <= self.since + PATIENCE => return Ok(()),
                Err(rustix::io::Errno::AGAIN) => return Err(Gone(Some("it does not read"))),
                Err(_) => return Err(Gone(None)),
            }
        }
        Ok(())
    }
}
