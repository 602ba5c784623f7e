//! Removing a directory with everything below it, however deep it is. A path ends at 4,095 bytes and a process at its limit of open files, but a tree
//! that was made by `mkdir` and `chdir` in turn ends at neither. So it is walked by descriptors: a few of them are open at a time, and the way back
//! up is `..`, compared with what was there on the way down.

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// So many directories of the way down are held open at most.
const OPEN: usize = 16;
/// A directory in which there is something new each time is looked through so often.
const PASSES: u32 = 8;
/// A cgroup can be busy until the exit of its last process is worked off; it is tried for so long: 5 s.
const BUSY: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(5);
/// Of a name that could not be removed so many characters are shown.
const SHOWN: usize = 60;

/// What there is in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// Directories and files.
    Files,
    /// Cgroups: the files in them are the kernel's and go with them.
    Cgroups,
}

/// Removes a directory after everything below it. It follows no link, and leaves alone what is mounted in it. To an ordinary user, directories without
/// permissions are closed even when they are its own (overlayfs leaves its `work/work` with mode 000): they are opened, by descriptor. All of it is
/// tried; what is not there is no error.
///
/// # Errors
/// How much could not be removed, with the first of the causes.
pub fn remove(path: &Path, tree: Tree) -> io::Result<()> {
    let directory = match open(CWD, path, true) {
        Ok(directory) => directory,
        Err(Errno::NOENT) => return Ok(()),
        Err(e) => return Err(e.into()),
    };
    let name = CString::new(path.as_os_str().as_encoded_bytes()).map_err(io::Error::from)?;
    let mut walk = Walk { tree, levels: Vec::new(), kept: 0, first: None };
    walk.enter(name, directory)?;
    walk.run()?;
    match walk.first {
        None => Ok(()),
        Some((name, e)) if walk.kept == 1 => {
            Err(io::Error::new(io::Error::from(e).kind(), format!("{name}: {e}")))
        }
        Some((name, e)) => {
            let text = format!("{} entries, the first of them {name}: {e}", walk.kept);
            Err(io::Error::new(io::Error::from(e).kind(), text))
        }
    }
}

/// A directory on the way down.
struct Level {
    /// Its name in the one above; the whole path for the topmost.
    name: CString,
    /// Device and inode, by which it is known again on the way up.
    identity: (u64, u64),
    /// Nothing while too many others are open.
    directory: Option<OwnedFd>,
    /// Directories in it that are still to be removed.
    todo: Vec<CString>,
    passes: u32,
    /// Something below stays, and so does this.
    stays: bool,
}

struct Walk {
    tree: Tree,
    levels: Vec<Level>,
    /// How much could not be removed. Directories that stay because of it are not counted.
    kept: usize,
    first: Option<(String, Errno)>,
}

impl Walk {
    fn run(&mut self) -> io::Result<()> {
        while let Some(top) = self.levels.last_mut() {
            let Some(name) = top.todo.pop() else {
                self.leave()?;
                continue;
            };
            let Some(directory) = &top.directory else { return Err(lost()) };
            match rustix::fs::unlinkat(directory, &name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => continue,
                Err(_) => {}
            }
            match open(directory.as_fd(), &name, false) {
                Ok(child) => self.enter(name, child)?,
                Err(Errno::NOENT) => {}
                Err(e) => self.keep(&name, e),
            }
        }
        Ok(())
    }

    fn keep(&mut self, name: &CString, why: Errno) {
        if let Some(top) = self.levels.last_mut() {
            top.stays = true;
        }
        self.kept += 1;
        self.first.get_or_insert_with(|| (shown(name), why));
    }

    /// Goes down into a directory: removes the files in it, and notes the directories.
    fn enter(&mut self, name: CString, directory: OwnedFd) -> io::Result<()> {
        let status = rustix::fs::fstat(&directory)?;
        let mine = status.st_uid == rustix::process::geteuid().as_raw();
        if self.tree == Tree::Files && mine && status.st_mode & 0o700 != 0o700 {
            // What is in it cannot be removed without; where that is refused, the removing says so.
            let _ = rustix::fs::fchmod(&directory, Mode::RWXU);
        }
        let identity = (status.st_dev, status.st_ino);
        let level =
            Level { name, identity, directory: Some(directory), todo: Vec::new(), passes: 0, stays: false };
        self.levels.push(level);
        if let Some(far) = self.levels.len().checked_sub(OPEN + 1) {
            self.levels[far].directory = None;
        }
        self.look();
        Ok(())
    }

    fn look(&mut self) {
        let Some(top) = self.levels.last_mut() else { return };
        top.passes += 1;
        let Some(directory) = &top.directory else { return };
        let mut refused = Vec::new();
        match Dir::read_from(directory) {
            Ok(entries) => {
                for entry in entries {
                    let Ok(entry) = entry else { break };
                    let name = entry.file_name().to_owned();
                    if matches!(name.to_bytes(), b"." | b"..") {
                        continue;
                    }
                    let is_directory = match entry.file_type() {
                        FileType::Unknown => rustix::fs::statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW)
                            .is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Directory),
                        known => known == FileType::Directory,
                    };
                    if is_directory {
                        top.todo.push(name);
                    } else if self.tree == Tree::Files {
                        match rustix::fs::unlinkat(directory, &name, AtFlags::empty()) {
                            Ok(()) | Err(Errno::NOENT) => {}
                            Err(e) => refused.push((name, e)),
                        }
                    }
                }
            }
            Err(e) => refused.push((top.name.clone(), e)),
        }
        for (name, e) in refused {
            self.keep(&name, e);
        }
    }

    /// Goes up out of a directory, and removes it.
    fn leave(&mut self) -> io::Result<()> {
        let Some(done) = self.levels.pop() else { return Ok(()) };
        if let Some(above) = self.levels.last_mut() {
            if done.stays {
                above.stays = true;
            }
            if above.directory.is_none() {
                let Some(below) = &done.directory else { return Err(lost()) };
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let directory = rustix::fs::openat(below, c"..", flags, Mode::empty())?;
                let status = rustix::fs::fstat(&directory)?;
                if (status.st_dev, status.st_ino) != above.identity {
                    return Err(lost());
                }
                above.directory = Some(directory);
            }
        }
        if done.stays {
            return Ok(());
        }
        let until = Instant::now() + BUSY;
        loop {
            let above = self.levels.last().and_then(|l| l.directory.as_ref()).map_or(CWD, AsFd::as_fd);
            match rustix::fs::unlinkat(above, &done.name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => return Ok(()),
                Err(Errno::NOTEMPTY | Errno::EXIST) if done.passes < PASSES => {
                    self.levels.push(done);
                    self.look();
                    return Ok(());
                }
                Err(Errno::BUSY) if self.tree == Tree::Cgroups && Instant::now() < until => {
                    std::thread::sleep(LOOK);
                }
                Err(e) => {
                    self.keep(&done.name, e);
                    return Ok(());
                }
            }
        }
    }
}

/// The walk has left its way: somebody has moved a directory that it was in.
fn lost() -> io::Error {
    io::Error::other("a directory was moved while it was being removed")
}

fn shown(name: &CString) -> String {
    let text = name.to_string_lossy();
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

/// Opens a directory to be read, and no link or file. Below the topmost one also nothing that is mounted there.
fn open<P: rustix::path::Arg + Copy>(at: BorrowedFd, name: P, topmost: bool) -> rustix::io::Result<OwnedFd> {
    let crossing = if topmost { ResolveFlags::empty() } else { ResolveFlags::NO_XDEV };
    let with = |flags: OFlags| {
        let flags = flags | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat2(at, name, flags, Mode::empty(), crossing)
    };
    match with(OFlags::RDONLY) {
        Err(Errno::ACCESS) => {
            let closed = with(OFlags::PATH)?;
            // A descriptor of this kind takes no fchmod(2), but the link in /proc leads to it and nowhere else.
            let link = format!("/proc/self/fd/{}", closed.as_raw_fd());
            rustix::fs::chmod(link, Mode::RWXU)?;
            with(OFlags::RDONLY)
        }
        result => result,
    }
}
