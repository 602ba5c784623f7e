//! Machines and shells that give the program less than usual: it works with what there is, or says what it needs; it never dies without a word, and it
//! leaves nothing.

mod common;

use common::{NOBODY, Program, is_root, leftover, skip, troubles};
use isolab::events::Status;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

/// Runs the program by a shell that does something first; gives what became of it, and its number.
fn after(program: &Program, first: &str, words: &[&str]) -> (Output, i32) {
    let command = program.command();
    let mut sh = Command::new("sh");
    let script = format!(r#"echo $$ >&2; {first}; exec "$@""#);
    sh.args(["-c", &script, "sh"]).arg(command.get_program()).args(words);
    sh.current_dir("/").env_remove("ISOLAB_RUN").stdin(Stdio::null());
    if program.user == common::User::Nobody {
        use std::os::unix::process::CommandExt;
        sh.uid(NOBODY).gid(NOBODY).env("HOME", "/");
    }
    let output = sh.output().expect("sh");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let pid = said.lines().next().and_then(|l| l.parse().ok()).expect("a number");
    (output, pid)
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn nothing_left(pid: i32, what: &str) {
    let left = leftover::of(pid);
    assert!(left.is_empty(), "{what}: left\n  {}", left.join("\n  "));
}

fn programs() -> Vec<Program> {
    let mut all = vec![Program::built()];
    if is_root() {
        all.push(Program::for_nobody());
    }
    all
}

#[test]
fn no_file_of_any_size_is_said_and_not_died_of() {
    for program in programs() {
        let (output, pid) = after(&program, "ulimit -f 0", &["check", "uts"]);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output));
        assert!(text(&output).contains("RLIMIT_FSIZE is 0"), "{}", text(&output));
        nothing_left(pid, "ulimit -f 0");
        // A program that a person starts for its output alone.
        let (output, _) = after(&program, "ulimit -f 0", &["list"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
}

#[test]
fn a_mask_that_takes_everything_leaves_nothing() {
    for program in programs() {
        for lesson in ["uts", "overlay"] {
            let (output, pid) = after(&program, "umask 0777", &["check", lesson]);
            assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output));
            nothing_left(pid, "umask 0777");
        }
    }
}

#[test]
fn a_small_stack_is_widened_or_said() {
    for program in programs() {
        // The soft limit alone can be raised by anybody.
        let (output, pid) = after(&program, "ulimit -S -s 64", &["check", "uts"]);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output));
        nothing_left(pid, "a small stack");
        let (output, pid) = after(&program, "ulimit -s 64", &["check", "uts"]);
        match output.status.code() {
            // Root may raise the hard one, too.
            Some(0 | 3) if program.user == common::User::Same => {}
            Some(2) => assert!(text(&output).contains("ulimit -s 1024"), "{}", text(&output)),
            other => panic!("{other:?}: {}", text(&output)),
        }
        nothing_left(pid, "a small stack");
        let (output, pid) = after(&program, "ulimit -s 1024", &["check", "uts", "pid"]);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output));
        nothing_left(pid, "a stack that is just large enough");
    }
}

/// As packages install what nobody is to copy: executable for everybody, readable for root alone.
#[test]
fn a_program_that_may_not_be_read_works() {
    if !is_root() {
        return skip(
            "a_program_that_may_not_be_read_works",
            "only root can have a file that others may not read",
        );
    }
    let program = Program::for_nobody();
    let usual = program.check(&["uts"]).lesson("uts").status.clone();
    let file = std::path::PathBuf::from(program.command().get_program());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o711)).expect("chmod");
    let report = program.check(&["uts"]);
    assert_eq!(report.lesson("uts").status, usual, "{}", troubles(report.lesson("uts")));
}

/// File capabilities make a process that its own user may not look into; so does a /proc that hides processes, for others.
#[test]
fn neither_capabilities_of_the_file_nor_a_proc_that_hides_stand_in_the_way() {
    const NAME: &str = "neither_capabilities_of_the_file_nor_a_proc_that_hides_stand_in_the_way";
    if !is_root() {
        return skip(NAME, "only root can give a file capabilities, and mount another /proc");
    }
    let program = Program::for_nobody();
    let usual = program.check(&["uts"]).lesson("uts").status.clone();
    let hidden = |what: &str| {
        let mut unshare = Command::new("unshare");
        let script = r#"mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid "$0" --regid "$0" --clear-groups "$@""#;
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", script, &NOBODY.to_string()]);
        unshare.arg(program.command().get_program()).args(["check", "uts"]);
        unshare.current_dir("/").env("HOME", "/").env_remove("ISOLAB_RUN").stdin(Stdio::null());
        let output = unshare.output().expect("unshare");
        if usual == Status::Passed {
            assert_eq!(output.status.code(), Some(0), "{what}: {}", text(&output));
        }
    };
    hidden("hidepid=2");
    let mut setcap = Command::new("setcap");
    setcap.arg("cap_net_raw+ep").arg(program.command().get_program()).stderr(Stdio::null());
    if !setcap.status().is_ok_and(|s| s.success()) {
        return skip("a program with file capabilities", "setcap is missing, or this filesystem has none");
    }
    let report = program.check(&["uts"]);
    assert_eq!(report.lesson("uts").status, usual, "{}", troubles(report.lesson("uts")));
    hidden("hidepid=2 and file capabilities");
}

/// A filesystem without locks. The answer is injected by strace, so nothing is traced by the program itself.
#[test]
fn a_ledger_that_cannot_be_locked_is_not_left() {
    let strace = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !strace.is_ok_and(|s| s.success()) {
        return skip("a_ledger_that_cannot_be_locked_is_not_left", "strace is missing, or may not trace");
    }
    let program = Program::built();
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"]);
    command.arg("sh").args(["-c", r#"echo $$ >&2; exec "$@""#, "sh"]);
    command.arg(program.command().get_program()).args(["check", "uts"]);
    let output =
        command.current_dir("/").env_remove("ISOLAB_RUN").stdin(Stdio::null()).output().expect("strace");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let pid: i32 = said.lines().find_map(|l| l.trim().parse().ok()).expect("a number");
    assert!(!output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("flock"), "{}", text(&output));
    nothing_left(pid, "a filesystem without locks");
}

/// Each byte by itself: the steps were kept in a list, for which there was no memory.
const BYTES: &str = r"
format: 1
id: bytes
title: Byte by byte
summary: A workload that takes very little at a time.
minutes: 1

boxes:
  box: {}

workloads:
  hog: { memhog: { take: 32M, step: 1B } }

readouts:
  taken: { host: { announced: hog } }

steps:
  - id: one
    title: One
    text: |
      One byte after the other.
    do:
      - { box: { start: hog } }
    expect:
      - { taken: { is: 32M } }
";

#[test]
fn memory_is_taken_in_steps_of_any_size() {
    let program = Program::built();
    let lesson = program.scratch.file("bytes.yaml");
    std::fs::write(&lesson, BYTES.trim_start()).expect("a file");
    let report = program.check(&[lesson.to_str().expect("a path")]);
    let Some(record) = report.lessons.first() else { panic!("{}", report.complaints) };
    if let Status::Blocked { reason, .. } = &record.status {
        return skip("memory_is_taken_in_steps_of_any_size", reason);
    }
    assert_eq!(record.status, Status::Passed, "{}", troubles(record));
}
