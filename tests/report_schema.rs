//! The reports for programs keep to their JSON Schema: those of runs of the built program, and those of records with everything that a record can have.

mod common;
#[path = "common/records.rs"]
mod records;

use common::Program;
use isolab::events::LessonRecord;
use isolab::lesson::file::LessonFile;
use isolab::report::{Format, reporter, schema::SCHEMA};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;

/// Lessons and scripts, some steps of which fail or are blocked everywhere.
const DEMOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demos");

fn mistakes(document: &Value) -> Vec<String> {
    let validator = jsonschema::draft7::new(&common::strict(SCHEMA)).expect("a schema");
    validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn keeps_to_the_schema(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).expect(text);
    let found = mistakes(&document);
    assert!(found.is_empty(), "{}\n{text}", found.join("\n"));
    document
}

/// What the built program prints.
fn printed(words: &[&str]) -> String {
    let program = Program::built();
    let mut command = program.command();
    command.args(["--lessons", "lessons"]).args(words).current_dir(DEMOS).stdout(Stdio::piped());
    let ran = command.output().expect("isolab");
    String::from_utf8(ran.stdout).expect("UTF-8")
}

fn every_verdict_has_its_texts(step: &Value) {
    for verdict in step["verdicts"].as_array().expect("a list") {
        for key in ["subject", "claim", "expected", "actual", "source"] {
            assert!(verdict[key].is_string(), "{key} in {verdict}");
        }
    }
    for action in step["actions"].as_array().expect("a list") {
        assert!(action["planned"].as_str().is_some_and(|text| !text.is_empty()), "{action}");
    }
}

#[test]
fn records_of_every_kind() {
    let mut options = records::options(80);
    let all: Vec<LessonRecord> = records::all();
    options.run.files = all.iter().map(|r| LessonFile::new(&r.id, "x.yaml", false, "")).collect();
    let bytes = reporter(Format::Json, options).finish(&all);
    let document = keeps_to_the_schema(&String::from_utf8(bytes).expect("UTF-8"));
    for lesson in document["lessons"].as_array().expect("a list") {
        lesson["steps"].as_array().expect("a list").iter().for_each(every_verdict_has_its_texts);
    }
}

#[test]
fn runs_that_pass_fail_and_are_blocked() {
    let document =
        keeps_to_the_schema(&printed(&["check", "lessons/plain.yaml", "nowhere", "uts", "--format", "json"]));
    let lessons = document["lessons"].as_array().expect("a list");
    let file = |lesson: usize| &lessons[lesson]["file"];
    assert_eq!((&file(0)["name"], &file(0)["built_in"]), (&"lessons/plain.yaml".into(), &false.into()));
    assert_eq!((&file(1)["name"], &file(1)["built_in"]), (&"lessons/nowhere.yaml".into(), &false.into()));
    assert_eq!((&file(2)["name"], &file(2)["built_in"]), (&"lessons/uts.yaml".into(), &true.into()));
    let text = std::fs::read_to_string(Path::new(DEMOS).join("lessons/plain.yaml")).expect("a lesson");
    assert_eq!(file(0)["sha256"], LessonFile::new("plain", "", false, &text).sha256);
    assert!(lessons[1]["status"]["blocked"]["reason"].is_string());
    let wrong = lessons[0]["steps"].as_array().expect("a list").iter().find(|step| step["id"] == "wrong");
    let wrong = wrong.expect("a step");
    let setup = &lessons[0]["steps"][0];
    assert!(setup["id"] != "setup" || setup["at"].is_null(), "the lesson's file has no such step");
    let line = |part: &str| 1 + text.lines().position(|line| line.contains(part)).expect("a line");
    assert_eq!(wrong["at"]["line"], line("id: wrong"));
    // Where namespaces are refused, everything is blocked.
    for verdict in wrong["verdicts"].as_array().expect("a list") {
        assert_eq!(verdict["at"]["line"], line("is: bird"));
    }
    let (started, ended) = (document["started"].as_str(), document["ended"].as_str());
    assert!(started.is_some() && started <= ended, "{started:?} {ended:?}");
}

#[test]
fn every_action_of_a_lesson_has_its_place() {
    let document = keeps_to_the_schema(&printed(&["check", "overlay", "net", "--format", "json"]));
    for lesson in document["lessons"].as_array().expect("a list") {
        for step in lesson["steps"].as_array().expect("a list") {
            let actions = step["actions"].as_array().expect("a list");
            let places = actions.iter().map(|action| &action["place"]).filter(|place| !place.is_null());
            let key = |place: &Value| {
                let order = ["setup", "given", "do"].iter().position(|list| place["list"] == *list);
                (order.expect("a list"), place["action"].as_u64(), place["verb"].as_u64())
            };
            let keys: Vec<_> = places.map(key).collect();
            assert!(keys.is_sorted_by(|one, next| one < next), "{}: {keys:?}", step["id"]);
            assert!(keys.iter().all(|(list, ..)| (*list == 0) == (step["id"] == "setup")), "{keys:?}");
        }
    }
}

#[test]
fn rehearsals() {
    let mut cues = 0;
    for script in ["bad.yaml", "chain.yaml"] {
        let words = ["demo", script, "--rehearse", "--format", "json"];
        let document = keeps_to_the_schema(&printed(&words));
        assert_eq!(document["lesson_files"]["plain"]["built_in"], false);
        for chapter in document["rehearsal"]["chapters"].as_array().expect("a list") {
            for cue in chapter["shown"].as_array().expect("a list") {
                cues += cue_has_its_texts(cue);
            }
        }
    }
    assert!(cues > 4, "{cues}");
}

/// Counts the cue, and those that stand in its place.
fn cue_has_its_texts(cue: &Value) -> usize {
    if cue["record"].is_object() {
        every_verdict_has_its_texts(&cue["record"]);
    }
    let fallback = cue["instead"]["fallback"].as_array();
    1 + fallback.into_iter().flatten().map(cue_has_its_texts).sum::<usize>()
}

#[test]
fn what_the_schema_does_not_name_is_found() {
    let bytes = reporter(Format::Json, records::options(80)).finish(&[]);
    let mut document: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(mistakes(&document), Vec::<String>::new());
    document["unheard"] = 1.into();
    assert!(!mistakes(&document).is_empty());
    assert!(printed(&["schema", "--report"]) == SCHEMA);
}
