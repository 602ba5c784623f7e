//! What if, back, and another size in the middle of it.

use crate::common::{User, leftover, skip};
use crate::lab::{Home, ROOMY, SMALL, Screen, first_line, last_line};
use crate::pty::text;
use std::collections::BTreeSet;
use std::time::Duration;
use tui_term::vt100;

/// Both values stand beside each other, and going back shows what was recorded.
#[test]
fn what_if_shows_both_results() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    if let Some(reason) = home.blocked("cgroup-cpu") {
        return skip("what if, in cgroup-cpu", &reason);
    }
    let _turn = crate::walk::measuring();
    let screen = home.start(ROOMY, &["learn", "cgroup-cpu:quota"]);
    screen.run_step();
    screen.keys("w");
    screen.wait_for("quota = 20%");
    // Past the bound: said, and not run.
    screen.keys("<backspace><backspace><backspace>95%<enter>");
    screen.wait_until("why 95 % cannot be", |s| text(s).contains("quota = 95%") && text(s).contains("90"));
    screen.wait_footer(&["Enter run with it"]);
    screen.keys("<backspace><backspace><backspace>45%<right>");
    screen.wait_for("quota = 50%");
    screen.keys("<enter>");
    screen.wait_gone("The step runs again with it");
    screen.wait_footer(&["Enter next"]);
    screen.wait_until("both limits in one line", |s| {
        text(s).lines().any(|l| l.contains("limit ") && l.contains("20.0 %") && l.contains("50.0 %"))
    });
    let all = screen.screen();
    assert!(all.lines().any(|l| l.contains("quota=20%") && l.contains("quota=50%")), "{all}");
    assert!(all.lines().any(|l| l.contains("share ") && l.matches('%').count() == 2), "{all}");
    screen.quit();
}

/// What stands between the first line and the last.
fn body(screen: &Screen) -> String {
    let all = screen.screen();
    let lines: Vec<&str> = all.lines().collect();
    lines[1..lines.len() - 1].join("\n")
}

#[test]
fn back_shows_the_record_and_calls_nothing() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(ROOMY, &["learn", "uts"]);
    screen.run_step();
    let first = body(&screen);
    screen.keys("<enter>");
    screen.wait_step(2);
    screen.run_step();
    let second = body(&screen);
    let processes = || -> BTreeSet<(i32, u64)> {
        leftover::processes_of(screen.pid()).iter().map(|p| (p.pid, p.started)).collect()
    };
    let before = processes();
    screen.keys("b");
    screen.wait_step(1);
    screen.wait_until("the record of the first step", |s| text(s).contains(&first));
    screen.keys("n");
    screen.wait_step(2);
    screen.wait_until("the record of the second step", |s| text(s).contains(&second));
    assert_eq!(processes(), before, "the same processes, and no new ones");
    assert!(!before.is_empty());
    screen.quit();
}

/// The frame fits the size, to its last line.
fn fits(screen: &Screen, size: (u16, u16), step: bool, footer: &str) {
    screen.wait_until(&format!("a frame of {size:?}"), |s| {
        let right = !step || first_line(s).contains("step 2/");
        s.size() == (size.1, size.0)
            && first_line(s).starts_with(" isolab")
            && right
            && last_line(s).contains(footer)
    });
}

fn resized(screen: &Screen, footer: &str) {
    for size in [(160, 50), (60, 16), (120, 40), SMALL, (250, 70)] {
        screen.resize(size.0, size.1);
        fits(screen, size, true, footer);
    }
    screen.resize(40, 10);
    screen.wait_for("40x10 is too small");
    screen.resize(80, 24);
    fits(screen, SMALL, true, footer);
    assert!(!screen.screen().contains("too small"));
}

#[test]
fn another_size_in_a_step_and_in_its_window() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let lessons = crate::lab::own("");
    let screen = home.start(SMALL, &["--lessons", &lessons, "learn", "idle:long"]);
    screen.wait_footer(&["Enter run it"]);
    resized(&screen, "Enter run it");
    screen.keys("<enter>");
    screen.wait_for("the measuring window");
    resized(&screen, "Esc cancel and undo");
    screen.keys("<esc>");
    screen.wait_footer(&["cancelled; everything"]);
    screen.quit();
}

/// A key and another size in the same moment: neither is lost, and neither waits for the next.
#[test]
fn a_key_in_the_moment_of_another_size() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &["learn", "uts"]);
    screen.wait_footer(&["Enter run it"]);
    for turn in 0..200 {
        let (key, step, wide) = if turn % 2 == 0 { ("n", 2, 100) } else { ("b", 1, 80) };
        screen.resize(wide, 24);
        screen.keys(key);
        screen.wait_step(step);
    }
    screen.quit();
}

#[test]
fn another_size_with_a_shell_open_is_the_shells_too() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &["learn", "uts:rename"]);
    screen.run_step();
    screen.keys("s");
    screen.wait_for("a shell in which box?");
    screen.keys("<enter>");
    screen.wait_for("shell in box, process");
    for size in [SMALL, (160, 50), (60, 16), (40, 10), SMALL] {
        screen.resize(size.0, size.1);
        if size == (40, 10) {
            screen.wait_for("40x10 is too small");
            continue;
        }
        fits(&screen, size, true, "Ctrl-] leave");
        let (columns, rows) = isolab::tui::screen::shell::size(size, false);
        // What is typed in the very moment in which bash learns of the new size can be lost to it; a person would type it again.
        let shown = |s: &vt100::Screen| text(s).lines().any(|l| l.contains(&format!("{rows} {columns}")));
        let told = (0..5).any(|_| {
            screen.keys("clear; stty size<enter>");
            screen.shows(Duration::from_secs(10), shown)
        });
        assert!(told, "{rows} {columns} is not the shell's size:\n{}", screen.screen());
    }
    screen.keys("exit<enter>");
    screen.wait_footer(&["Enter next"]);
    screen.quit();
}
