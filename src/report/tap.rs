//! The Test Anything Protocol, version 13 (testanything.org): one test point for each step.

use super::points::{Point, PointResult, call_lines, points};
use super::reporter::{Header, Reporter};
use crate::events::{Event, LessonRecord, Status, Verdict};
use crate::present::plain::{escape, one_line};
use crate::present::verdict as words;
use serde_json::json;

/// See [`super::Format::Tap`].
pub struct Tap {
    header: Header,
    points: usize,
    begun: bool,
    reported: Vec<String>,
}

impl Tap {
    /// A reporter with this header.
    pub fn new(header: Header) -> Self {
        Tap { header, points: 0, begun: false, reported: Vec::new() }
    }

    fn begin(&mut self) -> String {
        if std::mem::replace(&mut self.begun, true) {
            return String::new();
        }
        let Header { isolab, kernel, cgroup, rights } = &self.header;
        let header = format!("isolab {isolab}, kernel {kernel}, cgroup {cgroup}, {rights}");
        format!("TAP version 13\n# {}\n", one_line(&header))
    }

    fn lesson(&mut self, lesson: &LessonRecord) -> String {
        let mut out = self.begin();
        out += &format!("# {} · {}\n", one_line(&lesson.id), one_line(&lesson.title));
        for point in points(lesson) {
            self.points += 1;
            out += &self.point(&lesson.id, &point);
        }
        self.reported.push(lesson.id.clone());
        out
    }

    fn point(&self, lesson: &str, point: &Point) -> String {
        let name = description(&format!("{lesson}/{}: {}", point.id, point.title));
        let n = self.points;
        match &point.outcome {
            PointResult::Ok => format!("ok {n} - {name}\n"),
            PointResult::Skipped(why) => format!("ok {n} - {name} # SKIP {}\n", one_line(why)),
            PointResult::Failed(message) => format!("not ok {n} - {name}\n{}", diagnostics(point, message)),
            PointResult::Missing(message) => {
                format!("not ok {n} - {name} - not run\n{}", diagnostics(point, message))
            }
        }
    }
}

impl Reporter for Tap {
    fn event(&mut self, event: &Event) -> Vec<u8> {
        match event {
            Event::Closed(lesson) => self.lesson(lesson).into_bytes(),
            _ => Vec::new(),
        }
    }

    fn finish(&mut self, records: &[LessonRecord]) -> Vec<u8> {
        let mut out = self.begin();
        for lesson in records {
            if !self.reported.contains(&lesson.id) {
                out += &self.lesson(lesson);
            }
        }
        out += &format!("1..{}\n", self.points);
        out.into_bytes()
    }
}

/// A description in which no `#` can begin a directive.
pub(super) fn description(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

/// The YAML block below a point that is not ok, with nothing but a message.
pub(super) fn message(text: &str) -> String {
    format!("{}  ...\n", opened(text))
}

fn opened(message: &str) -> String {
    format!("  ---\n  message: {}\n  severity: fail\n", json!(message))
}

/// The YAML block below a point that is not ok. Every text is a JSON string, which is YAML too, and the one kind of scalar
/// that the small YAML readers of TAP harnesses agree on.
fn diagnostics(point: &Point, message: &str) -> String {
    let mut out = opened(message);
    let failed = |verdict: &&Verdict| verdict.status == Status::Failed;
    let verdicts = point.step.map_or(&[][..], |step| &step.verdicts);
    for (i, verdict) in verdicts.iter().filter(failed).enumerate() {
        out += if i == 0 { "  failed:\n" } else { "" };
        let fields = [
            ("- claim", words::claim(verdict)),
            ("  expected", words::expected(verdict)),
            ("  actual", words::actual(verdict)),
            ("  source", words::source(verdict)),
        ];
        out.extend(fields.iter().map(|(key, text)| format!("    {key}: {}\n", json!(escape(text)))));
    }
    let actions = point.step.map_or(&[][..], |step| &step.actions);
    for (i, line) in actions.iter().flat_map(call_lines).enumerate() {
        out += if i == 0 { "  calls:\n" } else { "" };
        out += &format!("    - {}\n", json!(line));
    }
    out + "  ...\n"
}
