//! Names of flags and constants, as the manual and the kernel's headers have them.
//!
//! The numbers are those of the machine that the program was built for: a few flags of `open(2)` differ between
//! architectures, and a trace is decoded where it was made.

// A constant cannot be made by `From`.
#![allow(clippy::cast_lossless)]

/// Numbers with their names.
pub(crate) type Names = &'static [(u64, &'static str)];

/// Names with libc's numbers, or for those that it lacks with the headers'. Some of libc's are of a signed type.
macro_rules! names {
    ($($name:ident $(= $value:literal)?),* $(,)?) => {
        &[$((names!(@ $name $($value)?), stringify!($name))),*]
    };
    (@ $name:ident) => { libc::$name as u32 as u64 };
    (@ $name:ident $value:literal) => { $value };
}

/// `unshare(2)`, `setns(2)`, `clone(2)`.
pub(crate) const CLONE: Names = names![
    CLONE_NEWNS,
    CLONE_NEWCGROUP,
    CLONE_NEWUTS,
    CLONE_NEWIPC,
    CLONE_NEWUSER,
    CLONE_NEWPID,
    CLONE_NEWNET,
    CLONE_NEWTIME,
    CLONE_VM,
    CLONE_FS,
    CLONE_FILES,
    CLONE_SIGHAND,
    CLONE_PIDFD,
    CLONE_PTRACE,
    CLONE_VFORK,
    CLONE_PARENT,
    CLONE_THREAD,
    CLONE_SYSVSEM,
    CLONE_SETTLS,
    CLONE_PARENT_SETTID,
    CLONE_CHILD_CLEARTID,
    CLONE_UNTRACED,
    CLONE_CHILD_SETTID,
    CLONE_IO,
    CLONE_CLEAR_SIGHAND = 0x1_0000_0000,
    CLONE_INTO_CGROUP = 0x2_0000_0000,
];

/// `mount(2)`.
pub(crate) const MS: Names = names![
    MS_RDONLY,
    MS_NOSUID,
    MS_NODEV,
    MS_NOEXEC,
    MS_SYNCHRONOUS,
    MS_REMOUNT,
    MS_MANDLOCK,
    MS_DIRSYNC,
    MS_NOSYMFOLLOW = 0x100,
    MS_NOATIME,
    MS_NODIRATIME,
    MS_BIND,
    MS_MOVE,
    MS_REC,
    MS_SILENT,
    MS_POSIXACL,
    MS_UNBINDABLE,
    MS_PRIVATE,
    MS_SLAVE,
    MS_SHARED,
    MS_RELATIME,
    MS_STRICTATIME,
    MS_LAZYTIME,
];

/// `umount2(2)`.
pub(crate) const UMOUNT: Names = names![MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW,];

/// `open(2)`, without the access mode; O_TMPFILE contains O_DIRECTORY and O_SYNC contains O_DSYNC, so they come first.
pub(crate) const OPEN: Names = names![
    O_TMPFILE,
    O_CREAT,
    O_EXCL,
    O_NOCTTY,
    O_TRUNC,
    O_APPEND,
    O_NONBLOCK,
    O_SYNC,
    O_DSYNC,
    O_DIRECT,
    O_DIRECTORY,
    O_NOFOLLOW,
    O_NOATIME,
    O_CLOEXEC,
    O_PATH,
];

/// *at calls, `AT_*`.
pub(crate) const AT: Names =
    names![AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH, AT_RECURSIVE,];

/// `unlinkat(2)`.
pub(crate) const AT_REMOVE: Names = names![AT_REMOVEDIR,];

/// `access(2)`.
pub(crate) const ACCESS: Names = names![R_OK, W_OK, X_OK,];

/// `renameat2(2)`.
pub(crate) const RENAME: Names = names![RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT,];

/// `pidfd_open(2)`.
pub(crate) const PIDFD: Names = names![PIDFD_NONBLOCK,];

/// `wait4(2)`, `waitid(2)`.
pub(crate) const WAIT: Names =
    names![WNOHANG, WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, __WALL, __WCLONE, __WNOTHREAD,];

/// `waitid(2)`.
pub(crate) const ID_TYPE: Names = names![P_ALL, P_PID, P_PGID, P_PIDFD,];

/// `fsopen(2)`.
pub(crate) const FSOPEN: Names = names![FSOPEN_CLOEXEC = 1,];

/// `fsconfig(2)`.
pub(crate) const FSCONFIG: Names = names![
    FSCONFIG_SET_FLAG = 0,
    FSCONFIG_SET_STRING = 1,
    FSCONFIG_SET_BINARY = 2,
    FSCONFIG_SET_PATH = 3,
    FSCONFIG_SET_PATH_EMPTY = 4,
    FSCONFIG_SET_FD = 5,
    FSCONFIG_CMD_CREATE = 6,
    FSCONFIG_CMD_RECONFIGURE = 7,
];

/// `fsmount(2)`.
pub(crate) const FSMOUNT: Names = names![FSMOUNT_CLOEXEC = 1,];

/// `fsmount(2)`, `mount_setattr(2)`.
pub(crate) const MOUNT_ATTR: Names = names![
    MOUNT_ATTR_RDONLY = 1,
    MOUNT_ATTR_NOSUID = 2,
    MOUNT_ATTR_NODEV = 4,
    MOUNT_ATTR_NOEXEC = 8,
    MOUNT_ATTR_NOATIME = 0x10,
    MOUNT_ATTR_STRICTATIME = 0x20,
    MOUNT_ATTR_NODIRATIME = 0x80,
    MOUNT_ATTR_IDMAP = 0x10_0000,
    MOUNT_ATTR_NOSYMFOLLOW = 0x20_0000,
];

/// `move_mount(2)`.
pub(crate) const MOVE_MOUNT: Names = names![
    MOVE_MOUNT_F_SYMLINKS = 1,
    MOVE_MOUNT_F_AUTOMOUNTS = 2,
    MOVE_MOUNT_F_EMPTY_PATH = 4,
    MOVE_MOUNT_T_SYMLINKS = 0x10,
    MOVE_MOUNT_T_AUTOMOUNTS = 0x20,
    MOVE_MOUNT_T_EMPTY_PATH = 0x40,
];

/// `open_tree(2)`.
pub(crate) const OPEN_TREE: Names = names![
    OPEN_TREE_CLONE = 1,
    OPEN_TREE_CLOEXEC = 0x8_0000,
    AT_EMPTY_PATH,
    AT_RECURSIVE,
    AT_SYMLINK_NOFOLLOW,
];

/// `prctl(2)`.
pub(crate) const PRCTL: Names = names![
    PR_SET_PDEATHSIG,
    PR_GET_PDEATHSIG,
    PR_GET_DUMPABLE,
    PR_SET_DUMPABLE,
    PR_GET_KEEPCAPS,
    PR_SET_KEEPCAPS,
    PR_SET_NAME,
    PR_GET_NAME,
    PR_GET_SECCOMP,
    PR_SET_SECCOMP,
    PR_CAPBSET_READ,
    PR_CAPBSET_DROP,
    PR_GET_SECUREBITS,
    PR_SET_SECUREBITS,
    PR_SET_CHILD_SUBREAPER,
    PR_GET_CHILD_SUBREAPER,
    PR_SET_NO_NEW_PRIVS,
    PR_GET_NO_NEW_PRIVS,
    PR_CAP_AMBIENT,
    PR_SET_PTRACER,
    PR_SET_VMA,
];

/// `prctl(2)`, PR_CAP_AMBIENT.
pub(crate) const AMBIENT: Names =
    names![PR_CAP_AMBIENT_IS_SET, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_LOWER, PR_CAP_AMBIENT_CLEAR_ALL,];

/// `socket(2)`.
pub(crate) const FAMILY: Names =
    names![AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK,];

/// `socket(2)`.
pub(crate) const SOCKET_TYPE: Names = names![SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET,];

/// `socket(2)`, `accept4(2)`.
pub(crate) const SOCK: Names = names![SOCK_NONBLOCK, SOCK_CLOEXEC,];

/// `ip(7)`.
pub(crate) const IP_PROTOCOL: Names =
    names![IPPROTO_IP, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, IPPROTO_ICMPV6, IPPROTO_RAW,];

/// `netlink(7)`.
pub(crate) const NETLINK_PROTOCOL: Names =
    names![NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_NETFILTER, NETLINK_KOBJECT_UEVENT, NETLINK_GENERIC,];

/// `setsockopt(2)`.
pub(crate) const LEVEL: Names =
    names![SOL_SOCKET, SOL_NETLINK, SOL_IP, SOL_TCP, SOL_UDP, SOL_IPV6, SOL_ICMPV6, SOL_RAW,];

/// `ip(7)`.
pub(crate) const IP_OPTION: Names = names![
    IP_TOS,
    IP_TTL,
    IP_HDRINCL,
    IP_RECVERR,
    IP_MTU_DISCOVER,
    IP_MTU,
    IP_RECVTTL,
    IP_BIND_ADDRESS_NO_PORT,
];

/// `socket(7)`.
pub(crate) const SOCKET_OPTION: Names = names![
    SO_REUSEADDR,
    SO_BROADCAST,
    SO_SNDBUF,
    SO_RCVBUF,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_REUSEPORT,
    SO_PASSCRED,
    SO_RCVTIMEO,
    SO_SNDTIMEO,
    SO_RCVTIMEO_NEW = 66,
    SO_SNDTIMEO_NEW = 67,
    SO_BINDTODEVICE,
    SO_MARK,
];

/// `send(2)`, `recv(2)`.
pub(crate) const MSG: Names = names![
    MSG_OOB,
    MSG_PEEK,
    MSG_DONTROUTE,
    MSG_CTRUNC,
    MSG_TRUNC,
    MSG_DONTWAIT,
    MSG_EOR,
    MSG_WAITALL,
    MSG_NOSIGNAL,
    MSG_MORE,
    MSG_CMSG_CLOEXEC,
];

/// `shmget(2)`, `msgget(2)`.
pub(crate) const IPC: Names = names![IPC_CREAT, IPC_EXCL, IPC_NOWAIT, MSG_NOERROR,];

/// `shmctl(2)`.
pub(crate) const IPC_COMMAND: Names = names![IPC_RMID, IPC_SET, IPC_STAT,];

/// `ioctl(2)`, on namespaces (`ioctl_ns(2)`), terminals and interfaces.
pub(crate) const IOCTL: Names = names![
    NS_GET_USERNS = 0xb701,
    NS_GET_PARENT = 0xb702,
    NS_GET_NSTYPE = 0xb703,
    NS_GET_OWNER_UID = 0xb704,
    NS_GET_MNTNS_ID = 0x8008_b705,
    TCGETS,
    TIOCGWINSZ,
    TIOCSCTTY,
    TIOCGPGRP,
    TIOCSPGRP,
    FIONREAD,
    FIONBIO,
    FIOCLEX,
    SIOCGIFFLAGS,
    SIOCSIFFLAGS,
    SIOCGIFINDEX,
    SIOCGIFCONF,
    SIOCGIFADDR,
    SIOCSIFADDR,
];

/// `inode(7)`.
pub(crate) const FILE_TYPE: Names = names![S_IFIFO, S_IFCHR, S_IFDIR, S_IFBLK, S_IFREG, S_IFLNK, S_IFSOCK,];
