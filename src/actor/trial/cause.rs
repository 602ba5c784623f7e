//! The cause of a refusal by this machine, as far as the kernel reveals it, and the remedy. Every remedy is a command that can be pasted, or a plain
//! instruction.

use super::surroundings::{Surroundings, blocked};
use super::{Answer, Refusal, Trial};
use crate::actor::confinement::LIST_ROOT;
use crate::actor::ledger::HOME;
use crate::model::{Errno, Ns};
use crate::probe::cgroup::Blocked;
use crate::probe::mountinfo::Mount;
use crate::vocabulary::Ability;
use crate::vocabulary::need::KernelVersion;
use rustix::process::{Resource, getrlimit};
use std::path::{Path, PathBuf};

/// Below `/proc`, but a mount point in every kernel: it covers nothing.
const BINFMT: &str = "/proc/sys/fs/binfmt_misc";

/// A limit of a process (`getrlimit(2)`).
struct Limit {
    which: Resource,
    /// The kernel's name for it.
    rlimit: &'static str,
    /// Its name in `prlimit(1)`.
    name: &'static str,
    /// The value that root should set instead.
    enough: &'static str,
}

const ELSEWHERE: &str =
    "run isolab on the host or in a virtual machine, or start the container with --privileged";

impl Surroundings<'_> {
    /// Whether a seccomp filter is on: `Seccomp:` in `/proc/self/status` (`proc_pid_status(5)`).
    fn filtered(&self) -> bool {
        let status = self.read("proc/self/status").unwrap_or_default();
        status.lines().any(|l| l.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"))
    }

    /// The AppArmor profile that confines this process.
    fn confined_by(&self) -> Option<String> {
        let files = ["proc/self/attr/apparmor/current", "proc/self/attr/current"];
        let text = files.into_iter().find_map(|f| self.read(f))?;
        let name = text.trim_end_matches('\0').strip_suffix(" (enforce)")?;
        Some(name.to_owned())
    }

    /// Whether `/proc` shows the kernel's files and not only processes.
    ///
    /// # Errors
    /// The cause and the remedy.
    pub fn whole_proc(&self) -> Result<(), Blocked> {
        if self.root.join("proc/sys/kernel").is_dir() {
            return Ok(());
        }
        Err(blocked(
            "/proc shows processes and nothing else, as with the mount option subset=pid (ProcSubset=pid in systemd)",
            format!(
                "start isolab with a full /proc: {}",
                self.as_root("unshare --mount sh -c 'mount -t proc proc /proc && exec isolab'")
            ),
        ))
    }

    /// The exact cause of a refusal, as far as the kernel reveals it, and the remedy.
    pub fn explain(&self, trial: Trial, refusal: &Refusal) -> Blocked {
        let found = self.cause(trial, refusal);
        Blocked { reason: format!("{} ({refusal})", found.reason), ..found }
    }

    fn cause(&self, trial: Trial, refusal: &Refusal) -> Blocked {
        if let Some(found) = self.killed(refusal.answer) {
            return found;
        }
        // The refusal came before the call under trial.
        let file = refusal.operation == "create"
            || trial == Trial::Of(Ability::PageCache) && refusal.errno() != Some(libc::ENODEV);
        if file {
            return self.files(refusal.answer);
        }
        if refusal.operation == LIST_ROOT {
            return blocked(
                "/ cannot be listed, so isolab cannot tell which of its directories to hide from a lesson's program",
                format!("let everybody list it: {}", self.as_root("chmod o+r /")),
            );
        }
        let found = match refusal.errno().unwrap_or(0) {
            libc::EAGAIN => Some(self.processes(trial)),
            libc::EMFILE | libc::ENFILE => Some(self.raise(
                "a limit on open files is reached",
                &Limit { which: Resource::Nofile, rlimit: "RLIMIT_NOFILE", name: "nofile", enough: "4096" },
            )),
            libc::ENOSPC | libc::EUSERS if self.limit_of(refusal).is_some() => self.namespaces(refusal),
            libc::ENOSPC | libc::EDQUOT | libc::EFBIG => Some(self.files(refusal.answer)),
            libc::EPERM | libc::EACCES | libc::EROFS | libc::ENOSYS => self.forbidden(trial, refusal),
            _ => None,
        };
        found.or_else(|| trial.own_cause(self, refusal)).unwrap_or_else(|| Self::built_without(refusal))
    }

    fn killed(&self, answer: Answer) -> Option<Blocked> {
        match answer {
            Answer::Killed(libc::SIGSYS) => Some(blocked(
                "a seccomp filter kills any process that makes this call, as in a container",
                ELSEWHERE,
            )),
            Answer::Killed(libc::SIGXFSZ) => Some(self.files(Answer::Errno(Errno(libc::EFBIG)))),
            Answer::Killed(_) => Some(blocked(
                "the process that tried it was killed",
                "free some memory, and start isolab again",
            )),
            Answer::Late => Some(blocked(
                "this machine is too busy, or it hangs",
                "end the other work, and start isolab again",
            )),
            Answer::Errno(_) => None,
        }
    }

    pub(super) fn old_for(&self, major: u32, minor: u32) -> bool {
        !self.kernel.is_empty() && KernelVersion::of_release(self.kernel) < KernelVersion::new(major, minor)
    }

    /// `EPERM` and similar errors: something forbids the call.
    fn forbidden(&self, trial: Trial, refusal: &Refusal) -> Option<Blocked> {
        // Root avoids what only ordinary users are refused, except where the lesson is about an ordinary user.
        let ordinary = trial == Trial::Of(Ability::OrdinaryUser);
        let refused = [("apparmor_restrict_unprivileged_userns", 1), ("unprivileged_userns_clone", 0)];
        for (name, refusing) in refused {
            if (self.uid != 0 || ordinary) && self.sysctl(&format!("kernel/{name}")) == Some(refusing) {
                let lift = self.as_root(&format!("sysctl kernel.{name}={}", 1 - refusing));
                let remedy = if ordinary { lift } else { format!("run isolab as root, or: {lift}") };
                return Some(blocked(format!("kernel.{name}={refusing}"), remedy));
            }
        }
        if self.unreadable_program() {
            let program = std::env::current_exe().unwrap_or_default();
            return Some(blocked(
                "this user may execute the program but not read it, so the kernel denies it the files of its own process in /proc",
                self.as_root(&format!("chmod a+r {}", program.display())),
            ));
        }
        let table = self.mounts();
        if let Some(found) = self.proc_is_covered(&table, refusal) {
            return Some(found);
        }
        if refusal.object.contains("CLONE_NEWUSER")
            && !table.is_empty()
            && !table.iter().any(|m| m.at == Path::new("/"))
        {
            return Some(blocked(
                "isolab runs in a chroot(2), where the kernel refuses to make user namespaces",
                "start isolab outside of the chroot",
            ));
        }
        if trial == Trial::Of(Ability::Overlay) && self.old_for(5, 11) {
            return None;
        }
        if self.filtered() {
            return Some(blocked("refused where a seccomp filter is on, as in a container", ELSEWHERE));
        }
        if refusal.errno() == Some(libc::ENOSYS) {
            return None;
        }
        if let Some(profile) = self.confined_by() {
            return Some(blocked(
                format!("refused to a process under the AppArmor profile {profile}"),
                "run isolab outside of what has this profile, as on the host or in a virtual machine",
            ));
        }
        Some(blocked(
            "refused, as in a container or under a security module",
            "run isolab on the host or in a virtual machine",
        ))
    }

    /// Whether the starter cannot read the program's file: such a process has a `/proc/PID` owned by root (`PR_SET_DUMPABLE` in `prctl(2)`).
    fn unreadable_program(&self) -> bool {
        self.uid != 0
            && self.root == Path::new("/")
            && std::fs::metadata("/proc/self/exe").is_ok()
            && std::env::current_exe().is_ok_and(|p| {
                matches!(rustix::fs::access(&p, rustix::fs::Access::READ_OK), Err(rustix::io::Errno::ACCESS))
            })
    }

    /// A user namespace cannot mount a `/proc` that would reveal more than the existing one (`mount_too_revealing` in the kernel's `fs/namespace.c`).
    fn proc_is_covered(&self, table: &[Mount], refusal: &Refusal) -> Option<Blocked> {
        let proc = table.iter().rfind(|m| m.at == Path::new("/proc") && m.fstype == "proc")?;
        if let Err(found) = self.whole_proc() {
            return Some(found);
        }
        if proc.read_only {
            return Some(blocked(
                "/proc is mounted read-only",
                format!(
                    "{}, or start the container with --privileged",
                    self.as_root("mount -o remount,bind,rw /proc")
                ),
            ));
        }
        if refusal.operation != "mount" || refusal.object != "/proc" {
            return None;
        }
        let covered: Vec<String> = table
            .iter()
            .filter(|m| m.at.starts_with("/proc") && m.at != Path::new("/proc") && !m.at.starts_with(BINFMT))
            .map(|m| m.at.display().to_string())
            .collect();
        if covered.is_empty() {
            return None;
        }
        Some(blocked(
            format!(
                "parts of /proc are covered by other mounts ({}), so the kernel refuses to mount /proc in a user namespace",
                covered.join(", ")
            ),
            format!(
                "start the container with --security-opt systempaths=unconfined; where it is not a container: {}",
                self.as_root(&format!("umount {}", covered.join(" ")))
            ),
        ))
    }

    /// The limit below `/proc/sys/user` that applies to the call: the namespace type and the limit's value.
    fn limit_of(&self, refusal: &Refusal) -> Option<(&'static str, i64)> {
        let makes = ["unshare", "clone"].contains(&refusal.operation.as_str());
        let flags = || refusal.object.split('|');
        // Each type has a limit of its own below `/proc/sys/user` (`namespaces(7)`).
        let kind = Ns::kinds().find(|ns| makes && flags().any(|f| f == ns.flag_name()))?.link();
        Some((kind, self.sysctl(&format!("user/max_{kind}_namespaces"))?))
    }

    fn namespaces(&self, refusal: &Refusal) -> Option<Blocked> {
        let (kind, value) = self.limit_of(refusal)?;
        let lift = self.as_root(&format!("sysctl user.max_{kind}_namespaces={}", value.max(7500) * 2));
        Some(if value == 0 {
            blocked(format!("user.max_{kind}_namespaces=0"), lift)
        } else {
            blocked(
                format!(
                    "the limit user.max_{kind}_namespaces={value} is reached, here or in the user namespace around this one"
                ),
                format!("end what holds the namespaces (lsns), or raise the limit: {lift}"),
            )
        })
    }

    /// Which of the two limits on processes applies: the cgroup's (`pids.max`) or the user's (`RLIMIT_NPROC`).
    fn processes(&self, trial: Trial) -> Blocked {
        let number = |file: PathBuf| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
        if let Some((own, top)) = &self.pids {
            for group in own.ancestors().take_while(|g| g.starts_with(top)) {
                let (most, now) = (number(group.join("pids.max")), number(group.join("pids.current")));
                // A trial may have needed some dozens more processes than there are after its end.
                if let (Some(most), Some(now)) = (most, now)
                    && most < now + 64
                {
                    let file = group.join("pids.max");
                    return blocked(
                        format!(
                            "the limit on processes of a cgroup is reached: {} is {most}",
                            file.display()
                        ),
                        format!(
                            "raise it: echo {} | {}",
                            most + 512,
                            self.as_root(&format!("tee {}", file.display()))
                        ),
                    );
                }
            }
        }
        let what = if matches!(trial, Trial::Processes(_)) {
            "fewer processes are allowed than a lesson has"
        } else {
            "a limit on processes is reached"
        };
        self.raise(
            what,
            &Limit { which: Resource::Nproc, rlimit: "RLIMIT_NPROC", name: "nproc", enough: "4096" },
        )
    }

    /// A process may raise its own soft limit; only root may raise the hard one.
    fn raise(&self, reason: &str, limit: &Limit) -> Blocked {
        let now = getrlimit(limit.which);
        let shown = |n: Option<u64>| n.map_or("unlimited".to_owned(), |n| n.to_string());
        let Limit { rlimit, name, enough, .. } = limit;
        let reason = format!("{reason} ({rlimit} is {})", shown(now.current));
        if now.maximum.unwrap_or(u64::MAX) > now.current.unwrap_or(u64::MAX) {
            let soft = format!("prlimit --pid $$ --{name}={}:", shown(now.maximum));
            return blocked(reason, format!("raise it for this shell: {soft}"));
        }
        let hard = self.as_root(&format!("prlimit --pid $$ --{name}={enough}:{enough}"));
        blocked(reason, format!("raise it for this shell: {hard}"))
    }

    /// The reason why no files, or not enough, can be made in the directory of the workspaces.
    pub fn files(&self, answer: Answer) -> Blocked {
        let errno = match answer {
            Answer::Errno(errno) => errno.0,
            Answer::Killed(_) | Answer::Late => libc::EIO,
        };
        let reason = format!("no file can be made in {HOME}: {}", Errno(errno));
        let instead = self.as_root(&format!("mount -t tmpfs -o mode=1777 tmpfs {HOME}"));
        match errno {
            libc::ENOSPC | libc::EDQUOT => blocked(
                format!("there is not enough room in {HOME}: {}", Errno(errno)),
                format!("make room on the disk of {HOME} (df -h {HOME}; df -i {HOME})"),
            ),
            libc::EFBIG => self.raise(
                "the limit on file size is below the size of a lesson's files",
                &Limit { which: Resource::Fsize, rlimit: "RLIMIT_FSIZE", name: "fsize", enough: "unlimited" },
            ),
            libc::ENOENT => blocked(
                reason,
                format!(
                    "make the directory, as the FHS asks: {}",
                    self.as_root(&format!("mkdir -p -m 1777 {HOME}"))
                ),
            ),
            libc::EROFS => {
                blocked(reason, format!("mount a filesystem there that can be written: {instead}"))
            }
            libc::EACCES | libc::EPERM => blocked(
                reason,
                format!(
                    "open it to everybody, as the FHS asks: {}",
                    self.as_root(&format!("chmod 1777 {HOME}"))
                ),
            ),
            _ => blocked(
                reason,
                format!(
                    "make {HOME} a writable directory, as the FHS asks (mode 1777), or mount one there: {instead}"
                ),
            ),
        }
    }

    /// Nothing forbids the call, so the kernel lacks the feature.
    fn built_without(refusal: &Refusal) -> Blocked {
        match refusal.errno() {
            Some(libc::EINVAL | libc::ENOSYS | libc::ENODEV | libc::EOPNOTSUPP) => {
                blocked("this kernel was built without it", "boot a distribution kernel")
            }
            _ => blocked(
                "the kernel refused",
                "run isolab on another machine, and report this line where you got isolab",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
