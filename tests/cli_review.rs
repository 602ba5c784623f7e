//! `isolab review`, as it is typed.

mod common;

use common::{ISOLAB, Scratch};
use std::io::Write;
use std::process::{Command, Stdio};

/// A person who guessed three questions wrong (one of them with several answers) and one right, long ago. As an older isolab wrote it: without times.
const LONG_AGO: &str = r#"{ "format": 1, "lessons": {
  "uts": { "steps": { "copy": "watched" }, "predictions": {
      "copy": { "chosen": ["none"], "right": false }, "rename": { "chosen": ["kernel"], "right": true },
      "join": { "chosen": ["all"], "right": false }, "gone": { "chosen": ["x"], "right": false } } },
  "mount": { "predictions": { "grid": { "chosen": ["shared-i"], "right": false } } } } }"#;

fn home(progress: &str) -> Scratch {
    let home = Scratch::new();
    let directory = home.file(".local/state/isolab");
    std::fs::create_dir_all(&directory).expect("mkdir");
    std::fs::write(directory.join("progress.json"), progress).expect("write");
    home
}

/// Runs it with these lines on standard input.
fn review(home: &Scratch, words: &[&str], typed: &str) -> (Option<i32>, String) {
    let mut command = Command::new(ISOLAB);
    command.arg("review").args(words).env("HOME", home.path()).env("TZ", "UTC").env("COLUMNS", "100");
    for name in ["XDG_STATE_HOME", "SUDO_UID", "SUDO_GID"] {
        command.env_remove(name);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(typed.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn what_was_wrong_is_asked_again_and_what_was_right_is_not() {
    let home = home(LONG_AGO);
    // Right; not an answer, and then wrong; several.
    let (code, out) = review(&home, &[], "3\n9\n1\n4 1,2\n");
    assert_eq!(code, Some(0), "{out}");
    assert!(
        out.contains("1 of 3 · uts · ") && out.contains("3 of 3 · mount · Shared, slave, private"),
        "{out}"
    );
    assert!(!out.contains("uts · Rename the box"), "{out}");
    let options = "\n  1 Nothing, the name is empty\n  2 localhost\n  3 The same as the host\n";
    assert!(out.contains(options), "each option has its line: {out}");
    assert!(out.contains("→ The answer: guest and box\n"), "{out}");
    assert_eq!(out.matches("✓ Right.").count(), 2, "{out}");
    assert!(out.contains("write a number from 1 to 3") && out.contains("The answer: guest and box"), "{out}");
    assert!(out.contains("A new UTS namespace begins as a copy"), "the explanation: {out}");
    assert!(out.contains("2 of 3 right. The next one is due on 20"), "{out}");
    // They were asked a moment ago.
    let (code, out) = review(&home, &[], "");
    assert!(
        code == Some(0) && out.starts_with("Nothing is due yet. 3 questions will be asked again"),
        "{out}"
    );
    let (_, out) = review(&home, &["--all", "mount"], "\n");
    assert!(out.contains("1 of 1 · mount") && out.contains("0 of 1 right"), "not known is not right: {out}");
}

#[test]
fn what_was_answered_before_the_end_is_kept() {
    let home = home(LONG_AGO);
    let (code, out) = review(&home, &[], "3\n");
    assert!(code == Some(0) && out.contains("1 of 1 right"), "{out}");
    let (_, out) = review(&home, &[], "");
    assert!(out.contains("1 of 2 · uts · Join it") && !out.contains("of 2 · uts · A namespace"), "{out}");
}

#[test]
fn who_guessed_nothing_wrong_is_told_so() {
    let (code, out) = review(&home(r#"{ "format": 1 }"#), &[], "");
    assert!(code == Some(0) && out.starts_with("Nothing to ask again"), "{out}");
}

/// The colours of a sign are sent to the terminal, and not shown as text.
#[test]
fn colours_are_colours() {
    let home = home(LONG_AGO);
    let mut command = Command::new(ISOLAB);
    command.args(["review", "--color", "always"]).env("HOME", home.path());
    for name in ["XDG_STATE_HOME", "SUDO_UID", "SUDO_GID", "NO_COLOR"] {
        command.env_remove(name);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(b"1\n").expect("it reads");
    let out = child.wait_with_output().expect("it ends").stdout;
    let out = String::from_utf8_lossy(&out);
    assert!(out.contains("\x1b[") && !out.contains("\\x1b"), "{out}");
}
