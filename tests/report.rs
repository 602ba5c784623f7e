//! Reports of records that are made by hand, without colours.

mod common {
    pub mod records;
}

use common::records::{all, blocked, failed, options, passed};
use insta::assert_snapshot;
use isolab::events::{Awaiting, Event, LessonRecord, Status};
use isolab::report::brief::Brief;
use isolab::report::{Format, Reporter, reporter};
use quick_xml::events::Event as Xml;

fn report(format: Format, width: usize, records: &[LessonRecord]) -> String {
    colored::control::set_override(false);
    let bytes = reporter(format, options(width)).finish(records);
    String::from_utf8(bytes).expect("UTF-8")
}

/// The events of a run that made this record.
fn events(record: &LessonRecord) -> Vec<Event> {
    let mut events = vec![Event::Opened {
        id: record.id.clone(),
        title: record.title.clone(),
        chosen: record.chosen.clone(),
    }];
    for (index, step) in record.steps.iter().enumerate() {
        events.push(Event::StepStarted { index, id: step.id.clone(), title: step.title.clone() });
        events.push(Event::Before(step.readouts.clone()));
        events.extend(step.actions.iter().cloned().map(Box::new).map(Event::Acted));
        events.extend(step.samples.iter().cloned().map(Event::Sampled));
        events.push(Event::Waiting { what: Awaiting::Measuring, at_most_ms: 10 });
        events.push(Event::StepEnded(Box::new(step.clone())));
    }
    events.push(Event::Closed(Box::new(record.clone())));
    events
}

#[test]
fn text_of_every_status() {
    assert_snapshot!("text_80", report(Format::Text, 80, &all()));
}

#[test]
fn text_on_a_wide_terminal() {
    assert_snapshot!("text_140", report(Format::Text, 140, &[passed(), failed()]));
}

#[test]
fn text_keeps_to_its_width_and_escapes_everything() {
    for width in [40, 60, 80, 100, 140] {
        let text = report(Format::Text, width, &all());
        for line in text.lines() {
            let columns = isolab::present::plain::width(line);
            assert!(columns <= width, "{columns} columns at {width}: {line}");
            assert_eq!(line, line.trim_end(), "trailing space at {width}");
        }
        let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(hostile), "a control character reached the terminal");
    }
}

fn brief(width: usize, events: &[Event], records: &[LessonRecord]) -> String {
    colored::control::set_override(false);
    let mut reporter = Brief::new(width);
    let mut bytes: Vec<u8> = events.iter().flat_map(|event| reporter.event(event)).collect();
    bytes.extend(reporter.finish(records));
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn brief_has_a_line_for_each_step_and_what_failed() {
    let said = brief(80, &[], &all());
    assert_snapshot!("brief_80", said);
    let streamed: Vec<Event> = all().iter().flat_map(events).collect();
    assert_eq!(brief(80, &streamed, &all()), said);
    for width in [40, 60, 140] {
        let said = brief(width, &[], &all());
        assert!(said.lines().all(|line| isolab::present::plain::width(line) <= width), "{said}");
    }
}

#[test]
fn a_step_that_is_not_run_names_what_it_comes_after() {
    let mut record = failed();
    record.steps.retain(|step| step.id != "tasks");
    let why = "it comes after readings, where 1 of 3 expectations hold";
    for (format, said) in [
        (Format::Text, format!("– not run: {why}")),
        (Format::Tap, format!("not run: {why}")),
        (Format::Junit, format!("not run: {why}")),
    ] {
        let report = report(format, 100, std::slice::from_ref(&record));
        assert!(report.contains(&said), "{format:?}: {report}");
    }
    assert!(brief(100, &[], &[record]).contains(&format!("after – {why}")));
}

#[test]
fn a_stream_says_the_same_as_the_records() {
    let records = all();
    for format in [Format::Text, Format::Json, Format::Junit, Format::Tap] {
        let mut reporter = reporter(format, options(80));
        colored::control::set_override(false);
        let mut bytes = Vec::new();
        for event in records.iter().flat_map(events) {
            bytes.extend(reporter.event(&event));
        }
        bytes.extend(reporter.finish(&records));
        let streamed = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(streamed, report(format, 80, &records), "{format:?}");
    }
}

#[test]
fn a_world_is_built_before_its_step_is_announced() {
    colored::control::set_override(false);
    let record = passed();
    let mut events = events(&record);
    let started = events.iter().position(|event| matches!(event, Event::StepStarted { .. })).expect("a step");
    let acted =
        events.iter().rposition(|event| matches!(event, Event::Acted(action) if action.actor == "guardian"));
    events.swap(started, acted.expect("an action of the setup"));
    let mut reporter = reporter(Format::Text, options(80));
    let said: Vec<u8> = events.iter().flat_map(|event| reporter.event(event)).collect();
    let said = String::from_utf8(said).expect("UTF-8");
    assert_eq!((said.matches("── setup").count(), said.matches("openat(AT_FDCWD").count()), (1, 1), "{said}");
}

#[test]
fn text_streams_before_a_step_has_ended() {
    colored::control::set_override(false);
    let record = passed();
    let mut reporter = reporter(Format::Text, options(80));
    let before_end = events(&record).into_iter().take_while(|event| !matches!(event, Event::StepEnded(_)));
    let said: Vec<u8> = before_end.flat_map(|event| reporter.event(&event)).collect();
    let said = String::from_utf8(said).expect("UTF-8");
    assert!(said.contains("openat(AT_FDCWD"), "{said}");
}

#[test]
fn json_is_one_document() {
    let json = report(Format::Json, 80, &all());
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document["format"], 1);
    assert_eq!(document["kernel"], "6.12.0-generic");
    assert_eq!(document["overall"], "left_behind");
    assert_eq!(document["lessons_by_status"]["blocked"], 2);
    let lessons: Vec<LessonRecord> = serde_json::from_value(document["lessons"].clone()).expect("records");
    assert_eq!(lessons, all(), "records come back as they were");
    assert_snapshot!("json", report(Format::Json, 80, &[passed()]));
}

#[test]
fn junit_of_every_status() {
    assert_snapshot!("junit", report(Format::Junit, 80, &all()));
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let xml = report(Format::Junit, 80, &all());
    let mut reader = quick_xml::Reader::from_str(&xml);
    reader.config_mut().check_end_names = true;
    let (mut open, mut seen) = (0_i32, std::collections::BTreeMap::<String, usize>::new());
    let mut totals = std::collections::BTreeMap::new();
    loop {
        let (start, depth) = match reader.read_event().expect("well-formed") {
            Xml::Start(start) => (start, 1),
            Xml::Empty(start) => (start, 0),
            Xml::End(_) => {
                open -= 1;
                continue;
            }
            Xml::Text(text) => {
                let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
                assert!(text.chars().all(legal));
                continue;
            }
            Xml::Eof => break,
            _ => continue,
        };
        open += depth;
        let name = start.name().as_ref().to_owned();
        for attribute in start.attributes() {
            let attribute = attribute.expect("attribute");
            if name == "testsuites" {
                totals.insert(attribute.key.as_ref().to_owned(), attribute.value.to_string());
            }
        }
        *seen.entry(name).or_default() += 1;
    }
    assert_eq!(open, 0);
    for (total, element) in
        [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
    {
        assert_eq!(totals[total], seen[element].to_string(), "{total}");
    }
}

#[test]
fn tap_of_every_status() {
    assert_snapshot!("tap", report(Format::Tap, 80, &all()));
}

#[test]
fn tap_counts_its_points() {
    let tap = report(Format::Tap, 80, &all());
    let points = tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).count();
    assert!(tap.starts_with("TAP version 13\n"));
    assert!(tap.ends_with(&format!("\n1..{points}\n")), "{tap}");
}

#[test]
fn tap_diagnostics_are_yaml() {
    let tap = report(Format::Tap, 80, &all());
    let mut blocks =
        tap.split("\n  ---\n").skip(1).map(|rest| rest.split("\n  ...\n").next().unwrap_or_default());
    let first: serde_yaml::Value = serde_yaml::from_str(blocks.next().expect("a block")).expect("YAML");
    assert_eq!(first["failed"][0]["actual"], "hello from inner");
    assert_eq!(first["calls"].as_sequence().map(Vec::len), Some(22));
    for block in blocks {
        let block: serde_yaml::Value = serde_yaml::from_str(block).expect("YAML");
        assert_eq!(block["severity"], "fail");
    }
}

#[test]
fn what_was_not_run_after_a_failure_is_not_ok() {
    let tap = report(Format::Tap, 80, &[failed()]);
    let line = tap.lines().find(|line| line.contains("mount/after")).expect("the step that was not run");
    assert!(line.starts_with("not ok "), "{line}");
}

#[test]
fn no_format_takes_a_lesson_without_steps_for_passed() {
    for status in [Status::Failed, Status::NotRun, blocked(), Status::NotHere] {
        let record = LessonRecord { status: status.clone(), steps: vec![], ..passed() };
        let tap = report(Format::Tap, 80, std::slice::from_ref(&record));
        let green = tap.lines().any(|line| line.starts_with("ok ") && !line.contains("# SKIP"));
        assert!(!green && tap.ends_with("1..1\n"), "{tap}");
        let junit = report(Format::Junit, 80, &[record]);
        assert!(["<failure", "<error", "<skipped"].iter().any(|e| junit.contains(e)), "{status:?}");
    }
}
