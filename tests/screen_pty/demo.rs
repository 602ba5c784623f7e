//! A live demo in a real terminal, by keys and unattended.

use crate::common::{User, is_root, leftover, skip, wait_for};
use crate::lab::{GONE, Home, ROOMY, SMALL, Screen, first_line, gone};
use crate::pty::{Pty, text};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::path::Path;
use tui_term::vt100;

const LESSONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons");
const WRONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demos/lessons/wrong.yaml");

fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demos").join(name).display().to_string()
}

/// A directory with the lessons of the tests that scripts name.
fn lessons(home: &Home) -> String {
    let place = home.scratch.file("lessons");
    std::fs::create_dir_all(&place).expect("a directory");
    for file in [WRONG.to_owned(), format!("{LESSONS}/idle.yaml")] {
        let name = Path::new(&file).file_name().expect("a file");
        std::fs::copy(&file, place.join(name)).expect("a copy");
    }
    place.display().to_string()
}

fn start(home: &Home, size: (u16, u16), name: &str, more: &[&str]) -> Screen {
    let (lessons, script) = (lessons(home), script(name));
    let mut arguments = vec!["--lessons", &lessons, "demo", &script];
    arguments.extend(more);
    home.start(size, &arguments)
}

/// Waits until this many of the cues have been reached.
fn wait_cue(screen: &Screen, cue: &str) {
    screen.wait_until(&format!("cue {cue} in the first line"), |s| first_line(s).trim_end().ends_with(cue));
}

/// Two keys, because one could be an accident.
fn end(screen: &Screen) {
    screen.keys("q");
    screen.wait_footer(&["again ends the show"]);
    screen.keys("q");
    screen.ends_with(0, "the end of the show");
}

#[test]
fn a_show_by_keys_with_everything_that_can_happen_on_a_stage() {
    on_a_terminal!();
    for user in [User::Same, User::Nobody] {
        if user == User::Nobody && !is_root() {
            skip("a show by an ordinary user", "only root can become one");
            continue;
        }
        let home = Home::new(user);
        let screen = start(&home, SMALL, "stage.yaml", &[]);
        screen.wait_for("On stage");
        wait_cue(&screen, "1/6");
        screen.keys(" ");
        wait_cue(&screen, "2/6");
        screen.wait_for("What is the box called right after");
        screen.wait_footer(&["Space run it"]);
        screen.keys(" ");
        screen.wait_footer(&["Space next"]);
        screen.wait_for("✓ passed");
        screen.keys(" ");
        screen.wait_footer(&["Space run it"]);
        screen.keys(" ");
        screen.wait_for("bird");
        screen.wait_footer(&["Space next"]);
        // Back shows what was read then, and forward again, too.
        screen.keys("b");
        wait_cue(&screen, "2/6");
        screen.wait_footer(&["Space next"]);
        screen.keys(" ");
        wait_cue(&screen, "3/6");
        screen.wait_for("bird");
        // A detour, and back to the same place.
        screen.keys("s");
        screen.wait_for("a shell in which box?");
        screen.keys("<enter>");
        screen.wait_for("shell in box, process");
        screen.wait_until("a prompt", |s| text(s).contains("$ ") || text(s).contains("# "));
        screen.keys("echo de''tour<enter>");
        screen.wait_for("detour");
        screen.keys("<ctrl-]>");
        screen.wait_footer(&["Space next"]);
        wait_cue(&screen, "3/6");
        screen.wait_for("bird");
        // What fails is said, can be tried again, and does not end the show.
        screen.keys(" ");
        screen.wait_for("Another name than expected");
        screen.wait_footer(&["Space run it"]);
        screen.keys(" ");
        screen.wait_for("✗ failed: name is fish: expected fish, read bird");
        screen.wait_footer(&["Space skip it"]);
        screen.keys("r");
        screen.wait_until("a new attempt", |s| !text(s).contains("✗ failed: name"));
        screen.wait_for("✗ failed: name is fish: expected fish, read bird");
        screen.resize(120, 40);
        screen.wait_until("a wider frame", |s| text(s).lines().any(|l| l.chars().count() == 120));
        screen.wait_for("✗ failed: name is fish");
        screen.keys(" ");
        wait_cue(&screen, "5/6");
        // Paused, blanked, looked at the notes, gone somewhere else, and back here.
        screen.keys("p");
        screen.wait_for("‖ paused");
        screen.keys(".");
        screen.wait_until("nothing", |s| text(s).trim().is_empty());
        screen.keys(" ");
        screen.wait_for("‖ paused");
        screen.keys("g");
        screen.wait_for("What goes wrong");
        screen.keys("<down><enter>");
        wait_cue(&screen, "6/6");
        screen.keys("p");
        screen.wait_gone("‖ paused");
        // Typed out, and then run by the lab itself.
        screen.keys(" ");
        screen.wait_for("By hand");
        screen.wait_footer(&["Space run it", "Space next"]);
        screen.keys(" ");
        screen.wait_footer(&["Space next"]);
        screen.keys(" ");
        screen.wait_for("everything is undone at the end");
        screen.wait_for("✗ 1 step failed");
        // There is nothing left to be lost.
        screen.keys("q");
        screen.ends_with(0, "the end of the show");
    }
}

#[test]
fn a_box_that_is_killed_does_not_end_the_show() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = start(&home, SMALL, "stage.yaml", &[]);
    screen.wait_for("On stage");
    screen.keys("g<down><enter>");
    wait_cue(&screen, "4/6");
    screen.keys("x");
    wait_cue(&screen, "5/6");
    screen.keys(" ");
    screen.wait_for("the measuring window");
    let all = leftover::processes();
    let of_run = |p: &&leftover::Process| {
        p.run.as_ref().is_some_and(|r| r.starts_with(&format!("isolab-{}-", screen.pid())))
    };
    let box_of = all.iter().filter(of_run).filter(|p| !p.name.contains("guardian")).map(|p| p.pid).max();
    kill(Pid::from_raw(box_of.expect("a process of the run")), Signal::SIGKILL).expect("kill");
    screen.wait_footer(&["Space skip it", "Space next"]);
    screen.keys(" ");
    wait_cue(&screen, "6/6");
    screen.keys(" ");
    screen.wait_footer(&["Space run it", "Space next"]);
    screen.keys(" ");
    screen.wait_for("✓ passed");
    end(&screen);
}

/// Windows come, are killed, lose their terminal and come again; the show does not care, and says nothing to the room.
#[test]
fn notes_windows_come_and_go_beside_a_show() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = start(&home, SMALL, "stage.yaml", &[]);
    screen.wait_for("On stage");
    let lab = screen.pid().to_string();
    let window = || home.start(SMALL, &["notes", &lab]);
    let mut first = window();
    first.wait_for("Breathe.");
    screen.keys(" ");
    first.wait_for("Ask who expects what.");
    first.wait_for("Space runs it");
    first.signal(Signal::SIGKILL);
    let second = window();
    second.wait_for("Ask who expects what.");
    screen.keys(" ");
    screen.wait_footer(&["Space next"]);
    second.wait_for("✓ box-uts differs from host-uts");
    let mut third = window();
    third.wait_for("Ask who expects what.");
    third.pty_mut().hang_up();
    first.pty_mut().hang_up();
    screen.keys("g<down><enter>");
    second.wait_for("This fails, and the show goes on.");
    screen.keys(" ");
    second.wait_for("expected fish, read bird");
    second.keys("q");
    second.ends_with(0, "the end of a notes window");
    let fourth = window();
    fourth.wait_for("expected fish, read bird");
    end(&screen);
    fourth.wait_for("the show is over");
    fourth.keys("q");
    fourth.ends_with(0, "the end of a notes window");
}

#[test]
fn unattended_it_ends_with_what_became_of_it() {
    on_a_terminal!();
    for (name, code, told) in
        [("unattended.yaml", 0, None), ("stage.yaml", 1, Some("wrong · Another name than expected: failed"))]
    {
        let home = Home::new(User::Same);
        let screen = start(&home, SMALL, name, &["--auto", "--speed", "20"]);
        screen.ends_with(code, name);
        if let Some(told) = told {
            assert!(screen.screen().contains(told), "{}", screen.screen());
        }
    }
}

/// What comes with the program is played to its end by nobody, by root and by an ordinary user: what cannot be run here has something in its place.
#[test]
fn a_demo_that_comes_with_the_program_plays_to_its_end() {
    on_a_terminal!();
    for user in [User::Same, User::Nobody] {
        if user == User::Nobody && !is_root() {
            skip("a demo by an ordinary user", "only root can become one");
            continue;
        }
        let home = Home::new(user);
        let _turn = crate::walk::measuring();
        let screen = home.start(ROOMY, &["demo", "fifteen-minutes", "--auto", "--speed", "30"]);
        for chapter in ["A name", "Files", "Limits"] {
            screen.wait_until(chapter, |s| first_line(s).contains(&format!("· {chapter}")));
        }
        screen.ends_with(0, "fifteen-minutes");
    }
}

#[test]
fn every_way_out_of_a_show_leaves_nothing() {
    on_a_terminal!();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let home = Home::new(User::Same);
        let screen = start(&home, SMALL, "stage.yaml", &[]);
        into_the_window(&screen);
        screen.signal_ends(signal, "a show");
    }
    let home = Home::new(User::Same);
    let screen = start(&home, SMALL, "stage.yaml", &[]);
    into_the_window(&screen);
    screen.keys("<ctrl-c>");
    screen.ends_with(0, "Ctrl-C");
    let screen = start(&home, SMALL, "stage.yaml", &[]);
    into_the_window(&screen);
    let lab = screen.pid();
    screen.signal(Signal::SIGKILL);
    gone(lab, "kill -9 in a show");
}

fn into_the_window(screen: &Screen) {
    screen.wait_for("On stage");
    screen.keys("g<down><enter>");
    wait_cue(screen, "4/6");
    screen.keys("x");
    wait_cue(screen, "5/6");
    screen.keys(" ");
    screen.wait_for("the measuring window");
}

#[test]
fn what_is_cancelled_on_a_stage_is_staged_again() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = start(&home, ROOMY, "stage.yaml", &[]);
    into_the_window(&screen);
    let lab = screen.pid();
    screen.keys("<esc>");
    screen.wait_footer(&["Space run it"]);
    let left = || leftover::of(lab);
    assert!(wait_for(GONE, || left().is_empty().then_some(())).is_some(), "{:?}", left());
    end(&screen);
}

#[test]
fn a_script_with_a_mistake_is_told_before_anything_begins() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let file = home.scratch.file("bad.yaml");
    std::fs::write(&file, "demo: 1\nid: bad\ntitle: Bad\nsumary: typo\nchapters: []\n").expect("a file");
    let screen = home.start(SMALL, &["demo", file.to_str().expect("UTF-8")]);
    screen.ends_with(2, "a mistake");
    let all = screen.screen();
    assert!(all.contains("bad.yaml:4:1") && all.contains("sumary"), "{all}");
}

/// Plays a recording's bytes; gives the screen at its end, and the markers.
fn played(cast: &str) -> (String, Vec<String>) {
    let lines: Vec<Value> = cast.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let (mut screen, mut markers) = (vt100::Parser::new(SMALL.1, SMALL.0, 0), Vec::new());
    // What comes after the last frame gives the terminal back.
    for event in &lines[1..] {
        match (event[1].as_str(), event[2].as_str()) {
            (Some("o"), Some(data)) => screen.process(data.as_bytes()),
            (Some("m"), Some(label)) => markers.push(label.to_owned()),
            _ => {}
        }
    }
    (text(screen.screen()), markers)
}

#[test]
fn a_recorded_show_has_a_marker_for_each_chapter_and_step_and_asciinema_plays_it() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let file = home.scratch.file("show.cast");
    let path = file.to_str().expect("UTF-8");
    let screen =
        start(&home, SMALL, "unattended.yaml", &["--auto", "--speed", "3", "--record", path, "--idle", "2"]);
    // It stays for a moment at its end.
    screen.wait_for("everything is undone at the end");
    let last = screen.screen();
    screen.ends_with(0, "a recorded show");
    let (shown, markers) = played(&std::fs::read_to_string(&file).expect("the recording"));
    assert_eq!(shown, last);
    for wanted in [
        "1. A card",
        "By itself",
        "2. Two names",
        "uts · A namespace for the name",
        "uts · Rename the box",
        "the end",
    ] {
        assert!(markers.iter().any(|m| m == wanted), "{wanted}: {markers:?}");
    }
    if which::which("asciinema").is_err() {
        return skip("asciinema cat", "asciinema is not installed");
    }
    let player = Pty::start(SMALL, "asciinema", |command| {
        command.arg("cat").arg(&file).env("HOME", home.scratch.path());
    });
    assert_eq!(player.wait_exit(), 0, "{}", player.screen());
    assert_eq!(player.screen(), last);
}
