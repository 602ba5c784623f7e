//! Whom `kill` reaches: a process that has a number in the sender's PID namespace, and no other. And when a box waits for its children.

mod common;

use common::{Program, is_root, skip, test, troubles};
use isolab::events::Status;

/// `a` and `b` are each PID 1 of a PID namespace of its own.
const SIBLINGS: &str = "
format: 1
id: siblings
title: Title
summary: Summary.
minutes: 1
boxes:
  outside: {}
  one: {}
  two: {}
  a: { forked_by: one }
  b: { forked_by: two }
setup:
  - { one: { fork: { box: a, new: [pid] } } }
  - { two: { fork: { box: b, new: [pid] } } }
readouts:
  a-lives: { host: { state: a } }
  b-lives: { host: { state: b } }
steps:
  - id: out-of-reach
    title: Out of reach
    text: Text.
    do:
      - { a: { kill: { outside: TERM } }, fails: ESRCH }
      - { a: { kill: { b: KILL } }, fails: ESRCH }
    expect:
      - { a-lives: alive }
      - { b-lives: alive }
  - id: within-reach
    title: Within reach
    text: Text.
    do: [{ outside: { kill: { b: KILL } } }]
    expect:
      - { a-lives: alive }
      - { b-lives: { killed_by: KILL }, within: 5s }
";

/// `parent` is there from the start, and waits only when it is told to.
const WAITS: &str = "
format: 1
id: waits
title: Title
summary: Summary.
minutes: 1
boxes:
  parent: { reaps: when_told }
  child: { forked_by: parent }
readouts:
  state: { host: { state: child } }
steps:
  - id: zombie
    title: Zombie
    text: Text.
    given: [{ parent: { fork: child } }]
    do: [{ child: { exit: 7 } }]
    expect:
      - { state: zombie, within: 5s }
      - { state: zombie, for: 300ms }
  - id: reaped
    title: Reaped
    text: Text.
    do: [{ parent: wait }]
    expect:
      - { state: { exited: 7 } }
";

#[test]
fn a_signal_goes_to_nobody_else() {
    passes("siblings", SIBLINGS);
}

#[test]
fn a_box_that_starts_with_the_lesson_waits_when_it_is_told_to() {
    passes("waits", WAITS);
}

fn passes(id: &str, text: &str) {
    let mut programs = vec![Program::built()];
    if is_root() {
        programs.push(Program::for_nobody());
    } else {
        skip(&format!("{}, as an ordinary user besides", test()), "only root can become one");
    }
    for program in programs {
        let file = program.scratch.file(&format!("{id}.yaml"));
        std::fs::write(&file, text).expect("a lesson file");
        let report = program.check(&[file.to_str().expect("a path")]);
        let lesson = report.lesson(id);
        assert_eq!(lesson.status, Status::Passed, "{}", troubles(lesson));
    }
}
