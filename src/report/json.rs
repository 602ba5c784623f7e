//! The records as one JSON document.

use super::reporter::{Header, Reporter};
use super::status::{Counts, Overall, overall};
use super::texts;
use crate::events::{Event, LessonRecord};
use crate::present::plain;
use serde::Serialize;
use serde_json::Value;

/// Version of the document's shape. A key that is added does not change it; one that goes or changes its meaning does.
pub const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    #[serde(flatten)]
    header: &'a Header,
    overall: Overall,
    lessons_by_status: Counts,
    lessons: Value,
}

/// See [`super::Format::Json`].
pub struct Json {
    header: Header,
}

impl Json {
    /// A reporter with this header.
    pub fn new(header: Header) -> Self {
        Json { header }
    }
}

impl Reporter for Json {
    fn event(&mut self, _: &Event) -> Vec<u8> {
        Vec::new()
    }

    fn finish(&mut self, records: &[LessonRecord]) -> Vec<u8> {
        let text = texts::lessons(records).and_then(|lessons| {
            let document = Document {
                format: FORMAT,
                header: &self.header,
                overall: overall(records, false),
                lessons_by_status: Counts::of(records.iter().map(|record| &record.status)),
                lessons,
            };
            serde_json::to_string_pretty(&document)
        });
        let text =
            text.unwrap_or_else(|e| format!("{{\"format\": {FORMAT}, \"error\": {:?}}}", e.to_string()));
        (plain::json(&text) + "\n").into_bytes()
    }
}
