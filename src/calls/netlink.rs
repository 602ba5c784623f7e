//! Messages of `rtnetlink(7)` in words, in the form of `strace(1)`. Pure: whatever the bytes are, the answer is a text.

use super::netfilter;
use netlink_packet_core::NlasIterator;
use std::net::Ipv4Addr;

/// Messages that are written out; a dump of a busy machine has hundreds.
const SHOWN: usize = 4;
/// A batch for nftables is one thing: its beginning, table, chain, rule and end.
const SHOWN_OF_BATCH: usize = 5;
const HEADER: usize = 16;
/// Types of netfilter have the number of their subsystem in the upper byte, which is 0 in those of the routing family.
const FIRST_SUBSYSTEM: u16 = 0x100;

/// A buffer as it went to or came from a netlink socket of the routing family; one that was cut is told as far as
/// it goes: `[{nlmsg_len=32, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK}, {ifi_index=0, …}, …]`.
pub fn describe(buffer: &[u8]) -> String {
    let mut texts = Vec::new();
    let batch = netfilter::is_batch(buffer);
    let most = if batch { SHOWN_OF_BATCH } else { SHOWN };
    let mut rest = buffer;
    while let Some(length) = long(rest, 0) {
        if rest.len() < HEADER || (length as usize) < HEADER {
            break;
        }
        if texts.len() == most {
            texts.push("...".to_owned());
            break;
        }
        let end = (length as usize).min(rest.len());
        texts.push(message(&rest[..end], length, batch));
        rest = rest.get((length as usize).next_multiple_of(4)..).unwrap_or(&[]);
    }
    if texts.is_empty() { format!("{{{} bytes}}", buffer.len()) } else { texts.join(", ") }
}

fn message(bytes: &[u8], length: u32, batch: bool) -> String {
    let (kind, flags) = (short(bytes, 4).unwrap_or(0), short(bytes, 6).unwrap_or(0));
    let netfilter = if batch || kind >= FIRST_SUBSYSTEM { netfilter::name(kind) } else { None };
    let routing = || TYPES.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name);
    let name = netfilter.or_else(routing).map_or_else(|| kind.to_string(), str::to_owned);
    let header =
        format!("{{nlmsg_len={length}, nlmsg_type={name}, nlmsg_flags={}}}", message_flags(&name, flags));
    let body = &bytes[HEADER..];
    let mut parts = vec![header];
    match kind {
        _ if netfilter.is_some() => parts.extend(netfilter::body(kind, body)),
        2 => parts.extend(long(body, 0).map(|code| error(code as i32))),
        16..=19 => parts.extend(link(body)),
        20..=22 => parts.extend(address(body)),
        24..=26 => parts.extend(route(body)),
        28..=30 => parts.extend(neighbour(body)),
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
        n if n.starts_with("RTM_GET") || n.starts_with("NFT_MSG_GET") => OF_GET,
        n if n.starts_with("RTM_NEW") || n.starts_with("NFT_MSG_NEW") => OF_NEW,
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

const NEIGHBOUR_STATE: &[(u32, &str)] =
    &[(0x02, "NUD_REACHABLE"), (0x04, "NUD_STALE"), (0x40, "NUD_NOARP"), (0x80, "NUD_PERMANENT")];
const NEIGHBOUR_FLAGS: &[(u32, &str)] = &[(0x02, "NTF_SELF"), (0x04, "NTF_MASTER")];

fn neighbour(body: &[u8]) -> Vec<String> {
    let (Some(family), Some(index), Some(state), Some(flags)) =
        (body.first(), long(body, 4), short(body, 8), body.get(10))
    else {
        return Vec::new();
    };
    let family = family_name(*family);
    let (state, flags) = (bits(state.into(), NEIGHBOUR_STATE), bits((*flags).into(), NEIGHBOUR_FLAGS));
    let mut parts =
        vec![format!("{{ndm_family={family}, ndm_ifindex={index}, ndm_state={state}, ndm_flags={flags}}}")];
    parts.extend(attributes(body.get(12..).unwrap_or(&[]), NEIGHBOUR));
    parts
}

fn family_name(family: u8) -> String {
    match family {
        0 => "AF_UNSPEC".to_owned(),
        2 => "AF_INET".to_owned(),
        7 => "AF_BRIDGE".to_owned(),
        10 => "AF_INET6".to_owned(),
        other => other.to_string(),
    }
}

/// How an attribute's value is shown.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    /// 16 bits in network order.
    Port,
    Ip,
    Mac,
    LinkInfo,
    LinkData,
    Peer,
}

/// Number, name and form of the attributes that are shown.
type Table = &'static [(u16, &'static str, Form)];

const LINK: Table = &[
    (1, "IFLA_ADDRESS", Form::Mac),
    (3, "IFLA_IFNAME", Form::Text),
    (4, "IFLA_MTU", Form::Number),
    (5, "IFLA_LINK", Form::Number),
    (10, "IFLA_MASTER", Form::Number),
    (18, "IFLA_LINKINFO", Form::LinkInfo),
    (19, "IFLA_NET_NS_PID", Form::Number),
    (28, "IFLA_NET_NS_FD", Form::Number),
];
const LINK_INFO: Table = &[(1, "IFLA_INFO_KIND", Form::Text), (2, "IFLA_INFO_DATA", Form::LinkData)];
const VETH: Table = &[(1, "VETH_INFO_PEER", Form::Peer)];
/// What `IFLA_INFO_DATA` holds in each kind of link.
const KINDS: &[(&str, Table)] = &[("veth", VETH), ("vxlan", VXLAN)];
const VXLAN: Table = &[
    (1, "IFLA_VXLAN_ID", Form::Number),
    (2, "IFLA_VXLAN_GROUP", Form::Ip),
    (4, "IFLA_VXLAN_LOCAL", Form::Ip),
    (15, "IFLA_VXLAN_PORT", Form::Port),
];
const NEIGHBOUR: Table = &[(1, "NDA_DST", Form::Ip), (2, "NDA_LLADDR", Form::Mac)];
const ADDRESS: Table =
    &[(1, "IFA_ADDRESS", Form::Ip), (2, "IFA_LOCAL", Form::Ip), (3, "IFA_LABEL", Form::Text)];
const ROUTE: Table = &[(1, "RTA_DST", Form::Ip), (4, "RTA_OIF", Form::Number), (5, "RTA_GATEWAY", Form::Ip)];

fn attributes(bytes: &[u8], table: Table) -> Vec<String> {
    let mut texts = Vec::new();
    let (mut omitted, mut data) = (false, None);
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
        if *name == "IFLA_INFO_KIND" {
            data =
                KINDS.iter().find(|(kind, _)| value.strip_suffix(b"\0").unwrap_or(value) == kind.as_bytes());
        }
        let shown = match (form, data) {
            (Form::LinkData, Some((_, table))) => format!("[{}]", attributes(value, table).join(", ")),
            (form, _) => form.show(value),
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
            Form::LinkData => raw(),
            Form::Port => match <[u8; 2]>::try_from(value) {
                Ok(bytes) => format!("htons({})", u16::from_be_bytes(bytes)),
                Err(_) => raw(),
            },
            Form::Mac => match <[u8; 6]>::try_from(value) {
                Ok(bytes) => bytes.map(|byte| format!("{byte:02x}")).join(":"),
                Err(_) => raw(),
            },
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
    fn a_vxlan_and_its_forwarding_table() {
        let data = [
            attribute(1, &42u32.to_ne_bytes()),
            attribute(4, &[192, 0, 2, 1]),
            attribute(15, &4789u16.to_be_bytes()),
        ];
        let info = attribute(18, &[attribute(1, b"vxlan\0"), attribute(2, &data.concat())].concat());
        let bytes = framed(16, 0x605, &[link_header(0), attribute(3, b"vx\0"), info].concat());
        assert!(describe(&bytes).ends_with(
            "IFLA_INFO_DATA=[IFLA_VXLAN_ID=42, IFLA_VXLAN_LOCAL=192.0.2.1, IFLA_VXLAN_PORT=htons(4789)]]]"
        ));
        let header = [7, 0, 0, 0, 3, 0, 0, 0, 0x80, 0, 2, 0];
        let entry = [attribute(2, &[2, 0, 0, 0, 0, 1]), attribute(1, &[192, 0, 2, 2])];
        let bytes = framed(28, 0x605, &[header.to_vec(), entry.concat()].concat());
        assert!(describe(&bytes).ends_with(
            "{ndm_family=AF_BRIDGE, ndm_ifindex=3, ndm_state=NUD_PERMANENT, ndm_flags=NTF_SELF}, \
             NDA_LLADDR=02:00:00:00:00:01, NDA_DST=192.0.2.2]"
        ));
        let bytes = framed(
            16,
            5,
            &[link_header(0), attribute(3, b"l\0"), attribute(10, &4u32.to_ne_bytes())].concat(),
        );
        assert!(describe(&bytes).ends_with("IFLA_IFNAME=\"l\", IFLA_MASTER=4]"));
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
