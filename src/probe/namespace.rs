//! Namespace links: `/proc/PID/ns` (`namespaces(7)`).

use std::io;
use std::path::Path;

/// The text of a namespace link, `uts:[4026531838]`; `process` is a directory such as `/proc/self`.
pub fn link(process: &Path, name: &str) -> io::Result<String> {
    std::fs::read_link(process.join("ns").join(name)).map(|p| super::text::name(&p))
}

/// The links that make up a process's place, in the order of `namespaces(7)`; unreadable ones are left out.
pub fn links(process: &Path) -> std::collections::BTreeMap<String, String> {
    const NAMES: [&str; 10] = [
        "cgroup",
        "ipc",
        "mnt",
        "net",
        "pid",
        "pid_for_children",
        "time",
        "time_for_children",
        "user",
        "uts",
    ];
    NAMES.iter().filter_map(|n| link(process, n).ok().map(|l| ((*n).to_owned(), l))).collect()
}
