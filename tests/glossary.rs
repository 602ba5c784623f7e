//! The glossary: on the screen, beside lessons, and what it makes of terms that are used too early.

mod screen;

use isolab::demo::lint::lint;
use isolab::lesson::early::early;
use isolab::lesson::glossary::Glossary;
use isolab::lesson::{Catalog, load};
use isolab::tui::keys::Context;
use screen::stage::Stage;
use std::collections::BTreeMap;
use std::path::PathBuf;

const LESSON: &str = "\
format: 1
id: own
title: A title
summary: One sentence.
minutes: 5
boxes: { box: {} }
readouts: { name: { box: hostname } }
steps:
  - id: one
    title: First
    text: |
      Here a zombie is seen, and `orphan` is a name. An *orphan* is explained. Then a
      peer
      group (of things), a box.
    predict:
      ask: Is a whiteout a zombie?
      options: { yes-it-is: Yes, no-it-is-not: A gloomy one }
      answer: no-it-is-not
    do: [{ box: { sethostname: bird } }]
    expect: [{ name: { is: bird } }]
    why: |
      A subreaper.
  - id: two
    title: Second
    text: The orphan again, and a whiteout.
    do: [{ box: { sethostname: wren } }]
    expect: [{ name: { is: wren } }]
";

fn warnings(order: &[&str]) -> Vec<String> {
    let lesson = load("own.yaml", LESSON, &BTreeMap::new()).unwrap_or_else(|found| panic!("{}", found[0]));
    let glossary = Glossary::built_in().with(
        Glossary::load("g.yaml", "terms:\n  gloomy: { means: dark, steps: [own/two] }\n")
            .expect("a glossary"),
    );
    let found = early(&glossary, order, "own.yaml", LESSON, &lesson);
    assert!(found.iter().all(|d| d.warning && d.to_string().starts_with("warning: ")));
    found.iter().map(|d| format!("{}:{} {}", d.line, d.column, d.message)).collect()
}

#[test]
fn a_term_before_its_explanation_is_named_once() {
    let zombie = "12:14 `zombie` is used before it is explained, in pid/zombie";
    let whiteout = "16:17 `whiteout` is used before it is explained, in overlay/whiteout";
    let gloomy = "17:50 `gloomy` is used before it is explained, in own/two";
    assert_eq!(warnings(&["uts", "own", "pid", "overlay"]), [zombie, whiteout, gloomy]);
    assert_eq!(warnings(&["uts", "pid", "own", "overlay"]), [whiteout, gloomy]);
    assert_eq!(warnings(&["uts", "pid", "overlay"]), [gloomy], "it comes behind all that are listed");
}

#[test]
fn the_built_in_lessons_explain_their_terms_in_time() {
    let found = lint(&[PathBuf::from("lessons")], &Catalog::built_in());
    let shown: Vec<String> =
        found.warnings.iter().chain(&found.diagnostics).map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert_eq!(found.files, Catalog::built_in().sources().len() + 1, "the glossary is checked as one");
    // And would not be quiet if nothing were explained.
    let mut early_ones = 0;
    for source in Catalog::built_in().sources() {
        let (text, lesson) =
            (source.text().expect("a text"), source.load(&BTreeMap::new()).expect("a lesson"));
        early_ones += early(&Glossary::built_in(), &[source.id.as_str()], &source.file, &text, &lesson).len();
    }
    assert!(early_ones > 10, "{early_ones}");
}

#[test]
fn the_glossary_of_a_directory_is_added_and_is_not_a_lesson() {
    let directory = std::env::temp_dir().join(format!("isolab-glossary-{}", std::process::id()));
    std::fs::create_dir(&directory).expect("mkdir");
    std::fs::write(directory.join("own.yaml"), LESSON).expect("write");
    let terms = "terms:\n  quiet: { means: makes no noise, steps: [own/one] }\n";
    std::fs::write(directory.join("glossary.yaml"), terms).expect("write");
    let catalog = Catalog::with_directory(&directory).expect("a catalog");
    let mut beside = Catalog::built_in();
    beside.add(directory.join("own.yaml"));
    std::fs::write(directory.join("glossary.yaml"), "terms: [quiet]\n").expect("write");
    let broken = catalog.glossary();
    std::fs::write(directory.join("glossary.yaml"), terms).expect("write");
    let (listed, added) = (catalog.glossary(), beside.glossary());
    std::fs::remove_dir_all(&directory).expect("remove");
    assert_eq!(catalog.ids().last(), Some("own"));
    assert!(catalog.ids().all(|id| id != "glossary"));
    assert!(broken.is_err_and(|found| found[0].line == 1));
    for glossary in [listed, added] {
        let glossary = glossary.expect("a glossary");
        assert_eq!(glossary.term("quiet").map(|t| t.means.as_str()), Some("makes no noise"));
        assert!(glossary.term("zombie").is_some());
    }
}

#[test]
fn it_has_the_terms_of_the_step_and_with_a_key_all() {
    let mut stage = Stage::lesson("uts", 80, 24);
    stage.press("G");
    assert_eq!(stage.app.context(), Context::Glossary);
    let shown = stage.text();
    assert!(
        shown.contains("terms of this step") && shown.contains("UTS namespace  holds the hostname"),
        "{shown}"
    );
    assert!(shown.contains("(uts/copy)") && !shown.contains("zombie"), "{shown}");
    assert!(!shown.contains("mount namespace"), "only the explanation speaks of it:\n{shown}");
    stage.press("a");
    assert!(stage.text().contains("glossary") && stage.text().contains("bind mount"), "{}", stage.text());
    stage.press("End");
    assert!(stage.text().contains("zombie"), "{}", stage.text());
    stage.press("a Esc");
    assert_eq!(stage.app.context(), Context::Step);
    stage.run(1);
    stage.press("G");
    assert!(stage.text().contains("mount namespace"), "{}", stage.text());
    stage.press("q");
    let mut stage = Stage::new(80, 24).ready();
    stage.press("G");
    assert!(stage.text().contains("bind mount"), "there is no step, so it has all:\n{}", stage.text());
    stage.press("a");
    assert!(stage.text().contains("bind mount"), "{}", stage.text());
}

/// The keys and signs of help are those that there are where it was asked for.
#[test]
fn help_has_what_there_is_here() {
    let help = |stage: &mut Stage| {
        stage.press("?");
        let shown = stage.text();
        stage.press("Esc");
        shown
    };
    let mut stage = Stage::lesson("uts", 100, 60);
    let shown = help(&mut stage);
    for there in ["third answer", "run it", "glossary", "new since before", "the one that you chose"] {
        assert!(shown.contains(there), "no {there:?} in\n{shown}");
    }
    for not_there in ["fourth answer", "run again", "what if", "a lesson: not begun"] {
        assert!(!shown.contains(not_there), "{not_there:?} in\n{shown}");
    }
    stage.run(1);
    let shown = help(&mut stage);
    assert!(shown.contains("run again") && !shown.contains("first answer"), "{shown}");
    let mut stage = Stage::new(100, 60).ready();
    let shown = help(&mut stage);
    assert!(shown.contains("a lesson: not begun; begun; finished"), "{shown}");
    assert!(!shown.contains("clear the filter") && !shown.contains("new since before"), "{shown}");
}
