//! The only place with `unsafe`: system calls for which neither nix nor rustix has a safe function.
#![allow(unsafe_code)]

use nix::errno::Errno;

/// `prctl(operation, argument, 0, 0, 0)` for operations whose argument is a number; the answer is not wanted.
pub(super) fn prctl_number(operation: u64, argument: u64) {
    // SAFETY: all arguments are numbers for the operations that this is called with, so the kernel touches no memory.
    let _ = unsafe { libc::syscall(libc::SYS_prctl, operation, argument, 0u64, 0u64, 0u64) };
}

/// `PTRACE_SYSCALL`: goes on until the next system-call stop, and is delivered this signal (0: none).
/// As nix has it, but also with real-time signals.
pub fn ptrace_resume(pid: i32, signal: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_SYSCALL, pid, signal)
}

/// `PTRACE_DETACH`, likewise with any signal.
pub fn ptrace_detach(pid: i32, signal: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_DETACH, pid, signal)
}

/// `PTRACE_LISTEN`: stays in its group-stop, as an untraced process would, until SIGCONT or `PTRACE_INTERRUPT`.
pub fn ptrace_listen(pid: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_LISTEN, pid, 0)
}

fn ptrace(request: libc::c_uint, pid: i32, signal: i32) -> nix::Result<()> {
    // SAFETY: the callers above pass only requests that take a number where others take an address.
    let result = unsafe { libc::ptrace(request as _, pid, 0usize, signal as usize) };
    Errno::result(result).map(drop)
}

/// `struct ptrace_syscall_info` as its 64-bit words (`ptrace(2)`): op and architecture, instruction pointer, stack
/// pointer; then for an entry the number and six arguments, for an exit the value and whether it is an error.
pub fn ptrace_syscall_info(pid: i32) -> nix::Result<[u64; 11]> {
    const PTRACE_GET_SYSCALL_INFO: libc::c_uint = 0x420e;
    let mut info = [0u64; 11];
    // SAFETY: the kernel writes at most the size that it is told (the third argument), which is that of `info`; any
    // bytes are valid in an array of integers.
    let result = unsafe {
        libc::ptrace(PTRACE_GET_SYSCALL_INFO as _, pid, std::mem::size_of_val(&info), info.as_mut_ptr())
    };
    Errno::result(result).map(|_| info)
}
