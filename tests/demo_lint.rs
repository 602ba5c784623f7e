//! Mistakes in demo scripts: each is found, located and explained, before anything starts; the scripts that come with the program have none.

#[path = "common/mistakes.rs"]
mod mistakes;

use isolab::demo::library::BUILT_IN;
use isolab::demo::lint::lint;
use isolab::demo::script::load::{load, load_file};
use isolab::lesson::Catalog;
use mistakes::{are_in_their_lines, broken, files, have_their_places, shown};
use std::path::{Path, PathBuf};
use std::process::Command;

const GOOD: &str = include_str!("demo/good.yaml");

/// With one lesson that has a mistake, and one without commands.
fn lessons() -> Catalog {
    Catalog::with_directory(Path::new("tests/demo_lint_lessons")).unwrap()
}

fn bad_files() -> Vec<PathBuf> {
    files("tests/demo_lint")
}

#[test]
fn the_scripts_of_the_program_have_no_mistakes() {
    for (id, text) in BUILT_IN {
        let mistakes =
            load(&format!("assets/demos/{id}.yaml"), text, &Catalog::built_in()).err().unwrap_or_default();
        assert!(mistakes.is_empty(), "{}", shown(&mistakes));
    }
}

#[test]
fn mistakes_are_located_and_explained() {
    for file in bad_files() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let mistakes = load_file(&file, &lessons()).expect_err(&name);
        assert!(!mistakes.is_empty(), "{name}");
        insta::assert_snapshot!(name, shown(&mistakes));
    }
}

#[test]
fn every_place_is_in_the_file_and_in_its_line() {
    for file in bad_files() {
        are_in_their_lines(&file, &load_file(&file, &lessons()).unwrap_err());
    }
}

#[test]
fn line_ends_do_not_matter() {
    for text in [GOOD.replace('\n', "\r\n"), format!("\u{feff}{GOOD}")] {
        let mistakes = load("good.yaml", &text, &Catalog::built_in()).err().unwrap_or_default();
        assert!(mistakes.is_empty(), "{}", shown(&mistakes));
    }
}

/// Files broken in every way: whatever is told about them has its place in the text, and nothing panics.
#[test]
fn no_broken_file_is_too_much() {
    let lessons = Catalog::built_in();
    let mut texts = broken(GOOD, 1, |line| line * 7);
    let letters = GOOD.char_indices().map(|(at, _)| at);
    texts.extend(letters.step_by(7).map(|at| GOOD[..at].to_owned()));
    let faulty = have_their_places(&texts, |text| load("good.yaml", text, &lessons));
    assert!(faulty > 500, "{faulty}");
}

/// What is wrong in one place is told once.
#[test]
fn one_mistake_is_one_message() {
    let replaced = [
        ("id: good", "id: God"),
        ("title: A script without mistakes", "titel: A script without mistakes"),
        ("chapters:", "chapter:"),
        ("entries:\n      - card", "entrys:\n      - card"),
        ("      - lesson: uts", "      - leson: uts"),
        ("      - lesson: uts", "      - lesson: ust"),
        ("steps: [copy, rename]", "step: [copy, rename]"),
        ("steps: [copy, rename]", "steps: [copy, renam]"),
        ("pace: auto", "pace: automatic"),
        ("pace_of: { rename", "pace_off: { rename"),
        ("pace_of: { rename", "pace_of: { renam"),
        ("rename: { after: 20s }", "rename: { after: 20 }"),
        ("rename: { after: 20s }", "rename: { afer: 20s }"),
        ("emphasis: box-name", "emphasis: boxname"),
        ("takes: 60s", "takes: 60"),
        ("takes: 60s\n", "\n"),
        ("lesson: cgroup-cpu", "lesson: cgroup-gpu"),
        ("set: { quota: 35% }", "set: { quta: 35% }"),
        ("share: { at_most: 40% }", "sahre: { at_most: 40% }"),
        ("within: 20s", "for: 20s"),
        ("fallback: no-cgroups", "fallback: no-cgroup"),
        ("fallback: no-cgroups", "falback: no-cgroups"),
        ("fallback: nothing", "fallback: [nothing]"),
        ("  - id: nothing", "  - idd: nothing"),
        ("reserve:", "reserves:"),
        ("    lesson: uts\n    steps: join", "    lesson: uts\n    steps: jion"),
    ];
    for (from, to) in replaced {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let mistakes = load("good.yaml", &text, &Catalog::built_in()).expect_err(to);
        assert_eq!(mistakes.len(), 1, "{from} → {to}:\n{}", shown(&mistakes));
    }
}

#[test]
fn files_that_are_no_scripts_are_told() {
    let place = std::env::temp_dir().join(format!("isolab-demo-lint-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("latin.yaml"), b"demo: 1\ntitle: caf\xe9\n").unwrap();
    std::fs::write(place.join("void.yaml"), b"").unwrap();
    let silent = std::fs::read_to_string("tests/demo_lint_lessons/silent.yaml").unwrap();
    std::fs::write(place.join("silent.yaml"), silent).unwrap();
    let beside = "demo: 1\nid: beside\ntitle: T\nsummary: S.\nchapters: [{ title: C, entries: [{ lesson: silent, takes: 9s }] }]\n";
    std::fs::write(place.join("beside.yaml"), beside).unwrap();
    let found: Vec<String> = ["latin", "void", "nowhere", "beside"]
        .iter()
        .map(|n| shown(&load_file(&place.join(format!("{n}.yaml")), &Catalog::built_in()).unwrap_err()))
        .collect();
    let with = Catalog::with_directory(&place).unwrap();
    let good = load_file(&place.join("beside.yaml"), &with).is_ok();
    let script = with.sources().iter().any(|s| s.id == "beside");
    std::fs::remove_dir_all(&place).unwrap();
    insta::assert_snapshot!("files", found.join("\n\n").replace(&place.display().to_string(), "PLACE"));
    assert!(good && !script, "the lesson is found with its directory, in which a script is no lesson");
}

/// A directory may hold both, and each is judged as what it is.
#[test]
fn lessons_and_scripts_are_told_apart() {
    let found = lint(&[PathBuf::from("tests/demo_lint_lessons")], &lessons());
    assert_eq!((found.files, found.faulty), (4, 1), "{}", shown(&found.diagnostics));
    let found = lint(&["lessons", "assets/demos"].map(PathBuf::from), &Catalog::built_in());
    assert_eq!(
        (found.files, found.faulty),
        (Catalog::built_in().sources().len() + 1 + BUILT_IN.len(), 0),
        "with the glossary"
    );
    let scripts = lint(&bad_files(), &lessons());
    assert_eq!(scripts.faulty, bad_files().len());
}

fn isolab(words: &[&str]) -> (Option<i32>, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_isolab")).args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

#[test]
fn the_command_judges_both_kinds() {
    for (words, said_of_it) in [
        (["check", "tests/demo/good.yaml"], "a demo script, and not a lesson"),
        (["demo", "lessons/uts.yaml"], "a lesson, and not a demo script"),
    ] {
        let (code, _, said) = isolab(&words);
        assert!(code == Some(2) && said.contains(said_of_it), "{said}");
    }
    let (code, out, said) = isolab(&["lint", "tests/demo/good.yaml", "lessons/uts.yaml"]);
    assert_eq!((code, out.as_str(), said.as_str()), (Some(0), "2 files, no mistakes\n", ""));
    let bad = ["lint", "tests/demo_lint/steps.yaml", "tests/lint/unknown-keys.yaml"];
    let (code, out, said) = isolab(&bad);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(said.contains("tests/demo_lint/steps.yaml:9:23"), "{said}");
    assert!(said.contains("did you mean `rename`?"), "{said}");
    assert!(said.contains("tests/lint/unknown-keys.yaml:6:1"), "{said}");
    let typed = "tests/demo_lint/typed.yaml";
    let (_, _, said) = isolab(&["lint", typed]);
    assert!(said.contains("unknown lesson `silent`"), "{said}");
    let (_, _, said) = isolab(&["--lessons", "tests/demo_lint_lessons", "lint", typed]);
    assert!(said.contains("has nothing to type"), "{said}");
}

/// The show does not begin: no screen is taken, and nothing is run.
#[test]
fn a_script_with_mistakes_is_not_played() {
    for words in
        [&["demo", "tests/demo_lint/steps.yaml"][..], &["demo", "tests/demo_lint/steps.yaml", "--rehearse"]]
    {
        let (code, out, said) = isolab(words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{said}");
        let (_, _, linted) = isolab(&["lint", "tests/demo_lint/steps.yaml"]);
        assert_eq!(said, linted);
        assert!(!said.contains('\u{1b}'), "{said}");
    }
}
