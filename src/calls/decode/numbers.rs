//! Names of system calls by number, and which of them are no part of a lesson.

/// `AUDIT_ARCH_X86_64` in `linux/audit.h`.
const X86_64: u32 = 0xc000_003e;

/// `AUDIT_ARCH_AARCH64`.
const AARCH64: u32 = 0xc000_00b7;

/// The name of a call, or `None` for an architecture or a number that is not known.
pub(crate) fn name(arch: u32, nr: u64) -> Option<&'static str> {
    let nr = usize::try_from(nr).ok()?;
    match arch {
        X86_64 => syscalls::x86_64::Sysno::new(nr).map(|s| s.name()),
        AARCH64 => syscalls::aarch64::Sysno::new(nr).map(|s| s.name()),
        _ => None,
    }
}

/// Calls that are neither kept nor shown: memory, signals, time and polling, which the language's run-time makes;
/// what only asks; and `close(2)`, which follows nearly every `openat(2)` and says nothing more.
pub(crate) const NOISE: &[&str] = &[
    // Memory.
    "brk",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "mincore",
    // The run-time of a thread.
    "arch_prctl",
    "set_tid_address",
    "set_robust_list",
    "rseq",
    "futex",
    "getrandom",
    "prlimit64",
    "getrlimit",
    "sched_yield",
    "sched_getaffinity",
    "membarrier",
    "restart_syscall",
    // Signal handling.
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigpending",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "sigaltstack",
    "signalfd4",
    // Time and polling.
    "nanosleep",
    "clock_nanosleep",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "time",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    // Questions.
    "getpid",
    "getppid",
    "gettid",
    "getpgid",
    "getpgrp",
    "getsid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "capget",
    "uname",
    "sysinfo",
    "getcwd",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "getdents",
    "getdents64",
    "lseek",
    "fcntl",
    "close",
    "close_range",
    "getsockname",
    "getpeername",
    "getsockopt",
];
