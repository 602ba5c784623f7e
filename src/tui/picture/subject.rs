//! What a readout is about, as far as drawings go.
#![deny(clippy::wildcard_enum_match_arm)]

use super::input::PictureInput;
use crate::lesson::readouts::readouts_of;
use crate::model::Ns;
use crate::vocabulary::Reader;
use crate::vocabulary::reader::NsOf;

/// What a drawing can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The directories of an overlay.
    Layers,
    /// Interfaces and what they are connected to.
    Network,
    /// Control groups: limits, use, counters.
    Cgroups,
    /// Ids inside and outside, and what a user namespace owns.
    Users,
    /// Processes and their numbers.
    Processes,
    /// Mount tables.
    Mounts,
    /// Who is in which namespace.
    Namespaces,
}

/// The subject of a reader. Some tell nothing that can be drawn.
pub fn subject(reader: &Reader) -> Option<Subject> {
    match reader {
        Reader::Tree(_) => Some(Subject::Layers),
        Reader::Interfaces
        | Reader::Routes
        | Reader::Neighbours
        | Reader::BridgePorts
        | Reader::Forwarding
        | Reader::NftRules
        | Reader::Conntrack
        | Reader::LinkField(_)
        | Reader::Frames(_)
        | Reader::TcpAnswer(_)
        | Reader::UnixAnswer(_) => Some(Subject::Network),
        Reader::Rss(_)
        | Reader::Announced(_)
        | Reader::Forks(_)
        | Reader::Meminfo(_)
        | Reader::Knob(_)
        | Reader::Cpus
        | Reader::CpuShare(_) => Some(Subject::Cgroups),
        Reader::Status(_) | Reader::IdMap(_) | Reader::Owner(_) => Some(Subject::Users),
        Reader::Pid | Reader::Ppid | Reader::Processes | Reader::Pids(_) | Reader::State(_) => {
            Some(Subject::Processes)
        }
        Reader::Mounts(_) | Reader::Listing(_) | Reader::Device(_) => Some(Subject::Mounts),
        Reader::Hostname | Reader::Domainname | Reader::Clock(_) | Reader::TimensOffsets => {
            Some(Subject::Namespaces)
        }
        Reader::Namespace(NsOf::Own(ns) | NsOf::Of(ns, _)) => Some(of_type(*ns)),
        Reader::KernelRelease
        | Reader::Sysvipc(_)
        | Reader::Sysinfo(_)
        | Reader::Output(_)
        | Reader::ExitStatus(_)
        | Reader::Link(_)
        | Reader::File(_)
        | Reader::Inode(_) => None,
    }
}

/// The drawing that shows namespaces of a type best.
fn of_type(ns: Ns) -> Subject {
    match ns {
        Ns::User => Subject::Users,
        Ns::Pid | Ns::PidForChildren => Subject::Processes,
        Ns::Mount => Subject::Mounts,
        Ns::Net => Subject::Network,
        Ns::Uts | Ns::Ipc | Ns::Cgroup | Ns::Time | Ns::TimeForChildren => Subject::Namespaces,
    }
}

/// The subjects of a step: what most of its lesson is about comes first, so that a lesson keeps to its drawing.
pub fn subjects(input: &PictureInput, known: &[Subject]) -> Vec<Subject> {
    let of = |id: &str| subject(input.lesson.readouts.get(id)?.verbs.first()?);
    let here: Vec<Subject> = readouts_of(input.lesson, input.step).into_iter().filter_map(of).collect();
    let all: Vec<Subject> = input.lesson.readouts.keys().filter_map(|id| of(id)).collect();
    let count = |among: &[Subject], subject| among.iter().filter(|other| **other == subject).count();
    let mut found: Vec<Subject> = known.iter().copied().filter(|subject| here.contains(subject)).collect();
    found.sort_by_key(|subject| std::cmp::Reverse((count(&all, *subject), count(&here, *subject))));
    found
}
