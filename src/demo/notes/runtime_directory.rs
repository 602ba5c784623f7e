//! Where sockets are: a directory that only one user can enter.
//!
//! A socket's own mode would not do: it has the one that the umask leaves until it is changed, and older systems do not look at it at all
//! (`unix(7)`). So the directory is the guard: it is made for this user alone (`mkdir(2)`, 0700), opened without following a link, and held against
//! owner and mode by its descriptor before anything is made in it. From then on it is only used through that descriptor: as `/proc/self/fd/N/NAME`,
//! which is also never longer than the 108 bytes of an address.

use crate::model::Errno;
use rustix::fs::{
    AtFlags, FlockOperation, Mode, OFlags, Stat, flock, fstat, mkdirat, open, openat, unlinkat,
};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Another demo that begins holds the directory for much less: 5 s.
const LOCK: Duration = Duration::from_secs(5);
/// How often a lock is tried: every 5 ms.
const AGAIN: Duration = Duration::from_millis(5);
/// What a socket's name ends in; before it stands the number of the demo's process.
const ENDING: &str = ".sock";

/// A directory in which a user's directory of sockets may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The directory that is there already.
    above: PathBuf,
    /// The name of the one in it.
    name: String,
    /// Only this user can enter the one above.
    private: bool,
}

impl Base {
    /// A directory of this user's own, such as `$XDG_RUNTIME_DIR` (XDG Base Directory Specification).
    pub fn private(above: impl Into<PathBuf>) -> Self {
        Base { above: above.into(), name: "isolab".to_owned(), private: true }
    }

    /// A directory that others use as well, such as `/tmp`.
    pub fn shared(above: impl Into<PathBuf>) -> Self {
        Base { above: above.into(), name: format!("isolab-{}", user()), private: false }
    }

    /// Where a demo makes its socket: in the first of these that can be used. Where a window looks for it: in all of them, because its terminal
    /// may have another environment.
    pub fn all() -> Vec<Base> {
        Self::list(user(), std::env::var_os("XDG_RUNTIME_DIR"))
    }

    fn list(user: u32, runtime: Option<OsString>) -> Vec<Base> {
        let told = runtime.map(PathBuf::from).filter(|path| path.is_absolute()).map(Base::private);
        let usual = Base::private(format!("/run/user/{user}"));
        let mut list: Vec<Base> = told.into_iter().filter(|told| *told != usual).collect();
        // Of the directory of a login nothing is left when the user logs out; root's demo may have been started by sudo from another login.
        let run = Base { above: "/run".into(), name: "isolab".to_owned(), private: false };
        if user == 0 {
            list.push(run);
        }
        list.push(usual);
        list.push(Base { above: "/tmp".into(), name: format!("isolab-{user}"), private: false });
        list
    }

    /// The directory of sockets.
    pub fn path(&self) -> PathBuf {
        self.above.join(&self.name)
    }

    /// Opens the directory of sockets, and makes it before that, unless it is only looked for; nothing when it is not there then. A demo that
    /// ends may have removed it right after it was made.
    ///
    /// # Errors
    /// It is not this user's alone, or it can be moved away by somebody else; the text says what to do.
    pub fn open(&self, make: bool) -> io::Result<Option<RuntimeDirectory>> {
        let path = self.path();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let above = match open(&self.above, flags, Mode::empty()) {
            Ok(above) => above,
            Err(rustix::io::Errno::NOENT) if !make => return Ok(None),
            Err(e) => return Err(failed("open", &self.above, e)),
        };
        let stat = fstat(&above).map_err(|e| failed("stat", &self.above, e))?;
        self.judge_above(&stat).map_err(|what| refused(&what))?;
        if make {
            match mkdirat(&above, &self.name, Mode::RWXU) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                Err(e) => return Err(failed("mkdir", &path, e)),
            }
        }
        let directory = match openat(&above, &self.name, flags | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(directory) => directory,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                return Err(refused(&format!("{} is not a directory; {REMEDY}", path.display())));
            }
            Err(rustix::io::Errno::ACCESS) => {
                return Err(refused(&format!("{} is somebody else's; {REMEDY}", path.display())));
            }
            Err(e) => return Err(failed("open", &path, e)),
        };
        let stat = fstat(&directory).map_err(|e| failed("stat", &path, e))?;
        if stat.st_uid != user() {
            let text = format!("{} belongs to user {}; {REMEDY}", path.display(), stat.st_uid);
            return Err(refused(&text));
        }
        if stat.st_mode & 0o077 != 0 {
            let mode = stat.st_mode & 0o777;
            let text = format!("{} has mode {mode:04o}, so others can enter it; {REMEDY}", path.display());
            return Err(refused(&text));
        }
        Ok(Some(RuntimeDirectory { directory, path }))
    }

    /// A user who may write in the directory above, or owns it, can put another one in the place of ours, unless its sticky bit is set and its owner
    /// is one who could do anything anyway (`unlink(2)`, EPERM).
    fn judge_above(&self, stat: &Stat) -> Result<(), String> {
        let (owner, mode) = (stat.st_uid, stat.st_mode & 0o7777);
        let path = self.above.display();
        if self.private && (owner != user() || mode & 0o077 != 0) {
            return Err(format!(
                "{path} is not private to user {}: it belongs to user {owner} and has mode {mode:04o}; chmod 700 it, or unset \
                 XDG_RUNTIME_DIR",
                user()
            ));
        }
        if owner != user() && owner != 0 {
            return Err(format!("{path} belongs to user {owner}; {REMEDY}"));
        }
        if mode & 0o022 != 0 && mode & 0o1000 == 0 {
            return Err(format!("everybody can rename what is in {path}; {REMEDY}"));
        }
        Ok(())
    }
}

const REMEDY: &str = "remove it, or set XDG_RUNTIME_DIR to a directory of yours with mode 0700";

/// A directory of sockets: this user's, and nobody else's.
#[derive(Debug)]
pub struct RuntimeDirectory {
    directory: OwnedFd,
    path: PathBuf,
}

impl RuntimeDirectory {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a demo's socket, to be shown.
    pub fn socket(&self, pid: u32) -> PathBuf {
        self.path.join(name(pid))
    }

    /// The numbers of the demos that have a socket here, dead ones as well, in order.
    pub fn pids(&self) -> Vec<u32> {
        let Ok(entries) = std::fs::read_dir(self.below("")) else { return Vec::new() };
        let pid = |name: OsString| name.to_str()?.strip_suffix(ENDING)?.parse().ok();
        let mut pids: Vec<u32> = entries.flatten().filter_map(|entry| pid(entry.file_name())).collect();
        pids.sort_unstable();
        pids
    }

    /// A socket that is connected to a demo's. Never waits: where so many windows wait to be let in that there is no room, that is EAGAIN.
    ///
    /// # Errors
    /// ECONNREFUSED where nobody listens any more; others of `connect(2)`.
    pub fn connect(&self, pid: u32) -> rustix::io::Result<OwnedFd> {
        let socket = stream()?;
        connect(&socket, &self.address(pid)?)?;
        Ok(socket)
    }

    /// Makes the socket of a demo, after sockets of demos that have died were removed. All of it happens under a lock on the directory: a socket that
    /// is seen by who has the lock either listens already or never will, so a refused connection means a dead demo, and no live one is swept away.
    ///
    /// # Errors
    /// What the kernel answers; ENOENT when the directory was removed by a demo that ended at the same time.
    pub fn listen(&self, pid: u32) -> rustix::io::Result<OwnedFd> {
        let held = self.lock()?;
        self.sweep(&held);
        let socket = stream()?;
        rustix::net::bind(&socket, &self.address(pid)?)?;
        // Only now is there something whose mode can be set; until then the directory keeps others out, and until listen(2) nobody is let in.
        let made = rustix::fs::chmodat(&self.directory, name(pid), Mode::RUSR | Mode::WUSR, AtFlags::empty())
            .and_then(|()| rustix::net::listen(&socket, 16));
        if let Err(e) = made {
            self.remove(pid);
            return Err(e);
        }
        Ok(socket)
    }

    /// Removes what demos have left that were killed; gives the paths.
    fn sweep(&self, _: &Held) -> Vec<PathBuf> {
        let refused = rustix::io::Errno::CONNREFUSED;
        let dead = |pid: &u32| self.connect(*pid).is_err_and(|e| e == refused);
        let dead: Vec<u32> = self.pids().into_iter().filter(dead).collect();
        dead.into_iter().inspect(|pid| self.remove(*pid)).map(|pid| self.socket(pid)).collect()
    }

    /// Removes the socket of a demo, and the directory when that was the last one.
    pub fn leave(&self, pid: u32) {
        self.remove(pid);
        let _ = std::fs::remove_dir(&self.path);
    }

    fn remove(&self, pid: u32) {
        let _ = unlinkat(&self.directory, name(pid), AtFlags::empty());
    }

    fn lock(&self) -> rustix::io::Result<Held<'_>> {
        let until = Instant::now() + LOCK;
        loop {
            match flock(&self.directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Held(&self.directory)),
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) if Instant::now() < until => {
                    std::thread::sleep(AGAIN);
                }
                Err(e) => return Err(e),
            }
        }
    }

    fn address(&self, pid: u32) -> rustix::io::Result<SocketAddrUnix> {
        SocketAddrUnix::new(self.below(&name(pid)))
    }

    fn below(&self, name: &str) -> PathBuf {
        format!("/proc/self/fd/{}/{name}", self.directory.as_raw_fd()).into()
    }
}

/// Removes sockets of this user's demos that were killed; gives their paths.
pub fn sweep(bases: &[Base]) -> Vec<PathBuf> {
    let swept = |place: RuntimeDirectory| {
        let held = place.lock().ok()?;
        let swept = place.sweep(&held);
        let _ = std::fs::remove_dir(&place.path);
        Some(swept)
    };
    bases.iter().filter_map(|base| base.open(false).ok()??.into()).filter_map(swept).flatten().collect()
}

/// The directory's lock; other demos of this user wait meanwhile.
struct Held<'p>(&'p OwnedFd);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}

/// The name of a demo's socket.
pub fn name(pid: u32) -> String {
    format!("{pid}{ENDING}")
}

fn stream() -> rustix::io::Result<OwnedFd> {
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
}

/// The effective user id, which is what the kernel compares.
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn failed(what: &str, path: &Path, errno: rustix::io::Errno) -> io::Error {
    let error = io::Error::from(errno);
    io::Error::new(error.kind(), format!("{what} {}: {}", path.display(), Errno::of(&error)))
}

fn refused(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(user: u32, runtime: Option<&str>) -> Vec<String> {
        let list = Base::list(user, runtime.map(OsString::from));
        list.iter().map(|base| base.path().display().to_string()).collect()
    }

    #[test]
    fn places_by_user_and_environment() {
        assert_eq!(paths(7, Some("/x")), ["/x/isolab", "/run/user/7/isolab", "/tmp/isolab-7"]);
        assert_eq!(paths(7, Some("/run/user/7")), ["/run/user/7/isolab", "/tmp/isolab-7"]);
        for relative in [Some("x"), Some(""), None] {
            assert_eq!(paths(7, relative), ["/run/user/7/isolab", "/tmp/isolab-7"]);
        }
        assert_eq!(paths(0, None), ["/run/isolab", "/run/user/0/isolab", "/tmp/isolab-0"]);
    }
}
