//! Mistakes in lessons: each is found, located and explained; the built-in lessons have none.

#[path = "common/mistakes.rs"]
mod mistakes;

use isolab::lesson::load::load_and_warn;
use isolab::lesson::position::MAX_ENTRIES;
use isolab::lesson::{Catalog, Diagnostic, lint, load, load_file, prove};
use mistakes::{are_in_their_lines, broken, files, have_their_places, shown};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn bad_files() -> Vec<PathBuf> {
    files("tests/lint")
}

#[test]
fn built_in_lessons_have_no_mistakes() {
    for source in Catalog::built_in().sources() {
        let text = source.text().unwrap();
        let found = load_and_warn(&source.file, &text, &BTreeMap::new());
        let found = found.map_or_else(|mistakes| mistakes, |(_, warnings)| warnings);
        assert!(found.is_empty(), "{}", shown(&found));
    }
}

fn in_every_variant(file: &Path) -> Vec<Diagnostic> {
    let text = std::fs::read_to_string(file).unwrap();
    prove(&file.to_string_lossy(), &text).expect_err(&file.to_string_lossy())
}

#[test]
fn mistakes_are_located_and_explained() {
    for file in bad_files() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let mistakes = in_every_variant(&file);
        assert!(!mistakes.is_empty(), "{name}");
        insta::assert_snapshot!(name, shown(&mistakes));
    }
}

/// What a draft may have is told, and the lesson can be used all the same.
#[test]
fn what_could_be_better_is_a_warning() {
    for file in files("tests/lint_warnings") {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let (lesson, warnings) =
            load_and_warn(&file.to_string_lossy(), &text, &BTreeMap::new()).expect(&name);
        assert_eq!(lesson.id, name);
        assert!(!warnings.is_empty() && warnings.iter().all(|w| w.warning), "{}", shown(&warnings));
        are_in_their_lines(&file, &warnings);
        insta::assert_snapshot!(format!("warning-{name}"), shown(&warnings));
    }
}

/// A file with a hundred warnings is still wrong when something in it is.
#[test]
fn warnings_do_not_hide_a_mistake() {
    let line = |n| format!("  spare-{n}: {{ host: hostname }}\n");
    let spare = (0..150).map(line).collect::<Vec<_>>().concat();
    let text = std::fs::read_to_string("tests/lint_warnings/unused.yaml").unwrap();
    let text = text.replace("readouts:\n", &format!("readouts:\n{spare}"));
    load("unused.yaml", &text, &BTreeMap::new()).expect("only warnings");
    let found =
        load("unused.yaml", &text.replace("is: bird", "has: bird"), &BTreeMap::new()).expect_err("a mistake");
    assert!(found.iter().any(|d| !d.warning && d.message.contains("`has`")), "{}", shown(&found));
}

/// What is handed to a box has a limit, and a lesson that goes beyond it is told so where it does.
#[test]
fn texts_that_are_too_long_are_located() {
    use isolab::vocabulary::MOST_TEXT;
    let lesson = |bytes: usize| {
        let write = format!("      - box: {{ write: {{ f: {} }} }}\n", "x".repeat(bytes));
        let head = "format: 1\nid: long\ntitle: T\nsummary: S\nminutes: 1\nboxes: { box: {} }\n\
                    readouts: { f: { box: { file: f } } }\nsteps:\n  - id: one\n    title: One\n    text: One.\n    do:\n";
        format!("{head}{write}    expect:\n      - {{ f: changed }}\n")
    };
    load("long.yaml", &lesson(MOST_TEXT), &BTreeMap::new()).expect("as long as it may be");
    let found = load("long.yaml", &lesson(MOST_TEXT + 1), &BTreeMap::new()).expect_err("too long");
    let [mistake] = found.as_slice() else { panic!("{}", shown(&found)) };
    assert_eq!((mistake.line, mistake.column), (13, 28), "{mistake}");
    assert_eq!(mistake.message, "a text of 65537 bytes; in an action it has at most 65536");
}

#[test]
fn every_place_is_in_the_file_and_in_its_line() {
    for file in bad_files() {
        are_in_their_lines(&file, &in_every_variant(&file));
    }
}

const GOOD: &str = include_str!("lesson/good.yaml");

fn set(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn parameters_are_replaced_everywhere() {
    let lesson = load("good.yaml", GOOD, &set(&[("quota", "30%")])).unwrap();
    let shown = format!("{:?}", (&lesson.setup, &lesson.workloads, &lesson.readouts, &lesson.steps));
    assert!(!shown.contains("Param("));
    assert!(shown.contains("Quantity(30.0, Percent, \"30%\")"));
    assert_eq!(lesson.params["quota"].value().to_string(), "30%");
    assert_eq!(lesson.params["quota"].default.to_string(), "20%");
    assert_eq!(lesson.params["ratio"].value().to_string(), "4x");
}

#[test]
fn values_from_the_command_line_are_checked() {
    let values = set(&[("quota", "95%"), ("qouta", "30%"), ("ratio", "3%")]);
    insta::assert_snapshot!("set", shown(&load("good.yaml", GOOD, &values).unwrap_err()));
    let mut without = GOOD.replace("$quota", "20%").replace("$ratio", "4x").replace("$status", "3");
    without.replace_range(without.find("params:").unwrap()..without.find("boxes:").unwrap(), "");
    let values = set(&[("quota", "fast"), ("x", "")]);
    insta::assert_snapshot!("set-without-params", shown(&load("good.yaml", &without, &values).unwrap_err()));
    for bad in ["5parsec", "fast", "", "-5%", "20M", "NaN%"] {
        assert!(load("good.yaml", GOOD, &set(&[("quota", bad)])).is_err(), "{bad}");
    }
}

#[test]
fn line_ends_do_not_matter() {
    for text in [GOOD.replace('\n', "\r\n"), format!("\u{feff}{GOOD}")] {
        let mistakes = load("good.yaml", &text, &BTreeMap::new()).err().unwrap_or_default();
        assert!(mistakes.is_empty(), "{}", shown(&mistakes));
    }
    let broken = GOOD.replace("level: deeper", "leval: deeper").replace('\n', "\r\n");
    let mistakes = load("good.yaml", &broken, &BTreeMap::new()).unwrap_err();
    assert_eq!(mistakes[0].line_text, "    leval: deeper");
}

#[test]
fn what_is_no_lesson_file_is_told_and_not_read() {
    let place = std::env::temp_dir().join(format!("isolab-lint-{}", std::process::id()));
    std::fs::create_dir_all(place.join("empty")).unwrap();
    std::fs::write(place.join("latin.yaml"), b"title: caf\xe9\n").unwrap();
    std::fs::write(place.join("large.yaml"), vec![b'#'; 1024 * 1024 + 1]).unwrap();
    nix::unistd::mkfifo(&place.join("pipe.yaml"), nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    let mut paths: Vec<PathBuf> = ["latin.yaml", "large.yaml", "pipe.yaml", "nowhere.yaml", "empty"]
        .iter()
        .map(|n| place.join(n))
        .collect();
    paths.push(PathBuf::from("/proc/self/mem"));
    let found = lint(&paths);
    std::fs::remove_dir_all(&place).unwrap();
    assert_eq!((found.files, found.faulty), (5, 5));
    let text = shown(&found.diagnostics).replace(&place.display().to_string(), "PLACE");
    insta::assert_snapshot!("files", text);
}

#[test]
fn a_directory_stands_for_its_lessons() {
    let found = lint(&[PathBuf::from("lessons"), PathBuf::from("tests/lint")]);
    assert_eq!(found.faulty, bad_files().len());
    assert_eq!(found.files, bad_files().len() + Catalog::built_in().sources().len() + 1, "with the glossary");
    let catalog = Catalog::with_directory(Path::new("lessons")).unwrap();
    assert_eq!(catalog.sources().len(), Catalog::built_in().sources().len());
    assert!(catalog.sources().iter().all(|s| s.path.is_some()));
}

#[test]
fn colours_change_nothing_but_colours() {
    let mistakes = load_file(Path::new("tests/lint/paths.yaml"), &BTreeMap::new()).unwrap_err();
    for mistake in mistakes {
        let (plain, coloured) = (mistake.render(false), mistake.render(true));
        assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
        let mut stripped = String::new();
        for piece in coloured.split('\u{1b}') {
            stripped += if coloured.starts_with(piece) { piece } else { piece.split_once('m').unwrap().1 };
        }
        assert_eq!(stripped, plain);
    }
}

#[test]
fn only_the_first_mistakes_of_many_are_told() {
    use std::fmt::Write;
    let mut text = GOOD.replace("id: good\n", "id: large\n");
    let (head, steps) = text.split_at(text.find("steps:").unwrap());
    let mut large = head.to_owned();
    for n in 0..MAX_ENTRIES - 50 {
        writeln!(large, "  r{n}: {{ host: {{ knob: burner/cpu.max }} }}").unwrap();
    }
    large += steps;
    for n in 0..MAX_ENTRIES - 250 {
        writeln!(large, "  - id: s{n}\n    title: Step\n    text: Text.\n    show: [r{n}]\n    expect: [{{ r{n}: {{ has: max }} }}]").unwrap();
    }
    text = large;
    let mistakes = load("large.yaml", &text, &BTreeMap::new()).unwrap_err();
    assert_eq!(mistakes.len(), 100);
    // Of more than anybody reads, one is told, and at once: what stands behind it is not looked at.
    let more = text.replacen("needs: [", &format!("needs: [{}", "uts_ns, ".repeat(100_000)), 1);
    let mistakes = load("large.yaml", &more, &BTreeMap::new()).unwrap_err();
    assert_eq!(mistakes.len(), 1, "{}", shown(&mistakes));
    assert!(mistakes[0].message.contains("more than 1000 entries"), "{}", shown(&mistakes));
    // An unknown word is not held against every word of the format by the product of their lengths.
    let word = "y".repeat(500_000);
    let text = GOOD.replace("hostname", &word);
    assert!(load("good.yaml", &text, &BTreeMap::new()).is_err());
}

/// Files broken in every way: whatever is told about them has its place in the text, and nothing panics.
#[test]
fn no_broken_file_is_too_much() {
    let faulty =
        have_their_places(&broken(GOOD, 5, |line| line), |text| load("good.yaml", text, &BTreeMap::new()));
    assert!(faulty > 200, "{faulty}");
}
