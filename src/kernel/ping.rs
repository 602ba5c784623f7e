//! ICMP echo: what `ping(8)` does (RFC 792, `icmp(7)`, `raw(7)`).

use super::socket::{self, ICMP, Socket};
use super::{Error, Result};
use crate::calls::icmp::{ECHO_REPLY, ECHO_REQUEST, TIME_EXCEEDED, UNREACHABLE, word};
use crate::model::Errno;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PingReport {
    /// Echo requests sent.
    pub sent: u32,
    /// The time from request to answer, one for each request that was answered, in order of arrival.
    pub round_trips: Vec<Duration>,
}

impl PingReport {
    /// How many requests were answered.
    pub fn received(&self) -> u32 {
        u32::try_from(self.round_trips.len()).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for PingReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} sent, {} received", self.sent, self.received())?;
        for time in &self.round_trips {
            write!(f, ", {:.3} ms", time.as_secs_f64() * 1000.0)?;
        }
        Ok(())
    }
}

/// Text that every request carries after the ICMP header, from the beginning again where there is room for more.
const PAYLOAD: &[u8] = b"isolab echo request, answer this";
/// Room for an IPv4 header with all options and for that of ICMP, in bytes.
const HEADERS: usize = 60 + 8;

/// What is sent, and for how long answers are awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    /// How many requests, 1 to 65535.
    pub count: u32,
    /// How long to wait for all answers.
    pub wait: Duration,
    /// How many bytes each carries after its ICMP header: `ping -s`.
    pub size: usize,
    /// Whether a packet that is larger than the MTU of its route is refused instead of cut: `ping -M do`.
    pub dont_fragment: bool,
}

impl Default for Echo {
    fn default() -> Self {
        Echo { count: 1, wait: Duration::from_secs(1), size: PAYLOAD.len(), dont_fragment: false }
    }
}

/// Sends echo requests, each as soon as the one before is answered or its share of the time is over, and
/// collects answers until all are there or the time is over. At least one answer is a success.
///
/// # Errors
/// Whatever `sendto(2)` says (`ENETUNREACH` without a route, `EMSGSIZE` for a packet that is too large and may not be
/// fragmented), the errno of an ICMP error that comes back before any answer (`EHOSTUNREACH` when nobody answers to
/// ARP, `EMSGSIZE` from a router whose next link is too small), `ETIMEDOUT` when nothing comes, `EPERM` without
/// `CAP_NET_RAW`.
pub fn ping(address: Ipv4Addr, echo: &Echo) -> Result<PingReport> {
    if echo.count == 0 || echo.count > u32::from(u16::MAX) {
        return Err(Error::new("ping", address, Errno(libc::EINVAL)));
    }
    let socket = socket::open(&ICMP)?;
    if echo.dont_fragment {
        socket::dont_fragment(&socket)?;
    }
    exchange(&socket, address, echo)
}

fn exchange(socket: &Socket, address: Ipv4Addr, echo: &Echo) -> Result<PingReport> {
    // Other pings in this namespace get our answers too and we theirs: process and sequence number tell them apart.
    let id = std::process::id() as u16;
    let target = SocketAddrV4::new(address, 0);
    let begin = Instant::now();
    let mut waiting: Vec<Option<Instant>> = Vec::new();
    let mut report = PingReport { sent: 0, round_trips: Vec::new() };
    let mut buffer = vec![0; (HEADERS + echo.size).max(1024)];
    for sequence in 1..=echo.count {
        let bytes = request(id, sequence as u16, echo.size);
        waiting.push(Some(Instant::now()));
        socket::send_to(socket, &bytes, &target, address)?;
        report.sent = sequence;
        let until = begin + echo.wait * sequence / echo.count;
        while report.received() < report.sent && socket::readable(socket.as_fd(), until)? {
            collect(socket, address, id, &mut buffer, &mut waiting, &mut report)?;
        }
    }
    if report.round_trips.is_empty() {
        return Err(Error::new("ping", address, Errno(libc::ETIMEDOUT)));
    }
    Ok(report)
}

/// Takes one packet from the socket and notes it when it is about one of ours.
fn collect(
    socket: &Socket,
    address: Ipv4Addr,
    id: u16,
    buffer: &mut [u8],
    waiting: &mut [Option<Instant>],
    report: &mut PingReport,
) -> Result<()> {
    let Some((size, _)) = socket::receive(socket, buffer, address)? else { return Ok(()) };
    match understand(&buffer[..size], address, id) {
        Some(Answer::Reply(sequence)) => {
            let begun = waiting.get_mut(usize::from(sequence).wrapping_sub(1)).and_then(Option::take);
            report.round_trips.extend(begun.map(|at| at.elapsed()));
            Ok(())
        }
        Some(Answer::Refused(errno)) if report.round_trips.is_empty() => {
            Err(Error::new("ping", address, errno))
        }
        _ => Ok(()),
    }
}

/// What a received packet says about our requests.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// The request with this sequence number is answered.
    Reply(u16),
    /// A request could not be delivered.
    Refused(Errno),
}

/// Splits an IPv4 packet into its source and destination, and what it carries.
fn payload(packet: &[u8]) -> Option<([Ipv4Addr; 2], &[u8])> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let address = |at: usize| {
        let bytes: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
        Some(Ipv4Addr::from(bytes))
    };
    Some(([address(12)?, address(16)?], packet.get(header.max(20)..)?))
}

fn understand(packet: &[u8], target: Ipv4Addr, id: u16) -> Option<Answer> {
    let ([source, _], icmp) = payload(packet)?;
    match *icmp.first()? {
        ECHO_REPLY if source == target && word(icmp, 4)? == id => Some(Answer::Reply(word(icmp, 6)?)),
        kind @ (UNREACHABLE | TIME_EXCEEDED) => {
            // An ICMP error quotes the packet that it is about, after 8 bytes of its own.
            let ([_, destination], quoted) = payload(icmp.get(8..)?)?;
            let ours = destination == target && *quoted.first()? == ECHO_REQUEST && word(quoted, 4)? == id;
            ours.then_some(Answer::Refused(errno_of(kind, *icmp.get(1)?)))
        }
        _ => None,
    }
}

/// The errno that the kernel itself makes of an ICMP error (`icmp_err_convert` in `net/ipv4/icmp.c`).
fn errno_of(kind: u8, code: u8) -> Errno {
    Errno(match (kind, code) {
        (UNREACHABLE, 0 | 6 | 9 | 11) => libc::ENETUNREACH,
        (UNREACHABLE, 2) => libc::ENOPROTOOPT,
        (UNREACHABLE, 3) => libc::ECONNREFUSED,
        (UNREACHABLE, 4) => libc::EMSGSIZE,
        (UNREACHABLE, 5) => libc::EOPNOTSUPP,
        (UNREACHABLE, 7) => libc::EHOSTDOWN,
        _ => libc::EHOSTUNREACH,
    })
}

fn request(id: u16, sequence: u16, size: usize) -> Vec<u8> {
    let mut bytes = vec![ECHO_REQUEST, 0, 0, 0];
    bytes.extend(id.to_be_bytes());
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(PAYLOAD.iter().cycle().take(size));
    let sum = checksum(&bytes);
    bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// The ones' complement of the ones' complement sum of all 16-bit words (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|c| u32::from(c[0]) << 8 | u32::from(*c.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::icmp::describe;

    const HERE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
    const THERE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

    fn packet(from: Ipv4Addr, to: Ipv4Addr, icmp: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x45; 12];
        bytes.extend(from.octets());
        bytes.extend(to.octets());
        bytes.extend(icmp);
        bytes
    }

    #[test]
    fn a_request_has_a_checksum_that_sums_to_zero() {
        let bytes = request(4211, 3, 32);
        assert_eq!(checksum(&bytes), 0);
        for size in [0, 1, 33, 1472] {
            let bytes = request(4211, 3, size);
            assert_eq!((checksum(&bytes), bytes.len()), (0, 8 + size));
        }
        assert_eq!(describe(&bytes), "{type=ICMP_ECHO, code=0, id=4211, seq=3}");
    }

    #[test]
    fn only_answers_to_us_count() {
        let mut reply = request(7, 2, 32);
        reply[0] = ECHO_REPLY;
        assert_eq!(understand(&packet(THERE, HERE, &reply), THERE, 7), Some(Answer::Reply(2)));
        assert_eq!(understand(&packet(THERE, HERE, &reply), THERE, 8), None);
        assert_eq!(understand(&packet(HERE, HERE, &reply), THERE, 7), None);
        assert_eq!(understand(&packet(THERE, HERE, &request(7, 2, 32)), THERE, 7), None);
    }

    #[test]
    fn an_icmp_error_counts_when_it_quotes_our_request() {
        let mut error = vec![UNREACHABLE, 1, 0, 0, 0, 0, 0, 0];
        error.extend(packet(HERE, THERE, &request(7, 1, 32)));
        let whole = packet(HERE, HERE, &error);
        assert_eq!(understand(&whole, THERE, 7), Some(Answer::Refused(Errno(libc::EHOSTUNREACH))));
        assert_eq!(understand(&whole, THERE, 9), None);
        assert_eq!(understand(&whole, HERE, 7), None);
        assert_eq!(describe(&error), "{type=ICMP_DEST_UNREACH, code=1}");
    }

    #[test]
    fn a_cut_packet_says_nothing() {
        let mut reply = request(7, 2, 32);
        reply[0] = ECHO_REPLY;
        let whole = packet(THERE, HERE, &reply);
        for size in 0..27 {
            assert_eq!(understand(&whole[..size], THERE, 7), None, "{size} bytes");
        }
    }

    #[test]
    fn the_report_reads_as_a_sentence() {
        let report = PingReport { sent: 2, round_trips: vec![Duration::from_micros(1500)] };
        assert_eq!(report.to_string(), "2 sent, 1 received, 1.500 ms");
    }
}
