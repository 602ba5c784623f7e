//! Small records for the tests of drawings.

use super::PictureInput;
use crate::events::ReadoutRecord;
use crate::lesson::Catalog;
use crate::model::Reading;
use crate::vocabulary::Lesson;
use std::collections::BTreeMap;

/// A built-in lesson.
pub fn lesson(id: &str) -> Lesson {
    Catalog::built_in().load(id, &BTreeMap::new()).expect("a built-in lesson")
}

/// What was read before and after.
pub fn record(id: &str, viewpoint: &str, before: Reading, after: Reading) -> ReadoutRecord {
    let (id, viewpoint) = (id.to_owned(), viewpoint.to_owned());
    ReadoutRecord { id, viewpoint, path: "/x".into(), before, opened: None, after, peak: None }
}

/// All that a drawing of this step knows, where nothing is called and no map was read.
pub fn input<'a>(
    lesson: &'a Lesson,
    step: &str,
    readouts: &'a [ReadoutRecord],
    after: bool,
) -> PictureInput<'a> {
    let step = lesson.steps.iter().find(|s| s.id == step).expect("a step");
    PictureInput { lesson, step, readouts, after, actions: &[], before: None, now: None }
}
