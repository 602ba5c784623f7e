//! What a readout yields, so that statements on it can be checked without running.

use super::knob::{self, Holds};
use crate::model::Unit;
use crate::vocabulary::Reader;

/// What a readout yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yields {
    /// A number in this unit.
    Number(Option<Unit>),
    /// A text that is never a number.
    Text,
    /// A text that may be a number.
    Any,
    /// Rows with these columns; none listed where the reader decides.
    Rows(&'static [&'static str]),
    /// The state or the end of a process.
    Process,
}

impl Yields {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Yields::Number(_) => "a number",
            Yields::Text | Yields::Any => "a text",
            Yields::Rows(_) => "a list of rows",
            Yields::Process => "the state of a process",
        }
    }
}

/// What a reader yields.
pub(super) fn of(reader: &Reader) -> Yields {
    match reader {
        Reader::Hostname
        | Reader::Domainname
        | Reader::KernelRelease
        | Reader::Namespace(_)
        | Reader::Device(_)
        | Reader::Owner(_) => Yields::Text,
        Reader::Pid | Reader::Ppid | Reader::Inode(_) | Reader::LinkField(_) | Reader::ExitStatus(_) => {
            Yields::Number(None)
        }
        Reader::Processes => Yields::Rows(&["pid", "name"]),
        Reader::Interfaces => Yields::Rows(&["name", "state", "flags", "address"]),
        Reader::Routes => Yields::Rows(&["to", "via", "dev"]),
        Reader::Neighbours => Yields::Rows(&["to", "dev", "mac"]),
        Reader::Pids(_) => Yields::Rows(&["pid"]),
        Reader::State(_) => Yields::Process,
        Reader::Rss(_) | Reader::Announced(_) | Reader::Meminfo(_) => Yields::Number(Some(Unit::Bytes)),
        Reader::Mounts(_) => Yields::Rows(&["at", "type", "propagation", "options"]),
        Reader::Listing(_) => Yields::Rows(&["name"]),
        Reader::Tree(_) => Yields::Rows(&["name", "kind", "size"]),
        Reader::IdMap(_) => Yields::Rows(&["inside", "outside", "count"]),
        Reader::Output(_) | Reader::Link(_) | Reader::File(_) | Reader::Status(_) | Reader::TcpAnswer(_) => {
            Yields::Any
        }
        Reader::CpuShare(_) => Yields::Number(Some(Unit::Percent)),
        Reader::Knob(path) => match path.split_once('/').map(|(_, name)| knob::find(name)) {
            Some(Ok((knob, field))) => match (knob.holds, field) {
                (Holds::Number(unit), _) => Yields::Number(unit),
                (Holds::Fields(_), Some(_)) => Yields::Number(None),
                (Holds::Words | Holds::ManyFields, _) | (Holds::Fields(_), None) => Yields::Any,
                (Holds::Pids, _) => Yields::Rows(&["pid", "name"]),
            },
            _ => Yields::Any,
        },
    }
}

/// Whether no action of a lesson can change what it yields.
pub(super) fn is_constant(reader: &Reader) -> bool {
    match reader {
        Reader::KernelRelease => true,
        Reader::Meminfo(field) => field == "MemTotal" || field == "SwapTotal",
        _ => false,
    }
}

/// Whether it counts events and so never falls.
pub(super) fn is_counter(reader: &Reader) -> bool {
    match reader {
        Reader::LinkField(field) => field.contains("/rx_") || field.contains("/tx_"),
        Reader::Knob(path) => ["/cpu.stat/", "/memory.events/", "/pids.events/", "/memory.peak"]
            .iter()
            .any(|part| path.contains(part)),
        _ => false,
    }
}
