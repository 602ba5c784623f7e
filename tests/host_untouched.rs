//! The host before and after `isolab check` of every lesson, and of one that uses every word for networks: names, mounts, links, routes,
//! rules of nftables, tracked connections, sysctls, cgroups, processes, namespaces. Nothing may differ but what changes by itself;
//! `host_untouched.allow` lists that, with reasons.
//!
//! Others may use the machine meanwhile. So what differs is looked at again after a further run, at most twice: what isolab does, it does
//! every time. Processes and their namespaces need no such excuse: whatever a run lets loose is a descendant of this process.

mod common;

use common::{Program, built_in, leftover, note, skip, troubles, wait_for};
use isolab::events::Status;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Runs before a difference counts.
const RUNS: usize = 3;
/// A lesson whose box plays a router: bridge, VXLAN, NAT, routes.
const ROUTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/router.yaml");
/// What the addresses of lessons begin with. Connections of others come and go, so only these are looked at.
const ADDRESSES_OF_LESSONS: &[&str] =
    &["10.77.", "10.88.", "10.96.", "192.0.2.", "198.51.100.", "203.0.113."];
/// The connections that the kernel tracks in the network namespace of who reads.
const CONNECTIONS: &str = "/proc/self/net/nf_conntrack";
/// Files of a cgroup that say how it is set, of both versions. What they measure is not compared.
const CGROUP_FILES: &[&str] = &[
    "cgroup.subtree_control",
    "cgroup.type",
    "cgroup.freeze",
    "cgroup.max.depth",
    "cgroup.max.descendants",
    "cgroup.clone_children",
    "notify_on_release",
    "release_agent",
    "cpu.max",
    "cpu.weight",
    "cpu.idle",
    "cpu.cfs_quota_us",
    "cpu.cfs_period_us",
    "cpu.shares",
    "cpuset.cpus",
    "cpuset.mems",
    "memory.max",
    "memory.high",
    "memory.swap.max",
    "memory.oom.group",
    "memory.limit_in_bytes",
    "memory.memsw.limit_in_bytes",
    "memory.soft_limit_in_bytes",
    "memory.use_hierarchy",
    "memory.swappiness",
    "memory.oom_control",
    "pids.max",
    "freezer.state",
    "io.max",
];

// ---------------------------------------------------------------- the allowed

struct Allowed(Vec<String>);

impl Allowed {
    /// Lines `PATTERN  REASON`; a pattern can have `*`, which stands for anything.
    fn read() -> Self {
        let text = include_str!("host_untouched.allow");
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let pattern = |line: &str| {
            let (pattern, reason) = line.split_once("  ").unwrap_or((line, ""));
            assert!(!reason.trim().is_empty(), "host_untouched.allow: no reason for {pattern}");
            pattern.to_owned()
        };
        Allowed(lines.map(pattern).collect())
    }

    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|pattern| matches(pattern, key))
    }
}

fn matches(pattern: &str, key: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == key };
    let Some(mut key) = key.strip_prefix(first) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    for (i, part) in parts.iter().enumerate() {
        if i + 1 == parts.len() {
            return key.ends_with(part);
        }
        let Some(at) = key.find(part) else { return false };
        key = &key[at + part.len()..];
    }
    true
}

#[test]
fn patterns_match() {
    for (pattern, key, wanted) in [
        ("sysctl fs/file-nr", "sysctl fs/file-nr", true),
        ("sysctl fs/file-nr", "sysctl fs/file-nr2", false),
        ("sysctl kernel/random/*", "sysctl kernel/random/uuid", true),
        ("sysctl kernel/random/*", "sysctl kernel/hostname", false),
        ("sysctl net/*/neigh/*/x", "sysctl net/ipv4/neigh/lo/x", true),
        ("sysctl net/*/neigh/*/x", "sysctl net/ipv4/neigh/lo/y", false),
    ] {
        assert_eq!(matches(pattern, key), wanted, "{pattern} on {key}");
    }
}

// ---------------------------------------------------------------- the fingerprint

type Print = BTreeMap<String, String>;

fn lines(print: &mut Print, kind: &str, path: &str, shape: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    for line in text.lines() {
        print.insert(format!("{kind} {}", shape(line)), String::new());
    }
}

fn below(top: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(top) else { return };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(t) if t.is_dir() => below(&entry.path(), files),
            Ok(_) => files.push(entry.path()),
            Err(_) => {}
        }
    }
}

fn sysctls(print: &mut Print) {
    let top = Path::new("/proc/sys");
    let mut files = Vec::new();
    below(top, &mut files);
    for file in files {
        // Those that can only be written do something; their names count all the same.
        let readable = file.metadata().is_ok_and(|m| m.mode() & 0o444 != 0);
        let value = if readable { std::fs::read(&file).unwrap_or_default() } else { Vec::new() };
        let name = file.strip_prefix(top).unwrap_or(&file).display().to_string();
        print.insert(format!("sysctl {name}"), String::from_utf8_lossy(&value).trim_end().to_owned());
    }
}

fn links(print: &mut Print) {
    for entry in std::fs::read_dir("/sys/class/net").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        print.insert(format!("link {name}"), String::new());
        for attribute in ["ifindex", "iflink", "address", "mtu", "flags", "operstate", "tx_queue_len"] {
            let value = std::fs::read_to_string(entry.path().join(attribute)).unwrap_or_default();
            print.insert(format!("link {name} {attribute}"), value.trim().to_owned());
        }
    }
    let names = std::fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    for name in names.lines().filter_map(|l| l.split_once(':')) {
        print.insert(format!("device {}", name.0.trim()), String::new());
    }
    let words = |line: &str, keep: &[usize]| {
        let all: Vec<&str> = line.split_ascii_whitespace().collect();
        keep.iter().filter_map(|i| all.get(*i).copied()).collect::<Vec<_>>().join(" ")
    };
    // Without the columns that count uses.
    lines(print, "route", "/proc/self/net/route", |l| words(l, &[0, 1, 2, 3, 6, 7, 8]));
    lines(print, "route6", "/proc/self/net/ipv6_route", |l| words(l, &[0, 1, 2, 3, 4, 5, 8, 9]));
    lines(print, "address6", "/proc/self/net/if_inet6", str::to_owned);
    lines(print, "local", "/proc/self/net/fib_trie", |l| l.trim().to_owned());
}

/// The rules of the host, without the numbers of their counters.
fn nft_rules(print: &mut Print) {
    // Fails without nft(8), and for an ordinary user, who could not change them either; the test says so.
    let Ok(output) = Command::new("nft").args(["--stateless", "list", "ruleset"]).output() else { return };
    for (number, line) in String::from_utf8_lossy(&output.stdout).lines().enumerate() {
        print.insert(format!("nft {number} {}", line.trim()), String::new());
    }
}

/// A tracked connection that has an address of a lesson: its words that are no counters, such as `tcp`, `src=10.88.0.2` and `dport=80`.
fn connection_of_a_lesson(line: &str) -> Option<String> {
    let of_a_lesson = |word: &str| {
        let address = word.strip_prefix("src=").or_else(|| word.strip_prefix("dst="));
        address.is_some_and(|a| ADDRESSES_OF_LESSONS.iter().any(|beginning| a.starts_with(beginning)))
    };
    let words = || line.split_ascii_whitespace();
    let kept = |word: &&str| {
        ["tcp", "udp", "icmp", "src", "dst", "sport", "dport"].contains(&word.split('=').next().unwrap_or(""))
    };
    words().any(of_a_lesson).then(|| words().filter(kept).collect::<Vec<_>>().join(" "))
}

fn connections(print: &mut Print) {
    let text = std::fs::read_to_string(CONNECTIONS).unwrap_or_default();
    for connection in text.lines().filter_map(connection_of_a_lesson) {
        print.insert(format!("connection {connection}"), String::new());
    }
}

fn cgroups(print: &mut Print) {
    for mount in leftover::cgroup_mounts() {
        let mut groups = leftover::directories_below(&mount);
        groups.push(mount);
        for group in groups {
            print.insert(format!("cgroup {}", group.display()), String::new());
            for file in CGROUP_FILES {
                if let Ok(value) = std::fs::read_to_string(group.join(file)) {
                    print.insert(format!("cgroup {}/{file}", group.display()), value.trim_end().to_owned());
                }
            }
        }
    }
}

/// Processes that were there before and are there still: who they are, and the namespaces that they are in.
fn processes(print: &mut Print, of: &BTreeSet<(i32, u64)>) {
    for (pid, started) in of {
        if leftover::process(*pid).is_none_or(|p| p.started != *started) {
            continue;
        }
        for link in ["cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "user", "uts"] {
            if let Some(namespace) = leftover::namespace(*pid, link) {
                print.insert(format!("process {pid} {link}"), namespace);
            }
        }
        if let Ok(group) = std::fs::read_to_string(format!("/proc/{pid}/cgroup")) {
            print.insert(format!("process {pid} groups"), group);
        }
    }
}

fn fingerprint(of: &BTreeSet<(i32, u64)>) -> Print {
    let mut print = Print::new();
    for name in ["hostname", "domainname"] {
        let value = std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
        print.insert(name.to_owned(), value);
    }
    lines(&mut print, "mount", "/proc/self/mountinfo", str::to_owned);
    lines(&mut print, "module", "/proc/modules", |l| l.split(' ').next().unwrap_or("").to_owned());
    lines(&mut print, "swap", "/proc/swaps", |l| l.split_ascii_whitespace().next().unwrap_or("").to_owned());
    for kind in ["shm", "sem", "msg"] {
        lines(&mut print, kind, &format!("/proc/sysvipc/{kind}"), |l| {
            l.split_ascii_whitespace().take(3).collect::<Vec<_>>().join(" ")
        });
    }
    for entry in std::fs::read_dir("/dev/mqueue").into_iter().flatten().flatten() {
        print.insert(format!("mqueue {}", entry.file_name().display()), String::new());
    }
    links(&mut print);
    nft_rules(&mut print);
    connections(&mut print);
    cgroups(&mut print);
    sysctls(&mut print);
    processes(&mut print, of);
    print
}

/// What differs: the key with `before → after`.
fn differences(before: &Print, after: &Print, allowed: &Allowed) -> BTreeMap<String, String> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let value = |print: &Print, key: &str| print.get(key).cloned();
    keys.into_iter()
        .filter(|key| value(before, key) != value(after, key) && !allowed.has(key))
        // A process that has ended since is another matter, and its number may be another's by now.
        .filter(|key| !key.starts_with("process ") || after.contains_key(*key))
        // A connection that is over has not been opened by the run.
        .filter(|key| !key.starts_with("connection ") || after.contains_key(*key))
        // Other labs' cgroups; this one's are looked for by its name.
        .filter(|key| !(key.starts_with("cgroup ") && key.contains("/isolab-")))
        .map(|key| (key.clone(), format!("{:?} → {:?}", value(before, key), value(after, key))))
        .collect()
}

/// The same difference of another run: numbers are those of that run.
fn without_numbers(key: &str) -> String {
    let mut text = String::new();
    for c in key.chars() {
        match c {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            c => text.push(c),
        }
    }
    text
}

// ---------------------------------------------------------------- bystanders

/// A process that is known to have nothing to do with the run: it must be alive and the same afterwards. (Its mounts are the host's, which
/// are compared as such.)
struct Bystander(Child);

impl Bystander {
    fn start() -> Self {
        let child = Command::new("sleep").arg("3600").stdin(Stdio::null()).spawn().expect("sleep starts");
        // Not before it is what it will be.
        let sleeps =
            |pid: u32| leftover::process(pid.cast_signed()).filter(|p| p.name == "sleep" && p.state == 'S');
        assert!(wait_for(Duration::from_secs(20), || sleeps(child.id())).is_some(), "sleep(1) sleeps");
        Bystander(child)
    }

    /// Everything about it that a run could change.
    fn look(&self) -> BTreeMap<String, String> {
        let pid = self.0.id();
        let mut seen = BTreeMap::new();
        for file in ["cgroup", "limits", "oom_score_adj", "uid_map", "environ", "personality"] {
            let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            seen.insert(file.to_owned(), String::from_utf8_lossy(&text).into_owned());
        }
        for link in
            ["cwd", "root", "exe", "ns/mnt", "ns/net", "ns/user", "ns/uts", "ns/pid", "ns/ipc", "ns/cgroup"]
        {
            let target = std::fs::read_link(format!("/proc/{pid}/{link}")).unwrap_or_default();
            seen.insert(link.to_owned(), target.display().to_string());
        }
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let kept = [
            "State",
            "PPid",
            "TracerPid",
            "Uid",
            "Gid",
            "Groups",
            "CapEff",
            "CapBnd",
            "NoNewPrivs",
            "Cpus_allowed",
        ];
        for line in status.lines().filter(|l| kept.iter().any(|k| l.starts_with(&format!("{k}:")))) {
            seen.insert(line.split(':').next().unwrap_or("").to_owned(), line.to_owned());
        }
        seen
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// ---------------------------------------------------------------- the test

/// The mark of a run in the environment of a process: other labs' processes are theirs to end.
fn those_there() -> BTreeSet<(i32, u64)> {
    leftover::processes().into_iter().filter(|p| p.run.is_none()).map(|p| (p.pid, p.started)).collect()
}

#[test]
fn the_host_is_as_it_was() {
    let allowed = Allowed::read();
    let program = Program::built();
    let lessons = built_in();
    let everything: Vec<&str> = lessons.iter().map(|l| l.id.as_str()).chain([ROUTER]).collect();
    let readable = |command: &mut Command| command.output().is_ok_and(|o| o.status.success());
    if !readable(Command::new("nft").args(["list", "ruleset"])) {
        skip("the host's rules of nftables", "no nft(8), or no right to read them");
    }
    if std::fs::read(CONNECTIONS).is_err() {
        skip("the host's tracked connections", &format!("{CONNECTIONS} cannot be read"));
    }
    // Whatever a run lets loose comes here.
    nix::sys::prctl::set_child_subreaper(true).expect("PR_SET_CHILD_SUBREAPER");
    let me = i32::try_from(std::process::id()).expect("a process number");
    let bystander = Bystander::start();
    let seen = bystander.look();
    // The first look mounts what is mounted when somebody looks (`/proc/sys/fs/binfmt_misc` under systemd).
    fingerprint(&those_there());
    let mut suspects: Option<BTreeMap<String, String>> = None;
    for run in 1..=RUNS {
        let there = those_there();
        let before = fingerprint(&there);
        let report = program.check(&everything);
        let after = fingerprint(&there);

        let passed = report.lessons.iter().filter(|l| l.status == Status::Passed).count();
        if run == 1 {
            note(&format!("  {passed} of {} lessons passed meanwhile", report.lessons.len()));
            for lesson in report.lessons.iter().filter(|l| l.status != Status::Passed) {
                note(&format!("  {} did not: {:?}", lesson.id, lesson.status));
            }
            if passed == 0 {
                let first = report.lessons.first().map(troubles).unwrap_or_default();
                return skip("the host before and after", &format!("no lesson runs here; {first}"));
            }
        }
        assert_eq!(report.lessons.len(), everything.len(), "exit {:?}: {}", report.code, report.complaints);
        let left = leftover::of(report.pid);
        assert!(left.is_empty(), "left\n  {}", left.join("\n  "));
        let loose = leftover::descendants(me).into_iter().filter(|p| p.pid != bystander.0.id().cast_signed());
        let loose: Vec<_> = loose.collect();
        assert!(loose.is_empty(), "processes that the run has let loose: {loose:#?}");
        let now = bystander.look();
        for (what, was) in &seen {
            assert_eq!(now.get(what), Some(was), "{what} of a process that had nothing to do with it");
        }

        let found = differences(&before, &after, &allowed);
        let again: BTreeSet<String> = found.keys().map(|k| without_numbers(k)).collect();
        let confirmed: BTreeMap<String, String> = match suspects.take() {
            None => found,
            Some(earlier) => {
                earlier.into_iter().filter(|(key, _)| again.contains(&without_numbers(key))).collect()
            }
        };
        if confirmed.is_empty() {
            return;
        }
        note(&format!("  run {run}: {} differences, to be confirmed", confirmed.len()));
        suspects = Some(confirmed);
    }
    let lines: Vec<String> =
        suspects.unwrap_or_default().into_iter().map(|(key, change)| format!("{key}: {change}")).collect();
    panic!("differs after each of {RUNS} runs:\n  {}", lines.join("\n  "));
}

/// The test can fail: a change of the kind that it looks for is found.
#[test]
fn a_change_is_found() {
    let (mut before, mut after) = (Print::new(), Print::new());
    before.insert("hostname".to_owned(), "a".to_owned());
    after.insert("hostname".to_owned(), "b".to_owned());
    after.insert("link veth0".to_owned(), String::new());
    after.insert("sysctl kernel/random/uuid".to_owned(), "x".to_owned());
    let ended = "ipv4 2 tcp 6 9 TIME_WAIT src=10.77.0.1 dst=10.77.0.2 sport=1 dport=80 src=10.77.0.2 dst=10.77.0.1 sport=80 dport=1";
    before.insert(format!("connection {}", connection_of_a_lesson(ended).expect("one")), String::new());
    let opened = "ipv4 2 udp 17 29 src=10.0.0.5 dst=192.0.2.1 sport=53 dport=4789 packets=1 [UNREPLIED] src=192.0.2.1 dst=10.0.0.5 sport=4789 dport=53 mark=0 use=2";
    after.insert(format!("connection {}", connection_of_a_lesson(opened).expect("one")), String::new());
    assert_eq!(connection_of_a_lesson("ipv4 2 tcp 6 9 ESTABLISHED src=10.1.0.1 dst=192.168.2.1"), None);
    after.insert("nft 3 oifname \"wan\" counter masquerade".to_owned(), String::new());
    let found = differences(&before, &after, &Allowed::read());
    let connection = "connection udp src=10.0.0.5 dst=192.0.2.1 sport=53 dport=4789 src=192.0.2.1 dst=10.0.0.5 sport=4789 dport=53";
    let all = [connection, "hostname", "link veth0", "nft 3 oifname \"wan\" counter masquerade"];
    assert_eq!(found.keys().collect::<Vec<_>>(), all);
}
