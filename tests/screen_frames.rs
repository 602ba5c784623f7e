//! Frames of every screen, from recordings of real runs: kept as text, and what must be true of all of them.

mod screen;

use isolab::events::{Command, Event, Readiness};
use isolab::progress::{Done, Progress};
use isolab::tui::message::Message;
use isolab::tui::overlay::Overlay;
use isolab::tui::theme::{Depth, Role, Theme, ThemeKind};
use isolab::tui::walkthrough::Pane;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Style};
use screen::stage::{Machine, Stage, row};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Frames are kept at these sizes.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (160, 50)];
/// What is true of all frames is true at these sizes.
const ALL_SIZES: [(u16, u16); 6] = [(60, 16), (80, 24), (100, 30), (120, 40), (160, 50), (250, 70)];

/// Keeps a frame as text, in a file of its name.
fn keep(name: &str, stage: &Stage) {
    insta::with_settings!({
        snapshot_path => "snapshots/screen", prepend_module_to_snapshot => false, omit_expression => true
    }, { insta::assert_snapshot!(name, stage.text()) });
}

/// A screen by its name. Each is made anew, so that none depends on another.
type Scene = (&'static str, fn() -> Stage);

/// Those that are kept at all sizes.
const SCENES: &[Scene] = &[
    ("home-first", || Stage::new(80, 24).ready()),
    ("home-progress", || Stage::with(some_progress(), 80, 24).ready()),
    ("home-filter", || {
        let mut stage = Stage::with(some_progress(), 80, 24).ready();
        stage.press("/");
        stage.type_in("cgroup");
        stage
    }),
    ("home-blocked", home_blocked),
    ("step-before", || Stage::lesson("uts", 80, 24)),
    ("step-answered", || {
        let mut stage = Stage::lesson("uts", 80, 24);
        stage.press("2");
        stage
    }),
    ("step-after", || {
        let mut stage = Stage::lesson("uts", 80, 24);
        stage.run(1);
        stage.press("Enter 3 Enter");
        stage.answer();
        stage
    }),
    ("step-running", || running("uts", 2, |e| matches!(e, Event::Acted(_)))),
    ("step-measuring", || {
        let mut sampled = 0;
        running("cgroup-cpu", 3, move |e| {
            sampled += u32::from(matches!(e, Event::Sampled(_)));
            sampled == 12
        })
    }),
    ("show-card", || Stage::demo(80, 24)),
    ("show-staged", || shown("Space Space Space")),
    ("show-typing", || {
        let mut stage = shown("Space Space Space");
        stage.types();
        stage.play("try");
        stage.press("Space");
        stage.answer();
        (0..5).for_each(|_| drop(stage.pass(Duration::from_millis(80))));
        stage
    }),
    ("show-shown", || shown("Space Space Space Space")),
    ("show-failed", || {
        let mut stage = shown("Space Space Space");
        stage.play("failed");
        stage.press("Space Space");
        stage.answer();
        stage
    }),
    ("show-over", || shown("x x x x x x")),
    ("show-chapters", || shown("Space g")),
    ("show-peek", || shown("Space Space Space n")),
    ("xray", || ran("overlay", 2)),
    ("chart-cpu", || ran("cgroup-cpu", 3)),
    ("chart-oom", || ran("cgroup-memory", 3)),
    ("chart-zoomed", || {
        let mut stage = ran("cgroup-cpu", 3);
        stage.press("z →");
        stage
    }),
    ("failed", || {
        let mut stage = Stage::lesson("uts", 80, 24);
        stage.play("failed");
        stage.run(1);
        stage.press("Enter 3 Enter");
        stage.answer();
        stage
    }),
    ("blocked", || ran("cgroup-cpu", 1)),
    ("not-here", || ran("cgroup-memory", 8)),
    ("cancelled", || {
        let mut stage = Stage::lesson("cgroup-cpu", 80, 24);
        stage.play("cancelled");
        stage.press("n n Enter");
        stage.answer();
        stage
    }),
    ("compared", || {
        let mut stage = ran("cgroup-cpu", 3);
        stage.press("w → → → → → → Enter");
        let mut events = stage.says(&Command::Run(3));
        events.iter_mut().for_each(faster);
        stage.asked.clear();
        stage.tell_all(&events);
        stage
    }),
    ("map", || {
        let mut stage = ran("uts", 1);
        stage.press("m");
        stage.answer();
        stage
    }),
    ("zoom", || {
        let mut stage = ran("mount", 1);
        stage.press("z →");
        stage
    }),
    ("zoom-search", || {
        let mut stage = ran("mount", 1);
        stage.press("z → → /");
        stage.type_in("devpts");
        stage
    }),
    ("zoom-found", || {
        let mut stage = ran("mount", 1);
        stage.press("z → → /");
        stage.type_in("devpts");
        stage.press("Enter");
        stage
    }),
    ("outline", || {
        let mut stage = ran("uts", 2);
        stage.press("o ↓");
        stage
    }),
    ("boxes", || {
        let mut stage = ran("uts", 1);
        stage.press("s");
        stage
    }),
    ("what-if", || {
        let mut stage = ran("cgroup-cpu", 3);
        stage.press("w →");
        stage
    }),
    ("what-if-refused", || {
        let mut stage = ran("cgroup-cpu", 3);
        stage.press("w Backspace Backspace Backspace");
        stage.type_in("500%");
        stage.press("Enter");
        stage
    }),
    ("shell", shell),
    ("try", || attempt("")),
    ("try-hints", || attempt("F1 F1")),
    ("try-boxes", || {
        let mut stage = two_act();
        stage.press("F5");
        stage
    }),
    ("try-two", || {
        let mut stage = two_act();
        stage.press("F5 Enter");
        stage.tell(guest());
        stage.send(Message::ShellOutput(2, b"\x1b[1mguest\x1b[0m# ".to_vec()));
        stage
    }),
    ("not-by-hand", || {
        let mut stage = ran("mount", 5);
        stage.press("t");
        stage
    }),
    ("try-solution", || attempt("F1 F1 F1 F2")),
    ("try-done", || {
        let mut stage = attempt("");
        stage.type_in("hostname bird");
        stage.send(Message::ShellOutput(1, b"hostname bird\r\n\x1b[1mbox\x1b[0m# ".to_vec()));
        let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
        stage.tell_all(&later);
        stage
    }),
    ("by-hand", || {
        let mut stage = attempt("");
        let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
        stage.tell_all(&later);
        stage.press("F10");
        stage.answer();
        stage
    }),
    ("summary", || {
        let mut stage = Stage::lesson("uts", 80, 24);
        for answer in ["3", "1", "2"] {
            stage.press(answer);
            stage.press("Enter");
            stage.answer();
            stage.press("Enter");
        }
        stage
    }),
    ("help", || {
        let mut stage = Stage::lesson("uts", 80, 24);
        stage.press("?");
        stage
    }),
];

fn some_progress() -> Progress {
    let mut progress = Progress { first_start: true, ..Progress::default() };
    for step in ["copy", "rename", "join"] {
        progress.done("uts", step, if step == "rename" { Done::ByHand } else { Done::Watched });
    }
    progress.finished("uts");
    progress.done("pid", "stay", Done::Watched);
    progress.opened("pid", "first");
    progress
}

fn home_blocked() -> Stage {
    let mut stage = Stage::with(some_progress(), 80, 24).ready();
    let blocked = Readiness::Blocked {
        reason: "memory: no delegated cgroup (cgroup v2, started by an ordinary user)".to_owned(),
        remedy: "systemd-run --user --scope -p Delegate=yes isolab".to_owned(),
    };
    stage.tell(Event::Readiness(vec![("cgroup-memory".to_owned(), blocked)]));
    stage.press("End ↑");
    stage
}

/// A lesson with this step run, and nothing before it.
fn ran(lesson: &str, index: usize) -> Stage {
    let mut stage = Stage::lesson(lesson, 80, 24);
    stage.run(index);
    stage
}

/// A lesson in the middle of this step.
fn running(lesson: &str, index: usize, mut until: impl FnMut(&Event) -> bool) -> Stage {
    let mut stage = Stage::lesson(lesson, 80, 24);
    for _ in 1..index {
        stage.press("n");
    }
    stage.press("Enter");
    let until = std::cell::RefCell::new(&mut until);
    stage.answer_until(|e| (until.borrow_mut())(e));
    stage
}

fn shell() -> Stage {
    let mut stage = Stage::lesson("uts", 80, 24);
    stage.play("shell");
    stage.run(2);
    stage.press("s Enter");
    stage.answer();
    stage.send(Message::ShellOutput(1, b"\x1b[1mbird\x1b[0m# ".to_vec()));
    stage.type_in("hostname owl");
    stage.send(Message::ShellOutput(1, b"hostname owl\r\n\x1b[1mowl\x1b[0m# ".to_vec()));
    let later = stage.says(&Command::Snapshot(vec!["later".to_owned()]));
    stage.tell_all(&later);
    stage
}

fn attempt(keys: &str) -> Stage {
    let mut stage = Stage::lesson("uts", 80, 24);
    stage.play("try");
    stage.press("n t");
    stage.answer();
    stage.send(Message::ShellOutput(1, b"\x1b[1mlab\x1b[0m# ".to_vec()));
    if !keys.is_empty() {
        stage.press(keys);
    }
    stage
}

/// An attempt at a step in which two boxes act.
fn two_act() -> Stage {
    let mut stage = Stage::lesson("uts", 80, 24);
    stage.play("try");
    stage.press("n 3 t");
    stage.answer();
    stage.tell(Event::Trying { index: 2, boxes: vec!["box".to_owned(), "guest".to_owned()] });
    stage.send(Message::ShellOutput(1, b"\x1b[1mbox\x1b[0m# ".to_vec()));
    stage
}

fn guest() -> Event {
    let variables = [("box", "4211"), ("guest", "4213"), ("workspace", "/var/tmp/isolab-4200-1")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Event::ShellStarted { of: "guest".to_owned(), pid: 4230, notice: Vec::new(), variables }
}

/// The same step with a larger quota: the recording's shares, times 2.5.
fn faster(event: &mut Event) {
    use isolab::model::{Fact, Reading, Unit, Value};
    let Event::StepEnded(record) = event else { return };
    for readout in &mut record.readouts {
        for reading in [Some(&mut readout.after), readout.peak.as_mut()].into_iter().flatten() {
            if let Reading::Fact(Fact { value: Value::Quantity(n, Unit::Percent), .. }) = reading {
                *n *= 2.5;
            }
        }
    }
    record.samples.iter_mut().for_each(|s| s.value *= 2.5);
}

/// A step in which everything that is read, called and checked is wide, or wants to move the cursor.
fn hostile() -> Stage {
    use isolab::events::Judged;
    use isolab::model::{Actual, Fact, Reading};
    const TEXT: &str = "盒子的名字很长\u{202e}的\x07字\x1b[31m, 一二三四五六七八九十 é\u{301} 👩‍👩‍👧 tab\there";
    let mut stage = ran("uts", 2);
    let record = stage.app.walk.as_mut().and_then(|w| w.page_mut().record.as_mut()).expect("a record");
    for readout in &mut record.readouts {
        readout.id = format!("{}-名前", readout.id);
        readout.path = format!("/proc/箱/{TEXT}");
        readout.after = Reading::Fact(Fact::text(TEXT.repeat(3)));
    }
    for verdict in &mut record.verdicts {
        if let Judged::Expectation(judged) = &mut verdict.judged {
            judged.claim.readout = TEXT.repeat(2);
            judged.actual = Actual::Reading(Reading::Fact(Fact::text(TEXT)));
        }
    }
    for call in record.actions.iter_mut().flat_map(|a| &mut a.calls) {
        call.args = vec![TEXT.to_owned(); 3];
    }
    stage
}

/// Every screen, and each tab of a step.
fn all_scenes() -> Vec<(String, Stage)> {
    let mut all: Vec<(String, Stage)> =
        SCENES.iter().map(|(name, make)| ((*name).to_owned(), make())).collect();
    all.push(("hostile".to_owned(), hostile()));
    for key in ["z", "Tab", "Shift-Tab Shift-Tab"] {
        let mut stage = hostile();
        stage.press(key);
        all.push((format!("hostile after {key}"), stage));
    }
    let mut stage = shell();
    stage.send(Message::ShellOutput(1, "盒子的名字很长 ".repeat(20).into_bytes()));
    all.push(("hostile shell".to_owned(), stage));
    for (pane, name) in
        [(Pane::Text, "text"), (Pane::Kernel, "kernel"), (Pane::Calls, "calls"), (Pane::Checks, "checks")]
    {
        for (lesson, index) in [("uts", 2), ("net", 2), ("pid", 5)] {
            let mut stage = Stage::lesson(lesson, 80, 24);
            stage.run(index);
            if let Some(walk) = &mut stage.app.walk {
                walk.focus = pane;
            }
            all.push((format!("tab-{name}-{lesson}"), stage));
        }
    }
    all
}

#[test]
fn every_screen() {
    for (name, make) in SCENES {
        let mut stage = make();
        for (columns, rows) in SIZES {
            stage.resize(columns, rows);
            keep(&format!("{name}-{columns}x{rows}"), &stage);
        }
    }
}

#[test]
fn every_tab() {
    for (name, stage) in all_scenes().iter().filter(|(name, _)| name.starts_with("tab-")) {
        keep(name, stage);
    }
}

/// Before Enter and after it, on both kinds of machines.
#[test]
fn every_step() {
    for (machine, name) in [(Machine::V1Root, ""), (Machine::V2User, "v2-user-")] {
        every_step_on(machine, name);
    }
}

fn every_step_on(machine: Machine, name: &str) {
    for (lesson, _) in isolab::lesson::catalog::BUILT_IN {
        let mut stage = Stage::lesson_on(machine, lesson, 80, 24);
        let ids = |stage: &Stage| -> Vec<String> {
            let steps = stage.app.walk.iter().flat_map(|w| &w.lesson.steps);
            steps.map(|step| step.id.clone()).collect()
        };
        for (i, id) in ids(&stage).iter().enumerate() {
            if machine == Machine::V2User {
                stage.turn(i + 1);
                stage.pass(Duration::from_millis(310));
                stage.answer();
                keep(&format!("{name}{lesson}-{:02}-{id}-before", i + 1), &stage);
            }
            stage.run(i + 1);
            keep(&format!("{name}{lesson}-{:02}-{id}", i + 1), &stage);
        }
    }
}

#[test]
fn recordings_are_of_no_machine() {
    let names = |folder: &str| -> Vec<String> {
        let place = screen::recording::place(&format!("{folder}uts"));
        let entries = std::fs::read_dir(place.parent().expect("a folder")).expect("the recordings").flatten();
        let files = entries.filter(|e| e.path().is_file());
        files.map(|e| format!("{folder}{}", e.path().file_stem().expect("a name").display())).collect()
    };
    for name in names("").iter().chain(&names("v2-user/")) {
        let text = std::fs::read_to_string(screen::recording::place(name)).expect("a recording");
        assert!(!screen::recording::load(name).exchanges.is_empty(), "{name}");
        for private in ["/mnt/", "/home/", "fe80:", "/dev/vd", "/dev/nvme", "docker"] {
            assert!(!text.contains(private), "{name} has {private}");
        }
        let numbers_after = |before: &str| -> Vec<u64> {
            let starts = text.split(before).skip(1);
            starts.filter_map(|t| t.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).collect()
        };
        let usual = |n: &u64| {
            (4_026_531_834..=4_026_531_841).contains(n) || (4_026_532_177..4_026_532_300).contains(n)
        };
        for kind in ["uts", "pid", "mnt", "user", "net", "ipc", "cgroup", "time"] {
            let found = numbers_after(&format!("{kind}:["));
            let strange: Vec<u64> = found.into_iter().filter(|n| !usual(n)).collect();
            assert!(strange.is_empty(), "{name}: {kind} {strange:?}");
        }
        let processes =
            [numbers_after("\"pid\":"), numbers_after("/proc/"), numbers_after("isolab-")].concat();
        let strange: Vec<u64> = processes.into_iter().filter(|p| !(4199..4300).contains(p)).collect();
        assert!(strange.is_empty(), "{name}: processes {strange:?}");
    }
}

#[test]
fn too_small() {
    keep("too-small-50x12", &Stage::new(50, 12));
    for (columns, rows) in [(59, 16), (60, 15), (20, 5), (3, 2), (1, 1)] {
        Stage::new(columns, rows).text();
    }
}

/// A demo, after these keys.
fn shown(keys: &str) -> Stage {
    let mut stage = Stage::demo(80, 24);
    for key in keys.split(' ') {
        stage.press(key);
        stage.answer();
    }
    stage
}

/// Calls `look` with every screen at all sizes, and with every step, in all themes and depths of colour.
fn each_frame(mut look: impl FnMut(&str, &Stage, &Buffer)) {
    let mut all = all_scenes();
    let screens = all.len();
    for (lesson, _) in isolab::lesson::catalog::BUILT_IN {
        let steps = Stage::lesson(lesson, 80, 24).app.walk.map_or(0, |w| w.pages.len());
        all.extend((1..=steps).map(|index| (format!("{lesson}-{index}"), ran(lesson, index))));
    }
    for (at, (name, stage)) in all.iter_mut().enumerate() {
        for (i, (columns, rows)) in ALL_SIZES.into_iter().enumerate() {
            // There are many steps: each is drawn at every other size.
            if at >= screens && (at + i).is_multiple_of(2) {
                continue;
            }
            stage.resize(columns, rows);
            let depths = [Depth::None, Depth::True, [Depth::Ansi16, Depth::Ansi256][i % 2]];
            for (j, depth) in depths.into_iter().enumerate() {
                // The themes in turn; each of them at each size would be the same text three times.
                let kind = [ThemeKind::Dark, ThemeKind::Light, ThemeKind::Contrast, ThemeKind::Projector]
                    [(at + i + j) % 4];
                stage.app.theme = Theme { depth, kind };
                let frame = stage.frame();
                look(&format!("{name} {columns}x{rows} {depth:?} {kind:?}"), stage, &frame);
            }
        }
    }
}

#[test]
fn what_is_true_of_all_frames() {
    each_frame(|name, stage, frame| {
        widths(name, frame);
        footer(name, stage, frame);
        colours(name, stage, frame);
        // What is folded into more lines than there are has its sign out of sight.
        if !name.starts_with("hostile") {
            signs(name, stage, frame);
        }
    });
}

/// No character is wider than the place that it has.
fn widths(name: &str, frame: &Buffer) {
    for y in 0..frame.area.height {
        let text = row(frame, y);
        assert_eq!(text.width(), usize::from(frame.area.width), "{name}, line {y}: {text}");
        assert!(!text.chars().any(char::is_control), "{name}, line {y}: {text:?}");
    }
}

/// The last line shows help and the way out; what matters now stands above it.
fn footer(name: &str, stage: &Stage, frame: &Buffer) {
    use isolab::tui::keys::{self, Action, Context};
    let text = row(frame, frame.area.height - 1);
    if stage.app.notice.is_some() {
        let above = |y: u16| row(frame, frame.area.height - y).starts_with(" ! ");
        assert!((2..=6).any(above), "{name}: what is to be said is not there");
    }
    let context = stage.app.context();
    let way_out = |a| match context {
        Context::Demo => a == Action::Leave,
        _ => matches!(a, Action::Leave | Action::Cancel | Action::Back),
    };
    // In a step one is where one wants to be; its way out is in the help.
    if !matches!(context, Context::Step | Context::Home) {
        let out = keys::of(context).find(|b| way_out(b.action) && b.footer.is_some()).expect("a way out");
        assert!(text.contains(&format!(" {} ", out.keys[0].name())), "{name}: {text}");
    }
    if keys::of(context).any(|b| b.action == Action::Help) && context != Context::Help {
        assert!(text.contains("? help"), "{name}: {text}");
    }
}

/// The cells that a shell's program coloured by itself.
fn of_a_shell(stage: &Stage) -> bool {
    stage.app.walk.as_ref().is_some_and(|w| w.shell.is_some())
}

/// Only colours that the terminal has.
fn colours(name: &str, stage: &Stage, frame: &Buffer) {
    let fits = |color: Color| match stage.app.theme.depth {
        Depth::None => color == Color::Reset,
        Depth::Ansi16 => !matches!(color, Color::Rgb(..) | Color::Indexed(_)),
        Depth::Ansi256 => matches!(color, Color::Reset | Color::Indexed(_)),
        Depth::True => matches!(color, Color::Reset | Color::Rgb(..)),
    };
    if of_a_shell(stage) && stage.app.theme.depth != Depth::None {
        return;
    }
    for cell in &frame.content {
        assert!(fits(cell.fg) && fits(cell.bg), "{name}: {:?}", cell.symbol());
    }
}

fn is(frame: &Buffer, x: u16, y: u16, style: Style) -> bool {
    let cell = frame[(x, y)].style();
    style.fg == cell.fg && style.add_modifier == cell.add_modifier
}

/// What colour tells, a sign tells on the same line, or on the first one of what is folded.
fn signs(name: &str, stage: &Stage, frame: &Buffer) {
    let theme = stage.app.theme;
    // A small window may lie over the sign of what is behind it.
    let covered = stage.app.help.is_some()
        || matches!(
            &stage.app.overlay,
            Some(Overlay::BoxChoice(_) | Overlay::Outline(_) | Overlay::WhatIf(_) | Overlay::Chapters(_))
        );
    if theme.depth != Depth::True || of_a_shell(stage) || covered {
        return;
    }
    for (role, signs) in [
        (
            Role::Changed,
            &[
                "≠", "+", "−", "new", "→", "*", "upper", "◆", "Δ", "after", "↑", "whiteout", "opaque", "┊",
                "▶",
            ][..],
        ),
        (Role::Good, &["✓", "●", "★", "◉", "▲", " up"][..]),
        (
            Role::Bad,
            &[
                "✗",
                "!",
                "×",
                "actual",
                "✗ mistake",
                "-1 E",
                "┤",
                "limit",
                "†",
                "▼",
                " down",
                "no carrier",
                "killed by",
            ][..],
        ),
    ] {
        let style = theme.style(role);
        for y in 0..frame.area.height {
            let coloured: String = (0..frame.area.width)
                .filter(|x| is(frame, *x, y, style) && !matches!(frame[(*x, y)].symbol(), " " | "│" | "┃"))
                .map(|x| frame[(x, y)].symbol())
                .collect();
            // What is folded has its sign where it begins; the name of a mark in a chart stands above its sign.
            let last = (y + 1).min(frame.area.height - 1);
            let near: Vec<String> = (y.saturating_sub(4)..=last).map(|y| row(frame, y)).collect();
            // Packets of a step say so themselves: `3▶ ◀4` below a cable, `2▼ 2▲` beside one, `sent 1` beside an interface.
            let without_words = coloured.replace("sent", "").replace("received", "");
            let counted = without_words.chars().all(|c| c.is_ascii_digit() || "▶◀▼▲".contains(c));
            let told = counted || near.iter().any(|line| signs.iter().any(|s| line.contains(s)));
            let without = format!("{name}: {role:?} without a sign for {coloured}:\n{}", near.join("\n"));
            assert!(coloured.is_empty() || told, "{without}");
        }
    }
}

/// Where a text stands in a frame: column and line of its first cell.
fn find(frame: &Buffer, text: &str) -> (u16, u16) {
    for y in 0..frame.area.height {
        let line = row(frame, y);
        if let Some(at) = line.find(text) {
            return (line[..at].width() as u16, y);
        }
    }
    panic!("{text} is not to be seen:\n{}", screen::stage::text(frame));
}

#[test]
fn colour_means_what_it_says() {
    let stage = ran("uts", 2);
    let (frame, theme) = (stage.frame(), stage.app.theme);
    let (x, y) = find(&frame, "≠");
    assert!(is(&frame, x, y, theme.style(Role::Changed)));
    let (x, y) = find(&frame, "bird");
    assert!(is(&frame, x, y, theme.style(Role::Changed)), "the new value");
    let (x, y) = find(&frame, "✓ box-name");
    assert!(is(&frame, x, y, theme.style(Role::Good)));
    let (x, y) = find(&frame, " = ");
    assert!(is(&frame, x + 1, y, theme.style(Role::Dim)), "what is equal does not shout");
    let mut stage = Stage::lesson("uts", 120, 40);
    stage.play("failed");
    stage.run(2);
    let frame = stage.frame();
    let (x, y) = find(&frame, "✗ box-name");
    assert!(is(&frame, x, y, theme.style(Role::Bad)));
    let (x, y) = find(&frame, "EPERM");
    assert!(is(&frame, x, y, theme.style(Role::Bad)), "an error that nobody wanted");
}

#[test]
fn the_pane_with_the_keys_has_a_thick_border() {
    let mut stage = ran("uts", 2);
    stage.resize(120, 40);
    for title in ["Rename the box", "before and after · d drawing", "calls", "checks: ✓ passed"] {
        if title == "Rename the box"
            && let Some(walk) = &mut stage.app.walk
        {
            walk.focus = Pane::Text;
        }
        let (frame, theme) = (stage.frame(), stage.app.theme);
        let (x, y) = find(&frame, &format!(" {title} ━"));
        assert_eq!(frame[(x - 1, y)].symbol(), "┏", "{title}");
        assert!(is(&frame, x - 1, y, theme.style(Role::BorderFocus)), "{title}");
        let thick = frame.content.iter().filter(|c| c.symbol() == "┏").count();
        assert_eq!(thick, 1, "one pane has them");
        stage.press("Tab");
    }
}

#[test]
fn the_selected_line_is_marked_without_colour() {
    for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
        let mut stage = Stage::new(80, 24).ready();
        stage.app.theme = Theme { depth, kind: ThemeKind::Dark };
        let text = stage.text();
        assert_eq!(text.matches('▸').count(), 1, "{text}");
    }
}
