//! Layouts of readouts.

use super::*;
use crate::model::{Errno, Fact, Row};
use crate::tui::view::styled::test;

fn text(text: &str) -> Reading {
    Reading::Fact(Fact::text(text))
}

fn table(rows: &[&str]) -> Reading {
    let row = |line: &&str| {
        let cells: Vec<&str> = line.split(' ').collect();
        Row(["name", "state"].into_iter().zip(cells).map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    };
    Reading::Fact(Fact::of(Value::Table(rows.iter().map(row).collect())))
}

fn record(viewpoint: &str, path: &str, before: Reading, after: Reading) -> ReadoutRecord {
    ReadoutRecord {
        id: "some-id".into(),
        viewpoint: viewpoint.into(),
        path: path.into(),
        before,
        after,
        peak: None,
        opened: None,
    }
}

const NAME: &str = "/proc/sys/kernel/hostname";

fn unread() -> Reading {
    Reading::Unread { errno: Errno(2), what: "read /x: ENOENT".into() }
}

/// As drawn where an expectation names every readout.
fn lines(
    records: &[ReadoutRecord],
    after: bool,
    width: u16,
    rows: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    super::lines(ReadoutsView { records, foci: &Foci::default(), after }, width, rows, theme)
}

fn one(record: &ReadoutRecord, after: bool, width: u16, theme: Theme) -> Vec<Line<'static>> {
    super::one(record, &Focus::default(), after, width, theme)
}

fn names() -> Vec<ReadoutRecord> {
    vec![
        record("box", NAME, text("vm"), text("bird")),
        record("host", NAME, text("vm"), text("vm")),
        record("box", "/x", unread(), Reading::Gone),
    ]
}

#[test]
fn the_host_comes_first_and_signs_stand_below_each_other() {
    let theme = Theme::default();
    let shown = lines(&names(), true, 80, 9, theme);
    let expected = "                             before        after
host
  /proc/sys/kernel/hostname  vm          = vm       some-id
box
  /proc/sys/kernel/hostname  vm          ≠ bird     some-id
  /x                         (ENOENT)    ≠ (gone)   some-id";
    assert_eq!(test::text(&shown), expected);
    assert_eq!(test::style_of(&shown, "bird"), theme.style(Role::Changed));
    assert_eq!(test::style_of(&shown, "≠"), theme.style(Role::Changed));
    assert_eq!(test::style_of(&shown, "host"), theme.style(Role::Host));
    assert_eq!(test::style_of(&shown, "box"), theme.style(Role::Guest));
}

#[test]
fn before_is_shown_while_after_is_not_known() {
    let mut records = names();
    for record in &mut records {
        record.after = Reading::NotMeasured;
    }
    let shown = test::text(&lines(&records, false, 80, 9, Theme::default()));
    assert!(shown.contains("hostname  vm            ·"), "{shown}");
    assert!(shown.starts_with("                             before        after\n"), "{shown}");
    assert!(!shown.contains("measured") && !shown.contains(['=', '≠']), "{shown}");
    let shown = test::text(&lines(&records, false, 40, 9, Theme::default()));
    assert!(shown.contains("    vm                 ·\n") && !shown.contains("measured"), "{shown}");
    let list = record("box", "link table", table(&["lo down", "x up"]), Reading::NotMeasured);
    let expected = "    before          after
box
  link table · some-id
    name  state
    lo    down      ·
    x     up";
    assert_eq!(test::text(&lines(&[list], false, 34, 9, Theme::default())), expected);
}

#[test]
fn what_was_not_measured_is_not_compared() {
    let mut share = record("host", "/cpu", Reading::NotMeasured, text("20 %"));
    share.peak = Some(text("80 %"));
    let theme = Theme::default();
    let shown = lines(&[share], true, 80, 9, theme);
    assert!(!test::text(&shown).contains(['=', '≠']), "{}", test::text(&shown));
    assert_eq!(test::style_of(&shown, "20 %"), theme.style(Role::Plain));
    assert!(test::text(&shown).contains("20 %, peak 80 %"), "{}", test::text(&shown));
}

#[test]
fn narrow_panes_have_both_columns() {
    let shown = test::text(&lines(&names(), true, 40, 20, Theme::default()));
    let expected = "    before             after
host
  /proc/sys/kernel/hostname · some-id
    vm               = vm
box
  /proc/sys/kernel/hostname · some-id
    vm               ≠ bird
  /x · some-id
    (ENOENT)         ≠ (gone)";
    assert_eq!(shown, expected);
}

#[test]
fn tables_are_aligned_and_changed_rows_are_partners() {
    let theme = Theme::default();
    let links =
        record("box", "link table", table(&["lo down", "x up"]), table(&["lo up", "x up", "veth0 up"]));
    let shown = lines(std::slice::from_ref(&links), true, 60, 9, theme);
    let expected = "    before                       after
box
  link table · some-id
    name   state                 name   state
    lo     down                ≠ lo     up
    x      up                  = x      up
    –                          ≠ veth0  up";
    assert_eq!(test::text(&shown), expected);
    assert_eq!(test::style_of(&shown, "veth0"), theme.style(Role::Changed));
    // Where a row has no room, it is folded, and both sides stay where they are.
    let expected = "    before      after
box
  link table · some-id
    lo down   ≠ lo up
    x up      = x up
    –         ≠ veth0 up";
    assert_eq!(test::text(&lines(&[links], true, 26, 9, theme)), expected);
}

#[test]
fn the_order_of_rows_is_no_change() {
    let same = record("box", "links", table(&["lo up", "x up"]), table(&["x up", "lo up"]));
    let shown = test::text(&lines(&[same], true, 60, 9, Theme::default()));
    assert!(!shown.contains('≠'), "{shown}");
}

fn processes(rows: &[String]) -> Reading {
    let row = |line: &String| {
        let (pid, name) = line.split_once(' ').expect("a number and a name");
        Row::new([("pid", pid.to_owned()), ("name", name.to_owned())])
    };
    Reading::Fact(Fact::of(Value::Table(rows.iter().map(row).collect())))
}

/// What the expectations of a step in `pid` say, where `init` gets a `/proc` of its own.
fn foci() -> Foci {
    let lesson = "
format: 1
id: x
title: X
summary: X.
minutes: 1
boxes: { shell: {}, init: { forked_by: shell } }
readouts: { some-id: { init: processes } }
steps:
  - { id: first, title: First, text: x, do: [{ shell: { fork: init } }], expect: [] }
  - { id: x, title: X, text: x, expect: [{ some-id: [{ contains: init }, { lacks: shell }] }] }
";
    let lesson: crate::vocabulary::Lesson =
        serde_yaml::with::singleton_map_recursive::deserialize(serde_yaml::Deserializer::from_str(lesson))
            .expect("a lesson");
    let variant = crate::vocabulary::Variant::new(
        crate::vocabulary::Version::V2,
        crate::vocabulary::when::Rights::Root,
    );
    Foci::of_step(&lesson, &lesson.steps[1], &variant)
}

#[test]
fn what_the_step_is_about_comes_first() {
    let mut before: Vec<String> = (1..137).map(|i| format!("{i} kworker/{i}")).collect();
    before.extend(["4213 shell".to_owned(), "4216 init".to_owned(), "4300 sleep".to_owned()]);
    let seen = record("init", "/proc", processes(&before), processes(&["1 init".to_owned()]));
    let foci = foci();
    let view = ReadoutsView { records: std::slice::from_ref(&seen), foci: &foci, after: true };
    let shown = test::text(&super::lines(view, 60, 20, Theme::default()));
    let expected = "    before                       after
init
  /proc · some-id   processes 139 → 1
    pid   name                   pid   name
    4213  shell                ≠ –
    4216  init                 ≠ 1     init
    … 137 other processes gone, z shows all";
    assert_eq!(shown, expected);
    // A process that the run has not made is no change by the step.
    let mut after = before.clone();
    after.push("4301 cron".to_owned());
    let seen = record("init", "/proc", processes(&before), processes(&after));
    let view = ReadoutsView { records: std::slice::from_ref(&seen), ..view };
    let shown = test::text(&super::lines(view, 60, 20, Theme::default()));
    assert!(!shown.contains('≠'), "{shown}");
    assert!(shown.contains("… other processes: 1 came, 137 as before, z shows all"), "{shown}");
    let view = ReadoutsView { after: false, ..view };
    let shown = test::text(&super::lines(view, 60, 20, Theme::default()));
    assert!(shown.contains("4213  shell                  ·\n    4216  init\n"), "{shown}");
}

#[test]
fn what_has_never_been_is_not_there_yet() {
    let born = record("init", "getpid()", Reading::Gone, text("1"));
    let shown = test::text(&lines(std::slice::from_ref(&born), true, 60, 9, Theme::default()));
    assert!(shown.contains("(not there yet) ") && shown.contains("≠ 1"), "{shown}");
    // An earlier step has made what the readout is about.
    let foci = foci();
    let view = ReadoutsView { records: &[born], foci: &foci, after: true };
    let shown = test::text(&super::lines(view, 60, 9, Theme::default()));
    assert!(shown.contains("(gone) "), "{shown}");
    let ended = record("init", "getpid()", text("1"), Reading::Gone);
    let shown = test::text(&lines(&[ended], true, 60, 9, Theme::default()));
    assert!(shown.contains("≠ (gone)"), "{shown}");
}

#[test]
fn what_moved_before_the_step_is_marked() {
    let mut used = record("host", "cpu.stat", text("15"), text("40"));
    used.opened = Some(text("12"));
    let shown = lines(&[used], true, 60, 9, Theme::default());
    assert!(
        test::text(&shown).ends_with("\n    moved since the step opened: 12 → 15"),
        "{}",
        test::text(&shown)
    );
}

#[test]
fn what_is_left_out_is_counted() {
    let rows: Vec<String> = (0..40).map(|i| format!("p{i} up")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let same = record("host", "/proc", table(&rows), table(&rows));
    let shown = test::text(&lines(&[same], true, 80, 9, Theme::default()));
    assert!(shown.ends_with("    … 37 unchanged, z shows all"), "{shown}");
    let grown = record("host", "/proc", table(&rows[..39]), table(&rows));
    let shown = test::text(&lines(std::slice::from_ref(&grown), true, 80, 9, Theme::default()));
    assert!(shown.contains("≠ p39   up\n    … 39 unchanged, z shows all"), "{shown}");
    assert!(shown.contains("interfaces 39 → 40"), "{shown}");
    let full = test::text(&one(&grown, true, 80, Theme::default()));
    assert!(full.contains("    39 unchanged\n\nin full\n"), "{full}");
    let row = format!("    p17   up{}= p17   up", " ".repeat(29));
    assert!(full.contains(&row) && !full.contains("shows all"), "{full}");
}

/// Lists give way to each other until all readouts are on the screen.
#[test]
fn lists_are_shortened_until_everything_fits() {
    let rows: Vec<String> = (0..14).map(|i| format!("p{i} up")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let records = ["host", "a", "b"].map(|who| record(who, "/proc", table(&rows[1..]), table(&rows)));
    assert_eq!(lines(&records, true, 80, 60, Theme::default()).len(), 1 + 3 * 17);
    for rows in [24, 16] {
        let shown = lines(&records, true, 80, rows, Theme::default());
        assert!(shown.len() <= rows, "{}", test::text(&shown));
        assert_eq!(test::text(&shown).matches("≠ p0").count(), 3, "{}", test::text(&shown));
    }
}

#[test]
fn zoom_tells_path_and_refusal_in_full() {
    let path = format!("/sys/fs/cgroup/{}/memory.max", "deep/".repeat(30));
    let theme = Theme::default();
    let zoomed = one(&record("host", &path, unread(), text("max")), true, 80, theme);
    let shown = test::text(&zoomed).replace("\n  ", "");
    assert!(shown.contains(&path), "{shown}");
    assert!(shown.contains("before: read /x: ENOENT"), "{shown}");
    assert_eq!(test::style_of(&zoomed, "read /x"), theme.style(Role::Warn));
}

#[test]
fn everything_fits() {
    for hostile in test::HOSTILE {
        let mut records = names();
        let mut evil = record(hostile, hostile, text(hostile), text(&hostile.repeat(3)));
        (evil.id, evil.peak, evil.opened) = (hostile.into(), Some(text(hostile)), Some(text(hostile)));
        records.push(evil);
        let cell = format!("{hostile} {hostile}");
        records.push(record("box", hostile, table(&[&cell, "a b"]), unread()));
        records.push(record("box", "t", table(&[&cell]), table(&["a b", &cell])));
        for width in test::WIDTHS {
            for after in [true, false] {
                test::fits(&lines(&records, after, width, 4, Theme::default()), width);
                for record in &records {
                    test::fits(&one(record, after, width, Theme::default()), width);
                }
            }
        }
    }
}

/// A line that is only in after does not get the first line of before next to it.
#[test]
fn a_line_that_came_is_next_to_nothing() {
    let grown = record("box", "/x/merged/in_lower", text("I am from lower"), text("I am from lower\nmore"));
    let shown = test::text(&lines(std::slice::from_ref(&grown), true, 50, 4, Theme::default()));
    let came = shown.lines().find(|line| line.contains("more") && line.contains('≠')).unwrap();
    assert!(!came.contains("lower"), "{shown}");
}

/// Where what moved is not among what is shown, there is nothing to remark.
#[test]
fn a_move_that_cannot_be_seen_is_not_remarked() {
    let mut still = record("host", "cpu.stat", text("15"), text("40"));
    still.opened = Some(text("15"));
    let shown = test::text(&lines(&[still], true, 60, 9, Theme::default()));
    assert!(!shown.contains("moved"), "{shown}");
}

#[test]
fn the_heading_is_never_cut() {
    let theme = Theme::default();
    let path = "/sys/class/net/to-right/statistics/tx_packets";
    let rows = table(&["lo up", "to-right up"]);
    let records = [record("box", path, text("0"), text("9")), record("box", "/y", rows.clone(), rows)];
    for width in 30..160 {
        let shown = test::text(&lines(&records, true, width, 30, theme));
        let heading = shown.lines().next().unwrap_or_default();
        assert!(heading.contains("before   ") && heading.contains("after"), "at {width}: {heading}");
    }
}
