//! `isolab notes` in a pseudo-terminal, attached to a demo of the test's own; and without a terminal.

use crate::common::{ISOLAB, NOBODY, Program, is_root, skip};
use crate::pty::Pty;
use crate::stage::{Runtime, Stage, page, set_mode};
use isolab::demo::NotesPage;
use isolab::demo::notes::{Base, demos};
use isolab::present::action::Planned;
use nix::sys::signal::Signal::{self, SIGHUP, SIGINT, SIGTERM};
use std::process::{Command, Stdio};

const SMALL: (u16, u16) = (80, 24);

fn start(runtime: &Runtime, size: (u16, u16), arguments: &[&str]) -> Pty {
    // A window looks in all places of its user.
    let others: Vec<u32> = demos(&Base::all()).iter().map(|demo| demo.pid).collect();
    assert!(
        others.is_empty(),
        "end the demos of this user, {others:?}: a window would ask which one is meant"
    );
    Pty::start(size, ISOLAB, |command| {
        command.arg("notes").args(arguments).env("XDG_RUNTIME_DIR", runtime.path()).current_dir("/");
        command.env_remove("ISOLAB_THEME");
    })
}

fn whole_page() -> NotesPage {
    NotesPage {
        script: "A container in fifteen minutes".to_owned(),
        chapter: "Names".to_owned(),
        chapters: (2, 5),
        cues: (7, 31),
        now: "Space runs it".to_owned(),
        notes: vec![(1..=40).map(|n| format!("- note number {n} of many")).collect::<Vec<_>>().join("\n")],
        next: Some("Join it".to_owned()),
        calls: vec![Planned { actor: "box".to_owned(), what: "sethostname(\"bird\", 4)".to_owned() }],
        expected: vec![("○".to_owned(), "hostname of box is bird".to_owned())],
        planned_ms: 900_000,
        cue_ms: 30_000,
        ..page("Rename the box")
    }
}

#[test]
fn it_shows_the_page_goes_with_the_show_and_leaves_the_terminal_as_it_was() {
    on_a_terminal!();
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    stage.server.publish(&whole_page());
    let screen = start(&runtime, SMALL, &[]);
    for wanted in [
        "A container in fifteen minutes",
        "chapter 2/5 · cue 7/31",
        "Names › Rename the box",
        "▸ Space runs it",
        "of 15:00",
        "on time",
        "note number 1 of many",
        "sethostname(\"bird\", 4)",
        "○ hostname of box is bird",
        "next  Join it",
        "q close",
    ] {
        screen.wait_for(wanted);
    }
    // The clock goes on without a page.
    screen.wait_for("this cue 0:01 of 0:30");
    screen.keys("<end>");
    screen.wait_for("note number 40 of many");
    let said = vec!["the recording has ended: write a.cast: ENOSPC".to_owned()];
    stage.server.publish(&NotesPage { said, paused: true, cues: (8, 31), ..whole_page() });
    screen.wait_for("! the recording has ended: write a.cast: ENOSPC");
    screen.wait_for("‖ paused");
    screen.wait_for("note number 1 of many");
    screen.resize(120, 40);
    screen.wait_until("the whole width", |s| {
        s.size() == (40, 120) && crate::pty::text(s).contains("note number 25 of many")
    });
    drop(stage);
    screen.wait_for("■ the show is over; this window waits for another");
    let again = Stage::open(&runtime.base(), 8);
    again.server.publish(&NotesPage { title: "Another one".to_owned(), ..whole_page() });
    screen.wait_for("› Another one");
    screen.keys("q");
    assert_eq!(screen.wait_exit(), 0);
    screen.assert_restored();
    again.wait_attached(0);
}

#[test]
fn every_way_out() {
    on_a_terminal!();
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    stage.server.publish(&whole_page());
    for key in ["q", "<ctrl-c>"] {
        let screen = start(&runtime, SMALL, &["7"]);
        screen.wait_for("Rename the box");
        screen.keys(key);
        assert_eq!(screen.wait_exit(), 0, "{key}");
        screen.assert_restored();
    }
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        let screen = start(&runtime, SMALL, &[]);
        screen.wait_for("Rename the box");
        screen.signal(signal);
        assert_eq!(screen.wait_exit(), 128 + signal as i32, "{signal}");
        screen.assert_restored();
    }
    stage.wait_attached(0);
}

#[test]
fn it_is_left_while_it_waits() {
    on_a_terminal!();
    let runtime = Runtime::new();
    for key in ["q", "<ctrl-c>"] {
        let screen = start(&runtime, SMALL, &[]);
        screen.wait_for("This window waits for one");
        screen.keys(key);
        assert_eq!(screen.wait_exit(), 0, "{key}");
        screen.assert_restored();
    }
    assert!(!runtime.sockets().exists(), "a window makes nothing");
}

#[test]
fn it_stops_and_goes_on_as_a_job() {
    on_a_terminal!();
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    stage.server.publish(&whole_page());
    let screen = start(&runtime, SMALL, &[]);
    screen.wait_for("Rename the box");
    screen.keys("<ctrl-z>");
    screen.wait_stop();
    screen.assert_restored();
    stage.publish("After the stop");
    screen.foreground();
    screen.wait_for("After the stop");
    screen.keys("q");
    assert_eq!(screen.wait_exit(), 0);
    screen.assert_restored();
}

#[test]
fn a_terminal_that_goes_away_ends_the_window_and_not_the_show() {
    on_a_terminal!();
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    stage.server.publish(&whole_page());
    let mut screen = start(&runtime, SMALL, &[]);
    screen.wait_for("Rename the box");
    screen.hang_up();
    stage.wait_attached(0);
    let screen = start(&runtime, SMALL, &[]);
    screen.wait_for("Rename the box");
    screen.end();
}

#[test]
fn a_window_that_is_killed_is_gone_for_the_show() {
    on_a_terminal!();
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    stage.server.publish(&whole_page());
    let screen = start(&runtime, SMALL, &[]);
    screen.wait_for("Rename the box");
    stage.wait_attached(1);
    screen.signal(Signal::SIGKILL);
    stage.wait_attached(0);
}

#[test]
fn without_a_terminal_pages_are_text_to_the_end_of_the_show() {
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    stage.server.publish(&whole_page());
    let mut command = Command::new(ISOLAB);
    command
        .args(["notes"])
        .env("XDG_RUNTIME_DIR", runtime.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let child = command.stderr(Stdio::piped()).spawn().expect("isolab");
    stage.wait_attached(1);
    drop(stage);
    let output = child.wait_with_output().expect("its end");
    let text = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), complaints.as_ref()), (Some(0), ""));
    for wanted in [
        "--- 0:00 · chapter 2/5 · cue 7/31 · Names › Rename the box",
        "note number 40 of many",
        "box  sethostname",
        "the show is over",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text:?}");
}

#[test]
fn without_a_terminal_and_a_demo_it_says_so() {
    let runtime = Runtime::new();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(ISOLAB);
        command.arg("notes").args(arguments).env("XDG_RUNTIME_DIR", runtime.path()).env_remove("SUDO_UID");
        let output = command.stdin(Stdio::null()).output().expect("isolab");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = run(&[]);
    assert_eq!(code, Some(2));
    assert!(text.contains("you have no demo running"), "{text}");
    let (code, text) = run(&["4711"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("you have no demo 4711 running"), "{text}");
}

#[test]
fn another_users_program_finds_nothing() {
    if !is_root() {
        return skip("another user's isolab notes", "only root can start the program as another user");
    }
    let runtime = Runtime::new();
    let stage = Stage::open(&runtime.base(), 7);
    stage.server.publish(&whole_page());
    let program = Program::for_nobody();
    // Also where the directory above can be entered by everybody.
    for mode in [0o700, 0o755] {
        set_mode(&runtime.path(), mode);
        let mut command = program.command();
        command.arg("notes").env("XDG_RUNTIME_DIR", runtime.path());
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("isolab");
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "user {NOBODY}: {complaints}");
        assert!(complaints.contains("`sudo isolab notes`"), "{complaints}");
        assert_eq!(output.stdout, b"");
    }
    assert_eq!(stage.server.attached(), 0);
}
