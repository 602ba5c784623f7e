//! Records as reports for programs show them: their data, beside that the sentences of the text report, and where the lesson's file says it. Each of
//! these types takes a record apart, so that a field that is added to the record has to be put here, too.

use crate::demo::rehearsal::{Chapter, CueRecord, CueTitle, Instead, Rehearsal};
use crate::events::{ActionRecord, LessonRecord, ReadoutRecord, Sample, Status, StepRecord, Verdict};
use crate::lesson::file::{LessonFile, TextPlace};
use crate::model::Leftover;
use crate::present::action::{deed_text, either};
use crate::present::leftover::leftovers;
use crate::present::verdict;
use crate::vocabulary::Chosen;
use serde::Serialize;

/// A lesson.
#[derive(Serialize)]
pub struct LessonView<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<&'a Chosen>,
    status: &'a Status,
    steps: Vec<StepView<'a>>,
    left: Vec<String>,
    left_behind: &'a [Leftover],
    took_ms: u64,
}

/// The file of a lesson.
#[derive(Serialize)]
pub struct FileView<'a> {
    name: &'a str,
    built_in: bool,
    sha256: &'a str,
}

/// A step.
#[derive(Serialize)]
pub struct StepView<'a> {
    world: u32,
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<TextPlace>,
    status: &'a Status,
    actions: Vec<ActionView<'a>>,
    readouts: &'a [ReadoutRecord],
    verdicts: Vec<VerdictView<'a>>,
    samples: &'a [Sample],
    took_ms: u64,
    measured_ms: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_hand: bool,
}

/// An action.
#[derive(Serialize)]
struct ActionView<'a> {
    #[serde(flatten)]
    record: &'a ActionRecord,
    planned: String,
    deliberate: Option<String>,
}

/// A verdict.
#[derive(Serialize)]
pub struct VerdictView<'a> {
    #[serde(flatten)]
    verdict: &'a Verdict,
    subject: &'a str,
    claim: String,
    expected: String,
    actual: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<TextPlace>,
}

/// A rehearsal.
#[derive(Serialize)]
pub struct RehearsalView<'a> {
    id: &'a str,
    title: &'a str,
    chapters: Vec<ChapterView<'a>>,
    interrupted: bool,
    left: Vec<String>,
    left_behind: &'a [Leftover],
    took_ms: u64,
}

#[derive(Serialize)]
struct ChapterView<'a> {
    title: &'a str,
    shown: Vec<CueView<'a>>,
    planned_ms: u64,
}

#[derive(Serialize)]
struct CueView<'a> {
    entry: usize,
    what: &'a CueTitle,
    status: &'a Status,
    took_ms: u64,
    planned_ms: u64,
    record: Option<StepView<'a>>,
    awaited: Option<VerdictView<'a>>,
    trouble: &'a Option<String>,
    instead: Option<InsteadView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum InsteadView<'a> {
    Fallback(Vec<CueView<'a>>),
    Before,
}

fn find<'a>(files: &'a [LessonFile], id: &str) -> Option<&'a LessonFile> {
    files.iter().find(|file| file.id == id)
}

impl<'a> LessonView<'a> {
    /// Of a record; the files of the lessons that were run.
    pub fn new(record: &'a LessonRecord, files: &'a [LessonFile]) -> Self {
        let LessonRecord { id, title, chosen, status, steps, left, took_ms } = record;
        let file = find(files, id);
        LessonView {
            id,
            title,
            file: file.map(FileView::new),
            chosen: (!chosen.is_empty()).then_some(chosen),
            status,
            steps: steps.iter().map(|step| StepView::new(step, file)).collect(),
            left: leftovers(left),
            left_behind: left,
            took_ms: *took_ms,
        }
    }
}

impl<'a> FileView<'a> {
    /// Of a file.
    pub fn new(file: &'a LessonFile) -> Self {
        FileView { name: &file.name, built_in: file.built_in, sha256: &file.sha256 }
    }
}

impl<'a> StepView<'a> {
    fn new(record: &'a StepRecord, file: Option<&LessonFile>) -> Self {
        let StepRecord {
            world,
            id,
            title,
            status,
            actions,
            readouts,
            verdicts,
            samples,
            took_ms,
            measured_ms,
            by_hand,
        } = record;
        let verdict = |verdict| {
            let at = |file: &LessonFile| file.expectation(id, Verdict::expectation(verdict)?.expectation);
            VerdictView::new(verdict, file.and_then(at))
        };
        StepView {
            world: *world,
            id,
            title,
            at: file.and_then(|file| file.step(id)),
            status,
            actions: actions.iter().map(ActionView::new).collect(),
            readouts,
            verdicts: verdicts.iter().map(verdict).collect(),
            samples,
            took_ms: *took_ms,
            measured_ms: *measured_ms,
            by_hand: *by_hand,
        }
    }
}

impl<'a> ActionView<'a> {
    fn new(record: &'a ActionRecord) -> Self {
        let declared = Some(&record.declared).filter(|declared| !declared.is_empty());
        ActionView {
            record,
            planned: deed_text(&record.deed),
            deliberate: declared.map(|declared| either(declared)),
        }
    }
}

impl<'a> VerdictView<'a> {
    /// Of a verdict, and where the file has its expectation.
    pub fn new(verdict: &'a Verdict, at: Option<TextPlace>) -> Self {
        VerdictView {
            verdict,
            subject: verdict::subject(verdict),
            claim: verdict::claim(verdict),
            expected: verdict::expected(verdict),
            actual: verdict::actual(verdict),
            source: verdict::source(verdict),
            at,
        }
    }
}

impl<'a> RehearsalView<'a> {
    /// Of a rehearsal; the files of the lessons that it shows.
    pub fn new(rehearsal: &'a Rehearsal, files: &[LessonFile]) -> Self {
        let Rehearsal { id, title, chapters, interrupted, left, took_ms } = rehearsal;
        let chapter = |Chapter { title, shown, planned_ms }: &'a Chapter| ChapterView {
            title,
            shown: shown.iter().map(|cue| CueView::new(cue, files)).collect(),
            planned_ms: *planned_ms,
        };
        let chapters = chapters.iter().map(chapter).collect();
        RehearsalView {
            id,
            title,
            chapters,
            interrupted: *interrupted,
            left: leftovers(left),
            left_behind: left,
            took_ms: *took_ms,
        }
    }
}

impl<'a> CueView<'a> {
    fn new(cue: &'a CueRecord, files: &[LessonFile]) -> Self {
        let CueRecord { entry, what, status, took_ms, planned_ms, record, awaited, trouble, instead } = cue;
        let file = match what {
            CueTitle::Step { lesson, .. } => find(files, lesson),
            CueTitle::Card(_) => None,
        };
        let instead = instead.as_ref().map(|instead| match instead {
            Instead::Fallback(cues) => {
                InsteadView::Fallback(cues.iter().map(|cue| CueView::new(cue, files)).collect())
            }
            Instead::Before => InsteadView::Before,
        });
        CueView {
            entry: *entry,
            what,
            status,
            took_ms: *took_ms,
            planned_ms: *planned_ms,
            record: record.as_ref().map(|record| StepView::new(record, file)),
            awaited: awaited.as_ref().map(|verdict| VerdictView::new(verdict, None)),
            trouble,
            instead,
        }
    }
}
