//! `isolab progress` and the way into the lab, as they are typed.

mod common;

use common::{ISOLAB, NOBODY, Program, Scratch, is_root, skip};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

const BEGUN: &str = r#"{ "format": 1, "last": "uts", "lessons": {
  "uts": { "steps": { "copy": "watched", "rename": "by_hand", "gone": "watched" },
           "predictions": { "rename": { "chosen": ["kernel"], "right": true }, "join": { "chosen": [], "right": false } },
           "times": { "rename": { "done_at": 1763821990 }, "join": { "started_at": 1763821995 } },
           "last_step": "join", "changed_at": 1763822000 },
  "own": { "steps": { "look": "watched" }, "changed_at": 1763822000 } } }"#;

/// A home with this file; none, when it is empty.
fn home(progress: &str) -> Scratch {
    let home = Scratch::new();
    if !progress.is_empty() {
        let directory = home.file(".local/state/isolab");
        std::fs::create_dir_all(&directory).expect("mkdir");
        std::fs::write(directory.join("progress.json"), progress).expect("write");
    }
    home
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn isolab(home: &Scratch, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(ISOLAB);
    command.args(words).env("HOME", home.path()).env("TZ", "UTC");
    for name in ["XDG_STATE_HOME", "SUDO_UID", "SUDO_GID", "ISOLAB_THEME"] {
        command.env_remove(name);
    }
    run(&mut command)
}

/// The one line that begins with this word, its columns one space apart.
fn line<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let words = text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
    words.into_iter().find(|w| w.first() == Some(&word)).unwrap_or_else(|| panic!("no {word} in {text}"))
}

#[test]
fn progress_is_printed_and_cleared() {
    let home = home(BEGUN);
    let (code, out, said) = isolab(&home, &["progress"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let uts = "uts 2/5 1 1 of 2 right at join, 2025-11-22 14:33";
    assert_eq!(line(&out, "uts").join(" "), uts, "a step that the lesson does not have is not counted");
    assert_eq!(line(&out, "own")[1], "1/?");
    assert_eq!(line(&out, "pid")[1..], ["0/10", "–", "–", "–"]);
    let (_, out, _) = isolab(&home, &["progress", "uts", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json["lessons"].as_array().map(Vec::len), Some(1));
    assert_eq!((&json["last"], &json["lessons"][0]["steps_done"]), (&"uts".into(), &2.into()));
    let each = json["lessons"][0]["by_step"].as_array().expect("the steps");
    let steps: Vec<_> = each.iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(steps, ["copy", "rename", "join", "reader", "lifetime", "gone"]);
    let (rename, join) = (&each[1], &each[2]);
    assert_eq!((rename["done"].as_str(), rename["done_at"].as_u64()), (Some("by_hand"), Some(1_763_821_990)));
    assert_eq!((join["started_at"].as_u64(), join["right"].as_bool()), (Some(1_763_821_995), Some(false)));
    let (code, out, _) = isolab(&home, &["progress", "uts", "--format", "csv"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((code, lines.len()), (Some(0), 7), "{out}");
    assert_eq!(lines[2], "uts,rename,by_hand,,2025-11-22T14:33:10Z,kernel,yes");
    assert_eq!(lines[3], "uts,join,,2025-11-22T14:33:15Z,,,no");
    let (code, out, _) = isolab(&home, &["progress", "--reset", "own", "pid"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "cleared own: 1 step, 0 predictions\npid: there was nothing to clear\n")
    );
    let (code, out, _) = isolab(&home, &["progress", "--reset"]);
    assert_eq!((code, out.as_str()), (Some(0), "cleared uts: 3 steps, 2 predictions\n"));
    let (_, out, _) = isolab(&home, &["progress"]);
    assert_eq!(line(&out, "uts")[1], "0/5");
}

#[test]
fn what_cannot_be_done_is_said() {
    let home = home("{ damaged");
    let (code, _, said) = isolab(&home, &["progress"]);
    assert!(code == Some(0) && said.contains("it is kept as progress.json.damaged-"), "{said}");
    let newer = self::home(r#"{ "format": 9 }"#);
    let (code, out, said) = isolab(&newer, &["progress", "--reset"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(said.contains("nothing was cleared: ") && said.contains("format 9"), "{said}");
    let (code, _, said) = isolab(&newer, &["progress", "utz"]);
    assert!(code == Some(2) && said.contains("did you mean `uts`?"), "{said}");
}

#[test]
fn an_ordinary_user_without_a_home_is_told() {
    if !is_root() {
        skip("isolab progress as another user", "only root can be somebody else");
        return;
    }
    let program = Program::for_nobody();
    for (home, cause) in [("/", "write to /: EACCES"), ("/nonexistent", "open /nonexistent: ENOENT")] {
        let mut command = program.command();
        command.arg("progress").env("HOME", home).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("XDG_STATE_HOME").uid(NOBODY).gid(NOBODY);
        let (code, out, said) = run(&mut command);
        assert_eq!((code, line(&out, "uts")[1]), (Some(0), "0/5"));
        assert_eq!(said, format!("isolab: no progress is saved: {cause}\n"));
    }
}

#[test]
fn a_step_that_is_not_there_is_answered_with_those_that_are() {
    let home = home("");
    let steps = "there are: copy, rename, join, reader, lifetime";
    let (code, _, said) = isolab(&home, &["learn", "uts:renam"]);
    assert_eq!(code, Some(2));
    assert_eq!(said, format!("isolab: lesson `uts` has no step `renam`: did you mean `rename`?; {steps}\n"));
    let (code, _, said) = isolab(&home, &["learn", "uts:"]);
    assert!(code == Some(2) && said.contains(steps), "{said}");
    let (code, _, said) = isolab(&home, &["learn", "utz:rename"]);
    assert!(code == Some(2) && said.contains("did you mean `uts`?"), "{said}");
}

#[test]
fn without_a_terminal_there_is_no_screen() {
    let home = home("");
    let (code, out, said) = isolab(&home, &["learn", "uts:rename"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(said.starts_with("isolab: standard input is not a terminal; `isolab check uts`"), "{said}");
    let (code, out, said) = isolab(&home, &[]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(out, isolab(&home, &["list"]).1);
    assert!(!home.file(".local").exists(), "nothing is written");
}
