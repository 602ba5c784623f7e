//! `isolab progress`.

use super::args::{Global, Progress as Asked, ProgressFormat};
use super::console::{complain, print};
use super::{exit, lessons, style};
use crate::grading::receipt::Receipt;
use crate::progress::{Done, LessonProgress, Progress, Store};
use crate::report::progress::{ProgressRow, ReceiptRow, StepRow, cleared, csv, json, receipts, table};
use crate::vocabulary::Lesson;
use crate::vocabulary::suggest::suggest;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// Prints what was done so far, or clears it.
pub fn run(global: &Global, asked: &Asked) -> u8 {
    let known =
        match lessons::catalog(global.lessons.as_deref()).and_then(|c| lessons::load(&c, &[], None, &[])) {
            Ok(known) => known,
            Err(code) => return code,
        };
    let (mut store, progress, notices) = Store::open();
    for notice in &notices {
        complain(notice);
    }
    let mut rows: Vec<ProgressRow> = known.iter().map(|l| row(l, progress.lesson(&l.id))).collect();
    // There may be progress in lessons from a directory that is not named now.
    let gone = progress.lessons.iter().filter(|(id, _)| !known.iter().any(|l| l.id == **id));
    rows.extend(gone.map(|(id, done)| foreign(id, done)));
    for word in &asked.lessons {
        let ids: Vec<&str> = rows.iter().map(|r| r.lesson.as_str()).collect();
        if !ids.contains(&word.as_str()) {
            let advice = suggest(word, ids).map(|a| format!(": {a}")).unwrap_or_default();
            complain(&format!("unknown lesson `{word}`{advice}"));
            return exit::USAGE;
        }
    }
    if asked.reset {
        return reset(&mut store, asked);
    }
    let kept = kept(&store, &asked.lessons);
    rows.retain(|row| asked.lessons.is_empty() || asked.lessons.contains(&row.lesson));
    match asked.format {
        ProgressFormat::Text => {
            let columns = style::columns(false);
            print(&(table(&rows, columns, &TimeZone::system()) + &receipts(&kept, columns)))
        }
        ProgressFormat::Json => print(&json(&rows, progress.last.as_deref(), store.file().as_deref(), &kept)),
        ProgressFormat::Csv => print(&csv(&rows)),
    }
}

fn reset(store: &mut Store, asked: &Asked) -> u8 {
    let (taken, receipts) = match store.reset(&asked.lessons) {
        Ok(taken) => taken,
        Err(e) => {
            complain(&format!("nothing was cleared: {e}"));
            return exit::USAGE;
        }
    };
    let Progress { lessons, .. } = &taken;
    let told: Vec<(&str, usize, usize)> =
        lessons.iter().map(|(id, l)| (id.as_str(), l.steps.len(), l.predictions.len())).collect();
    print(&cleared(&told, &asked.lessons, receipts))
}

/// The receipts that are kept, of these lessons or of all.
fn kept(store: &Store, asked: &[String]) -> Vec<ReceiptRow> {
    let files = store.receipts().unwrap_or_else(|e| {
        complain(&e.to_string());
        Vec::new()
    });
    let mut rows = Vec::new();
    for file in files {
        match Receipt::parse(&file.bytes) {
            Ok(receipt) => rows.extend(receipt.lessons.iter().map(|lesson| ReceiptRow {
                lesson: lesson.id.clone(),
                file: file.path.clone(),
                points: lesson.points,
                ended: receipt.ended,
            })),
            Err(why) => complain(&format!("{}: {why}", file.path.display())),
        }
    }
    rows.retain(|row| asked.is_empty() || asked.contains(&row.lesson));
    rows
}

fn row(lesson: &Lesson, done: Option<&LessonProgress>) -> ProgressRow {
    let none = LessonProgress::default();
    let done = done.unwrap_or(&none);
    // Steps that the lesson no longer has are not counted, or more than all would be done.
    let here = |id: &String| lesson.steps.iter().any(|s| s.id == *id);
    let mut row = foreign(&lesson.id, done);
    row.steps_done = done.steps.keys().filter(|id| here(id)).count();
    row.steps = Some(lesson.steps.len());
    row.predictions = Some(lesson.steps.iter().filter(|s| s.predict.is_some()).count());
    let order = |step: &StepRow| lesson.steps.iter().position(|s| s.id == step.step).unwrap_or(usize::MAX);
    let untouched = lesson.steps.iter().filter(|s| row.by_step.iter().all(|there| there.step != s.id));
    let untouched: Vec<_> = untouched.map(|s| step_row(&s.id, done)).collect();
    row.by_step.extend(untouched);
    row.by_step.sort_by_key(order);
    row
}

fn step_row(step: &str, done: &LessonProgress) -> StepRow {
    let times = done.times.get(step).copied().unwrap_or_default();
    let prediction = done.predictions.get(step);
    StepRow {
        step: step.to_owned(),
        done: done.steps.get(step).map(|how| match how {
            Done::Watched => "watched",
            Done::ByHand => "by_hand",
        }),
        started_at: times.started_at,
        done_at: times.done_at,
        chosen: prediction.map(|p| p.chosen.clone()),
        right: prediction.map(|p| p.right),
    }
}

fn foreign(id: &str, done: &LessonProgress) -> ProgressRow {
    let (right, answered) = done.guesses();
    let touched: BTreeSet<&String> =
        done.steps.keys().chain(done.times.keys()).chain(done.predictions.keys()).collect();
    ProgressRow {
        lesson: id.to_owned(),
        steps_done: done.steps.len(),
        steps: None,
        by_hand: done.by_hand(),
        predictions_right: right,
        predictions_answered: answered,
        predictions: None,
        last_step: done.last_step.clone(),
        finished_at: done.finished_at,
        changed_at: (done.changed_at > 0).then_some(done.changed_at),
        by_step: touched.into_iter().map(|step| step_row(step, done)).collect(),
    }
}
