//! A handout says what the run's record says: every call, every value, every check, and nothing that passed only on paper.

use isolab::lesson::Catalog;
use isolab::lesson::shape::{Lesson, Version};
use isolab::model::{LessonRecord, Reading, Status};
use isolab::report::Header;
use isolab::report::markdown::{Context, handout};
use std::collections::BTreeMap;
use std::process::Command;

fn isolab(arguments: &[&str]) -> (i32, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_isolab")).args(arguments).output().expect("isolab");
    (run.status.code().unwrap_or(-1), String::from_utf8(run.stdout).expect("UTF-8"))
}

/// A real run, as JSON has it.
fn run(id: &str) -> (Lesson, LessonRecord, Header) {
    let (_, json) = isolab(&["check", id, "--format", "json", "--allow-blocked"]);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let record = serde_json::from_value(document["lessons"][0].clone()).expect("a record");
    let word = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
    let header = Header {
        isolab: word("isolab"),
        kernel: word("kernel"),
        cgroup: word("cgroup"),
        rights: word("rights"),
    };
    let lesson =
        Catalog::built_in().find(id).expect("a lesson").load(&BTreeMap::new()).expect("without mistakes");
    (lesson, record, header)
}

fn made(lesson: &Lesson, record: &LessonRecord, header: &Header) -> String {
    let version = if header.cgroup == "v2" { Version::V2 } else { Version::V1 };
    let context = Context { header, version, rootless: header.rights == "rootless", fill: &|_| None };
    handout(lesson, record, &context)
}

/// Without the backslashes that keep Markdown from reading markup into values.
fn plain(text: &str) -> String {
    text.replace('\\', "")
}

#[test]
fn it_has_all_that_the_run_has() {
    for id in ["uts", "mount", "net", "overlay"] {
        let (lesson, record, header) = run(id);
        if let Status::Blocked { reason, .. } = &record.status {
            eprintln!("skipped: {id} is blocked: {reason}");
            continue;
        }
        let text = plain(&made(&lesson, &record, &header));
        for step in record.steps.iter().filter(|s| s.id != "setup") {
            let title = format!(". {}\n", step.title);
            let from = text.find(&title).unwrap_or_else(|| panic!("{id}: no step {}", step.id));
            let part = &text[from + title.len()..];
            let part = &part[..part.find("\n## ").unwrap_or(part.len())];
            let holds = |wanted: &str, what: &str| {
                let wanted = plain(wanted);
                assert!(part.contains(&wanted), "{id} {}: {what} is missing: {wanted}\n{part}", step.id);
            };
            for call in step.actions.iter().flat_map(ActorCalls::actor_calls) {
                holds(&call, "a call");
            }
            for readout in &step.readouts {
                for reading in [&readout.before, &readout.after] {
                    if let Reading::Fact(fact) = reading {
                        let first = fact.value.to_string();
                        let words: Vec<&str> =
                            first.lines().next().unwrap_or_default().split_whitespace().collect();
                        for word in words {
                            holds(word, "a value");
                        }
                    }
                }
            }
            for verdict in &step.verdicts {
                let sign = if verdict.status == Status::Passed { "✓" } else { "✗" };
                holds(&format!("{sign} {}", verdict.claim.replace('\n', " ")), "a check");
            }
        }
    }
}

trait ActorCalls {
    fn actor_calls(&self) -> Vec<String>;
}

impl ActorCalls for isolab::model::ActionRecord {
    fn actor_calls(&self) -> Vec<String> {
        self.calls.iter().map(|call| format!("{} {}  {call}", self.actor, call.pid)).collect()
    }
}

#[test]
fn what_failed_is_told_with_what_was_read_and_without_the_lesson_s_conclusion() {
    let (lesson, mut record, header) = run("uts");
    let Some(step) = record.steps.iter_mut().find(|s| s.id == "rename" && !s.verdicts.is_empty()) else {
        eprintln!("skipped: uts was not run here");
        return;
    };
    step.status = Status::Failed;
    step.verdicts[0].status = Status::Failed;
    step.verdicts[0].actual = "no|bird".to_owned();
    let text = made(&lesson, &record, &header);
    assert!(text.contains("✗ box-name is bird: expected bird, actual no\\|bird, from "), "{text}");
    let part = &text[text.find("## 2.").expect("the step")..text.find("## 3.").expect("the next one")];
    assert!(part.contains("Checks: **✗ failed**") && !part.contains("It is so"), "{part}");
}

#[test]
fn the_command_writes_it_and_ends_as_a_check_does() {
    let (checked, _) = isolab(&["check", "uts"]);
    let (code, text) = isolab(&["render", "uts"]);
    assert_eq!(code, checked);
    assert!(text.starts_with("# A hostname of one's own\n"), "{text}");
    assert_eq!(text.matches("\n## ").count(), 5, "{text}");
    let file = std::env::temp_dir().join(format!("render-{}.md", std::process::id()));
    let (code, printed) = isolab(&["render", "uts", "--output", file.to_str().expect("UTF-8")]);
    let written = std::fs::read_to_string(&file).expect("the handout");
    std::fs::remove_file(file).expect("a file of this test");
    assert_eq!((code, printed.as_str()), (checked, ""));
    assert_eq!(written.lines().count(), text.lines().count());
    assert_eq!(isolab(&["render", "nosuch"]).0, 2);
}
