//! Reads what a stopped process's arguments point to, because it is gone when the process goes on.

use crate::calls;
use crate::calls::decode::numbers;
use crate::calls::decode::table::{self, Arg};
use crate::calls::raw::{RawCall, Seen};
use crate::calls::structure::word;
use crate::kernel::marker;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;
use std::io::IoSliceMut;

/// Texts are kept up to this length, in bytes (`PATH_MAX`).
const MOST_TEXT: usize = 4096;

/// Lists (`argv`, `iovec`) are kept up to this length.
const MOST_ITEMS: usize = 32;

/// What a mark in the stream of calls means (see [`marker`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Calls are recorded from here on.
    Begin,
    /// Calls are not recorded from here on, but children are still followed.
    Pause,
    /// Calls are not recorded from here on, and the process is let go.
    End,
}

/// The mark that this call is, if it is one.
pub(super) fn mark(arch: u32, nr: u64, args: &[u64; 6]) -> Option<Mark> {
    let is_mark = numbers::name(arch, nr) == Some("prctl") && args[0] as i32 == marker::OPERATION;
    is_mark.then(|| match args[1] {
        marker::BEGIN => Mark::Begin,
        marker::PAUSE => Mark::Pause,
        _ => Mark::End,
    })
}

/// Whether this call goes on with an interrupted one (`restart_syscall(2)`).
pub(super) fn restarts(arch: u32, nr: u64) -> bool {
    numbers::name(arch, nr) == Some("restart_syscall")
}

/// Whether this call is not worth keeping.
pub(super) fn is_noise(arch: u32, nr: u64) -> bool {
    numbers::name(arch, nr).is_some_and(|name| numbers::NOISE.contains(&name))
}

/// What can be read before the call.
pub(super) fn at_entry(pid: i32, arch: u32, nr: u64, args: &[u64; 6]) -> Vec<Seen> {
    let known = numbers::name(arch, nr).and_then(table::arguments).unwrap_or_default();
    let mut seen: Vec<Seen> = known
        .iter()
        .zip(args)
        .map(|(arg, value)| if arg.is_output() { None } else { before(pid, *arg, *value, args) })
        .map(|found| found.unwrap_or(Seen::Number))
        .collect();
    seen.extend(cgroup_of_child(pid, known, &seen));
    seen
}

/// What can be read after a call that has succeeded with this value.
pub(super) fn at_exit(call: &mut RawCall, value: i64) {
    let known = numbers::name(call.arch, call.nr).and_then(table::arguments).unwrap_or_default();
    let outputs = known.iter().zip(call.args).zip(&mut call.seen).filter(|((arg, _), _)| arg.is_output());
    for ((arg, address), seen) in outputs {
        let value = usize::try_from(value).unwrap_or(0);
        *seen = after(call.pid, *arg, address, value, &call.args).unwrap_or(Seen::Number);
    }
}

fn before(pid: i32, arg: Arg, value: u64, args: &[u64; 6]) -> Option<Seen> {
    let bytes = |length: usize| memory(pid, value, length.min(calls::KEPT)).map(Seen::Bytes);
    let length = |index: usize| args[index] as usize;
    match arg {
        Arg::Descriptor => file(pid, value as i32).map(Seen::File),
        Arg::Text => text(pid, value).map(Seen::Text),
        Arg::Texts => texts(pid, value).map(Seen::Texts),
        Arg::Bytes(i)
        | Arg::Message(i)
        | Arg::Address(i)
        | Arg::OptionValue(i)
        | Arg::CpuMask(i)
        | Arg::CloneArgs(i)
        | Arg::MountAttributes(i) => bytes(length(i)),
        Arg::Ids(i) => bytes(length(i).saturating_mul(4)),
        Arg::QueueMessage(i) => bytes(length(i).saturating_add(calls::MESSAGE_TYPE)),
        Arg::QueueAttributesIf(_) => bytes(4 * size_of::<libc::c_long>()),
        Arg::Pieces(i) => pieces(pid, value, length(i), usize::MAX).map(Seen::Bytes),
        Arg::CapabilityHeader => bytes(8),
        // Two triples of 32 bits each since version 2 (`capget(2)`).
        Arg::CapabilitySets => bytes(24),
        Arg::MessageHeader => message(pid, value, usize::MAX).map(Seen::Bytes),
        _ => None,
    }
}

fn after(pid: i32, arg: Arg, address: u64, value: usize, args: &[u64; 6]) -> Option<Seen> {
    let bytes = |length: usize| memory(pid, address, length.min(calls::KEPT)).map(Seen::Bytes);
    match arg {
        Arg::Filled | Arg::FilledMessage => bytes(value),
        Arg::FilledQueueMessage => bytes(value.saturating_add(calls::MESSAGE_TYPE)),
        Arg::FilledHeader => message(pid, address, value).map(Seen::Bytes),
        Arg::FilledAddress(i) => {
            let length = memory(pid, args[i], 4)?;
            bytes(u32::from_ne_bytes(length.try_into().ok()?) as usize)
        }
        Arg::FilledLength => bytes(4),
        Arg::Pair => bytes(8),
        // `wait4` gives 0 with WNOHANG when nobody has ended, and then writes nothing.
        Arg::WaitStatus if value > 0 => bytes(4),
        _ => None,
    }
}

/// The path of the cgroup that a `clone3(2)` puts its child into: a descriptor inside of the structure.
fn cgroup_of_child(pid: i32, known: &[Arg], seen: &[Seen]) -> Option<Seen> {
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
    let [Arg::CloneArgs(_), ..] = known else { return None };
    let Some(Seen::Bytes(bytes)) = seen.first() else { return None };
    let wanted = word(bytes, 0)? & CLONE_INTO_CGROUP != 0;
    // The eleventh field of `struct clone_args`.
    if wanted { file(pid, word(bytes, 10)? as i32).map(Seen::File) } else { None }
}

/// As many bytes of the process's memory as can be read, or `None` if none can.
/// The kernel may refuse, e.g. after a change of uid until `PR_SET_DUMPABLE` is set again.
fn memory(pid: i32, address: u64, length: usize) -> Option<Vec<u8>> {
    if address == 0 {
        return None;
    }
    let mut bytes = vec![0; length];
    let remote = RemoteIoVec { base: usize::try_from(address).ok()?, len: length };
    let read = process_vm_readv(Pid::from_raw(pid), &mut [IoSliceMut::new(&mut bytes)], &[remote]).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

/// A text up to its zero byte. Read page by page: what follows it may not be mapped.
fn text(pid: i32, address: u64) -> Option<String> {
    const PAGE: usize = 4096;
    let mut text = Vec::new();
    while text.len() < MOST_TEXT {
        let at = address + text.len() as u64;
        let Some(bytes) = memory(pid, at, PAGE - at as usize % PAGE).filter(|b| !b.is_empty()) else {
            break;
        };
        if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            text.extend(&bytes[..end]);
            return Some(String::from_utf8_lossy(&text).into_owned());
        }
        text.extend(bytes);
    }
    (!text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned())
}

/// The texts of a list of pointers that ends with NULL.
fn texts(pid: i32, address: u64) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for i in 0..MOST_ITEMS {
        let pointer = word(&memory(pid, address + 8 * i as u64, 8)?, 0)?;
        if pointer == 0 {
            break;
        }
        found.push(text(pid, pointer)?);
    }
    Some(found)
}

/// The bytes of a list of pieces (`struct iovec`: address and length), at most this many.
fn pieces(pid: i32, address: u64, count: usize, most: usize) -> Option<Vec<u8>> {
    let list = memory(pid, address, count.min(MOST_ITEMS) * 16)?;
    let mut bytes = Vec::new();
    for i in 0..list.len() / 16 {
        let room = calls::KEPT.min(most) - bytes.len();
        let length = room.min(word(&list, 2 * i + 1)? as usize);
        bytes.extend(memory(pid, word(&list, 2 * i)?, length).unwrap_or_default());
    }
    Some(bytes)
}

/// The data of a `struct msghdr`: its third and fourth words are the list of pieces and their number.
fn message(pid: i32, address: u64, most: usize) -> Option<Vec<u8>> {
    let header = memory(pid, address, 32)?;
    pieces(pid, word(&header, 2)?, word(&header, 3)? as usize, most)
}

/// What a descriptor of the process stands for. A socket is named by its protocol where the kernel tells it
/// (`system.sockprotoname`), as `strace -yy` does.
fn file(pid: i32, fd: i32) -> Option<String> {
    if fd < 0 {
        return None;
    }
    let link = format!("/proc/{pid}/fd/{fd}");
    let target = std::fs::read_link(&link).ok()?.to_string_lossy().into_owned();
    let Some(inode) = target.strip_prefix("socket:") else { return Some(target) };
    let mut name = [0u8; 32];
    let length = rustix::fs::getxattr(&link, "system.sockprotoname", &mut name[..]).unwrap_or(0);
    let name = String::from_utf8_lossy(&name[..length]);
    let name = name.trim_end_matches('\0');
    Some(if name.is_empty() { target.clone() } else { format!("{name}:{inode}") })
}
