//! What an author does at the command line: short reports, new files, checks at each save.

mod common;

use common::{ISOLAB, Scratch};
use std::fs;
use std::path::Path;
use std::process::Command;

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
