//! The drawings of mount tables, networks and cgroups, from recordings of real runs.

mod screen;

use isolab::tui::picture::picture;
use isolab::tui::theme::{Depth, Theme, ThemeKind};
use screen::stage::Stage;
use unicode_width::UnicodeWidthStr;

/// The lessons that have these drawings.
const LESSONS: [&str; 5] = ["mount", "net", "vxlan", "cgroup-cpu", "cgroup-memory"];
/// What is left for a drawing on a screen of 80x24, 120x40 and 160x50.
const SIZES: [(u16, u16); 3] = [(76, 18), (57, 34), (78, 44)];
const DARK: Theme = Theme { depth: Depth::True, kind: ThemeKind::Dark };

/// The drawing of each step after it was made; nothing for one that was not made, or that reads nothing which can be drawn.
fn drawn(lesson: &str, (width, height): (u16, u16), theme: Theme) -> Vec<(String, Option<Vec<String>>)> {
    let mut stage = Stage::lesson(lesson, 120, 40);
    let steps = stage.app.walk.as_ref().map_or(0, |walk| walk.pages.len());
    let step = |index| {
        stage.run(index);
        let walk = stage.app.walk.as_ref().expect("a lesson is open");
        let picture = picture(&walk.picture_input(), width, height, theme);
        let lines =
            picture.map(|p| p.lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect());
        (walk.step().id.clone(), lines)
    };
    (1..=steps).map(step).collect()
}

/// Keeps the drawings of a lesson's steps as one text.
fn keep(lesson: &str) {
    for size in SIZES {
        let steps = drawn(lesson, size, DARK).into_iter();
        let texts: Vec<String> = steps
            .map(|(step, lines)| {
                format!("=== {step}\n{}", lines.map_or("(nothing)".into(), |l| l.join("\n")))
            })
            .collect();
        insta::with_settings!({
            snapshot_path => "snapshots/pictures", prepend_module_to_snapshot => false, omit_expression => true
        }, { insta::assert_snapshot!(format!("{lesson}-{}x{}", size.0, size.1), texts.join("\n\n")) });
    }
}

#[test]
fn cgroups_as_trees_with_bars() {
    keep("cgroup-cpu");
    keep("cgroup-memory");
}

#[test]
fn mount_tables_as_trees() {
    keep("mount");
}

#[test]
fn networks_as_frames() {
    keep("net");
    keep("vxlan");
}

/// What changed has a sign wherever it has a colour.
#[test]
fn without_colour_the_text_is_the_same() {
    let plain = Theme { depth: Depth::None, ..DARK };
    for lesson in LESSONS {
        assert_eq!(drawn(lesson, SIZES[0], plain), drawn(lesson, SIZES[0], DARK), "{lesson}");
    }
}

#[test]
fn no_line_is_wider_than_the_pane() {
    for lesson in LESSONS {
        for size in [(20, 18), (33, 6), (40, 18), (57, 18), (76, 6), (76, 18), (120, 18), (200, 60)] {
            for (step, lines) in drawn(lesson, size, DARK) {
                for line in lines.iter().flatten() {
                    assert!(line.width() <= size.0.into(), "{lesson} {step} {size:?}: {line}");
                }
            }
        }
    }
}

/// Prints all drawings: `ISOLAB_RECORDINGS=… cargo test --test pictures_graphs -- --ignored --nocapture`.
#[test]
#[ignore = "for a person who wants to look"]
fn all_of_them() {
    for lesson in LESSONS {
        for size in SIZES {
            for (step, lines) in drawn(lesson, size, DARK) {
                println!("=== {lesson} {step} {size:?}");
                lines.unwrap_or_default().iter().for_each(|line| println!("{line}"));
            }
        }
    }
}
