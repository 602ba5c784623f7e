//! Single numbers in words.

use super::names::{self, Names};
use crate::model::{Capability, Sig};
use std::fmt::Write;

/// `0x…`, and 0 as it is.
pub(crate) fn hex(value: u64) -> String {
    if value == 0 { "0".to_owned() } else { format!("{value:#x}") }
}

/// A register as a signed number. One that holds a negative `int` may have its upper half clear.
pub(crate) fn signed(value: u64) -> i64 {
    match u32::try_from(value) {
        Ok(half) => i64::from(half.cast_signed()),
        Err(_) => value.cast_signed(),
    }
}

/// The names of the bits that are set, and what is left over in hexadecimal.
pub(crate) fn flags(value: u64, names: Names) -> String {
    let mut parts = Vec::new();
    let mut rest = value;
    for (bits, name) in names {
        if rest & bits == *bits && *bits != 0 {
            parts.push((*name).to_owned());
            rest &= !bits;
        }
    }
    if rest != 0 || parts.is_empty() {
        parts.push(hex(rest));
    }
    parts.join("|")
}

/// The name of a number, or else the number.
pub(crate) fn constant(value: u64, names: Names) -> String {
    match names.iter().find(|(number, _)| *number == value) {
        Some((_, name)) => (*name).to_owned(),
        None => hex(value),
    }
}

/// A user or group id.
pub(crate) fn id(value: u32) -> String {
    if value == u32::MAX { "-1".to_owned() } else { value.to_string() }
}

/// Permission bits.
pub(crate) fn mode(value: u64) -> String {
    format!("{:#o}", value as u32)
}

/// Flags of `shmget(2)` and its like, and the permissions of what is made.
pub(crate) fn ipc_flags(value: u64) -> String {
    let (bits, permissions) = (value & !0o777, value & 0o777);
    match (bits, permissions) {
        (0, 0) => "0".to_owned(),
        (0, _) => mode(permissions),
        (_, 0) => flags(bits, names::IPC),
        _ => format!("{}|{}", flags(bits, names::IPC), mode(permissions)),
    }
}

/// Whether these flags of `open(2)` make a file, so that there is a mode.
pub(crate) fn makes_file(flags: u64) -> bool {
    let flags = flags as i32;
    flags & libc::O_CREAT != 0 || flags & libc::O_TMPFILE == libc::O_TMPFILE
}

/// Type and permission bits of a file.
pub(crate) fn node(value: u64) -> String {
    let kind = value & u64::from(libc::S_IFMT);
    let permissions = mode(value & !u64::from(libc::S_IFMT));
    if kind == 0 { permissions } else { format!("{}|{permissions}", constant(kind, names::FILE_TYPE)) }
}

/// A device number.
pub(crate) fn device(value: u64) -> String {
    format!("makedev({}, {})", libc::major(value), libc::minor(value))
}

/// A signal's name.
pub(crate) fn signal(value: u64) -> String {
    match signed(value) {
        0 => "0".to_owned(),
        number if number >= 32 => format!("SIGRT_{}", number - 32),
        number => match i32::try_from(number).ok().and_then(Sig::numbered) {
            Some(signal) => format!("SIG{}", signal.name()),
            None => hex(value),
        },
    }
}

/// Flags of a clone, and the signal that the parent gets at the end of the child.
pub(crate) fn clone_flags(value: u64, at_end: u64) -> String {
    match (value, at_end) {
        (_, 0) => flags(value, names::CLONE),
        (0, _) => signal(at_end),
        _ => format!("{}|{}", flags(value, names::CLONE), signal(at_end)),
    }
}

/// Access mode and flags of `open(2)`.
pub(crate) fn open_flags(value: u64) -> String {
    /// Set by the C library on x86-64 although the kernel knows it by itself.
    const LARGE_FILE: u64 = 0o10_0000;
    let value = u64::from(value as u32);
    let access = match value & 3 {
        0 => "O_RDONLY",
        1 => "O_WRONLY",
        2 => "O_RDWR",
        _ => "O_ACCMODE",
    };
    let mut rest = value & !3;
    // On aarch64 the same bit is another flag's.
    if !names::OPEN.iter().any(|(bits, _)| bits & LARGE_FILE != 0) {
        rest &= !LARGE_FILE;
    }
    let mut text = access.to_owned();
    if rest != 0 {
        let _ = write!(text, "|{}", flags(rest, names::OPEN));
    }
    text
}

/// Type and flags of a socket.
pub(crate) fn socket_type(value: u64) -> String {
    let (kind, bits) = (value & 0xf, value & !0xf);
    let kind = constant(kind, names::SOCKET_TYPE);
    if bits == 0 { kind } else { format!("{kind}|{}", flags(bits, names::SOCK)) }
}

/// A protocol of a family of sockets.
pub(crate) fn protocol(family: u64, value: u64) -> String {
    match signed(family) as i32 {
        libc::AF_INET | libc::AF_INET6 => constant(value, names::IP_PROTOCOL),
        libc::AF_NETLINK => constant(value, names::NETLINK_PROTOCOL),
        _ => value.to_string(),
    }
}

/// An option of a level of a socket (`socket(7)`).
pub(crate) fn socket_option(level: u64, value: u64) -> String {
    match signed(level) as i32 {
        libc::SOL_SOCKET => constant(value, names::SOCKET_OPTION),
        libc::SOL_IP => constant(value, names::IP_OPTION),
        _ => value.to_string(),
    }
}

/// The first argument of an operation of `prctl(2)`.
pub(crate) fn prctl_argument(operation: u64, value: u64) -> String {
    match signed(operation) as i32 {
        libc::PR_SET_PDEATHSIG => signal(value),
        libc::PR_CAPBSET_DROP | libc::PR_CAPBSET_READ => capability(value),
        libc::PR_CAP_AMBIENT => constant(value, names::AMBIENT),
        _ if value < 0x1000 => value.to_string(),
        _ => hex(value),
    }
}

/// A capability's name.
pub(crate) fn capability(number: u64) -> String {
    Capability::numbered(number).map_or_else(|| number.to_string(), |known| known.to_string())
}
