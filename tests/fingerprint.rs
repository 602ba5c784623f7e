//! `isolab fingerprint` of a process whose properties are known, against what the kernel says of it by other ways.

mod common;

use common::{Program, skip};
use serde_json::Value;
use std::process::{Child, Command, Stdio};

/// A process that `unshare(1)` has put into namespaces of its own; ended with the value.
struct Contained(Child);

impl Contained {
    /// Nothing where this machine refuses user namespaces.
    fn start() -> Option<Self> {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--uts", "--ipc", "--net", "--mount"]);
        // Nobody forks, so that the process that is started is the one that is looked at.
        command.args(["sh", "-c", "echo ready; exec env -i KEY=secret sleep 60"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().ok()?;
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).ok()?;
        let contained = Contained(child);
        let is_sleep = || {
            let name = std::fs::read_to_string(format!("/proc/{}/comm", contained.pid())).ok()?;
            (name == "sleep\n").then_some(())
        };
        common::wait_for(std::time::Duration::from_secs(20), is_sleep)?;
        Some(contained)
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn fingerprint(program: &Program, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program.command();
    command.arg("fingerprint").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_is_known_of_a_process_is_found() {
    let program = Program::built();
    let Some(contained) = Contained::start() else {
        return skip("fingerprint", "unshare(1) could not make a user namespace");
    };
    let pid = contained.pid().to_string();
    let (code, json, _) = fingerprint(&program, &[&pid, "--json"]);
    assert_eq!(code, Some(0));
    let found: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(found["command"], "sleep");
    assert_eq!(found["environment"], Value::from(vec!["KEY"]), "keys, and no values");
    assert_eq!(found["interfaces"], Value::from(vec!["lo"]));
    for one in found["namespaces"].as_array().expect("namespaces") {
        let word = one["type"].as_str().expect("a type");
        let link = if word == "mount" { "mnt" } else { word };
        let read = |of: &str| std::fs::read_link(format!("/proc/{of}/ns/{link}")).expect("a namespace");
        assert_eq!(read(&pid).to_string_lossy(), format!("{link}:[{}]", one["id"]), "{word}");
        let made = ["user", "uts", "ipc", "net", "mount"].contains(&word);
        assert_eq!(read(&pid) != read("self"), made, "{word}");
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    for set in found["capabilities"].as_array().expect("sets") {
        let line =
            format!("{}:\t{}", set["set"].as_str().expect("a name"), set["bits"].as_str().expect("bits"));
        assert!(status.lines().any(|l| l == line), "{line}");
    }
    let mounts = std::fs::read_to_string(format!("/proc/{pid}/mountinfo")).expect("its mounts");
    assert_eq!(found["mounts"].as_array().map(Vec::len), Some(mounts.lines().count()));
    let (_, text, _) = fingerprint(&program, &[&pid]);
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn two_processes_are_told_apart_by_what_differs() {
    let program = Program::built();
    let Some(contained) = Contained::start() else {
        return skip("fingerprint", "unshare(1) could not make a user namespace");
    };
    let (pid, own) = (contained.pid().to_string(), std::process::id().to_string());
    assert_eq!(fingerprint(&program, &[&pid, "--diff", &pid]).0, Some(0));
    let (code, json, _) = fingerprint(&program, &[&pid, "--diff", &own, "--json"]);
    assert_eq!(code, Some(1));
    let found: Value = serde_json::from_str(&json).expect("JSON");
    let differences = found["differences"].as_array().expect("a list");
    let names: Vec<&str> = differences
        .iter()
        .filter(|one| one["part"] == "namespaces")
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["ipc", "mount", "net", "user", "uts"]);
    assert!(differences.iter().any(|one| one["name"] == "map of users"), "{json}");
}

#[test]
fn a_process_that_is_not_there_is_a_mistake_of_the_command_line() {
    // Above the highest number that a kernel gives (`pid_max`, `proc(5)`).
    let (code, printed, complaint) = fingerprint(&Program::built(), &["4194305"]);
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert!(complaint.contains("read /proc/4194305: ENOENT"), "{complaint}");
}
