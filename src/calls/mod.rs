//! System calls in words, as `strace(1)` writes them: names of flags and constants, numbers, structures, messages. Pure.
//!
//! Both that report a call use it, so that a call reads the same from both: the box, which records what it calls, and the
//! lab, which decodes what the tracer saw.

pub(crate) mod address;
pub mod decode;
pub(crate) mod icmp;
pub(crate) mod names;
pub(crate) mod netfilter;
mod netlink;
pub mod raw;
pub(crate) mod structure;
pub(crate) mod word;

/// Calls that do the same, by the page in section 2 of the manual that describes them (`clone(2)` stands beside `fork(2)`, and the calls of the new mount
/// interface beside `mount(2)`).
const FAMILIES: &[&[&str]] = &[
    &["fork", "vfork", "clone", "clone3"],
    &["open", "openat", "openat2", "creat"],
    &["rename", "renameat", "renameat2"],
    &["link", "linkat"],
    &["symlink", "symlinkat"],
    &["unlink", "unlinkat", "rmdir"],
    &["mkdir", "mkdirat"],
    &["mknod", "mknodat"],
    &["chmod", "fchmod", "fchmodat", "fchmodat2"],
    &["chown", "lchown", "fchown", "fchownat"],
    &["setuid", "setreuid", "setresuid"],
    &["setgid", "setregid", "setresgid"],
    &["kill", "tkill", "tgkill", "pidfd_send_signal"],
    &["mount", "fsopen", "fsconfig", "fsmount", "move_mount", "open_tree", "mount_setattr"],
];

/// The names of the calls that do what this one does, itself among them.
pub fn family(name: &str) -> Vec<&str> {
    let found = FAMILIES.iter().find(|family| family.contains(&name));
    found.map_or_else(|| vec![name], |family| family.to_vec())
}

/// How many bytes of a buffer are kept, for the code that writes it out.
pub(crate) const KEPT: usize = 256;
/// So many bytes of a buffer without a form of its own are shown.
const SHOWN: usize = 64;

/// A text in quotes, control characters escaped, invalid UTF-8 replaced.
pub fn quote(text: impl AsRef<[u8]>) -> String {
    format!("{:?}", String::from_utf8_lossy(text.as_ref()))
}

/// The size of a message's type, which is in front of its text (`struct msgbuf` in `msgop(2)`), in bytes.
pub(crate) const MESSAGE_TYPE: usize = size_of::<libc::c_long>();

/// The first bytes of a buffer as a text, with dots after it where more was read or written.
pub(crate) fn buffer(bytes: &[u8], length: usize) -> String {
    let shown = &bytes[..bytes.len().min(SHOWN)];
    format!("{}{}", quote(shown), if shown.len() < length { "..." } else { "" })
}

/// The first bytes of a message, where its socket is of a kind whose messages have a form of their own, else as a buffer. The kind is
/// the kernel's name for the protocol, `NETLINK`; `length` is the message's whole length.
pub(crate) fn message(socket: &str, bytes: &[u8], length: usize, received: bool) -> String {
    let bytes = &bytes[..bytes.len().min(KEPT)];
    match socket {
        "NETLINK" => netlink::describe(bytes),
        // The lab sends nothing but ICMP through raw sockets. What they receive has the IP header before it (raw(7)),
        // whose first half byte twice is its length in words of 32 bits.
        "RAW" if received => {
            let header = bytes.first().map_or(0, |byte| usize::from(byte & 0xf) * 4);
            icmp::describe(bytes.get(header..).unwrap_or_default())
        }
        "RAW" | "PING" => icmp::describe(bytes),
        _ => buffer(bytes, length),
    }
}
