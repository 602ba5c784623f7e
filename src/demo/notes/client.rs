//! The window's end: which demos are played, their pages, and what happens to them.

use super::runtime_directory::{self, Base};
use super::wire::{self, Greeting, Lines};
use crate::demo::NotesPage;
use crate::model::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::net::{RecvFlags, SendFlags};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// A demo that is there says what it plays within this time: 1 s.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is looked whether a demo has begun: every 500 ms.
const AGAIN: Duration = Duration::from_millis(500);
/// How long one piece of waiting for a page is: 1 s.
const TURN: Duration = Duration::from_secs(1);

/// A demo that is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    /// Its process.
    pub pid: u32,
    /// The script's title; empty before the first page.
    pub script: String,
    /// Where it is: chapter and what is shown; empty before the first page.
    pub place: String,
    /// Whole minutes since it began.
    pub minutes: u64,
    /// Where its socket is.
    pub base: Base,
}

impl Demo {
    /// How it is chosen, and what tells it from others: what is played, where it is, and since when.
    pub fn line(&self) -> String {
        if self.script.is_empty() {
            return format!("isolab notes {}   no page yet", self.pid);
        }
        let Demo { pid, script, place, minutes, .. } = self;
        let since = if *minutes == 0 { "just begun".to_owned() } else { format!("for {minutes} min") };
        format!("isolab notes {pid}   {script} ({since}): {place}")
    }
}

/// What a window hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The newest page.
    Page(Box<NotesPage>),
    /// Nothing, in this time.
    Nothing,
    /// The show is over.
    Over,
    /// The demo has gone, and has not said that it is over.
    Lost(String),
}

/// The demos of this user that are played, in the order of their numbers. Looking at them disturbs none.
pub fn demos(bases: &[Base]) -> Vec<Demo> {
    let mut found = Vec::new();
    for base in bases {
        // A place that is not this user's alone has nothing for him.
        let Ok(Some(place)) = base.open(false) else { continue };
        for pid in place.pids() {
            let Ok(mut client) = Client::connect(base, pid, true) else { continue };
            let page = match client.next(LOOK) {
                Heard::Page(page) => *page,
                _ => NotesPage::default(),
            };
            let place = [page.chapter, page.title].into_iter().filter(|part| !part.is_empty());
            found.push(Demo {
                pid,
                script: page.script,
                place: place.collect::<Vec<_>>().join(" › "),
                minutes: page.spent_ms / 60_000,
                base: base.clone(),
            });
        }
    }
    found.sort_by_key(|demo| demo.pid);
    found
}

/// A window that is attached to a demo.
pub struct Client {
    socket: OwnedFd,
    lines: Lines,
    over: bool,
}

impl Client {
    /// Attaches a window.
    ///
    /// # Errors
    /// Nobody listens any more, or it is somebody else who does.
    pub fn attach(demo: &Demo) -> io::Result<Client> {
        Self::connect(&demo.base, demo.pid, false)
    }

    fn connect(base: &Base, pid: u32, look: bool) -> io::Result<Client> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, format!("demo {pid} has ended"));
        let place = base.open(false)?.ok_or_else(gone)?;
        let failed = |e: rustix::io::Errno| {
            let error = io::Error::from(e);
            let text = format!("connect to {}: {}", place.socket(pid).display(), Errno::of(&error));
            io::Error::new(error.kind(), text)
        };
        let socket = place.connect(pid).map_err(failed)?;
        let peer = rustix::net::sockopt::socket_peercred(&socket).map_err(failed)?.uid.as_raw();
        if peer != runtime_directory::user() {
            let text = format!("{} is user {peer}'s", place.socket(pid).display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        // It is shorter than any buffer, and the first that is written.
        rustix::net::send(&socket, &Greeting::line(look), SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
            .map_err(failed)?;
        Ok(Client { socket, lines: Lines::default(), over: false })
    }

    /// Waits for a page, at most so long. Of several the newest is given.
    pub fn next(&mut self, at_most: Duration) -> Heard {
        let until = Instant::now() + at_most;
        loop {
            let end = self.read();
            let mut newest = None;
            while let Some(line) = self.lines.next() {
                match wire::read(&line) {
                    Ok(page) => newest = page.or(newest),
                    Err(what) => return Heard::Lost(what),
                }
            }
            if let Some(page) = newest {
                self.over = page.over;
                return Heard::Page(Box::new(page));
            }
            if self.lines.open() > wire::LIMIT {
                return Heard::Lost("the demo sends what is no page".to_owned());
            }
            match end {
                Some(_) if self.over => return Heard::Over,
                Some(why) => return Heard::Lost(why),
                None => {}
            }
            let left = until.saturating_duration_since(Instant::now()).as_millis().min(60_000) as u16;
            if left == 0 {
                return Heard::Nothing;
            }
            let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut fds, PollTimeout::from(left));
        }
    }

    /// Reads what there is, up to more than one line can be; the reason when there will be no more.
    fn read(&mut self) -> Option<String> {
        let mut bytes = [0; 16 * 1024];
        while self.lines.open() <= wire::LIMIT {
            match rustix::net::recv(&self.socket, &mut bytes, RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Some("the demo has ended without saying so".to_owned()),
                Ok((read, _)) => self.lines.push(&bytes[..read]),
                Err(rustix::io::Errno::AGAIN) => return None,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Some(format!("read from the demo: {}", Errno::of(&e.into()))),
            }
        }
        None
    }
}

/// What a window that stays tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These are played, and none of them is shown: none at all, or it is not clear which.
    Waiting(Vec<Demo>),
    /// A demo is shown.
    Attached(u32),
    /// Its newest page.
    Page(Box<NotesPage>),
    /// It is over; a new one is waited for.
    Over,
    /// It has gone; a new one is waited for.
    Lost(String),
}

/// Shows one demo after the other, from the one that is wanted, if one is, until `tell` gives false. Where only one is played, that is taken.
pub fn follow(bases: &[Base], wanted: Option<u32>, tell: &mut dyn FnMut(News) -> bool) {
    let mut wanted = wanted;
    let mut told: Option<Vec<Demo>> = None;
    loop {
        let found = demos(bases);
        let chosen = match (wanted, found.as_slice()) {
            (Some(pid), all) => all.iter().find(|demo| demo.pid == pid),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        if let Some(mut client) = chosen.and_then(|demo| Client::attach(demo).ok()) {
            let pid = chosen.map_or(0, |demo| demo.pid);
            (wanted, told) = (None, None);
            if !tell(News::Attached(pid)) || !listen(&mut client, tell) {
                return;
            }
            // What is over may be there for a moment longer, and would be taken for the next one.
            continue;
        }
        if told.as_ref() != Some(&found) {
            told = Some(found.clone());
            if !tell(News::Waiting(found)) {
                return;
            }
        }
        std::thread::sleep(AGAIN);
    }
}

/// Tells what comes until there is no more; false when nobody wants to hear it.
fn listen(client: &mut Client, tell: &mut dyn FnMut(News) -> bool) -> bool {
    loop {
        let news = match client.next(TURN) {
            Heard::Nothing => continue,
            Heard::Page(page) => News::Page(page),
            Heard::Over => return tell(News::Over),
            Heard::Lost(why) => return tell(News::Lost(why)),
        };
        if !tell(news) {
            return false;
        }
    }
}
