//! Structures in words. Numbers in them have the machine's byte order.

use super::super::trace::Seen;
use super::names;
use super::word::{capability, clone_flags, flags, hex, id, signal};

/// The 32-bit number of this index.
pub(super) fn half(bytes: &[u8], index: usize) -> Option<u32> {
    bytes.get(index * 4..index * 4 + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

/// The 64-bit number of this index.
fn word(bytes: &[u8], index: usize) -> Option<u64> {
    bytes.get(index * 8..index * 8 + 8)?.try_into().ok().map(u64::from_ne_bytes)
}

/// `struct clone_args` (`clone(2)`): flags, signal at the end, and the cgroup where there is one.
pub(super) fn clone_args(bytes: &[u8], cgroup: Option<&Seen>) -> String {
    let mut fields = vec![format!("flags={}", clone_flags(word(bytes, 0).unwrap_or(0), 0))];
    if let Some(number) = word(bytes, 4) {
        fields.push(format!("exit_signal={}", signal(number)));
    }
    if let (Some(fd), Some(Seen::File(path))) = (word(bytes, 10), cgroup) {
        fields.push(format!("cgroup={fd}<{path}>"));
    }
    format!("{{{}}}", fields.join(", "))
}

/// `cpu_set_t`: the numbers of the CPUs in it.
pub(super) fn cpu_mask(bytes: &[u8]) -> String {
    let cpus: Vec<String> =
        (0..bytes.len() * 8).filter(|i| bytes[i / 8] >> (i % 8) & 1 != 0).map(|i| i.to_string()).collect();
    format!("[{}]", cpus.join(" "))
}

/// A list of user or group ids.
pub(super) fn ids(bytes: &[u8]) -> String {
    let list: Vec<String> = (0..bytes.len() / 4).filter_map(|i| half(bytes, i)).map(id).collect();
    format!("[{}]", list.join(", "))
}

/// `struct timeval`, the value of the options that limit a wait.
pub(super) fn time_limit(bytes: &[u8]) -> String {
    format!("{{tv_sec={}, tv_usec={}}}", word(bytes, 0).unwrap_or(0), word(bytes, 1).unwrap_or(0))
}

/// `struct mount_attr` (`mount_setattr(2)`).
pub(super) fn mount_attributes(bytes: &[u8]) -> String {
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
pub(super) fn capability_header(bytes: &[u8]) -> String {
    let version = match half(bytes, 0) {
        Some(0x2008_0522) => "_LINUX_CAPABILITY_VERSION_3".to_owned(),
        other => hex(other.unwrap_or(0).into()),
    };
    format!("{{version={version}, pid={}}}", half(bytes, 1).unwrap_or(0))
}

/// Two of `struct __user_cap_data_struct`: the lower and the upper 32 capabilities of three sets.
pub(super) fn capability_sets(bytes: &[u8]) -> String {
    let set =
        |i: usize| u64::from(half(bytes, i).unwrap_or(0)) | u64::from(half(bytes, i + 3).unwrap_or(0)) << 32;
    format!(
        "{{effective={}, permitted={}, inheritable={}}}",
        capabilities(set(0)),
        capabilities(set(1)),
        capabilities(set(2))
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
pub(super) fn pair(bytes: &[u8]) -> String {
    format!("[{}, {}]", half(bytes, 0).unwrap_or(0), half(bytes, 1).unwrap_or(0))
}

/// How a child ended, in the words of `wait(2)`.
pub(super) fn wait_status(bytes: &[u8]) -> String {
    let status = half(bytes, 0).unwrap_or(0).cast_signed();
    if libc::WIFEXITED(status) {
        format!("[{{WIFEXITED(s) && WEXITSTATUS(s) == {}}}]", libc::WEXITSTATUS(status))
    } else if libc::WIFSIGNALED(status) {
        let number = signal(u64::from(libc::WTERMSIG(status).cast_unsigned()));
        format!("[{{WIFSIGNALED(s) && WTERMSIG(s) == {number}}}]")
    } else {
        format!("[{status:#x}]")
    }
}
