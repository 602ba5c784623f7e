//! Receipts: what was typed is confirmed when it is typed again, a claim that was edited is not, and what a machine cannot make again is held against
//! nobody.

mod common;

use common::{Lab, Program, User, is_root, leftover, skip};
use isolab::grading::receipt::Receipt;
use isolab::report::schema::{RECEIPT, VERIFICATION};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// One right answer for each step of `uts` that can be tried.
const ANSWERS: [(&str, &str); 4] = [
    ("copy", "unshare --uts\n"),
    ("rename", "echo one\thostname\nhostname bird\n"),
    ("join", "nsenter --uts=/proc/$box/ns/uts\nhostname robin\n"),
    ("reader", "hostname wren\n"),
];

/// Runs `isolab grade`; gives the lab's number, the exit code, and what it wrote to standard error.
fn grade(program: &Program, words: &[&str]) -> (i32, Option<i32>, String) {
    let complaints = program.scratch.file("grade.err");
    let mut command = program.command();
    command.arg("grade").args(words);
    command.stderr(std::fs::File::create(&complaints).expect("a file"));
    let mut lab = Lab::start(&mut command);
    let (pid, code) = (lab.pid, lab.wait());
    (pid, code, std::fs::read_to_string(&complaints).unwrap_or_default())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The receipt of right answers to all steps of `uts`.
fn made(program: &Program) -> Value {
    let answers = program.scratch.file("answers/uts");
    std::fs::create_dir_all(&answers).expect("a directory");
    for (step, lines) in ANSWERS {
        std::fs::write(answers.join(format!("{step}.sh")), lines).expect("an answer");
    }
    let (file, report) = (program.scratch.file("made.json"), program.scratch.file("report.json"));
    let answers = program.scratch.file("answers");
    let words = ["uts", "--answers", text(&answers), "--who", "ann", "--receipt", text(&file)];
    let words = [&words[..], &["--format", "json", "--output", text(&report)]].concat();
    let (_, code, said) = grade(program, &words);
    // Other steps of the lesson may count, too.
    assert!(matches!(code, Some(0 | 1 | 5)), "{code:?} {said}");
    serde_json::from_slice(&std::fs::read(&file).expect("a receipt")).expect("JSON")
}

/// Holds a document against its JSON Schema.
fn fits(document: &Value, schema: &str) {
    let validator = jsonschema::draft7::new(&common::strict(schema)).expect("a schema");
    let found: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(found.is_empty(), "{}\n{document:#}", found.join("\n"));
}

/// Verifies a document; gives the exit code and the report.
fn verify(program: &Program, receipt: &Value) -> (Option<i32>, Value) {
    let (file, report) = (program.scratch.file("receipt.json"), program.scratch.file("verified.json"));
    std::fs::write(&file, receipt.to_string()).expect("write");
    let _ = std::fs::remove_file(&report);
    let words = ["--verify", text(&file), "--format", "json", "--output", text(&report)];
    let (lab, code, said) = grade(program, &words);
    let left =
        common::wait_for(std::time::Duration::from_secs(20), || leftover::of(lab).is_empty().then_some(()));
    assert!(left.is_some(), "{}", leftover::of(lab).join("\n"));
    let report = std::fs::read(&report).unwrap_or_else(|e| panic!("no report: {e}; {code:?} {said}"));
    let report = serde_json::from_slice(&report).expect("JSON");
    fits(&report, VERIFICATION);
    (code, report)
}

fn steps(receipt: &mut Value) -> &mut Vec<Value> {
    receipt["lessons"][0]["steps"].as_array_mut().expect("steps")
}

fn step<'r>(receipt: &'r mut Value, id: &str) -> &'r mut Value {
    steps(receipt).iter_mut().find(|step| step["step"] == id).expect("the step")
}

/// What became of a step's claim, and why.
fn checked(report: &Value, id: &str) -> (Value, String) {
    let all = report["lessons"][0]["steps"].as_array().expect("steps");
    let step = all.iter().rfind(|step| step["step"] == id).unwrap_or_else(|| panic!("{id} in {report:#}"));
    (step["checked"].clone(), step["message"].as_str().expect("a message").to_owned())
}

fn everybody(test: impl Fn(&Program)) {
    let program = Program::built();
    test(&program);
    if is_root() {
        test(&Program::for_nobody());
    } else {
        skip(&common::test(), "as an ordinary user besides: only root can become one");
    }
}

/// Whether this machine can grade `uts`; one that cannot shows nothing here.
fn can(program: &Program) -> bool {
    can_grade(program, "uts")
}

fn can_grade(program: &Program, lesson: &str) -> bool {
    let (_, code, _) = grade(program, &["--can", lesson]);
    let can = matches!(code, Some(0));
    if !can {
        let who = if program.user == User::Nobody { " as an ordinary user" } else { "" };
        skip(&common::test(), &format!("this machine cannot grade {lesson}{who}"));
    }
    can
}

#[test]
fn what_was_typed_is_confirmed_when_it_is_typed_again() {
    everybody(|program| {
        if !can(program) {
            return;
        }
        let mut receipt = made(program);
        fits(&receipt, RECEIPT);
        assert_eq!(receipt["who"], "ann");
        assert_eq!(
            step(&mut receipt, "rename")["typed"][0]["line"],
            "echo one\u{16}\thostname",
            "as it was sent"
        );
        let line = step(&mut receipt, "join")["typed"][0]["line"].clone();
        assert_eq!(line, "nsenter --uts=/proc/$box/ns/uts", "nothing is expanded");
        assert!(step(&mut receipt, "join")["tools"]["nsenter"].is_string());
        let (code, report) = verify(program, &receipt);
        assert_eq!(code, Some(0), "{report:#}");
        for (id, _) in ANSWERS {
            assert_eq!(checked(&report, id).0, "confirmed", "{report:#}");
        }
        assert_eq!(report["overall"], "confirmed");
    });
}

#[test]
fn an_edited_receipt_does_not_verify() {
    everybody(|program| {
        if !can(program) {
            return;
        }
        let mut receipt = made(program);
        step(&mut receipt, "copy")["typed"] = json!([]);
        step(&mut receipt, "rename")["typed"] = json!([{ "line": "echo bird", "at_ms": 0 }]);
        step(&mut receipt, "join")["points"] = json!(5);
        let mut twice = step(&mut receipt, "reader").clone();
        steps(&mut receipt).push(twice.clone());
        twice["step"] = json!("invented");
        steps(&mut receipt).push(twice);
        let watched = step(&mut receipt, "lifetime");
        watched["outcome"] = json!("earned");
        watched["typed"] = json!([{ "line": "true", "at_ms": 0 }]);
        let (code, report) = verify(program, &receipt);
        assert_eq!(code, Some(1), "{report:#}");
        for (id, why) in [
            ("copy", "and not what was typed"),
            ("rename", "the same lines do not earn it here"),
            ("join", "worth 5, and the lesson 1"),
            ("reader", "twice"),
            ("invented", "the lesson has no such step"),
            ("lifetime", ""),
        ] {
            let (checked, message) = checked(&report, id);
            assert!(checked["failed"] != Value::Null && message.contains(why), "{id}: {checked:#} {message}");
        }
        let first = &report["lessons"][0]["steps"].as_array().expect("steps");
        assert!(first.iter().any(|s| s["step"] == "reader" && s["checked"] == "confirmed"), "{report:#}");
    });
}

/// What somebody does to a receipt.
type Change<'c> = &'c dyn Fn(&mut Value);

/// Nothing runs for these.
#[test]
fn what_cannot_be_made_again_is_not_failed() {
    let program = Program::built();
    if !can(&program) {
        return;
    }
    let receipt = made(&program);
    let changed = |change: Change| {
        let mut receipt = receipt.clone();
        change(&mut receipt);
        verify(&program, &receipt)
    };
    let other = |machine: &str| if receipt["cgroup"] == machine { "v2" } else { "v1" };
    let cases: [(&str, &str, Change); 5] = [
        ("other_lesson", "another text here", &|r| r["lessons"][0]["file"]["sha256"] = json!("0".repeat(64))),
        ("other_cgroup", "with cgroup", &|r| r["cgroup"] = json!(other("v1"))),
        ("other_rights", "with the rights of", &|r| {
            r["rights"] = json!(if r["rights"] == "root" { "rootless" } else { "root" });
        }),
        ("no_lesson", "no such lesson here", &|r| r["lessons"][0]["id"] = json!("gone")),
        ("other_values", "the receipt's values", &|r| r["lessons"][0]["set"] = json!({ "nothing": "1" })),
    ];
    for (key, why, change) in cases {
        let (code, report) = changed(change);
        let (checked, message) = checked(&report, "rename");
        let obstacle = &checked["not_comparable"];
        assert!(obstacle[key].is_object() || obstacle == key, "{key}: {report:#}");
        assert!(code == Some(5) && message.contains(why), "{key}: {code:?} {message}");
    }
    // Also then, a claim without a line is what it is.
    let (code, report) = changed(&|r| {
        r["lessons"][0]["id"] = json!("gone");
        step(r, "rename")["typed"] = json!([]);
    });
    assert_eq!((code, checked(&report, "rename").0), (Some(1), json!({ "failed": "nothing_typed" })));
}

#[test]
fn a_step_alone_can_be_what_cannot_be_made_again() {
    let program = Program::built();
    if !can(&program) {
        return;
    }
    let mut receipt = made(&program);
    step(&mut receipt, "copy")["tools"] = json!({ "no-such-program": "/opt/no-such-program" });
    step(&mut receipt, "rename")["cut"] = json!(true);
    step(&mut receipt, "join")["typed"] =
        json!([{ "line": "nsenter -t 99999999 --uts hostname robin", "at_ms": 0 }]);
    let (code, report) = verify(&program, &receipt);
    assert_eq!(code, Some(5), "{report:#}");
    for (id, why) in [
        ("copy", "no-such-program is not on this machine"),
        ("rename", "more was typed than the receipt keeps"),
        ("join", "the process number 99999999 was typed"),
    ] {
        let (checked, message) = checked(&report, id);
        assert!(
            checked["not_comparable"] != Value::Null && message.contains(why),
            "{id}: {checked:#} {message}"
        );
    }
}

/// Keys as a person sends them, and values of the run that somebody copied.
#[test]
fn keys_are_sent_as_they_were() {
    let program = Program::built();
    if !can(&program) {
        return;
    }
    let mut receipt = made(&program);
    let lines = |lines: &[(&str, u64)]| {
        json!(lines.iter().map(|(line, at)| json!({ "line": line, "at_ms": at })).collect::<Vec<_>>())
    };
    // Corrected with Backspace; a program is stopped that reads nothing; one reads to the end of its input.
    step(&mut receipt, "rename")["typed"] = lines(&[
        ("sleep 1000", 100),
        ("\u{3}", 400),
        ("cat", 500),
        ("hostname wrong", 600),
        ("\u{4}", 700),
        ("hostnmae\u{7f}\u{7f}\u{7f}ame birf\u{7f}d", 900),
    ]);
    // The numbers and directories are those of another run.
    let join = step(&mut receipt, "join");
    join["variables"] = json!({ "box": "4000111", "workspace": "/var/tmp/isolab-4000000-1" });
    join["typed"] = lines(&[
        ("cd /var/tmp/isolab-4000000-1 && nsenter --uts=/proc/4000111/ns/uts hostname robin", 10),
        ("nsenter --uts=/proc/4000111/ns/uts", 20),
    ]);
    let (code, report) = verify(&program, &receipt);
    for id in ["rename", "join"] {
        assert_eq!(checked(&report, id).0, "confirmed", "{report:#}");
    }
    assert_eq!(code, Some(0), "{report:#}");
}

/// Two boxes act: the first shell is twin's.
#[test]
fn each_line_is_typed_into_the_shell_of_its_box() {
    const ANSWER: &str = "# step: mount/grid
mount -t tmpfs tmpfs stage/shared/i
mount -t tmpfs tmpfs stage/slave/i
mount -t tmpfs tmpfs stage/private/i
outer# mount -t tmpfs tmpfs stage/shared/o
outer# mount -t tmpfs tmpfs stage/slave/o
outer# mount -t tmpfs tmpfs stage/private/o
";
    everybody(|program| {
        if !can_grade(program, "mount") {
            return;
        }
        let (answers, kept) = (program.scratch.file("grid.txt"), program.scratch.file("kept.json"));
        std::fs::write(&answers, ANSWER).expect("write");
        grade(program, &["mount", "--answers", text(&answers), "--receipt", text(&kept)]);
        let mut receipt = serde_json::from_slice(&std::fs::read(&kept).expect("a receipt")).expect("JSON");
        fits(&receipt, RECEIPT);
        let typed = &step(&mut receipt, "grid")["typed"];
        assert_eq!((&typed[0]["shell"], &typed[3]["shell"]), (&Value::Null, &json!("outer")), "{typed:#}");
        assert_eq!(typed[3]["line"], "mount -t tmpfs tmpfs stage/shared/o");
        let verified = |change: Change| {
            let mut receipt = receipt.clone();
            change(step(&mut receipt, "grid"));
            let (code, report) = verify(program, &receipt);
            let (checked, message) = checked(&report, "grid");
            (code, checked, message)
        };
        let (code, checked, message) = verified(&|_| ());
        assert_eq!((code, &checked), (Some(0), &json!("confirmed")), "{message}");
        // In twin's shell a program reads nothing while somebody types in the other one, and each shell has its own values.
        let (code, checked, message) = verified(&|grid| {
            grid["variables"] = json!({ "workspace": "/var/tmp/isolab-4000000-1" });
            grid["shells"] = json!({ "outer": { "workspace": "/var/tmp/isolab-4000000-2" } });
            let line = |shell: Option<&str>, line: &str, at: u64| match shell {
                Some(shell) => json!({ "line": line, "at_ms": at, "shell": shell }),
                None => json!({ "line": line, "at_ms": at }),
            };
            grid["typed"] = json!([
                line(None, "mount -t tmpfs tmpfs /var/tmp/isolab-4000000-1/stage/shared/i", 10),
                line(None, "sleep 1000", 20),
                line(Some("outer"), "mount -t tmpfs tmpfs /var/tmp/isolab-4000000-2/stage/shared/o", 220),
                line(Some("outer"), "mount -t tmpfs tmpfs stage/slave/o", 230),
                line(None, "\u{3}", 240),
                line(None, "mount -t tmpfs tmpfs stage/slave/i; mount -t tmpfs tmpfs stage/private/i", 250),
                line(Some("outer"), "mount -t tmpfs tmpfs stage/private/o", 260),
            ]);
        });
        assert_eq!((code, &checked), (Some(0), &json!("confirmed")), "{message}");
        // In the shell of the other box they do something else, and a box that the lesson does not have has no shell.
        let (code, checked, _) = verified(&|grid| {
            for line in grid["typed"].as_array_mut().expect("lines") {
                line["shell"] = json!(if line["shell"] == "outer" { "twin" } else { "outer" });
            }
        });
        assert_eq!((code, &checked["failed"]["not_earned"]["why"]), (Some(1), &json!("unmet")));
        let (code, checked, message) = verified(&|grid| grid["typed"][5]["shell"] = json!("nobody"));
        assert!(code == Some(1) && checked["failed"].is_object() && message.contains("nobody"), "{message}");
    });
}

#[test]
fn what_is_no_receipt_is_a_mistake() {
    let program = Program::built();
    let file = program.scratch.file("x.json");
    let verify = |words: &[&str]| {
        let (_, code, said) = grade(&program, &[&["--verify", text(&file)], words].concat());
        (code, said)
    };
    for (content, why) in [
        ("{", "not JSON at line 1"),
        ("{}", "it is not a receipt of isolab"),
        (r#"{"kind":"isolab-receipt","format":99}"#, "it has format 99"),
        (r#"{"kind":"isolab-receipt","format":1,"lessons":3}"#, "is not what a receipt has there"),
    ] {
        std::fs::write(&file, content).expect("write");
        let (code, said) = verify(&[]);
        assert!(code == Some(2) && said.contains(why), "{content}: {code:?} {said}");
    }
    let (code, said) = verify(&["--format", "tap"]);
    assert!(code == Some(2) && said.contains("text or json"), "{said}");
    for words in [&["uts"][..], &["--seed", "ann"], &["--set", "name=robin"], &["--answers", "x"]] {
        let (code, said) = verify(words);
        assert!(code == Some(2) && !said.is_empty(), "{words:?}: {said}");
    }
    let _ = std::fs::remove_file(&file);
    let (code, said) = verify(&[]);
    assert!(code == Some(2) && said.contains("ENOENT"), "{said}");
}

/// A receipt is somebody else's text.
#[test]
fn what_is_printed_of_a_receipt_cannot_act() {
    let program = Program::built();
    let evil = "a\u{1b}[2Jb\u{9b}2J\u{202e}c\nd";
    let step = json!({ "step": evil, "points": 1, "outcome": "earned", "started": "2026-01-01T00:00:00Z", "took_ms": 1,
        "typed": [{ "line": evil, "at_ms": 0 }], "hints": 0 });
    let none = json!({ "earned": 1, "possible": 1, "not_gradable": 0 });
    let lesson = json!({ "id": evil, "file": { "name": evil, "built_in": false, "sha256": evil }, "points": none, "steps": [step] });
    let receipt = json!({ "kind": "isolab-receipt", "format": 1, "isolab": evil, "kernel": evil, "architecture": evil,
        "cgroup": evil, "rights": evil, "who": evil, "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:00Z",
        "lessons": [lesson] });
    let file = program.scratch.file("evil.json");
    std::fs::write(&file, receipt.to_string()).expect("write");
    for format in ["text", "json"] {
        let mut command = program.command();
        command.args(["grade", "--verify", text(&file), "--format", format]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let output = command.output().expect("isolab");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
        let acts = |c: char| (c < ' ' && c != '\n') || ('\u{7f}'..='\u{9f}').contains(&c) || c == '\u{202e}';
        assert!(output.status.code() == Some(5) && !said.contains(acts), "{format}: {said:?}");
    }
}

#[test]
fn a_class_takes_receipts_reports_and_verifications() {
    let program = Program::built();
    if !can(&program) {
        return;
    }
    let receipt = made(&program);
    let possible = receipt["lessons"][0]["points"]["possible"].as_u64().expect("a number");
    let row = |earned: u32, evidence: &str| format!("\nann,uts,{earned},{possible},,{evidence},");
    let class: PathBuf = program.scratch.file("class");
    std::fs::create_dir_all(&class).expect("a directory");
    let table = || {
        let mut command = program.command();
        command.arg("class").arg(&class).args(["--format", "csv"]).stdout(std::process::Stdio::piped());
        let output = command.output().expect("isolab");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    std::fs::write(class.join("x.json"), receipt.to_string()).expect("write");
    assert!(table().contains(&row(4, "receipt")), "{}", table());
    let (_, _) = verify(&program, &receipt);
    std::fs::copy(program.scratch.file("verified.json"), class.join("y.json")).expect("a copy");
    assert!(table().contains(&row(4, "graded")), "{}", table());
    // What a receipt leaves out is still there to be earned.
    let mut short = receipt.clone();
    steps(&mut short).retain(|step| step["step"] != "reader");
    let (_, _) = verify(&program, &short);
    std::fs::copy(program.scratch.file("verified.json"), class.join("y.json")).expect("a copy");
    assert!(table().contains(&row(3, "graded")), "{}", table());
    std::fs::remove_file(class.join("y.json")).expect("unlink");
    std::fs::copy(program.scratch.file("report.json"), class.join("z.json")).expect("a copy");
    assert!(table().contains(&row(4, "graded")), "{}", table());
    assert!(Receipt::parse(receipt.to_string().as_bytes()).is_ok());
}
