//! What a rehearsal came to: for the instructor on the evening before, and for programs.

use super::json::{FORMAT, written};
use super::paint::{Tone, lines, paint, sign, stamp, tone};
use super::record::{FileView, RehearsalView};
use super::reporter::{Header, RunInfo, RunView};
use super::status::{Counts, Overall};
use super::text::{blocked, verdict};
use crate::demo::plan::heading;
use crate::demo::rehearsal::{CueRecord, CueTitle, Instead, Rehearsal};
use crate::events::{Status, Verdict};
use crate::present::leftover::leftovers;
use crate::present::plain::{count, fold, hang, one_line, pad, took, width};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the details of a cue begin.
const DETAILS: usize = 4;

/// The word of a rehearsal. A blocked cue with a fallback that passed is no trouble.
pub fn overall(rehearsal: &Rehearsal) -> Overall {
    if !rehearsal.left.is_empty() {
        Overall::LeftBehind
    } else if rehearsal.interrupted {
        Overall::Interrupted
    } else {
        match rehearsal.status() {
            Status::Failed | Status::NotRun => Overall::Failed,
            // A script of which nothing belongs to this kind of machine cannot be given here.
            Status::Blocked { .. } | Status::NotHere => Overall::Blocked,
            Status::Passed => Overall::Passed,
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    #[serde(flatten)]
    header: &'a Header,
    #[serde(flatten)]
    run: RunView<'a>,
    overall: Overall,
    cues_by_status: Counts,
    /// Milliseconds that calls and measurements take, and that the plan gives to all of it.
    real_ms: u64,
    planned_ms: u64,
    /// The same by chapter, and what is left of the plan for talking.
    left_ms: Vec<i64>,
    /// By the lesson's id.
    lesson_files: BTreeMap<&'a str, FileView<'a>>,
    rehearsal: RehearsalView<'a>,
}

/// One document with every record.
pub fn json(rehearsal: &Rehearsal, header: &Header, run: &RunInfo) -> String {
    written(&Document {
        format: FORMAT,
        header,
        run: run.view(),
        overall: overall(rehearsal),
        cues_by_status: counts(rehearsal),
        real_ms: rehearsal.real_ms(),
        planned_ms: rehearsal.planned_ms(),
        left_ms: rehearsal.chapters.iter().map(crate::demo::rehearsal::Chapter::left_ms).collect(),
        lesson_files: run.files.iter().map(|file| (file.id.as_str(), FileView::new(file))).collect(),
        rehearsal: RehearsalView::new(rehearsal, &run.files),
    })
}

/// Cues of the chapters, by what they amount to; those that were left out for a fallback count with it.
fn counts(rehearsal: &Rehearsal) -> Counts {
    let played = rehearsal.shown().filter(|s| s.instead != Some(Instead::Before));
    let statuses: Vec<Status> = played.map(CueRecord::amounts_to).collect();
    Counts::of(&statuses)
}

/// The report for people. It streams.
pub struct Text {
    columns: usize,
}

impl Text {
    /// A report as wide as this many columns.
    pub fn new(columns: usize) -> Self {
        Text { columns: columns.max(40) }
    }

    /// What is rehearsed, and on what.
    pub fn begin(&self, id: &str, title: &str, header: &Header) -> String {
        let Header { isolab, kernel, cgroup, rights } = header;
        let line = one_line(&format!("{id} · {title}"));
        let rule = self.columns.saturating_sub(4 + width(&line));
        let first = paint(&format!("━━ {line} {}", "━".repeat(rule)), Tone::Strong);
        let here = format!("isolab {isolab}, Linux {kernel}, cgroup {cgroup}, {rights}");
        format!("{first}\n{}", lines(&one_line(&here), Tone::Dim, "", self.columns))
    }

    /// A chapter begins.
    pub fn chapter(&self, number: usize, title: &str) -> String {
        format!("\n{}", lines(&one_line(&format!("── {number}. {title}")), Tone::Strong, "", self.columns))
    }

    /// A cue is over.
    pub fn shown(&self, shown: &CueRecord) -> String {
        self.at(shown, 0)
    }

    fn at(&self, shown: &CueRecord, depth: usize) -> String {
        let indent = " ".repeat(DETAILS * depth);
        let time = format!("{:>9} of {}", real(shown), pad(&took(shown.planned_ms), 10));
        let start = format!("{indent}{}{time}  ", mark(shown));
        let mut out = hang(&start, &" ".repeat(width(&start)), &what(shown), self.columns);
        let inner = format!("{indent}{}", " ".repeat(DETAILS));
        let columns = self.columns.saturating_sub(inner.len()).max(40);
        let mut details = String::new();
        if shown.took_ms > shown.planned_ms {
            details += &lines("!! takes longer than planned", Tone::Warn, "   ", columns);
        }
        if let Some(trouble) = &shown.trouble {
            details += &lines(&one_line(trouble), Tone::Bad, "   ", columns);
        }
        details.extend(on_the_way(shown).map(|line| lines(&line, Tone::Plain, "   ", columns)));
        details.extend(failed(shown).map(|v| verdict(v, columns)));
        if let Status::Blocked { reason, remedy } = &shown.status {
            details += &blocked(reason, remedy, columns);
        }
        out.extend(details.lines().map(|line| format!("{inner}{line}\n")));
        if let Some(Instead::Fallback(instead)) = &shown.instead {
            out += &lines("↳ its fallback is played instead:", Tone::Plain, &inner, self.columns);
            out.extend(instead.iter().map(|shown| self.at(shown, depth + 1)));
        }
        out
    }

    /// What it all takes, and what is left for talking.
    pub fn finish(&self, rehearsal: &Rehearsal) -> String {
        let (real, planned) = (rehearsal.real_ms(), rehearsal.planned_ms());
        let mut out = format!("\n{}\n", paint("Time", Tone::Strong));
        for (i, chapter) in rehearsal.chapters.iter().enumerate() {
            let planned = took(chapter.planned_ms);
            let left = chapter.left_ms();
            let (time, tone) = if left < 0 {
                let missing = took(left.unsigned_abs());
                (format!("!! {missing} too little: {planned} planned cannot be kept"), Tone::Bad)
            } else {
                (format!("{} of {planned} left for talking", took(left.unsigned_abs())), Tone::Plain)
            };
            let line = one_line(&format!("{}. {}: ", i + 1, chapter.title));
            let first = format!("   {line}");
            let folded = fold(&time, self.columns.saturating_sub(width(&first)).max(20));
            let painted: Vec<String> = folded.iter().map(|l| paint(l, tone)).collect();
            out += &format!("{first}{}\n", painted.join("\n      "));
        }
        let line = format!(
            "calls and measurements take {} of {} planned ({} %); with opening, closing and undoing, this rehearsal took {}",
            took(real),
            took(planned),
            real.saturating_mul(100).checked_div(planned).unwrap_or(100),
            took(rehearsal.took_ms)
        );
        out += &lines(&line, Tone::Plain, "   ", self.columns);
        for left in leftovers(&rehearsal.left) {
            let start = format!("{} ", paint("✗ could not be undone:", Tone::Bad));
            out += &hang(&start, "  ", &one_line(&left), self.columns);
        }
        let counts = counts(rehearsal);
        let replaced = rehearsal.shown().filter(|s| matches!(s.instead, Some(Instead::Fallback(_)))).count();
        let fallbacks = match replaced {
            0 => String::new(),
            n => format!(
                "; a fallback was played {}",
                if n == 1 { "once".to_owned() } else { format!("{n} times") }
            ),
        };
        let (status, word) = match overall(rehearsal) {
            Overall::LeftBehind => (Status::Failed, "left behind"),
            Overall::Interrupted => (Status::NotRun, "interrupted"),
            Overall::Failed => (Status::Failed, "failed"),
            Overall::Blocked => (Status::Blocked { reason: String::new(), remedy: String::new() }, "blocked"),
            Overall::Passed => (Status::Passed, "passed"),
        };
        let line = format!(
            "{} {word}: {} – {}: {counts}{fallbacks}",
            sign(&status),
            one_line(&rehearsal.id),
            count(counts.total(), "cue")
        );
        out + &format!("\n{}", lines(&line, tone(&status), "", self.columns))
    }
}

/// How long it really took, where anything was run.
fn real(shown: &CueRecord) -> String {
    match (&shown.what, &shown.status) {
        (CueTitle::Card(_), _) | (_, Status::NotRun) => "–".to_owned(),
        _ => took(shown.took_ms),
    }
}

/// Sign and word.
fn mark(shown: &CueRecord) -> String {
    match (&shown.what, &shown.status, &shown.instead) {
        (CueTitle::Card(_), Status::Passed, _) => paint("· card      ", Tone::Dim),
        (_, Status::NotRun, Some(Instead::Before)) => paint("– left out  ", Tone::Dim),
        (_, status, _) => stamp(status),
    }
}

fn what(shown: &CueRecord) -> String {
    match &shown.what {
        CueTitle::Card(text) => one_line(heading(text)),
        CueTitle::Step { lesson, set, id, title } => {
            let set: Vec<String> = set.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let set = if set.is_empty() { String::new() } else { format!(" ({})", set.join(", ")) };
            one_line(&format!("{lesson}/{id}{set} · {title}"))
        }
    }
}

/// Where it was not the step itself that failed.
fn on_the_way(shown: &CueRecord) -> Option<String> {
    let (CueTitle::Step { id, .. }, Some(record)) = (&shown.what, &shown.record) else { return None };
    (record.id != *id).then(|| one_line(&format!("on the way to it, step {} failed", record.id)))
}

/// What did not hold: of the step's verdicts, and what was waited for. A step that was blocked by the load of the moment has its reason already.
fn failed(shown: &CueRecord) -> impl Iterator<Item = &Verdict> {
    let verdicts = shown.record.iter().flat_map(|r| &r.verdicts).chain(&shown.awaited);
    verdicts.filter(|v| v.status == Status::Failed)
}

#[cfg(test)]
mod tests;
