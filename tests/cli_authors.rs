//! What an author does at the command line: short reports, new files, checks at each save.

mod common;
#[macro_use]
#[path = "common/pty.rs"]
mod pty;

use common::{ISOLAB, Program, Scratch};
use pty::Pty;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the program in a directory; gives the exit code, and both outputs together.
fn isolab(directory: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(ISOLAB).args(words).current_dir(directory).output().expect("the program starts");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(!said[1].contains("panicked"), "{}", said[1]);
    (output.status.code(), said.concat())
}

/// Three steps on a box's own hostname, of which the second fails by an action that no machine allows.
const BREAKS: &str = "\
format: 1
id: breaks
title: A lesson that breaks
summary: Its second step fails.
minutes: 1
needs: [uts_ns]
boxes: { box: {} }
readouts: { name: { box: hostname } }
steps:
  - id: first
    title: First
    text: One.
    do: [ { box: [ { unshare: uts }, { sethostname: one } ] } ]
    expect: [ { name: { is: one } } ]
  - id: second
    title: Second
    text: Two.
    do: [ { box: { sethostname: two } }, { box: { rename: { nowhere: elsewhere } } } ]
    expect: [ { name: changed }, { name: { is: wrong } } ]
  - id: third
    title: Third
    text: Three.
    do: [ { box: { sethostname: three } } ]
    expect: [ { name: { is: three } } ]
";

#[test]
fn brief_tells_how_far_an_earlier_step_came() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("breaks.yaml"), BREAKS).expect("a lesson");
    let check =
        |words: &[&str]| isolab(scratch.path(), &[&["check", "breaks.yaml", "--brief"], words].concat());
    let (code, said) = check(&[]);
    if code == Some(3) {
        return common::skip(&common::test(), &said);
    }
    assert_eq!(code, Some(1), "{said}");
    for line in [
        "  ✓ passed    first – 1 of 1 expectations hold\n",
        "  ✗ failed    second – 1 of 3 expectations hold\n",
        "  – not run   third – it comes after second, where 1 of 3 expectations hold\n",
        "     ✗ failed    name is wrong\n",
    ] {
        assert!(said.contains(line), "{line}{said}");
    }
    assert!(!said.contains("name changed"), "what holds is not repeated: {said}");
    let (code, said) = check(&["--step", "third"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("  ✗ failed    second – 1 of 3 expectations hold\n"), "made on the way: {said}");
    assert!(said.contains("  – not run   third – it comes after second"), "{said}");
    let (code, said) = check(&["--step", "first"]);
    assert_eq!(code, Some(0), "{said}");
}

/// The program as it is, and where root tests it also as an ordinary user starts it.
fn programs() -> Vec<Program> {
    let mut programs = vec![Program::built()];
    programs.extend(common::is_root().then(Program::for_nobody));
    programs
}

/// What a skeleton amounts to: no mistakes, no warnings, and it runs as whoever starts it.
fn begun(program: &Program, words: &[&str], file: &str, tries: &[&str]) {
    let run = |words: &[&str]| {
        let mut command = program.command();
        command.args(words).current_dir(program.scratch.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, said) = run(&[&["new"], words].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with(&format!("wrote {file}\n  isolab lint --watch {file}  ")), "{said}");
    assert_eq!(run(&["lint", file]), (Some(0), "1 file, no mistakes\n".to_owned()));
    let text = fs::read(program.scratch.file(file)).expect("the file");
    let (code, said) = run(&[&["new"], words].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(&format!("create {file}: EEXIST; it is left as it is")), "{said}");
    assert_eq!(fs::read(program.scratch.file(file)).expect("the file"), text);
    match run(tries) {
        (Some(0), _) => {}
        (Some(3), said) => common::skip(&common::test(), &said),
        (code, said) => panic!("{code:?}: {said}"),
    }
}

#[test]
fn a_new_lesson_has_no_mistakes_and_runs() {
    for program in programs() {
        begun(&program, &["lesson", "quiet"], "quiet.yaml", &["check", "quiet.yaml", "--brief"]);
    }
}

#[test]
fn a_new_demo_has_no_mistakes_and_runs() {
    for program in programs() {
        begun(&program, &["demo", "show.yaml"], "show.yaml", &["demo", "show.yaml", "--rehearse"]);
    }
}

#[test]
fn a_new_file_has_a_place_and_an_id() {
    let scratch = Scratch::new();
    let run = |words: &[&str]| isolab(scratch.path(), words);
    for (words, said) in [
        (&["new", "lesson", "uts"][..], "`uts` comes with isolab: choose another name"),
        (&["new", "lesson", "Quiet"], "`Quiet` is not an id: use lower-case letters"),
        (&["new", "lesson", "host"], "`host` is a word of the format: choose another id"),
        (&["new", "demo", "own/show"], "create own/show.yaml: ENOENT; make the directory first"),
    ] {
        let (code, told) = run(words);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(said), "{told}");
    }
    fs::create_dir(scratch.file("own")).expect("mkdir");
    let (code, said) = run(&["--lessons", "own", "new", "lesson", "quiet"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(scratch.file("own/quiet.yaml").is_file());
    std::os::unix::fs::symlink("elsewhere.yaml", scratch.file("link.yaml")).expect("a link");
    let (code, said) = run(&["new", "lesson", "link"]);
    assert!(code == Some(2) && said.contains("EEXIST"), "{said}");
    assert!(!scratch.file("elsewhere.yaml").exists(), "a link is not followed");
}

/// Saves as many editors do: another file, renamed over the first.
fn save(scratch: &Scratch, text: &str) {
    fs::write(scratch.file("quiet.new"), text).expect("write");
    fs::rename(scratch.file("quiet.new"), scratch.file("quiet.yaml")).expect("rename");
}

#[test]
fn each_save_is_looked_at() {
    on_a_terminal!();
    let scratch = Scratch::new();
    let (code, said) = isolab(scratch.path(), &["new", "lesson", "quiet"]);
    assert_eq!(code, Some(0), "{said}");
    let text = fs::read_to_string(scratch.file("quiet.yaml")).expect("the skeleton");
    let pty = Pty::start((100, 40), ISOLAB, |command| {
        command.args(["lint", "--watch", "quiet.yaml"]).current_dir(scratch.path());
    });
    pty.wait_for("quiet.yaml: no mistakes");
    pty.wait_for("waiting for the next save; q ends");
    if pty.screen().contains("⊘ blocked") {
        return common::skip(&common::test(), &pty.screen());
    }
    pty.wait_for("✓ passed: quiet – 1 step: 1 passed");

    save(&scratch, &text.replace("sethostname:", "sethostnam:"));
    pty.wait_for("did you mean `sethostname`?");
    pty.wait_for("quiet.yaml: 1 mistake");
    assert!(!pty.screen().contains("passed"), "nothing is run: {}", pty.screen());

    save(&scratch, &text.replace("is: bird", "is: owl"));
    pty.wait_for("✗ failed: quiet – 1 step: 1 failed");
    pty.wait_for("actual    bird");

    // In place, and in two halves: no half of a lesson is a lesson.
    let (first, rest) = text.split_at(text.len() / 2);
    let mut file = fs::File::create(scratch.file("quiet.yaml")).expect("open");
    file.write_all(first.as_bytes()).expect("write");
    file.write_all(rest.as_bytes()).expect("write");
    drop(file);
    pty.wait_for("✓ passed: quiet");

    // Another step, which is the one that is run then.
    let second = "\n  - id: again\n    title: Again\n    text: Again.\n    do: [ { box: { sethostname: owl } } ]\n    \
                  expect: [ { box-name: { is: owl } } ]\n";
    save(&scratch, &(text.clone() + second));
    pty.wait_for("── again · Again");
    pty.wait_for("✓ passed: quiet – 1 step: 1 passed");

    fs::remove_file(scratch.file("quiet.yaml")).expect("unlink");
    pty.wait_for("quiet.yaml is gone");
    save(&scratch, &text);
    pty.wait_for("quiet.yaml: no mistakes");
    pty.keys("q");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_restored();
}

#[test]
fn ctrl_c_ends_a_run_and_undoes_it() {
    on_a_terminal!();
    let scratch = Scratch::new();
    let slow = BREAKS
        .replace("id: breaks", "id: quiet")
        .replace("{ box: { sethostname: three } }", "{ box: { sethostname: four } }");
    let slow = slow.replace(", { box: { rename: { nowhere: elsewhere } } }", "");
    save(&scratch, &slow.replace("{ name: { is: three } }", "{ name: { is: three }, within: 60s }"));
    let pty = Pty::start((100, 40), ISOLAB, |command| {
        command.args(["lint", "--watch", "quiet.yaml", "--step", "third"]).current_dir(scratch.path());
    });
    pty.wait_for("quiet.yaml: no mistakes");
    pty.keys("<ctrl-c>");
    assert_eq!(pty.wait_exit(), 130);
    pty.assert_restored();
}

#[test]
fn a_watch_that_nobody_reads_ends() {
    let scratch = Scratch::new();
    save(&scratch, BREAKS);
    let mut command = Command::new(ISOLAB);
    command.args(["lint", "--watch", "quiet.yaml"]).current_dir(scratch.path());
    let mut lab =
        common::Lab::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()));
    // The id is not the file's name: a mistake, after which nothing is run.
    lab.close_output();
    assert_eq!(lab.wait(), Some(130));
}

#[test]
fn one_file_is_watched_and_it_is_there() {
    let scratch = Scratch::new();
    for (words, said) in [
        (
            &["lint", "--watch", "nowhere.yaml"][..],
            "stat nowhere.yaml: ENOENT; `isolab new lesson NAME` writes",
        ),
        (&["lint", "--watch", "."], "`--watch` looks at one file, and . is a directory"),
        (&["lint", "--watch", "a.yaml", "b.yaml"], "`--watch` looks at one file"),
    ] {
        let (code, told) = isolab(scratch.path(), words);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(said), "{told}");
    }
}
