//! Processes: fork, signals, waiting, CPU affinity, what a process asks of the kernel for itself.

use super::raw::{self, Forked};
use super::record::{call, done};
use super::{Error, Result};
use crate::calls::{names, structure, word};
use crate::model::Process;
use nix::sched::CloneFlags;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// `clone(2)` with the semantics of `fork(2)`, which also makes these namespaces for the child. `EINVAL` for a time namespace, which only `unshare(2)` and
/// `clone3(2)` make.
pub fn fork(flags: CloneFlags) -> Result<Forked> {
    let shown = word::clone_flags(u64::from(flags.bits().cast_unsigned()), libc::SIGCHLD as u64);
    // No call is made then, so there is nothing to record.
    if !raw::makes(flags.bits()) {
        return Err(Error::new("clone", shown, nix::errno::Errno::EINVAL));
    }
    let result = raw::fork(flags.bits());
    let value = match &result {
        Ok(Forked::Child) => return Ok(Forked::Child),
        Ok(Forked::Parent(pid)) => Ok(i64::from(pid.as_raw())),
        Err(e) => Err(*e),
    };
    let _ = call("clone", std::slice::from_ref(&shown), value);
    result.map_err(|e| Error::new("clone", shown, e))
}

/// `kill(pid, signal)`.
pub fn kill(pid: i32, signal: i32) -> Result<()> {
    let signal =
        Signal::try_from(signal).map_err(|e| Error::new("kill", format!("{pid} with signal {signal}"), e))?;
    let result = nix::sys::signal::kill(Pid::from_raw(pid), signal);
    done("kill", &[pid.to_string(), signal.as_str().to_owned()], pid, result)
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
    let options = word::flags(raw::WAIT_ANY as u64, names::WAIT);
    let mut ended = Vec::new();
    loop {
        let mut status = 0;
        let result = raw::wait4(&mut status);
        let told = matches!(result, Ok(pid) if pid > 0);
        let shown = if told { structure::ending(status) } else { word::hex(&raw const status as u64) };
        let args = ["-1".to_owned(), shown, options.clone(), "NULL".to_owned()];
        let Ok(pid) = call("wait4", &args, result.map(i64::from)) else { return ended };
        if !told {
            return ended;
        }
        ended.extend(end_of(status).map(|how| (pid as i32, how)));
    }
}

/// `sched_setaffinity(0, …)`: the caller runs on these CPUs only.
pub fn set_affinity(cpus: &[u32]) -> Result<()> {
    let mut set = nix::sched::CpuSet::new();
    for cpu in cpus {
        set.set(*cpu as usize).map_err(|e| Error::new("sched_setaffinity", format!("cpu {cpu}"), e))?;
    }
    let result = nix::sched::sched_setaffinity(Pid::from_raw(0), &set);
    let size = std::mem::size_of::<nix::sched::CpuSet>().to_string();
    let sorted: std::collections::BTreeSet<&u32> = cpus.iter().collect();
    let args = ["0".to_owned(), size, structure::cpus(sorted.into_iter())];
    done("sched_setaffinity", &args, format_args!("{cpus:?}"), result)
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

/// The arguments after the program's name that `/proc/PID/cmdline` shows, as far as there is room where the program's own are (`proc_pid_cmdline(5)`).
/// For a fork that is something else than its parent; nothing depends on it.
pub fn set_arguments(words: &[&str]) {
    use std::os::unix::fs::FileExt;
    let place = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // `arg_start` and `arg_end` are fields 48 and 49; the third is the first behind the name.
        let mut fields = stat.rsplit_once(") ")?.1.split_ascii_whitespace().skip(48 - 3);
        Some((fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?))
    };
    let Some((start, end)) = place() else { return };
    let old = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let name = old.split(|b| *b == 0).next().unwrap_or_default();
    let mut text = [name, words.join("\0").as_bytes()].join(&0);
    let room = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
    text.truncate(room.saturating_sub(1));
    text.resize(room, 0);
    if let Ok(memory) = std::fs::File::options().write(true).open("/proc/self/mem") {
        let _ = memory.write_all_at(&text, start);
    }
}

/// Signals as a fresh program expects them: nothing blocked, the usual ones at their default.
pub fn reset_signals() {
    use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
    // Ignored signals stay ignored across execve(2), so this program's own setting is undone here.
    let _ = raw::set_ignored(Signal::SIGXFSZ, false);
}

/// Makes a write beyond `RLIMIT_FSIZE` fail with `EFBIG`, which can be reported, instead of ending the caller by SIGXFSZ (`setrlimit(2)`).
pub fn ignore_file_size_signal() {
    let _ = raw::set_ignored(Signal::SIGXFSZ, true);
}

/// The usual default size of a stack, in bytes.
const USUAL_STACK: u64 = 8 << 20;
/// The smallest stack with which the program starts, in bytes.
const LEAST_STACK: u64 = 1 << 20;

/// Raises the caller's stack limit to the usual one, as far as permitted (`RLIMIT_STACK`). The main thread's stack grows up to the current limit, and the
/// caller's children inherit it.
///
/// # Errors
/// How many KiB are needed, if the hard limit is lower.
pub fn widen_stack() -> std::result::Result<(), u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Stack);
    let is_enough = |most: Option<u64>, wanted: u64| most.is_none_or(|most| most >= wanted);
    if is_enough(limit.current, USUAL_STACK) {
        return Ok(());
    }
    let hard = limit.maximum.map(|most| most.max(USUAL_STACK));
    let wider = Rlimit { current: Some(USUAL_STACK), maximum: hard };
    // Only root may raise the hard limit.
    if setrlimit(Resource::Stack, wider).is_ok() {
        return Ok(());
    }
    let _ = setrlimit(Resource::Stack, Rlimit { current: limit.maximum, maximum: limit.maximum });
    if is_enough(limit.maximum, LEAST_STACK) { Ok(()) } else { Err(LEAST_STACK >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libc::CLONE_NEWTIME;

    /// To this call the bit of `CLONE_NEWTIME` is part of a signal, and so are all others of the lowest byte.
    #[test]
    fn no_flag_is_passed_that_means_something_else() {
        for bit in 0..8 {
            assert!(!raw::makes(1 << bit), "{bit}");
        }
        assert!(!raw::makes(CLONE_NEWTIME | libc::CLONE_NEWUTS));
        assert!(
            !raw::makes(libc::CLONE_VM) && !raw::makes(libc::CLONE_FS),
            "flags that are not a namespace's"
        );
        assert!(raw::makes(libc::CLONE_NEWPID | libc::CLONE_NEWNET) && raw::makes(0));
        let refused = fork(CloneFlags::from_bits_retain(CLONE_NEWTIME)).err().expect("it is refused");
        assert_eq!(refused.to_string(), "clone CLONE_NEWTIME|SIGCHLD: EINVAL");
    }
}
