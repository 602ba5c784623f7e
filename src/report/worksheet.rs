//! A handout to be filled in: room for the guess and for what is read, and nothing that tells the answer.

use super::markup::{cell, code, fenced, text, word};
use super::reporter::Header;
use crate::events::{ReadoutRecord, Status, StepRecord};
use crate::model::Reading;
use crate::present::action::{Ends, Files, planned};
use crate::present::focus::Foci;
use crate::present::plain::{escape, one_line};
use crate::present::reading::{lines, missing, words};
use crate::present::rows::Comparison;
use crate::vocabulary::{Action, Predict, Step, Variant};
use std::collections::BTreeSet;

/// Columns, wide enough that no table is taken apart.
const WIDE: usize = 400;
/// A line to write on. At the end of a line or a cell it is no markup.
const LINE: &str = "________________________";
/// Empty lines for a reading of several lines: at least and at most.
const ROOM: (usize, usize) = (3, 12);

/// What stands below the title.
pub(super) fn head(header: &Header) -> String {
    let Header { isolab, kernel, cgroup, rights } = header;
    format!(
        "Name: {LINE}\n\nIn each step, tick what you expect first. Then try it, and write down what you read afterwards.\n\nThe values from before were read in one run: isolab {isolab}, Linux {kernel}, cgroup {cgroup}, {rights}.\n"
    )
}

/// The question, with a box for each answer; `filled` puts names and values into what an author wrote.
pub(super) fn question(predict: &Predict, filled: &dyn Fn(&str) -> String) -> String {
    let several = if predict.takes_several() { " (several answers may be right)" } else { "" };
    let mut out = format!("\n**What do you expect?** {}{several}\n\n", filled(&predict.ask).trim_end());
    for text in predict.options.values() {
        out += &format!("- ☐ {}\n", filled(text).trim_end());
    }
    out + &format!("\nBecause: {LINE}\n")
}

/// What will be called, and what was read before; the rest is left to be written.
pub(super) fn record(step: &Step, record: &StepRecord, variant: &Variant) -> String {
    match &record.status {
        Status::Blocked { .. } | Status::NotHere | Status::NotRun => {
            return format!("\n**{}**\n", word(&record.status));
        }
        Status::Passed | Status::Failed => {}
    }
    calls(variant, "Made ready", &step.given) + &calls(variant, "Calls", &step.actions) + &readouts(record)
}

/// Who does what. How it ends is for the student to find out.
fn calls(variant: &Variant, title: &str, actions: &[Action]) -> String {
    let plans = planned(actions, variant, Files::Here, Ends::Hidden);
    if plans.is_empty() {
        return String::new();
    }
    let lines: Vec<String> =
        plans.iter().map(|plan| one_line(&format!("{}: {}", plan.actor, plan.what))).collect();
    format!("\n{title}:\n\n{}", fenced("", &lines.join("\n")))
}

fn readouts(step: &StepRecord) -> String {
    if step.readouts.is_empty() {
        return String::new();
    }
    let foci = Foci::of_record(step, &BTreeSet::new());
    // Only by what was there before: the shape of a table must not tell what comes.
    let (one, many): (Vec<_>, Vec<_>) =
        step.readouts.iter().partition(|r| r.before.to_string().lines().count() <= 1);
    let mut out = "\nBefore and after:\n".to_owned();
    if !one.is_empty() {
        out += "\n| readout | read by | from | before | after |\n| --- | --- | --- | --- | --- |\n";
        for record in one {
            let before = words(&record.before, missing(record, foci.in_readout(&record.id))[0]);
            out += &format!(
                "| {} | {} | {} | {} | {LINE} |\n",
                cell(&record.id),
                cell(&record.viewpoint),
                code(&record.path),
                cell(&before)
            );
        }
    }
    for record in many {
        let before = before(record, &foci);
        let (least, most) = ROOM;
        let room = "\n".repeat(before.lines().count().clamp(least, most) - 1);
        out += &format!(
            "\n{}: {}, read by {}:\n\n{}\nAfterwards:\n\n{}",
            text(&record.id),
            code(&record.path),
            cell(&record.viewpoint),
            fenced("", &before),
            fenced("", &room)
        );
    }
    out
}

/// The lines of before. What the handout's comparison leaves out is left out here, too.
fn before(record: &ReadoutRecord, foci: &Foci) -> String {
    let focus = foci.in_readout(&record.id);
    let alone = ReadoutRecord { after: Reading::NotMeasured, peak: None, ..record.clone() };
    let laid = lines(&alone, focus, WIDE, None);
    let pairs = Comparison::of(&alone, focus, true).pairs;
    let chosen = pairs.iter().filter_map(|pair| laid.before.get(pair.before?)).cloned();
    laid.header.iter().cloned().chain(chosen).map(|line| escape(&line)).collect::<Vec<_>>().join("\n")
}
