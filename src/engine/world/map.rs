//! Who is in which namespace, who owns it, and what keeps it.

use super::{ANCHOR, HOST_HELPER, World, is_helper};
use crate::actor::sweep;
use crate::kernel::namespace as nsfs;
use crate::model::{Member, Namespace, NamespaceMap, Ns};
use crate::probe::{mountinfo, namespace, process};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

const PROC: &str = "/proc";

/// The host alone: what there is to see without a world.
pub fn host() -> NamespaceMap {
    let mut drawing = Drawing::default();
    drawing.add(HOST_HELPER, own());
    drawing.finish()
}

fn own() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}

impl World<'_> {
    /// Who is in which namespace now.
    pub fn namespaces(&self) -> NamespaceMap {
        let pids = &self.client.view.pids;
        let mut drawing = Drawing::default();
        drawing.add(HOST_HELPER, own());
        let named = self.lesson.boxes.keys().chain(self.lesson.workloads.keys());
        for name in named {
            if let Some(pid) = pids.get(name) {
                drawing.add(name, *pid);
            }
        }
        // The lab's own helpers are no part of the lesson; what they have started is.
        let helpers =
            pids.iter().filter(|(name, _)| *name == HOST_HELPER || *name == ANCHOR || is_helper(name));
        drawing.known.extend(helpers.map(|(_, pid)| *pid));
        let shells = self.person.shells();
        for pid in sweep::descendants(i32::try_from(self.client.guardian()).unwrap_or(0)) {
            let Ok(stat) = process::stat(Path::new(PROC), pid) else { continue };
            if !matches!(stat.state, 'Z' | 'X') && !drawing.known.contains(&pid) {
                drawing.add(if shells.contains(&pid) { "shell" } else { &stat.name }, pid);
            }
        }
        if let Some(holder) = pids.get(ANCHOR) {
            drawing.held_by_the_lab(*holder);
        }
        drawing.finish()
    }
}

#[derive(Default)]
struct Drawing {
    map: NamespaceMap,
    known: BTreeSet<i32>,
    /// Mount namespaces whose tables were looked through.
    tables: BTreeSet<String>,
}

impl Drawing {
    fn add(&mut self, name: &str, pid: i32) {
        let directory = directory(pid);
        let Ok(stat) = process::stat(Path::new(PROC), pid) else { return };
        let mut links = namespace::links(&directory);
        links.retain(|name, _| Ns::kinds().any(|ns| ns.link() == name));
        for ns in Ns::kinds() {
            if let Some(link) = links.get(ns.link()) {
                self.name(link, ns, &directory.join("ns").join(ns.link()));
            }
        }
        let numbers = process::numbers(Path::new(PROC), pid).unwrap_or_else(|_| vec![pid]);
        self.known.insert(pid);
        self.map.members.push(Member { name: name.to_owned(), pid, parent: stat.parent, numbers, links });
    }

    /// Takes a namespace in; `path` leads to it.
    fn name(&mut self, link: &str, ns: Ns, path: &Path) -> &mut Namespace {
        self.map.namespaces.entry(link.to_owned()).or_insert_with(|| Namespace {
            kind: ns.link().to_owned(),
            owner: File::open(path).ok().and_then(|fd| nsfs::owner(fd, ns)),
            kept_by: Vec::new(),
        })
    }

    /// The run's user namespace lives as long as the lab's own process in it, whatever the boxes do.
    fn held_by_the_lab(&mut self, holder: i32) {
        let directory = directory(holder);
        if let Ok(link) = namespace::link(&directory, "user") {
            let kept = &mut self.name(&link, Ns::User, &directory.join("ns/user")).kept_by;
            kept.push(format!("the lab's holder process {holder}"));
        }
    }

    fn finish(mut self) -> NamespaceMap {
        for member in self.map.members.clone() {
            self.held_open(&member);
            self.for_children(&member);
            self.bound(&member);
        }
        self.map
    }

    /// Descriptors of namespaces.
    fn held_open(&mut self, member: &Member) {
        let open = directory(member.pid).join("fd");
        let mut numbers: BTreeMap<u32, String> = BTreeMap::new();
        for entry in std::fs::read_dir(&open).into_iter().flatten().flatten() {
            let Some(number) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
            let target = std::fs::read_link(entry.path()).unwrap_or_default();
            numbers.insert(number, target.to_string_lossy().into_owned());
        }
        for (number, link) in numbers {
            if let Some(kind) = kind_of(&link) {
                let kept = &mut self.name(&link, kind, &open.join(number.to_string())).kept_by;
                kept.push(format!("open in {}: fd {number}", member.name));
            }
        }
    }

    /// Children can be born elsewhere than their parent lives (`pid_namespaces(7)`, `time_namespaces(7)`).
    fn for_children(&mut self, member: &Member) {
        for ns in Ns::ALL.iter().filter(|ns| ns.kind() != **ns) {
            let (name, kind) = (ns.link(), ns.kind());
            let Ok(link) = namespace::link(&directory(member.pid), name) else { continue };
            if member.links.get(kind.link()).is_some_and(|own| *own != link) {
                let path = directory(member.pid).join("ns").join(name);
                let kept = &mut self.name(&link, kind, &path).kept_by;
                kept.push(format!("{name} of {}", member.name));
            }
        }
    }

    /// Bind mounts of namespaces. Those in the host's table keep others' namespaces, too, which are nothing to this run.
    fn bound(&mut self, member: &Member) {
        let Some(table) = member.links.get("mnt") else { return };
        if !self.tables.insert(table.clone()) {
            return;
        }
        let directory = directory(member.pid);
        for mount in mountinfo::read(&directory).unwrap_or_default().iter().filter(|m| m.fstype == "nsfs") {
            let Some(kind) = kind_of(&mount.root) else { continue };
            let inside = mount.at.strip_prefix("/").unwrap_or(&mount.at);
            if member.name != HOST_HELPER || self.map.namespaces.contains_key(&mount.root) {
                let path = directory.join("root").join(inside);
                let kept = &mut self.name(&mount.root, kind, &path).kept_by;
                kept.push(format!("mounted on {} in the table of {}", mount.at.display(), member.name));
            }
        }
    }
}

fn directory(pid: i32) -> PathBuf {
    Path::new(PROC).join(pid.to_string())
}

/// The type in a link such as `uts:[4026531838]`.
fn kind_of(link: &str) -> Option<Ns> {
    let (kind, rest) = link.split_once(":[")?;
    let number = rest.strip_suffix(']')?;
    Ns::kinds().find(|ns| ns.link() == kind && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_of_namespaces_have_a_type() {
        assert_eq!(kind_of("uts:[4026531838]"), Some(Ns::Uts));
        for other in ["socket:[123]", "pipe:[5]", "uts:[x]", "/tmp/uts:[1", "anon_inode:[eventpoll]"] {
            assert_eq!(kind_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_host_is_in_one_namespace_of_each_type() {
        let map = host();
        assert_eq!(map.members.len(), 1);
        assert_eq!(map.members[0].name, "host");
        for (kind, link) in &map.members[0].links {
            assert_eq!(map.namespaces[link].kind, *kind);
        }
        let own = &map.members[0].links["uts"];
        assert_eq!(map.namespaces[own].owner.as_ref(), map.members[0].links.get("user"));
    }
}
