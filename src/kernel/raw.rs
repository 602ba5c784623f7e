//! The only `unsafe` of the program.
#![allow(unsafe_code)]

use nix::errno::Errno;
use nix::unistd::Pid;

/// Which side of a fork this is.
pub enum Forked {
    /// The caller; the child's number in the caller's PID namespace.
    Parent(Pid),
    /// The new process.
    Child,
}

/// `fork(2)`, or `clone(2)` with namespace flags and the semantics of fork when `flags` is not 0.
///
/// # Errors
/// What the kernel answers, and `EINVAL` in a process with more than one thread, where a child could inherit a lock that nobody
/// will ever release.
pub fn fork(flags: i32) -> Result<Forked, Errno> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(Errno::EINVAL);
    }
    if flags == 0 {
        // SAFETY: the process has a single thread (checked above), so the child's copy of the heap and of every lock is
        // consistent, and it may go on with ordinary code.
        return match unsafe { nix::unistd::fork() }? {
            nix::unistd::ForkResult::Parent { child } => Ok(Forked::Parent(child)),
            nix::unistd::ForkResult::Child => Ok(Forked::Child),
        };
    }
    let flags = libc::c_long::from(flags | libc::SIGCHLD);
    // SAFETY: a null stack and no CLONE_VM give the semantics of fork(2); the process has a single thread (checked above). The other
    // arguments are only read with flags that are not passed here, and are 0 in every architecture's order.
    let result = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match Errno::result(result)? {
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(Pid::from_raw(i32::try_from(pid).unwrap_or(-1)))),
    }
}

/// Ends the process at once, as `_exit(2)` does: no destructors, no flushing of what a parent may flush too.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: _exit has no preconditions.
    unsafe { libc::_exit(status) }
}

/// `prctl(2)` with plain numbers.
///
/// # Errors
/// What the kernel answers.
pub fn prctl(option: i32, argument: u64) -> Result<i32, Errno> {
    // SAFETY: used only with options whose argument is a number (PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER); the
    // kernel reads no memory for them.
    let result = unsafe { libc::prctl(option, argument, 0, 0, 0) };
    Errno::result(result)
}

/// Takes ownership of a descriptor that was received by number at start (standard input of a hidden sub-command).
pub fn owned_fd(fd: i32) -> std::os::fd::OwnedFd {
    use std::os::fd::FromRawFd;
    // SAFETY: called once in a process's life for a descriptor that its parent made for it; nothing else in the process refers to it.
    unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) }
}

/// The next status of any child or tracee that has changed, without waiting: its number and the status word
/// (`waitpid(-1, …, __WALL|WNOHANG)`). The word is kept as it is, because a tracer needs bits of it that no parsed form has.
pub fn wait_any() -> Option<(i32, i32)> {
    let mut status = 0;
    // SAFETY: `status` is a valid place for one int for the length of the call.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::WNOHANG) };
    (pid > 0).then_some((pid, status))
}
