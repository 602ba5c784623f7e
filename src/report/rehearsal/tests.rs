use super::*;
use crate::demo::rehearsal::Chapter;
use crate::model::Leftover;

fn card(text: &str) -> CueRecord {
    CueRecord {
        entry: 1,
        what: CueTitle::Card(text.into()),
        status: Status::Passed,
        took_ms: 0,
        planned_ms: 10_000,
        record: None,
        awaited: None,
        trouble: None,
        instead: None,
    }
}

fn step(status: Status, took_ms: u64) -> CueRecord {
    let what = CueTitle::Step {
        lesson: "uts".into(),
        set: [("quota".to_owned(), "20%".to_owned())].into(),
        id: "copy".into(),
        title: "A copy".into(),
    };
    CueRecord { what, status, took_ms, ..card("") }
}

fn blocked_by(reason: &str) -> Status {
    Status::Blocked { reason: reason.into(), remedy: "ask".into() }
}

fn rehearsal(shown: Vec<CueRecord>) -> Rehearsal {
    let chapters = vec![Chapter::new("One".into(), shown)];
    let (id, title) = ("demo".to_owned(), "Demo".to_owned());
    Rehearsal { id, title, chapters, interrupted: false, left: vec![], took_ms: 0 }
}

fn printed(rehearsal: &Rehearsal) -> String {
    colored::control::set_override(false);
    let text = Text::new(80);
    let shown: String = rehearsal.shown().map(|s| text.shown(s)).collect();
    shown + &text.finish(rehearsal)
}

#[test]
fn each_word_gives_way_to_the_one_before_it() {
    let fallback = |shown| Some(Instead::Fallback(vec![shown]));
    let replaced = CueRecord { instead: fallback(card("x")), ..step(blocked_by("a"), 0) };
    let mut all = rehearsal(vec![card("x"), step(Status::Passed, 5), replaced]);
    assert_eq!(overall(&all), Overall::Passed);
    all.chapters[0].shown.push(step(blocked_by("b"), 0));
    assert_eq!(overall(&all), Overall::Blocked);
    all.chapters[0].shown.push(step(Status::Failed, 0));
    assert_eq!(overall(&all), Overall::Failed);
    all.interrupted = true;
    assert_eq!(overall(&all), Overall::Interrupted);
    all.left.push(Leftover::Process { pid: 7 });
    assert_eq!(overall(&all), Overall::LeftBehind);
    assert!(printed(&all).contains("✗ could not be undone: kill 7: still there\n"));
}

#[test]
fn what_was_never_shown_has_not_passed() {
    assert_eq!(overall(&rehearsal(vec![])), Overall::Blocked);
    assert_eq!(overall(&rehearsal(vec![step(Status::NotHere, 0)])), Overall::Blocked);
    assert_eq!(overall(&rehearsal(vec![card("x"), step(Status::NotRun, 0)])), Overall::Failed);
}

#[test]
fn a_plan_that_cannot_be_kept_is_said_loudly_and_counts_as_nothing() {
    let all = rehearsal(vec![card("x"), step(Status::Passed, 35_000)]);
    assert_eq!(overall(&all), Overall::Passed);
    let text = printed(&all);
    for part in [
        "✓ passed       35.0 s of 10.0 s      uts/copy (quota=20%) · A copy\n",
        "!! takes longer than planned\n",
        "1. One: !! 15.0 s too little: 20.0 s planned cannot be kept\n",
        "calls and measurements take 35.0 s of 20.0 s planned (175 %)",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let header =
        Header { isolab: "1".into(), kernel: "6".into(), cgroup: "v2".into(), rights: "root".into() };
    let (architecture, started) = ("x86_64".into(), jiff::Timestamp::UNIX_EPOCH);
    let run = RunInfo { architecture, uid: 0, started, ended: Some(started), files: vec![] };
    let document: serde_json::Value = serde_json::from_str(&json(&all, &header, &run)).expect("JSON");
    assert_eq!((&document["left_ms"][0], &document["overall"]), (&(-15_000).into(), &"passed".into()));
}

#[test]
fn what_a_script_says_cannot_move_the_cursor() {
    let failing = CueRecord { trouble: Some("read: \x1b[2J".into()), ..step(Status::Failed, 0) };
    let text = printed(&rehearsal(vec![card("# Title \x1b[31m\n\ntext"), failing]));
    assert!(!text.contains('\x1b'), "{text:?}");
    assert!(text.contains("Title \\x1b[31m") && text.contains("read: \\x1b[2J"), "{text}");
}

#[test]
fn what_failed_on_the_way_is_told_by_its_name() {
    let record = crate::events::StepRecord {
        world: 1,
        id: "setup".into(),
        title: "Setup".into(),
        status: Status::Failed,
        actions: vec![],
        readouts: vec![],
        verdicts: vec![],
        samples: vec![],
        took_ms: 0,
        measured_ms: 0,
        by_hand: false,
    };
    let text = printed(&rehearsal(vec![CueRecord { record: Some(record), ..step(Status::Failed, 0) }]));
    assert!(text.contains("on the way to it, step setup failed\n"), "{text}");
}

#[test]
fn the_heading_of_a_card_is_its_first_line() {
    assert_eq!(heading("\n## **A title**\n\nMore."), "A title");
    assert_eq!(heading(""), "");
}
