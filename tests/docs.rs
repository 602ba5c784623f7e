//! The authors' documentation lists every word of the format and none besides; what pages show and name is so.

mod common;
#[path = "docs/tables.rs"]
mod tables;

use isolab::lesson::{load, schema};
use isolab::vocabulary::Val;
use isolab::vocabulary::host_files::HOST_PLACES;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const DOCS: &str = include_str!("../docs/lesson-format.md");

/// The section below a heading, down to the next heading.
fn section(heading: &str) -> &'static str {
    let start = DOCS.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let body = &DOCS[start + heading.len() + 2..];
    &body[..body.find("\n#").unwrap_or(body.len())]
}

/// The words in backticks that begin the rows of a section's table.
fn listed(heading: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for row in section(heading).lines().filter_map(|l| l.strip_prefix("| `")) {
        let word = row.split('`').next().unwrap().to_owned();
        assert!(words.insert(word.clone()), "{heading}: {word} occurs twice");
    }
    words
}

fn words(list: &[(String, String)]) -> BTreeSet<String> {
    list.iter().map(|(word, _)| word.clone()).collect()
}

#[test]
fn every_word_is_documented_and_none_besides() {
    assert_eq!(listed("## Verbs"), words(&schema::verbs()));
    assert_eq!(listed("## Readers"), words(&schema::readers()));
    assert_eq!(listed("## Operators"), words(&schema::operators()));
    assert_eq!(listed("## Needs"), words(&schema::needs()));
    assert_eq!(listed("### Namespaces"), words(&schema::namespaces()));
    assert_eq!(listed("### Signals"), words(&schema::signals()));
    assert_eq!(listed("### Controllers"), words(&schema::controllers()));
    assert_eq!(listed("### Workloads"), words(&schema::workloads()));
    let places = HOST_PLACES.iter().map(|place| place.path().to_owned()).collect();
    assert_eq!(listed("### What the host reads"), places);
    let knobs: BTreeSet<String> = schema::knobs().map(str::to_owned).collect();
    assert_eq!(listed("### Control files"), knobs);
}

#[test]
fn every_word_has_a_description() {
    for (word, text) in [schema::verbs(), schema::readers(), schema::operators(), schema::needs()].concat() {
        assert!(!text.is_empty(), "{word}");
    }
}

#[test]
fn every_key_is_documented() {
    let schema = schema::schema();
    let keys = |pointer: &str| -> BTreeSet<String> {
        schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect()
    };
    let documented = |heading: &str| -> BTreeSet<String> {
        let cells = section(heading).lines().filter_map(|l| l.strip_prefix("| ")?.split(" | ").next());
        cells
            .flat_map(|c| c.split(", "))
            .filter_map(|c| Some(c.strip_prefix('`')?.strip_suffix('`')?.to_owned()))
            .collect()
    };
    assert_eq!(documented("## The lesson"), keys("/properties"));
    assert_eq!(documented("## Steps"), keys("/definitions/Step/properties"));
    assert_eq!(documented("### Boxes"), keys("/definitions/BoxDecl/properties"));
}

#[test]
fn units_are_those_that_values_are_read_with() {
    for unit in listed("### Units") {
        let value = Val::parse(&format!("2{unit}")).unwrap();
        assert!(matches!(value, Val::Quantity(..)), "{unit}");
    }
    let error = Val::parse("2parsec").unwrap_err();
    let known = error.split("known: ").nth(1).unwrap();
    let known: BTreeSet<String> = known.split(' ').map(str::to_owned).collect();
    assert_eq!(listed("### Units"), known);
}

#[test]
fn the_example_is_a_lesson() {
    let start = DOCS.find("```yaml\nformat: 1").unwrap() + "```yaml\n".len();
    let text = &DOCS[start..start + DOCS[start..].find("```").unwrap()];
    let lesson = load("names.yaml", text, &BTreeMap::new());
    assert_eq!(
        lesson.map_err(|d| d.iter().map(ToString::to_string).collect::<String>()).unwrap().id,
        "names"
    );
}

/// The pages that people read, each with its path.
fn pages() -> Vec<(String, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> =
        std::fs::read_dir(top.join("docs")).expect("docs").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "md"));
    paths.push(top.join("README.md"));
    let read =
        |p: &std::path::PathBuf| (p.display().to_string(), std::fs::read_to_string(p).expect("a page"));
    paths.iter().map(read).collect()
}

/// The fenced blocks of a page: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```") {
        let Some((info, body)) = after.split_once('\n') else { break };
        let end = if body.starts_with("```") { 0 } else { body.find("\n```").map_or(body.len(), |e| e + 1) };
        found.push((info, &body[..end]));
        rest = body[end..].strip_prefix("```").unwrap_or_default();
    }
    found
}

fn page(name: &str) -> String {
    let all = pages();
    all.into_iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn what_pages_link_to_and_name_is_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for (path, text) in pages() {
        let beside = Path::new(&path).parent().expect("a directory");
        let links = text.split("](").skip(1).filter_map(|l| l.split(')').next());
        let links =
            links.filter(|l| !l.contains("://")).map(|l| beside.join(l.split('#').next().unwrap_or(l)));
        let spans = text.split('`').skip(1).step_by(2).filter(|s| {
            ["tests/", "src/", "scripts/", "docs/"].iter().any(|d| s.starts_with(d))
                && !s.contains(['…', '<'])
        });
        let spans = spans.filter_map(|s| s.split_whitespace().next()).map(|s| top.join(s));
        for named in links.chain(spans) {
            assert!(named.as_os_str() == beside.as_os_str() || named.exists(), "{path}: {}", named.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

/// The first lesson of an author: lints, runs, and is told as the page does.
#[test]
fn the_lessons_that_authors_begin_with_are_lessons() {
    let text = page("docs/authors.md");
    let lessons: Vec<&str> = blocks(&text)
        .into_iter()
        .filter(|(info, _)| *info == "yaml own/quiet.yaml")
        .map(|(_, b)| b)
        .collect();
    assert_eq!(lessons.len(), 2);
    let scratch = common::Scratch::new();
    let file = scratch.file("quiet.yaml");
    for lesson in lessons {
        std::fs::write(&file, lesson).expect("write the lesson");
        let run = |words: &[&str]| {
            let mut command = Command::new(common::ISOLAB);
            command.args(words).arg(&file).env_remove("ISOLAB_RUN");
            let output = command.output().expect("isolab starts");
            (
                output.status.code(),
                String::from_utf8_lossy(&output.stdout).into_owned()
                    + &String::from_utf8_lossy(&output.stderr),
            )
        };
        let (code, said) = run(&["lint"]);
        assert_eq!(code, Some(0), "{said}");
        match run(&["check"]) {
            (Some(0), _) => {}
            (Some(3), said) => common::skip("an author's first lesson", said.trim()),
            (code, said) => panic!("{code:?}: {said}"),
        }
    }
}

/// The patterns of the page for authors, each with the first lines that all lessons have.
#[test]
fn the_patterns_for_authors_are_lessons() {
    let text = page("docs/authors.md");
    let (_, section) = text.split_once("\n## Patterns\n").expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    let patterns: Vec<&str> =
        blocks(section).into_iter().filter(|(info, _)| *info == "yaml").map(|(_, block)| block).collect();
    assert_eq!(patterns.len(), section.matches("\n### ").count());
    let scratch = common::Scratch::new();
    let file = scratch.file("pattern.yaml");
    for pattern in patterns {
        let head = "format: 1\nid: pattern\ntitle: A pattern\nsummary: One sentence.\nminutes: 5\n";
        std::fs::write(&file, [head, pattern].concat()).expect("write the lesson");
        let run = |words: &[&str]| {
            let mut command = Command::new(common::ISOLAB);
            let output =
                command.args(words).arg(&file).env_remove("ISOLAB_RUN").output().expect("isolab starts");
            let said = [output.stdout, output.stderr].concat();
            (output.status.code(), String::from_utf8_lossy(&said).into_owned())
        };
        assert_eq!(run(&["lint"]), (Some(0), "1 file, no mistakes\n".to_owned()), "{pattern}");
        match run(&["check", "--brief"]) {
            (Some(0), _) => {}
            (Some(3), said) => common::skip("a pattern for authors", said.trim()),
            (code, said) => panic!("{code:?}: {said}\n{pattern}"),
        }
    }
}

/// Every command in a file for a CI server stands on the page once more as one to be typed: those are run (tests/readme).
#[test]
fn examples_for_ci_servers_are_yaml_and_their_commands_are_run() {
    fn commands(of: &serde_yaml::Value, found: &mut Vec<String>) {
        match of {
            serde_yaml::Value::Mapping(map) => {
                for (key, value) in map {
                    match (key.as_str(), value) {
                        (Some("run"), serde_yaml::Value::String(line)) => found.push(line.clone()),
                        (Some("script"), serde_yaml::Value::Sequence(lines)) => {
                            found.extend(lines.iter().filter_map(|l| Some(l.as_str()?.to_owned())));
                        }
                        _ => commands(value, found),
                    }
                }
            }
            serde_yaml::Value::Sequence(all) => all.iter().for_each(|v| commands(v, found)),
            _ => {}
        }
    }
    let text = page("docs/checks.md");
    let typed: BTreeSet<&str> =
        blocks(&text).into_iter().filter(|(info, _)| *info == "sh").flat_map(|(_, b)| b.lines()).collect();
    let mut files = 0;
    for (_, block) in blocks(&text).into_iter().filter(|(info, _)| *info == "yaml") {
        let value = serde_yaml::from_str(block).unwrap_or_else(|e| panic!("{e}: {block}"));
        let mut found = Vec::new();
        commands(&value, &mut found);
        assert!(!found.is_empty(), "{block}");
        for command in found {
            assert!(typed.contains(command.as_str()), "nobody runs `{command}`");
        }
        files += 1;
    }
    assert_eq!(files, 2);
}
