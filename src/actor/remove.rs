//! Removes a directory with everything below it, however deep it is. A path is limited to 4,095 bytes, and a process to its number of open files, but a
//! tree made by `mkdir` and `chdir` in turn is limited by neither. So the walk uses descriptors: a few of them are open at a time, and the way back up is
//! `..`, compared with the directory seen on the way down.

use crate::model::leftover::NotRemoved;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// How many directories on the way down are held open, at most.
const OPEN: usize = 16;
/// How often a directory is searched if it has new entries each time.
const PASSES: u32 = 8;
/// A cgroup can be busy until the kernel has finished the exit of its last process; how long to retry: 5 s.
const BUSY: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(5);
/// How many characters are shown of a name that could not be removed.
const SHOWN: usize = 60;

/// The kind of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// Directories and files.
    Files,
    /// Cgroups: the files in them are the kernel's and go with them.
    Cgroups,
}

/// Removes a directory after everything below it. Follows no link, and leaves alone what is mounted in it. An ordinary user cannot enter a directory
/// without permissions even as its owner (overlayfs leaves its `work/work` with mode 000): such directories get permissions first, by descriptor. An error
/// does not stop the rest; a missing entry is not an error.
///
/// # Errors
/// Why it is still there.
pub fn remove(path: &Path, tree: Tree) -> Result<(), NotRemoved> {
    let directory = match open(CWD, path, true) {
        Ok(directory) => directory,
        Err(Errno::NOENT) => return Ok(()),
        Err(e) => return Err(refused(e)),
    };
    let name = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| refused(Errno::INVAL))?;
    let mut walk = Walk { tree, levels: Vec::new(), kept: 0, first: None };
    walk.enter(name, directory)?;
    walk.run()?;
    match walk.first {
        None => Ok(()),
        Some((first, e)) => Err(NotRemoved::Entries { count: walk.kept, first, errno: e.into() }),
    }
}

/// A directory on the way down.
struct Level {
    /// Its name in its parent; the whole path for the topmost.
    name: CString,
    /// Device and inode, to recognize it on the way up.
    identity: (u64, u64),
    /// `None` while too many others are open.
    directory: Option<OwnedFd>,
    /// Directories in it that are still to be removed.
    todo: Vec<CString>,
    passes: u32,
    /// Whether something below it stays, and so does this.
    stays: bool,
}

struct Walk {
    tree: Tree,
    levels: Vec<Level>,
    /// How many entries could not be removed. Directories that stay because of them are not counted.
    kept: usize,
    first: Option<(String, Errno)>,
}

impl Walk {
    fn run(&mut self) -> Result<(), NotRemoved> {
        while let Some(top) = self.levels.last_mut() {
            let Some(name) = top.todo.pop() else {
                self.leave()?;
                continue;
            };
            let Some(directory) = &top.directory else { return Err(NotRemoved::Moved) };
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

    /// Enters a directory: removes the files in it, and notes its directories.
    fn enter(&mut self, name: CString, directory: OwnedFd) -> Result<(), NotRemoved> {
        let status = rustix::fs::fstat(&directory).map_err(refused)?;
        let mine = status.st_uid == rustix::process::geteuid().as_raw();
        if self.tree == Tree::Files && mine && status.st_mode & 0o700 != 0o700 {
            // Without permissions its contents cannot be removed; if this is refused, the removal reports it.
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

    /// Leaves a directory for its parent, and removes it.
    fn leave(&mut self) -> Result<(), NotRemoved> {
        let Some(done) = self.levels.pop() else { return Ok(()) };
        if let Some(above) = self.levels.last_mut() {
            if done.stays {
                above.stays = true;
            }
            if above.directory.is_none() {
                let Some(below) = &done.directory else { return Err(NotRemoved::Moved) };
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let directory = rustix::fs::openat(below, c"..", flags, Mode::empty()).map_err(refused)?;
                let status = rustix::fs::fstat(&directory).map_err(refused)?;
                if (status.st_dev, status.st_ino) != above.identity {
                    return Err(NotRemoved::Moved);
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

fn refused(e: Errno) -> NotRemoved {
    NotRemoved::Refused(e.into())
}

fn shown(name: &CString) -> String {
    let text = name.to_string_lossy();
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

/// Opens a directory for reading, but not a link or file. Below the topmost one it also refuses mount points.
fn open<P: rustix::path::Arg + Copy>(at: BorrowedFd, name: P, topmost: bool) -> rustix::io::Result<OwnedFd> {
    let crossing = if topmost { ResolveFlags::empty() } else { ResolveFlags::NO_XDEV };
    let with = |flags: OFlags| {
        let flags = flags | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat2(at, name, flags, Mode::empty(), crossing)
    };
    match with(OFlags::RDONLY) {
        Err(Errno::ACCESS) => {
            let closed = with(OFlags::PATH)?;
            // A descriptor of this kind does not support fchmod(2), but its link in /proc leads to the directory and nowhere else.
            let link = format!("/proc/self/fd/{}", closed.as_raw_fd());
            rustix::fs::chmod(link, Mode::RWXU)?;
            with(OFlags::RDONLY)
        }
        result => result,
    }
}
