//! Drawings, from recordings of real runs: the key that shows them, and what they look like.

mod screen;

use isolab::tui::look::Look;
use isolab::tui::walkthrough::Pane;
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
    assert_eq!(notice, "nothing has been read yet that could be drawn");
}
