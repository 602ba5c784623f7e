//! Netlink messages in short (`netlink(7)`, `rtnetlink(7)`): what is asked, about which interface, and the answer.

use super::names;
use super::structure::half;
use super::word::{constant, flags, hex};
use crate::kernel::record::quote;
use crate::model::Errno;

/// Length of `struct nlmsghdr`.
const HEADER: usize = 16;

/// nftables' number among the subsystems of netfilter, in the upper byte of a type.
const NFTABLES: u16 = 10;

/// Names of nftables' messages by number (`linux/netfilter/nf_tables.h`).
const NFTABLES_TYPES: &[&str] = &[
    "NFT_MSG_NEWTABLE",
    "NFT_MSG_GETTABLE",
    "NFT_MSG_DELTABLE",
    "NFT_MSG_NEWCHAIN",
    "NFT_MSG_GETCHAIN",
    "NFT_MSG_DELCHAIN",
    "NFT_MSG_NEWRULE",
    "NFT_MSG_GETRULE",
    "NFT_MSG_DELRULE",
];

/// All messages of a buffer of which `length` bytes were sent or received, though fewer may have been read.
pub(super) fn messages(bytes: &[u8], length: usize) -> String {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() >= HEADER) {
        let size = half(rest, 0).unwrap_or(0) as usize;
        if size < HEADER {
            break;
        }
        parts.push(message(&rest[..size.min(rest.len())], size));
        // Each begins at a multiple of four.
        at = at.saturating_add(size.next_multiple_of(4));
    }
    if at < length {
        parts.push("...".to_owned());
    }
    if let [only] = parts.as_slice() { only.clone() } else { format!("[{}]", parts.join(", ")) }
}

fn message(bytes: &[u8], size: usize) -> String {
    let [kind_low, kind_high, flags_low, flags_high] = bytes[4..8] else { return "{}".to_owned() };
    let kind = u16::from_ne_bytes([kind_low, kind_high]);
    let bits = u64::from(u16::from_ne_bytes([flags_low, flags_high]));
    let mut fields = vec![format!("nlmsg_len={size}"), format!("nlmsg_type={}", type_name(kind))];
    if i32::from(kind) == libc::NLMSG_ERROR {
        // The answer to one request: 0, or a negative error number.
        let code = half(bytes, HEADER / 4).unwrap_or(0).cast_signed();
        fields.push(if code == 0 { "error=0".to_owned() } else { format!("error=-{}", Errno(-code)) });
    } else {
        fields.push(format!("nlmsg_flags={}", request_flags(kind, bits)));
        fields.extend(interface(kind, bytes));
    }
    format!("{{{}}}", fields.join(", "))
}

fn type_name(kind: u16) -> String {
    if kind >> 8 == NFTABLES {
        let number = usize::from(kind & 0xff);
        return NFTABLES_TYPES.get(number).map_or_else(|| hex(kind.into()), |name| (*name).to_owned());
    }
    constant(kind.into(), names::NETLINK_TYPE)
}

/// The upper flags of a question mean something else than those of an order.
fn request_flags(kind: u16, bits: u64) -> String {
    let dump = libc::NLM_F_DUMP as u64;
    // The third of every four types of rtnetlink asks.
    if (16..0x100).contains(&kind) && kind & 3 == 2 && bits & dump == dump {
        let rest = bits & !dump;
        let others =
            if rest == 0 { String::new() } else { format!("{}|", flags(rest, names::NETLINK_FLAGS)) };
        return format!("{others}NLM_F_DUMP");
    }
    flags(bits, names::NETLINK_FLAGS)
}

/// The interface that a message about links is about: by index, and by name where it has that attribute.
fn interface(kind: u16, bytes: &[u8]) -> Vec<String> {
    /// `struct ifinfomsg` has 16 bytes; its second 32-bit number is the index.
    const BODY: usize = 16;
    const IFLA_IFNAME: u16 = 3;
    if !(libc::RTM_NEWLINK..=libc::RTM_SETLINK).contains(&kind) {
        return Vec::new();
    }
    let mut fields = Vec::new();
    let index = half(bytes, HEADER / 4 + 1).unwrap_or(0);
    if index != 0 {
        fields.push(format!("ifi_index={index}"));
    }
    let name = attribute(bytes.get(HEADER + BODY..).unwrap_or_default(), IFLA_IFNAME);
    if let Some(text) = name.and_then(|value| value.split(|byte| *byte == 0).next()) {
        fields.push(format!("IFLA_IFNAME={}", quote(text)));
    }
    fields
}

/// The value of an attribute in a list of them: length and type, 16 bits each, then the value; aligned to four bytes.
fn attribute(mut list: &[u8], wanted: u16) -> Option<&[u8]> {
    while let [a, b, c, d, ..] = *list {
        let size = usize::from(u16::from_ne_bytes([a, b]));
        let value = list.get(4..size)?;
        if u16::from_ne_bytes([c, d]) == wanted {
            return Some(value);
        }
        list = list.get(size.next_multiple_of(4)..)?;
    }
    None
}
