//! `isolab class`: what many people handed in as one table, and what somebody may put into such a file.

mod common;

use common::{ISOLAB, Scratch};
use isolab::grading::receipt::{
    Guess, Kind, LessonReceipt, Machine, Receipt, StepReceipt, TextFile, TypedLine, claimed,
};
use isolab::grading::score::{Outcome, Points, Shortfall};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

const EVIL: &str = "=1\u{1b}[2Jb\u{9b}2J\u{202e}<script>alert(1)</script>|`*";

fn class(words: &[&str], directory: &Path) -> (Option<i32>, String, String) {
    let mut command = Command::new(ISOLAB);
    command.arg("class").arg(directory).args(words).env_remove("SUDO_UID").env("COLUMNS", "120");
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn step(id: &str, earned: bool, hints: usize, right: bool) -> StepReceipt {
    let missed = Outcome::NotEarned { why: Shortfall::Unmet, verdicts: vec![] };
    StepReceipt {
        step: id.into(),
        points: 1,
        outcome: if earned { Outcome::Earned } else { missed },
        started: Timestamp::UNIX_EPOCH,
        took_ms: 1000,
        typed: vec![TypedLine { shell: None, line: "hostname bird".into(), at_ms: 10 }],
        cut: false,
        variables: BTreeMap::from([("box".into(), "4711".into())]),
        shells: BTreeMap::new(),
        tools: BTreeMap::from([("hostname".into(), "/bin/hostname".into())]),
        hints,
        solution: hints > 1,
        guess: Some(Guess { chosen: vec!["a".into()], right }),
    }
}

fn receipt(lesson: &str, second: i64, steps: Vec<StepReceipt>) -> Receipt {
    let file = TextFile { name: format!("lessons/{lesson}.yaml"), built_in: true, sha256: "a".repeat(64) };
    let points = claimed(&steps);
    let machine = Machine {
        isolab: "0.1.0".into(),
        kernel: "6.1.0".into(),
        architecture: "x86_64".into(),
        cgroup: "v2".into(),
        rights: "root".into(),
    };
    let at = Timestamp::from_second(second).expect("a time");
    Receipt {
        kind: Kind::Receipt,
        lessons: vec![LessonReceipt { id: lesson.into(), file, set: BTreeMap::new(), points, steps }],
        ..Receipt::new(machine, None, at)
    }
}

fn put(scratch: &Scratch, name: &str, text: &str) {
    let path = scratch.file(name);
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
    std::fs::write(path, text).expect("write");
}

/// The lines of a CSV document, without the heads, as cells. The tests have no commas in cells.
fn cells(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn five_hundred_files_are_one_table() {
    let scratch = Scratch::new();
    for person in 0..250 {
        // Everybody earns `copy`; every other one `rename`, too.
        let uts = vec![step("copy", true, 1, person % 5 == 0), step("rename", person % 2 == 0, 0, true)];
        put(&scratch, &format!("p{person:03}-uts.json"), &receipt("uts", person, uts).written());
        let pid = vec![step("first", false, 2, true)];
        put(&scratch, &format!("p{person:03}/pid.json"), &receipt("pid", person, pid).written());
    }
    let (code, out, said) = class(&["--format", "csv"], scratch.path());
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let lines = cells(&out);
    assert_eq!(lines.len(), 500, "{out}");
    assert_eq!(lines[0][..9], ["p000", "pid", "0", "1", "", "receipt", "2", "1", "first"]);
    assert_eq!(lines[3][..12], ["p001", "uts", "1", "2", "", "receipt", "1", "", "rename", "1", "2", "copy"]);
    assert_eq!(lines[3][13..], ["1970-01-01T00:00:01Z", "p001-uts.json"]);
    let earned: u32 = lines.iter().map(|line| line[2].parse::<u32>().expect("points")).sum();
    assert_eq!(earned, 250 + 125);
    let (code, out, _) = class(&[], scratch.path());
    assert_eq!(code, Some(0));
    let row = out.lines().find(|line| line.starts_with("p001 ")).expect("a row");
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        ["p001", "0/1*", "1/2*", "1/3", "3", "uts:rename", "1/3"]
    );
    for line in [
        "stopped most often at: pid:first (250 of 250), uts:rename (125 of 250)",
        "guessed wrong most often: uts:copy (200 of 250)",
        "250 people, 2 lessons",
    ] {
        assert!(out.lines().any(|l| l == line), "{line}\n{out}");
    }
    for format in ["markdown", "html"] {
        let (code, out, _) = class(&["--format", format], scratch.path());
        assert_eq!((code, out.matches("p249").count()), (Some(0), 1), "{format}");
    }
}

#[test]
fn what_is_no_receipt_is_named_and_left_out() {
    let scratch = Scratch::new();
    let good = receipt("uts", 1, vec![step("copy", true, 0, true)]).written();
    put(&scratch, "ann.json", &good);
    put(&scratch, "cut.json", &good[..good.len() / 2]);
    put(&scratch, "notes.txt", "I was ill.");
    put(&scratch, "newer.json", &good.replace("\"format\": 1", "\"format\": 2"));
    put(
        &scratch,
        "check.json",
        r#"{"format":1,"lessons_by_status":{},"lessons":[{"id":"uts","status":"passed"}]}"#,
    );
    put(&scratch, "ids.json", &good.replace("\"id\": \"uts\"", "\"id\": \"../../etc\""));
    put(&scratch, "deep.json", &"[".repeat(100_000));
    put(&scratch, "large.json", &" ".repeat((4 << 20) + 1));
    put(&scratch, ".hidden", "x");
    put(&scratch, "d/inner/x.json", &good);
    nix::unistd::mkfifo(&scratch.file("pipe.json"), nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
    std::os::unix::fs::symlink("/nowhere", scratch.file("link.json")).expect("symlink");
    let (code, out, _) = class(&[], scratch.path());
    assert_eq!(code, Some(0));
    let named = |name: &str| {
        let start = format!("left out: {name}: ");
        let line = out.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{name} is not named:\n{out}")).to_owned()
    };
    for (name, why) in [
        ("cut.json", "not JSON at line"),
        ("notes.txt", "not JSON at line 1"),
        ("newer.json", "it has format 2"),
        ("check.json", "a report of isolab check"),
        ("ids.json", "it names a lesson or a step that no lesson can have"),
        ("deep.json", "not JSON"),
        ("large.json", "larger than 4 MiB"),
        ("d/inner", "not a regular file"),
        ("pipe.json", "not a regular file"),
        ("link.json", "read: ENOENT"),
    ] {
        assert!(named(name).starts_with(why), "{name}: {}", named(name));
    }
    assert!(!out.contains("hidden") && out.contains("1 person, 1 lesson"), "{out}");
    let (code, csv, said) = class(&["--format", "csv"], scratch.path());
    assert_eq!((code, cells(&csv).len()), (Some(0), 1));
    assert!(said.contains("left out: cut.json: not JSON"), "{said}");
}

#[test]
fn of_several_files_of_a_person_the_best_counts() {
    let scratch = Scratch::new();
    let two = |second, steps: [bool; 2]| {
        receipt("uts", second, vec![step("copy", steps[0], 0, true), step("rename", steps[1], 0, true)])
            .written()
    };
    put(&scratch, "ann/first.json", &two(10, [true, true]));
    put(&scratch, "ann/second.json", &two(20, [true, false]));
    put(&scratch, "ann/third.json", &two(5, [true, true]));
    let claims = r#"{"format":1,"lessons":{"uts":{"steps":{"a":"by_hand","b":"by_hand","c":"by_hand"},"changed_at":99}}}"#;
    put(&scratch, "ann/progress.json", claims);
    put(&scratch, "bob/progress.json", claims);
    let report = r#"{"format":1,"who":"eve","ended":"2026-01-01T00:00:00Z","lessons":[{"id":"uts","title":"T","left":[],"took_ms":1,
        "steps":[{"id":"copy","title":"C","points":2,"outcome":"earned","typed":[],"printed":"","attempts":1,"took_ms":1},
                 {"id":"rename","title":"R","points":1,"outcome":{"not_gradable":{"reason":"r","remedy":""}},"typed":[],"printed":"","attempts":0,"took_ms":0}]}]}"#;
    put(&scratch, "somebody.json", report);
    let (code, csv, said) = class(&["--format", "csv"], scratch.path());
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let lines = cells(&csv);
    let ann: Vec<&Vec<&str>> = lines.iter().filter(|line| line[0] == "ann").collect();
    assert!(ann.len() == 1 && ann[0][14] == "ann/first.json" && ann[0][2] == "2", "{csv}");
    let bob = lines.iter().find(|line| line[0] == "bob").expect("bob");
    assert_eq!((bob[2], bob[3], bob[5]), ("3", "", "claimed"));
    let eve = lines.iter().find(|line| line[0] == "eve").expect("eve, as the report says");
    assert_eq!((eve[2], eve[3], eve[4], eve[5]), ("2", "2", "1", "graded"));
    let (_, text, _) = class(&[], scratch.path());
    let row = |who: &str| {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(who)).expect("a row");
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("bob")[1..3], ["3?", "–"], "what is only claimed is in no sum\n{text}");
    assert_eq!(row("eve")[1..4], ["2/2", "+1⊘", "2/2"]);
    assert!(
        text.contains("? progress: only claimed") && text.contains("* a receipt: nothing is proved"),
        "{text}"
    );
    assert!(text.contains("ann/progress.json, ann/second.json, ann/third.json"), "{text}");
}

#[test]
fn what_somebody_calls_oneself_is_only_text() {
    let scratch = Scratch::new();
    let mut named = receipt("uts", 1, vec![step("copy", true, 0, true)]);
    named.who = Some(EVIL.into());
    put(&scratch, "named.json", &named.written());
    let file = EVIL.replace('/', "_");
    put(&scratch, &format!("{file}.json"), &receipt("uts", 1, vec![step("copy", true, 0, true)]).written());
    put(&scratch, &format!("{file}.x"), "x");
    for format in ["text", "csv", "markdown", "html"] {
        let to = scratch.file("table");
        let (code, out, said) = class(&["--format", format], scratch.path());
        let hides = |c: char| (c < ' ' && c != '\n') || ('\u{7f}'..='\u{9f}').contains(&c) || c == '\u{202e}';
        assert!(code == Some(0) && !format!("{out}{said}").contains(hides), "{format}: {out:?} {said:?}");
        let out_file = to.to_str().expect("UTF-8").to_owned();
        let (code, _, _) = class(&["--format", format, "--output", &out_file], scratch.path());
        let written = std::fs::read_to_string(&to).expect("the file");
        std::fs::remove_file(&to).expect("unlink");
        assert!(code == Some(0) && !written.contains(hides), "{format}");
        match format {
            "csv" => assert!(out.lines().skip(1).all(|line| line.starts_with("'=1")), "{out}"),
            "html" => assert!(!out.contains("<script") && out.contains("&lt;script"), "{out}"),
            "markdown" => assert!(out.contains("\\<script\\>"), "{out}"),
            _ => {}
        }
    }
}

#[test]
fn numbers_of_somebody_else_do_not_overflow() {
    let scratch = Scratch::new();
    let mut many = vec![step("copy", true, usize::MAX, true), step("rename", true, 1, true)];
    for step in &mut many {
        step.points = u32::MAX;
    }
    let mut forged = receipt("uts", 1, many);
    forged.lessons[0].points = Points { earned: 7, possible: 7, not_gradable: 0 };
    put(&scratch, "ann.json", &forged.written());
    put(
        &scratch,
        "ann/b.json",
        &receipt("pid", i64::from(u32::MAX), vec![step("x", true, 1, true)]).written(),
    );
    let (code, out, said) = class(&["--format", "csv"], scratch.path());
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(cells(&out)[1][2], u32::MAX.to_string(), "{out}");
    assert_eq!(class(&[], scratch.path()).0, Some(0));
}

#[test]
fn a_directory_without_anything_to_count_is_a_mistake() {
    let scratch = Scratch::new();
    let (code, _, said) = class(&[], scratch.path());
    assert!(code == Some(2) && said.contains("there is nothing to count in"), "{said}");
    let (code, _, said) = class(&[], &scratch.file("no"));
    assert!(code == Some(2) && said.contains("list ") && said.contains("ENOENT"), "{said}");
}
