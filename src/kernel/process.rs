//! Processes: fork, signals, waiting, CPU affinity, what a process asks of the kernel for itself.

use super::raw::{self, Forked};
use super::record::call;
use super::{Error, Result};
use crate::model::Process;
use nix::sched::CloneFlags;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// `fork(2)`, or `clone(2)` with namespace flags.
pub fn fork(flags: CloneFlags) -> Result<Forked> {
    let result = raw::fork(flags.bits());
    let (name, shown) = if flags.is_empty() {
        ("fork", String::new())
    } else {
        ("clone", super::namespace::flag_text(flags))
    };
    match result {
        Ok(Forked::Child) => Ok(Forked::Child),
        Ok(Forked::Parent(pid)) => {
            let _ = call(name, &[shown], Ok::<i64, nix::errno::Errno>(i64::from(pid.as_raw())));
            Ok(Forked::Parent(pid))
        }
        Err(e) => {
            let _ = call(name, std::slice::from_ref(&shown), Err(e));
            Err(Error::new(name, shown, e))
        }
    }
}

/// `kill(pid, signal)`.
pub fn kill(pid: i32, signal: i32) -> Result<()> {
    let signal =
        Signal::try_from(signal).map_err(|e| Error::new("kill", format!("{pid} with signal {signal}"), e))?;
    let result = nix::sys::signal::kill(Pid::from_raw(pid), signal);
    call("kill", &[pid.to_string(), signal.as_str().to_owned()], result.map(|()| 0))
        .map(|_| ())
        .map_err(|e| Error::new("kill", pid, e))
}

/// How a process ended, when a status word of `wait(2)` says that it did; nothing for stops.
pub fn end_of(status: i32) -> Option<Process> {
    if libc::WIFEXITED(status) {
        return Some(Process::Exited(libc::WEXITSTATUS(status)));
    }
    libc::WIFSIGNALED(status).then(|| {
        let number = libc::WTERMSIG(status);
        let name = Signal::try_from(number).map_or(number.to_string(), |s| s.as_str()[3..].to_owned());
        Process::KilledBy(name)
    })
}

/// `wait4(-1, …, WNOHANG)` until no child is left that has ended: an ended child is told only once, so all are taken.
pub fn reap() -> Vec<(i32, Process)> {
    let mut ended = Vec::new();
    while let Some((pid, status)) = raw::wait_any() {
        if let Some(how) = end_of(status) {
            let args = ["-1".to_owned(), format!("[{how}]"), "WNOHANG".to_owned(), "NULL".to_owned()];
            let _ = call("wait4", &args, Ok::<i64, nix::errno::Errno>(i64::from(pid)));
            ended.push((pid, how));
        }
    }
    ended
}

/// `sched_setaffinity(0, …)`: the caller runs on these CPUs only.
pub fn set_affinity(cpus: &[u32]) -> Result<()> {
    let mut set = nix::sched::CpuSet::new();
    for cpu in cpus {
        set.set(*cpu as usize).map_err(|e| Error::new("sched_setaffinity", format!("cpu {cpu}"), e))?;
    }
    let result = nix::sched::sched_setaffinity(Pid::from_raw(0), &set);
    call("sched_setaffinity", &["0".to_owned(), format!("{cpus:?}")], result.map(|()| 0))
        .map(|_| ())
        .map_err(|e| Error::new("sched_setaffinity", format!("{cpus:?}"), e))
}

/// The kernel kills the caller when the thread that made it ends (`PR_SET_PDEATHSIG`). Not inherited by children, and lost
/// at every change of uid, so it is asked for again there.
pub fn die_with_parent() {
    let _ = raw::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as u64);
}

/// Makes `/proc/PID` of the caller readable to its own user again (`PR_SET_DUMPABLE`): a change of uid makes it root's, and
/// reading `ns` links gives EACCES and seizing EPERM.
pub fn stay_readable() {
    let _ = raw::prctl(libc::PR_SET_DUMPABLE, 1);
}

/// Orphans among the caller's descendants come to the caller (`PR_SET_CHILD_SUBREAPER`).
pub fn adopt_orphans() {
    let _ = raw::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
}

/// The name that `ps` shows: at most 15 bytes (`PR_SET_NAME`).
pub fn set_name(name: &str) {
    if let Ok(name) = std::ffi::CString::new(name) {
        let _ = rustix::thread::set_name(&name);
    }
}

/// Signals as a fresh program expects them: nothing blocked, the usual ones at their default.
pub fn reset_signals() {
    use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
}
