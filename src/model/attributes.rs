//! Attributes of netlink messages: a length, a type, a value (`netlink(7)`). Pure.

/// An attribute whose value is a list of attributes has this bit in its type.
const NESTED: u16 = 0x8000;
/// What is left of a type without its flags (`NLA_TYPE_MASK`).
const TYPE: u16 = 0x3fff;

/// An attribute of netlink, filled up to a multiple of 4 bytes.
pub fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An attribute with a 32-bit number, in the order of the network, as netfilter wants it.
pub fn number(kind: u16, number: u32) -> Vec<u8> {
    attribute(kind, &number.to_be_bytes())
}

/// An attribute with a text and its zero.
pub fn text(kind: u16, text: &str) -> Vec<u8> {
    attribute(kind, &[text.as_bytes(), &[0]].concat())
}

/// An attribute that holds others.
pub fn nested(kind: u16, attributes: &[u8]) -> Vec<u8> {
    attribute(NESTED | kind, attributes)
}

/// Attributes, taken apart: type without its flags, and value.
pub struct Parts<'b>(pub Vec<(u16, &'b [u8])>);

impl<'b> Parts<'b> {
    /// What is there; a broken rest is left out.
    pub fn of(mut bytes: &'b [u8]) -> Self {
        let mut all = Vec::new();
        while let (Some(length), Some(kind)) = (short(bytes, 0), short(bytes, 2)) {
            let length = usize::from(length);
            let Some(value) = bytes.get(4..length) else { break };
            all.push((kind & TYPE, value));
            bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        }
        Parts(all)
    }

    /// The first of this type.
    pub fn get(&self, kind: u16) -> Option<&'b [u8]> {
        self.0.iter().find(|(k, _)| *k == kind).map(|(_, value)| *value)
    }

    /// A 32-bit number in the order of the network.
    pub fn number(&self, kind: u16) -> Option<u32> {
        self.get(kind)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// A 64-bit number in the order of the network.
    pub fn long(&self, kind: u16) -> Option<u64> {
        self.get(kind)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// A text without its zero.
    pub fn text(&self, kind: u16) -> Option<String> {
        let bytes = self.get(kind)?;
        Some(String::from_utf8_lossy(bytes.strip_suffix(&[0]).unwrap_or(bytes)).into_owned())
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
