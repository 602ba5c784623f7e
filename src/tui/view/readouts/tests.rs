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
    let expected = "host
  /proc/sys/kernel/hostname  vm          = vm       some-id
box
  /proc/sys/kernel/hostname  vm          ≠ bird     some-id
  /x                         (ENOENT)    ≠ (gone)   some-id";
    assert_eq!(test::text(&shown), expected);
    assert_eq!(test::style_of(&shown, "bird"), theme.style(Role::Changed));
    assert_eq!(test::style_of(&shown, "≠"), theme.style(Role::Changed));
    assert_eq!(test::style_of(&shown, "host"), theme.style(Role::Host));
    assert_eq!(test::style_of(&shown, "box"), theme.style(Role::Guest));
    assert_eq!(
        heading(&names(), true, 80, theme).to_string(),
        "                             before        after"
    );
}

#[test]
fn before_is_shown_while_after_is_not_known() {
    let mut records = names();
    for record in &mut records {
        record.after = Reading::NotMeasured;
    }
    let shown = test::text(&lines(&records, false, 80, 9, Theme::default()));
    assert!(
        shown.contains("hostname  vm   ") && !shown.contains("measured") && !shown.contains(['=', '≠']),
        "{shown}"
    );
    let shown = test::text(&lines(&records, false, 40, 9, Theme::default()));
    assert!(shown.contains("before  vm\n") && !shown.contains("measured"), "{shown}");
}

#[test]
fn what_was_not_measured_is_not_compared() {
    let mut share = record("host", "/cpu", Reading::NotMeasured, text("20 %"));
    share.peak = Some(text("80 %"));
    let theme = Theme::default();
    let shown = lines(&[share], true, 80, 9, theme);
    assert!(!test::text(&shown).contains(['=', '≠']), "{}", test::text(&shown));
    assert_eq!(test::style_of(&shown, "20 %"), theme.style(Role::Plain));
    assert_eq!(test::style_of(&shown, "peak 80 %"), theme.style(Role::Dim));
}

#[test]
fn narrow_screens_have_before_above_after() {
    let shown = test::text(&lines(&names(), true, 40, 9, Theme::default()));
    assert!(shown.contains("  ≠ after   bird"), "{shown}");
    assert!(shown.contains("    before  vm"), "{shown}");
    assert!(shown.contains("  = vm"), "{shown}");
}

#[test]
fn tables_are_aligned_and_changed_rows_are_partners() {
    let theme = Theme::default();
    let links =
        record("box", "link table", table(&["lo down", "x up"]), table(&["lo up", "x up", "veth0 up"]));
    let shown = lines(std::slice::from_ref(&links), true, 60, 9, theme);
    let expected = "box
  link table · some-id
    name   state                 name   state
    lo     down                ≠ lo     up
    x      up                  = x      up
                               ≠ veth0  up";
    assert_eq!(test::text(&shown), expected);
    assert_eq!(test::style_of(&shown, "veth0"), theme.style(Role::Changed));
    let expected = "box
  link table · some-id
      name   state
    - lo     down
    + lo     up
      x      up
    + veth0  up";
    assert_eq!(test::text(&lines(&[links], true, 30, 9, theme)), expected);
}

#[test]
fn what_is_left_out_is_counted() {
    let rows: Vec<String> = (0..40).map(|i| format!("p{i} up")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let same = record("host", "/proc", table(&rows), table(&rows));
    let shown = test::text(&lines(&[same], true, 80, 9, Theme::default()));
    assert!(shown.ends_with("… 37 more lines, equal, z shows all"), "{shown}");
    let grown = record("host", "/proc", table(&rows[..39]), table(&rows));
    let shown = test::text(&lines(std::slice::from_ref(&grown), true, 80, 9, Theme::default()));
    assert!(shown.contains("≠ p39   up\n    … 39 more lines, equal, z shows all"), "{shown}");
    let full = test::text(&one(&grown, true, 80, Theme::default()));
    assert!(full.contains("… 36 lines, equal\n      p36   up"), "{full}");
    assert!(full.contains("    + p39   up\n\nin full\n"), "{full}");
    assert!(full.contains("    p17   up") && !full.contains("shows all"), "{full}");
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
        (evil.id, evil.peak) = (hostile.into(), Some(text(hostile)));
        records.push(evil);
        let cell = format!("{hostile} {hostile}");
        records.push(record("box", hostile, table(&[&cell, "a b"]), unread()));
        records.push(record("box", "t", table(&[&cell]), table(&["a b", &cell])));
        for width in test::WIDTHS {
            for after in [true, false] {
                test::fits(&lines(&records, after, width, 4, Theme::default()), width);
                test::fits(&[heading(&records, after, width, Theme::default())], width);
                for record in &records {
                    test::fits(&one(record, after, width, Theme::default()), width);
                }
            }
        }
    }
}
