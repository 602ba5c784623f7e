//! Readouts in words.

use crate::vocabulary::{Reader, Readout};

/// What a readout reads and who reads it: `hostname, read by box`.
pub fn reading(readout: &Readout) -> String {
    let what: Vec<String> = readout.verbs.iter().map(Reader::words).collect();
    let by = if readout.subject == "host" { "the host" } else { &readout.subject };
    let optional = if readout.modifiers.optional { " (where this kernel has it)" } else { "" };
    format!("{}, read by {by}{optional}", what.join(" and "))
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
