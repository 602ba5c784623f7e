//! Every way out, from everywhere: the exit code, the terminal as it was, and nothing left.

use crate::common::{User, is_root, leftover, skip, wait_for};
use crate::lab::{Home, SMALL, Screen, gone};
use crate::pty::{DEADLINE, Pty};
use nix::sys::signal::Signal::{self, SIGHUP, SIGINT, SIGKILL, SIGTERM};
use std::io::Read;

/// A place that somebody is in when the lab ends.
struct Place {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Goes there from the first frame.
    go: fn(&Screen),
    /// Whether `q` and Ctrl-C are the lab's there: in a shell they are the shell's.
    keys: bool,
}

const LESSONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons");

const HOME: Place =
    Place { name: "the list of lessons", arguments: &[], go: |screen| screen.wait_home(), keys: true };
const STEP: Place = Place {
    name: "a step that has been run",
    arguments: &["learn", "uts"],
    go: |screen| screen.run_step(),
    keys: true,
};
const SHELL: Place = Place {
    name: "a shell",
    arguments: &["learn", "uts"],
    go: |screen| {
        screen.run_step();
        screen.keys("s");
        screen.wait_for("a shell in which box?");
        screen.keys("<enter>");
        screen.wait_for(", process ");
    },
    keys: false,
};
/// Somebody who may make cgroups has one in the window.
const WINDOW: Place = Place {
    name: "a measuring window",
    arguments: &["--lessons", LESSONS, "learn", "window:long"],
    go: into_the_window,
    keys: true,
};
const IDLE: Place = Place { arguments: &["--lessons", LESSONS, "learn", "idle:long"], ..WINDOW };

fn into_the_window(screen: &Screen) {
    screen.wait_footer(&["Enter run it"]);
    screen.keys("<enter>");
    screen.wait_for("the measuring window");
    let left = leftover::of(screen.pid());
    assert!(left.iter().any(|l| l.starts_with("process ")), "the run has processes: {left:?}");
}

/// A window that this user can have here.
fn window(home: &Home) -> &'static Place {
    if home.blocked("cgroup-cpu").is_none() { &WINDOW } else { &IDLE }
}

fn every_way_out(user: User, place: &Place) {
    let home = Home::new(user);
    if place.keys {
        for (key, what) in [("q", "q"), ("<ctrl-c>", "Ctrl-C")] {
            let screen = home.start(SMALL, place.arguments);
            (place.go)(&screen);
            screen.keys(key);
            screen.ends_with(0, &format!("{what} in {}", place.name));
        }
    }
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        let screen = home.start(SMALL, place.arguments);
        (place.go)(&screen);
        screen.signal_ends(signal, place.name);
    }
}

#[test]
fn every_way_out_of_the_list() {
    on_a_terminal!();
    every_way_out(User::Same, &HOME);
}

#[test]
fn every_way_out_of_a_step() {
    on_a_terminal!();
    every_way_out(User::Same, &STEP);
}

#[test]
fn every_way_out_of_a_shell() {
    on_a_terminal!();
    every_way_out(User::Same, &SHELL);
}

#[test]
fn every_way_out_of_a_window() {
    on_a_terminal!();
    every_way_out(User::Same, window(&Home::new(User::Same)));
}

#[test]
fn every_way_out_of_an_ordinary_users_window() {
    on_a_terminal!();
    if !is_root() {
        return skip("another user's window", "only root can start the program as one");
    }
    every_way_out(User::Nobody, &IDLE);
}

/// `learn` draws no list first: a signal can come before there is anything to see.
#[test]
fn a_signal_at_the_very_beginning_leaves_nothing() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    for signal in [SIGTERM, SIGHUP, SIGINT, SIGTERM, SIGHUP, SIGINT] {
        let screen = home.start(SMALL, &["learn", "uts"]);
        // A shell that is about to execute something may lose SIGINT.
        let begun = || leftover::process(screen.pid()).filter(|p| p.name == "isolab");
        assert!(wait_for(DEADLINE, begun).is_some(), "it is executed");
        screen.signal(signal);
        let code = screen.wait_exit();
        // By itself, or by the kernel as long as nobody listens for it yet.
        assert_eq!(code, 128 + signal as i32, "{signal}");
        screen.assert_restored();
        assert_eq!(leftover::of(screen.pid()), Vec::<String>::new());
    }
}

#[test]
fn escape_in_a_window_undoes_it_and_it_can_be_run_again() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let place = window(&home);
    let screen = home.start(SMALL, place.arguments);
    for _ in 0..2 {
        (place.go)(&screen);
        let cgroups = leftover::of(screen.pid()).iter().filter(|l| l.starts_with("cgroup ")).count();
        assert_eq!(cgroups > 0, std::ptr::eq(place, &WINDOW));
        screen.keys("<esc>");
        screen.wait_footer(&["cancelled; everything that was made is undone"]);
        let left = leftover::of(screen.pid());
        assert!(left.is_empty(), "after Esc, with the lab still there:\n  {}", left.join("\n  "));
        // The next key takes the notice away.
        screen.keys("<tab>");
    }
    screen.quit();
}

#[test]
fn escape_in_a_real_lessons_window_leaves_its_steps_to_be_run() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    if let Some(reason) = home.blocked("cgroup-cpu") {
        return skip("Esc in a window of cgroup-cpu", &reason);
    }
    let screen = home.start(SMALL, &["learn", "cgroup-cpu:quota"]);
    into_the_window(&screen);
    screen.keys("<esc>");
    screen.wait_footer(&["cancelled; everything that was made is undone"]);
    assert_eq!(leftover::of(screen.pid()), Vec::<String>::new());
    assert!(home.progress().lesson("cgroup-cpu").is_none_or(|l| l.steps.is_empty()), "nothing was done");
    screen.keys("<tab>");
    screen.run_step();
    screen.quit();
}

/// Nobody can restore the terminal of a program that is killed; what it has made is undone nevertheless, and a new start goes on where it was.
fn killed(user: User, place: &Place) {
    let home = Home::new(user);
    let screen = home.start(SMALL, place.arguments);
    (place.go)(&screen);
    screen.signal(SIGKILL);
    assert_eq!(screen.wait_exit(), 128 + 9);
    gone(screen.pid(), "kill -9");
    drop(screen);
    let screen = home.start(SMALL, &["--lessons", LESSONS]);
    screen.wait_home();
    let id = place.arguments[3].trim_end_matches(":long");
    let open = screen.screen();
    let row = open.lines().find(|l| l.contains('▸')).unwrap_or_default();
    assert!(row.contains(&format!("○ {id} ")), "the cursor is on the lesson that was open:\n{open}");
    screen.keys("<enter>");
    screen.wait_step(2);
    screen.keys("b");
    screen.wait_step(1);
    screen.run_step();
    screen.quit();
}

#[test]
fn kill_9_in_a_window_leaves_nothing_and_a_new_start_goes_on() {
    on_a_terminal!();
    killed(User::Same, window(&Home::new(User::Same)));
}

#[test]
fn kill_9_in_an_ordinary_users_window_leaves_nothing() {
    on_a_terminal!();
    if !is_root() {
        return skip("another user's window", "only root can start the program as one");
    }
    killed(User::Nobody, &IDLE);
}

#[test]
fn kill_9_with_a_shell_open_leaves_nothing() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, SHELL.arguments);
    (SHELL.go)(&screen);
    screen.signal(SIGKILL);
    screen.wait_exit();
    gone(screen.pid(), "kill -9 with a shell open");
}

#[test]
fn a_terminal_that_goes_away_ends_the_lab() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    for place in [&HOME, &STEP, &SHELL, window(&home)] {
        let mut screen = home.start(SMALL, place.arguments);
        (place.go)(&screen);
        screen.pty_mut().hang_up();
        gone(screen.pid(), &format!("hung up in {}", place.name));
    }
}

/// As after `nohup`: no signal says that the terminal is gone.
#[test]
fn a_terminal_that_goes_away_without_a_signal_ends_the_lab() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    for place in [&HOME, &STEP] {
        let mut arguments = vec!["-c".to_owned(), "trap '' HUP; exec \"$@\"".to_owned(), "sh".to_owned()];
        arguments.extend(home.line());
        arguments.extend(place.arguments.iter().map(ToString::to_string));
        let mut screen = home.start_program(SMALL, "sh", |command| {
            command.args(&arguments);
        });
        (place.go)(&screen);
        screen.pty_mut().hang_up();
        gone(screen.pid(), &format!("hung up without a signal in {}", place.name));
    }
}

/// Then neither the screen nor standard error can be written to, and that is no panic.
#[test]
fn a_terminal_that_is_gone_ends_the_lab_with_its_own_code() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let code = home.scratch.file("code");
    let script = "trap '' HUP; \"$@\"; echo $? >\"$0\"".to_owned();
    let mut arguments = vec!["-c".to_owned(), script, code.display().to_string()];
    arguments.extend(home.line());
    let mut screen = home.start_program(SMALL, "sh", |command| {
        command.args(&arguments);
    });
    (HOME.go)(&screen);
    screen.pty_mut().hang_up();
    gone(screen.pid(), "hung up without a signal");
    // Whichever comes first: the signal, which the lab listens for although it was ignored, or the end of the keyboard.
    let code = std::fs::read_to_string(&code).unwrap_or_default();
    assert!(["129", "2"].contains(&code.trim()), "exit code {code}");
}

/// Two signals, the second while the first is being obeyed.
#[test]
fn a_second_signal_does_not_leave_half_of_it() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let place = window(&home);
    for second in [SIGTERM, SIGINT, SIGHUP] {
        let screen = home.start(SMALL, place.arguments);
        (place.go)(&screen);
        screen.signal(SIGTERM);
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(screen.pid()), second);
        let code = screen.wait_exit();
        assert!([SIGTERM, second].iter().any(|s: &Signal| code == 128 + *s as i32), "exit code {code}");
        screen.assert_restored();
        assert_eq!(leftover::of(screen.pid()), Vec::<String>::new());
    }
}

/// Set for the program that is to panic: this very one.
const PANICS: &str = "SCREEN_PTY_PANICS";

/// There is no way to make the lab itself panic; what it takes its terminal with is the same here.
#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    on_a_terminal!();
    if std::env::var_os(PANICS).is_some() {
        let mut screen = isolab::tui::terminal::take(None).expect("a terminal");
        screen.draw(|frame| frame.render_widget("it is taken", frame.area())).expect("draw");
        std::io::stdin().read_exact(&mut [0]).expect("a key");
        panic!("on purpose");
    }
    let me = std::env::current_exe().expect("this program");
    let pty = Pty::start(SMALL, me, |command| {
        command.args(["--exact", "ends::a_panic_gives_the_terminal_back_before_it_is_told", "--nocapture"]);
        command.env(PANICS, "1").env("RUST_BACKTRACE", "0");
    });
    pty.wait_for("it is taken");
    assert!(pty.terminal_state().alternate_screen);
    assert_ne!(pty.terminal_state().termios, pty.state_before().termios);
    pty.keys("x");
    assert_eq!(pty.wait_exit(), 101, "as the test harness says it");
    pty.assert_restored();
    // Told on the screen that people see.
    assert!(pty.screen().contains("on purpose"), "{}", pty.screen());
}
