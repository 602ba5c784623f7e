//! What this machine allows: read and tried once, before anything runs.

use crate::actor::ledger;
use crate::actor::scene::Host;
use crate::actor::trial::{Refusal, Trial};
use crate::lesson::shape::whole::Controller;
use crate::lesson::shape::{Lesson, Need, Version};
use crate::model::{Errno, Readiness};
use crate::probe::cgroup::{Blocked, CONTROLLERS, Delegation, Hierarchies, Layout, Starter, delegation};
use crate::probe::release;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Mutex;

/// A range of ids: the first one on the host, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRange {
    /// The host's id of the run's root.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// The machine, and who starts the lab on it.
pub struct Machine {
    /// The starter's user id.
    pub uid: u32,
    /// The starter's group id.
    pub gid: u32,
    /// The ids of a run; an ordinary user has only its own.
    pub ids: IdRange,
    /// The host as the guard compares with it.
    pub host: Host,
    /// Where cgroup controllers are.
    pub hierarchies: Hierarchies,
    /// CPUs that the lab may use.
    pub cpus: Vec<u32>,
    /// The kernel's release, as `uname -r` prints it; empty where `/proc` does not say.
    pub kernel: String,
    trials: Mutex<BTreeMap<Trial, Result<(), Refusal>>>,
}

impl Machine {
    /// Reads it.
    ///
    /// # Errors
    /// When `/proc` does not answer, or shows another PID namespace.
    pub fn read() -> io::Result<Self> {
        own_proc()?;
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let ids = if uid == 0 {
            id_range(&std::fs::read_to_string("/proc/self/uid_map")?)
        } else {
            IdRange { first: uid, count: 1 }
        };
        let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).map_err(io::Error::from)?;
        let cpus = (0..nix::sched::CpuSet::count())
            .filter(|c| set.is_set(*c).unwrap_or(false))
            .filter_map(|c| u32::try_from(c).ok())
            .collect();
        Ok(Machine {
            uid,
            gid,
            ids,
            host: Host::read()?,
            hierarchies: Hierarchies::detect(Path::new("/proc"))?,
            cpus,
            kernel: release::read(Path::new("/proc")),
            trials: Mutex::new(BTreeMap::new()),
        })
    }

    /// Started by an ordinary user.
    pub fn rootless(&self) -> bool {
        self.uid != 0
    }

    /// Which cgroup version's texts apply.
    pub fn version(&self) -> Version {
        self.hierarchies.version()
    }

    /// The name of a control file on this machine, for prose that says `{cpu.max}`.
    pub fn knob_name(&self, name: &str) -> Option<String> {
        let controller = CONTROLLERS.into_iter().find(|c| name.split('.').next() == Some(c.name()));
        let all: Vec<Controller> = controller.into_iter().collect();
        let all = if all.is_empty() { vec![Controller::Cpu, Controller::Memory] } else { all };
        let group =
            Layout::new(&self.hierarchies, &all, None, "isolab").group(Path::new("group"), &all, None);
        let knob = group.knob(name)?;
        let names = knob.paths().filter_map(|p| Some(p.file_name()?.to_str()?.to_owned()));
        Some(names.collect::<Vec<_>>().join(" and "))
    }

    /// The result of a trial, made at the first question.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn trial(&self, trial: Trial) -> Result<(), Refusal> {
        let mut known = self.trials.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.entry(trial).or_insert_with(|| trial.make(self.ids.first)).clone()
    }

    /// How a run with these controllers may make cgroups.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn delegation(&self, controllers: &[Controller]) -> Result<Delegation, Blocked> {
        delegation(&self.hierarchies, controllers, &Starter::here(Path::new("/")))
    }

    /// Whether a lesson can run here as a whole.
    ///
    /// # Errors
    /// The first need that is not met.
    pub fn allows(&self, lesson: &Lesson) -> Result<(), Blocked> {
        self.keeps_files()?;
        self.has_ids()?;
        // Every run lives in a user namespace of its own.
        self.meets(&Need::UserNs)?;
        lesson.needs.iter().try_for_each(|need| self.meets(need))?;
        let controllers = controllers(lesson);
        if controllers.is_empty() {
            return Ok(());
        }
        self.delegation(&controllers)?;
        let unswappable = lesson.cgroups.values().any(|c| c.swap == Some(false));
        if unswappable && self.hierarchies.swap && !self.hierarchies.limits_swap() {
            return Err(Blocked {
                reason: "this machine swaps, and its kernel does not limit the swap of a cgroup".to_owned(),
                remedy: "sudo swapoff -a (until the next boot), or boot with swapaccount=1".to_owned(),
            });
        }
        Ok(())
    }

    /// The same as people are told it.
    pub fn readiness(&self, lesson: &Lesson) -> Readiness {
        match self.allows(lesson) {
            Ok(()) if self.rootless() => Readiness::Rootless,
            Ok(()) => Readiness::Ready,
            Err(b) => Readiness::Blocked { reason: b.reason, remedy: b.remedy },
        }
    }

    /// Whether a run's ledger and files can be made.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn keeps_files(&self) -> Result<(), Blocked> {
        ledger::writable().map_err(|e| Blocked {
            reason: format!("no file can be made in {}: {}", ledger::HOME, Errno::of(&e)),
            remedy: match e.raw_os_error() {
                Some(libc::ENOSPC | libc::EDQUOT) => format!("make room on the disk of {}", ledger::HOME),
                _ => format!("let {} be a writable directory, as the FHS asks (mode 1777)", ledger::HOME),
            },
        })
    }

    /// Whether there is an id for a run that is not root's.
    pub fn has_ids(&self) -> Result<(), Blocked> {
        if self.ids.count > 0 {
            return Ok(());
        }
        Err(Blocked {
            reason:
                "this root is alone in its user namespace (/proc/self/uid_map has no id besides 0), and a \
                     run must not have root's id"
                    .to_owned(),
            remedy: "start isolab outside of `unshare --map-root-user`, as the ordinary user".to_owned(),
        })
    }

    /// Whether one need is met. Needs that depend on the moment (`idle_cpus`) are judged when they matter.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn meets(&self, need: &Need) -> Result<(), Blocked> {
        let trial = match need {
            Need::UserNs => Trial::User,
            Need::OrdinaryUserNs => Trial::Ordinary,
            Need::UtsNs => Trial::Uts,
            Need::PidNs => Trial::Pid,
            Need::MountNs => Trial::Mount,
            Need::NetNs => Trial::Net,
            Need::IpcNs => Trial::Ipc,
            Need::TimeNs => Trial::Time,
            Need::CgroupNs => Trial::Cgroup,
            Need::Veth => Trial::Veth,
            Need::Overlayfs => Trial::Overlay,
            other => return self.meets_otherwise(other),
        };
        self.trial(trial).map_err(|refusal| explain(trial, &refusal, self.rootless()))
    }

    fn meets_otherwise(&self, need: &Need) -> Result<(), Blocked> {
        let blocked = |reason: String, remedy: &str| Err(Blocked { reason, remedy: remedy.to_owned() });
        match need {
            Need::CgroupCpu => self.delegation(&[Controller::Cpu]).map(|_| ()),
            Need::CgroupMemory => self.delegation(&[Controller::Memory]).map(|_| ()),
            Need::IdRange if self.ids.count < 2 => blocked(
                "an ordinary user may map only its own id".into(),
                "run isolab as root (sudo isolab …)",
            ),
            Need::Cpus(n) if self.cpus.len() < *n as usize => blocked(
                format!("{} CPU for the lab, {n} needed", self.cpus.len()),
                "give the virtual machine more CPUs, or start isolab without taskset",
            ),
            Need::Program(name) if which::which(name).is_err() => {
                blocked(format!("{name} is not in PATH"), &format!("install the package that has {name}"))
            }
            Need::Kernel(wanted) if release::numbers(&self.kernel) < release::numbers(wanted) => {
                blocked(format!("this kernel is older than {wanted}"), "boot a newer kernel")
            }
            _ => Ok(()),
        }
    }
}

/// Whether `/proc` shows this process under its own number. Else every number here would mean somebody else there, as after `unshare --pid --fork`
/// without `--mount-proc` (`pid_namespaces(7)`).
fn own_proc() -> io::Result<()> {
    let shown = std::fs::read_link("/proc/self")?;
    if shown == Path::new(&std::process::id().to_string()) {
        return Ok(());
    }
    Err(io::Error::other("it shows another PID namespace; mount this one's (mount -t proc proc /proc)"))
}

/// The controllers that a lesson's cgroups need.
pub fn controllers(lesson: &Lesson) -> Vec<Controller> {
    let mut all: Vec<Controller> = lesson.cgroups.values().flat_map(|c| c.controllers.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The ids of a run that root starts: `100000 65536`, or what else its own map offers apart from its root (`user_namespaces(7)`).
fn id_range(uid_map: &str) -> IdRange {
    let ranges: Vec<(u64, u64)> = uid_map
        .lines()
        .filter_map(|l| {
            let f: Vec<u64> = l.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect();
            Some((*f.first()?, *f.get(2)?))
        })
        .collect();
    if ranges.iter().any(|(first, count)| *first <= 100_000 && first + count >= 165_536) {
        return IdRange { first: 100_000, count: 65_536 };
    }
    // Without its first id, which is root or a service's.
    let best =
        ranges.iter().map(|(first, count)| (first + 1, count.saturating_sub(1))).max_by_key(|(_, c)| *c);
    let (first, count) = best.unwrap_or((0, 1));
    let count = count.min(65_536);
    IdRange { first: u32::try_from(first).unwrap_or(0), count: u32::try_from(count).unwrap_or(1) }
}

fn sysctl(name: &str) -> Option<i64> {
    std::fs::read_to_string(Path::new("/proc/sys").join(name)).ok()?.trim().parse().ok()
}

/// The exact cause of a refusal, as far as the kernel lets it be known, and what lifts it.
fn explain(trial: Trial, refusal: &Refusal, rootless: bool) -> Blocked {
    let answer = format!("{}: {}", refusal.what, refusal.errno);
    let because = |cause: &str, remedy: &str| Blocked {
        reason: format!("{cause} ({answer})"),
        remedy: remedy.to_owned(),
    };
    // What only ordinary users are refused, root gets round, except where the lesson is about an ordinary user.
    let ordinary = trial == Trial::Ordinary;
    let refused = [("apparmor_restrict_unprivileged_userns", 1), ("unprivileged_userns_clone", 0)];
    for (name, refusing) in refused {
        if (rootless || ordinary) && sysctl(&format!("kernel/{name}")) == Some(refusing) {
            let lift = format!("sudo sysctl kernel.{name}={}", 1 - refusing);
            let remedy = if ordinary { lift } else { format!("run isolab as root, or: {lift}") };
            return because(&format!("kernel.{name}={refusing}"), &remedy);
        }
    }
    if sysctl("user/max_user_namespaces") == Some(0) {
        return because("user.max_user_namespaces=0", "sudo sysctl user.max_user_namespaces=15000");
    }
    match (trial, refusal.errno) {
        (Trial::Overlay, Errno(libc::ENODEV)) => {
            because("this kernel has no overlayfs", "sudo modprobe overlay")
        }
        (Trial::Overlay, _) => {
            because("overlayfs cannot be mounted in a user namespace", "boot a kernel of 5.11 or later")
        }
        (Trial::Veth, Errno(libc::EOPNOTSUPP)) => {
            because("this kernel has no veth driver", "sudo modprobe veth")
        }
        (_, Errno(libc::EAGAIN)) => because("a limit on processes is reached", "raise it (ulimit -u 4096)"),
        (_, Errno(libc::EMFILE | libc::ENFILE)) => {
            because("a limit on open files is reached", "raise it (ulimit -n 1024)")
        }
        (_, Errno(libc::EINVAL | libc::ENOSYS)) => {
            because("this kernel was built without it", "boot a distribution kernel")
        }
        (_, Errno(libc::EPERM | libc::EACCES)) => because(
            "refused, as in a container or under a security module",
            "run isolab on the host or in a virtual machine",
        ),
        _ => because("the kernel refused", "see isolab doctor"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_the_usual_one_where_it_can_be() {
        assert_eq!(id_range("         0          0 4294967295\n"), IdRange { first: 100_000, count: 65_536 });
        assert_eq!(id_range("0 100000 65536\n"), IdRange { first: 1, count: 65_535 });
        assert_eq!(id_range("0 1000 1\n1 100000 65536"), IdRange { first: 2, count: 65_535 });
        assert_eq!(id_range("0 1000 1").count, 0, "root's own id is not for a run");
    }
}
