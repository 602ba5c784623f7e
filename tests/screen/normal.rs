//! Takes out of a recording what is of one machine or of one moment: process numbers, inodes, devices, times, names, addresses. What stays is
//! consistent: a value is everywhere replaced by the same one.

use crate::recording::Recording;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The lab's own number; the guardian and the boxes follow.
const LAB: u64 = 4200;
const FIRST: u64 = 4210;
/// Namespaces of the host as most machines number them, and the first further one.
const HOST: [(&str, u64); 8] = [
    ("time", 4_026_531_834),
    ("cgroup", 4_026_531_835),
    ("pid", 4_026_531_836),
    ("user", 4_026_531_837),
    ("uts", 4_026_531_838),
    ("ipc", 4_026_531_839),
    ("net", 4_026_531_840),
    ("mnt", 4_026_531_841),
];
const NAMESPACE: u64 = 4_026_532_177;
/// The first mount.
const MOUNT: u64 = 20;
/// Of a readout no more samples are kept in a step.
const SAMPLES: usize = 60;
/// Mount points that every machine has.
const MOUNTS: [&str; 6] = ["/", "/proc", "/sys", "/dev", "/run", "/tmp"];
/// Where a lesson puts the old root.
const OLD_ROOT: &str = "/old";
/// What the root of every machine has.
const ROOT: [&str; 20] = [
    "INSIDE", "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root",
    "run", "sbin", "srv", "sys", "tmp", "usr", "var",
];
/// What is written instead of this machine's.
const RELEASE: &str = "6.1.0-28-amd64";
const NAME: &str = "lab";
const MEMORY_KB: u64 = 16_384_000;

/// The recording as it is kept.
pub fn normalised(recording: &Recording) -> String {
    let mut json = serde_json::to_value(recording).expect("events can be written");
    thin(&mut json);
    let mut found = Found::default();
    found.look(&json, "");
    each_table(&mut json, &found.processes);
    let names = Names::of(found);
    names.replace(&mut json);
    leave_out_repetitions(&mut json);
    let text = json["exchanges"].as_array().map_or(String::new(), |all| {
        let lines: Vec<String> = all.iter().map(ToString::to_string).collect();
        lines.join(",\n")
    });
    let text = format!("{{\"lesson\":{},\"exchanges\":[\n{text}\n]}}\n", json["lesson"]);
    names.check(&text);
    text
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// Calls `f` with every object.
fn each(value: &mut Value, f: &mut impl FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|v| each(v, f)),
        Value::Object(map) => {
            f(map);
            map.values_mut().for_each(|v| each(v, f));
        }
        _ => {}
    }
}

/// Leaves out samples, evenly, and rounds times.
fn thin(json: &mut Value) {
    let Some(exchanges) = json["exchanges"].as_array_mut() else { return };
    for exchange in exchanges {
        let Some(events) = exchange["events"].as_array_mut() else { continue };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let id = |sample: &Value| sample["id"].as_str().unwrap_or_default().to_owned();
        for event in events.iter().filter(|e| e.get("sampled").is_some()) {
            *counts.entry(id(&event["sampled"])).or_default() += 1;
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut keep = |id: String, from: usize| {
            let at = seen.entry(format!("{from}{id}")).or_default();
            *at += 1;
            let step = counts.get(&id).map_or(1, |n| n.div_ceil(SAMPLES));
            (*at - 1).is_multiple_of(step) || counts.get(&id) == Some(at)
        };
        events.retain(|e| e.get("sampled").is_none_or(|s| keep(id(s), 0)));
        for event in events {
            let record = event.get_mut("step_ended");
            if let Some(samples) = record.and_then(|r| r.get_mut("samples")).and_then(Value::as_array_mut) {
                samples.retain(|s| keep(id(s), 1));
            }
        }
    }
    each(json, &mut |map| {
        for (key, by) in [("took_ms", 10), ("measured_ms", 10), ("value", 1)] {
            let Some(value) = map.get_mut(key) else { continue };
            if let Some(ms) = value.as_u64().filter(|_| by > 1) {
                *value = (ms.div_ceil(by) * by).into();
            } else {
                round(value);
            }
        }
        if let Some(quantity) = map.get_mut("quantity") {
            round(&mut quantity[0]);
        }
    });
}

fn round(value: &mut Value) {
    // A whole number is nothing that is measured, but what a lesson writes.
    if let Some(number) = value.as_f64().filter(|_| value.is_f64()) {
        *value = ((number * 100.0).round() / 100.0).into();
    }
}

/// Leaves out what is about the machine and not about the lesson; `own` are the numbers of the run's processes.
fn each_table(json: &mut Value, own: &BTreeSet<u64>) {
    each(json, &mut |map| {
        let raw = map.get("raw").and_then(Value::as_str).map(str::to_owned);
        let rows = map.get_mut("value").and_then(|v| v.get_mut("table")).and_then(Value::as_array_mut);
        if let (Some(mut raw), Some(rows)) = (raw, rows) {
            leave_out_strangers(&mut raw, rows, own);
            map.insert("raw".to_owned(), raw.into());
        }
        // What a verdict read may be the same table as text.
        if let Some(actual) = map.get("actual").and_then(Value::as_str).filter(|a| a.lines().count() > 2) {
            let (whole_machine, root) = (actual.contains("kthreadd"), is_root(actual.lines()));
            let interfaces = interfaces();
            let known = |line: &&str| {
                let mut words = line.split(' ');
                let first = words.next().unwrap_or_default();
                (!whole_machine || known_process(first, own))
                    && (!root || ROOT.contains(&first))
                    && !interfaces.contains(first)
                    && (!first.starts_with('/') || known_mount(first))
            };
            let lines: Vec<&str> = actual.lines().filter(known).collect();
            let first = std::fs::read_to_string("/proc/1/comm").unwrap_or_default();
            let kept = lines
                .join("\n")
                .replace(&format!("1 {}", first.trim()), "1 systemd")
                .replace(&read("/proc/self/comm"), "isolab");
            map.insert("actual".to_owned(), kept.into());
        }
    });
}

fn cell<'v>(row: &'v Value, column: &str) -> Option<&'v str> {
    row.as_array()?.iter().find(|c| c[0] == column)?[1].as_str()
}

/// Whether a mount is the lesson's, or one that every machine has.
fn known_mount(at: &str) -> bool {
    let below = |m: &str| at == m || at.starts_with(&format!("{m}/")) && m != "/";
    !at.starts_with('/') || at.contains("isolab-") || at == OLD_ROOT || MOUNTS.iter().any(|m| below(m))
}

/// Whether a process of a listing of the whole machine is one that every machine has, or the run's.
fn known_process(pid: &str, own: &BTreeSet<u64>) -> bool {
    let starter = u64::from(std::os::unix::process::parent_id());
    pid.parse().is_ok_and(|pid| pid < 3 || own.contains(&pid) && pid != starter)
}

/// Whether these are the names in a root directory.
fn is_root<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let names: Vec<&str> = names.collect();
    ["etc", "usr", "proc"].iter().all(|n| names.contains(n))
}

/// Interfaces of the host, except those that every machine has.
fn interfaces() -> BTreeSet<String> {
    let all = std::fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    all.map(|e| e.file_name().to_string_lossy().into_owned()).filter(|n| n != "lo" && n != "eth0").collect()
}

/// Rows of a table that are about the machine and not about the lesson.
fn leave_out_strangers(raw: &mut String, rows: &mut Vec<Value>, own: &BTreeSet<u64>) {
    let lines: Vec<String> = raw.lines().map(str::to_owned).collect();
    if lines.len() != rows.len() {
        return;
    }
    let whole_machine = rows.iter().any(|r| cell(r, "name") == Some("kthreadd"));
    let root = is_root(rows.iter().filter_map(|r| cell(r, "name")));
    let interfaces = interfaces();
    let known = |row: &Value| {
        if let Some(at) = cell(row, "at") {
            return known_mount(at);
        }
        match (cell(row, "pid"), cell(row, "name")) {
            (Some(pid), Some(_)) if whole_machine => known_process(pid, own),
            (_, Some(name)) if root => ROOT.contains(&name),
            (_, Some(name)) => !interfaces.contains(name),
            _ => cell(row, "dev").is_none_or(|dev| !interfaces.contains(dev)),
        }
    };
    let kept: Vec<bool> = rows.iter().map(known).collect();
    let line = |(line, _): (String, _)| {
        if whole_machine && line.starts_with("1 ") { "1 systemd".to_owned() } else { line }
    };
    let lines: Vec<String> = lines.into_iter().zip(&kept).filter(|(_, k)| **k).map(line).collect();
    let end = if raw.ends_with('\n') { "\n" } else { "" };
    *raw = lines.join("\n") + end;
    let mut at = kept.iter();
    rows.retain(|_| *at.next().unwrap_or(&true));
    *raw = raw.replace(&read("/proc/self/comm"), "isolab");
    let comm = read("/proc/self/comm");
    for row in rows.iter_mut().filter(|r| cell(r, "name") == Some(&comm)) {
        row[1][1] = "isolab".into();
    }
    if whole_machine {
        for row in rows.iter_mut().filter(|r| cell(r, "pid") == Some("1")) {
            row[1][1] = "systemd".into();
        }
    }
}

/// What a record repeats of the events before it: its actions and its samples. The reader puts them in again.
fn leave_out_repetitions(json: &mut Value) {
    for exchange in json["exchanges"].as_array_mut().into_iter().flatten() {
        let Some(events) = exchange["events"].as_array_mut() else { continue };
        let (mut acted, mut sampled) = (Vec::new(), Vec::new());
        for event in events {
            if event.get("step_started").is_some() {
                (acted, sampled) = (Vec::new(), Vec::new());
            }
            acted.extend(event.get("acted").cloned());
            sampled.extend(event.get("sampled").cloned());
            let Some(record) = event.get_mut("step_ended").and_then(Value::as_object_mut) else { continue };
            for (key, told) in [("actions", &acted), ("samples", &sampled)] {
                if record.get(key).and_then(Value::as_array) == Some(told) {
                    record.remove(key);
                }
            }
        }
    }
}

/// What stands for what.
#[derive(Default)]
struct Names {
    /// Whole words made of digits.
    numbers: BTreeMap<u64, u64>,
    /// Numbers of mounts.
    mounts: BTreeMap<String, u64>,
    /// Device numbers and hardware addresses; those that lessons set begin with `02:00:00:00:00:` and stay.
    words: BTreeMap<String, String>,
    /// Parts of texts.
    parts: Vec<(String, String)>,
    /// This machine's own name, as a word.
    host: String,
}

impl Names {
    fn of(mut found: Found) -> Self {
        let own = u64::from(std::process::id());
        found.processes.remove(&own);
        let mut names = Names { host: read("/proc/sys/kernel/hostname"), ..Names::default() };
        names.numbers.insert(own, LAB);
        // The starter of the lab, where it is told as a parent.
        names.numbers.insert(u64::from(std::os::unix::process::parent_id()), LAB - 1);
        let processes = found.processes.iter().filter(|p| !names.numbers.contains_key(p)).copied();
        let numbered: Vec<(u64, u64)> = processes.zip(FIRST..).collect();
        names.numbers.extend(numbered);
        for (kind, usual) in HOST {
            let link = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap_or_default();
            let digits: String = link.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
            names.numbers.extend(digits.parse().map(|n: u64| (n, usual)));
        }
        let further: Vec<u64> =
            found.namespaces.iter().filter(|n| !names.numbers.contains_key(n)).copied().collect();
        names.numbers.extend(further.into_iter().zip(NAMESPACE..));
        names.numbers.extend(found.inodes.into_iter().zip(131_073..));
        names.numbers.extend(found.pipes.into_iter().zip(51_234..));
        let memory = read("/proc/meminfo");
        let kb: Option<u64> = memory.split_whitespace().nth(1).and_then(|n| n.parse().ok());
        if let Some(kb) = kb {
            let mib = |kb: u64| format!("{:.1} MiB", kb as f64 / 1024.0);
            names.numbers.extend([(kb, MEMORY_KB), (kb * 1024, MEMORY_KB * 1024)]);
            names.parts.push((mib(kb), mib(MEMORY_KB)));
        }
        let mut anonymous = 40..;
        for device in found.devices {
            let usual = if device.starts_with("0:") {
                format!("0:{}", anonymous.next().unwrap_or(40))
            } else {
                "8:1".to_owned()
            };
            names.words.insert(device, usual);
        }
        names.mounts.extend(found.mounts.into_iter().map(|id| id.to_string()).zip(MOUNT..));
        let addresses = found.addresses.into_iter().zip(1..);
        names.words.extend(addresses.map(|(mac, i)| (mac, format!("02:00:00:00:01:{i:02x}"))));
        names.parts.push((read("/proc/sys/kernel/osrelease"), RELEASE.to_owned()));
        for line in read("/proc/self/cgroup").lines() {
            let path = line.rsplit(':').next().unwrap_or("/");
            if path != "/" {
                names.parts.push((path.to_owned(), String::new()));
            }
        }
        names
    }

    fn replace(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(all) => all.iter_mut().for_each(|v| self.replace(v)),
            Value::Object(map) => {
                let replaced = std::mem::take(map).into_iter().map(|(key, mut value)| {
                    let number = matches!(key.as_str(), "pid" | "parent" | "numbers" | "returned" | "int");
                    if key != "what" || value.is_string() {
                        self.replace(&mut value);
                    }
                    if number {
                        self.number(&mut value);
                    }
                    if key == "quantity" {
                        self.number(&mut value[0]);
                    }
                    (self.text(&key), value)
                });
                *map = replaced.collect();
            }
            _ => {}
        }
    }

    fn number(&self, value: &mut Value) {
        if let Value::Array(all) = value {
            for v in all {
                self.number(v);
            }
        }
        let whole =
            value.as_u64().or(value.as_f64().filter(|f| *f > 0.0 && f.fract() == 0.0).map(|f| f as u64));
        if let Some(usual) = whole.and_then(|n| self.numbers.get(&n)) {
            *value = if value.is_u64() { (*usual).into() } else { (*usual as f64).into() };
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (part, usual) in self.parts.iter().filter(|(part, _)| !part.is_empty()) {
            text = text.replace(part, usual);
        }
        let text: Vec<String> = text.split('\n').map(|line| self.mount_line(line)).collect();
        let mut out = String::new();
        let mut word = String::new();
        for c in text.join("\n").chars().chain(['\0']) {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-') {
                word.push(c);
                continue;
            }
            out.push_str(&self.word(&word, &out));
            word.clear();
            out.push(c);
        }
        out.pop();
        out
    }

    /// A line of `mountinfo(5)` without this machine's numbers and sizes; any other line as it is.
    fn mount_line(&self, line: &str) -> String {
        let Some((left, right)) = line.split_once(" - ") else { return line.to_owned() };
        let (mut left, right): (Vec<String>, Vec<&str>) =
            (left.split(' ').map(str::to_owned).collect(), right.split(' ').collect());
        if left.len() < 6 || right.len() != 3 || !left[2].contains(':') {
            return line.to_owned();
        }
        // A mount keeps its number, so that one that was moved is known again.
        for id in &mut left[..2] {
            *id = self.mounts.get(id.as_str()).map_or_else(|| id.clone(), u64::to_string);
        }
        let own = line.contains("isolab-");
        let device = if right[1].starts_with("/dev/") { "/dev/sda1" } else { right[1] };
        let options = if own || !right[2].contains('=') { right[2].to_owned() } else { options(right[2]) };
        format!("{} - {} {device} {options}", left.join(" "), right[0])
    }

    /// A word, with what stands before it.
    fn word(&self, word: &str, before: &str) -> String {
        if word == self.host && !before.ends_with('/') {
            return NAME.to_owned();
        }
        if let Some(usual) = self.words.get(word) {
            return usual.clone();
        }
        if word.starts_with("0x7f") && word.len() > 10 {
            return "0x7ffd5c3e1a10".to_owned();
        }
        if let Some(rest) = word.strip_prefix("isolab-") {
            let number = rest.split('-').next().and_then(|n| n.parse::<u64>().ok());
            if number.is_some_and(|n| self.numbers.contains_key(&n)) {
                return format!("isolab-{LAB}-1");
            }
        }
        let digits = |part: &str| match part.parse::<u64>().ok().and_then(|n| self.numbers.get(&n)) {
            Some(usual) if !part.starts_with('0') => usual.to_string(),
            _ => part.to_owned(),
        };
        // `uts:4026531838` and `name.4211` are numbers as well, `4096k` is none.
        let parts: Vec<String> = word.split(':').map(digits).collect();
        parts.join(":")
    }

    /// Nothing of this machine may be in what is kept.
    fn check(&self, text: &str) {
        let mut forbidden = vec![read("/proc/sys/kernel/osrelease"), "/mnt/".to_owned(), "/home/".to_owned()];
        forbidden.extend(interfaces().into_iter().map(|name| format!("\"{name}\"")));
        // A machine may have the name that all get.
        if self.host != NAME {
            forbidden.push(format!("\"{}\"", self.host));
        }
        forbidden.push(format!("isolab-{}", std::process::id()));
        for line in read("/proc/self/cgroup").lines() {
            forbidden.extend(line.rsplit(':').next().filter(|p| p.len() > 1).map(str::to_owned));
        }
        forbidden.extend(self.words.keys().filter(|w| w.len() == 17).cloned());
        for one in forbidden.iter().filter(|f| !f.is_empty() && *f != RELEASE) {
            assert!(!text.contains(one), "{one} is of this machine");
        }
    }
}

/// Mount options without sizes and whatever a machine has of its own.
fn options(all: &str) -> String {
    let usual = |o: &&str| {
        !o.contains('=') && matches!(*o, "rw" | "ro" | "seclabel")
            || o.starts_with("mode=")
            || o.starts_with("name=")
    };
    all.split(',').filter(usual).collect::<Vec<_>>().join(",")
}

/// What is to be replaced, in the order in which it is numbered.
#[derive(Default)]
struct Found {
    processes: BTreeSet<u64>,
    namespaces: BTreeSet<u64>,
    inodes: BTreeSet<u64>,
    pipes: BTreeSet<u64>,
    devices: BTreeSet<String>,
    mounts: BTreeSet<u64>,
    addresses: BTreeSet<String>,
}

impl Found {
    fn look(&mut self, value: &Value, key: &str) {
        match value {
            Value::Number(n) if matches!(key, "pid" | "parent" | "numbers") => {
                self.processes.extend(n.as_u64().filter(|n| *n > 100));
            }
            Value::String(text) => self.text(text),
            Value::Array(all) => all.iter().for_each(|v| self.look(v, key)),
            Value::Object(map) => {
                let path = map.get("path").and_then(Value::as_str).unwrap_or_default();
                for reading in [map.get("before"), map.get("after")].into_iter().flatten() {
                    let Some(raw) = reading["fact"]["raw"].as_str() else { continue };
                    if path.ends_with(" inode") {
                        self.inodes.extend(raw.parse::<u64>());
                    } else if path.ends_with(" device") {
                        self.devices.insert(raw.to_owned());
                    }
                }
                for (key, value) in map {
                    self.text(key);
                    self.look(value, key);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let number_after = |before: &str| {
            let starts = text.match_indices(before).map(move |(at, _)| &text[at + before.len()..]);
            let digits = |t: &str| t.chars().take_while(char::is_ascii_digit).collect::<String>();
            starts.filter_map(move |t| digits(t).parse::<u64>().ok()).collect::<Vec<_>>()
        };
        self.processes.extend(number_after("/proc/"));
        self.namespaces.extend(number_after(":[").into_iter().filter(|n| *n > 4_026_531_800));
        self.pipes.extend(
            ["pipe:[", "socket:[", "TCP:[", "UDP:[", "RAW:[", "PING:[", "NETLINK:["]
                .into_iter()
                .flat_map(number_after),
        );
        for line in text.lines().filter(|l| l.contains(" - ")) {
            let device = line.split(' ').nth(2).filter(|d| d.contains(':'));
            self.devices.extend(device.map(str::to_owned));
            let ids = line.split(' ').take(2).filter_map(|id| id.parse::<u64>().ok());
            self.mounts.extend(ids.filter(|_| device.is_some()));
        }
        let mac = |w: &&str| {
            let own = w.starts_with("02:00:00:00:00:") || *w == "00:00:00:00:00:00";
            w.len() == 17 && w.split(':').count() == 6 && !own
        };
        self.addresses.extend(text.split_whitespace().filter(mac).map(str::to_owned));
    }
}
