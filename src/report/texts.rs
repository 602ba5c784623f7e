//! Records in JSON: their data and, beside it, the sentences that a program can print as they are.

use crate::demo::rehearsal::{CueRecord, Instead, Rehearsal};
use crate::events::{ActionRecord, LessonRecord, StepRecord, Verdict};
use crate::present::action::{deed_text, either};
use crate::present::verdict;
use serde_json::{Value, json, to_value};

/// The records of lessons.
///
/// # Errors
///
/// When a record cannot be written as JSON.
pub fn lessons(records: &[LessonRecord]) -> serde_json::Result<Value> {
    let mut document = to_value(records)?;
    for (value, record) in document.as_array_mut().into_iter().flatten().zip(records) {
        for (value, record) in list(value, "steps").zip(&record.steps) {
            step(value, record);
        }
    }
    Ok(document)
}

/// The record of a rehearsal.
///
/// # Errors
///
/// When it cannot be written as JSON.
pub fn rehearsal(record: &Rehearsal) -> serde_json::Result<Value> {
    let mut document = to_value(record)?;
    for (value, chapter) in list(&mut document, "chapters").zip(&record.chapters) {
        for (value, record) in list(value, "shown").zip(&chapter.shown) {
            cue(value, record);
        }
    }
    Ok(document)
}

fn cue(value: &mut Value, record: &CueRecord) {
    if let (Some(value), Some(record)) = (value.get_mut("record"), &record.record) {
        step(value, record);
    }
    if let (Some(value), Some(awaited)) = (value.get_mut("awaited"), &record.awaited) {
        judged(value, awaited);
    }
    if let (Some(value), Some(Instead::Fallback(cues))) = (value.get_mut("instead"), &record.instead) {
        for (value, record) in list(value, "fallback").zip(cues) {
            cue(value, record);
        }
    }
}

fn step(value: &mut Value, record: &StepRecord) {
    for (value, record) in list(value, "actions").zip(&record.actions) {
        action(value, record);
    }
    for (value, record) in list(value, "verdicts").zip(&record.verdicts) {
        judged(value, record);
    }
}

fn action(value: &mut Value, record: &ActionRecord) {
    let declared = Some(&record.declared).filter(|declared| !declared.is_empty());
    let deliberate = declared.map(|declared| either(declared));
    add(value, json!({ "planned": deed_text(&record.deed), "deliberate": deliberate }));
}

fn judged(value: &mut Value, record: &Verdict) {
    add(
        value,
        json!({
            "subject": verdict::subject(record),
            "claim": verdict::claim(record),
            "expected": verdict::expected(record),
            "actual": verdict::actual(record),
            "source": verdict::source(record),
        }),
    );
}

fn list<'v>(value: &'v mut Value, key: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn add(value: &mut Value, texts: Value) {
    if let (Value::Object(value), Value::Object(texts)) = (value, texts) {
        value.extend(texts);
    }
}
