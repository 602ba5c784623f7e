//! How a tracee is seized, and what a wait status says about it (`ptrace(2)`, section "Stopped states").

use crate::kernel::raw;
use crate::model::Errno;
use crate::probe::text;
use nix::sys::ptrace::{self, Options};
use nix::unistd::Pid;
use std::path::Path;

/// Begins to trace a process and all that it starts from now on, which stops nobody; the tracees end with the tracer. See `ptrace(2)`.
///
/// # Errors
/// EPERM, or ESRCH when there is no such process.
pub(super) fn seize(pid: i32) -> Result<(), Errno> {
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_EXITKILL
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC;
    Ok(ptrace::seize(Pid::from_raw(pid), options)?)
}

/// A wait status, sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// At the entry or the exit of a system call.
    SystemCall,
    /// It has made a process or thread; `PTRACE_GETEVENTMSG` knows which.
    Made,
    /// `execve(2)` has succeeded.
    Exec,
    /// Stopped as the tracer asked for, or for the first time.
    Trap,
    /// Stopped by job control, with its whole group.
    Group,
    /// A signal is about to be delivered.
    Signal(i32),
    /// It has ended.
    Ended,
}

impl Stop {
    /// Sorts a raw status of `wait(2)`. Real-time signals are kept, for which nix has no type.
    pub(super) fn of(status: i32) -> Self {
        const SYSTEM_CALL: i32 = libc::SIGTRAP | 0x80;
        if !libc::WIFSTOPPED(status) {
            return Stop::Ended;
        }
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => Stop::Made,
            libc::PTRACE_EVENT_EXEC => Stop::Exec,
            libc::PTRACE_EVENT_STOP if signal == libc::SIGTRAP => Stop::Trap,
            libc::PTRACE_EVENT_STOP => Stop::Group,
            0 if signal == SYSTEM_CALL => Stop::SystemCall,
            0 => Stop::Signal(signal),
            // An event that was not asked for: nothing to pass on.
            _ => Stop::Trap,
        }
    }

    /// The signal that must be passed on when the tracee leaves this stop; 0 for none.
    pub(super) fn signal(self) -> i32 {
        if let Stop::Signal(number) = self { number } else { 0 }
    }
}

/// What a system-call stop is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The call is about to be made.
    Entry {
        /// `AUDIT_ARCH_*`: whose numbers these are.
        arch: u32,
        /// The number.
        nr: u64,
        /// The arguments, unused ones included.
        args: [u64; 6],
    },
    /// It has been made.
    Exit {
        /// The value, or the negative error number.
        value: i64,
        /// Whether it is an error.
        failed: bool,
    },
}

impl Moment {
    /// Asks the kernel (`PTRACE_GET_SYSCALL_INFO`, Linux 5.3). `None` when the tracee was killed meanwhile.
    pub(super) fn of(pid: i32) -> Option<Self> {
        const ENTRY: u64 = 1;
        const EXIT: u64 = 2;
        let [head, _, _, number, rest @ ..] = raw::ptrace_syscall_info(pid).ok()?;
        match head & 0xff {
            ENTRY => {
                let args = *rest.first_chunk()?;
                Some(Moment::Entry { arch: (head >> 32) as u32, nr: number, args })
            }
            EXIT => Some(Moment::Exit { value: number.cast_signed(), failed: rest[0] & 0xff != 0 }),
            _ => None,
        }
    }
}

/// The child, or for an exec the former thread, that an event is about.
pub(super) fn message(pid: i32) -> Option<i32> {
    ptrace::getevent(Pid::from_raw(pid)).ok().and_then(|n| i32::try_from(n).ok())
}

/// The processes that may have made this one: its parent, or for a thread the leader of its group.
pub(super) fn made_by(pid: i32) -> impl Iterator<Item = i32> {
    ["Tgid", "PPid"].into_iter().filter_map(move |field| status_field(pid, field))
}

/// Whether this process traces that one.
pub(super) fn is_mine(pid: i32) -> bool {
    let me = i32::try_from(std::process::id()).ok();
    status_field(pid, "TracerPid") == me
}

/// A number in `/proc/PID/status`, as the reader's PID namespace has it (`proc_pid_status(5)`).
pub(super) fn status_field(pid: i32, field: &str) -> Option<i32> {
    let text = text::read(Path::new(&format!("/proc/{pid}/status"))).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().parse().ok()
}
