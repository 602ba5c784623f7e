//! What a lesson, a program or a file's name says is shown, and never acted upon: no control character, nothing that turns or hides text, and nothing so
//! long that the screen stops to answer.

mod common;
#[macro_use]
#[path = "common/pty.rs"]
mod pty;

use common::{Scratch, skip, test};
use nix::sys::signal::Signal;
use pty::Pty;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const ISOLAB: &str = env!("CARGO_BIN_EXE_isolab");
/// Clears the screen; the same in one byte of the upper half; a line of its own; right to left; an isolate; a mark of direction.
const EVIL: &str = "a\u{1b}[2Jb\u{9b}2Jc\u{85}d\u{202e}e\u{2066}f\u{61c}g\u{2028}h\u{200f}i";

/// Written out once more, and not taken from the program.
fn is_evil(c: char) -> bool {
    let code = u32::from(c);
    (code < 0x20 && c != '\n' && c != '\t')
        || (0x7f..=0x9f).contains(&code)
        || matches!(code, 0x61c | 0x200e | 0x200f | 0x2028 | 0x2029 | 0x202a..=0x202e | 0x2066..=0x2069)
}

#[track_caller]
fn is_clean(what: &str, text: &str) {
    if let Some(at) = text.find(is_evil) {
        let start = text[..at].char_indices().rev().nth(60).map_or(0, |(i, _)| i);
        panic!("{what}: {:?}", text[start..].chars().take(120).collect::<String>());
    }
}

/// Runs it; gives what it wrote to both streams.
fn said(words: &[&str], place: &Path) -> (Option<i32>, String, String) {
    let output = Command::new(ISOLAB)
        .args(words)
        .env("XDG_STATE_HOME", place)
        .env_remove("SUDO_UID")
        .output()
        .expect("the program starts");
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(!err.contains("panicked"), "{err}");
    (output.status.code(), out, err)
}

/// A text in the double quotes of YAML, with everything that these hide written as an escape.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| if is_evil(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
        .collect();
    format!("\"{escaped}\"")
}

fn lesson(id: &str, text: &str) -> String {
    let evil = quoted(text);
    format!(
        "format: 1
id: {id}
title: {evil}
summary: {evil}
minutes: 5
boxes:
  box: {{ new: [uts] }}
readouts:
  file: {{ box: {{ file: f }} }}
  host-file: {{ host: {{ file: f }} }}
  name: {{ box: hostname }}
steps:
  - id: one
    title: {evil}
    text: {evil}
    by_hand: {evil}
    predict:
      ask: {evil}
      options: {{ a: {evil}, b: {evil} }}
      answer: a
    why: {evil}
    myth: {evil}
    notes: {evil}
    show: [file, host-file]
    do:
      - box:
          - write: {{ f: {evil} }}
          - sethostname: bird
    expect:
      - {{ name: {{ is: bird }} }}
      - {{ file: {{ contains: {evil} }} }}
      - {{ host-file: {{ is: {evil} }} }}
"
    )
}

struct Lessons {
    scratch: Scratch,
}

impl Lessons {
    fn new() -> Self {
        let lessons = Lessons { scratch: Scratch::new() };
        fs::create_dir(lessons.directory()).expect("a directory");
        fs::write(lessons.directory().join("evil.yaml"), lesson("evil", EVIL)).expect("a lesson");
        lessons
    }

    fn directory(&self) -> PathBuf {
        self.scratch.file("lessons")
    }
}

#[test]
fn reports_show_it_in_every_format() {
    let lessons = Lessons::new();
    let directory = lessons.directory();
    let directory = directory.to_str().expect("UTF-8");
    for words in [
        &["list"][..],
        &["show", "evil", "--answers", "--notes"],
        &["check", "evil"],
        &["check", "evil", "--format", "json"],
        &["check", "evil", "--format", "junit"],
        &["check", "evil", "--format", "tap"],
        &["render", "evil"],
        &["progress"],
        &["doctor"],
    ] {
        let words = [&["--lessons", directory], words].concat();
        let (code, out, err) = said(&words, lessons.scratch.path());
        assert!(matches!(code, Some(0 | 1 | 3)), "{words:?}: {code:?} {err}");
        is_clean(&format!("{words:?}"), &out);
        is_clean(&format!("{words:?}"), &err);
    }
}

#[test]
fn a_program_reads_the_same_text() {
    let lessons = Lessons::new();
    let directory = lessons.directory();
    let words = ["--lessons", directory.to_str().expect("UTF-8"), "check", "evil", "--format", "json"];
    let (_, out, _) = said(&words, lessons.scratch.path());
    let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(document["lessons"][0]["title"], EVIL);
    assert_eq!(document["lessons"][0]["steps"][1]["title"], EVIL);
}

#[test]
fn file_names_and_what_they_hold_are_shown_in_complaints() {
    let scratch = Scratch::new();
    let name = EVIL.replace(['\u{2028}', '/'], "x");
    let faulty = scratch.file(&format!("{name}.yaml"));
    let key = quoted(EVIL);
    fs::write(&faulty, format!("format: 1\nid: x\n{key}: 1\ntit\u{202e}le: b\nboxes:\n  {key}: {{}}\nreadouts: {{ r: {{ {key}: hostname }} }}\nsteps: []\n"))
        .expect("a file");
    let file = faulty.to_str().expect("UTF-8");
    let directory = scratch.path().to_str().expect("UTF-8");
    let missing = format!("{directory}/{EVIL}/none.yaml");
    for words in [
        &["lint", file][..],
        &["lint", directory],
        &["lint", &missing],
        &["lint", EVIL],
        &["check", file],
        &["check", EVIL],
        &["show", EVIL],
        &["demo", EVIL],
        &["render", EVIL],
        &["render", file],
        &["progress", EVIL],
        &["--lessons", directory, "list"],
        &["--lessons", &missing, "list"],
        &["check", "uts", "--output", &missing],
        &["check", "uts", "--step", EVIL],
        &["check", "uts", "--set", &format!("{EVIL}=1")],
        &["check", "uts", "--format", EVIL],
        &["manual", &format!("{file}/x")],
        &[EVIL],
    ] {
        let (code, out, err) = said(words, scratch.path());
        assert_ne!(code, Some(0), "{words:?}");
        is_clean(&format!("{words:?}"), &out);
        is_clean(&format!("{words:?}"), &err);
        assert!(err.contains('\\'), "{words:?} does not show it: {err}");
    }
}

/// The harness that Debian 12 has takes no version 14.
#[test]
fn prove_reads_the_report() {
    if Command::new("prove").arg("--version").output().is_err() {
        return skip(&test(), "there is no prove here");
    }
    let lessons = Lessons::new();
    let report = lessons.scratch.file("report.tap");
    let directory = lessons.directory();
    for (lesson, options) in [("uts", &["--without-actions-of", "rename"][..]), ("uts", &[]), ("evil", &[])] {
        let words =
            ["--lessons", directory.to_str().expect("UTF-8"), "check", lesson, "--format", "tap", "--output"];
        let words = [&words[..], &[report.to_str().expect("UTF-8")], options].concat();
        let (code, _, err) = said(&words, lessons.scratch.path());
        let output =
            Command::new("prove").args(["--exec", "cat"]).arg(&report).output().expect("prove starts");
        let heard = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!heard.contains("Parse errors"), "{lesson}: {heard}");
        assert_eq!(output.status.success(), matches!(code, Some(0 | 3)), "{lesson}: {code:?} {err}\n{heard}");
    }
}

/// A file with one line of this many characters, which the step writes in pieces.
fn wide(pieces: usize) -> String {
    let piece = "x".repeat(32 * 1024);
    let more = format!("          - append: {{ f: {piece} }}\n").repeat(pieces - 1);
    format!(
        "format: 1
id: wide
title: A line without end
summary: One sentence.
minutes: 5
boxes:
  box: {{}}
readouts:
  file: {{ box: {{ file: f }} }}
steps:
  - id: one
    title: One line
    text: Some text.
    show: [file]
    do:
      - box:
          - write: {{ f: {piece} }}
{more}    expect:
      - {{ file: {{ contains: xxx }} }}
"
    )
}

fn with_a_wide_readout() -> (Scratch, Pty) {
    let scratch = Scratch::new();
    fs::write(scratch.file("wide.yaml"), wide(8)).expect("a lesson");
    let pty = Pty::start((80, 24), ISOLAB, |command| {
        command
            .arg("--lessons")
            .arg(scratch.path())
            .args(["learn", "wide"])
            .env("XDG_STATE_HOME", scratch.path());
    });
    pty.wait_for("Enter");
    pty.keys("<enter>");
    pty.wait_for("checks ✓ 1/1");
    (scratch, pty)
}

#[test]
fn keys_are_answered_beside_a_line_without_end() {
    let (_scratch, pty) = with_a_wide_readout();
    pty.wait_for("z shows all");
    pty.keys("z");
    pty.wait_for("Esc back");
    for _ in 0..250 {
        pty.keys("<down>");
    }
    // The note may be folded anywhere.
    pty.wait_for("checksum");
    pty.keys("<ctrl-c>");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_restored();
}

#[test]
fn a_signal_ends_the_lab_beside_a_line_without_end() {
    let (_scratch, pty) = with_a_wide_readout();
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit(), 143);
    pty.assert_restored();
}

/// Somebody has pressed Ctrl-S, or the connection hangs: the terminal takes nothing any more.
#[test]
fn a_signal_ends_the_lab_at_a_terminal_that_takes_nothing() {
    use nix::pty::{Winsize, openpty};
    let scratch = Scratch::new();
    let size = |columns| Winsize { ws_row: 100, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size(250), None).expect("a terminal");
    let mut command = Command::new("setsid");
    command
        .args(["--ctty", ISOLAB, "learn", "uts"])
        .env("XDG_STATE_HOME", scratch.path())
        .env("TERM", "xterm");
    let end = || pty.slave.try_clone().expect("dup");
    let mut lab = common::Lab::start(command.stdin(end()).stdout(end()).stderr(end()));
    drop(command);
    // Nobody reads the other side: after some frames there is no more room.
    let mut wide = true;
    let stuck = common::wait_for(Duration::from_secs(60), || {
        wide = !wide;
        rustix::termios::tcsetwinsize(
            &pty.master,
            rustix::termios::Winsize {
                ws_row: 100,
                ws_col: if wide { 250 } else { 249 },
                ws_xpixel: 0,
                ws_ypixel: 0,
            },
        )
        .expect("a size");
        let call = fs::read_to_string(format!("/proc/{}/syscall", lab.pid)).unwrap_or_default();
        // proc_pid_syscall(5): the number, and the first argument.
        call.starts_with(&format!("{} 0x1 ", nix::libc::SYS_write)).then_some(())
    });
    assert!(stuck.is_some(), "the lab always finds room to write");
    lab.signal(Signal::SIGTERM);
    assert_eq!(lab.wait(), Some(143));
}

/// What is drawn, and what a recording keeps of it.
#[test]
fn the_screen_shows_it() {
    let lessons = Lessons::new();
    let cast = lessons.scratch.file("evil.cast");
    let pty = Pty::start((100, 40), ISOLAB, |command| {
        command.arg("--lessons").arg(lessons.directory()).args(["learn", "evil", "--record"]).arg(&cast);
        command.env("XDG_STATE_HOME", lessons.scratch.path());
    });
    pty.wait_for("Enter");
    pty.keys("<enter>");
    pty.wait_for("checks: ✓ passed");
    for keys in ["1", "2", "3", "4", "m"] {
        pty.keys(keys);
    }
    pty.wait_quiet(Duration::from_millis(200));
    pty.keys("<ctrl-c>");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_restored();
    let recording = fs::read_to_string(&cast).expect("a recording");
    is_clean("the recording", &recording);
    for line in recording.lines() {
        let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if event[1] == "o" {
            let drawn = event[2].as_str().expect("a text");
            // What moves the cursor is the screen's own; no text of a lesson brings these.
            assert!(!drawn.contains(|c| is_evil(c) && u32::from(c) >= 0x7f), "{drawn:?}");
        }
    }
}
