//! Fingerprints as a table, as JSON, and two of them beside each other.

use super::paint::Tone;
use super::table::{Cell, Column, Row, render};
use crate::model::Capability;
use crate::model::fingerprint::{Answer, CapabilitySet, CgroupPlace, Fingerprint, MountLine, NamespaceId};
use serde::Serialize;
use std::collections::BTreeSet;

/// The parts of a fingerprint, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Process,
    Namespaces,
    Ids,
    Files,
    Mounts,
    Cgroups,
    Capabilities,
    Confinement,
    Devices,
    Interfaces,
    Environment,
    Descriptors,
}

impl Part {
    fn title(self) -> &'static str {
        match self {
            Part::Process => "process",
            Part::Namespaces => "namespaces",
            Part::Ids => "ids",
            Part::Files => "files",
            Part::Mounts => "mounts",
            Part::Cgroups => "cgroups",
            Part::Capabilities => "capabilities",
            Part::Confinement => "confinement",
            Part::Devices => "devices",
            Part::Interfaces => "interfaces",
            Part::Environment => "environment",
            Part::Descriptors => "descriptors",
        }
    }
}

/// One line of a fingerprint. Two lines of the same part and name are about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    part: Part,
    name: String,
    value: String,
    /// What it is for the machine, where there is such a thing.
    beside: Option<String>,
}

/// A line of which two fingerprints say different things; `null` where one has no such line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Difference {
    part: Part,
    name: String,
    left: Option<String>,
    right: Option<String>,
}

/// A fingerprint as a table.
pub fn text(of: &Fingerprint, columns: usize) -> String {
    let heads = [
        Column { title: "", folds: false },
        Column { title: "what", folds: true },
        Column { title: "this process", folds: true },
        Column { title: "the machine", folds: false },
    ];
    let lines = lines(of);
    let mut last = None;
    let row = |line: &Line| {
        let title = if last == Some(line.part) { "" } else { line.part.title() };
        last = Some(line.part);
        let (beside, tone) = match &line.beside {
            Some(machine) if *machine == line.value => ("the same", Tone::Dim),
            Some(machine) => (machine.as_str(), Tone::Plain),
            None => ("", Tone::Plain),
        };
        Row {
            cells: vec![
                Cell::plain(title),
                Cell::plain(&line.name),
                Cell::plain(&line.value),
                Cell::new(beside, tone),
            ],
            notes: Vec::new(),
        }
    };
    let rows: Vec<Row> = lines.iter().map(row).collect();
    render(&heads, &rows, columns)
}

/// A fingerprint as JSON.
pub fn json(of: &Fingerprint) -> String {
    pretty(of)
}

/// What differs between two, beside each other.
pub fn difference(left: &Fingerprint, right: &Fingerprint, columns: usize) -> String {
    let found = differences(left, right);
    if found.is_empty() {
        return "no difference\n".to_owned();
    }
    let (first, second) = (format!("process {}", left.pid), format!("process {}", right.pid));
    let heads = [
        Column { title: "", folds: false },
        Column { title: "what", folds: true },
        Column { title: &first, folds: true },
        Column { title: &second, folds: true },
    ];
    let mut last = None;
    let row = |one: &Difference| {
        let title = if last == Some(one.part) { "" } else { one.part.title() };
        last = Some(one.part);
        let side = |value: &Option<String>| Cell::plain(value.as_deref().unwrap_or("–"));
        let cells = vec![Cell::plain(title), Cell::plain(&one.name), side(&one.left), side(&one.right)];
        Row { cells, notes: Vec::new() }
    };
    let rows: Vec<Row> = found.iter().map(row).collect();
    render(&heads, &rows, columns)
}

/// What differs between two, as JSON.
pub fn difference_json(left: &Fingerprint, right: &Fingerprint) -> String {
    #[derive(Serialize)]
    struct Document<'f> {
        left: &'f Fingerprint,
        right: &'f Fingerprint,
        differences: Vec<Difference>,
    }
    pretty(&Document { left, right, differences: differences(left, right) })
}

/// Whether anything differs between two.
pub fn differ(left: &Fingerprint, right: &Fingerprint) -> bool {
    !differences(left, right).is_empty()
}

fn pretty(document: &impl Serialize) -> String {
    // Texts, numbers and lists of them: there is nothing that JSON cannot say.
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

fn differences(left: &Fingerprint, right: &Fingerprint) -> Vec<Difference> {
    // The number and name of a process say which one it is, and not what surrounds it.
    let of = |fingerprint| lines(fingerprint).into_iter().filter(|line| line.part != Part::Process);
    let (left, right): (Vec<Line>, Vec<Line>) = (of(left).collect(), of(right).collect());
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut all: Vec<&Line> = left.iter().chain(&right).collect();
    all.sort_by_key(|line| line.part as usize);
    for line in all {
        if !seen.insert((line.part as usize, line.name.as_str())) {
            continue;
        }
        // Mounts on mounts have one name and several values.
        let values = |of: &[Line]| {
            let same = of.iter().filter(|other| other.part == line.part && other.name == line.name);
            same.map(|other| other.value.clone()).collect::<Vec<_>>()
        };
        let (first, second) = (values(&left), values(&right));
        if first != second {
            let shown = |values: Vec<String>| (!values.is_empty()).then(|| values.join("; "));
            found.push(Difference {
                part: line.part,
                name: line.name.clone(),
                left: shown(first),
                right: shown(second),
            });
        }
    }
    found
}

/// All lines, in their order.
fn lines(of: &Fingerprint) -> Vec<Line> {
    let mut all = Lines(Vec::new());
    let pids = |pids: &Vec<i32>| numbers(pids);
    all.one(Part::Process, "number", of.pid.to_string());
    all.answer(Part::Process, "name", &of.command, Clone::clone);
    all.answer(Part::Process, "in each PID namespace", &of.pids, pids);
    for namespace in &of.namespaces {
        all.namespace(namespace);
    }
    for (name, answer) in [("user", &of.ids.uid), ("group", &of.ids.gid), ("further groups", &of.ids.groups)]
    {
        all.answer(Part::Ids, name, answer, |text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    for (name, map) in [("map of users", &of.ids.uid_map), ("map of groups", &of.ids.gid_map)] {
        all.answer(
            Part::Ids,
            name,
            map,
            |lines| {
                if lines.is_empty() { "none".to_owned() } else { lines.join("; ") }
            },
        );
    }
    all.answer(Part::Ids, "setgroups", &of.ids.setgroups, Clone::clone);
    all.answer(Part::Files, "root", &of.root, Clone::clone);
    all.several(Part::Mounts, &of.mounts, |mount| (mount.at.clone(), mount_text(mount)));
    all.cgroups(&of.cgroups);
    for set in &of.capabilities {
        all.answer(Part::Capabilities, set.set, &set.bits, |bits| capability_text(bits, set));
    }
    all.answer(Part::Confinement, "seccomp", &of.seccomp, |mode| {
        match mode.as_str() {
            "0" => "none",
            "1" => "strict",
            "2" => "a filter",
            other => other,
        }
        .to_owned()
    });
    all.answer(Part::Confinement, "no new privileges", &of.no_new_privs, |flag| {
        if flag == "0" { "not set" } else { "set" }.to_owned()
    });
    all.answer(Part::Confinement, "label", &of.label, Clone::clone);
    all.several(Part::Devices, &of.devices, |node| {
        (node.path.clone(), format!("{} {}:{}", node.kind, node.major, node.minor))
    });
    all.several(Part::Interfaces, &of.interfaces, |name| (name.clone(), "there".to_owned()));
    all.several(Part::Environment, &of.environment, |key| (key.clone(), "set".to_owned()));
    all.several(Part::Descriptors, &of.descriptors, |one| (one.number.to_string(), one.kind.to_string()));
    all.0
}

struct Lines(Vec<Line>);

impl Lines {
    fn one(&mut self, part: Part, name: &str, value: String) {
        self.0.push(Line { part, name: name.to_owned(), value, beside: None });
    }

    fn answer<T>(&mut self, part: Part, name: &str, answer: &Answer<T>, shown: impl Fn(&T) -> String) {
        self.one(part, name, told(answer, shown));
    }

    /// A line for each, or one that says why there is none.
    fn several<T>(&mut self, part: Part, answer: &Answer<Vec<T>>, shown: impl Fn(&T) -> (String, String)) {
        match answer {
            Answer::Known(all) if all.is_empty() => self.one(part, "none", String::new()),
            Answer::Known(all) => {
                for (name, value) in all.iter().map(shown) {
                    self.one(part, &name, value);
                }
            }
            Answer::Unreadable { error } => self.one(part, "", format!("cannot be read: {error}")),
        }
    }

    fn namespace(&mut self, of: &NamespaceId) {
        self.0.push(Line {
            part: Part::Namespaces,
            name: of.kind.word().to_owned(),
            value: told(&of.id, ToString::to_string),
            beside: Some(of.machine.map_or_else(|| "not known".to_owned(), |id| id.to_string())),
        });
    }

    fn cgroups(&mut self, answer: &Answer<Vec<CgroupPlace>>) {
        self.several(Part::Cgroups, answer, |place| {
            let name =
                if place.controllers.is_empty() { "v2".to_owned() } else { place.controllers.join(",") };
            (name, place.path.clone())
        });
        for place in answer.known().into_iter().flatten() {
            for limit in &place.limits {
                self.one(Part::Cgroups, limit.file, format!("{} (in {})", limit.value, limit.at));
            }
        }
    }
}

fn told<T>(answer: &Answer<T>, shown: impl Fn(&T) -> String) -> String {
    match answer {
        Answer::Known(value) => shown(value),
        Answer::Unreadable { error } => format!("cannot be read: {error}"),
    }
}

fn numbers(numbers: &[i32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn mount_text(mount: &MountLine) -> String {
    let part = if mount.part == "/" { String::new() } else { format!(" {}", mount.part) };
    format!("{}{part} {} {} {}", mount.filesystem, mount.options, mount.propagation, mount.filesystem_options)
}

/// The bits, and in words what is there or, where that is shorter, what is missing.
fn capability_text(bits: &str, set: &CapabilitySet) -> String {
    let all = Capability::all().map(|one| one.to_string());
    let missing: Vec<String> = all.filter(|name| !set.names.contains(name)).collect();
    match (set.names.len(), missing.len()) {
        (0, _) => format!("{bits} none"),
        (_, 0) => format!("{bits} all"),
        (there, lacks) if lacks < there => format!("{bits} all but {}", missing.join(" ")),
        _ => format!("{bits} {}", set.names.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fingerprint::Ids;
    use crate::model::{Errno, Ns};

    fn known<T>(value: T) -> Answer<T> {
        Answer::Known(value)
    }

    fn sample(pid: i32, uts: u64) -> Fingerprint {
        let text = || known("0".to_owned());
        let id = NamespaceId { kind: Ns::Uts, id: known(uts), machine: Some(7) };
        Fingerprint {
            pid,
            command: known("sleep".to_owned()),
            pids: known(vec![pid, 1]),
            namespaces: vec![id],
            ids: Ids {
                uid: text(),
                gid: text(),
                groups: text(),
                uid_map: known(vec!["0 1000 1".to_owned()]),
                gid_map: known(Vec::new()),
                setgroups: text(),
            },
            root: Answer::Unreadable { error: Errno(libc::EACCES) },
            mounts: known(Vec::new()),
            cgroups: known(Vec::new()),
            capabilities: Vec::new(),
            seccomp: text(),
            no_new_privs: text(),
            label: text(),
            devices: known(Vec::new()),
            interfaces: known(vec!["lo".to_owned()]),
            environment: known(Vec::new()),
            descriptors: known(Vec::new()),
        }
    }

    #[test]
    fn only_what_surrounds_a_process_is_compared() {
        assert_eq!(differences(&sample(3, 7), &sample(4, 7)), []);
        let found = differences(&sample(3, 7), &sample(4, 8));
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (one.name.as_str(), one.left.as_deref(), one.right.as_deref()),
            ("uts", Some("7"), Some("8"))
        );
    }

    #[test]
    fn a_table_says_what_is_the_machines_and_what_could_not_be_read() {
        let text = text(&sample(3, 7), 100);
        assert!(text.lines().any(|l| l.contains("uts") && l.ends_with("the same")), "{text}");
        assert!(text.contains("cannot be read: EACCES"), "{text}");
    }
}
