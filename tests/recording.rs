//! A recording shows what the terminal showed, to asciinema and to whoever reads the format itself.

mod common;
#[macro_use]
#[path = "common/pty.rs"]
mod pty;

use common::{skip, test, wait_for};
use pty::{Pty, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};
use tui_term::vt100;

const SIZE: (u16, u16) = (100, 30);

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("recording-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).expect("a directory of its own");
        Place(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn isolab(place: &Path, arguments: &[&str]) -> Pty {
    Pty::start(SIZE, env!("CARGO_BIN_EXE_isolab"), |command| {
        command.args(arguments).env("XDG_STATE_HOME", place);
    })
}

/// Walks through a step while it is recorded; gives the last screen and the recording.
fn recorded(place: &Path) -> (String, String) {
    let file = place.join("uts.cast");
    let pty = isolab(place, &["learn", "uts", "--record", file.to_str().expect("UTF-8"), "--idle", "2"]);
    pty.wait_for("What do you expect?");
    pty.keys("2");
    pty.wait_for("◉ localhost");
    pty.keys("<enter>");
    pty.wait_for("checks: ");
    pty.wait_for("Answer:");
    pty.resize(110, 32);
    pty.wait_until("a wider frame", |screen| text(screen).lines().any(|l| l.chars().count() == 110));
    pty.keys("o");
    pty.wait_for("done by hand");
    pty.wait_quiet(Duration::from_millis(200));
    let last = pty.screen();
    pty.keys("<ctrl-c>");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_restored();
    (last, std::fs::read_to_string(file).expect("the recording"))
}

#[test]
fn it_ends_with_the_screen_that_was_there() {
    on_a_terminal!();
    let place = Place::new("screen");
    let (last, cast) = recorded(&place.0);
    let lines: Vec<Value> = cast.lines().map(|l| serde_json::from_str(l).expect("a line of JSON")).collect();
    assert_eq!(
        (&lines[0]["version"], &lines[0]["width"], &lines[0]["height"]),
        (&2.into(), &100.into(), &30.into())
    );
    let since = lines[0]["timestamp"].as_u64().expect("a time");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    assert!(since <= now && now - since < 3600, "{since}");

    let (mut at, mut screen, mut markers) = (0.0, vt100::Parser::new(SIZE.1, SIZE.0, 0), Vec::new());
    for event in &lines[1..] {
        let (time, kind, data) = (event[0].as_f64(), event[1].as_str(), event[2].as_str());
        let (Some(time), Some(kind), Some(data)) = (time, kind, data) else { panic!("no event: {event}") };
        assert!(
            (at..=at + 2.000_001).contains(&time),
            "a pause of more than two seconds, or time goes back: {at} {time}"
        );
        at = time;
        match kind {
            "o" => screen.process(data.as_bytes()),
            "m" => markers.push(data.to_owned()),
            "r" => {
                let (columns, rows) = data.split_once('x').expect("COLUMNSxROWS");
                screen.screen_mut().set_size(rows.parse().expect("rows"), columns.parse().expect("columns"));
            }
            other => panic!("an event of kind {other}"),
        }
    }
    assert_eq!(text(screen.screen()), last);
    assert!(!markers.is_empty() && markers.iter().all(|m| m.starts_with("uts · ")), "{markers:?}");
}

#[test]
fn asciinema_plays_it() {
    on_a_terminal!();
    if which::which("asciinema").is_err() {
        skip(&test(), "asciinema is not installed");
        return;
    }
    let place = Place::new("asciinema");
    let (last, _) = recorded(&place.0);
    // It wants a terminal of its own, of the size that the recording has at its end: it does not know changes of size.
    let player = Pty::start((110, 32), "asciinema", |command| {
        command.arg("cat").arg(place.0.join("uts.cast")).env("HOME", &place.0);
    });
    assert_eq!(player.wait_exit(), 0, "{}", player.screen());
    assert_eq!(player.screen(), last);
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_not_the_lab() {
    on_a_terminal!();
    let place = Place::new("full");
    // A small filesystem of its own that fills up.
    let Some(mount) = small(&place.0) else {
        skip(&test(), "a filesystem of 16 KiB cannot be mounted in a namespace of its own");
        return;
    };
    drop(mount);
    let script = "mount -t tmpfs -o size=16k full \"$1\" && exec \"$2\" learn uts --record \"$1/uts.cast\"";
    let pty = Pty::start(SIZE, "unshare", |command| {
        command.args(["--mount", "sh", "-c", script, "sh"]);
        command.arg(place.0.join("full")).arg(env!("CARGO_BIN_EXE_isolab")).env("XDG_STATE_HOME", &place.0);
    });
    pty.wait_for("What do you expect?");
    let said = |pty: &Pty| {
        pty.shows(Duration::from_secs(1), |screen| text(screen).contains("the recording has ended: write"))
    };
    // The next key clears what was said, so it is looked for before that.
    let ended = (0..20).any(|_| {
        pty.keys("o");
        pty.wait_for("done by hand");
        let over_the_list = said(&pty);
        pty.keys("<esc>");
        pty.wait_gone("done by hand");
        over_the_list || said(&pty)
    });
    assert!(ended, "{}", pty.screen());
    pty.keys("<enter>");
    pty.wait_for("passed");
    pty.keys("q");
    assert_eq!(pty.wait_exit(), 0);
}

/// Whether such a filesystem can be had; the directory for it.
fn small(place: &Path) -> Option<PathBuf> {
    let directory = place.join("full");
    std::fs::create_dir(&directory).ok()?;
    let run = Command::new("unshare")
        .args(["--mount", "mount", "-t", "tmpfs", "-o", "size=16k", "full"])
        .arg(&directory)
        .status();
    run.is_ok_and(|s| s.success()).then_some(directory)
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    on_a_terminal!();
    let place = Place::new("there");
    let file = place.0.join("uts.cast");
    std::fs::write(&file, "mine").expect("a file");
    let pty = isolab(&place.0, &["learn", "uts", "--record", file.to_str().expect("UTF-8")]);
    assert_eq!(pty.wait_exit(), 2);
    assert!(pty.screen().contains("EEXIST; a recording does not overwrite a file"), "{}", pty.screen());
    assert_eq!(std::fs::read_to_string(file).expect("still there"), "mine");
}

/// Records a demo without a terminal, in a session of its own: there is none to be found anywhere. Gives the exit code, what was said, and the cast.
fn unseen(place: &Path, arguments: &[&str]) -> (i32, String, Vec<Value>) {
    let (file, said) = (place.join("show.cast"), place.join("said"));
    let out = || std::fs::File::options().append(true).create(true).open(&said).expect("a file");
    let mut child = Command::new("setsid")
        .args(["--wait", env!("CARGO_BIN_EXE_isolab")])
        .args(arguments)
        .args(["--auto", "--record", file.to_str().expect("UTF-8")])
        .env("XDG_STATE_HOME", place)
        .env_remove("NO_COLOR")
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stdout(out())
        .stderr(out())
        .spawn()
        .expect("setsid of util-linux");
    let status = wait_for(Duration::from_secs(300), || child.try_wait().expect("a child"));
    let said = std::fs::read_to_string(said).expect("what was said");
    let Some(status) = status else {
        let _ = child.kill();
        panic!("it does not end: {said}");
    };
    let cast = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{e}: {said}"));
    let lines = cast.lines().map(|l| serde_json::from_str(l).expect("a line of JSON")).collect();
    (status.code().expect("no signal"), said, lines)
}

/// The screen at the end of a recording whose size does not change.
fn last(cast: &[Value]) -> String {
    let side = |name: &str| cast[0][name].as_u64().and_then(|n| u16::try_from(n).ok()).expect("a size");
    let mut screen = vt100::Parser::new(side("height"), side("width"), 0);
    for event in &cast[1..] {
        match (event[1].as_str(), event[2].as_str()) {
            (Some("o"), Some(data)) => screen.process(data.as_bytes()),
            (Some("m"), Some(_)) => {}
            _ => panic!("an event of another kind: {event}"),
        }
    }
    text(screen.screen())
}

/// Whether everything passes is for the rehearsals to say; what this machine refuses or is too busy for, the show passes over.
fn is_recorded_to_its_end(demo: &str) {
    let place = Place::new(demo);
    let (code, said, cast) = unseen(&place.0, &["demo", demo, "--speed", "100", "--idle", "1"]);
    assert!([0, 1, 3].contains(&code), "{code}: {said}");
    assert_eq!((&cast[0]["width"], &cast[0]["height"]), (&110.into(), &34.into()));
    let shown = last(&cast);
    assert!(shown.contains("everything is undone at the end"), "{shown}");
    let (place, of) =
        shown.lines().next().and_then(|l| l.split(' ').next_back()?.split_once('/')).expect("where it is");
    assert_eq!(place, of, "{shown}");
    assert!(cast.iter().any(|event| event[1] == "m" && event[2] == "the end"), "no marker at the end");
}

#[test]
fn fifteen_minutes_is_recorded_without_a_terminal() {
    is_recorded_to_its_end("fifteen-minutes");
}

#[test]
fn who_ate_my_cpu_is_recorded_without_a_terminal() {
    is_recorded_to_its_end("who-ate-my-cpu");
}

#[test]
fn a_recording_without_a_terminal_has_the_size_and_the_colours_that_were_asked_for() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demos/unattended.yaml");
    for (more, colours) in [(&[][..], true), (&["--color", "never"][..], false)] {
        let place = Place::new(if colours { "colours" } else { "plain" });
        let (code, said, cast) =
            unseen(&place.0, &[&["demo", script, "--speed", "100", "--size", "90x28"], more].concat());
        assert_eq!((code, said.as_str()), (0, ""), "nothing is said where all is well");
        assert_eq!((&cast[0]["width"], &cast[0]["height"]), (&90.into(), &28.into()));
        assert!(last(&cast).lines().any(|l| l.chars().count() > 80), "{}", last(&cast));
        let coloured = |event: &Value| event[2].as_str().is_some_and(|data| data.contains("\u{1b}[38;5;"));
        assert_eq!(cast.iter().any(coloured), colours);
    }
}

#[test]
fn a_size_is_for_a_recording_that_nobody_watches() {
    for (arguments, told) in [
        (&["--size", "110x34"][..], "--auto"),
        (&["--auto", "--record", "x.cast", "--size", "20x3"][..], "from 80x24 to 1000x500"),
        (&["--auto"][..], "is not a terminal"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_isolab"))
            .args(["demo", "fifteen-minutes"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("isolab");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(told), "{said}");
    }
}
