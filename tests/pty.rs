//! The harness for programs on a terminal, held against programs whose behaviour is known: a shell and `stty`.

#[macro_use]
#[path = "common/pty.rs"]
mod pty;

use nix::sys::signal::Signal;
use nix::sys::termios::LocalFlags;
use pty::{Pty, text};
use std::time::Duration;
use tui_term::vt100::{Color, Screen};

/// A shell script on a terminal of 80x24.
fn sh(script: &str) -> Pty {
    Pty::start((80, 24), "dash", |command| {
        command.args(["-c", script]).current_dir("/").env("GREETING", "grüße");
    })
}

#[test]
fn a_program_has_a_terminal_a_size_and_its_surroundings() {
    on_a_terminal!();
    let pty =
        sh("tty; stty size; pwd; echo $GREETING; test -t 0 && test -t 2 && ps -o pgid=,tpgid= -p $$; exit 7");
    assert_eq!(pty.wait_exit(), 7);
    let screen = pty.screen();
    let lines: Vec<&str> = screen.lines().collect();
    assert!(lines[0].starts_with("/dev/pts/"), "{screen}");
    assert_eq!(lines[1..4], ["24 80", "/", "grüße"]);
    let groups: Vec<&str> = lines[4].split_whitespace().collect();
    assert_eq!(groups[0], groups[1], "it is in the foreground");
    assert_eq!(groups[0], pty.pid().to_string());
    pty.assert_restored();
    assert!(pty.ended());
}

#[test]
fn what_is_typed_arrives() {
    on_a_terminal!();
    let pty = sh(
        "read -r line; echo \"read: $line\"; stty -icanon -echo min 1; echo raw; dd bs=1 count=18 2>/dev/null | od -An -c",
    );
    pty.keys("a <lt> b<enter>");
    pty.wait_for("read: a < b");
    pty.wait_for("raw");
    // In raw mode, but without icrnl changed: enter is a line feed.
    pty.keys("<up><f1><f5><ctrl-a><esc><alt-x><backtab>");
    pty.wait_for("[   Z");
    let screen = pty.screen();
    for sent in [r"033   [   A", r"033   O   P", r"033   [   1   5   ~", r"001 033", r"033   x"] {
        assert!(screen.replace('\n', "").contains(sent), "{sent} in {screen}");
    }
    pty.wait_exit();
}

#[test]
fn keys_follow_the_mode_of_the_cursor_keys() {
    on_a_terminal!();
    let pty =
        sh("stty -icanon -echo min 1; printf '\\033[?1hready'; dd bs=1 count=3 2>/dev/null | od -An -c");
    pty.wait_for("ready");
    assert!(pty.terminal_state().application_keys);
    pty.keys("<down>");
    pty.wait_for("033   O   B");
}

#[test]
fn colours_and_the_cursor_can_be_read() {
    on_a_terminal!();
    let pty = sh("printf 'a\\033[31;1mb\\033[m\\033[5;7H'; read -r _");
    pty.wait_until("the cursor in its place", |screen| screen.cursor_position() == (4, 6));
    pty.look(|screen| {
        let cell = |column| screen.cell(0, column).expect("a cell");
        assert_eq!((cell(0).fgcolor(), cell(0).bold()), (Color::Default, false));
        assert_eq!((cell(1).fgcolor(), cell(1).bold()), (Color::Idx(1), true));
    });
}

#[test]
fn the_kernel_tells_of_another_size() {
    on_a_terminal!();
    let pty = sh("trap 'stty size' WINCH; echo ready; while :; do read -r _; done");
    pty.wait_for("ready");
    pty.resize(132, 50);
    pty.wait_for("50 132");
    assert_eq!(pty.look(Screen::size), (50, 132));
}

#[test]
fn signals_and_control_c_end_a_program() {
    on_a_terminal!();
    let pty = sh("echo ready; read -r _");
    pty.wait_for("ready");
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit(), 128 + 15);
    let pty = sh("echo ready; read -r _");
    pty.wait_for("ready");
    pty.keys("<ctrl-c>");
    assert_eq!(pty.wait_exit(), 128 + 2);
    // Without echo of control characters nothing is seen of it; the terminal itself is as it was.
    pty.assert_restored();
}

/// What a program writes as a synchronised update is seen whole: not while it is being written, and not when it never ends.
#[test]
fn half_a_frame_is_not_looked_at() {
    on_a_terminal!();
    let pty = sh("printf '\\033[?2026hhalf '; read -r _; printf 'whole\\033[?2026l'; read -r _");
    assert!(!pty.shows(Duration::from_millis(300), |screen| text(screen).contains("half")));
    pty.keys("<enter>");
    pty.wait_for("whole");
    assert!(pty.screen().contains("half"), "{}", pty.screen());
    pty.keys("<enter>");
    pty.wait_exit();
    let killed = sh("printf '\\033[?2026hhalf'; kill -9 $$");
    killed.wait_exit();
    assert_eq!(killed.screen(), "half");
    assert_ne!(killed.terminal_state(), *killed.state_before());
}

#[test]
fn control_z_stops_and_fg_continues() {
    on_a_terminal!();
    let pty = sh("echo ready; read -r line; echo \"read: $line\"; exit 3");
    pty.wait_for("ready");
    pty.keys("<ctrl-z>");
    pty.wait_stop();
    assert!(!pty.ended());
    pty.foreground();
    pty.keys("on<enter>");
    pty.wait_for("read: on");
    assert_eq!(pty.wait_exit(), 3);
}

#[test]
fn a_terminal_that_is_left_otherwise_is_noticed() {
    on_a_terminal!();
    for (script, what) in [
        ("stty raw -echo", "termios"),
        ("stty -echo; kill -9 $$", "termios"),
        ("printf '\\033[?1049h'", "alternate_screen: true"),
        ("printf '\\033[?25l'", "cursor_visible: false"),
        ("printf '\\033[?2004h'", "bracketed_paste: true"),
        ("printf '\\033[?1002h\\033[?1006h'", "mouse: \"ButtonMotion Sgr\""),
        ("printf '\\033[?1004h'", "modes: {1004}"),
        ("printf '\\033[>1u'", "keyboard: 1"),
    ] {
        let pty = sh(script);
        pty.wait_exit();
        assert_ne!(pty.terminal_state(), *pty.state_before(), "{script}");
        let now = format!("{:?}", pty.terminal_state());
        assert!(now.contains(what), "{what} in {now}");
    }
    let pty = sh("stty -echo");
    pty.wait_exit();
    assert!(!pty.terminal_state().termios.local_flags.contains(LocalFlags::ECHO));
    let pty = sh("s=$(stty -g); stty raw; printf '\\033[?1049h\\033[?25l\\033[?1004h\\033[>1u'; \
                  printf '\\033[<u\\033[?1004l\\033[?25h\\033[?1049l'; stty $s");
    assert_eq!(pty.wait_exit(), 0);
    pty.assert_restored();
}

#[test]
fn questions_to_the_terminal_are_answered() {
    on_a_terminal!();
    for (question, answer) in [
        ("\\033[6n", "\x1b[1;1R"),
        ("\\033[c", "\x1b[?62;22c"),
        ("\\033[?u\\033[c", "\x1b[?0u\x1b[?62;22c"),
        ("\\033[?2026$p", "\x1b[?2026;0$y"),
        ("\\033[18t", "\x1b[8;24;80t"),
        ("\\033]11;?\\033\\\\", "\x1b]11;rgb:1010/1010/1010\x1b\\"),
    ] {
        let read = format!("dd bs=1 count={} 2>/dev/null | od -An -t x1 | tr -d ' \\n'", answer.len());
        let pty = sh(&format!("stty -icanon -echo min 1; printf '{question}'; {read}; echo ."));
        let hex: Vec<String> = answer.bytes().map(|b| format!("{b:02x}")).collect();
        pty.wait_for(&format!("{}.", hex.concat()));
    }
}

#[test]
fn a_wait_that_fails_shows_the_screen() {
    on_a_terminal!();
    let pty = sh("echo what there is; read -r _");
    pty.wait_for("what there is");
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        pty.wait_within(Duration::from_millis(20), "`what is not`", |_| false);
    }));
    let said = panic.expect_err("it fails");
    let said = said.downcast_ref::<String>().expect("a text");
    assert!(said.contains("waited for `what is not`") && said.contains("| what there is"), "{said}");
}

#[test]
fn a_program_that_is_ended_may_undo() {
    on_a_terminal!();
    let made = std::env::temp_dir().join(format!("test-of-pty-{}", std::process::id()));
    let path = made.display();
    let pty =
        sh(&format!("trap 'rm {path}; exit 0' TERM; echo > {path}; echo ready; while :; do read -r _; done"));
    pty.wait_for("ready");
    assert!(made.exists());
    pty.end();
    assert!(!made.exists());
}

#[test]
fn nothing_of_a_dropped_program_is_left() {
    on_a_terminal!();
    let pty = sh("echo ready; trap '' HUP INT TERM; while :; do read -r _; done");
    pty.wait_for("ready");
    let pid = pty.pid();
    drop(pty);
    let gone = || !std::path::Path::new(&format!("/proc/{pid}")).exists();
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while !gone() {
        assert!(std::time::Instant::now() < until, "{pid} is still there");
        std::thread::yield_now();
    }
}

/// `cargo test` alone tells what it had to leave out: the harness shows nothing of a test that passes, and these pass then.
#[test]
fn without_its_programs_every_test_says_that_it_is_skipped() {
    on_a_terminal!();
    let again = std::env::current_exe().expect("this program's path");
    let output =
        std::process::Command::new(again).env("PATH", "/nonexistent").output().expect("this program");
    let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    let passed = told.lines().filter(|l| l.starts_with("test ") && l.ends_with(" ... ok")).count();
    let skipped =
        said.lines().filter(|l| l.starts_with("skipped: ") && l.ends_with("setsid is not in PATH")).count();
    assert!(passed > 5, "{told}");
    assert_eq!(passed, skipped, "{told}{said}");
}
