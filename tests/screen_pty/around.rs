//! What is around the lab: other labs, other terminals, homes and lessons with something wrong, rights that are missing.

use crate::common::{User, is_root, leftover, skip};
use crate::lab::{Home, ROOMY, SMALL, Screen, own};
use crate::pty::text;
use std::os::unix::fs::PermissionsExt;
use tui_term::vt100::Color;

/// Two labs of one person at once: neither disturbs the other's run, and both are in the one file afterwards.
#[test]
fn two_labs_at_once() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let (uts, net) = (home.start(SMALL, &["learn", "uts"]), home.start(SMALL, &["learn", "net"]));
    for step in 1..=3 {
        for screen in [&uts, &net] {
            screen.wait_step(step);
            screen.run_step();
        }
        for screen in [&uts, &net] {
            assert!(!leftover::of(screen.pid()).is_empty());
            screen.go_on();
        }
    }
    // One ends, by a kill at that; the other goes on.
    uts.wait_footer(&["Enter next lesson"]);
    home.wait_progress("the end of uts", |p| p.lesson("uts").is_some_and(|l| l.finished_at.is_some()));
    uts.signal(nix::sys::signal::Signal::SIGKILL);
    uts.wait_exit();
    net.wait_step(4);
    net.run_step();
    net.quit();
    crate::lab::gone(uts.pid(), "the killed one");
    let progress = home.progress();
    let done = |id| progress.lesson(id).map_or(0, |l| l.steps.len());
    assert_eq!((done("uts"), done("net")), (3, 4), "{progress:?}");
    assert!(progress.lesson("uts").is_some_and(|l| l.finished_at.is_some()));
}

/// How many cells have a colour.
fn coloured(screen: &Screen) -> usize {
    screen.look(|s| {
        let (rows, columns) = s.size();
        let cells = (0..rows).flat_map(|r| (0..columns).filter_map(move |c| s.cell(r, c)));
        cells.filter(|c| c.fgcolor() != Color::Default || c.bgcolor() != Color::Default).count()
    })
}

/// Goes through most screens and looks at each.
fn tour(screen: &Screen, mut look: impl FnMut(&Screen)) {
    screen.wait_home();
    look(screen);
    screen.keys("g<enter>");
    screen.wait_step(1);
    look(screen);
    screen.keys("1");
    screen.run_step();
    look(screen);
    for (key, shown, back) in [
        ("m", "Esc back", "<esc>"),
        ("o", "★ done by hand", "<esc>"),
        ("z", "Esc back", "<esc>"),
        ("?", "Esc back", "<esc>"),
        ("<tab>", "[calls", "<backtab>"),
    ] {
        screen.keys(key);
        screen.wait_for(shown);
        look(screen);
        screen.keys(back);
        screen.wait_gone(shown);
        screen.wait_footer(&["Enter next"]);
    }
    screen.keys("s");
    screen.wait_for("a shell in which box?");
    screen.keys("<enter>");
    screen.wait_for("shell in box, process");
    look(screen);
    screen.keys("exit<enter>");
    screen.wait_footer(&["Enter next"]);
    screen.quit();
}

#[test]
fn without_colours_nothing_has_one() {
    on_a_terminal!();
    let home = || Home::new(User::Same);
    let mut most = 0;
    tour(&home().start(SMALL, &["--color", "always"]), |screen| most = most.max(coloured(screen)));
    assert!(most > 0, "with colours there are some");
    let none = |screen: &Screen| assert_eq!(coloured(screen), 0, "{}", screen.screen());
    tour(
        &home().start_with(SMALL, &[], |c| {
            c.env("NO_COLOR", "1");
        }),
        none,
    );
    tour(&home().start(SMALL, &["--color", "never"]), none);
}

#[test]
fn other_terminals_have_it_too() {
    on_a_terminal!();
    let home = || Home::new(User::Same);
    for term in ["linux", "vt100", "nobody-knows-this"] {
        tour(
            &home().start_with(SMALL, &[], |c| {
                c.env("TERM", term);
            }),
            |_| {},
        );
    }
    tour(
        &home().start_with(SMALL, &[], |c| {
            c.env_remove("TERM");
        }),
        |_| {},
    );
}

#[test]
fn a_terminal_without_a_cursor_gets_lines() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let dumb = |arguments: &[&str]| {
        home.start_with((80, 60), arguments, |c| {
            c.env("TERM", "dumb");
        })
    };
    let screen = dumb(&["uts"]);
    screen.wait_for("TERM is dumb, so there is no screen: the lesson comes as lines, as with --plain.");
    screen.wait_for("Your guess (a number from 1 to 3; Enter runs the step):");
    screen.keys("3<enter>");
    screen.wait_for("You said: The same as the host (right)");
    screen.wait_for("Enter goes on, q ends the lesson:");
    assert!(screen.look(|screen| !screen.alternate_screen()));
    screen.keys("q<enter>");
    screen.ends_with(0, "q");
    assert_eq!(home.progress().lesson("uts").map_or(0, |l| l.steps.len()), 1);
    let screen = dumb(&[]);
    screen.wait_for("`isolab learn LESSON` opens one as lines");
    screen.ends_with(0, "the list");
}

#[test]
fn without_a_terminal_lessons_are_listed() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let (code, out, said) = home.run(&[]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(out.contains("uts") && out.contains("overlay") && !out.contains('\x1b'), "{out}");
    let (code, out, said) = home.run(&["learn", "uts"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(said.contains("is not a terminal") && said.contains("isolab check uts"), "{said}");
    assert!(!home.file().exists(), "nothing was begun");
}

#[test]
fn a_damaged_progress_file_is_named_and_set_aside() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    std::fs::create_dir_all(home.file().parent().expect("a directory")).expect("mkdir");
    std::fs::write(home.file(), b"{ \"format\": 1, \"lessons\": [").expect("write");
    let screen = home.start((140, 30), &[]);
    screen.wait_footer(&[" ! "]);
    let said = screen.footer();
    assert!(said.contains("progress.json"), "{said}");
    screen.wait_home();
    screen.keys("g<enter>");
    screen.run_step();
    screen.quit();
    assert_eq!(home.progress().lesson("uts").map_or(0, |l| l.steps.len()), 1);
    let beside = std::fs::read_dir(home.file().parent().expect("a directory")).expect("list");
    let names: Vec<String> = beside.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let aside = names.iter().find(|n| n.starts_with("progress.json.damaged-"));
    let aside = aside.unwrap_or_else(|| panic!("{names:?}"));
    let kept = std::fs::read_to_string(home.file().with_file_name(aside)).expect("read");
    assert_eq!(kept, "{ \"format\": 1, \"lessons\": [");
}

/// Says what is wrong in the last line, and runs a step nevertheless.
fn goes_on_without(screen: &Screen, said: &[&str]) {
    screen.wait_until(&format!("{said:?} in the last line"), |s| {
        let line = crate::lab::last_line(s);
        said.iter().all(|w| line.contains(w))
    });
    screen.keys("<tab>");
    screen.wait_footer(&["Enter run it"]);
    screen.keys("<enter>");
    screen.wait_until("the step passed", |s| text(s).contains("✓ passed"));
    screen.keys("<tab>");
    screen.wait_footer(&["Enter next"]);
    screen.quit();
}

#[test]
fn a_home_that_cannot_be_written_is_named() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    // Even root cannot make a directory in a file.
    std::fs::write(home.state(), "a file").expect("write");
    goes_on_without(&home.start((200, 40), &["learn", "uts"]), &["no progress is saved", "ENOTDIR"]);
    if !is_root() {
        return skip("another user's home", "only root can start the program as one");
    }
    let home = Home::new(User::Nobody);
    std::fs::create_dir(home.state()).expect("mkdir");
    std::fs::set_permissions(home.state(), std::fs::Permissions::from_mode(0o555)).expect("chmod");
    goes_on_without(&home.start((200, 40), &["learn", "uts"]), &["no progress is saved", "EACCES"]);
}

/// In a mount namespace of its own, so that nobody else sees the full file system.
#[test]
fn a_full_disk_is_named() {
    on_a_terminal!();
    if !is_root() {
        return skip("a full disk", "only root can mount one");
    }
    let home = Home::new(User::Same);
    std::fs::create_dir(home.state()).expect("mkdir");
    let script = r#"
        mount -t tmpfs -o size=16k,nr_inodes=16 full "$XDG_STATE_HOME" && mkdir "$XDG_STATE_HOME/isolab" &&
        { cat /dev/zero >"$XDG_STATE_HOME/filler" 2>/dev/null; exec "$@"; }"#;
    let line = home.line();
    let screen = home.start_program((200, 40), "unshare", |command| {
        command
            .args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"])
            .args(&line)
            .args(["learn", "uts"]);
    });
    // Said again whenever something should be kept.
    goes_on_without(&screen, &["your progress was not saved", "ENOSPC"]);
}

/// Said before the screen is taken, with the place.
#[test]
fn a_mistake_in_a_lesson_is_shown_where_it_is() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let good = std::fs::read_to_string(own("idle.yaml")).expect("a lesson");
    let path = home.scratch.file("mistake.yaml");
    std::fs::write(&path, good.replace("id: idle", "id: mistake").replace("minutes:", "minuts:"))
        .expect("write");
    let screen = home.start(ROOMY, &["learn", &path.display().to_string()]);
    assert_eq!(screen.wait_exit(), 2);
    let all = screen.screen();
    assert!(all.contains("minuts") && all.contains('^') && all.contains("mistake.yaml:5:1"), "{all}");
    screen.assert_restored();
    assert!(!home.file().exists(), "nothing was begun");
    for (asked, said) in [("utz", "did you mean `uts`"), ("uts:renam", "did you mean `rename`")] {
        let screen = home.start(ROOMY, &["learn", asked]);
        assert_eq!(screen.wait_exit(), 2);
        assert!(screen.screen().contains(said), "{}", screen.screen());
    }
}

#[test]
fn a_mistake_in_a_lesson_of_a_directory_does_not_harm_the_others() {
    on_a_terminal!();
    let home = Home::new(User::Same);
    let good = std::fs::read_to_string(own("idle.yaml")).expect("a lesson");
    let lessons = home.scratch.file("lessons");
    std::fs::create_dir(&lessons).expect("mkdir");
    std::fs::write(lessons.join("good.yaml"), good.replace("id: idle", "id: good")).expect("write");
    std::fs::write(
        lessons.join("wrong.yaml"),
        good.replace("id: idle", "id: wrong").replace("steps:", "stops:"),
    )
    .expect("write");
    let screen = home.start(SMALL, &["--lessons", &lessons.display().to_string()]);
    screen.wait_home();
    screen.keys("<end>");
    screen.wait_until("the cursor on the wrong one", |s| {
        text(s).lines().any(|l| l.contains('▸') && l.contains("wrong") && l.contains("✗ mistake"))
    });
    screen.wait_for("error: unknown key `stops`");
    screen.keys("<enter>");
    screen.wait_footer(&["wrong has a mistake"]);
    screen.keys("k");
    screen.wait_until("the cursor on the good one", |s| {
        text(s).lines().any(|l| l.contains('▸') && l.contains("good") && l.contains("✓"))
    });
    screen.keys("<enter>");
    screen.wait_step(1);
    screen.run_step();
    screen.keys("<esc>");
    screen.wait_home();
    screen.keys("g<enter>");
    screen.run_step();
    screen.quit();
}

/// What an ordinary user cannot do here is said with cause and remedy, in the list and when it is tried nevertheless.
#[test]
fn a_blocked_lesson_says_why() {
    on_a_terminal!();
    if !is_root() {
        return skip("another user's lessons", "only root can start the program as one");
    }
    let home = Home::new(User::Nobody);
    for id in ["cgroup-cpu", "cgroup-memory"] {
        let Some(reason) = home.blocked(id) else {
            skip(&format!("{id} blocked"), "an ordinary user can make cgroups here");
            continue;
        };
        let reason: String = reason.trim_start_matches("blocked: ").chars().take(30).collect();
        let screen = home.start((160, 40), &[]);
        screen.wait_home();
        screen.keys(&format!("/{id}<enter>"));
        screen.wait_until("its cause and remedy", |s| {
            let all = text(s);
            all.contains("⊘ blocked: ") && all.contains(&reason) && all.contains("what helps: ")
        });
        screen.keys("<enter>");
        screen.wait_step(1);
        // Opening it has been refused; and so is the step, at once.
        screen.wait_footer(&[&reason]);
        screen.keys("<tab>");
        screen.wait_footer(&["Enter run it"]);
        screen.keys("<enter>");
        screen.wait_until("why not, and nothing that goes on", |s| {
            let line = crate::lab::last_line(s);
            line.contains(" ! ") && line.contains(&reason)
        });
        screen.keys("<tab>");
        screen.wait_footer(&["Enter run it"]);
        screen.quit();
        assert_eq!(home.progress().lesson(id).map_or(0, |l| l.steps.len()), 0);
    }
}
