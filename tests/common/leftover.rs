//! What a run can leave: processes, cgroup directories, mounts, files. Read with nothing but `/proc` and the names that runs give.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One process as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: i32,
    pub parent: i32,
    /// A letter: `R`, `S`, `t` (stopped by a tracer), `Z` …
    pub state: char,
    /// In clock ticks since boot; tells a process from a later one with its number.
    pub started: u64,
    pub name: String,
    pub arguments: Vec<String>,
    /// The run that it is of, by the mark in its environment.
    pub run: Option<String>,
}

fn numbers() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").expect("/proc can be read");
    let mut found: Vec<i32> =
        entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    found.sort_unstable();
    found
}

pub fn process(pid: i32) -> Option<Process> {
    let read = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let stat = String::from_utf8_lossy(&read("stat")).into_owned();
    // The name is in parentheses and can contain some itself.
    let (head, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let strings = |bytes: Vec<u8>| -> Vec<String> {
        let parts = bytes.split(|b| *b == 0).filter(|p| !p.is_empty());
        parts.map(|p| String::from_utf8_lossy(p).into_owned()).collect()
    };
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        state: fields.first()?.chars().next()?,
        started: fields.get(19)?.parse().ok()?,
        name: head.split_once('(').map_or("", |(_, n)| n).to_owned(),
        arguments: strings(read("cmdline")),
        run: strings(read("environ")).iter().find_map(|v| v.strip_prefix("ISOLAB_RUN=")).map(str::to_owned),
    })
}

/// All processes.
pub fn processes() -> Vec<Process> {
    numbers().into_iter().filter_map(process).collect()
}

/// The first part of the ids of all runs of a lab.
fn runs_of(lab: i32) -> String {
    format!("isolab-{lab}-")
}

/// Processes of a lab's runs that live, its guardian among them.
pub fn processes_of(lab: i32) -> Vec<Process> {
    let mine = |p: &Process| p.run.as_ref().is_some_and(|r| r.starts_with(&runs_of(lab)));
    processes().into_iter().filter(mine).collect()
}

/// The guardian of a lab, if one lives.
pub fn guardian_of(lab: i32) -> Option<i32> {
    let found = numbers()
        .into_iter()
        .filter_map(process)
        .find(|p| p.parent == lab && p.state != 'Z' && p.arguments.get(1).is_some_and(|a| a == "__guardian"));
    found.map(|p| p.pid)
}

/// The guardian of a lab's run, whoever is its parent by now.
pub fn guardian_anywhere(lab: i32) -> Option<i32> {
    let ledger = format!("/{}", runs_of(lab));
    let found = numbers().into_iter().filter_map(process).find(|p| {
        p.state != 'Z'
            && p.arguments.get(1).is_some_and(|a| a == "__guardian")
            && p.arguments.get(2).is_some_and(|a| a.contains(&ledger))
    });
    found.map(|p| p.pid)
}

/// The children of a process, zombies too.
pub fn children(of: i32) -> Vec<Process> {
    processes().into_iter().filter(|p| p.parent == of).collect()
}

/// The namespace that a process is in, as `TYPE:[INODE]`.
pub fn namespace(pid: i32, link: &str) -> Option<String> {
    let target = std::fs::read_link(format!("/proc/{pid}/ns/{link}")).ok()?;
    Some(target.display().to_string())
}

/// Who traces a process, if anybody does.
pub fn tracer(pid: i32) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("TracerPid:"))?;
    line.trim().parse().ok().filter(|tracer| *tracer != 0)
}

/// Where cgroup hierarchies are mounted.
pub fn cgroup_mounts() -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let of = |line: &str| {
        let (head, tail) = line.split_once(" - ")?;
        let kind = tail.split(' ').next()?;
        (kind == "cgroup" || kind == "cgroup2").then(|| head.split(' ').nth(4).map(PathBuf::from))?
    };
    let mut found: Vec<PathBuf> = table.lines().filter_map(of).collect();
    found.sort();
    found.dedup();
    found
}

/// The directories below a directory, itself aside.
pub fn directories_below(top: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![top.to_owned()];
    while let Some(directory) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                found.push(entry.path());
                open.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn named(path: &Path, start: &str) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(start))
}

/// Everything that is there of the runs of a lab, a line each.
pub fn of(lab: i32) -> Vec<String> {
    let start = runs_of(lab);
    let mut found: Vec<String> = processes_of(lab)
        .into_iter()
        .map(|p| format!("process {} ({}) {} {:?}", p.pid, p.name, p.state, p.arguments))
        .collect();
    for mount in cgroup_mounts() {
        let groups = directories_below(&mount).into_iter().filter(|d| named(d, &start));
        found.extend(groups.map(|d| format!("cgroup {}", d.display())));
    }
    let table = std::fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    found.extend(table.lines().filter(|l| l.contains(&start)).map(|l| format!("mount {l}")));
    for home in ["/var/tmp", "/tmp", "/dev/shm", "/run"] {
        let Ok(entries) = std::fs::read_dir(home) else { continue };
        let files = entries.flatten().map(|e| e.path()).filter(|p| named(p, &start));
        found.extend(files.map(|p| format!("file {}", p.display())));
    }
    found
}

/// The descendants of a process.
pub fn descendants(of: i32) -> Vec<Process> {
    let all = processes();
    let mut children: BTreeMap<i32, Vec<&Process>> = BTreeMap::new();
    for process in &all {
        children.entry(process.parent).or_default().push(process);
    }
    let (mut found, mut open) = (Vec::new(), vec![of]);
    while let Some(parent) = open.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            found.push((*child).clone());
            open.push(child.pid);
        }
    }
    found
}
