//! ICMP messages (`icmp(7)`, RFC 792) in words.

/// Types of messages.
pub(crate) const ECHO_REPLY: u8 = 0;
/// See [`ECHO_REPLY`].
pub(crate) const UNREACHABLE: u8 = 3;
/// See [`ECHO_REPLY`].
pub(crate) const ECHO_REQUEST: u8 = 8;
/// See [`ECHO_REPLY`].
pub(crate) const TIME_EXCEEDED: u8 = 11;

/// An ICMP message in words: `{type=ICMP_ECHO, code=0, id=4211, seq=1}`.
pub(crate) fn describe(icmp: &[u8]) -> String {
    let [kind, code, ..] = icmp else { return "{}".to_owned() };
    let name = match *kind {
        ECHO_REPLY => "ICMP_ECHOREPLY".to_owned(),
        UNREACHABLE => "ICMP_DEST_UNREACH".to_owned(),
        ECHO_REQUEST => "ICMP_ECHO".to_owned(),
        TIME_EXCEEDED => "ICMP_TIME_EXCEEDED".to_owned(),
        other => other.to_string(),
    };
    match (*kind, word(icmp, 4), word(icmp, 6)) {
        (ECHO_REPLY | ECHO_REQUEST, Some(id), Some(sequence)) => {
            format!("{{type={name}, code={code}, id={id}, seq={sequence}}}")
        }
        _ => format!("{{type={name}, code={code}}}"),
    }
}

/// The 16-bit number at this byte, which is in network byte order.
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
