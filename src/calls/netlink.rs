//! Messages of `rtnetlink(7)` in words, in the form of `strace(1)`. Pure: whatever the bytes are, the answer is a text.

use netlink_packet_core::NlasIterator;
use std::net::Ipv4Addr;

/// Messages that are written out; a dump of a busy machine has hundreds.
const SHOWN: usize = 4;
const HEADER: usize = 16;

/// A buffer as it went to or came from a netlink socket of the routing family; one that was cut is told as far as
/// it goes: `[{nlmsg_len=32, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK}, {ifi_index=0, …}, …]`.
pub fn describe(buffer: &[u8]) -> String {
    let mut texts = Vec::new();
    let mut rest = buffer;
    while let Some(length) = long(rest, 0) {
        if rest.len() < HEADER || (length as usize) < HEADER {
            break;
        }
        if texts.len() == SHOWN {
            texts.push("...".to_owned());
            break;
        }
        let end = (length as usize).min(rest.len());
        texts.push(message(&rest[..end], length));
        rest = rest.get((length as usize).next_multiple_of(4)..).unwrap_or(&[]);
    }
    if texts.is_empty() { format!("{{{} bytes}}", buffer.len()) } else { texts.join(", ") }
}

fn message(bytes: &[u8], length: u32) -> String {
    let (kind, flags) = (short(bytes, 4).unwrap_or(0), short(bytes, 6).unwrap_or(0));
    let name = match TYPES.iter().find(|(number, _)| *number == kind) {
        Some((_, name)) => (*name).to_owned(),
        None => kind.to_string(),
    };
    let header =
        format!("{{nlmsg_len={length}, nlmsg_type={name}, nlmsg_flags={}}}", message_flags(&name, flags));
    let body = &bytes[HEADER..];
    let mut parts = vec![header];
    match kind {
        2 => parts.extend(long(body, 0).map(|code| error(code as i32))),
        16..=19 => parts.extend(link(body)),
        20..=22 => parts.extend(address(body)),
        24..=26 => parts.extend(route(body)),
        _ => {}
    }
    if parts.len() == 1 { parts.remove(0) } else { format!("[{}]", parts.join(", ")) }
}

const TYPES: &[(u16, &str)] = &[
    (1, "NLMSG_NOOP"),
    (2, "NLMSG_ERROR"),
    (3, "NLMSG_DONE"),
    (4, "NLMSG_OVERRUN"),
    (16, "RTM_NEWLINK"),
    (17, "RTM_DELLINK"),
    (18, "RTM_GETLINK"),
    (19, "RTM_SETLINK"),
    (20, "RTM_NEWADDR"),
    (21, "RTM_DELADDR"),
    (22, "RTM_GETADDR"),
    (24, "RTM_NEWROUTE"),
    (25, "RTM_DELROUTE"),
    (26, "RTM_GETROUTE"),
    (28, "RTM_NEWNEIGH"),
    (29, "RTM_DELNEIGH"),
    (30, "RTM_GETNEIGH"),
];

const ANY: &[(u32, &str)] = &[
    (0x1, "NLM_F_REQUEST"),
    (0x2, "NLM_F_MULTI"),
    (0x4, "NLM_F_ACK"),
    (0x8, "NLM_F_ECHO"),
    (0x10, "NLM_F_DUMP_INTR"),
    (0x20, "NLM_F_DUMP_FILTERED"),
];
const OF_NEW: &[(u32, &str)] =
    &[(0x400, "NLM_F_CREATE"), (0x200, "NLM_F_EXCL"), (0x100, "NLM_F_REPLACE"), (0x800, "NLM_F_APPEND")];
const OF_GET: &[(u32, &str)] =
    &[(0x300, "NLM_F_DUMP"), (0x100, "NLM_F_ROOT"), (0x200, "NLM_F_MATCH"), (0x400, "NLM_F_ATOMIC")];
const OF_ERROR: &[(u32, &str)] = &[(0x100, "NLM_F_CAPPED"), (0x200, "NLM_F_ACK_TLVS")];

/// The upper byte means something else in each kind of request (`netlink(7)`).
fn message_flags(name: &str, flags: u16) -> String {
    let upper = match name {
        "NLMSG_ERROR" => OF_ERROR,
        n if n.starts_with("RTM_GET") => OF_GET,
        n if n.starts_with("RTM_NEW") => OF_NEW,
        _ => &[],
    };
    bits(u32::from(flags), &[ANY, upper].concat())
}

fn bits(mut value: u32, names: &[(u32, &str)]) -> String {
    let mut texts = Vec::new();
    for (bit, name) in names {
        if value & bit == *bit {
            texts.push((*name).to_owned());
            value &= !bit;
        }
    }
    if value != 0 || texts.is_empty() {
        texts.push(if value == 0 { "0".to_owned() } else { format!("{value:#x}") });
    }
    texts.join("|")
}

fn error(code: i32) -> String {
    if code == 0 { "{error=0}".to_owned() } else { format!("{{error=-{}}}", crate::model::Errno(-code)) }
}

const LINK_FLAGS: &[(u32, &str)] = &[
    (0x1, "IFF_UP"),
    (0x2, "IFF_BROADCAST"),
    (0x8, "IFF_LOOPBACK"),
    (0x10, "IFF_POINTOPOINT"),
    (0x40, "IFF_RUNNING"),
    (0x80, "IFF_NOARP"),
    (0x1000, "IFF_MULTICAST"),
    (0x10000, "IFF_LOWER_UP"),
];

fn link(body: &[u8]) -> Vec<String> {
    let (Some(index), Some(flags), Some(change)) = (long(body, 4), long(body, 8), long(body, 12)) else {
        return Vec::new();
    };
    let (flags, change) = (bits(flags, LINK_FLAGS), bits(change, LINK_FLAGS));
    let mut parts = vec![format!("{{ifi_index={index}, ifi_flags={flags}, ifi_change={change}}}")];
    parts.extend(attributes(&body[16..], LINK));
    parts
}

fn address(body: &[u8]) -> Vec<String> {
    let (Some([family, prefix, ..]), Some(index)) = (body.first_chunk::<4>(), long(body, 4)) else {
        return Vec::new();
    };
    let family = family_name(*family);
    let mut parts = vec![format!("{{ifa_family={family}, ifa_prefixlen={prefix}, ifa_index={index}}}")];
    parts.extend(attributes(&body[8..], ADDRESS));
    parts
}

fn route(body: &[u8]) -> Vec<String> {
    let Some([family, prefix, _, _, table, ..]) = body.first_chunk::<12>() else { return Vec::new() };
    let family = family_name(*family);
    let table = if *table == 254 { "RT_TABLE_MAIN".to_owned() } else { table.to_string() };
    let mut parts = vec![format!("{{rtm_family={family}, rtm_dst_len={prefix}, rtm_table={table}}}")];
    parts.extend(attributes(&body[12..], ROUTE));
    parts
}

fn family_name(family: u8) -> String {
    match family {
        0 => "AF_UNSPEC".to_owned(),
        2 => "AF_INET".to_owned(),
        10 => "AF_INET6".to_owned(),
        other => other.to_string(),
    }
}

/// How an attribute's value is shown.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    Ip,
    LinkInfo,
    LinkData,
    Peer,
}

/// Number, name and form of the attributes that are shown.
type Table = &'static [(u16, &'static str, Form)];

const LINK: Table = &[
    (3, "IFLA_IFNAME", Form::Text),
    (4, "IFLA_MTU", Form::Number),
    (5, "IFLA_LINK", Form::Number),
    (18, "IFLA_LINKINFO", Form::LinkInfo),
    (19, "IFLA_NET_NS_PID", Form::Number),
    (28, "IFLA_NET_NS_FD", Form::Number),
];
const LINK_INFO: Table = &[(1, "IFLA_INFO_KIND", Form::Text), (2, "IFLA_INFO_DATA", Form::LinkData)];
const VETH: Table = &[(1, "VETH_INFO_PEER", Form::Peer)];
const ADDRESS: Table =
    &[(1, "IFA_ADDRESS", Form::Ip), (2, "IFA_LOCAL", Form::Ip), (3, "IFA_LABEL", Form::Text)];
const ROUTE: Table = &[(1, "RTA_DST", Form::Ip), (4, "RTA_OIF", Form::Number), (5, "RTA_GATEWAY", Form::Ip)];

fn attributes(bytes: &[u8], table: Table) -> Vec<String> {
    let mut texts = Vec::new();
    let (mut omitted, mut is_veth) = (false, false);
    for attribute in NlasIterator::new(bytes) {
        let Ok(attribute) = attribute else {
            omitted = true;
            break;
        };
        let value = attribute.value();
        let Some((_, name, form)) = table.iter().find(|(number, ..)| *number == attribute.kind()) else {
            omitted = true;
            continue;
        };
        // What IFLA_INFO_DATA holds depends on the kind of link, which stands before it.
        is_veth |= *name == "IFLA_INFO_KIND" && value.starts_with(b"veth");
        let shown = match form {
            Form::LinkData if !is_veth => format!("{{{} bytes}}", value.len()),
            form => form.show(value),
        };
        texts.push(format!("{name}={shown}"));
    }
    if omitted {
        texts.push("...".to_owned());
    }
    texts
}

impl Form {
    fn show(self, value: &[u8]) -> String {
        let raw = || format!("{{{} bytes}}", value.len());
        match self {
            Form::Text => {
                let end = value.iter().position(|b| *b == 0).unwrap_or(value.len());
                format!("{:?}", String::from_utf8_lossy(&value[..end]))
            }
            Form::Number => long(value, 0).map_or_else(raw, |n| n.to_string()),
            Form::Ip => match <[u8; 4]>::try_from(value) {
                Ok(octets) => Ipv4Addr::from(octets).to_string(),
                Err(_) => raw(),
            },
            Form::LinkInfo => format!("[{}]", attributes(value, LINK_INFO).join(", ")),
            Form::LinkData => format!("[{}]", attributes(value, VETH).join(", ")),
            Form::Peer => format!("[{}]", link(value).join(", ")),
        }
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
        let length = (HEADER + body.len()) as u32;
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(body);
        bytes
    }

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link_header(flags: u32) -> Vec<u8> {
        [0u32, 0, flags, flags].iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    /// `ip link add left type veth peer name right netns /proc/self/fd/7`
    fn veth() -> Vec<u8> {
        let peer = [link_header(0), attribute(3, b"right\0"), attribute(28, &7u32.to_ne_bytes())].concat();
        let data = attribute(0x8000 | 2, &attribute(0x8000 | 1, &peer));
        let info = attribute(0x8000 + 18, &[attribute(1, b"veth\0"), data].concat());
        framed(16, 0x605, &[link_header(0), attribute(3, b"left\0"), info].concat())
    }

    #[test]
    fn a_link_is_switched_on() {
        let bytes = framed(16, 5, &[link_header(1), attribute(3, b"lo\0")].concat());
        assert_eq!(
            describe(&bytes),
            "[{nlmsg_len=40, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK}, \
             {ifi_index=0, ifi_flags=IFF_UP, ifi_change=IFF_UP}, IFLA_IFNAME=\"lo\"]"
        );
    }

    #[test]
    fn a_veth_pair_names_both_ends() {
        assert_eq!(
            describe(&veth()),
            "[{nlmsg_len=104, nlmsg_type=RTM_NEWLINK, \
             nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK|NLM_F_CREATE|NLM_F_EXCL}, \
             {ifi_index=0, ifi_flags=0, ifi_change=0}, IFLA_IFNAME=\"left\", \
             IFLA_LINKINFO=[IFLA_INFO_KIND=\"veth\", IFLA_INFO_DATA=[VETH_INFO_PEER=\
             [{ifi_index=0, ifi_flags=0, ifi_change=0}, IFLA_IFNAME=\"right\", IFLA_NET_NS_FD=7]]]]"
        );
    }

    #[test]
    fn addresses_and_routes_are_shown_as_ipv4() {
        let header = [2, 24, 0, 0, 2, 0, 0, 0];
        let bytes = framed(20, 0x605, &[header.to_vec(), attribute(2, &[10, 77, 0, 1])].concat());
        assert!(
            describe(&bytes)
                .ends_with("{ifa_family=AF_INET, ifa_prefixlen=24, ifa_index=2}, IFA_LOCAL=10.77.0.1]")
        );
        let header = [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        let bytes = framed(24, 0x605, &[header.to_vec(), attribute(5, &[10, 77, 0, 2])].concat());
        assert!(describe(&bytes).ends_with(
            "{rtm_family=AF_INET, rtm_dst_len=0, rtm_table=RT_TABLE_MAIN}, RTA_GATEWAY=10.77.0.2]"
        ));
    }

    #[test]
    fn the_answer_is_an_acknowledgement_or_an_errno() {
        let ack = framed(2, 0x100, &0i32.to_ne_bytes());
        assert_eq!(
            describe(&ack),
            "[{nlmsg_len=20, nlmsg_type=NLMSG_ERROR, nlmsg_flags=NLM_F_CAPPED}, {error=0}]"
        );
        assert!(describe(&framed(2, 0, &(-1i32).to_ne_bytes())).ends_with("{error=-EPERM}]"));
    }

    #[test]
    fn a_dump_is_named_as_such_and_cut_after_a_few() {
        assert_eq!(
            describe(&framed(18, 0x301, &[])),
            "{nlmsg_len=16, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP}"
        );
        let many = framed(3, 2, &[]).repeat(SHOWN + 1);
        assert_eq!(describe(&many).matches("NLMSG_DONE").count(), SHOWN);
        assert!(describe(&many).ends_with(", ..."));
    }

    #[test]
    fn any_cut_or_broken_buffer_gives_a_text() {
        let whole = veth();
        for size in 0..whole.len() {
            assert!(!describe(&whole[..size]).is_empty());
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] = 0xff;
            assert!(!describe(&broken).is_empty());
        }
        assert_eq!(describe(&[0; 40]), "{40 bytes}");
    }
}
