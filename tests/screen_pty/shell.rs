//! The shell beside the readouts, and steps done by hand.

use crate::common::{User, is_root, leftover, skip};
use crate::lab::{Home, ROOMY, SMALL, Screen};
use crate::pty::text;
use isolab::grading::receipt::Receipt;
use isolab::progress::Done;

/// Whether a line has all of these.
fn has_line(all: &str, parts: &[&str]) -> bool {
    all.lines().any(|l| parts.iter().all(|p| l.contains(p)))
}

fn open_shell(screen: &Screen) {
    screen.keys("s");
    screen.wait_for("a shell in which box?");
    screen.keys("<enter>");
    screen.wait_for("shell in box, process");
}

/// Types a command and waits for what it prints: a word that the command line itself does not have.
fn say(screen: &Screen, command: &str, printed: &str) {
    screen.keys(&format!("{command}<enter>"));
    screen.wait_until(&format!("`{printed}` in the shell"), |s| {
        text(s).lines().any(|l| l.contains(printed) && !l.contains(command))
    });
}

fn look_around(user: User, size: (u16, u16)) {
    let home = Home::new(user);
    let screen = home.start(size, &["learn", "uts:rename"]);
    screen.run_step();
    for (turn, name) in ["foo", "bar"].iter().enumerate() {
        open_shell(&screen);
        screen.wait_for("as it is now");
        say(&screen, "echo rea''dy", "ready");
        // The step's readout stands beside: before as it was, now what is typed.
        screen.keys(&format!("hostname {name}<enter>"));
        screen.wait_for(&format!("≠ {name} "));
        let shells = leftover::processes_of(screen.pid());
        assert!(!shells.is_empty());
        // Out by the shell's own end, and by the key that is shown.
        if turn == 0 {
            screen.keys("exit<enter>");
        } else {
            screen.wait_footer(&["Ctrl-] leave"]);
            screen.keys("<ctrl-]>");
        }
        screen.wait_footer(&["Enter next"]);
    }
    // Whatever was done in the shell, the next step has a world of its own.
    screen.go_on();
    screen.wait_step(3);
    screen.run_step();
    assert!(screen.screen().contains('✓'), "{}", screen.screen());
    screen.quit();
}

#[test]
fn a_shell_shows_beside_it_what_is_typed() {
    on_a_terminal!();
    look_around(User::Same, SMALL);
}

#[test]
fn a_shell_on_a_wide_screen() {
    on_a_terminal!();
    look_around(User::Same, (160, 50));
}

#[test]
fn an_ordinary_users_shell() {
    on_a_terminal!();
    if !is_root() {
        return skip("another user's shell", "only root can start the program as one");
    }
    look_around(User::Nobody, SMALL);
}

fn by_hand(user: User) {
    let home = Home::new(user);
    let screen = home.start(ROOMY, &["learn", "uts:rename"]);
    screen.wait_footer(&["t try it"]);
    screen.keys("t");
    screen.wait_footer(&["Enter on to the shell"]);
    screen.keys("3");
    screen.wait_for("you are box, process");
    screen.wait_for("what should come true");
    screen.wait_until("the expectation is open", |s| has_line(&text(s), &["○ box-name is "]));
    say(&screen, "echo rea''dy", "ready");
    screen.keys("<f1>");
    screen.wait_for("hint 1 of ");
    screen.keys("<f2>");
    screen.wait_for("one way to do it");
    screen.keys("<f2>");
    screen.wait_gone("one way to do it");
    screen.keys("hostname bird<enter>");
    screen.wait_until("the expectation is ticked", |s| has_line(&text(s), &["✓ box-name is "]));
    screen.wait_for("Done by hand");
    screen.keys("<ctrl-]>");
    screen.wait_footer(&["Enter next"]);
    assert_eq!(
        home.progress().lesson("uts").and_then(|l| l.steps.get("rename").copied()),
        Some(Done::ByHand)
    );
    screen.keys("o");
    screen.wait_until("★ in the outline", |s| has_line(&text(s), &["★", "2  Rename the box"]));
    screen.keys("<esc>");
    screen.wait_gone("★ done by hand");
    screen.keys("<esc>");
    screen.wait_home();
    screen.wait_until("★ at home", |s| has_line(&text(s), &["★ Rename the box"]));
    screen.quit();
    let (_, table, _) = home.run(&["progress", "uts"]);
    let row = table.lines().find(|l| l.starts_with("uts ")).unwrap_or_default();
    assert_eq!(row.split_whitespace().take(3).collect::<Vec<_>>(), ["uts", "1/5", "1"], "{table}");
    its_receipt(&home, &table);
}

/// The receipt that `isolab progress` names, and where it is.
fn named_receipt(table: &str) -> (String, Receipt) {
    // The path is folded at the width of the report.
    let line = table.split_once("to hand in:").map(|(_, rest)| rest.split_whitespace().collect::<String>());
    let path = line.as_deref().and_then(|line| line.split_once("points:")).map(|(_, path)| path.to_owned());
    let path = path.unwrap_or_else(|| panic!("no receipt in {table}"));
    let text = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    (path, Receipt::parse(&text).expect("a receipt"))
}

/// What was typed is in the receipt, and it can be typed again.
fn its_receipt(home: &Home, table: &str) {
    let (path, receipt) = named_receipt(table);
    let lesson = &receipt.lessons[0];
    assert!(lesson.steps.len() > 1 && lesson.points.earned == 1, "{receipt:#?}");
    let step = lesson.steps.iter().find(|step| step.step == "rename").expect("the step");
    let lines: Vec<&str> = step.typed.iter().map(|typed| typed.line.as_str()).collect();
    assert_eq!(lines, ["echo rea''dy", "hostname bird"]);
    assert!((step.hints, step.solution) == (1, true) && step.guess.is_some(), "{step:#?}");
    assert!(step.tools.contains_key("hostname") && step.variables.contains_key("box"), "{step:#?}");
    let (code, said, wrong) = home.run(&["grade", "--verify", &path]);
    assert!(code == Some(0) && said.contains("1 confirmed, 0 failed"), "{said}{wrong}");
    let (_, said, _) = home.run(&["progress", "--reset"]);
    assert!(said.contains("cleared 1 receipt") && !std::path::Path::new(&path).exists(), "{said}");
}

/// What was typed into the shells of two boxes can be typed again.
#[test]
fn a_step_done_by_hand_in_two_shells_has_a_receipt() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(ROOMY, &["learn", "mount:grid"]);
    screen.wait_footer(&["t try it"]);
    screen.keys("t");
    screen.wait_footer(&["on to the shell"]);
    screen.keys("<enter>");
    screen.wait_for("you are twin, process");
    let kinds = ["shared", "slave", "private"];
    for kind in kinds {
        screen.keys(&format!("mount -t tmpfs tmpfs stage/{kind}/i<enter>"));
    }
    say(&screen, "echo rea''dy", "ready");
    screen.keys("<f5>");
    screen.wait_footer(&["Enter"]);
    screen.keys("<enter>");
    screen.wait_for("you are outer, process");
    for kind in kinds {
        screen.keys(&format!("mount -t tmpfs tmpfs stage/{kind}/o<enter>"));
    }
    screen.wait_for("Done by hand");
    screen.keys("<ctrl-]>");
    screen.wait_footer(&["Enter next"]);
    screen.keys("<esc>");
    screen.wait_home();
    screen.quit();
    let (_, table, _) = home.run(&["progress", "mount"]);
    let (path, receipt) = named_receipt(&table);
    let step = receipt.lessons[0].steps.iter().find(|step| step.step == "grid").expect("the step");
    let shells: Vec<Option<&str>> = step.typed.iter().map(|typed| typed.shell.as_deref()).collect();
    assert_eq!(shells, [[None; 4].as_slice(), &[Some("outer"); 3]].concat());
    assert!(step.shells["outer"].contains_key("workspace"), "{step:#?}");
    let (code, said, wrong) = home.run(&["grade", "--verify", &path]);
    assert!(code == Some(0) && said.contains("1 confirmed, 0 failed, 0 not comparable"), "{said}{wrong}");
}

#[test]
fn a_step_done_by_hand_counts_as_that() {
    on_a_terminal!();
    by_hand(User::Same);
}

#[test]
fn a_step_done_by_hand_by_an_ordinary_user() {
    on_a_terminal!();
    if !is_root() {
        return skip("another user's attempt", "only root can start the program as one");
    }
    by_hand(User::Nobody);
}

/// Left without having done it: nothing is counted.
#[test]
fn an_attempt_that_is_left_counts_for_nothing() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &["learn", "uts:rename"]);
    screen.wait_footer(&["Enter run it"]);
    screen.keys("t");
    screen.wait_footer(&["Enter on to the shell"]);
    screen.keys("<enter>");
    screen.wait_for("you are box, process");
    screen.keys("<ctrl-]>");
    screen.wait_footer(&["Enter run it"]);
    screen.run_step();
    screen.quit();
    let done = home.progress().lesson("uts").and_then(|l| l.steps.get("rename").copied());
    assert_eq!(done, Some(Done::Watched));
}

#[test]
fn programs_that_take_the_whole_pane_give_it_back() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &["learn", "uts"]);
    screen.run_step();
    open_shell(&screen);
    say(&screen, "echo mar''ker", "marker");
    let mut seen = Vec::new();
    for (program, open, shown, leave) in [
        ("less", "less /proc/self/mountinfo", "/proc/self/mountinfo", "q"),
        ("vi", "vi /proc/self/limits", "Max cpu time", "<esc>:q!<enter>"),
    ] {
        if which::which(program).is_err() {
            skip(&format!("{program} in a shell"), "it is not installed");
            continue;
        }
        screen.keys(&format!("{open}<enter>"));
        screen.wait_until(&format!("{program} has the pane"), |s| {
            let all = text(s);
            all.contains(shown) && !all.contains("marker")
        });
        screen.keys(leave);
        screen.wait_for("marker");
        say(&screen, &format!("echo aft''er {program}"), &format!("after {program}"));
        seen.push(program);
    }
    screen.keys("<ctrl-]>");
    screen.wait_footer(&["Enter next"]);
    screen.quit();
}

/// Ctrl-C, Ctrl-Z and Ctrl-D are the shell's own.
#[test]
fn control_keys_go_to_the_shell() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let screen = home.start(SMALL, &["learn", "uts"]);
    screen.run_step();
    open_shell(&screen);
    say(&screen, "echo rea''dy", "ready");
    screen.keys("sleep 600<enter>");
    let sleeps = |screen: &Screen| {
        leftover::processes_of(screen.pid()).iter().any(|p| p.name == "sleep" && p.state != 'Z')
    };
    assert!(crate::common::wait_for(crate::pty::DEADLINE, || sleeps(&screen).then_some(())).is_some());
    screen.keys("<ctrl-c>");
    assert!(crate::common::wait_for(crate::pty::DEADLINE, || (!sleeps(&screen)).then_some(())).is_some());
    say(&screen, "echo sti''ll", "still");
    screen.keys("<ctrl-d>");
    screen.wait_footer(&["Enter next"]);
    screen.quit();
}
