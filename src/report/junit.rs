//! JUnit XML: a lesson is a test suite, a step a test case.

use super::points::{Point, PointResult, call_lines, points};
use super::reporter::{Header, Reporter};
use crate::events::{Event, LessonRecord, Status, StepRecord};
use crate::present::plain::{escape, one_line};
use crate::present::verdict as words;
use quick_xml::events::{BytesDecl, BytesText, Event as Xml};
use quick_xml::writer::Writer;
use std::io::Result;

/// See [`super::Format::Junit`].
pub struct Junit {
    header: Header,
}

impl Junit {
    /// A reporter with this header.
    pub fn new(header: Header) -> Self {
        Junit { header }
    }

    fn document(&self, records: &[LessonRecord]) -> Result<Vec<u8>> {
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let suites: Vec<(&LessonRecord, Vec<Point>)> = records.iter().map(|r| (r, points(r))).collect();
        let mut totals = totals(suites.iter().flat_map(|(_, points)| points));
        totals.push(("time", seconds(records.iter().map(|r| r.took_ms).sum())));
        let root = xml.create_element("testsuites").with_attribute(("name", "isolab"));
        root.with_attributes(borrowed(&totals)).write_inner_content(|xml| {
            suites.iter().try_for_each(|(lesson, points)| self.suite(xml, lesson, points))
        })?;
        let mut bytes = xml.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn suite(&self, xml: &mut Writer<Vec<u8>>, lesson: &LessonRecord, points: &[Point]) -> Result<()> {
        let mut attributes = vec![("name", legal(&one_line(&lesson.id)))];
        attributes.extend(totals(points));
        attributes.push(("time", seconds(lesson.took_ms)));
        let Header { isolab, kernel, cgroup, rights } = &self.header;
        let properties = [
            ("title", &lesson.title),
            ("isolab", isolab),
            ("kernel", kernel),
            ("cgroup", cgroup),
            ("rights", rights),
        ];
        xml.create_element("testsuite").with_attributes(borrowed(&attributes)).write_inner_content(
            |xml| {
                xml.create_element("properties").write_inner_content(|xml| {
                    for (name, value) in properties {
                        let value = legal(&one_line(value));
                        let property = xml.create_element("property").with_attribute(("name", name));
                        property.with_attribute(("value", value.as_str())).write_empty()?;
                    }
                    Ok(())
                })?;
                points.iter().try_for_each(|point| case(xml, &lesson.id, point))
            },
        )?;
        Ok(())
    }
}

impl Reporter for Junit {
    fn event(&mut self, _: &Event) -> Vec<u8> {
        Vec::new()
    }

    fn finish(&mut self, records: &[LessonRecord]) -> Vec<u8> {
        // Writing to a Vec cannot fail; if it did, no server would take an empty report for a success.
        self.document(records).unwrap_or_default()
    }
}

fn case(xml: &mut Writer<Vec<u8>>, lesson: &str, point: &Point) -> Result<()> {
    let class = legal(&one_line(&format!("isolab.{lesson}")));
    let name = legal(&one_line(&format!("{}: {}", point.id, point.title)));
    let time = seconds(point.took_ms);
    let attributes = [("classname", class.as_str()), ("name", name.as_str()), ("time", time.as_str())];
    let case = xml.create_element("testcase").with_attributes(attributes);
    let (element, kind, message) = match &point.outcome {
        PointResult::Ok => {
            case.write_empty()?;
            return Ok(());
        }
        PointResult::Skipped(message) => ("skipped", None, message),
        PointResult::Failed(message) if point.step.is_some() => ("failure", Some("expectation"), message),
        PointResult::Failed(message) => ("failure", Some("lesson"), message),
        PointResult::Missing(message) => ("error", Some("not-run"), message),
    };
    case.write_inner_content(|xml| {
        let message = legal(&one_line(message));
        let mut result = xml.create_element(element).with_attribute(("message", message.as_str()));
        if let Some(kind) = kind {
            result = result.with_attribute(("type", kind));
        }
        match point.step.filter(|_| element == "failure") {
            Some(step) => result.write_text_content(BytesText::new(&details(step)))?,
            None => result.write_empty()?,
        };
        Ok(())
    })?;
    Ok(())
}

/// What a person needs on the CI server's page: the claims that failed and the calls that were made.
fn details(step: &StepRecord) -> String {
    let mut out = String::from("\n");
    for verdict in step.verdicts.iter().filter(|verdict| verdict.status == Status::Failed) {
        out += &format!(
            "{}\n  expected: {}\n  actual:   {}\n  read:     {}\n",
            words::claim(verdict),
            below(&words::expected(verdict)),
            below(&words::actual(verdict)),
            words::source(verdict)
        );
    }
    for line in step.actions.iter().flat_map(call_lines) {
        out += &format!("{line}\n");
    }
    legal(&escape(&out))
}

/// A value whose further lines are aligned below its first.
fn below(value: &str) -> String {
    value.trim_end().replace('\n', "\n            ")
}

fn totals<'a, 'b: 'a>(points: impl IntoIterator<Item = &'a Point<'b>>) -> Vec<(&'static str, String)> {
    let [mut tests, mut failures, mut errors, mut skipped] = [0_usize; 4];
    for point in points {
        tests += 1;
        match point.outcome {
            PointResult::Ok => {}
            PointResult::Failed(_) => failures += 1,
            PointResult::Missing(_) => errors += 1,
            PointResult::Skipped(_) => skipped += 1,
        }
    }
    [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)]
        .map(|(name, n)| (name, n.to_string()))
        .to_vec()
}

pub(super) fn borrowed<'a>(
    attributes: &'a [(&'static str, String)],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str()))
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Removes the characters that XML 1.0 cannot write, not even as a reference (section 2.2).
pub(super) fn legal(text: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if allowed(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}
