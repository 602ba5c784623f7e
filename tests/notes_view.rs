//! Frames of the notes window, kept as text, and what must be true of all of them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use isolab::demo::NotesPage;
use isolab::demo::notes::{Base, Demo, News};
use isolab::present::action::Planned;
use isolab::tui::notes::state::{NotesState, Request};
use isolab::tui::notes::{lines, view};
use isolab::tui::theme::{Depth, Role, Theme, ThemeKind};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::time::{Duration, Instant};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (160, 50)];

const NOTES: &str = "\
Ask the room **before** you press Space: *what is the box called now?* Count hands for each answer.

- most say `localhost`
- nobody says that it keeps its name

If there is time, show `man 7 uts_namespaces`; else go on.";

const OF_THE_STEP: &str = "\
The copy is made by `copy_utsname()` when `unshare(2)` is called with `CLONE_NEWUTS`. There is nothing lazy about it:
a change in the old namespace is not seen in the new one.";

/// 4 min 12 s after the beginning, on time.
fn page() -> NotesPage {
    NotesPage {
        script: "A container in fifteen minutes".to_owned(),
        chapter: "A name of its own".to_owned(),
        chapters: (2, 5),
        cues: (7, 31),
        title: "Rename the box".to_owned(),
        now: "Space runs it".to_owned(),
        notes: vec![NOTES.to_owned(), OF_THE_STEP.to_owned()],
        next: Some("Join it: a guest comes in by setns".to_owned()),
        calls: vec![planned("box", "sethostname(\"bird\", 4)"), planned("host", "gethostname()")],
        expected: vec![
            ("○".to_owned(), "hostname of box is `bird`".to_owned()),
            ("○".to_owned(), "hostname of host is unchanged".to_owned()),
            ("○".to_owned(), "kernel_release of box is that of host".to_owned()),
        ],
        said: Vec::new(),
        spent_ms: 252_000,
        due_ms: 240_000,
        cue_ms: 30_000,
        cue_spent_ms: 12_000,
        planned_ms: 900_000,
        paused: false,
        blank: false,
        speed: "1x".to_owned(),
        over: false,
    }
}

fn demo(pid: u32, script: &str) -> Demo {
    let place = if script.is_empty() { "" } else { "Limits › cgroup-cpu · A part of one CPU" };
    Demo {
        pid,
        script: script.to_owned(),
        place: place.to_owned(),
        minutes: 12,
        base: Base::private("/run/user/1000"),
    }
}

/// A window that has heard this, one after the other.
fn heard(news: Vec<News>) -> NotesState {
    let mut state = NotesState::new(Theme::default(), Instant::now());
    for news in news {
        state.hear(news);
    }
    state
}

fn attached(page: NotesPage) -> NotesState {
    heard(vec![News::Attached(4711), News::Page(Box::new(page))])
}

fn planned(actor: &str, what: &str) -> Planned {
    Planned { actor: actor.to_owned(), what: what.to_owned() }
}

fn later(mut state: NotesState, by: u64) -> NotesState {
    state.now += Duration::from_secs(by);
    state
}

fn long() -> NotesPage {
    let many = (1..=30).map(|n| format!("{n}. Say something about the number {n}.")).collect::<Vec<_>>();
    NotesPage {
        notes: vec![many.join("\n")],
        calls: (1..=12)
            .map(|n| planned("box", &format!("mount(\"none\", \"/mnt/{n}\", \"tmpfs\", 0, \"size=64k\")")))
            .collect(),
        said: vec![
            "box `guest` was killed: signal 9".to_owned(),
            "the recording has ended: write a.cast: ENOSPC".to_owned(),
        ],
        next: None,
        ..page()
    }
}

type Scene = (&'static str, fn() -> NotesState);

const SCENES: &[Scene] = &[
    ("running", || attached(page())),
    ("behind", || later(attached(page()), 95)),
    ("ahead", || attached(NotesPage { due_ms: 300_000, speed: "2x".to_owned(), ..page() })),
    ("paused", || attached(NotesPage { paused: true, ..page() })),
    ("blank", || {
        attached(NotesPage {
            blank: true,
            paused: true,
            now: "the room sees nothing; any key shows it again".to_owned(),
            ..page()
        })
    }),
    ("judged", || {
        let signs = ["✓", "✗", "⊘"].map(str::to_owned);
        let expected =
            signs.into_iter().zip(page().expected).map(|(sign, (_, claim))| (sign, claim)).collect();
        attached(NotesPage { expected, now: "Space goes on".to_owned(), ..page() })
    }),
    ("long", || attached(long())),
    ("bare", || attached(NotesPage { title: "That was all".to_owned(), ..NotesPage::default() })),
    ("over", || {
        later(
            heard(vec![
                News::Attached(4711),
                News::Page(Box::new(NotesPage { over: true, ..page() })),
                News::Over,
            ]),
            60,
        )
    }),
    ("lost", || {
        let why = "the demo has ended without saying so".to_owned();
        later(
            heard(vec![
                News::Attached(4711),
                News::Page(Box::new(page())),
                News::Lost(why),
                News::Waiting(vec![]),
            ]),
            60,
        )
    }),
    ("waiting", || heard(vec![News::Waiting(vec![])])),
    ("several", || heard(vec![News::Waiting(vec![demo(4711, "Who ate my CPU?"), demo(4712, "")])])),
    ("no-page", || heard(vec![News::Attached(4711)])),
];

fn frame(state: &mut NotesState, (columns, rows): (u16, u16)) -> Buffer {
    state.size = (columns, rows);
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a screen");
    terminal.draw(|frame| view::draw(frame, state)).expect("a frame");
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let row = |y| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    (0..buffer.area.height).map(row).collect()
}

fn press(state: &mut NotesState, code: KeyCode) -> Option<Request> {
    let room = view::notes_room(state);
    state.key(KeyEvent::new(code, KeyModifiers::NONE), room)
}

#[test]
fn frames() {
    for (name, scene) in SCENES {
        for (columns, rows) in SIZES {
            let text = text(&frame(&mut scene(), (columns, rows)));
            insta::with_settings!({
                snapshot_path => "snapshots/notes", prepend_module_to_snapshot => false, omit_expression => true
            }, { insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), text) });
        }
    }
}

#[test]
fn at_the_smallest_usual_size_everything_that_matters_is_seen() {
    let page = long();
    let text = text(&frame(&mut attached(page), (80, 24)));
    for wanted in [
        "A container in fifteen minutes",
        "chapter 2/5",
        "cue 7/31",
        "A name of its own › Rename the box",
        "Space runs it",
        "4:12 of 15:00",
        "10:48 left",
        "= on time",
        "this cue 0:12 of 0:30",
        "guest` was killed",
        "the recording has ended",
        "Say something about the number 1.",
        "sethostname",
        "hostname of box",
        "this is the last",
        "q close",
    ] {
        let there = text.contains(wanted) || (wanted == "sethostname" && text.contains("mount(\"none\""));
        assert!(there, "no {wanted:?} in\n{text}");
    }
}

#[test]
fn a_corner_of_the_screen_is_enough_for_the_notes() {
    let mut state = attached(long());
    let seen = |state: &mut NotesState| text(&frame(state, (40, 10)));
    let first = seen(&mut state);
    assert!(first.contains("Space runs it") && first.contains("4:12 of 15:00"), "{first}");
    let mut all = first;
    for _ in 0..40 {
        press(&mut state, KeyCode::PageDown);
        all += &seen(&mut state);
    }
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in ["the number 1.", "the number 30.", "mnt/12", "kernel_release of box"] {
        assert!(all.contains(wanted), "no {wanted:?} in\n{all}");
    }
    press(&mut state, KeyCode::Home);
    assert!(text(&frame(&mut state, (10, 3))).contains("too small"));
}

#[test]
fn clocks_go_on_between_pages_and_stand_at_the_end() {
    let clock = |state: NotesState| {
        let page = state.page().expect("a page");
        (page.spent_ms, page.cue_spent_ms)
    };
    assert_eq!(clock(later(attached(page()), 95)), (347_000, 107_000));
    let over = heard(vec![News::Attached(1), News::Page(Box::new(NotesPage { over: true, ..page() }))]);
    assert!(!over.moves());
    assert_eq!(clock(later(over, 95)), (252_000, 12_000));
    let mut lost = later(attached(page()), 5);
    assert!(lost.moves());
    lost.hear(News::Lost("gone".to_owned()));
    assert!(!lost.moves());
    assert_eq!(clock(later(lost, 95)), (257_000, 17_000));
}

#[test]
fn notes_are_scrolled_and_begin_anew_with_other_notes() {
    let mut state = attached(long());
    let seen = |state: &mut NotesState, wanted: &str| text(&frame(state, (80, 24))).contains(wanted);
    assert!(!seen(&mut state, "the number 30."));
    assert_eq!(press(&mut state, KeyCode::End), None);
    assert!(seen(&mut state, "the number 30."));
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::PageUp);
    assert!(!seen(&mut state, "the number 30.") && !seen(&mut state, "the number 1."));
    // The same cue, judged: who reads on does not lose his place.
    let at = state.top;
    state.hear(News::Page(Box::new(NotesPage { now: "Space goes on".to_owned(), ..long() })));
    assert_eq!((state.top, at > 0), (at, true));
    state.hear(News::Page(Box::new(NotesPage { cues: (8, 31), ..long() })));
    assert!(seen(&mut state, "the number 1."));
    press(&mut state, KeyCode::Up);
    assert_eq!(state.top, 0);
    assert_eq!(press(&mut state, KeyCode::Char('q')), Some(Request::Quit));
}

#[test]
fn no_colour_is_needed() {
    for (name, scene) in SCENES {
        let mut state = scene();
        let coloured = text(&frame(&mut state, (120, 40)));
        state.theme = Theme { depth: Depth::None, kind: ThemeKind::Light };
        let buffer = frame(&mut state, (120, 40));
        // Without colours code keeps its backticks, so lines are folded elsewhere.
        let words = |text: &str| -> String {
            text.chars().filter(|c| !c.is_whitespace() && !"`┃".contains(*c)).collect()
        };
        assert_eq!(words(&text(&buffer)), words(&coloured), "{name}");
        for cell in buffer.content() {
            let colours = [cell.fg, cell.bg];
            assert_eq!(colours, [ratatui::style::Color::Reset; 2], "{name}: {:?}", cell.symbol());
        }
    }
}

#[test]
fn every_theme_marks_what_is_late() {
    for kind in [ThemeKind::Dark, ThemeKind::Light, ThemeKind::Contrast] {
        let theme = Theme { depth: Depth::True, kind };
        let lines = lines(&page().later(Duration::from_secs(95)), theme, 80);
        let late =
            lines.iter().flat_map(|line| &line.spans).find(|span| span.content.starts_with("▼ 1:17 behind"));
        assert_eq!(late.expect("it is late").style, theme.style(Role::Bad));
    }
}

#[test]
fn whatever_a_script_says_stays_in_its_cells() {
    let bad = "\x1b[2J\x1b]0;x\x07\u{202e}\n盒子".repeat(20);
    let page = NotesPage {
        script: bad.clone(),
        chapter: bad.clone(),
        title: bad.clone(),
        now: bad.clone(),
        notes: vec![bad.clone(); 3],
        next: Some(bad.clone()),
        calls: vec![planned(&bad, &bad); 30],
        expected: vec![(bad.clone(), bad.clone()); 30],
        said: vec![bad.clone(); 30],
        speed: bad.clone(),
        ..page()
    };
    for size in [(1, 1), (20, 5), (59, 16), (60, 15), (60, 16), (61, 17), (80, 24), (250, 70)] {
        let mut state = attached(page.clone());
        let text = text(&frame(&mut state, size));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text}");
        press(&mut state, KeyCode::End);
        let mut lost = state;
        lost.hear(News::Lost(bad.clone()));
        frame(&mut lost, size);
    }
}
