//! The second guard. The kernel's is the run's own user namespace; this one is asked once more before every action that changes something,
//! by the one place that makes them, and compares namespaces and places right then.
//!
//! An action that a lesson declares to fail with EPERM or EACCES is left to the kernel only where it is certain that the kernel refuses it:
//! for what needs a capability in the host's namespaces, and for files after asking whether they could be written.
#![deny(clippy::wildcard_enum_match_arm)]

use super::place::{Around, Places, look, look_here, read_at};
use super::scene::{Origin, Scene};
use crate::probe::mountinfo::Mount;
use crate::vocabulary::control::{CgroupKnob, Takes};
use crate::vocabulary::value::SocketName;
use crate::vocabulary::verb::says::{FilePart, Touch};
use crate::vocabulary::{Val, Verb, Work};
use rustix::fs::{Access, AtFlags, CWD, FileType, OFlags};
use std::cell::OnceCell;
use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// Sysctls that belong to a namespace, by their beginning below `/proc/sys`, and the link of that namespace (`namespaces(7)`).
const SYSCTLS: [(&str, &str); 9] = [
    ("net/", "net"),
    ("kernel/hostname", "uts"),
    ("kernel/domainname", "uts"),
    ("kernel/shm", "ipc"),
    ("kernel/msg", "ipc"),
    ("kernel/sem", "ipc"),
    ("kernel/auto_msgmni", "ipc"),
    ("kernel/sem_next_id", "ipc"),
    ("fs/mqueue/", "ipc"),
];

/// What the guard needs of the box in which it stands: procfs as the host sees it, opened at the box's birth, because the box's own `/proc`
/// may by now be another's, or none.
pub struct Guard<'a> {
    /// The directory of the host's procfs.
    pub proc: std::os::fd::BorrowedFd<'a>,
    /// The run.
    pub scene: &'a Scene,
    /// What the box has kept in mind of its surroundings.
    pub around: &'a Around,
    table: OnceCell<Vec<Mount>>,
}

impl<'a> Guard<'a> {
    /// A guard for one action. It reads the box's mount table once, when first needed.
    pub fn new(proc: std::os::fd::BorrowedFd<'a>, scene: &'a Scene, around: &'a Around) -> Self {
        Guard { proc, scene, around, table: OnceCell::new() }
    }

    /// The same with a table that has just been read.
    #[must_use]
    pub fn with_table(self, table: Vec<Mount>) -> Self {
        Guard { table: table.into(), ..self }
    }
}

impl Guard<'_> {
    fn places(&self) -> Places<'_> {
        Places { proc: self.proc, scene: self.scene, around: self.around, table: &self.table }
    }

    /// Whether the box is in the host's namespace of this type.
    ///
    /// # Errors
    /// When its own link cannot be read.
    pub fn shares_with_host(&self, link: &str) -> Result<bool, String> {
        // Through the descriptor and not through /proc/self/fd: the box may have no /proc of its own any more.
        let target = rustix::fs::readlinkat(self.proc, format!("self/ns/{link}"), Vec::new())
            .map_err(|e| format!("readlink self/ns/{link}: {}", crate::model::Errno::from(e)))?;
        let host = self.scene.host.namespaces.get(link);
        Ok(host.is_none_or(|h| h.as_bytes() == target.as_bytes()))
    }

    /// Refuses what any process may do in a namespace that the host is in.
    fn apart(&self, link: &str, what: &str) -> Result<(), String> {
        if !self.shares_with_host(link)? {
            return Ok(());
        }
        Err(format!(
            "{what} would reach the host: this box is still in the host's {link} namespace; unshare it first"
        ))
    }

    /// Whether the box may capture frames.
    ///
    /// # Errors
    /// Why not: the frames would be the host's.
    pub fn may_capture(&self) -> Result<(), String> {
        self.apart("net", "a capture of frames")
    }

    /// Refuses a change in a namespace that the host is in, unless the lesson wants to see how the kernel refuses it, for which it needs a
    /// capability that no box has there.
    fn own_namespace(&self, link: &str, what: &str) -> Result<(), String> {
        if self.scene.kernel_refuses { Ok(()) } else { self.apart(link, what) }
    }

    /// The box's mount table.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn table(&self) -> Result<Vec<Mount>, String> {
        self.places().table().map(<[Mount]>::to_vec)
    }

    /// Whether this verb may be tried here and now.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, verb: &Verb) -> Result<(), String> {
        if self.scene.origin == Origin::HostHelper {
            return Ok(());
        }
        verb.facts().touches.iter().try_for_each(|touch| self.allows(touch))
    }

    fn allows(&self, touch: &Touch) -> Result<(), String> {
        match *touch {
            // What may be made from which box, the dispatcher of the actions checks.
            Touch::OfTheRun | Touch::Itself | Touch::Reads => Ok(()),
            Touch::Namespace(ns, what) => self.own_namespace(ns.link(), what),
            Touch::Through(ns, what) => self.apart(ns.link(), what),
            Touch::Source(path) => self.source(path),
            Touch::File(path, part) => self.file(path, part),
            Touch::Tree(path) => self.nothing_mounted_below(path),
            Touch::MountPoint(at, call) => self.mount_at(at, call),
            Touch::Layer(path) => self.layer(path),
            Touch::ControlFile(to, value) => self.member(to, value),
            Touch::Workload(id) => match self.scene.workloads.get(id) {
                Some(Work::TcpServer(_)) => self.apart("net", "a server"),
                Some(Work::UnixListener(w)) => match &w.at {
                    SocketName::Abstract(_) => self.apart("net", "a server"),
                    SocketName::Path(path) => self.file(path, FilePart::Name),
                },
                Some(Work::Filereader(_)) => self.file(id, FilePart::Name),
                Some(Work::Busyloop(_) | Work::Memhog(_) | Work::Forker(_)) | None => Ok(()),
            },
            Touch::Program => match self.scene.origin {
                Origin::Run => Ok(()),
                Origin::Ordinary | Origin::HostHelper => {
                    Err("programs are run only in boxes of the run's own user namespace".to_owned())
                }
            },
        }
    }

    /// overlayfs writes to the upper and the work directory, and shows the contents of the lower ones. Those must belong to the run, too, because nobody
    /// could tell later which part of them to hide from a program. The names of the layers are in one string with the options, so no name may look like an
    /// option.
    fn layer(&self, path: &str) -> Result<(), String> {
        if path.contains([',', ':', '\\']) {
            return Err(format!("{path}: a layer's name has no comma, colon or backslash"));
        }
        // What changes is in the directory, not its name.
        self.file(&format!("{path}/layer"), FilePart::Name)
    }

    fn mount_at(&self, at: &str, what: &str) -> Result<(), String> {
        self.own_namespace("mnt", what)?;
        if self.shares_with_host("mnt")? {
            return Ok(());
        }
        let Some(fd) = look_here(&self.scene.view.resolve(at))? else { return Ok(()) };
        let places = self.places();
        // Outside of its table a box finds no mount of the host's: its mount namespace belongs to the run's user namespace, and the copy
        // made for that turned shared mounts into slaves (mount_namespaces(7)).
        let Some(mount) = places.mount_of(&fd)? else { return Ok(()) };
        let table = places.table()?;
        let around = table.iter().find(|m| m.id == mount.parent);
        let groups = [mount.shared, around.and_then(|m| m.shared)];
        match groups.into_iter().flatten().find(|g| self.scene.host.peer_groups.contains(g)) {
            Some(group) => Err(format!(
                "{what} {at} would travel to the host: its peer group {group} is also the host's; make the table private first"
            )),
            None => Ok(()),
        }
    }

    /// A file may be changed where it is the run's: in the workspace, on a filesystem that the run has mounted, and as one of the
    /// namespaces' own sysctls.
    fn file(&self, path: &str, part: FilePart) -> Result<(), String> {
        let full = self.scene.view.resolve(path);
        if full.components().any(|c| c == Component::ParentDir) {
            return Err(format!("{path} leaves the workspace"));
        }
        let (directory, name) = split(&full);
        // Where the way is missing the kernel will say so.
        let Some(directory) = look_here(directory)? else { return Ok(()) };
        let entry = look(directory.as_fd(), Path::new(name), OFlags::NOFOLLOW)?;
        let links = |fd: &OwnedFd| {
            rustix::fs::fstat(fd).is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Symlink)
        };
        if part != FilePart::Name && entry.as_ref().is_some_and(links) {
            return Err(format!("{path} is a link and may lead anywhere"));
        }
        let places = self.places();
        let place = places.of(&directory)?;
        let refused = || self.scene.kernel_refuses && kernel_refuses(&directory, name, entry.as_ref(), part);
        if let Some(inner) = &place.in_proc
            && let Ok(sysctl) = inner.join(name).strip_prefix("/sys")
        {
            return if refused() { Ok(()) } else { self.sysctl(path, &sysctl.display().to_string()) };
        }
        // Something may be mounted on the file itself.
        let own = match &entry {
            Some(entry) if place.own => {
                let covered = places.of(entry)?;
                covered.mount == place.mount || covered.own
            }
            _ => place.own,
        };
        if own || refused() { Ok(()) } else { Err(not_own(path)) }
    }

    /// A copy belongs to the run, which may show it to anybody, so its source must be the run's, too. A lesson that declares that the kernel refuses
    /// is no exception: what the kernel does can't be known without reading.
    fn source(&self, path: &str) -> Result<(), String> {
        let full = self.scene.view.resolve(path);
        let (directory, name) = split(&full);
        let Some(directory) = look_here(directory)? else { return Ok(()) };
        let Some(entry) = look(directory.as_fd(), Path::new(name), OFlags::NOFOLLOW)? else { return Ok(()) };
        let places = self.places();
        let (around, entry) = (places.of(&directory)?, places.of(&entry)?);
        if entry.in_proc.is_some() {
            return Err(format!("{path} is in a procfs"));
        }
        if around.own && (entry.mount == around.mount || entry.own) { Ok(()) } else { Err(not_own(path)) }
    }

    /// Whether a reader may connect to the socket at this path, wherever links lead: the server must be the run's.
    ///
    /// # Errors
    /// Why not.
    pub fn connects(&self, path: &str) -> Result<(), String> {
        // Where nothing can be found the kernel will say so.
        let Some(entry) = look_here(&self.scene.view.resolve(path))? else { return Ok(()) };
        if self.places().of(&entry)?.own { Ok(()) } else { Err(not_own(path)) }
    }

    fn sysctl(&self, path: &str, name: &str) -> Result<(), String> {
        match SYSCTLS.iter().find(|(beginning, _)| name.starts_with(beginning)) {
            Some((_, link)) => self.apart(link, path),
            None => Err(format!("{path} is not a sysctl of a namespace")),
        }
    }

    /// Removing goes down into everything, also into what only seems to be there. The path is the kernel's, because links can lead to the directory.
    fn nothing_mounted_below(&self, path: &str) -> Result<(), String> {
        let full = self.scene.view.resolve(path);
        let Some(top) = look(CWD, &full, OFlags::NOFOLLOW)? else { return Ok(()) };
        let places = self.places();
        let full = places.path_of(&top)?;
        match places.table()?.iter().find(|m| m.at.starts_with(&full)) {
            Some(mount) => Err(format!("{} is mounted in {path}; umount it first", mount.at.display())),
            None => Ok(()),
        }
    }

    /// Members of a cgroup are named: a number could be anybody's.
    fn member(&self, to: &CgroupKnob, value: &Val) -> Result<(), String> {
        match value {
            Val::Text(name) if self.scene.view.pids.contains_key(name) => Ok(()),
            Val::Num(0) => Ok(()),
            value if to.knob.file.takes == Takes::Member => {
                Err(format!("{value} is not a process of this run"))
            }
            Val::Text(_) | Val::Num(_) | Val::Quantity(..) | Val::Param(_) => Ok(()),
        }
    }

    /// Whether a directory is the run's: asked of what becomes the box's root.
    pub fn is_own(&self, path: &Path) -> bool {
        look_here(path).ok().flatten().is_some_and(|fd| self.places().of(&fd).is_ok_and(|p| p.own))
    }

    /// The box's own number in every PID namespace, outermost first.
    pub fn own_numbers(&self) -> Vec<i32> {
        numbers(self.proc, "self")
    }

    /// Another process's numbers, likewise.
    pub fn numbers_of(&self, host_pid: i32) -> Vec<i32> {
        numbers(self.proc, &host_pid.to_string())
    }

    /// Whether a number in the box's PID namespace is the process with this number on the host. A process of a sibling namespace has a number at the
    /// same depth, which here is another's (`pidfd_open(2)`; `Pid` in `fdinfo` is the number on the host).
    pub fn is_process(&self, number: i32, host_pid: i32) -> bool {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};
        let Some(pid) = Pid::from_raw(number) else { return false };
        let fd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) => fd,
            // Before 5.3 nobody can tell.
            Err(e) => return e == rustix::io::Errno::NOSYS,
        };
        let info = read_at(self.proc, &format!("self/fdinfo/{}", fd.as_raw_fd())).unwrap_or_default();
        let shown = info.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse::<i32>().ok());
        shown == Some(host_pid)
    }

    /// Opens a namespace of another process through the host's procfs.
    ///
    /// # Errors
    /// What `openat(2)` answers.
    pub fn open_namespace(&self, host_pid: i32, link: &str) -> crate::kernel::Result<std::os::fd::OwnedFd> {
        let shown = format!("/proc/{host_pid}/ns/{link}");
        let identity = |s: rustix::fs::Stat| (s.st_dev, s.st_ino);
        let here = rustix::fs::stat("/proc").map(identity);
        let same_proc = here.is_ok() && here == rustix::fs::fstat(self.proc).map(identity);
        if same_proc {
            return crate::kernel::file::open(Path::new(&shown), rustix::fs::OFlags::RDONLY, 0);
        }
        let below = PathBuf::from(format!("{host_pid}/ns/{link}"));
        crate::kernel::file::open_at(self.proc, Path::new("/proc"), &below, rustix::fs::OFlags::RDONLY)
    }
}

/// The directory of a path, and the name in it.
fn split(full: &Path) -> (&Path, &OsStr) {
    match (full.parent(), full.file_name()) {
        (Some(parent), Some(name)) if parent == Path::new("") => (Path::new("."), name),
        (Some(parent), Some(name)) => (parent, name),
        _ => (full, OsStr::new(".")),
    }
}

fn not_own(path: &str) -> String {
    format!("{path} is neither in the workspace nor on a filesystem of the run's")
}

fn numbers(proc: std::os::fd::BorrowedFd, pid: &str) -> Vec<i32> {
    let text = read_at(proc, &format!("{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("NSpid:")).unwrap_or("");
    line.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect()
}

/// Whether the kernel would refuse the change, asked without trying it (`access(2)`, with the effective ids).
fn kernel_refuses(directory: &OwnedFd, name: &OsStr, entry: Option<&OwnedFd>, part: FilePart) -> bool {
    use rustix::io::Errno as E;
    let not_writable = |name: &OsStr| {
        let answer = rustix::fs::accessat(directory, name, Access::WRITE_OK, AtFlags::EACCESS);
        matches!(answer, Err(E::ACCESS | E::PERM | E::ROFS))
    };
    match (part, entry) {
        (FilePart::Content, Some(_)) => not_writable(name),
        (FilePart::Name, _) | (FilePart::Content, None) => not_writable(OsStr::new(".")),
        (FilePart::Attributes, Some(entry)) => {
            let me = rustix::process::geteuid().as_raw();
            rustix::fs::fstat(entry).is_ok_and(|s| s.st_uid != me)
        }
        (FilePart::Attributes, None) => true,
    }
}
