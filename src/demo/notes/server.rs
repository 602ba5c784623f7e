//! The demo's end: a thread that lets windows in and gives them the newest page.

use super::runtime_directory::{self, Base, RuntimeDirectory};
use super::window::{Gone, WindowConnection};
use crate::demo::NotesPage;
use crate::model::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::net::SocketFlags;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// More windows are not let in.
const MOST: usize = 16;
/// At the end of the show windows have so long to take that it is over: 500 ms.
const FAREWELL: Duration = Duration::from_millis(500);
/// After a connection could not be taken, none is for so long: 1 s.
const RECOVERY: Duration = Duration::from_secs(1);
/// So often another demo, which ends at the same moment, may take the directory away.
const TRIES: usize = 64;

/// What the instructor should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A window shows the pages.
    Attached {
        /// How many there are now.
        windows: usize,
    },
    /// A window has gone.
    Left {
        /// How many there are now.
        windows: usize,
        /// Why it was dropped; `None`: it went by itself.
        why: Option<&'static str>,
    },
    /// A process of somebody else has come through to the socket, and was not let in.
    Refused {
        /// Whose it is.
        user: u32,
    },
}

/// The socket of a demo. Dropped, it tells all windows that the show is over, and is removed.
pub struct Server {
    shared: Arc<Shared>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
    socket: PathBuf,
}

struct Shared {
    newest: Mutex<Newest>,
    attached: AtomicUsize,
}

#[derive(Default)]
struct Newest {
    /// Page and when it was made.
    page: Option<(Arc<NotesPage>, Instant)>,
    /// How many there were.
    number: u64,
    /// There will be no other.
    ended: bool,
}

impl Server {
    /// Makes the socket of this process, in the first of [`Base::all`] that can be used. `tell` is called from the thread of the socket, and must not
    /// wait for anything.
    ///
    /// # Errors
    /// Why there is no place for it, a reason for each; no thread.
    pub fn open(tell: impl FnMut(Happened) + Send + 'static) -> io::Result<Server> {
        let mut reasons = Vec::new();
        for base in Base::all() {
            match listen(&base, std::process::id()) {
                Ok((place, listener)) => return Self::start(place, std::process::id(), listener, tell),
                Err(e) => reasons.push(e.to_string()),
            }
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, reasons.join("; ")))
    }

    /// The same in a certain place, and as a certain process.
    ///
    /// # Errors
    /// Why it cannot be there; no thread.
    pub fn open_in(base: &Base, pid: u32, tell: impl FnMut(Happened) + Send + 'static) -> io::Result<Server> {
        let (place, listener) = listen(base, pid)?;
        Self::start(place, pid, listener, tell)
    }

    fn start(
        place: RuntimeDirectory,
        pid: u32,
        listener: OwnedFd,
        tell: impl FnMut(Happened) + Send + 'static,
    ) -> io::Result<Server> {
        let socket = place.socket(pid);
        let shared = Arc::new(Shared { newest: Mutex::default(), attached: AtomicUsize::new(0) });
        let begun = UnixStream::pair().and_then(|(wake, woken)| {
            wake.set_nonblocking(true)?;
            woken.set_nonblocking(true)?;
            let mut hall = Hall {
                listener,
                woken,
                shared: shared.clone(),
                windows: Vec::new(),
                closed_until: None,
                tell: Box::new(tell),
            };
            let thread = std::thread::Builder::new().name("notes".to_owned()).spawn(move || {
                hall.serve();
                // Removed before it is closed: who finds a socket that refuses takes its demo for dead.
                place.leave(pid);
                drop(hall);
            })?;
            Ok((wake, thread))
        });
        let (wake, thread) = begun?;
        Ok(Server { shared, wake, thread: Some(thread), socket })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.socket
    }

    /// Gives all windows this page. Nobody is waited for; a page that nobody has taken when the next one comes is never seen.
    pub fn publish(&self, page: &NotesPage) {
        self.leave_for_the_thread(Some(page));
    }

    /// How many windows show the pages.
    pub fn attached(&self) -> usize {
        self.shared.attached.load(Ordering::Relaxed)
    }

    fn leave_for_the_thread(&self, page: Option<&NotesPage>) {
        let page = page.map(|page| (Arc::new(page.clone()), Instant::now()));
        let mut newest = self.shared.newest();
        match page {
            Some(page) => newest.page = Some(page),
            None => newest.end(Instant::now()),
        }
        newest.number += 1;
        drop(newest);
        // Full, it will wake the thread anyway.
        let _ = (&self.wake).write(&[0]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.leave_for_the_thread(None);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newest {
    /// Whatever the last page was: the show is over, and its clocks stand at what they show now.
    fn end(&mut self, now: Instant) {
        self.ended = true;
        let (page, made) = self.page.take().unwrap_or_else(|| (Arc::default(), now));
        let mut page = Arc::unwrap_or_clone(page).later(now.saturating_duration_since(made));
        page.over = true;
        self.page = Some((Arc::new(page), now));
    }
}

/// The place and the socket in it that listens.
fn listen(base: &Base, pid: u32) -> io::Result<(RuntimeDirectory, OwnedFd)> {
    let mut last = rustix::io::Errno::NOENT;
    for _ in 0..TRIES {
        let Some(place) = base.open(true)? else { continue };
        match place.listen(pid) {
            Ok(listener) => return Ok((place, listener)),
            Err(rustix::io::Errno::NOENT) => {}
            Err(e) => {
                last = e;
                break;
            }
        }
    }
    let error = io::Error::from(last);
    let socket = base.path().join(runtime_directory::name(pid));
    let text = format!("make the socket {}: {}", socket.display(), Errno::of(&error));
    Err(io::Error::new(error.kind(), text))
}

/// Everything that the thread has.
struct Hall {
    listener: OwnedFd,
    woken: UnixStream,
    shared: Arc<Shared>,
    windows: Vec<WindowConnection>,
    /// No connection is taken until then.
    closed_until: Option<Instant>,
    tell: Box<dyn FnMut(Happened) + Send>,
}

impl Hall {
    fn serve(&mut self) {
        let mut farewell = None;
        loop {
            let now = Instant::now();
            let (page, number, ended) = {
                let newest = self.shared.newest();
                (newest.page.clone(), newest.number, newest.ended)
            };
            let page = page.as_ref().map(|(page, made)| (&**page, now.saturating_duration_since(*made)));
            self.each(|window| window.tell(number, page, now));
            if ended {
                let until = *farewell.get_or_insert(now + FAREWELL);
                if now >= until || !self.windows.iter().any(WindowConnection::is_behind) {
                    return;
                }
            }
            self.wait(now, farewell);
            self.each(WindowConnection::hear);
            self.let_in(now);
        }
    }

    /// Does something with every window, and parts from those that are gone.
    fn each(&mut self, mut with: impl FnMut(&mut WindowConnection) -> Result<(), Gone>) {
        let mut news = Vec::new();
        let mut attached = self.shared.attached.load(Ordering::Relaxed);
        self.windows.retain_mut(|window| {
            let was = window.is_attached();
            let kept = with(window);
            match (&kept, was) {
                (Ok(()), false) if window.is_attached() => {
                    attached += 1;
                    news.push(Happened::Attached { windows: attached });
                }
                (Err(Gone(why)), true) => {
                    attached -= 1;
                    news.push(Happened::Left { windows: attached, why: *why });
                }
                _ => {}
            }
            kept.is_ok()
        });
        self.shared.attached.store(attached, Ordering::Relaxed);
        news.into_iter().for_each(&mut self.tell);
    }

    /// Waits until there is something to do.
    fn wait(&mut self, now: Instant, farewell: Option<Instant>) {
        let closed = self.closed_until.filter(|until| *until > now);
        self.closed_until = closed;
        let deadlines =
            self.windows.iter().filter_map(WindowConnection::deadline).chain(closed).chain(farewell);
        let timeout = deadlines.min().map_or(PollTimeout::NONE, |until| {
            let left = until.saturating_duration_since(now).as_millis().min(60_000) as u16;
            // A millisecond more, so that it has passed then.
            PollTimeout::from(left.saturating_add(1))
        });
        let listens = if closed.is_some() { PollFlags::empty() } else { PollFlags::POLLIN };
        let mut fds = vec![
            PollFd::new(self.woken.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.listener.as_fd(), listens),
        ];
        fds.extend(self.windows.iter().map(|window| {
            let out = if window.is_behind() { PollFlags::POLLOUT } else { PollFlags::empty() };
            PollFd::new(window.fd(), PollFlags::POLLIN | out)
        }));
        // Whatever it is, or an interruption: all of them are looked at.
        let _ = poll(&mut fds, timeout);
        while matches!((&self.woken).read(&mut [0; 256]), Ok(256)) {}
    }

    fn let_in(&mut self, now: Instant) {
        while self.closed_until.is_none() {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let socket = match rustix::net::accept_with(&self.listener, flags) {
                Ok(socket) => socket,
                Err(rustix::io::Errno::AGAIN) => return,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => continue,
                Err(_) => {
                    self.closed_until = Some(now + RECOVERY);
                    return;
                }
            };
            // The directory has kept others out; this holds as well when somebody has opened it (SO_PEERCRED, unix(7)).
            match rustix::net::sockopt::socket_peercred(&socket) {
                Ok(peer) if peer.uid.as_raw() == runtime_directory::user() => {
                    // Who has come instead of another may have been faster than the news that the other has gone.
                    if self.windows.len() == MOST {
                        self.each(WindowConnection::hear);
                    }
                    if self.windows.len() < MOST {
                        self.windows.push(WindowConnection::new(socket, now));
                    }
                }
                Ok(peer) => (self.tell)(Happened::Refused { user: peer.uid.as_raw() }),
                Err(_) => {}
            }
        }
    }
}
