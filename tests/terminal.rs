//! What a run has of whoever has started it: nothing of the terminal, and nothing that was left open.

mod common;

use common::{Lab, NOBODY, Program, Scratch, User, is_root, leftover, skip, wait_for};
use nix::pty::{OpenptyResult, openpty};
use nix::sys::signal::Signal;
use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A lesson with one action that takes seconds.
const HELD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/held.yaml");
/// What is waited for comes within this time, however busy the machine is.
const SOON: Duration = Duration::from_secs(60);
/// Everything must be gone so long after a kill.
const GONE: Duration = Duration::from_secs(40);

/// A terminal, and everything that was ever written to it.
struct Terminal {
    keyboard: File,
    slave: OwnedFd,
    path: PathBuf,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn open() -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).expect("openpty");
        let path = nix::unistd::ttyname(&slave).expect("ttyname");
        // File modes must not be the reason.
        std::fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("chmod");
        let keyboard = File::from(master);
        let mut from = keyboard.try_clone().expect("dup");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let keeps = shown.clone();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(n @ 1..) = from.read(&mut piece) {
                keeps.lock().expect("no panic").extend_from_slice(&piece[..n]);
            }
        });
        Terminal { keyboard, slave, path, shown }
    }

    fn end(&self) -> Stdio {
        Stdio::from(self.slave.try_clone().expect("dup"))
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("no panic")).into_owned()
    }

    /// Starts `isolab check` with this as its terminal, and with two more descriptors that somebody has left open.
    fn check(&self, program: &Program, lesson: &str) -> Lab {
        const OPEN: &str = r#"exec 7</etc/hostname 9<&0; exec "$@""#;
        let mut command = Command::new("setsid");
        command.args(["--ctty", "sh", "-c", OPEN, "sh"]).arg(program.command().get_program());
        command.args(["check", lesson]).current_dir("/").env_remove("ISOLAB_RUN");
        command.stdin(self.end()).stdout(self.end()).stderr(self.end());
        if program.user == User::Nobody {
            command.uid(NOBODY).gid(NOBODY).env("HOME", "/");
        }
        Lab::start(&mut command)
    }
}

fn programs() -> Vec<Program> {
    let mut all = vec![Program::built()];
    if is_root() {
        all.push(Program::for_nobody());
    } else {
        skip("as an ordinary user besides", "only root can become one");
    }
    all
}

/// A file of a process as a number: the flags of a descriptor in octal, or the terminal in `stat`.
fn flags(pid: i32, fd: &str) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("flags:"))?;
    i32::from_str_radix(line.trim(), 8).ok()
}

fn terminal_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(4)?.parse().ok()
}

/// What is wrong with the descriptors of a process of a run, a line each. It may end while it is looked at.
fn faults(process: &leftover::Process, terminal: &Path) -> Vec<String> {
    let pid = process.pid;
    let is_box = process.arguments.get(1).is_some_and(|a| a == "__box");
    let mut found = Vec::new();
    if terminal_of(pid).is_some_and(|t| t != 0) {
        found.push("it has a controlling terminal".to_owned());
    }
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    for entry in entries {
        let Ok(target) = std::fs::read_link(entry.path()) else { continue };
        let number = entry.file_name().to_string_lossy().into_owned();
        let shown = format!("{number} is {}", target.display());
        if target == terminal || target.starts_with("/dev/tty") || target == Path::new("/etc/hostname") {
            found.push(shown.clone());
        }
        let standard = ["1", "2"].contains(&number.as_str());
        if is_box && standard && target != Path::new("/dev/null") {
            found.push(shown.clone());
        }
        if !standard && flags(pid, &number).is_some_and(|f| f & libc::O_CLOEXEC == 0) {
            found.push(format!("{shown}, and goes on to programs"));
        }
    }
    let named = |fault| format!("{pid} ({}) {:?}: {fault}", process.name, process.arguments);
    found.into_iter().map(named).collect()
}

#[test]
fn no_process_of_a_run_has_anything_of_the_terminal() {
    if which::which("setsid").is_err() {
        return skip("no_process_of_a_run_has_anything_of_the_terminal", "setsid is not in PATH");
    }
    for program in programs() {
        let terminal = Terminal::open();
        let mut lab = terminal.check(&program, HELD);
        let own = leftover::namespace(std::process::id().cast_signed(), "net");
        // In its long action, when all boxes are there.
        let found = wait_for(SOON, || {
            let all = leftover::processes_of(lab.pid);
            let is_away = |p: &leftover::Process| {
                p.arguments.get(2).is_some_and(|a| a == "slow") && leftover::namespace(p.pid, "net") != own
            };
            all.iter().any(is_away).then_some(all)
        });
        let all = found.unwrap_or_else(|| panic!("no long action: {}", terminal.shown()));
        assert!(all.iter().any(|p| p.arguments.get(1).is_some_and(|a| a == "__guardian")), "{all:#?}");
        let faults: Vec<String> = all.iter().flat_map(|p| faults(p, &terminal.path)).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        lab.signal(Signal::SIGTERM);
        lab.wait();
        assert!(wait_for(GONE, || leftover::of(lab.pid).is_empty().then_some(())).is_some());
    }
}

/// A lesson whose program writes to and reads from what its box has, and what it has itself.
const GRASPS: &str = r#"
format: 1
id: grasps
title: A program that reaches for the terminal
summary: It finds none.
minutes: 1

boxes:
  box: {}

readouts:
  said: { box: { output: box } }

steps:
  - id: one
    title: One
    text: |
      It writes to whatever its parent has as standard error, and reads what is typed there.
    do:
      - box:
          run:
            - sh
            - -c
            - |
              for p in self $PPID; do
                  for n in 0 1 2 3 4 5 6 7 8 9; do
                      [ -e /proc/$p/fd/$n ] && [ ! -p /proc/$p/fd/$n ] || continue
                      (printf 'GRA''SPED' >/proc/$p/fd/$n; read -r x </proc/$p/fd/$n && echo "read $x") 2>/dev/null
                  done
              done
              (printf 'GRA''SPED' >/dev/tty; read -r x </dev/tty && echo "read $x") 2>/dev/null
              printf over
    expect:
      - { said: { is: over } }
"#;

#[test]
fn a_program_neither_writes_to_the_terminal_nor_reads_from_it() {
    if which::which("setsid").is_err() {
        return skip("a_program_neither_writes_to_the_terminal_nor_reads_from_it", "setsid is not in PATH");
    }
    let scratch = Scratch::new();
    let lesson = scratch.file("grasps.yaml");
    std::fs::write(&lesson, GRASPS).expect("a file");
    for program in programs() {
        let mut terminal = Terminal::open();
        // Typed ahead, for whoever reads first.
        terminal.keyboard.write_all(b"secret\n").expect("typed");
        let mut lab = terminal.check(&program, lesson.to_str().expect("a path"));
        let code = lab.wait();
        let shown = terminal.shown();
        assert!(!shown.contains("GRASPED"), "{shown}");
        assert!(!shown.contains("read secret"), "{shown}");
        assert_eq!(code, Some(0), "{shown}");
    }
}
