//! Structures in words. Numbers in them have the machine's byte order.

use super::names;
use super::word::{capability, clone_flags, flags, hex, id, signal};
use super::{MESSAGE_TYPE, buffer};
use std::fmt::Display;

/// The 32-bit number of this index.
pub(crate) fn half(bytes: &[u8], index: usize) -> Option<u32> {
    bytes.get(index * 4..index * 4 + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

/// The 64-bit number of this index.
pub(crate) fn word(bytes: &[u8], index: usize) -> Option<u64> {
    bytes.get(index * 8..index * 8 + 8)?.try_into().ok().map(u64::from_ne_bytes)
}

/// `struct clone_args` (`clone(2)`): flags, signal at the end, and the cgroup where there is one.
pub(crate) fn clone_args(bytes: &[u8], cgroup: Option<&str>) -> String {
    let mut fields = vec![format!("flags={}", clone_flags(word(bytes, 0).unwrap_or(0), 0))];
    if let Some(number) = word(bytes, 4) {
        fields.push(format!("exit_signal={}", signal(number)));
    }
    if let (Some(fd), Some(path)) = (word(bytes, 10), cgroup) {
        fields.push(format!("cgroup={fd}<{path}>"));
    }
    format!("{{{}}}", fields.join(", "))
}

/// `cpu_set_t`: the numbers of the CPUs in it.
pub(crate) fn cpu_mask(bytes: &[u8]) -> String {
    cpus((0..bytes.len() * 8).filter(|i| bytes[i / 8] >> (i % 8) & 1 != 0))
}

/// A set of CPUs by their numbers.
pub(crate) fn cpus<T: Display>(numbers: impl Iterator<Item = T>) -> String {
    let shown: Vec<String> = numbers.map(|n| n.to_string()).collect();
    format!("[{}]", shown.join(" "))
}

/// A list of user or group ids.
pub(crate) fn ids(bytes: &[u8]) -> String {
    let list: Vec<String> = (0..bytes.len() / 4).filter_map(|i| half(bytes, i)).map(id).collect();
    format!("[{}]", list.join(", "))
}

/// `struct timeval`, the value of the options that limit a wait.
pub(crate) fn time_limit(bytes: &[u8]) -> String {
    time_value(word(bytes, 0).unwrap_or(0), word(bytes, 1).unwrap_or(0))
}

/// A time of seconds and microseconds.
pub(crate) fn time_value(seconds: impl Display, microseconds: impl Display) -> String {
    format!("{{tv_sec={seconds}, tv_usec={microseconds}}}")
}

/// `struct mount_attr` (`mount_setattr(2)`).
pub(crate) fn mount_attributes(bytes: &[u8]) -> String {
    let named =
        [("attr_set", names::MOUNT_ATTR), ("attr_clr", names::MOUNT_ATTR), ("propagation", names::MS)];
    let mut fields: Vec<String> = named
        .iter()
        .enumerate()
        .filter_map(|(i, (name, bits))| {
            let value = word(bytes, i).filter(|v| *v != 0)?;
            Some(format!("{name}={}", flags(value, bits)))
        })
        .collect();
    if let Some(fd) = word(bytes, 3).filter(|fd| *fd != 0) {
        fields.push(format!("userns_fd={fd}"));
    }
    format!("{{{}}}", fields.join(", "))
}

/// `struct __user_cap_header_struct` (`capget(2)`).
pub(crate) fn capability_header(bytes: &[u8]) -> String {
    capability_version(half(bytes, 0).unwrap_or(0), half(bytes, 1).unwrap_or(0))
}

/// The same from its two numbers.
pub(crate) fn capability_version(version: u32, pid: u32) -> String {
    let version = match version {
        0x2008_0522 => "_LINUX_CAPABILITY_VERSION_3".to_owned(),
        other => hex(other.into()),
    };
    format!("{{version={version}, pid={pid}}}")
}

/// Two of `struct __user_cap_data_struct`: the lower and the upper 32 capabilities of three sets.
pub(crate) fn capability_sets(bytes: &[u8]) -> String {
    let set =
        |i: usize| u64::from(half(bytes, i).unwrap_or(0)) | u64::from(half(bytes, i + 3).unwrap_or(0)) << 32;
    capability_triple(set(0), set(1), set(2))
}

/// The three sets that `capset(2)` takes.
pub(crate) fn capability_triple(effective: u64, permitted: u64, inheritable: u64) -> String {
    format!(
        "{{effective={}, permitted={}, inheritable={}}}",
        capabilities(effective),
        capabilities(permitted),
        capabilities(inheritable)
    )
}

/// A set of capabilities by name; one that has more than eight is written as its number, as in `/proc/PID/status`.
fn capabilities(set: u64) -> String {
    match set.count_ones() {
        0 => "0".to_owned(),
        1..=8 => {
            let names: Vec<String> = (0..64).filter(|i| set >> i & 1 != 0).map(capability).collect();
            names.join("|")
        }
        _ => hex(set),
    }
}

/// Two descriptors.
pub(crate) fn pair(bytes: &[u8]) -> String {
    format!("[{}, {}]", half(bytes, 0).unwrap_or(0), half(bytes, 1).unwrap_or(0))
}

/// How a child ended, in the words of `wait(2)`.
pub(crate) fn wait_status(bytes: &[u8]) -> String {
    ending(half(bytes, 0).unwrap_or(0).cast_signed())
}

/// A status word of `wait(2)`.
pub(crate) fn ending(status: i32) -> String {
    if libc::WIFEXITED(status) {
        format!("[{{WIFEXITED(s) && WEXITSTATUS(s) == {}}}]", libc::WEXITSTATUS(status))
    } else if libc::WIFSIGNALED(status) {
        let number = signal(u64::from(libc::WTERMSIG(status).cast_unsigned()));
        format!("[{{WIFSIGNALED(s) && WTERMSIG(s) == {number}}}]")
    } else {
        format!("[{status:#x}]")
    }
}
/// A message of a System V queue: type and text, of which the first bytes are shown.
pub(crate) fn queue_message(bytes: &[u8], length: usize) -> String {
    match bytes.split_first_chunk::<MESSAGE_TYPE>() {
        Some((kind, text)) => queue_message_of(libc::c_long::from_ne_bytes(*kind), text, length),
        None => buffer(bytes, length),
    }
}

/// The same of its parts.
pub(crate) fn queue_message_of(kind: libc::c_long, text: &[u8], length: usize) -> String {
    format!("{{mtype={kind}, mtext={}}}", buffer(text, length))
}

/// `struct mq_attr`, as `mq_open(2)` takes it.
pub(crate) fn queue_attributes(bytes: &[u8]) -> String {
    let value = |i: usize| {
        let at = i * size_of::<libc::c_long>();
        bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |value| libc::c_long::from_ne_bytes(*value))
    };
    queue_attributes_of([value(0), value(1), value(2), value(3)])
}

/// The same of its parts: flags, most messages, most bytes of one, messages now.
pub(crate) fn queue_attributes_of([flags, messages, bytes, now]: [libc::c_long; 4]) -> String {
    format!("{{mq_flags={flags}, mq_maxmsg={messages}, mq_msgsize={bytes}, mq_curmsgs={now}}}")
}
