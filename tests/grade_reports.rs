//! The reports of a grading, held against what reads them: the published descriptions of other graders' formats, and our own schema.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use isolab::events::{Claim, Judged, JudgedExpectation, Refusal, Status, Verdict};
use isolab::grading::{LessonGrade, Obstacle, Outcome, Shortfall, StepGrade};
use isolab::model::{Actual, Fact, Leftover, Reading, Value as Read};
use isolab::report::grade::{GradeFormat, Graded, SCHEMA, render};
use isolab::report::{Header, RunInfo};
use isolab::vocabulary::Chosen;
use serde_json::{Value, json};

fn failed() -> Verdict {
    let claim = Claim { readout: "box-name".into(), operators: vec![], within: None, r#for: None };
    let actual = Actual::Reading(Reading::Fact(Fact {
        raw: "\u{1b}[31mbrid".into(),
        value: Read::Text("\u{1b}[31mbrid".into()),
    }));
    let judged =
        JudgedExpectation { place: None, claim, viewpoint: "box".into(), path: "/proc".into(), actual };
    Verdict { judged: Judged::Expectation(Box::new(judged)), status: Status::Failed }
}

fn step(id: &str, points: u32, outcome: Outcome) -> StepGrade {
    StepGrade {
        id: id.into(),
        title: format!("=Title, \"of\" {id} # <&>"),
        points,
        outcome,
        typed: vec!["hostname brid".into()],
        printed: "box# hostname brid\r\n\u{1b}[2Jbox# ".into(),
        attempts: 1,
        took_ms: 1234,
    }
}

fn not_earned(why: Shortfall) -> Outcome {
    Outcome::NotEarned { why, verdicts: vec![failed()] }
}

fn blocked() -> Obstacle {
    Obstacle::Refused(Refusal::Blocked { reason: "no veth".into(), remedy: "modprobe veth".into() })
}

/// Every kind of outcome.
fn lessons() -> Vec<LessonGrade> {
    let steps = vec![
        step("copy", 2, Outcome::Earned),
        step("rename", 3, not_earned(Shortfall::Unmet)),
        step("slow", 1, not_earned(Shortfall::Overtime { seconds: 60, typed: 1 })),
        step("none", 1, Outcome::NotEarned { why: Shortfall::NoAnswer, verdicts: vec![] }),
        step("ended", 1, not_earned(Shortfall::ShellEnded)),
        step("killed", 1, not_earned(Shortfall::RunLost(Refusal::Engine("the guardian is gone".into())))),
        step(
            "closed",
            1,
            not_earned(Shortfall::NoShell {
                of: "host".into(),
                refusal: Refusal::NotABox { of: "host".into() },
            }),
        ),
        step("after", 1, not_earned(Shortfall::AfterFailure { step: "rename".into() })),
        step("blocked", 4, Outcome::NotGradable(blocked())),
        step("busy", 1, Outcome::NotGradable(Obstacle::OtherWork { percent: 93.5, attempts: 3 })),
        step("looks", 1, Outcome::NotCounted { reason: "This step only looks.".into() }),
    ];
    let left = vec![Leftover::Process { pid: 42 }];
    vec![LessonGrade {
        id: "uts".into(),
        title: "A hostname".into(),
        chosen: chosen(),
        steps,
        left,
        took_ms: 2500,
    }]
}

fn chosen() -> Chosen {
    let one = |name: &str, value: &str| [(name.to_owned(), value.to_owned())].into_iter().collect();
    let (values, alternatives) = (one("name", "wren"), one("reader", "domain"));
    Chosen { seed: "s1".parse().ok(), values, alternatives }
}

fn rendered(lessons: &[LessonGrade], format: GradeFormat) -> String {
    let text = |text: &str| text.to_owned();
    let header =
        Header { isolab: text("0.1.0"), kernel: text("6.1.0"), cgroup: text("v2"), rights: text("root") };
    let moment = "2026-11-26T17:00:00Z".parse().expect("a time");
    let run =
        RunInfo { architecture: text("x86_64"), uid: 0, started: moment, ended: Some(moment), files: vec![] };
    let (who, seed) = (Some("=ann"), "s1".parse().ok());
    let seed = seed.as_ref();
    render(
        &Graded { lessons, interrupted: false, who, seed, header: &header, run: &run, columns: 80 },
        format,
    )
}

fn parsed(format: GradeFormat) -> Value {
    serde_json::from_str(&rendered(&lessons(), format)).expect("JSON")
}

fn fits(schema: &Value, document: &Value) {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let faults: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_document_is_what_its_schema_says() {
    let document = parsed(GradeFormat::Json);
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    fits(&schema, &document);
    assert_eq!(
        (&document["earned"], &document["possible"], &document["not_gradable"]),
        (&json!(2), &json!(11), &json!(5))
    );
    assert_eq!(document["overall"], "left_behind");
    let mut unknown = document.clone();
    unknown["lessons"][0]["steps"][0]["outcome"] = json!("passed");
    assert!(!jsonschema::is_valid(&schema, &unknown), "the schema takes anything");
}

/// <https://gradescope-autograders.readthedocs.io/en/latest/specs/>, "Output format": scores are numbers, a status is one of two words, the formats of
/// output and names are four, and either the whole or each test has a score.
#[test]
fn gradescope_reads_its_results() {
    let format = json!({ "enum": ["text", "html", "simple_format", "md", "ansi"] });
    let schema = json!({
        "type": "object",
        "required": ["score", "tests"],
        "properties": {
            "score": { "type": "number", "minimum": 0 },
            "execution_time": { "type": "number", "minimum": 0 },
            "output": { "type": "string" },
            "output_format": format,
            "test_output_format": format,
            "test_name_format": format,
            "visibility": { "enum": ["hidden", "after_due_date", "after_published", "visible"] },
            "stdout_visibility": { "enum": ["hidden", "after_due_date", "after_published", "visible"] },
            "extra_data": { "type": "object" },
            "leaderboard": { "type": "array" },
            "tests": { "type": "array", "items": {
                "type": "object",
                "required": ["score", "name"],
                "properties": {
                    "score": { "type": "number" },
                    "max_score": { "type": "number" },
                    "status": { "enum": ["passed", "failed"] },
                    "name": { "type": "string" },
                    "name_format": format,
                    "number": { "type": "string" },
                    "output": { "type": "string" },
                    "output_format": format,
                    "tags": { "type": "array", "items": { "type": "string" } },
                    "visibility": { "enum": ["hidden", "after_due_date", "after_published", "visible"] },
                    "extra_data": { "type": "object" }
                },
                "additionalProperties": false
            } }
        },
        "additionalProperties": false
    });
    let document = parsed(GradeFormat::Gradescope);
    fits(&schema, &document);
    let tests = document["tests"].as_array().expect("tests");
    let sum = |key: &str| tests.iter().filter_map(|test| test[key].as_u64()).sum::<u64>();
    assert_eq!((sum("score"), sum("max_score"), &document["score"]), (2, 11, &json!(2)));
    assert_eq!(tests.len(), 10, "what is not counted is no test");
    let blocked = tests.iter().find(|test| test["name"] == "uts/blocked").expect("the step");
    assert_eq!((&blocked["max_score"], &blocked["status"]), (&json!(0), &Value::Null));
}

/// `classroom-resources/autograding-grading-reporter`: it decodes each runner's result, adds up `tests[].score` and compares it with `max_score`, and
/// fails where a status is `fail` or `error`.
#[test]
fn the_reporter_of_github_classroom_reads_the_result() {
    let text = rendered(&lessons(), GradeFormat::GithubClassroom);
    assert_eq!(text.lines().count(), 1, "the output of a step is one line");
    let bytes = BASE64_STANDARD.decode(text.trim_end()).expect("base64");
    let document: Value = serde_json::from_slice(&bytes).expect("JSON");
    let status = json!({ "enum": ["pass", "fail", "error"] });
    fits(
        &json!({
            "type": "object",
            "required": ["version", "status", "max_score", "tests"],
            "properties": {
                "version": { "const": 1 },
                "status": status,
                "max_score": { "type": "integer", "minimum": 0 },
                "tests": { "type": "array", "items": {
                    "type": "object",
                    "required": ["name", "status", "message", "score"],
                    "properties": {
                        "name": { "type": "string" },
                        "status": status,
                        "message": { "type": ["string", "null"] },
                        "score": { "type": "integer" },
                        "test_code": { "type": "string" },
                        "filename": { "type": "string" },
                        "line_no": { "type": "integer" },
                        "execution_time": { "type": "integer" }
                    },
                    "additionalProperties": false
                } }
            },
            "additionalProperties": false
        }),
        &document,
    );
    let total: u64 =
        document["tests"].as_array().expect("tests").iter().filter_map(|t| t["score"].as_u64()).sum();
    assert_eq!((total, &document["max_score"], &document["status"]), (2, &json!(11), &json!("error")));
    let whole = vec![LessonGrade { steps: vec![step("copy", 2, Outcome::Earned)], ..lessons().remove(0) }];
    let bytes =
        BASE64_STANDARD.decode(rendered(&whole, GradeFormat::GithubClassroom).trim_end()).expect("base64");
    let document: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((&document["status"], &document["max_score"]), (&json!("pass"), &json!(2)));
}

#[test]
fn scores_are_numbers_by_step() {
    let document = parsed(GradeFormat::Scores);
    let scores = document.as_object().expect("an object");
    assert_eq!(
        (&scores["uts/copy"], &scores["uts/rename"], &scores["uts/blocked"]),
        (&json!(2), &json!(0), &Value::Null)
    );
    assert!(!scores.contains_key("uts/looks"));
}

/// The records of RFC 4180.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    assert!(!quoted && field.is_empty() && record.is_empty(), "the last record is not ended");
    all
}

#[test]
fn a_row_for_each_step_that_no_spreadsheet_takes_for_a_formula() {
    let rows = records(&rendered(&lessons(), GradeFormat::Csv));
    assert_eq!(rows.len(), 12);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
    let column = |name: &str| rows[0].iter().position(|head| head == name).expect(name);
    assert_eq!(rows[1][column("who")], "'=ann");
    assert_eq!(rows[1][column("title")], "'=Title, \"of\" copy # <&>");
    let earned: Vec<&str> = rows[1..].iter().map(|row| row[column("earned")].as_str()).collect();
    assert_eq!(earned, ["2", "0", "0", "0", "0", "0", "0", "0", "", "", ""]);
}

#[test]
fn a_point_of_tap_for_each_step() {
    let text = rendered(&lessons(), GradeFormat::Tap);
    let points: Vec<&str> =
        text.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).collect();
    assert_eq!(text.lines().next(), Some("TAP version 13"));
    assert_eq!(text.lines().last(), Some(format!("1..{}", points.len()).as_str()));
    let skipped = points.iter().filter(|line| line.starts_with("ok ") && line.contains(" # SKIP ")).count();
    let passed = points.iter().filter(|line| line.starts_with("ok ")).count() - skipped;
    assert_eq!((passed, skipped, points.len()), (1, 3, 12), "{text}");
    assert!(points[0].contains("copy \\# <&>"), "a title is no directive: {}", points[0]);
}

#[test]
fn a_case_of_junit_for_each_step() {
    use quick_xml::events::Event;
    let text = rendered(&lessons(), GradeFormat::Junit);
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let mut totals = String::new();
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name().as_ref().to_owned();
                if name == "testsuite" {
                    totals = (*tag).to_owned();
                }
                *counts.entry(name).or_default() += 1;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((counts["testcase"], counts["failure"], counts["skipped"]), (11, 7, 3));
    assert!(totals.contains("tests=\"11\" failures=\"7\" errors=\"0\" skipped=\"3\""), "{totals}");
}

#[test]
fn the_report_for_people() {
    insta::assert_snapshot!(rendered(&lessons(), GradeFormat::Text));
}

#[test]
fn nothing_that_a_student_printed_acts_on_a_terminal() {
    for format in [
        GradeFormat::Json,
        GradeFormat::Junit,
        GradeFormat::Tap,
        GradeFormat::Csv,
        GradeFormat::Gradescope,
        GradeFormat::GithubClassroom,
        GradeFormat::Scores,
        GradeFormat::Text,
    ] {
        let text = rendered(&lessons(), format);
        let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\r');
        assert!(!text.contains(acts), "{format:?}: {text:?}");
    }
}
