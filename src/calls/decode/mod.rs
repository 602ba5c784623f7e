//! From what the tracer saw to what a learner reads: names and arguments as `strace(1)` writes them.

pub(crate) mod numbers;
pub(crate) mod table;

use super::raw::{RawCall, Seen};
use crate::calls::{address, buffer, names, quote, structure, word};
use crate::model::{Call, Outcome};
use table::Arg;
use word::{constant, flags, hex, signed};

/// Operations of `prctl(2)` by which a box keeps house: that it dies with its parent, that it stays readable after a
/// change of uid, and its name. No lesson is about them.
const HOUSEKEEPING: &[&str] = &["PR_SET_PDEATHSIG", "PR_SET_DUMPABLE", "PR_SET_NAME", "PR_SET_VMA"];

/// The call in words, or `None` for one that is no part of a lesson: those in the list of noise (memory, signal handling,
/// time, polling, questions), and a box's housekeeping by `prctl(2)`.
pub fn decode(raw: &RawCall) -> Option<Call> {
    let name = numbers::name(raw.arch, raw.nr);
    if name.is_some_and(|n| numbers::NOISE.contains(&n)) {
        return None;
    }
    let args: Vec<String> = match name.and_then(table::arguments) {
        Some(known) => {
            known.iter().enumerate().filter_map(|(i, arg)| argument(raw, known, i, *arg)).collect()
        }
        None => raw.args.iter().map(|value| hex(*value)).collect(),
    };
    if name == Some("prctl") && args.first().is_some_and(|op| HOUSEKEEPING.contains(&op.as_str())) {
        return None;
    }
    let name = name.map_or_else(|| format!("syscall_{}", raw.nr), ToOwned::to_owned);
    Some(Call { pid: raw.pid, name, args, outcome: raw.outcome })
}

/// One argument in words; `None` where it is not there, as the mode of an `openat(2)` that makes nothing.
fn argument(raw: &RawCall, known: &[Arg], index: usize, arg: Arg) -> Option<String> {
    let value = raw.args[index];
    Some(match arg {
        Arg::Number => signed(value).to_string(),
        // The kernel takes 32 bits; -1 is "unchanged".
        Arg::Id => word::id(value as u32),
        Arg::Mode => word::mode(value),
        Arg::ModeIf(flags) if word::makes_file(raw.args[flags]) => word::mode(value),
        Arg::ModeIf(_) => return None,
        Arg::QueueAttributesIf(flags) if !word::makes_file(raw.args[flags]) => return None,
        Arg::Node => word::node(value),
        Arg::Device => word::device(value),
        Arg::Pointer => pointer(value),
        Arg::Descriptor => descriptor(value, raw.seen.get(index)),
        Arg::Flags(names) => flags(value, names),
        Arg::Constant(names) => constant(value, names),
        Arg::Signal => word::signal(value),
        Arg::CloneFlags => word::clone_flags(value & !0xff, value & 0xff),
        Arg::OpenFlags => word::open_flags(value),
        Arg::IpcFlags => word::ipc_flags(value),
        Arg::SocketType => word::socket_type(value),
        Arg::Protocol => word::protocol(raw.args[0], value),
        Arg::SocketOption => word::socket_option(raw.args[1], value),
        Arg::Ioctl => constant(value, names::IOCTL),
        Arg::PrctlArgument => word::prctl_argument(raw.args[0], value),
        // What is not used is not shown; the operations in lessons have at most two arguments.
        Arg::Unused if value == 0 => return None,
        Arg::Hex | Arg::Unused => hex(value),
        Arg::Text
        | Arg::Texts
        | Arg::Bytes(_)
        | Arg::Filled
        | Arg::Message(_)
        | Arg::FilledMessage
        | Arg::QueueMessage(_)
        | Arg::FilledQueueMessage
        | Arg::QueueAttributesIf(_)
        | Arg::Pieces(_)
        | Arg::MessageHeader
        | Arg::FilledHeader
        | Arg::CloneArgs(_)
        | Arg::Address(_)
        | Arg::FilledAddress(_)
        | Arg::FilledLength
        | Arg::OptionValue(_)
        | Arg::CpuMask(_)
        | Arg::Ids(_)
        | Arg::MountAttributes(_)
        | Arg::CapabilityHeader
        | Arg::CapabilitySets
        | Arg::Pair
        | Arg::WaitStatus => match raw.seen.get(index) {
            Some(Seen::Text(text)) => quote(text),
            Some(Seen::Texts(texts)) => {
                let quoted: Vec<String> = texts.iter().map(quote).collect();
                format!("[{}]", quoted.join(", "))
            }
            Some(Seen::Bytes(bytes)) => bytes_of(raw, known, arg, bytes),
            _ => pointer(value),
        },
    })
}

/// Bytes that were read, as what they are.
fn bytes_of(raw: &RawCall, known: &[Arg], arg: Arg, bytes: &[u8]) -> String {
    match arg {
        Arg::Message(length) => message(raw, bytes, raw.args[length] as usize, false),
        Arg::FilledMessage | Arg::FilledHeader => message(raw, bytes, returned(raw), true),
        Arg::MessageHeader => format!("{{msg_iov={}}}", message(raw, bytes, bytes.len(), false)),
        Arg::Bytes(length) => buffer(bytes, raw.args[length] as usize),
        Arg::Filled => buffer(bytes, returned(raw)),
        Arg::QueueMessage(length) => structure::queue_message(bytes, raw.args[length] as usize),
        Arg::FilledQueueMessage => structure::queue_message(bytes, returned(raw)),
        Arg::QueueAttributesIf(_) => structure::queue_attributes(bytes),
        Arg::CloneArgs(_) => structure::clone_args(bytes, cgroup_of_child(raw, known)),
        Arg::Address(_) | Arg::FilledAddress(_) => address::address(bytes),
        Arg::OptionValue(_) if bytes.len() == 4 => structure::ids(bytes),
        Arg::OptionValue(_) if bytes.len() == 16 => structure::time_limit(bytes),
        Arg::CpuMask(_) => structure::cpu_mask(bytes),
        Arg::Ids(_) | Arg::FilledLength => structure::ids(bytes),
        Arg::MountAttributes(_) => structure::mount_attributes(bytes),
        Arg::CapabilityHeader => structure::capability_header(bytes),
        Arg::CapabilitySets => structure::capability_sets(bytes),
        Arg::Pair => structure::pair(bytes),
        Arg::WaitStatus => structure::wait_status(bytes),
        _ => buffer(bytes, bytes.len()),
    }
}

/// The data of a message, which on some sockets has a form of its own.
fn message(raw: &RawCall, bytes: &[u8], length: usize, received: bool) -> String {
    let socket = match raw.seen.first() {
        Some(Seen::File(name)) => name.split(':').next().unwrap_or_default(),
        _ => "",
    };
    crate::calls::message(socket, bytes, length, received)
}

fn returned(raw: &RawCall) -> usize {
    match raw.outcome {
        Outcome::Returned(n) => usize::try_from(n).unwrap_or(0),
        Outcome::Failed(_) | Outcome::Unfinished => 0,
    }
}

/// The path of the cgroup that a `clone3(2)` puts its child into; it is seen after the arguments.
fn cgroup_of_child<'r>(raw: &'r RawCall, known: &[Arg]) -> Option<&'r str> {
    match raw.seen.get(known.len()) {
        Some(Seen::File(path)) => Some(path),
        _ => None,
    }
}

fn pointer(value: u64) -> String {
    if value == 0 { "NULL".to_owned() } else { hex(value) }
}

fn descriptor(value: u64, seen: Option<&Seen>) -> String {
    let number = value as i32;
    match seen {
        _ if number == libc::AT_FDCWD => "AT_FDCWD".to_owned(),
        Some(Seen::File(name)) => format!("{number}<{name}>"),
        _ => number.to_string(),
    }
}
