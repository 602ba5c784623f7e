//! Namespace links: `/proc/PID/ns` (`namespaces(7)`).

use crate::model::Ns;
use std::io;
use std::path::Path;

/// The text of a namespace link, `uts:[4026531838]`; `process` is a directory such as `/proc/self`.
pub fn link(process: &Path, name: &str) -> io::Result<String> {
    std::fs::read_link(process.join("ns").join(name)).map(|p| super::text::name(&p))
}

/// The links that make up a process's place, by name; unreadable ones are left out.
pub fn links(process: &Path) -> std::collections::BTreeMap<String, String> {
    let links = Ns::ALL.iter().map(|ns| ns.link());
    links.filter_map(|name| Some((name.to_owned(), link(process, name).ok()?))).collect()
}
