//! Stopped and continued: as the foreground job of a shell, and of a shell that leads the session as it does for people.

use crate::common::{User, leftover, wait_for};
use crate::lab::{Home, SMALL, Screen, last_line, own};
use crate::pty::{DEADLINE, text};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tui_term::vt100;

/// Before a stop everything is undone, and the terminal is given back.
fn stopped(screen: &Screen) {
    screen.wait_stop();
    screen.assert_restored();
    assert_eq!(leftover::of(screen.pid()), Vec::<String>::new(), "a stopped lab has no run");
}

#[test]
fn control_z_in_a_step() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &["learn", "uts"]);
    screen.run_step();
    for stop in ["key", "signal"] {
        if stop == "key" {
            screen.keys("<ctrl-z>");
        } else {
            screen.signal(Signal::SIGTSTP);
        }
        stopped(&screen);
        screen.foreground();
        screen.wait_footer(&["what was made was undone before the stop"]);
        screen.wait_step(1);
        screen.wait_for("checks: ✓ passed");
        assert!(screen.terminal_state().alternate_screen);
        // The notice goes with the next key.
        screen.keys("<tab>");
        screen.wait_gone("what was made was undone");
        // Made again by another process.
        let call = |s: &vt100::Screen| {
            text(s).lines().find(|l| l.contains("unshare(CLONE_NEWUTS) = 0")).map(str::to_owned)
        };
        let before = screen.look(call);
        assert!(before.is_some(), "the call is still shown");
        screen.keys("r");
        screen.wait_until("the end of another run", |s| {
            text(s).contains("[before and after]") && last_line(s).contains("Enter next")
        });
        screen.keys("<tab>");
        screen.wait_until("another call", |s| call(s).is_some_and(|now| Some(now) != before));
        screen.keys("<backtab>");
        screen.wait_for("[before and after]");
        assert!(!leftover::of(screen.pid()).is_empty());
    }
    screen.go_on();
    screen.wait_step(2);
    screen.run_step();
    screen.quit();
}

#[test]
fn control_z_in_the_list_and_in_the_summary() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &[]);
    screen.wait_home();
    screen.keys("<ctrl-z>");
    stopped(&screen);
    screen.foreground();
    screen.wait_for("lessons");
    screen.wait_home();
    screen.quit();
    let screen = home.start(SMALL, &["learn", "uts:join"]);
    screen.run_step();
    screen.go_on();
    screen.wait_footer(&["Enter next lesson"]);
    screen.keys("<ctrl-z>");
    stopped(&screen);
    screen.foreground();
    screen.wait_for(": the end");
    screen.keys("<tab>");
    screen.wait_footer(&["Enter next lesson"]);
    screen.quit();
}

#[test]
fn control_z_in_a_window() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    for stop in ["key", "signal"] {
        let screen = home.start(SMALL, &["--lessons", &own(""), "learn", "idle:long"]);
        screen.wait_footer(&["Enter run it"]);
        screen.keys("<enter>");
        screen.wait_for("the measuring window");
        if stop == "key" {
            screen.keys("<ctrl-z>");
        } else {
            screen.signal(Signal::SIGTSTP);
        }
        stopped(&screen);
        screen.foreground();
        screen.wait_step(2);
        screen.wait_footer(&["!", "Enter run it"]);
        screen.keys("<tab>");
        screen.wait_footer(&["Enter run it"]);
        screen.keys("<enter>");
        screen.wait_for("the measuring window");
        screen.keys("<esc>");
        screen.wait_footer(&["cancelled; everything"]);
        screen.quit();
    }
}

/// While a shell is open Ctrl-Z is the shell's; a signal stops the lab, and the shell is undone with the rest.
#[test]
fn a_stop_signal_with_a_shell_open() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &["learn", "uts"]);
    screen.run_step();
    screen.keys("s");
    screen.wait_for("a shell in which box?");
    screen.keys("<enter>");
    screen.wait_for("shell in box, process");
    screen.signal(Signal::SIGTSTP);
    stopped(&screen);
    screen.foreground();
    screen.wait_step(1);
    screen.wait_gone("shell in box");
    screen.keys("<tab>");
    screen.wait_footer(&["Enter next"]);
    screen.quit();
}

/// A stopped lab that is told to end does so when it goes on, and one that is killed has nothing to leave.
#[test]
fn a_stopped_lab_can_be_ended() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGKILL] {
        let screen = home.start(SMALL, &["learn", "uts"]);
        screen.run_step();
        screen.keys("<ctrl-z>");
        stopped(&screen);
        screen.signal(signal);
        if signal != Signal::SIGKILL {
            screen.foreground();
        }
        // Its shell takes notice of its end only when it is told to continue it.
        let lives = || leftover::process(screen.pid()).is_some_and(|p| p.state != 'Z');
        assert!(wait_for(DEADLINE, || (!lives()).then_some(())).is_some(), "{signal}");
        assert_eq!(leftover::of(screen.pid()), Vec::<String>::new());
    }
}

/// The prompt of the shell stands in the last line that has anything.
fn at_prompt(screen: &Screen) {
    screen.wait_until("the prompt", |s| {
        !s.alternate_screen() && text(s).lines().last().is_some_and(|l| l.trim_end() == "prompt>")
    });
}

fn lab_of(bash: &Screen) -> i32 {
    let found = wait_for(DEADLINE, || {
        leftover::children(bash.pid()).into_iter().find(|p| p.name == "isolab").map(|p| p.pid)
    });
    found.expect("the lab under bash")
}

#[test]
fn jobs_of_an_interactive_shell() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let bash = home.bash(SMALL);
    at_prompt(&bash);
    let before = bash.terminal_state();
    bash.keys(&format!("$ISOLAB --lessons {} learn idle:long<enter>", own("")));
    bash.wait_footer(&["Enter run it"]);
    let lab = lab_of(&bash);
    for stop in ["a key in a step", "a key in a window", "kill -TSTP in a window", "kill -TSTP of the group"]
    {
        if stop != "a key in a step" {
            bash.keys("<enter>");
            bash.wait_for("the measuring window");
        }
        match stop {
            "kill -TSTP in a window" => kill(Pid::from_raw(lab), Signal::SIGTSTP).expect("kill"),
            "kill -TSTP of the group" => kill(Pid::from_raw(-lab), Signal::SIGTSTP).expect("kill"),
            _ => bash.keys("<ctrl-z>"),
        }
        bash.wait_for("Stopped");
        at_prompt(&bash);
        assert_eq!(bash.terminal_state(), before, "{stop}: {}", bash.screen());
        assert_eq!(leftover::of(lab), Vec::<String>::new(), "{stop}");
        // The shell is a shell again.
        bash.keys("clear; echo st''ill here<enter>");
        bash.wait_for("still here");
        at_prompt(&bash);
        bash.keys("fg<enter>");
        bash.wait_until("the step again", |s| {
            s.alternate_screen()
                && crate::lab::first_line(s).contains("step 2/2")
                && last_line(s).contains(" ! ")
        });
        bash.keys("<tab>");
        bash.wait_footer(&["Enter run it"]);
    }
    bash.keys("<enter>");
    bash.wait_for("the measuring window");
    bash.keys("<esc>");
    bash.wait_footer(&["cancelled; everything"]);
    bash.keys("q");
    at_prompt(&bash);
    assert_eq!(bash.terminal_state(), before);
    bash.keys("clear; echo code $?<enter>");
    bash.wait_for("code 0");
    // In the background it waits until it is in the foreground: a shell's job that wants the terminal is stopped by the kernel.
    bash.keys("exit<enter>");
    let ended =
        wait_for(DEADLINE, || leftover::process(bash.pid()).is_none_or(|p| p.state == 'Z').then_some(()));
    assert!(ended.is_some(), "bash ends");
}

/// The window of the emulator is closed while a shell has the lab as its job.
#[test]
fn an_interactive_shell_that_is_hung_up_takes_the_lab_with_it() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let mut bash = home.bash(SMALL);
    at_prompt(&bash);
    bash.keys(&format!("$ISOLAB --lessons {} learn idle:long<enter>", own("")));
    bash.wait_footer(&["Enter run it"]);
    bash.keys("<enter>");
    bash.wait_for("the measuring window");
    let lab = lab_of(&bash);
    bash.pty_mut().hang_up();
    crate::lab::gone(lab, "hung up with its shell");
}
