//! Drawings, from recordings of real runs: the key that shows them, and what they look like.

mod screen;

use isolab::tui::look::Look;
use isolab::tui::picture::picture;
use isolab::tui::theme::{Depth, Role, Theme};
use isolab::tui::walkthrough::Pane;
use ratatui::text::Line;
use screen::stage::Stage;

/// A lesson with this step run.
fn ran(lesson: &str, index: usize, (columns, rows): (u16, u16)) -> Stage {
    let mut stage = Stage::lesson(lesson, columns, rows);
    stage.run(index);
    stage
}

#[test]
fn a_key_shows_the_drawing_the_readouts_or_both() {
    let mut stage = ran("overlay", 2, (120, 40));
    assert_eq!(stage.app.look, Look::AsFits);
    assert!(stage.text().contains("before and after · d drawing"), "{}", stage.text());
    stage.press("d");
    assert_eq!(stage.app.look, Look::Drawing);
    assert!(stage.text().contains("drawing · d readouts"), "{}", stage.text());
    assert!(stage.text().contains("│ merged"), "{}", stage.text());
    stage.press("d");
    assert_eq!(stage.app.look, Look::Readouts);
    assert!(stage.text().contains("before and after · d both"), "{}", stage.text());
    assert!(!stage.text().contains("│ merged"), "{}", stage.text());
    stage.press("d");
    assert_eq!(stage.app.look, Look::AsFits);
}

#[test]
fn the_look_is_kept_from_step_to_step() {
    let mut stage = ran("overlay", 2, (120, 40));
    stage.press("d");
    stage.run(1);
    assert_eq!(stage.app.look, Look::Drawing);
    assert!(stage.text().contains("drawing · d readouts"), "{}", stage.text());
}

#[test]
fn a_drawing_that_another_tab_hides_is_brought_forward() {
    let mut stage = ran("overlay", 2, (80, 24));
    stage.press("Tab Tab");
    assert_ne!(stage.app.walk.as_ref().map(|w| w.focus), Some(Pane::Kernel));
    stage.press("d");
    assert_eq!(stage.app.walk.as_ref().map(|w| w.focus), Some(Pane::Kernel));
    assert!(stage.text().contains("drawing · d readouts"), "{}", stage.text());
}

#[test]
fn where_there_is_nothing_to_draw_the_key_says_so_and_is_not_offered() {
    let mut stage = Stage::lesson("overlay", 80, 24);
    assert!(!stage.text().contains("d drawing"), "{}", stage.text());
    stage.press("d");
    assert_eq!(stage.app.look, Look::AsFits);
    let notice = stage.app.notice.clone().unwrap_or_default();
    assert_eq!(notice, "nothing has been read yet, so there is nothing to draw");
    // What is known of the step before is not drawn for this one.
    let mut stage = ran("uts", 1, (120, 40));
    assert!(stage.text().contains("d drawing"), "{}", stage.text());
    stage.press("n");
    assert!(!stage.text().contains("d drawing"), "{}", stage.text());
    assert!(!stage.text().contains("the host's uts namespace"), "{}", stage.text());
}

/// Steps whose drawings are kept: one at least for each kind of drawing, and for each of its signs.
const STEPS: &[(&str, usize)] = &[
    ("overlay", 2),
    ("pid", 1),
    ("pid", 2),
    ("pid", 4),
    ("pid", 5),
    ("pid", 6),
    ("pid", 7),
    ("pid", 9),
    ("pid", 10),
    ("uts", 1),
    ("uts", 2),
    ("uts", 3),
    ("uts", 5),
    ("user", 1),
    ("user", 2),
    ("user", 3),
    ("user", 4),
    ("user", 5),
    ("user", 7),
];

/// The columns at which drawings are kept: beside readouts, in a pane, over the whole screen at 80 columns.
const WIDTHS: [u16; 3] = [49, 62, 76];

fn lines(stage: &Stage, width: u16) -> Option<Vec<Line<'static>>> {
    let walk = stage.app.walk.as_ref()?;
    Some(picture(&walk.picture_input(), width, 40, stage.app.theme)?.lines)
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_kind_of_drawing() {
    for (lesson, index) in STEPS {
        let stage = ran(lesson, *index, (80, 24));
        let id = stage.app.walk.as_ref().map(|w| w.step().id.clone()).unwrap_or_default();
        let drawn = WIDTHS.map(|width| {
            let lines = lines(&stage, width).unwrap_or_else(|| panic!("{lesson} {id} has no drawing"));
            format!("{width} columns\n{}\n", text(&lines))
        });
        insta::with_settings!({
            snapshot_path => "snapshots/picture", prepend_module_to_snapshot => false, omit_expression => true
        }, { insta::assert_snapshot!(format!("{lesson}-{id}"), drawn.join("\n")) });
    }
}

/// Every step of every lesson that was recorded.
fn all_steps() -> Vec<(String, Stage)> {
    let mut all = Vec::new();
    for (lesson, _) in isolab::lesson::catalog::BUILT_IN {
        let steps = Stage::lesson(lesson, 80, 24).app.walk.map_or(0, |w| w.pages.len());
        all.extend((1..=steps).map(|index| (format!("{lesson} {index}"), ran(lesson, index, (80, 24)))));
    }
    all
}

#[test]
fn no_drawing_leaves_its_columns() {
    for (name, stage) in all_steps() {
        for width in [20, 33, 40, 49, 60, 76, 94, 120, 250] {
            for line in lines(&stage, width).unwrap_or_default() {
                assert!(line.width() <= usize::from(width), "{name}, {width}: {line}");
            }
        }
    }
}

#[test]
fn what_changed_is_told_without_colours_too() {
    for (name, mut stage) in all_steps() {
        let Some(in_colour) = lines(&stage, 76) else { continue };
        let changed = stage.app.theme.style(Role::Changed);
        let signs = ['+', '−', '≠', '→', '✗', '▲', '▼'];
        let mut told_above = false;
        for line in &in_colour {
            let marked = line.spans.iter().any(|s| s.style == changed && !s.content.trim().is_empty());
            let border = |c: char| "┌─┐│└┘╌╎ ".contains(c);
            let framed = line.spans.iter().filter(|s| s.style == changed);
            let only_borders = framed.clone().all(|s| s.content.chars().all(border));
            // Packets are counted from the step's beginning: `sent 3`, or `3▶` below a cable.
            // A frame of the network begins with the sign of its direction.
            let words = ["gone", "new", "ended", "sent ", "received ", "▶ ", "◀ "];
            let text = line.to_string();
            let pairs = || text.chars().zip(text.chars().skip(1));
            let counted =
                pairs().any(|(a, b)| a.is_ascii_digit() && b == '▶' || a == '◀' && b.is_ascii_digit());
            let told = counted || text.contains(signs) || words.iter().any(|word| text.contains(word));
            // A sentence that goes on below has its sign where it begins.
            assert!(!marked || only_borders || told || told_above, "{name}: {text}");
            told_above = marked && (told || told_above);
        }
        stage.app.theme = Theme { depth: Depth::None, ..stage.app.theme };
        let without = lines(&stage, 76).unwrap_or_default();
        assert_eq!(text(&in_colour), text(&without), "{name}");
        assert!(without.iter().flat_map(|l| &l.spans).all(|s| s.style.fg.is_none() && s.style.bg.is_none()));
    }
}

#[test]
fn side_by_side_where_it_is_wide_and_the_readouts_where_it_is_not() {
    let mut stage = ran("uts", 3, (160, 50));
    let both = stage.text();
    assert!(both.contains("the host's uts namespace") && both.contains("host-name"), "{both}");
    stage.resize(80, 24);
    let narrow = stage.text();
    assert!(!narrow.contains("the host's uts namespace") && narrow.contains("host-name"), "{narrow}");
    stage.press("d");
    assert!(stage.text().contains("the host's uts namespace"), "{}", stage.text());
}

#[test]
fn the_map_is_frames_and_a_table_on_a_key() {
    let mut stage = ran("uts", 3, (100, 40));
    stage.press("m");
    stage.answer();
    let frames = stage.text();
    for part in ["the host's namespaces", "uts …2178", "≠ guest 4214", "the guardian", "kept by"] {
        assert!(frames.contains(part), "{part}\n{frames}");
    }
    stage.press("d");
    let table = stage.text();
    assert!(
        table.contains("process") && table.contains("uts:[4026532178]") && table.contains("isolab"),
        "{table}"
    );
    assert!(!table.contains("the host's namespaces"), "{table}");
    stage.press("d");
    assert_eq!(stage.text(), frames);
}

#[test]
fn before_the_first_run_the_map_shows_whom_the_lesson_will_have() {
    let mut stage = Stage::lesson("pid", 100, 40);
    stage.press("m");
    let shown = stage.text();
    for part in
        ["of this lesson, not there now", "init  a child of shell, born in a step", "isolab  this program"]
    {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}
