//! The only place with `unsafe`: system calls for which neither nix nor rustix has a safe function.
#![allow(unsafe_code)]

use crate::calls::MESSAGE_TYPE;
use nix::errno::Errno;
use nix::unistd::Pid;
use std::os::unix::fs::MetadataExt;

/// Which side of a fork this is.
pub enum Forked {
    /// The caller; the child's number in the caller's PID namespace.
    Parent(Pid),
    /// The new process.
    Child,
}

/// The namespace flags that `clone(2)` takes. `CLONE_NEWTIME` is not among them: its bit is in the lowest byte, which is the signal sent to the parent when
/// the child ends (`CSIGNAL`).
const CLONE_NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Whether [`fork`] takes these flags.
pub fn makes(flags: i32) -> bool {
    flags & !CLONE_NAMESPACES == 0
}

/// `clone(2)` with the semantics of `fork(2)`; the flags are those of namespaces to make for the child. Always this call, because the C library's own
/// `fork` uses one call or another, depending on library and architecture.
///
/// # Errors
/// What the kernel answers; `EINVAL`, without a call, for flags that this call does not take for namespaces, and in a process with more than
/// one thread, where a child could inherit a lock that nobody will ever release.
pub fn fork(flags: i32) -> Result<Forked, Errno> {
    if !makes(flags) {
        return Err(Errno::EINVAL);
    }
    // A directory below /proc counts its entries as links, beside its own two; so one stat(2) tells it, which no trace shows.
    let threads = std::fs::metadata("/proc/self/task").map_or(1, |task| task.nlink().saturating_sub(2));
    if threads > 1 {
        return Err(Errno::EINVAL);
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
    // SAFETY: used only with options whose argument is a number (PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER) and
    // with one that no kernel knows (the marks of `marker`); the kernel reads no memory for them.
    let result = unsafe { libc::prctl(option, argument, 0, 0, 0) };
    Errno::result(result)
}

/// Takes ownership of a descriptor that was received by number at start (standard input of a hidden sub-command).
pub fn owned_fd(fd: i32) -> std::os::fd::OwnedFd {
    use std::os::fd::FromRawFd;
    // SAFETY: called once in a process's life for a descriptor that its parent made for it; nothing else in the process refers to it.
    unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) }
}

/// The options of [`wait4`].
pub const WAIT_ANY: i32 = libc::__WALL | libc::WNOHANG;

/// `wait4(-1, status, __WALL|WNOHANG, NULL)`: the number of a child or tracee that has changed, and its status word. 0 when none has.
/// The word is kept as it is, because a tracer needs bits of it that no parsed form has.
///
/// # Errors
/// `ECHILD` when there is no child.
pub fn wait4(status: &mut i32) -> Result<i32, Errno> {
    // SAFETY: `status` is a valid place for one int for the length of the call.
    Errno::result(unsafe { libc::waitpid(-1, status, WAIT_ANY) })
}

/// The next status of any child or tracee that has changed, without waiting: its number and the status word.
pub fn wait_any() -> Option<(i32, i32)> {
    let mut status = 0;
    let pid = wait4(&mut status).ok()?;
    (pid > 0).then_some((pid, status))
}

/// `PTRACE_SYSCALL`: goes on until the next system-call stop, and is delivered this signal (0: none).
/// As nix has it, but also with real-time signals.
pub fn ptrace_resume(pid: i32, signal: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_SYSCALL, pid, signal)
}

/// `PTRACE_CONT`: goes on until the next signal or event, likewise.
pub fn ptrace_continue(pid: i32, signal: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_CONT, pid, signal)
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

/// What a namespace's descriptor can be asked (`ioctl_nsfs(2)`): the user namespace that owns it, and for PID and user namespaces the parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relative {
    /// `NS_GET_USERNS`.
    Owner,
    /// `NS_GET_PARENT`.
    Parent,
}

/// Asks a namespace for a relative.
///
/// # Errors
/// `EPERM` when that one lies outside of what the caller may see, `ENOTTY` when the descriptor is no namespace's.
pub fn namespace_relative(
    fd: std::os::fd::BorrowedFd,
    which: Relative,
) -> Result<std::os::fd::OwnedFd, Errno> {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    // `_IO(0xb7, 1)` and `_IO(0xb7, 2)` in `linux/nsfs.h`.
    let request: libc::c_ulong = match which {
        Relative::Owner => 0xb701,
        Relative::Parent => 0xb702,
    };
    // SAFETY: the descriptor is open for the length of the call; these requests take no argument, so the kernel touches no memory.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), request as _) };
    let new = Errno::result(result)?;
    // SAFETY: the kernel has just made this descriptor for the caller, and nothing else refers to it.
    Ok(unsafe { OwnedFd::from_raw_fd(new) })
}

/// `struct mount_attr` in its first version (`MOUNT_ATTR_SIZE_VER0`).
#[repr(C)]
#[allow(missing_docs)] // the fields' names are the manual's
pub struct MountAttributes {
    pub set: u64,
    pub clear: u64,
    pub propagation: u64,
    pub user_namespace: u64,
}

impl MountAttributes {
    /// The bytes of the structure in memory, for the record of the call.
    pub fn bytes(&self) -> Vec<u8> {
        let words = [self.set, self.clear, self.propagation, self.user_namespace];
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }
}

/// The flags of [`mount_setattr`]: `AT_RECURSIVE`, or none.
pub fn recursion(recursive: bool) -> u32 {
    const AT_RECURSIVE: u32 = 0x8000;
    if recursive { AT_RECURSIVE } else { 0 }
}

/// `mount_setattr(2)` (kernel 5.12): sets and clears attributes (`MOUNT_ATTR_*`) of the mount at `path`, and with `AT_RECURSIVE` of all below.
///
/// # Errors
/// What the kernel answers; `ENOSYS` before 5.12.
pub fn mount_setattr(path: &std::ffi::CStr, recursive: bool, set: u64, clear: u64) -> Result<(), Errno> {
    let attributes = MountAttributes { set, clear, propagation: 0, user_namespace: 0 };
    let flags = recursion(recursive);
    // SAFETY: the path ends with a zero byte, the structure is as large as the size that is told, and both live for the length of the call,
    // which only reads them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attributes,
            std::mem::size_of::<MountAttributes>(),
        )
    };
    Errno::result(result).map(drop)
}

/// `close_range(2)` with `CLOSE_RANGE_CLOEXEC` (kernel 5.11): every descriptor from this number on is closed by the next `execve(2)`.
///
/// # Errors
/// What the kernel answers; `ENOSYS` and `EINVAL` on older ones.
pub fn close_at_exec(from: u32) -> Result<(), Errno> {
    const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
    // SAFETY: three numbers; no descriptor is closed now, so every owner keeps its own.
    let result = unsafe { libc::syscall(libc::SYS_close_range, from, u32::MAX, CLOSE_RANGE_CLOEXEC) };
    Errno::result(result).map(drop)
}

/// `close_range(2)` (kernel 5.9): closes every descriptor from this number on. Call it first thing in a process's life, before any are opened, or in a fork
/// that uses none of its parent's and leaves by [`exit_now`].
///
/// # Errors
/// The kernel's error; `ENOSYS` on older kernels.
pub fn close_from(from: u32) -> Result<(), Errno> {
    // SAFETY: three numbers; called where nothing in the process that is still used, or dropped, owns a descriptor of this range.
    let result = unsafe { libc::syscall(libc::SYS_close_range, from, u32::MAX, 0) };
    Errno::result(result).map(drop)
}

/// `madvise(2)` with `MADV_DONTNEED` on the program's code: its pages go, and come back from the file as they are used.
///
/// # Errors
/// What the kernel answers.
pub fn give_back(code: usize, length: usize) -> Result<(), Errno> {
    // SAFETY: called only by `memory::give_back_code`, with a private mapping that cannot be written, so every page of it reads the same when
    // the kernel brings it back from the file.
    Errno::result(unsafe { libc::madvise(code as *mut libc::c_void, length, libc::MADV_DONTNEED) }).map(drop)
}

/// Sets a signal to be ignored, or back to its default.
///
/// # Errors
/// `EINVAL` for signals that cannot be ignored.
pub fn set_ignored(signal: nix::sys::signal::Signal, ignored: bool) -> Result<(), Errno> {
    use nix::sys::signal::{SigHandler, signal as set};
    let handler = if ignored { SigHandler::SigIgn } else { SigHandler::SigDfl };
    // SAFETY: no handler of ours is installed or replaced by another one: neither of the two runs any code.
    unsafe { set(signal, handler) }.map(drop)
}

/// How many signals make up the time of [`limit_running_time`].
const TICKS: u32 = 30;
static TICKS_LEFT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(TICKS);

extern "C" fn tick(_: libc::c_int) {
    if TICKS_LEFT.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) <= 1 {
        // SAFETY: both may be called in a handler (`signal-safety(7)`); the signal arrives when the handler returns, and then ends the process.
        unsafe {
            libc::signal(libc::SIGALRM, libc::SIG_DFL);
            libc::raise(libc::SIGALRM);
        }
    }
}

/// Ends the caller by SIGALRM when it has lived for so long, without the time for which it was stopped (`SIGSTOP`). Call it once in a process.
///
/// `alarm(2)` would count that time: a timer goes on while a process is stopped. But of all its signals then only one is kept (`signal(7)`). So
/// the time is counted in thirty of them, and each stop counts for one at most.
///
/// # Errors
/// The kernel's error.
pub fn limit_running_time(most: std::time::Duration) -> Result<(), Errno> {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    let action = SigAction::new(SigHandler::Handler(tick), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler only counts, and calls what a handler may call.
    unsafe { sigaction(Signal::SIGALRM, &action) }?;
    let each = most / TICKS;
    let each = libc::timeval {
        tv_sec: libc::time_t::try_from(each.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_usec: libc::suseconds_t::from(each.subsec_micros().max(1)),
    };
    let timer = libc::itimerval { it_interval: each, it_value: each };
    // SAFETY: a whole value is read, and nothing is written.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) };
    Errno::result(result).map(drop)
}

/// `keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)`: gives the caller a new session keyring, without the keys of the user who started it (`keyrings(7)`).
///
/// # Errors
/// The kernel's error; `ENOSYS` on a kernel without keyrings.
pub fn join_new_session_keyring() -> Result<(), Errno> {
    const KEYCTL_JOIN_SESSION_KEYRING: libc::c_long = 1;
    // SAFETY: a null name asks for an unnamed keyring; the kernel reads no memory.
    let result = unsafe { libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0usize, 0, 0, 0) };
    Errno::result(result).map(drop)
}

/// `shmget(2)`.
///
/// # Errors
/// What the kernel answers.
pub fn shmget(key: u32, size: usize, flags: libc::c_int) -> Result<i32, Errno> {
    // SAFETY: takes numbers only.
    Errno::result(unsafe { libc::shmget(key.cast_signed(), size, flags) })
}

/// `semget(2)`.
///
/// # Errors
/// What the kernel answers.
pub fn semget(key: u32, count: libc::c_int, flags: libc::c_int) -> Result<i32, Errno> {
    // SAFETY: takes numbers only.
    Errno::result(unsafe { libc::semget(key.cast_signed(), count, flags) })
}

/// `msgget(2)`.
///
/// # Errors
/// What the kernel answers.
pub fn msgget(key: u32, flags: libc::c_int) -> Result<i32, Errno> {
    // SAFETY: takes numbers only.
    Errno::result(unsafe { libc::msgget(key.cast_signed(), flags) })
}

/// `msgsnd(2)` without waiting.
///
/// # Errors
/// What the kernel answers.
pub fn msgsnd(queue: i32, of_type: libc::c_long, text: &[u8]) -> Result<(), Errno> {
    let message = [of_type.to_ne_bytes().as_slice(), text].concat();
    // SAFETY: the kernel reads a type and as many bytes behind it as it is told, which is the length of the buffer.
    let result = unsafe { libc::msgsnd(queue, message.as_ptr().cast(), text.len(), libc::IPC_NOWAIT) };
    Errno::result(result).map(drop)
}

/// `msgrcv(2)` of the oldest message without waiting; what is longer than `most` bytes is cut.
///
/// # Errors
/// What the kernel answers.
pub fn msgrcv(queue: i32, most: usize) -> Result<Vec<u8>, Errno> {
    let mut message = vec![0u8; MESSAGE_TYPE + most];
    let flags = libc::IPC_NOWAIT | libc::MSG_NOERROR;
    // SAFETY: the kernel writes a type and at most `most` bytes behind it, for which the buffer has room.
    let length = Errno::result(unsafe { libc::msgrcv(queue, message.as_mut_ptr().cast(), most, 0, flags) })?;
    let length = usize::try_from(length).unwrap_or(0).min(most);
    Ok(message[MESSAGE_TYPE..MESSAGE_TYPE + length].to_vec())
}

/// `seccomp(2)` in filter mode: from now on, for the caller and all that it starts, these calls answer `EPERM`, and so does `socket(2)` of this family.
/// Calls of another architecture (32-bit programs, x32) all do, because their numbers mean other calls.
///
/// # Errors
/// `EACCES` without `no_new_privs` or `CAP_SYS_ADMIN`, `EINVAL` in a kernel without `CONFIG_SECCOMP_FILTER`.
pub fn refuse_calls(calls: &[libc::c_long], family: libc::c_int) -> Result<(), Errno> {
    /// `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_AARCH64` in `linux/audit.h`.
    const ARCHITECTURE: u32 = if cfg!(target_arch = "aarch64") { 0xc000_00b7 } else { 0xc000_003e };
    /// `__X32_SYSCALL_BIT`: the same architecture, other numbers.
    const X32: u32 = 0x4000_0000;
    // Offsets in `struct seccomp_data`, as below.
    const NUMBER: u32 = 0;
    const ARCH: u32 = 4;
    const FIRST: u32 = 16;
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let op = |code: u16, jt: u8, jf: u8, k: u32| libc::sock_filter { code, jt, jf, k };
    let refuse = || op(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32);
    let allow = || op(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW);
    let mut filter = vec![op(LOAD, 0, 0, ARCH), op(EQUAL, 1, 0, ARCHITECTURE), refuse()];
    filter.extend([op(LOAD, 0, 0, NUMBER), op(AT_LEAST, 0, 1, X32), refuse()]);
    for &call in calls {
        filter.extend([op(EQUAL, 0, 1, call as u32), refuse()]);
    }
    filter.extend([op(EQUAL, 1, 0, libc::SYS_socket as u32), allow(), op(LOAD, 0, 0, FIRST)]);
    filter.extend([op(EQUAL, 0, 1, family as u32), refuse(), allow()]);
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program points to as many instructions as it tells, and both live for the length of the call, in which the kernel copies
    // and checks them.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    Errno::result(result).map(drop)
}

/// `seccomp(2)` in filter mode: from now on, for the caller and all that it starts, `kill(2)` of -1 (everybody whom one may signal) answers `EPERM`;
/// every other call is as before.
///
/// # Errors
/// `EACCES` without `CAP_SYS_ADMIN` in the caller's user namespace, `EINVAL` in a kernel without `CONFIG_SECCOMP_FILTER`.
pub fn refuse_kill_of_all() -> Result<(), Errno> {
    /// `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_AARCH64` in `linux/audit.h`; a number means another call elsewhere.
    const ARCHITECTURE: u32 = if cfg!(target_arch = "aarch64") { 0xc000_00b7 } else { 0xc000_003e };
    // Offsets in `struct seccomp_data`: the number, the architecture, the lower half of the first argument (both are little-endian).
    const NUMBER: u32 = 0;
    const ARCH: u32 = 4;
    const FIRST: u32 = 16;
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let is = |value: u32, otherwise: u8| libc::sock_filter { code: EQUAL, jt: 0, jf: otherwise, k: value };
    let code = |code: u16, k: u32| libc::sock_filter { code, jt: 0, jf: 0, k };
    let mut filter = [
        code(LOAD, ARCH),
        is(ARCHITECTURE, 5),
        code(LOAD, NUMBER),
        is(libc::SYS_kill as u32, 3),
        code(LOAD, FIRST),
        is(u32::MAX, 1),
        code(RETURN, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        code(RETURN, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program points to as many instructions as it tells, and both live for the length of the call, in which the kernel copies
    // and checks them.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    Errno::result(result).map(drop)
}
