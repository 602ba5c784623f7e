//! What readers say is what the kernel said: nothing translated, nothing made up. On this kernel, through the built program.

mod common;

use common::{Program, is_root, programs, skip, test, troubles};
use isolab::events::{LessonRecord, Status, StepRecord};
use isolab::model::{Fact, Reading, Value};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Runs a lesson of one step.
fn run(program: &Program, id: &str, text: &str) -> LessonRecord {
    let file = program.scratch.file(&format!("{id}.yaml"));
    std::fs::write(&file, text).expect("a lesson file");
    let report = program.check(&[file.to_str().expect("a path")]);
    report.lesson(id).clone()
}

fn only(lesson: &LessonRecord) -> &StepRecord {
    lesson.steps.last().expect("a step")
}

fn after(step: &StepRecord, id: &str) -> Reading {
    step.readouts.iter().find(|r| r.id == id).unwrap_or_else(|| panic!("no readout {id}")).after.clone()
}

const READ_ONLY: &str = r#"
format: 1
id: read-only
title: Title
summary: Summary.
minutes: 1
needs: [mount_ns]
boxes: { box: { new: [mount] } }
readouts:
  view: { box: { mounts: view } }
  tree: { box: { mounts: all } }
  file: { box: { file: view/f } }
  deep: { box: { file: all/below/f } }
steps:
  - id: bind
    title: Bind
    text: Text.
    given:
      - box:
          - mkdir: [src, src/below, view, all]
          - mount: { tmpfs: src/below }
          - write: { src/f: "one\n", src/below/f: "one\n" }
    do:
      - { box: { mount: { bind: { from: src, at: view, read_only: true } } } }
      - { box: { write: { view/f: "two\n" } }, fails: EROFS }
      - { box: { mount: { bind: { from: src, at: all, recursive: true, read_only: true } } } }
      - { box: { write: { all/below/f: "two\n" } }, fails: EROFS }
      - { box: { append: { src/f: "and more\n" } } }
    expect:
      - { view: { contains: { at: view, options: ro } } }
      - { tree: { contains: { at: all/below, options: ro } } }
      - { tree: { contains: { at: all/below, options: nosuid } } }
      - { file: { contains: and more } }
      - { deep: { is: "one\n" } }
"#;

#[test]
fn a_read_only_bind_mount_is_read_only() {
    for program in programs() {
        let lesson = run(&program, "read-only", READ_ONLY);
        assert_eq!(lesson.status, Status::Passed, "{:?}: {}", program.user, troubles(&lesson));
        let step = only(&lesson);
        let calls = |action: usize| -> Vec<String> {
            let deliberate = step.actions.iter().filter(|a| !a.preparation);
            deliberate.skip(action).take(1).flat_map(|a| &a.calls).map(ToString::to_string).collect()
        };
        let one = calls(0);
        assert_eq!(one.len(), 2, "{one:?}");
        assert!(one[0].contains(", MS_BIND, NULL) = 0"), "{one:?}");
        let flags = one[1].split(", ").nth(3).expect("flags");
        for flag in ["MS_REMOUNT", "MS_BIND", "MS_RDONLY"] {
            assert!(flags.split('|').any(|f| f == flag), "{one:?}");
        }
        let all = calls(2);
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all[0].contains("MS_BIND|MS_REC") && all[1].starts_with("mount_setattr("), "{all:?}");
        assert!(all[1].contains("AT_RECURSIVE") && all[1].contains("MOUNT_ATTR_RDONLY"), "{all:?}");
    }
}

const KEPT: &str = r"
format: 1
id: kept
title: Title
summary: Summary.
minutes: 1
needs: [mount_ns]
boxes: { box: { new: [mount] } }
readouts:
  stage: { box: { mounts: stage } }
steps:
  - id: remount
    title: Remount
    text: Text.
    given: [{ box: [{ mkdir: stage }, { mount: { tmpfs: stage } }] }]
    do: [{ box: { remount: { read_only: stage } } }]
    expect:
      - { stage: { was: { contains: { at: stage, options: rw } } } }
      - { stage: { contains: { at: stage, options: ro } } }
      - { stage: { contains: { at: stage, options: nosuid } } }
      - { stage: { contains: { at: stage, options: nodev } } }
";

#[test]
fn a_remount_keeps_the_other_options() {
    for program in programs() {
        let lesson = run(&program, "kept", KEPT);
        assert_eq!(lesson.status, Status::Passed, "{:?}: {}", program.user, troubles(&lesson));
    }
}

const NAMES: &str = r"
format: 1
id: odd-names
title: Title
summary: Summary.
minutes: 1
boxes: { box: {} }
readouts:
  name: { host: hostname }
  rss: { host: { status: VmNothing } }
  box-name: { box: hostname }
steps:
  - id: read
    title: Read
    text: Text.
    do: [{ box: [{ unshare: uts }, { sethostname: bird }] }]
    show: [name, rss]
    expect: [{ box-name: { is: bird } }]
";

/// `sethostname(2)` takes any bytes; `EINVAL` is what nobody has said.
const DOORS: &str = r#"
format: 1
id: doors
title: Title
summary: Summary.
minutes: 1
needs: [net_ns, mount_ns, veth]
boxes:
  left: { new: [net, mount] }
  right: { new: [net, mount] }
  outsider: { new: [mount] }
workloads:
  named: { unix_listener: { at: "@door", says: by name } }
  filed: { unix_listener: { at: stage/door, says: by path } }
  web: { tcp_server: { port: 8080, says: "I saw {peer}" } }
readouts:
  left-name: { left: { unix_answer: "@door" } }
  right-name: { right: { unix_answer: "@door" } }
  outside-name: { outsider: { unix_answer: "@door" } }
  left-path: { left: { unix_answer: stage/door } }
  right-path: { right: { unix_answer: stage/door } }
  host-path: { host: { unix_answer: stage/door } }
  direct: { outsider: { unix_answer: HOST } }
  linked: { outsider: { unix_answer: link } }
  bound: { outsider: { unix_answer: bound } }
  asked: { right: { tcp_answer: "10.77.0.1:8080" } }
setup:
  - left: [ { mkdir: stage }, { write: { bound: "" } }, { symlink: { link: HOST } } ]
  - { outsider: { mount: { bind: { from: HOST, at: bound } } } }
  - left: [ { veth: { name: eth0, peer: { right: eth0 } } }, { address: { eth0: 10.77.0.1/24 } }, { link_up: eth0 } ]
  - right: [ { address: { eth0: 10.77.0.2/24 } }, { link_up: eth0 } ]
steps:
  - id: serve
    title: Serve
    text: Text.
    do:
      - { left: [ { start: named }, { start: filed }, { start: web } ] }
      - { right: { connect: "10.77.0.1:8080" } }
    expect:
      - { left-name: { is: by name } }
      - { right-name: { fails: ECONNREFUSED } }
      - { outside-name: { fails: EPERM } }
      - { left-path: { is: by path } }
      - { right-path: { is: by path } }
      - { host-path: { is: by path } }
      - { asked: { is: I saw 10.77.0.2 } }
      - { direct: { fails: EPERM } }
      - { linked: { fails: EPERM } }
      - { bound: { fails: EPERM } }
  - id: cover
    title: Cover
    text: Text.
    do:
      - { right: { mount: { tmpfs: stage } } }
      - { left: { stop: named } }
    expect:
      - { left-name: { fails: ECONNREFUSED } }
      - { left-path: { is: by path } }
      - { right-path: { fails: ENOENT } }
"#;

#[test]
fn a_socket_answers_where_its_namespace_reaches() {
    for program in programs() {
        let path = program.scratch.file("of-the-machine");
        let server = std::os::unix::net::UnixListener::bind(&path).expect("a server of the machine");
        server.set_nonblocking(true).expect("nonblocking");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).expect("chmod");
        let text = DOORS.replace("HOST", path.to_str().expect("a path"));
        let lesson = run(&program, "doors", &text);
        if let Status::Blocked { reason, .. } = &lesson.status {
            skip(&format!("{}, {:?}", test(), program.user), reason);
            continue;
        }
        assert_eq!(lesson.status, Status::Passed, "{:?}: {}", program.user, troubles(&lesson));
        assert!(server.accept().is_err(), "nobody may connect to a server of the machine");
    }
}

#[test]
fn a_host_name_that_is_not_utf_8_is_shown() {
    if !is_root() {
        return skip(&test(), "only root can set a host name and then start the lab as it is");
    }
    let program = Program::built();
    let (lesson, report) = (program.scratch.file("odd-names.yaml"), program.scratch.file("report.json"));
    std::fs::write(&lesson, NAMES).expect("a lesson file");
    let script = "printf 'caf\\351' >/proc/sys/kernel/hostname && exec \"$0\" check \"$1\" --format json --output \"$2\"";
    let mut command = Command::new("unshare");
    command.args(["--uts", "sh", "-c", script, common::ISOLAB]).arg(&lesson).arg(&report);
    let output = command.output().expect("unshare");
    let lessons = common::lessons_of(&report);
    let lesson = lessons.first().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let step = only(lesson);
    assert_eq!(
        after(step, "name"),
        Reading::Fact(Fact { raw: "caf\\xe9\n".into(), value: Value::Text("caf\\xe9".into()) })
    );
    // A field that the kernel's file does not have is not an error that the kernel has made.
    assert_eq!(after(step, "rss"), Reading::NotMeasured);
    assert_eq!(lesson.status, Status::Passed, "{}", troubles(lesson));
}
