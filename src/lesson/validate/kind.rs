//! What a readout yields, so that statements on it can be checked without running.

use crate::model::Unit;
use crate::vocabulary::Reader;
use crate::vocabulary::yields::Yields;

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
        Reader::Knob(of) => of.knob.yields(),
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
        Reader::Knob(of) => of.knob.content.counter,
        _ => false,
    }
}
