//! Cgroups from small records.

use super::*;
use crate::events::ReadoutRecord;
use crate::model::{Errno, Fact, Row as TableRow, Unit};
use crate::tui::picture::picture;
use crate::tui::picture::samples::{input, lesson};
use crate::tui::theme::Depth;
use crate::tui::view::styled::test;
use crate::vocabulary::Lesson;

fn fact(value: Value) -> Reading {
    Reading::Fact(Fact::of(value))
}

fn percent(value: f64) -> Reading {
    fact(Value::Quantity(value, Unit::Percent))
}

fn memory(mebibytes: f64) -> Reading {
    fact(Value::Quantity(mebibytes * 1_048_576.0, Unit::Bytes))
}

fn number(value: i64) -> Reading {
    fact(Value::Int(value))
}

fn no_limit() -> Reading {
    fact(Value::Text("max".into()))
}

fn absent() -> Reading {
    Reading::Unread { errno: Errno::named("ENOENT").expect("an errno"), what: "read it: ENOENT".into() }
}

fn members(names: &[&str]) -> Reading {
    let row = |name: &&str| TableRow::new([("pid", "4217".to_owned()), ("name", (*name).to_owned())]);
    fact(Value::Table(names.iter().map(row).collect()))
}

fn record(id: &str, before: Reading, after: Reading) -> ReadoutRecord {
    ReadoutRecord {
        id: id.into(),
        viewpoint: "host".into(),
        path: format!("/sys/{id}"),
        before,
        after,
        peak: None,
        opened: None,
    }
}

fn drawn(
    lesson: &Lesson,
    step: &str,
    readouts: &[ReadoutRecord],
    after: bool,
    width: u16,
) -> Vec<Line<'static>> {
    let input = input(lesson, step, readouts, after);
    picture(&input, width, 18, Theme::default()).map(|picture| picture.lines).unwrap_or_default()
}

fn quota() -> Vec<ReadoutRecord> {
    vec![
        record("limit", percent(100.0), percent(20.0)),
        record("share", Reading::NotMeasured, percent(19.8)),
        record("periods", number(23), number(46)),
        record("throttled", number(3), number(26)),
        record("members", members(&["loop"]), members(&["loop"])),
    ]
}

#[test]
fn a_limit_that_fell_leaves_a_mark_where_it_was() {
    let lines = drawn(&lesson("cgroup-cpu"), "quota", &quota(), true, 76);
    let expected = "  burner  cpu
≠   cpu ██████│                      ┊  19.8 % of 1 CPU · limit 100 % → 20 %
≠   periods 23 → 46 (+23) · throttled 3 → 26 (+23)
    members loop

█ used · │ limit · ┊ before · a whole bar is 1 CPU";
    assert_eq!(test::text(&lines), expected);
    assert_eq!(test::style_of(&lines, "limit 100"), Theme::default().style(Role::Changed));
}

#[test]
fn a_step_that_is_prepared_shows_what_was_read_and_marks_nothing() {
    let lines = drawn(&lesson("cgroup-cpu"), "quota", &quota(), false, 76);
    let expected = "  burner  cpu
    cpu ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░│  limit 100 %
    periods 23 · throttled 3
    members loop

░ below the limit · │ limit · a whole bar is 1 CPU";
    assert_eq!(test::text(&lines), expected);
}

#[test]
fn a_group_that_is_not_there_yet_is_made() {
    let lesson = lesson("cgroup-cpu");
    let readouts = [
        record("limit", absent(), no_limit()),
        record("share", Reading::NotMeasured, percent(164.0)),
        record("members", absent(), members(&["loop"])),
    ];
    assert_eq!(test::text(&drawn(&lesson, "free", &readouts, false, 76)), "  burner  cpu  not there yet");
    let expected = "+ burner  cpu  new
    cpu ████████████████████████████████          164.0 % of 1 CPU · limit max
≠   members + loop

█ used · a whole bar is 2 CPUs";
    assert_eq!(test::text(&drawn(&lesson, "free", &readouts, true, 78)), expected);
}

#[test]
fn a_group_in_a_group_is_below_it_and_has_the_same_scale() {
    let readouts = [
        record("roof-limit", no_limit(), percent(20.0)),
        record("room-limit", no_limit(), no_limit()),
        record("room-share", Reading::NotMeasured, percent(19.9)),
    ];
    let lines = drawn(&lesson("cgroup-cpu"), "nested", &readouts, true, 60);
    let expected = "  roof  cpu
≠   cpu   ░░░░│                  limit max → 20 %
    └ room  cpu
      cpu ████                   19.9 % of 1 CPU · limit max

█ used · ░ below the limit · │ limit · a whole bar is 1 CPU";
    assert_eq!(test::text(&lines), expected);
}

fn killed() -> Vec<ReadoutRecord> {
    let killed = fact(Value::Process(Process::KilledBy("KILL".into())));
    let alive = || fact(Value::Process(Process::Alive('S')));
    let usage = ReadoutRecord { peak: Some(memory(19.5)), ..record("usage", memory(0.2), memory(0.1)) };
    vec![
        record("limit", memory(20.0), memory(20.0)),
        usage,
        record("kills", number(0), number(1)),
        record("hog-said", Reading::Gone, memory(19.0)),
        record("hog-state", Reading::Gone, killed),
        record("next-state", alive(), alive()),
    ]
}

#[test]
fn how_far_usage_went_before_the_kill_is_seen() {
    let lines = drawn(&lesson("cgroup-memory"), "oom", &killed(), true, 76);
    let expected = "  small  memory
    memory █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒│  102.4 KiB · reached 19.5 MiB · limit 20 MiB
≠   oom_kill 0 → 1 (+1)
≠   hog killed by SIGKILL · took 19 MiB

  other  memory
    neighbour alive (S)

█ used · ▒ highest · │ limit · a whole bar is 20 MiB";
    assert_eq!(test::text(&lines), expected);
    assert_eq!(test::style_of(&lines, "killed"), Theme::default().style(Role::Bad));
}

#[test]
fn a_text_that_leaves_a_bar_no_room_stands_below_it() {
    let lines = drawn(&lesson("cgroup-memory"), "oom", &killed(), true, 50);
    let expected = "  small  memory
    memory █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░│
           102.4 KiB · reached 19.5 MiB
           limit 20 MiB
";
    assert!(test::text(&lines).starts_with(expected), "{}", test::text(&lines));
}

#[test]
fn a_process_is_in_the_group_that_lists_it() {
    let lesson = lesson("cgroup-memory");
    let readouts = [
        record("members", members(&[]), members(&["latecomer"])),
        record("usage", memory(0.0), memory(0.0)),
        record("late-rss", memory(70.5), memory(70.5)),
    ];
    let before = test::text(&drawn(&lesson, "late", &readouts, false, 76));
    let after = test::text(&drawn(&lesson, "late", &readouts, true, 76));
    assert!(before.contains("  in none of these groups\n    latecomer ██"), "{before}");
    assert!(after.contains("≠   members + latecomer\n    latecomer ██"), "{after}");
}

#[test]
fn nothing_is_drawn_where_no_group_was_read() {
    let alive = fact(Value::Process(Process::Alive('S')));
    let readouts = [record("next-state", alive.clone(), alive)];
    assert!(drawn(&lesson("cgroup-memory"), "oom", &readouts, true, 76).is_empty());
    assert!(drawn(&lesson("cgroup-memory"), "oom", &[], false, 76).is_empty());
}

#[test]
fn everything_fits() {
    let lesson = lesson("cgroup-memory");
    for text in test::HOSTILE {
        let mut readouts = killed();
        readouts.push(record("members", members(&[text]), members(&[text, "hog"])));
        readouts.push(record("high", fact(Value::Text(text.into())), no_limit()));
        readouts.push(record(
            "at-limit",
            fact(Value::Text(text.into())),
            fact(Value::Quantity(f64::NAN, Unit::Bytes)),
        ));
        for columns in test::WIDTHS {
            for after in [false, true] {
                test::fits(&drawn(&lesson, "oom", &readouts, after, columns), columns);
            }
        }
    }
}

/// Whatever changed has a sign, too.
#[test]
fn without_colours_the_text_is_the_same() {
    let lesson = lesson("cgroup-cpu");
    let step = lesson.steps.iter().find(|s| s.id == "quota").expect("a step");
    let readouts = quota();
    let input = PictureInput {
        lesson: &lesson,
        step,
        readouts: &readouts,
        after: true,
        actions: &[],
        before: None,
        now: None,
    };
    let lines = |depth| draw(&input, 76, 18, Theme { depth, ..Theme::default() }).expect("a drawing");
    assert_eq!(test::text(&lines(Depth::None)), test::text(&lines(Depth::True)));
}
