//! Readouts in words.

use crate::vocabulary::readout::{IdKind, NsOf, Reader, Readout};

/// What a readout reads and who reads it: `hostname, read by box`.
pub fn reading(readout: &Readout) -> String {
    let what: Vec<String> = readout.verbs.iter().map(reader).collect();
    let by = if readout.subject == "host" { "the host" } else { &readout.subject };
    let optional = if readout.modifiers.optional { " (where this kernel has it)" } else { "" };
    format!("{}, read by {by}{optional}", what.join(" and "))
}

/// What a reader reads, in the field's terms.
pub fn reader(reader: &Reader) -> String {
    let of = |of: &Option<String>| of.as_ref().map_or_else(String::new, |of| format!(" of {of}"));
    match reader {
        Reader::Hostname => "/proc/sys/kernel/hostname".into(),
        Reader::Domainname => "/proc/sys/kernel/domainname".into(),
        Reader::KernelRelease => "/proc/sys/kernel/osrelease".into(),
        Reader::Pid => "getpid()".into(),
        Reader::Ppid => "getppid()".into(),
        Reader::Processes => "the processes in /proc".into(),
        Reader::Interfaces => "network interfaces".into(),
        Reader::Routes => "IPv4 routes".into(),
        Reader::Neighbours => "neighbours (ARP)".into(),
        Reader::Namespace(NsOf::Own(ns)) => format!("/proc/self/ns/{}", ns.link()),
        Reader::Namespace(NsOf::Of(ns, of)) => format!("/proc/<{of}>/ns/{}", ns.link()),
        Reader::Pids(of) => format!("NSpid in /proc/<{of}>/status"),
        Reader::State(of) => format!("state of {of}"),
        Reader::Rss(of) => format!("VmRSS in /proc/<{of}>/status"),
        Reader::Announced(of) => format!("what {of} says it has taken"),
        Reader::Output(of) => format!("what {of}'s last program printed"),
        Reader::ExitStatus(of) => format!("exit status of {of}'s last program"),
        Reader::Mounts(mounts) => format!("mounts{} at and below {}", of(&mounts.of), mounts.below),
        Reader::Link(path) => format!("readlink {path}"),
        Reader::File(file) => match &file.of {
            Some(of) => format!("/proc/<{of}>/root{}", file.path),
            None => file.path.clone(),
        },
        Reader::Listing(path) => format!("names in {path}"),
        Reader::Tree(path) => format!("everything below {path}"),
        Reader::Inode(path) => format!("inode of {path}"),
        Reader::Device(path) => format!("device of {path}"),
        Reader::Owner(path) => format!("owner of {path}"),
        Reader::Status(field) => {
            format!("{} in /proc/{}/status", field.field, process(field.of.as_ref()))
        }
        Reader::IdMap(map) => {
            let kind = match map.kind {
                IdKind::Uid => "uid_map",
                IdKind::Gid => "gid_map",
            };
            format!("/proc/{}/{kind}", process(map.of.as_ref()))
        }
        Reader::LinkField(field) => match field.split_once('/') {
            Some((link, field)) => format!("{field} of interface {link}"),
            None => field.clone(),
        },
        Reader::TcpAnswer(at) => format!("the answer of {at} (TCP)"),
        Reader::Meminfo(field) => format!("{field} in /proc/meminfo"),
        Reader::Knob(knob) => knob.to_string(),
        Reader::CpuShare(of) => format!("CPU time of {of} in the window"),
    }
}

fn process(of: Option<&String>) -> String {
    of.map_or_else(|| "self".to_owned(), |of| format!("<{of}>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_yaml::with::singleton_map_recursive::deserialize;

    #[track_caller]
    fn said(yaml: &str) -> String {
        let readout: Readout = deserialize(serde_yaml::Deserializer::from_str(yaml)).expect(yaml);
        reading(&readout)
    }

    #[test]
    fn readouts_name_what_and_who() {
        assert_eq!(said("{ box: hostname }"), "/proc/sys/kernel/hostname, read by box");
        assert_eq!(said("{ host: { namespace: { mount: box } } }"), "/proc/<box>/ns/mnt, read by the host");
        assert_eq!(
            said("{ host: { mounts: { below: /, of: box } } }"),
            "mounts of box at and below /, read by the host"
        );
        assert_eq!(
            said("{ host: { knob: hog/memory.peak }, optional: true }"),
            "hog/memory.peak, read by the host (where this kernel has it)"
        );
        assert_eq!(said("{ a: { status: CapEff } }"), "CapEff in /proc/self/status, read by a");
        assert_eq!(said("{ a: { link_field: eth0/peer } }"), "peer of interface eth0, read by a");
    }
}
