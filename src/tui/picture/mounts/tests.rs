//! Mount tables of small records.

use super::*;
use crate::events::ReadoutRecord;
use crate::model::{Fact, Reading, Row, Value};
use crate::tui::picture::samples::{input, lesson, record};
use crate::tui::view::styled::test;
use crate::vocabulary::Lesson;

fn drawn(
    lesson: &Lesson,
    step: &str,
    readouts: &[ReadoutRecord],
    after: bool,
    width: u16,
) -> Vec<Line<'static>> {
    draw(&input(lesson, step, readouts, after), width, 18, Theme::default()).unwrap_or_default()
}

/// Lines of mountinfo, and their mount points as a lesson names them.
fn table(lines: &[(&str, &str)]) -> Reading {
    let row = |(_, at): &(&str, &str)| Row::new([("at", (*at).to_owned())]);
    let raw: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
    Reading::Fact(Fact { raw: raw.join("\n"), value: Value::Table(lines.iter().map(row).collect()) })
}

const ROOT: (&str, &str) = ("1 0 8:1 / / rw - ext4 /dev/sda1 rw", "/");
const SYS: (&str, &str) = ("2 1 0:5 / /sys rw - sysfs sysfs rw", "/sys");
const RUN: (&str, &str) = ("3 1 0:6 / /run rw - tmpfs tmpfs rw", "/run");
const STAGE: (&str, &str) = ("4 1 0:7 / /w/stage rw shared:1 - tmpfs tmpfs rw", "stage");

#[test]
fn a_mount_that_travels_is_new_on_both_sides() {
    let outer = ("5 4 0:8 / /w/stage/o rw shared:3 - tmpfs tmpfs rw", "stage/o");
    let slave = ("14 1 0:7 / /w/stage rw master:1 - tmpfs tmpfs rw", "stage");
    let inner = ("15 14 0:8 / /w/stage/o rw master:3 - tmpfs tmpfs rw", "stage/o");
    let own = ("16 14 0:9 / /w/stage/i rw - tmpfs tmpfs rw", "stage/i");
    let readouts = [
        record("outer-stage", "outer", table(&[STAGE]), table(&[STAGE, outer])),
        record("twin-stage", "twin", table(&[slave]), table(&[slave, inner, own])),
    ];
    let expected = "\
outer                                   twin
  stage tmpfs shared:1               ─▶   stage tmpfs master:1
+   o   tmpfs shared:3               ─▶ +   o   tmpfs master:3
                                        +   i   tmpfs private

─▶ slave: mounts come this way only · + new";
    assert_eq!(test::text(&drawn(&lesson("mount"), "grid", &readouts, true, 76)), expected);
    let before = test::text(&drawn(&lesson("mount"), "grid", &readouts, false, 76));
    assert!(!before.contains('+') && before.contains("shared:1               ─▶"), "{before}");
}

#[test]
fn what_the_lesson_is_not_about_is_counted() {
    let all = [ROOT, SYS, RUN, STAGE];
    let readouts = [
        record("outer-table", "outer", table(&all), table(&all)),
        record("inner-table", "inner", table(&all), table(&all)),
    ];
    let shown = test::text(&drawn(&lesson("mount"), "copy", &readouts, true, 76));
    assert!(shown.contains("… 2 more, the same") && !shown.contains("/sys"), "{shown}");
}

/// pivot_root: the new root was moved, and what lies on the old one was carried along.
#[test]
fn what_was_moved_is_told_from_what_was_carried_along() {
    let new = ("9 4 0:9 / /w/stage/root rw - tmpfs tmpfs rw", "stage/root");
    let after = [
        ("1 9 8:1 / /old rw - ext4 /dev/sda1 rw", "/old"),
        ("2 1 0:5 / /old/sys rw - sysfs sysfs rw", "/old/sys"),
        ("4 1 0:7 / /old/w/stage rw shared:1 - tmpfs tmpfs rw", "/old/w/stage"),
        ("9 0 0:9 / / rw - tmpfs tmpfs rw", "/"),
    ];
    let readouts = [record("box-table", "box", table(&[ROOT, SYS, STAGE, new]), table(&after))];
    let shown = test::text(&drawn(&lesson("mount"), "pivot", &readouts, true, 90));
    assert!(shown.contains("≠ /      tmpfs private was stage/root"), "{shown}");
    assert!(shown.contains("≠   /old ext4 private was /\n"), "{shown}");
    assert!(
        !shown.contains("was stage\n") && !shown.contains("was /sys") && shown.contains("… 2 more"),
        "{shown}"
    );
}

#[test]
fn a_mount_on_a_mount_covers_it_and_what_is_below_it() {
    let proc = ("6 1 0:3 / /proc rw - proc proc rw", "/proc");
    let inner = ("7 6 0:4 / /proc/sys/x rw - tmpfs tmpfs rw", "/proc/sys/x");
    let lid = ("8 6 0:9 / /proc rw - proc proc rw", "/proc");
    let readouts = [record("real-procs", "host", table(&[proc, inner]), table(&[proc, inner, lid]))];
    let shown = test::text(&drawn(&lesson("mount"), "accident", &readouts, true, 90));
    assert!(shown.contains("≠ /proc proc private covered"), "{shown}");
    assert!(shown.contains("+ /proc proc private\n") && shown.contains("≠ … 1 more changed"), "{shown}");
}

#[test]
fn a_bind_mount_names_its_source() {
    let view = ("5 4 0:7 /src /w/stage/view ro - tmpfs tmpfs rw", "stage/view");
    let readouts = [record("outer-stage", "outer", table(&[STAGE]), table(&[STAGE, view]))];
    let shown = test::text(&drawn(&lesson("mount"), "bind", &readouts, true, 90));
    assert!(shown.contains("+   view tmpfs private ro is stage/src"), "{shown}");
}

#[test]
fn a_table_that_is_not_there_says_so() {
    let readouts = [
        record("outer-stage", "outer", table(&[STAGE]), table(&[STAGE])),
        record("twin-stage", "twin", Reading::Gone, table(&[STAGE])),
    ];
    let shown = test::text(&drawn(&lesson("mount"), "grid", &readouts, false, 76));
    assert!(shown.contains("not there yet"), "{shown}");
    assert!(drawn(&lesson("mount"), "chroot", &[], true, 76).is_empty());
}

#[test]
fn everything_fits() {
    for text in test::HOSTILE {
        let odd = Reading::Fact(Fact {
            raw: format!("5 4 0:8 / /w/stage/{} rw - tmpfs tmpfs rw", "x".repeat(90)),
            value: Value::Table(vec![Row::new([("at", format!("stage/{text}"))])]),
        });
        let readouts = [
            record("outer-stage", "outer", table(&[ROOT, STAGE]), odd.clone()),
            record("twin-stage", "twin", odd, table(&[ROOT, SYS, STAGE])),
        ];
        for columns in test::WIDTHS {
            for after in [false, true] {
                test::fits(&drawn(&lesson("mount"), "grid", &readouts, after, columns), columns);
            }
        }
    }
}
