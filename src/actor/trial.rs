//! Trials: what this kernel lets this user do, found by doing it in a process that ends right after. Only a trial decides that something is
//! *blocked*; an error in the middle of a step is a failed step.

use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, Result, file, identity, link, mount, namespace, process};
use crate::model::Errno;
use nix::mount::MsFlags;
use nix::sched::CloneFlags;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The hidden sub-command that makes one trial.
pub const TRIAL: &str = "__trial";
/// A trial ends by itself; one that hangs is killed after so long: 10 s.
const DEADLINE: Duration = Duration::from_secs(10);

/// What can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trial {
    /// A user namespace with root mapped, in which a capability works.
    User,
    /// The same for a process that root has made an ordinary one.
    Ordinary,
    /// A PID namespace and its own `/proc`.
    Pid,
    /// A mount namespace and a tmpfs in it.
    Mount,
    /// A UTS namespace.
    Uts,
    /// A network namespace.
    Net,
    /// An IPC namespace.
    Ipc,
    /// A cgroup namespace.
    Cgroup,
    /// A time namespace.
    Time,
    /// A veth pair.
    Veth,
    /// An overlay mount with `userxattr`.
    Overlay,
}

const NAMES: [(Trial, &str); 11] = [
    (Trial::User, "user"),
    (Trial::Ordinary, "ordinary"),
    (Trial::Pid, "pid"),
    (Trial::Mount, "mount"),
    (Trial::Uts, "uts"),
    (Trial::Net, "net"),
    (Trial::Ipc, "ipc"),
    (Trial::Cgroup, "cgroup"),
    (Trial::Time, "time"),
    (Trial::Veth, "veth"),
    (Trial::Overlay, "overlay"),
];

/// The operation that failed, and the kernel's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Operation and object.
    pub what: String,
    /// The answer.
    pub errno: Errno,
}

impl Trial {
    fn name(self) -> &'static str {
        NAMES.iter().find(|(t, _)| *t == self).map_or("", |(_, n)| n)
    }

    /// Makes the trial in a process of its own. `ordinary` is an id for [`Trial::Ordinary`].
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn make(self, ordinary: u32) -> std::result::Result<(), Refusal> {
        let failed = |what: &str, e: &std::io::Error| Refusal { what: what.to_owned(), errno: Errno::of(e) };
        let mut child = Command::new("/proc/self/exe")
            .args([TRIAL, self.name(), &ordinary.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| failed("spawn a trial", &e))?;
        let Some(mut output) = child.stdout.take() else { return Ok(()) };
        let start = Instant::now();
        let answered = super::frame::readable(&output, DEADLINE).unwrap_or(false);
        if !answered || start.elapsed() > DEADLINE {
            let _ = child.kill();
        }
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(&mut output, &mut text);
        let _ = child.wait();
        match text.trim_end().rsplit_once(' ') {
            Some((_, "ok")) => Ok(()),
            Some((what, errno)) => {
                Err(Refusal { what: what.to_owned(), errno: Errno::named(errno).unwrap_or(Errno(libc::EIO)) })
            }
            None => Err(Refusal { what: format!("trial of {}", self.name()), errno: Errno(libc::ETIMEDOUT) }),
        }
    }
}

/// The hidden sub-command's whole life: prints `trial ok`, or the operation and its error.
pub fn main(name: &str, ordinary: &str) -> i32 {
    process::die_with_parent();
    let Some((trial, _)) = NAMES.iter().find(|(_, n)| *n == name) else { return 2 };
    let Ok(ordinary) = ordinary.parse() else { return 2 };
    let answer = match attempt(*trial, ordinary) {
        Ok(()) => "trial ok\n".to_owned(),
        Err(e) => format!("{} {} {}\n", e.operation, e.object, e.errno),
    };
    // Whoever asked may have been killed meanwhile.
    i32::from(std::io::stdout().write_all(answer.as_bytes()).is_err())
}

fn attempt(trial: Trial, ordinary: u32) -> Result<()> {
    if trial == Trial::Ordinary && rustix::process::geteuid().is_root() {
        identity::clear_groups()?;
        identity::setgid(ordinary)?;
        identity::setuid(ordinary)?;
        process::stay_readable();
        process::die_with_parent();
    }
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let own = |name: &str| Path::new("/proc/self").join(name);
    namespace::unshare(CloneFlags::CLONE_NEWUSER)?;
    file::set(&own("setgroups"), "deny")?;
    file::set(&own("uid_map"), &format!("0 {uid} 1"))?;
    file::set(&own("gid_map"), &format!("0 {gid} 1"))?;
    let private = || {
        namespace::unshare(CloneFlags::CLONE_NEWNS)?;
        mount::mount(None, Path::new("/"), None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None)
    };
    match trial {
        // AppArmor lets the namespace be made and takes its capabilities away; only using one shows it.
        Trial::User | Trial::Ordinary | Trial::Uts => {
            namespace::unshare(CloneFlags::CLONE_NEWUTS)?;
            identity::sethostname("trial")
        }
        Trial::Mount => {
            private()?;
            mount::mount(Some("tmpfs"), Path::new("/var/tmp"), Some("tmpfs"), MsFlags::empty(), None)
        }
        Trial::Pid => {
            private()?;
            namespace::unshare(CloneFlags::CLONE_NEWPID)?;
            in_child(|| mount::mount(Some("proc"), Path::new("/proc"), Some("proc"), MsFlags::empty(), None))
        }
        Trial::Net => namespace::unshare(CloneFlags::CLONE_NEWNET),
        Trial::Ipc => namespace::unshare(CloneFlags::CLONE_NEWIPC),
        Trial::Cgroup => namespace::unshare(CloneFlags::CLONE_NEWCGROUP),
        Trial::Time => namespace::unshare(CloneFlags::from_bits_retain(namespace::CLONE_NEWTIME)),
        Trial::Veth => {
            namespace::unshare(CloneFlags::CLONE_NEWNET)?;
            let own = file::open(&own("ns/net"), rustix::fs::OFlags::RDONLY, 0)?;
            link::veth("trial0", "trial1", own.as_fd())
        }
        Trial::Overlay => {
            private()?;
            let stage = Path::new("/var/tmp");
            mount::mount(Some("tmpfs"), stage, Some("tmpfs"), MsFlags::empty(), None)?;
            for name in ["lower", "upper", "work", "merged"] {
                file::mkdir(&stage.join(name), 0o755)?;
            }
            let data = "lowerdir=/var/tmp/lower,upperdir=/var/tmp/upper,workdir=/var/tmp/work,userxattr";
            mount::mount(
                Some("overlay"),
                &stage.join("merged"),
                Some("overlay"),
                MsFlags::empty(),
                Some(data),
            )
        }
    }
}

/// Does something in a forked child; its error comes back as the exit status.
fn in_child(what: impl FnOnce() -> Result<()>) -> Result<()> {
    if let Forked::Child = process::fork(CloneFlags::empty())? {
        raw::exit_now(what().map_or_else(|e| e.errno.0, |()| 0));
    }
    let status = nix::sys::wait::wait().map_err(|e| Error::new("wait", "", e))?;
    match status {
        nix::sys::wait::WaitStatus::Exited(_, 0) => Ok(()),
        nix::sys::wait::WaitStatus::Exited(_, errno) => Err(Error::new("mount", "/proc", Errno(errno))),
        _ => Err(Error::new("wait", "", Errno(libc::EIO))),
    }
}
