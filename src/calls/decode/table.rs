//! Which system calls are known, and what their arguments are (section 2 of the manual).

use crate::calls::names::{self, Names};

/// What an argument is: what the tracer has to read for it, and how it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg {
    /// A signed decimal number.
    Number,
    /// A hexadecimal number.
    Hex,
    /// A user or group id; -1 for "unchanged".
    Id,
    /// Permission bits, octal.
    Mode,
    /// Permission bits that are there only with `O_CREAT` or `O_TMPFILE` in the argument of this index.
    ModeIf(usize),
    /// File type and permission bits (`mknod(2)`).
    Node,
    /// A device number.
    Device,
    /// Something in memory that is not shown.
    Pointer,
    /// A file descriptor.
    Descriptor,
    /// Bits with names.
    Flags(Names),
    /// A number with a name.
    Constant(Names),
    /// A signal.
    Signal,
    /// `clone(2)`: flags, and in the lowest byte the signal.
    CloneFlags,
    /// `clone3(2)`: `struct clone_args` with the size in the argument of this index.
    CloneArgs(usize),
    /// `open(2)`: access mode and flags.
    OpenFlags,
    /// `socket(2)`: type and flags.
    SocketType,
    /// `socket(2)`: a protocol of the family in argument 0.
    Protocol,
    /// An option of `setsockopt(2)`, of the level in argument 1.
    SocketOption,
    /// Its value, of as many bytes as the argument of this index says.
    OptionValue(usize),
    /// An operation of `ioctl(2)`.
    Ioctl,
    /// A text that ends with a zero byte.
    Text,
    /// A list of texts that ends with NULL.
    Texts,
    /// Bytes that the kernel reads; their number is the argument of this index.
    Bytes(usize),
    /// Bytes that the kernel has written; their number is the call's value.
    Filled,
    /// The same, for messages on a socket, which may be netlink's.
    Message(usize),
    /// See [`Arg::Filled`] and [`Arg::Message`].
    FilledMessage,
    /// A message of a System V queue, its type and its text (`msgop(2)`); the text's length is the argument of this index.
    QueueMessage(usize),
    /// The same, written by the kernel; the text's length is the call's value.
    FilledQueueMessage,
    /// `struct mq_attr`, where the flags in the argument of this index make a queue.
    QueueAttributesIf(usize),
    /// `shmget(2)` and its like: flags, and in the lowest bits the permissions of what is made.
    IpcFlags,
    /// Bytes in pieces (`struct iovec`), whose number is the argument of this index.
    Pieces(usize),
    /// `struct msghdr` that is sent.
    MessageHeader,
    /// `struct msghdr` that was received.
    FilledHeader,
    /// A socket address; its length is the argument of this index.
    Address(usize),
    /// Where a message came from, written by the kernel; its length is behind the argument of this index.
    FilledAddress(usize),
    /// A length that the kernel has written.
    FilledLength,
    /// A CPU mask of as many bytes as the argument of this index says.
    CpuMask(usize),
    /// As many ids as the argument of this index says.
    Ids(usize),
    /// `struct mount_attr`; its size is the argument of this index.
    MountAttributes(usize),
    /// The header of `capset(2)`.
    CapabilityHeader,
    /// The sets of `capset(2)`.
    CapabilitySets,
    /// Two descriptors that the kernel has made.
    Pair,
    /// How a child ended, written by the kernel.
    WaitStatus,
    /// A number that most operations do not use.
    Unused,
    /// The first argument after the operation of `prctl(2)`.
    PrctlArgument,
}

impl Arg {
    /// Whether the kernel writes it, so that it must be read after the call.
    pub(crate) fn is_output(self) -> bool {
        use Arg::{
            Filled, FilledAddress, FilledHeader, FilledLength, FilledMessage, FilledQueueMessage, Pair,
            WaitStatus,
        };
        matches!(
            self,
            Filled
                | FilledMessage
                | FilledQueueMessage
                | FilledHeader
                | FilledAddress(_)
                | FilledLength
                | Pair
                | WaitStatus
        )
    }
}

/// The arguments of a call, or `None` if it is not known: then they are shown as hexadecimal numbers.
pub(crate) fn arguments(name: &str) -> Option<&'static [Arg]> {
    CALLS.iter().find(|(known, _)| *known == name).map(|(_, args)| *args)
}

#[allow(clippy::enum_glob_use)] // the table below is made of these names and nothing else
use Arg::*;

const F: Arg = Descriptor;
const N: Arg = Number;
const T: Arg = Text;

const CALLS: &[(&str, &[Arg])] = &[
    // Namespaces and processes.
    ("unshare", &[Flags(names::CLONE)]),
    ("setns", &[F, Flags(names::CLONE)]),
    ("clone", &[CloneFlags]),
    ("clone3", &[CloneArgs(1), N]),
    ("fork", &[]),
    ("vfork", &[]),
    ("execve", &[T, Texts, Pointer]),
    ("execveat", &[F, T, Texts, Pointer, Flags(names::AT)]),
    ("exit", &[N]),
    ("exit_group", &[N]),
    ("kill", &[N, Signal]),
    ("tkill", &[N, Signal]),
    ("tgkill", &[N, N, Signal]),
    ("pidfd_open", &[N, Flags(names::PIDFD)]),
    ("pidfd_send_signal", &[F, Signal, Pointer, Hex]),
    ("pidfd_getfd", &[F, N, Hex]),
    ("wait4", &[N, WaitStatus, Flags(names::WAIT), Pointer]),
    ("waitid", &[Constant(names::ID_TYPE), N, Pointer, Flags(names::WAIT), Pointer]),
    ("setsid", &[]),
    ("setpgid", &[N, N]),
    ("personality", &[Hex]),
    ("sched_setaffinity", &[N, N, CpuMask(1)]),
    ("sched_setscheduler", &[N, N, Pointer]),
    ("setpriority", &[N, N, N]),
    ("sethostname", &[Bytes(1), N]),
    ("setdomainname", &[Bytes(1), N]),
    ("clock_settime", &[N, Pointer]),
    // Identity.
    ("setuid", &[Id]),
    ("setgid", &[Id]),
    ("setreuid", &[Id, Id]),
    ("setregid", &[Id, Id]),
    ("setresuid", &[Id, Id, Id]),
    ("setresgid", &[Id, Id, Id]),
    ("setfsuid", &[Id]),
    ("setfsgid", &[Id]),
    ("setgroups", &[N, Ids(0)]),
    ("capset", &[CapabilityHeader, CapabilitySets]),
    ("prctl", &[Constant(names::PRCTL), PrctlArgument, Unused, Unused, Unused]),
    // Mounts.
    ("mount", &[T, T, T, Flags(names::MS), T]),
    ("umount2", &[T, Flags(names::UMOUNT)]),
    ("pivot_root", &[T, T]),
    ("chroot", &[T]),
    ("fsopen", &[T, Flags(names::FSOPEN)]),
    ("fsconfig", &[F, Constant(names::FSCONFIG), T, T, N]),
    ("fsmount", &[F, Flags(names::FSMOUNT), Flags(names::MOUNT_ATTR)]),
    ("move_mount", &[F, T, F, T, Flags(names::MOVE_MOUNT)]),
    ("open_tree", &[F, T, Flags(names::OPEN_TREE)]),
    ("mount_setattr", &[F, T, Flags(names::AT), MountAttributes(4), N]),
    // Files.
    ("open", &[T, OpenFlags, ModeIf(1)]),
    ("openat", &[F, T, OpenFlags, ModeIf(2)]),
    ("openat2", &[F, T, Pointer, N]),
    ("creat", &[T, Mode]),
    ("read", &[F, Filled, N]),
    ("pread64", &[F, Filled, N, N]),
    ("write", &[F, Bytes(2), N]),
    ("pwrite64", &[F, Bytes(2), N, N]),
    ("writev", &[F, Pieces(2), N]),
    ("truncate", &[T, N]),
    ("ftruncate", &[F, N]),
    ("fallocate", &[F, Hex, N, N]),
    ("copy_file_range", &[F, Pointer, F, Pointer, N, Hex]),
    ("sendfile", &[F, F, Pointer, N]),
    ("fsync", &[F]),
    ("close", &[F]),
    ("dup", &[F]),
    ("dup2", &[F, N]),
    ("dup3", &[F, N, Flags(names::OPEN)]),
    ("pipe", &[Pair]),
    ("pipe2", &[Pair, Flags(names::OPEN)]),
    ("chdir", &[T]),
    ("fchdir", &[F]),
    ("mkdir", &[T, Mode]),
    ("mkdirat", &[F, T, Mode]),
    ("rmdir", &[T]),
    ("unlink", &[T]),
    ("unlinkat", &[F, T, Flags(names::AT_REMOVE)]),
    ("rename", &[T, T]),
    ("renameat", &[F, T, F, T]),
    ("renameat2", &[F, T, F, T, Flags(names::RENAME)]),
    ("link", &[T, T]),
    ("linkat", &[F, T, F, T, Flags(names::AT)]),
    ("symlink", &[T, T]),
    ("symlinkat", &[T, F, T]),
    ("readlink", &[T, Filled, N]),
    ("readlinkat", &[F, T, Filled, N]),
    ("chmod", &[T, Mode]),
    ("fchmod", &[F, Mode]),
    ("fchmodat", &[F, T, Mode]),
    ("fchmodat2", &[F, T, Mode, Flags(names::AT)]),
    ("chown", &[T, Id, Id]),
    ("lchown", &[T, Id, Id]),
    ("fchown", &[F, Id, Id]),
    ("fchownat", &[F, T, Id, Id, Flags(names::AT)]),
    ("mknod", &[T, Node, Device]),
    ("mknodat", &[F, T, Node, Device]),
    ("umask", &[Mode]),
    ("access", &[T, Flags(names::ACCESS)]),
    ("faccessat", &[F, T, Flags(names::ACCESS)]),
    ("faccessat2", &[F, T, Flags(names::ACCESS), Flags(names::AT)]),
    ("utimensat", &[F, T, Pointer, Flags(names::AT)]),
    ("setxattr", &[T, T, Bytes(3), N, Hex]),
    ("lsetxattr", &[T, T, Bytes(3), N, Hex]),
    ("getxattr", &[T, T, Filled, N]),
    ("lgetxattr", &[T, T, Filled, N]),
    ("ioctl", &[F, Ioctl, Hex]),
    // Network.
    ("socket", &[Constant(names::FAMILY), SocketType, Protocol]),
    ("socketpair", &[Constant(names::FAMILY), SocketType, Protocol, Pair]),
    ("bind", &[F, Address(2), N]),
    ("connect", &[F, Address(2), N]),
    ("listen", &[F, N]),
    ("accept", &[F, Pointer, Pointer]),
    ("accept4", &[F, Pointer, Pointer, Flags(names::SOCK)]),
    ("setsockopt", &[F, Constant(names::LEVEL), SocketOption, OptionValue(4), N]),
    ("shutdown", &[F, N]),
    ("sendto", &[F, Message(2), N, Flags(names::MSG), Address(5), N]),
    ("recvfrom", &[F, FilledMessage, N, Flags(names::MSG), FilledAddress(5), FilledLength]),
    ("sendmsg", &[F, MessageHeader, Flags(names::MSG)]),
    ("recvmsg", &[F, FilledHeader, Flags(names::MSG)]),
    // System V and POSIX IPC.
    ("shmget", &[Hex, N, IpcFlags]),
    ("shmat", &[N, Pointer, Hex]),
    ("shmdt", &[Pointer]),
    ("shmctl", &[N, Constant(names::IPC_COMMAND), Pointer]),
    ("semget", &[Hex, N, IpcFlags]),
    ("semctl", &[N, N, Constant(names::IPC_COMMAND), Hex]),
    ("msgget", &[Hex, IpcFlags]),
    ("msgctl", &[N, Constant(names::IPC_COMMAND), Pointer]),
    ("msgsnd", &[N, QueueMessage(2), N, Flags(names::IPC)]),
    ("msgrcv", &[N, FilledQueueMessage, N, N, Flags(names::IPC)]),
    ("mq_open", &[T, OpenFlags, ModeIf(1), QueueAttributesIf(1)]),
    ("mq_unlink", &[T]),
];
