//! Layers of small overlays.

use super::*;
use crate::model::Fact;
use crate::tui::view::styled::test;

fn directory(entries: &[(&str, &str, &str)]) -> Reading {
    let row = |(name, kind, size): &(&str, &str, &str)| {
        Row::new([("name", (*name).to_owned()), ("kind", (*kind).to_owned()), ("size", (*size).to_owned())])
    };
    Reading::Fact(Fact::of(Value::Table(entries.iter().map(row).collect())))
}

fn record(id: &str, before: Reading, after: Reading) -> ReadoutRecord {
    ReadoutRecord {
        id: id.into(),
        viewpoint: "box".into(),
        path: format!("/x/{id}"),
        before,
        after,
        peak: None,
        opened: None,
    }
}

const LOWER: [(&str, &str, &str); 5] = [
    ("cache", "directory", ""),
    ("cache/old", "file", "4"),
    ("doomed", "file", "4"),
    ("in_both", "file", "6"),
    ("in_lower", "file", "16"),
];

fn opaque() -> Vec<ReadoutRecord> {
    let upper = [
        ("cache", "opaque", ""),
        ("doomed", "whiteout", "0, 0"),
        ("in_both", "file", "7"),
        ("in_upper", "file", "16"),
    ];
    let merged = [
        ("cache", "directory", ""),
        ("in_both", "file", "7"),
        ("in_lower", "file", "16"),
        ("in_upper", "file", "16"),
    ];
    let mut old = merged.to_vec();
    old.insert(1, ("cache/old", "file", "4"));
    vec![
        record("lower", directory(&LOWER), directory(&LOWER)),
        record("upper", directory(&upper[1..]), directory(&upper)),
        record("merged", directory(&old), directory(&merged)),
    ]
}

#[test]
fn each_path_is_one_row() {
    let theme = Theme::default();
    let shown = lines(&opaque(), 100, theme).unwrap();
    let expected = "\
lower                           │ upper                           │ merged
/x/lower                        │ /x/upper                        │ /x/merged
   cache/                       │ ≠▣ cache/                opaque │    cache/               ← upper
     old            4 hidden    │                                 │ ≠    old                   gone
   doomed           4 hidden    │  ✗ doomed               whiteout │";
    let text = test::text(&shown);
    let squeezed = |text: &str| {
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(squeezed(&text)[..5], squeezed(expected)[..]);
    assert_eq!(squeezed(&text)[5], "in_both 6 covered │ ⇡ in_both 7 │ in_both 7 ← upper");
    assert_eq!(squeezed(&text)[6], "in_lower 16 │ │ in_lower 16 ← lower");
    assert_eq!(squeezed(&text)[7], "│ + in_upper 16 │ in_upper 16 ← upper");
    assert_eq!(test::style_of(&shown[..3], "▣"), theme.style(Role::Changed));
    assert_eq!(test::style_of(&shown[4..], "doomed"), theme.style(Role::Dim));
    assert_eq!(test::style_of(&shown[4..], "✗"), theme.style(Role::Warn));
    for sign in ["⇡ covers", "+ only in upper", "✗ whiteout", "▣ opaque", "≠ changed"] {
        assert!(text.contains(sign), "{sign}");
    }
}

#[test]
fn what_is_not_made_of_this_upper_says_so() {
    let mut records = opaque();
    records[2].after = directory(&LOWER);
    let text = test::text(&lines(&records, 100, Theme::default()).unwrap());
    assert!(text.ends_with("merged is not made of this upper") && !text.contains('←'), "{text}");
    records[1].after = directory(&[]);
    records[2].after = directory(&[("cache", "directory", ""), ("from_elsewhere", "file", "1")]);
    let text = test::text(&lines(&records, 100, Theme::default()).unwrap());
    assert!(text.ends_with("merged is not made of this upper") && !text.contains('←'), "{text}");
    records[2].after = directory(&[]);
    let text = test::text(&lines(&records, 100, Theme::default()).unwrap());
    assert!(text.ends_with("merged is empty: no overlay is mounted there") && !text.contains('←'), "{text}");
}

#[test]
fn before_alone_has_no_changes() {
    let mut records = opaque();
    for record in &mut records {
        record.after = Reading::NotMeasured;
    }
    let text = test::text(&lines(&records, 100, Theme::default()).unwrap());
    assert!(!text.contains('≠') && text.contains("old"), "{text}");
}

#[test]
fn other_readouts_have_no_layers() {
    let other = record("lower", Reading::Gone, Reading::Fact(Fact::text("x")));
    assert!(lines(&[other], 80, Theme::default()).is_none());
    assert!(lines(&opaque()[..1], 80, Theme::default()).is_none());
    let names = Reading::Fact(Fact::of(Value::Table(vec![Row::new([("name", "a".into())])])));
    assert!(
        lines(
            &[record("lower", names.clone(), names.clone()), record("upper", names.clone(), names)],
            80,
            Theme::default()
        )
        .is_none()
    );
}

#[test]
fn marks_are_left_where_it_is_narrow_and_everything_fits() {
    let text = test::text(&lines(&opaque(), 36, Theme::default()).unwrap());
    assert!(text.contains("≠▣ cac") && text.contains('⇡') && text.contains('✗'), "{text}");
    for hostile in test::HOSTILE {
        let mut records = opaque();
        records[0].path = hostile.into();
        let name = format!("a/b/c/d/e/f/{hostile}");
        records[1].after = directory(&[(hostile, hostile, hostile), (&name, "file", hostile)]);
        records[2].before = directory(&[(&name, "file", hostile)]);
        for width in test::WIDTHS {
            test::fits(&lines(&records, width, Theme::default()).unwrap(), width);
        }
    }
}

#[test]
fn two_directories_that_are_not_mounted_yet_hide_nothing() {
    let upper = [("in_both", "file", "7"), ("in_upper", "file", "16")];
    let records = [
        record("lower", directory(&LOWER), Reading::NotMeasured),
        record("upper", directory(&upper), Reading::NotMeasured),
        record("merged", directory(&[]), Reading::NotMeasured),
    ];
    let text = test::text(&lines(&records, 100, Theme::default()).unwrap());
    assert!(text.contains("in_both"), "{text}");
    for sign in ["⇡", "+", "covered", "hidden"] {
        assert!(!text.contains(sign), "{sign}: {text}");
    }
}
