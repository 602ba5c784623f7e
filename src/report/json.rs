//! The records as one JSON document.

use super::record::LessonView;
use super::reporter::{Header, Reporter, RunInfo, RunView};
use super::status::{Counts, Overall, overall};
use crate::events::{Event, LessonRecord};
use crate::present::plain;
use serde::Serialize;

/// Version of the document's shape. A key that is added does not change it; one that goes or changes its meaning does.
pub const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    #[serde(flatten)]
    header: &'a Header,
    #[serde(flatten)]
    run: RunView<'a>,
    overall: Overall,
    lessons_by_status: Counts,
    lessons: Vec<LessonView<'a>>,
}

/// See [`super::Format::Json`].
pub struct Json {
    header: Header,
    run: RunInfo,
}

impl Json {
    /// A reporter of this run.
    pub fn new(header: Header, run: RunInfo) -> Self {
        Json { header, run }
    }
}

impl Reporter for Json {
    fn event(&mut self, _: &Event) -> Vec<u8> {
        Vec::new()
    }

    fn finish(&mut self, records: &[LessonRecord]) -> Vec<u8> {
        let document = Document {
            format: FORMAT,
            header: &self.header,
            run: self.run.view(),
            overall: overall(records, false),
            lessons_by_status: Counts::of(records.iter().map(|record| &record.status)),
            lessons: records.iter().map(|record| LessonView::new(record, &self.run.files)).collect(),
        };
        written(&document).into_bytes()
    }
}

/// A document as text.
pub(super) fn written(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document);
    let text = text.unwrap_or_else(|e| format!("{{\"format\": {FORMAT}, \"error\": {:?}}}", e.to_string()));
    plain::json(&text) + "\n"
}
