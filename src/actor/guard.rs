//! The second guard. The kernel's is the run's own user namespace; this one is asked once more before every action that changes something,
//! by the one place that makes them, and compares namespaces right then.

use super::scene::{Origin, Scene};
use crate::kernel::namespace;
use crate::lesson::shape::action::{Mount, Remount, Verb};
use crate::probe::mountinfo;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Sysctls that a lesson may write, by name below `/proc/sys`: those that belong to a namespace.
const SYSCTLS: [&str; 9] = [
    "net/",
    "kernel/hostname",
    "kernel/domainname",
    "kernel/shm",
    "kernel/msg",
    "kernel/sem",
    "kernel/auto_msgmni",
    "kernel/sem_next_id",
    "fs/mqueue/",
];

/// What the guard needs of the box in which it stands: procfs as the host sees it, opened at the box's birth, because the box's own `/proc`
/// may by now be another's, or none.
pub struct Guard<'a> {
    /// The directory of the host's procfs.
    pub proc: std::os::fd::BorrowedFd<'a>,
    /// The run.
    pub scene: &'a Scene,
}

impl Guard<'_> {
    /// A path below the host's procfs, for the caller itself.
    fn own(&self, below: &str) -> PathBuf {
        super::frame::path_of(self.proc.as_fd()).join("self").join(below)
    }

    fn shares_with_host(&self, link: &str) -> Result<bool, String> {
        // Through the descriptor and not through /proc/self/fd: the box may have no /proc of its own any more.
        let target = rustix::fs::readlinkat(self.proc, format!("self/ns/{link}"), Vec::new())
            .map_err(|e| format!("readlink self/ns/{link}: {}", crate::model::Errno::from(e)))?;
        let host = self.scene.host.namespaces.get(link);
        Ok(host.is_none_or(|h| h.as_bytes() == target.as_bytes()))
    }

    /// Refuses a change in a namespace that the host is in.
    fn own_namespace(&self, link: &str, what: &str) -> Result<(), String> {
        if self.scene.kernel_refuses || !self.shares_with_host(link)? {
            return Ok(());
        }
        Err(format!(
            "{what} would change the host: this box is still in the host's {link} namespace; unshare it first"
        ))
    }

    /// Whether this verb may be tried here and now.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, verb: &Verb) -> Result<(), String> {
        if self.scene.origin == Origin::Hand {
            return Ok(());
        }
        match verb {
            Verb::Sethostname(_) => self.own_namespace("uts", "sethostname"),
            Verb::Setdomainname(_) => self.own_namespace("uts", "setdomainname"),
            Verb::LinkUp(_) | Verb::LinkDown(_) | Verb::Veth(_) | Verb::Address(_) | Verb::Route(_) => {
                self.own_namespace("net", "a change of links or routes")
            }
            Verb::Ping(_) | Verb::Listen(_) | Verb::Connect(_) | Verb::Send(_) => {
                self.own_namespace("net", "network traffic")
            }
            Verb::Propagation(_) => self.own_namespace("mnt", "a change of propagation"),
            Verb::Mount(m) => {
                let at = match m {
                    Mount::Tmpfs(t) => &t.at,
                    Mount::Proc(at) | Mount::Sysfs(at) | Mount::Cgroup2(at) | Mount::Mqueue(at) => at,
                    Mount::Bind(b) => &b.at,
                    Mount::Overlay(o) => &o.at,
                };
                self.mount_at(at, "mount")
            }
            Verb::Remount(Remount::ReadOnly(at) | Remount::ReadWrite(at)) => self.mount_at(at, "remount"),
            Verb::Umount(u) => self.mount_at(&u.at, "umount2"),
            Verb::PivotRoot(p) => self.mount_at(&p.new, "pivot_root"),
            Verb::Mkdir(paths) => paths.0.iter().try_for_each(|p| self.file(p)),
            Verb::Write(files) | Verb::Append(files) => files.keys().try_for_each(|p| self.file(p)),
            Verb::Remove(p) => self.file(p),
            Verb::Rename(pair) => self.file(&pair.0).and_then(|()| self.file(&pair.1)),
            Verb::Chmod(pair) | Verb::Chown(pair) | Verb::Mknod(pair) => self.file(&pair.0),
            Verb::Run(_) if self.scene.origin == Origin::Ordinary => {
                Err("programs are run only in boxes of the run's own user namespace".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn mount_at(&self, at: &str, what: &str) -> Result<(), String> {
        self.own_namespace("mnt", what)?;
        if self.scene.kernel_refuses {
            return Ok(());
        }
        let Ok(text) = read_at(self.proc, "self/mountinfo") else {
            return Err(format!("{what}: the box's mount table cannot be read"));
        };
        let at = self.scene.view.resolve(at);
        let at =
            if at.is_absolute() { at } else { std::env::current_dir().map_err(|e| e.to_string())?.join(at) };
        let table = mountinfo::parse(&text);
        let covering =
            table.iter().filter(|m| at.starts_with(&m.at)).max_by_key(|m| m.at.components().count());
        match covering.and_then(|m| m.shared) {
            Some(group) if self.scene.host.peer_groups.contains(&group) => Err(format!(
                "{what} {} would travel to the host: its peer group {group} is also the host's; make the table private first",
                at.display()
            )),
            _ => Ok(()),
        }
    }

    /// A file may be changed in the workspace, below a root that is not the host's, and as one of the namespaces' own sysctls.
    fn file(&self, path: &str) -> Result<(), String> {
        let full = self.scene.view.resolve(path);
        if full.components().any(|c| c == Component::ParentDir) {
            return Err(format!("{path} leaves the workspace"));
        }
        if let Ok(name) = full.strip_prefix("/proc/sys") {
            let name = name.display().to_string();
            return if SYSCTLS.iter().any(|s| name.starts_with(s)) {
                Ok(())
            } else {
                Err(format!("{path} is not a sysctl of a namespace"))
            };
        }
        if self.scene.kernel_refuses || self.root_is_own() {
            return Ok(());
        }
        let workspace = &self.scene.view.workspace;
        let base = if full.is_absolute() {
            full.clone()
        } else {
            std::env::current_dir().map_err(|e| format!("getcwd: {e}"))?.join(&full)
        };
        let Ok(below) = base.strip_prefix(workspace) else {
            return Err(format!("{path} is outside of the workspace {}", workspace.display()));
        };
        match below.parent() {
            Some(parent) if parent != Path::new("") => beneath(workspace, parent),
            _ => Ok(()),
        }
    }

    /// Whether the box has a root directory of its own (`chroot`, `pivot_root`), below which absolute paths are its own business.
    fn root_is_own(&self) -> bool {
        std::fs::metadata("/").is_ok_and(|m| (m.dev(), m.ino()) != self.scene.host.root)
    }

    /// The box's own number in every PID namespace, outermost first.
    pub fn own_numbers(&self) -> Vec<i32> {
        numbers(self.proc, "self")
    }

    /// Another process's numbers, likewise.
    pub fn numbers_of(&self, host_pid: i32) -> Vec<i32> {
        numbers(self.proc, &host_pid.to_string())
    }

    /// Opens a namespace of another process through the host's procfs.
    ///
    /// # Errors
    /// What `openat(2)` answers.
    pub fn open_namespace(&self, host_pid: i32, link: &str) -> crate::kernel::Result<std::os::fd::OwnedFd> {
        let shown = format!("/proc/{host_pid}/ns/{link}");
        let same_proc = std::fs::metadata("/proc").map(|m| (m.dev(), m.ino())).ok()
            == std::fs::metadata(self.own("..")).map(|m| (m.dev(), m.ino())).ok();
        if same_proc {
            return crate::kernel::file::open(Path::new(&shown), rustix::fs::OFlags::RDONLY, 0);
        }
        let below = PathBuf::from(format!("{host_pid}/ns/{link}"));
        crate::kernel::file::open_at(self.proc, Path::new("/proc"), &below, rustix::fs::OFlags::RDONLY)
    }

    /// The flag of a namespace type for `setns(2)`.
    pub fn flag(link: &str) -> nix::sched::CloneFlags {
        namespace::flag(link).unwrap_or(nix::sched::CloneFlags::empty())
    }
}

fn read_at(directory: std::os::fd::BorrowedFd, path: &str) -> std::io::Result<String> {
    use rustix::fs::{Mode, OFlags, openat};
    let fd = openat(directory, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    std::io::read_to_string(std::fs::File::from(fd))
}

fn numbers(proc: std::os::fd::BorrowedFd, pid: &str) -> Vec<i32> {
    let text = read_at(proc, &format!("{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("NSpid:")).unwrap_or("");
    line.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect()
}

/// The kernel resolves the path below the directory: `..` and symbolic links that lead out are refused (`openat2(2)`).
fn beneath(directory: &Path, path: &Path) -> Result<(), String> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let base = openat(CWD, directory, flags, Mode::empty())
        .map_err(|e| format!("open {}: {}", directory.display(), crate::model::Errno::from(e)))?;
    match openat2(&base, path, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS) {
        Err(rustix::io::Errno::XDEV | rustix::io::Errno::LOOP) => {
            Err(format!("{} leaves the workspace", path.display()))
        }
        _ => Ok(()),
    }
}
