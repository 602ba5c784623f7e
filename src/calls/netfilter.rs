//! Messages of nftables in words, inside of what `calls/netlink.rs` says of a message's header. Pure.

use crate::model::attributes::Parts;
use crate::model::nft::Rule;

/// Bytes of `struct nfgenmsg`.
const HEADER: usize = 4;

/// The name of a message's type, where it belongs to netfilter.
pub(super) fn name(kind: u16) -> Option<&'static str> {
    TYPES.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// Whether a buffer begins with a batch. Its type has the number of `RTM_NEWLINK`, which is never so short.
pub(super) fn is_batch(buffer: &[u8]) -> bool {
    let length = buffer.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes));
    length == Some(20) && buffer.get(4..6) == Some(&0x10u16.to_ne_bytes())
}

const TYPES: &[(u16, &str)] = &[
    (0x010, "NFNL_MSG_BATCH_BEGIN"),
    (0x011, "NFNL_MSG_BATCH_END"),
    (0xa00, "NFT_MSG_NEWTABLE"),
    (0xa03, "NFT_MSG_NEWCHAIN"),
    (0xa06, "NFT_MSG_NEWRULE"),
    (0xa07, "NFT_MSG_GETRULE"),
];

/// A message's body; a rule also as the command of `nft(8)` that makes it.
pub(super) fn body(kind: u16, bytes: &[u8]) -> Vec<String> {
    let family = match bytes.first() {
        Some(0) => "NFPROTO_UNSPEC".to_owned(),
        Some(2) => "NFPROTO_IPV4".to_owned(),
        Some(other) => other.to_string(),
        None => return Vec::new(),
    };
    let mut parts = vec![format!("{{nfgen_family={family}}}")];
    let attributes = Parts::of(bytes.get(HEADER..).unwrap_or(&[]));
    let text = |number| attributes.text(number).unwrap_or_else(|| "?".to_owned());
    match kind {
        0xa00 => parts.push(format!("NFTA_TABLE_NAME={:?}", text(1))),
        0xa03 => {
            let hook = Parts::of(attributes.get(4).unwrap_or(&[]));
            let number =
                |kind| hook.number(kind).map_or_else(|| "?".to_owned(), |n| n.cast_signed().to_string());
            parts.push(format!("NFTA_CHAIN_TABLE={:?}, NFTA_CHAIN_NAME={:?}", text(1), text(3)));
            parts.push(format!("NFTA_CHAIN_HOOK=[hook {}, priority {}]", number(1), number(2)));
            parts.push(format!("NFTA_CHAIN_TYPE={:?}", text(7)));
        }
        0xa06 => {
            let rule = Rule::decode(attributes.get(4).unwrap_or(&[]));
            parts.push(format!("NFTA_RULE_TABLE={:?}, NFTA_RULE_CHAIN={:?}", text(1), text(2)));
            parts.push(format!("NFTA_RULE_EXPRESSIONS=[{}] /* {rule} */", rule.kinds().join(", ")));
        }
        _ => {}
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attributes::{nested, text};
    use crate::model::nft::Expression;

    #[test]
    fn a_rule_is_told_with_its_meaning() {
        let rule = Rule([&Expression::leaves_by("wan")[..], &[Expression::Masquerade]].concat());
        let bytes =
            [vec![2, 0, 0, 0], text(1, "nat"), text(2, "postrouting"), nested(4, &rule.encode())].concat();
        assert_eq!(
            body(0xa06, &bytes).join(", "),
            "{nfgen_family=NFPROTO_IPV4}, NFTA_RULE_TABLE=\"nat\", NFTA_RULE_CHAIN=\"postrouting\", \
             NFTA_RULE_EXPRESSIONS=[meta, cmp, masq] /* oifname \"wan\" masquerade */"
        );
    }

    #[test]
    fn cut_messages_give_a_text() {
        for kind in [0x10, 0xa00, 0xa03, 0xa06] {
            assert!(body(kind, &[]).is_empty());
            assert!(!body(kind, &[2]).is_empty());
            assert!(!body(kind, &[2, 0, 0, 0, 9, 0, 1, 0, b'n']).is_empty());
        }
    }
}
