//! What is opened of a process while the host's rights are still there: its namespaces, its root and working directory.

use crate::actor::execute::Failure;
use crate::kernel::{Error, file, identity, mount, namespace, process};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Everything that can be joined, in this order: the mount namespace after those that are found through the host's procfs anyway, the user
/// namespace last, because it may give less power over the others.
const JOINED: [&str; 6] = ["cgroup", "ipc", "uts", "net", "time", "pid"];

/// A process's namespaces and directories.
pub struct Opened {
    spaces: Vec<(&'static str, OwnedFd)>,
    /// The mount namespace, where it is not the caller's.
    pub mount: Option<OwnedFd>,
    user: OwnedFd,
    root: OwnedFd,
    working: OwnedFd,
    /// The path of its root directory, as it is in its mount namespace.
    pub root_path: PathBuf,
    /// The path of its working directory, likewise.
    pub working_path: PathBuf,
    pid: i32,
}

impl Opened {
    /// Opens what this process is in and the caller is not.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn of(proc: BorrowedFd, pid: i32) -> Result<Self, Failure> {
        Self::open(proc, pid, false)
    }

    /// Opens what a child of this process would be in: another one only where it has made a PID or time namespace for its children.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn for_children_of(proc: BorrowedFd, pid: i32) -> Result<Self, Failure> {
        Self::open(proc, pid, true)
    }

    fn open(proc: BorrowedFd, pid: i32, for_children: bool) -> Result<Self, Failure> {
        let at = |below: &str, flags: OFlags| {
            file::open_at(proc, Path::new("/proc"), Path::new(&format!("{pid}/{below}")), flags)
        };
        let link =
            |who: &str, kind: &str| rustix::fs::readlinkat(proc, format!("{who}/ns/{kind}"), Vec::new()).ok();
        let other = |kind: &str| -> Result<Option<OwnedFd>, Failure> {
            let children = format!("{kind}_for_children");
            // That of a PID namespace without a first process has no link yet.
            let theirs = link(&pid.to_string(), &children).filter(|_| for_children).map(|l| (children, l));
            let theirs = theirs.or_else(|| Some((kind.to_owned(), link(&pid.to_string(), kind)?)));
            // A kernel without this type has no link.
            match theirs {
                Some((name, inode)) if link("self", kind).as_ref() != Some(&inode) => {
                    Ok(Some(at(&format!("ns/{name}"), OFlags::RDONLY)?))
                }
                _ => Ok(None),
            }
        };
        let mut spaces = Vec::new();
        for kind in JOINED {
            spaces.extend(other(kind)?.map(|fd| (kind, fd)));
        }
        let place = OFlags::PATH | OFlags::DIRECTORY;
        let path = |name: &str| -> Result<PathBuf, Failure> {
            let target = rustix::fs::readlinkat(proc, format!("{pid}/{name}"), Vec::new())
                .map_err(|e| Error::new("readlink", format!("/proc/{pid}/{name}"), e))?;
            Ok(PathBuf::from(target.to_string_lossy().into_owned()))
        };
        Ok(Opened {
            spaces,
            mount: other("mnt")?,
            user: at("ns/user", OFlags::RDONLY)?,
            root: at("root", place)?,
            working: at("cwd", place)?,
            root_path: path("root")?,
            working_path: path("cwd")?,
            pid,
        })
    }

    /// Whether the process is in another namespace of this type than the caller was.
    pub fn has_own(&self, kind: &str) -> bool {
        self.spaces.iter().any(|(k, _)| *k == kind)
    }

    fn join(&self, kind: &str, fd: &OwnedFd) -> Result<(), Failure> {
        let flag = namespace::flag(kind).unwrap_or(nix::sched::CloneFlags::empty());
        Ok(namespace::setns(fd, &format!("/proc/{}/ns/{kind}", self.pid), flag)?)
    }

    /// Joins everything but mount and user namespace.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn join_others(&self) -> Result<(), Failure> {
        self.spaces.iter().try_for_each(|(kind, fd)| self.join(kind, fd))
    }

    /// Joins the mount namespace, where it is another one.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn join_mount(&self) -> Result<(), Failure> {
        self.mount.as_ref().map_or(Ok(()), |fd| self.join("mnt", fd))
    }

    /// Joins the user namespace, when it is another one than the caller's by now.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn join_user(&self, proc: BorrowedFd) -> Result<bool, Failure> {
        let inode = |fd: rustix::io::Result<rustix::fs::Stat>| fd.map(|s| s.st_ino).ok();
        let own = rustix::fs::statat(proc, "self/ns/user", AtFlags::empty());
        if inode(rustix::fs::fstat(&self.user)) == inode(own) {
            return Ok(false);
        }
        self.join("user", &self.user)?;
        Ok(true)
    }

    /// [`Self::join_user`], and becomes its root where it has one.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn join_user_as_root(&self, proc: BorrowedFd) -> Result<(), Failure> {
        if self.join_user(proc)? {
            // Without a map, or without 0 in it, it stays who it is.
            let _ = identity::setgid(0);
            let _ = identity::setuid(0);
            process::stay_readable();
            process::die_with_parent();
        }
        Ok(())
    }

    /// The working and then the root directory, by their paths: descriptors would lead below the covers, and into the table that was copied. The way to
    /// the working directory may be closed by now; then it is the root directory.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn enter_directories(&self) -> Result<(), Failure> {
        let there = mount::chdir(&self.working_path).is_ok();
        if self.root_path != Path::new("/") {
            mount::chroot(&self.root_path)?;
        }
        if !there {
            mount::chdir(Path::new("/"))?;
        }
        Ok(())
    }

    /// For a reader: joins everything that decides what is read, the PID namespace aside, which only children would be in.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn look_around(&self, proc: BorrowedFd) -> Result<(), Failure> {
        for (kind, fd) in self.spaces.iter().filter(|(kind, _)| *kind != "pid") {
            self.join(kind, fd)?;
        }
        if self.mount.is_some() {
            self.join_mount()?;
            rustix::process::fchdir(&self.root).map_err(|e| Error::new("fchdir", "/", e))?;
            mount::chroot(Path::new("."))?;
            // One that was removed is a directory still, so nothing is expected of it.
            let _ = rustix::process::fchdir(&self.working);
        }
        self.join_user_as_root(proc)
    }

    /// Whether there is a program at this path below the root directory.
    pub fn has(&self, program: &str) -> bool {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let path = program.trim_start_matches('/');
        let found = rustix::fs::openat2(&self.root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
        found.is_ok_and(|fd| rustix::fs::fstat(fd).is_ok_and(|s| s.st_mode & 0o111 != 0))
    }
}
