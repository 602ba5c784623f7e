//! Two runs of a step beside each other: what differs between any two runs is no difference between these.

use crate::model::{Process, Reading, Row, Value};
use crate::vocabulary::Reader;

/// A value in words that another run can be compared with; nothing where each run has its own, such as a PID.
pub fn comparable(reader: &Reader, reading: &Reading) -> Option<String> {
    if is_of_its_run(reader) {
        return None;
    }
    Some(match reading.value() {
        Some(Value::Table(rows)) => rows.iter().map(without_pid).collect::<Vec<_>>().join("\n"),
        // It runs at one moment and sleeps at the next.
        Some(Value::Process(Process::Alive(_))) => "alive".to_owned(),
        Some(
            Value::Int(_)
            | Value::Quantity(..)
            | Value::Text(_)
            | Value::Process(Process::Zombie | Process::Exited(_) | Process::KilledBy(_) | Process::Gone),
        )
        | None => reading.to_string(),
    })
}

fn without_pid(row: &Row) -> String {
    let cells = row.0.iter().filter(|(name, cell)| name != "pid" && !cell.is_empty());
    cells.map(|(_, cell)| cell.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether it reads a number that the kernel gives out anew in each run.
fn is_of_its_run(reader: &Reader) -> bool {
    match reader {
        Reader::Pid
        | Reader::Ppid
        | Reader::Pids(_)
        | Reader::Namespace(_)
        | Reader::Owner(_)
        | Reader::Inode(_)
        | Reader::Device(_)
        // Hardware addresses and the ports of clients are chosen at random.
        | Reader::Forwarding
        | Reader::Conntrack
        // Time goes on, and so does everybody else on the machine.
        | Reader::Clock(_)
        | Reader::Sysinfo(_)
        | Reader::Frames(_) => true,
        Reader::Hostname
        | Reader::Domainname
        | Reader::KernelRelease
        | Reader::Output(_)
        | Reader::ExitStatus(_)
        | Reader::Link(_)
        | Reader::File(_)
        | Reader::Tree(_)
        | Reader::Interfaces
        | Reader::Routes
        | Reader::Neighbours
        | Reader::BridgePorts
        | Reader::NftRules
        | Reader::Sysvipc(_)
        | Reader::TimensOffsets
        | Reader::Cpus
        | Reader::LinkField(_)
        | Reader::TcpAnswer(_)
        | Reader::UnixAnswer(_)
        | Reader::Rss(_)
        | Reader::Announced(_)
        | Reader::Forks(_)
        | Reader::Meminfo(_)
        | Reader::Knob(_)
        | Reader::CpuShare(_)
        | Reader::Status(_)
        | Reader::IdMap(_)
        | Reader::Processes
        | Reader::State(_)
        | Reader::Mounts(_)
        | Reader::Listing(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fact;

    fn members(pids: [&str; 2]) -> Reading {
        let row = |pid: &str| Row::new([("pid", pid.to_owned()), ("name", "loop".to_owned())]);
        Reading::Fact(Fact::of(Value::Table(pids.map(row).to_vec())))
    }

    #[test]
    fn pids_are_no_difference() {
        let same = |one: &Reading, other: &Reading| {
            comparable(&Reader::Processes, one) == comparable(&Reader::Processes, other)
        };
        assert!(same(&members(["4232", "4233"]), &members(["9", "10"])));
        let none = Reading::Fact(Fact::of(Value::Table(Vec::new())));
        assert!(!same(&members(["4232", "4233"]), &none));
        let pid = Reading::Fact(Fact::of(Value::Int(7)));
        assert_eq!(comparable(&Reader::Pid, &pid), None);
        assert_eq!(comparable(&Reader::Hostname, &pid), Some("7".to_owned()));
    }
}
