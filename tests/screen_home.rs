//! The list of lessons: parts, progress, cursor, and where a lesson goes on.

mod screen;

use isolab::lesson::catalog::BUILT_IN;
use isolab::progress::{Done, Progress};
use isolab::tui::app::{CatalogEntry, Screen};
use screen::stage::Stage;

/// The row of the screen that contains this text, without the spaces that fill it up.
#[track_caller]
fn row(stage: &Stage, text: &str) -> String {
    let shown = stage.text();
    let row = shown.lines().find(|line| line.contains(text));
    let row = row.unwrap_or_else(|| panic!("no {text:?} in\n{shown}"));
    row.split_whitespace().filter(|word| !"│┃".contains(word)).collect::<Vec<_>>().join(" ")
}

fn selected(stage: &Stage) -> &str {
    let app = &stage.app;
    &app.entries[app.filtered()[app.home.cursor]].id
}

/// The lessons of a course that is to come: many, in many parts, not in their order.
fn many(stage: &mut Stage, count: usize) {
    let eight = std::mem::take(&mut stage.app.entries);
    stage.app.entries = (0..count)
        .map(|i| {
            let mut lesson = eight[i % 8].lesson.as_ref().expect("a lesson").clone();
            lesson.part = Some(format!("Part {}", i % 7));
            CatalogEntry { id: format!("lesson-{i}"), lesson: Ok(lesson), readiness: None }
        })
        .collect();
}

#[test]
fn parts_and_the_whole_say_how_much_is_done() {
    let mut progress = Progress::default();
    for step in ["copy", "rename", "join"] {
        progress.done("uts", step, Done::Watched);
    }
    progress.done("overlay", "merge", Done::ByHand);
    progress.done("overlay", "gone-since", Done::ByHand);
    let stage = Stage::with(progress, 110, 60).ready();
    let all = |part: Option<&str>| -> usize {
        let of_part = stage.app.entries.iter().filter(|e| part.is_none_or(|part| e.part() == part));
        let steps = of_part.flat_map(|e| &e.lesson.as_ref().expect("a lesson").steps);
        steps.filter(|step| stage.app.environment.variant.meets(step.when.as_ref())).count()
    };
    for (part, done) in [("Namespaces", 3), ("Cgroups", 0), ("Images and layers", 1)] {
        assert_eq!(row(&stage, part), format!("{part} {done}/{}", all(Some(part))));
    }
    assert!(stage.text().contains(&format!("lessons: 4 of {} steps done", all(None))), "{}", stage.text());
}

#[test]
fn lessons_without_a_part_come_together_and_one_part_needs_no_name() {
    let mut stage = Stage::new(110, 40).ready();
    for entry in &mut stage.app.entries {
        let mut lesson = entry.lesson.as_ref().expect("a lesson").clone();
        if entry.id == "pid" || entry.id == "net" {
            lesson.part = None;
        }
        entry.lesson = Ok(lesson);
    }
    let shown = stage.text();
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("no {text} in\n{shown}"));
    assert!(at("Namespaces") < at(" user ") && at(" user ") < at("Other lessons"), "{shown}");
    assert!(at("Other lessons") < at(" pid ") && at(" pid ") < at(" net "), "{shown}");
    for entry in &mut stage.app.entries {
        let mut lesson = entry.lesson.as_ref().expect("a lesson").clone();
        lesson.part = None;
        entry.lesson = Ok(lesson);
    }
    assert!(!stage.text().contains("Other lessons"), "{}", stage.text());
}

#[test]
fn the_cursor_is_seen_wherever_it_is() {
    for size in [(80, 24), (60, 16), (160, 24)] {
        let mut stage = Stage::new(size.0, size.1);
        many(&mut stage, 28);
        let mut seen = Vec::new();
        for _ in 0..28 {
            let shown = row(&stage, "▸");
            assert!(shown.contains(&format!("{} ", selected(&stage))), "{size:?}: {shown}");
            seen.push(selected(&stage).to_owned());
            stage.press("↓");
        }
        assert_eq!(seen[..5], ["lesson-0", "lesson-7", "lesson-14", "lesson-21", "lesson-1"]);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 28);
        assert_eq!(selected(&stage), "lesson-27");
        stage.press("g");
        assert!(row(&stage, "Part 0").contains("Part 0"), "the name above the first lesson is seen, too");
    }
}

#[test]
fn the_panel_scrolls_and_begins_again_with_another_lesson() {
    let mut stage = Stage::new(80, 24).ready();
    stage.press("x ↓");
    let whole =
        stage.app.entries[1].lesson.as_ref().expect("pid").steps.last().expect("a step").title.clone();
    assert!(!stage.text().contains(&whole), "{}", stage.text());
    for _ in 0..20 {
        stage.press("PgDn");
    }
    assert!(stage.text().contains(&whole), "{}", stage.text());
    let end = stage.app.home.top;
    stage.press("PgUp");
    assert!(stage.app.home.top < end, "one key up from the end is seen");
    stage.press("PgDn ↓");
    assert_eq!(stage.app.home.top, 0);
}

#[test]
fn escape_keeps_the_cursor() {
    let mut stage = Stage::new(80, 24).ready();
    stage.press("/");
    stage.type_in("cgroup-memory");
    assert_eq!(selected(&stage), "cgroup-memory");
    stage.press("Esc");
    assert_eq!((stage.app.filtered().len(), selected(&stage)), (BUILT_IN.len(), "cgroup-memory"));
    stage.press("Enter");
    assert_eq!(stage.app.screen, Screen::Step);
    stage.press("Esc");
    assert_eq!((stage.app.screen, selected(&stage)), (Screen::Home, "cgroup-memory"));
    stage.press("/");
    stage.type_in("c");
    stage.press("↓ Backspace");
    let chosen = selected(&stage).to_owned();
    stage.press("Esc");
    assert_eq!(selected(&stage), chosen);
}

#[test]
fn a_lesson_goes_on_at_the_next_step_that_is_not_done() {
    let mut progress = Progress::default();
    progress.opened("uts", "copy");
    progress.done("uts", "copy", Done::Watched);
    let mut stage = Stage::with(progress, 80, 24).ready();
    assert_eq!(selected(&stage), "uts");
    stage.press("Enter");
    assert_eq!(stage.app.walk.as_ref().expect("a lesson").step().id, "rename");
}

/// From the summary the next lesson is opened; the list then is at that one.
#[test]
fn the_cursor_follows_the_lesson_that_is_opened() {
    let mut stage = Stage::lesson("uts", 80, 24);
    stage.app.screen = Screen::Summary;
    stage.press("Enter Esc");
    assert_eq!((stage.app.screen, selected(&stage)), (Screen::Home, "pid"));
}
