//! Descriptors of a process's namespaces, root and working directory, opened while the caller still has the host's rights.

use crate::actor::execute::Failure;
use crate::kernel::{Error, file, identity, mount, namespace, process};
use crate::model::Ns;
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// The namespaces to join, in this order. The mount namespace comes after those that are found through the host's procfs, and the user namespace last,
/// because it may give less power over the others.
const JOINED: [Ns; 6] = [Ns::Cgroup, Ns::Ipc, Ns::Uts, Ns::Net, Ns::Time, Ns::Pid];

/// A process's namespaces and directories.
pub struct Opened {
    spaces: Vec<(Ns, OwnedFd)>,
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
    /// Opens the namespaces of this process in which the caller is not.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn of(proc: BorrowedFd, pid: i32) -> Result<Self, Failure> {
        Self::open(proc, pid, false)
    }

    /// Opens the namespaces in which a child of this process would be. They differ only where the process has made a PID or time namespace for its
    /// children.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn for_children_of(proc: BorrowedFd, pid: i32) -> Result<Self, Failure> {
        Self::open(proc, pid, true)
    }

    fn open(proc: BorrowedFd, pid: i32, for_children: bool) -> Result<Self, Failure> {
        let at = |below: &str, flags: OFlags| {
            file::open_at(proc, Path::new("/proc"), Path::new(&format!("{pid}/{below}")), flags)
        };
        let link =
            |who: &str, kind: &str| rustix::fs::readlinkat(proc, format!("{who}/ns/{kind}"), Vec::new()).ok();
        let other = |ns: Ns| -> Result<Option<OwnedFd>, Failure> {
            let kind = ns.link();
            let children = format!("{kind}_for_children");
            // The link of a PID namespace that has no first process yet cannot be read.
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
        for ns in JOINED {
            spaces.extend(other(ns)?.map(|fd| (ns, fd)));
        }
        let place = OFlags::PATH | OFlags::DIRECTORY;
        let path = |name: &str| -> Result<PathBuf, Failure> {
            let target = rustix::fs::readlinkat(proc, format!("{pid}/{name}"), Vec::new())
                .map_err(|e| Error::new("readlink", format!("/proc/{pid}/{name}"), e))?;
            Ok(PathBuf::from(target.to_string_lossy().into_owned()))
        };
        Ok(Opened {
            spaces,
            mount: other(Ns::Mount)?,
            user: at("ns/user", OFlags::RDONLY)?,
            root: at("root", place)?,
            working: at("cwd", place)?,
            root_path: path("root")?,
            working_path: path("cwd")?,
            pid,
        })
    }

    /// Whether the process is in a namespace of this type other than the caller's.
    pub fn has_own(&self, ns: Ns) -> bool {
        self.spaces.iter().any(|(its, _)| *its == ns)
    }

    fn join(&self, ns: Ns, fd: &OwnedFd) -> Result<(), Failure> {
        Ok(namespace::setns(fd, &format!("/proc/{}/ns/{}", self.pid, ns.link()), ns)?)
    }

    /// Joins all namespaces except mount and user.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn join_others(&self) -> Result<(), Failure> {
        self.spaces.iter().try_for_each(|(ns, fd)| self.join(*ns, fd))
    }

    /// Joins the mount namespace, if it is not the caller's already.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn join_mount(&self) -> Result<(), Failure> {
        self.mount.as_ref().map_or(Ok(()), |fd| self.join(Ns::Mount, fd))
    }

    /// Joins the user namespace, if it is not the caller's by now.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn join_user(&self, proc: BorrowedFd) -> Result<bool, Failure> {
        let inode = |fd: rustix::io::Result<rustix::fs::Stat>| fd.map(|s| s.st_ino).ok();
        let own = rustix::fs::statat(proc, "self/ns/user", AtFlags::empty());
        if inode(rustix::fs::fstat(&self.user)) == inode(own) {
            return Ok(false);
        }
        self.join(Ns::User, &self.user)?;
        Ok(true)
    }

    /// [`Self::join_user`], and becomes root in it, if it has a root.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn join_user_as_root(&self, proc: BorrowedFd) -> Result<(), Failure> {
        if self.join_user(proc)? {
            // If the namespace has no map, or none for 0, the caller keeps its ids.
            let _ = identity::setgid(0);
            let _ = identity::setuid(0);
            process::stay_readable();
            process::die_with_parent();
        }
        Ok(())
    }

    /// Enters the working directory and then the root directory, by their paths: descriptors would lead below the covers, and into the table that was
    /// copied. If the working directory can no longer be reached, it becomes the root directory.
    ///
    /// # Errors
    /// The kernel's error.
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

    /// For a reader: joins every namespace that affects what is read. The PID namespace is left out, because only children would be in it.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn look_around(&self, proc: BorrowedFd) -> Result<(), Failure> {
        for (ns, fd) in self.spaces.iter().filter(|(ns, _)| *ns != Ns::Pid) {
            self.join(*ns, fd)?;
        }
        if self.mount.is_some() {
            self.join_mount()?;
            rustix::process::fchdir(&self.root).map_err(|e| Error::new("fchdir", "/", e))?;
            mount::chroot(Path::new("."))?;
            // A removed directory is still a directory, so this may succeed or fail.
            let _ = rustix::process::fchdir(&self.working);
        }
        self.join_user_as_root(proc)
    }

    /// Whether there is an executable at this path below the root directory.
    pub fn has(&self, program: &str) -> bool {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let path = program.trim_start_matches('/');
        let found = rustix::fs::openat2(&self.root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
        found.is_ok_and(|fd| rustix::fs::fstat(fd).is_ok_and(|s| s.st_mode & 0o111 != 0))
    }
}
