//! The program in surroundings that nobody wishes for: it says what is wrong, by a documented exit code, and never panics.

mod common;

use common::{skip, test};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output};

const ISOLAB: &str = env!("CARGO_BIN_EXE_isolab");

fn isolab(words: &[&str]) -> Command {
    let mut command = Command::new(ISOLAB);
    command.args(words);
    command
}

/// Runs it; gives the exit code and what was said on standard error.
fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned(), said)
}

/// In new namespaces, which `unshare(1)` makes; nothing, with the reason, where this user may not.
fn unshared(flags: &[&str], script: &str) -> Option<(Option<i32>, String, String)> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(flags).args(["sh", "-c", script, ISOLAB]);
        command
    };
    match unshare("exit 0").output() {
        Ok(tried) if tried.status.success() => Some(run(&mut unshare(script))),
        Ok(tried) => {
            skip(&test(), String::from_utf8_lossy(&tried.stderr).trim());
            None
        }
        Err(e) => {
            skip(&test(), &format!("unshare: {e}"));
            None
        }
    }
}

#[test]
fn a_full_disk_is_said_and_is_no_success() {
    for words in [&["list"][..], &["schema"], &["show", "uts"], &["check", "uts", "--format", "tap"]] {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let (code, _, said) = run(isolab(words).stdout(full));
        assert_eq!(code, Some(2), "{words:?}: {said}");
        assert!(said.contains("standard output: ENOSPC"), "{words:?}: {said}");
    }
    let (code, _, said) = run(&mut isolab(&["check", "uts", "--output", "/dev/full"]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("write the report to /dev/full: ENOSPC"), "{said}");
}

#[test]
fn a_lesson_is_no_demo() {
    let (code, _, said) = run(&mut isolab(&["demo", "uts", "--rehearse"]));
    assert_eq!((code, said.as_str()), (Some(2), "isolab: `uts` is a lesson, not a demo: isolab learn uts\n"));
    for command in ["show", "check", "learn"] {
        let (code, _, said) = run(&mut isolab(&[command, "fifteen-minutes"]));
        let told = "isolab: `fifteen-minutes` is a demo, not a lesson: `isolab demo fifteen-minutes` plays it, and with --rehearse runs it without a screen\n";
        assert_eq!((code, said.as_str()), (Some(2), told), "{command}");
    }
    let (code, _, said) = run(&mut isolab(&["demo", "fifteen-minute"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("did you mean `fifteen-minutes`?"), "{said}");
}

#[test]
fn words_that_are_not_utf8_are_wrong_usage() {
    let (code, _, said) = run(isolab(&["check"]).arg(OsStr::from_bytes(b"\xff")));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("UTF-8"), "{said}");
}

#[test]
fn no_width_is_too_wide() {
    for columns in ["18446744073709551615", "99999999999", "0", "-1", "wide"] {
        let (code, out, said) = run(isolab(&["show", "uts"]).env("COLUMNS", columns));
        assert_eq!(code, Some(0), "{columns}: {said}");
        assert!(!out.is_empty());
        let (_, out, _) = run(isolab(&["check", "uts"]).env("COLUMNS", columns));
        let widest = out.lines().map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|w| (1..=500).contains(&w)), "{columns}: {widest:?}");
    }
}

#[test]
fn a_proc_of_another_pid_namespace_is_refused() {
    for words in ["check uts", "list", "clean"] {
        let script = format!("\"$0\" {words}");
        let Some((code, out, said)) = unshared(&["--user", "--map-root-user", "--pid", "--fork"], &script)
        else {
            return;
        };
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words}: {said}");
        assert!(said.contains("another PID namespace"), "{words}: {said}");
    }
}

#[test]
fn a_root_without_other_ids_is_blocked() {
    let Some((code, out, _)) = unshared(&["--user", "--map-root-user"], "\"$0\" check uts") else { return };
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("alone in its user namespace"), "{out}");
}

#[test]
fn without_room_for_files_it_is_blocked() {
    let script = "mount -t tmpfs -o ro none /var/tmp && \"$0\" check uts";
    let Some((code, out, said)) = unshared(&["--user", "--map-root-user", "--mount"], script) else { return };
    assert_eq!(code, Some(3), "{out}{said}");
    assert!(out.contains("no file can be made in /var/tmp: EROFS"), "{out}");
}
