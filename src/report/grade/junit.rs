//! Grades in JUnit XML: a suite for each lesson, a case for each step.

use super::super::junit::{borrowed, legal, seconds};
use super::graded::Graded;
use super::sentence;
use crate::grading::score::{LessonGrade, Outcome, StepGrade};
use crate::present::plain::one_line;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event as Xml};
use std::io::Result;

/// All lessons.
pub fn document(graded: &Graded) -> String {
    // Writing to a Vec cannot fail; if it did, no server would take an empty report for a success.
    let bytes = written(graded).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn written(graded: &Graded) -> Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut totals = totals(graded.lessons.iter().flat_map(|lesson| &lesson.steps));
    totals.insert(0, ("name", "isolab".to_owned()));
    totals.push(("time", seconds(graded.lessons.iter().map(|lesson| lesson.took_ms).sum())));
    let root = xml.create_element("testsuites").with_attributes(borrowed(&totals));
    root.write_inner_content(|xml| graded.lessons.iter().try_for_each(|lesson| suite(xml, lesson)))?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn suite(xml: &mut Writer<Vec<u8>>, lesson: &LessonGrade) -> Result<()> {
    let mut all = vec![("name", legal(&one_line(&lesson.id)))];
    all.extend(totals(&lesson.steps));
    all.push(("time", seconds(lesson.took_ms)));
    let suite = xml.create_element("testsuite").with_attributes(borrowed(&all));
    suite.write_inner_content(|xml| lesson.steps.iter().try_for_each(|step| case(xml, &lesson.id, step)))?;
    Ok(())
}

fn case(xml: &mut Writer<Vec<u8>>, lesson: &str, step: &StepGrade) -> Result<()> {
    let all = [
        ("classname", legal(&one_line(&format!("isolab.{lesson}")))),
        ("name", legal(&one_line(&format!("{}: {}", step.id, step.title)))),
        ("time", seconds(step.took_ms)),
    ];
    let case = xml.create_element("testcase").with_attributes(borrowed(&all));
    let message = legal(&one_line(&sentence::message(&step.outcome)));
    let (element, kind) = match step.outcome {
        Outcome::Earned => {
            case.write_empty()?;
            return Ok(());
        }
        Outcome::NotEarned { .. } => ("failure", Some("not-earned")),
        Outcome::NotGradable(_) | Outcome::NotCounted { .. } => ("skipped", None),
    };
    case.write_inner_content(|xml| {
        let mut result = xml.create_element(element).with_attribute(("message", message.as_str()));
        if let Some(kind) = kind {
            result = result.with_attribute(("type", kind));
        }
        result.write_empty()?;
        Ok(())
    })?;
    Ok(())
}

fn totals<'g>(steps: impl IntoIterator<Item = &'g StepGrade>) -> Vec<(&'static str, String)> {
    let [mut tests, mut failures, mut skipped] = [0_usize; 3];
    for step in steps {
        tests += 1;
        match step.outcome {
            Outcome::Earned => {}
            Outcome::NotEarned { .. } => failures += 1,
            Outcome::NotGradable(_) | Outcome::NotCounted { .. } => skipped += 1,
        }
    }
    let all = [("tests", tests), ("failures", failures), ("errors", 0), ("skipped", skipped)];
    all.map(|(name, n)| (name, n.to_string())).to_vec()
}
