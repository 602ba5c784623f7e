//! Rules of nftables, by netlink (`linux/netfilter/nf_tables.h`). Table, chain and rule go in one batch, which the kernel takes whole or not
//! at all. The socket belongs to the caller's network namespace, and so do the rules.

use super::Result;
use super::netlink::{self, Answer};
use super::socket::{self, NETLINK_NETFILTER};
use crate::model::attributes::{nested, number, text};
use crate::model::nft::Rule;
use netlink_packet_core::{NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_REQUEST};
use rustix::net::netlink::SocketAddrNetlink;
use std::ops::ControlFlow;
use std::time::Duration;

/// How long the kernel may take to acknowledge. The first rule may load modules.
const DEADLINE: Duration = Duration::from_secs(10);
/// The table that the rules are in; `docker` uses the same name.
const TABLE: &str = "nat";

/// `NFNL_MSG_BATCH_BEGIN` and `NFNL_MSG_BATCH_END`.
const BATCH: [u16; 2] = [0x10, 0x11];
const SUBSYSTEM: u16 = 10;
const NEW_TABLE: u16 = SUBSYSTEM << 8;
const NEW_CHAIN: u16 = SUBSYSTEM << 8 | 3;
const NEW_RULE: u16 = SUBSYSTEM << 8 | 6;
const IPV4: u8 = 2;

/// A chain of the table, each at the hook of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// For packets that come in, before it is decided where they go.
    Prerouting,
    /// For packets of this host's own programs.
    Output,
    /// For packets that leave.
    Postrouting,
}

impl Chain {
    fn name(self) -> &'static str {
        match self {
            Chain::Prerouting => "prerouting",
            Chain::Output => "output",
            Chain::Postrouting => "postrouting",
        }
    }

    /// The hook's number (`linux/netfilter.h`), and the priority that `nft(8)` calls `dstnat` or `srcnat`.
    fn hook(self) -> (u32, i32) {
        match self {
            Chain::Prerouting => (0, -100),
            Chain::Output => (3, -100),
            Chain::Postrouting => (4, 100),
        }
    }
}

/// Appends a rule to a chain of the table `nat`; both are made if they are not there. `EOPNOTSUPP`, `EPROTONOSUPPORT` or `ENOENT` when the kernel has no
/// nf_tables or no NAT, `EPERM` without `CAP_NET_ADMIN`.
pub fn append(chain: Chain, rule: &Rule) -> Result<()> {
    let (hook, priority) = chain.hook();
    let hook = [number(1, hook), number(2, priority.cast_unsigned())].concat();
    let chain_body = [text(1, TABLE), text(3, chain.name()), nested(4, &hook), text(7, "nat")].concat();
    let rule_body = [text(1, TABLE), text(2, chain.name()), nested(4, &rule.encode())].concat();
    let make = NLM_F_CREATE | NLM_F_ACK;
    let messages = [
        (BATCH[0], 0, 0, SUBSYSTEM, Vec::new()),
        (NEW_TABLE, make, IPV4, 0, text(1, TABLE)),
        (NEW_CHAIN, make, IPV4, 0, chain_body),
        (NEW_RULE, make | NLM_F_APPEND, IPV4, 0, rule_body),
        (BATCH[1], 0, 0, SUBSYSTEM, Vec::new()),
    ];
    let mut batch = Vec::new();
    let mut unacknowledged = 0;
    for (sequence, (kind, flags, family, resource, body)) in (1u32..).zip(messages) {
        unacknowledged += usize::from(flags & NLM_F_ACK != 0);
        batch.extend((20 + body.len() as u32).to_ne_bytes());
        batch.extend(kind.to_ne_bytes());
        batch.extend((NLM_F_REQUEST | flags).to_ne_bytes());
        batch.extend(sequence.to_ne_bytes());
        batch.extend(0u32.to_ne_bytes());
        // struct nfgenmsg: family, version, and a number in the order of the network.
        batch.extend([family, 0]);
        batch.extend(resource.to_be_bytes());
        batch.extend(body);
    }
    let object = format!("{TABLE} {}", chain.name());
    let socket = socket::open(&NETLINK_NETFILTER)?;
    socket::bind(&socket, &SocketAddrNetlink::new(0, 0), "NETLINK_NETFILTER")?;
    socket::send_to(&socket, &batch, &SocketAddrNetlink::new(0, 0), &object)?;
    netlink::hear(
        &socket,
        DEADLINE,
        ["NFT_MSG_NEWRULE", &object],
        |_| true,
        |heard| {
            if matches!(heard, Answer::Acknowledged) {
                unacknowledged -= 1;
            }
            if unacknowledged == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    )
}
