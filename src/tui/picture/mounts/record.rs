//! What a step's record says about mount tables.

use super::super::input::PictureInput;
use crate::model::mountinfo::{self, Mount};
use crate::model::{NamespaceMap, Reading, Value};
use crate::vocabulary::Reader;
use std::path::{Path, PathBuf};

/// A mount as it is drawn.
#[derive(Debug, Clone)]
pub struct Entry {
    pub mount: Mount,
    /// Its mount point as the lesson would write it.
    pub at: String,
    /// How many mounts of this table are below it on the same mount point.
    pub stacked: usize,
    /// Another mount lies over it, so that no path leads to it.
    pub covered: bool,
    /// The directory that it shows, for a bind mount whose source is in the same table.
    pub bound_from: Option<String>,
}

impl Entry {
    /// The row that it stands in.
    pub fn key(&self) -> (PathBuf, usize) {
        (self.mount.at.clone(), self.stacked)
    }

    /// In the run's own directory.
    pub fn own(&self) -> bool {
        !self.at.starts_with('/')
    }

    /// How mounts travel here, in the words of mountinfo.
    pub fn propagation(&self) -> String {
        let shared = self.mount.shared.map(|group| format!("shared:{group}"));
        let master = self.mount.master.map(|group| format!("master:{group}"));
        match (shared, master) {
            (Some(shared), Some(master)) => format!("{shared} {master}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => self.mount.propagation().to_owned(),
        }
    }
}

/// The mounts of one reading.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub entries: Vec<Entry>,
    /// No two have the same number, so that one can be known again.
    numbered: bool,
}

impl Table {
    /// The mounts of a reading. Nothing where it is not a mount table.
    pub fn of(reading: &Reading) -> Option<Self> {
        let Reading::Fact(fact) = reading else { return None };
        let Value::Table(rows) = &fact.value else { return None };
        let mounts = mountinfo::parse(&fact.raw);
        if mounts.len() != rows.len() {
            return None;
        }
        let mut ids: Vec<u32> = mounts.iter().map(|mount| mount.id).collect();
        ids.sort_unstable();
        let numbered = ids.windows(2).all(|pair| pair[0] != pair[1]);
        let points = rows.iter().map(|row| row.get("at").unwrap_or_default().to_owned());
        let named: Vec<(Mount, String)> = mounts.into_iter().zip(points).collect();
        let entry = |(i, (mount, at)): (usize, &(Mount, String))| Entry {
            mount: mount.clone(),
            at: at.clone(),
            stacked: named[..i].iter().filter(|(below, _)| below.at == mount.at).count(),
            covered: covered(&named, i, numbered),
            bound_from: bound_from(&named, mount),
        };
        Some(Table { entries: named.iter().enumerate().map(entry).collect(), numbered })
    }

    /// The same mount in another reading of this table.
    pub fn same(&self, entry: &Entry, numbered: bool) -> Option<&Entry> {
        self.entries.iter().find(|other| {
            if self.numbered && numbered {
                return other.mount.id == entry.mount.id;
            }
            other.key() == entry.key() && other.mount.device == entry.mount.device
        })
    }

    pub fn numbered(&self) -> bool {
        self.numbered
    }
}

/// Whether no path leads to a mount: another is mounted on it, or on a directory above its mount point.
fn covered(table: &[(Mount, String)], i: usize, numbered: bool) -> bool {
    let mount = &table[i].0;
    if !numbered {
        return table[i + 1..].iter().any(|(later, _)| later.at == mount.at);
    }
    let on = |below: &Mount| {
        table.iter().map(|(m, _)| m).find(|m| m.parent == below.id && m.at == below.at && m.id != below.id)
    };
    if on(mount).is_some() {
        return true;
    }
    // A beam of parents has an end: no mount is passed twice.
    let mut here = mount;
    for _ in 0..table.len() {
        let over = |m: &Mount| {
            m.parent == here.parent && m.id != here.id && here.at.starts_with(&m.at) && m.at != here.at
        };
        if table.iter().any(|(m, _)| over(m)) {
            return true;
        }
        let Some((parent, _)) = table.iter().find(|(m, _)| m.id == here.parent && m.id != here.id) else {
            return false;
        };
        if on(parent).is_some_and(|lid| lid.id != here.id) {
            return true;
        }
        here = parent;
    }
    false
}

/// Where the directory that a bind mount shows can be found by another path.
fn bound_from(table: &[(Mount, String)], mount: &Mount) -> Option<String> {
    let shows = |(source, _): &&(Mount, String)| {
        source.id != mount.id
            && source.device == mount.device
            && source.root.len() < mount.root.len()
            && Path::new(&mount.root).starts_with(&source.root)
    };
    let (source, at) = table.iter().filter(shows).max_by_key(|(source, _)| source.root.len())?;
    let rest = Path::new(&mount.root).strip_prefix(&source.root).ok()?;
    Some(Path::new(at).join(rest).display().to_string())
}

/// Whose table was read, before and after.
pub struct Tables<'a> {
    pub boxes: Vec<&'a str>,
    /// As `/proc/PID/ns/mnt` links to it.
    pub name: Option<String>,
    /// Its boxes had another table before.
    pub entered: bool,
    /// What was asked for: mounts at and below this.
    pub below: &'a str,
    pub before: Option<Table>,
    pub now: Option<Table>,
}

/// The mount tables of a step, one for all boxes that share it.
pub fn tables<'a>(input: &PictureInput<'a>) -> Vec<Tables<'a>> {
    let mut found: Vec<Tables> = Vec::new();
    for record in input.readouts {
        let Some(Reader::Mounts(mounts)) = input.reader(record) else { continue };
        let of = mounts.of.as_deref().unwrap_or(&record.viewpoint);
        let (map, before) = (if input.after { input.now } else { input.before.or(input.now) }, input.before);
        let name = namespace(map, of);
        let shared = |t: &&mut Tables| name.is_some() && t.name == name && t.below == mounts.below;
        if let Some(known) = found.iter_mut().find(shared) {
            known.boxes.push(of);
            continue;
        }
        let old = namespace(before, of);
        found.push(Tables {
            boxes: vec![of],
            entered: input.after && old.is_some() && name.is_some() && old != name,
            name,
            below: &mounts.below,
            before: Table::of(&record.before),
            now: if input.after { Table::of(&record.after) } else { None },
        });
    }
    found
}

fn namespace(map: Option<&NamespaceMap>, of: &str) -> Option<String> {
    map?.members.iter().find(|member| member.name == of)?.links.get("mnt").cloned()
}
