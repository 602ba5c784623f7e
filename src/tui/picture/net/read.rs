//! A readout without its box, and the network namespaces of boxes.

use crate::model::{NamespaceMap, Reading};
use crate::vocabulary::Reader;

/// What was read of one thing in a network namespace.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    pub reader: &'a Reader,
    pub before: &'a Reading,
    pub after: &'a Reading,
}

/// The network namespace of a box.
pub fn namespace(map: Option<&NamespaceMap>, of: &str) -> Option<String> {
    map?.members.iter().find(|member| member.name == of)?.links.get("net").cloned()
}

/// Whether both are known, and not the same.
pub fn differs(before: Option<&String>, now: Option<&String>) -> bool {
    before.is_some() && now.is_some() && before != now
}
