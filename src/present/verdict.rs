//! Verdicts in words: what was stated, what would have passed, what was found, and where.

use super::action::{deed_text, either};
use super::claim;
use crate::events::{ActionEnd, Judged, Verdict};
use crate::model::{Actual, Reading};
use crate::plain::{count, escape};

/// The statement: `box-name is bird`, `box: sethostname("owl") fails with EPERM`.
pub fn claim(verdict: &Verdict) -> String {
    match &verdict.judged {
        Judged::Expectation(expectation) => claim::claim(&expectation.claim),
        Judged::Action(action) if action.declared.is_empty() => {
            format!("{}: {} succeeds", action.actor, deed_text(&action.deed))
        }
        Judged::Action(action) => {
            format!("{}: {} fails with {}", action.actor, deed_text(&action.deed), either(&action.declared))
        }
        Judged::Run { .. } => "the run goes on to its end".to_owned(),
    }
}

/// What would have passed.
pub fn expected(verdict: &Verdict) -> String {
    match &verdict.judged {
        Judged::Expectation(expectation) => claim::expected(&expectation.claim.operators),
        Judged::Action(action) if action.declared.is_empty() => "success".to_owned(),
        Judged::Action(action) => either(&action.declared),
        Judged::Run { .. } => "an answer from the guardian".to_owned(),
    }
}

/// What was read or returned.
pub fn actual(verdict: &Verdict) -> String {
    match &verdict.judged {
        Judged::Expectation(expectation) => found(&expectation.actual),
        Judged::Action(action) => trouble(&action.end).unwrap_or_else(|| "it returned 0".to_owned()),
        Judged::Run { cause } => cause.clone(),
    }
}

/// What was read, to stand behind the claim that it passed: the value, or how many lines it has. Nothing where the claim ends with it already.
pub fn seen(verdict: &Verdict) -> Option<String> {
    let (claim, actual) = (claim(verdict), actual(verdict));
    let actual = actual.trim_end_matches('\n');
    let lines = actual.lines().count();
    if lines > 1 {
        return Some(count(lines, "line"));
    }
    let actual = escape(actual);
    let bare = actual.trim().trim_matches(['(', ')']);
    // Until when it had to come true stands behind what it is.
    let claim = claim.strip_suffix(')').and_then(|c| c.rsplit_once(" (")).map_or(&*claim, |(claim, _)| claim);
    let cause = bare.rsplit(": ").next().unwrap_or(bare);
    let told = actual.is_empty()
        || [bare, &format!("\"{bare}\"")].iter().any(|text| claim.ends_with(&format!(" {text}")))
        || claim.ends_with(&format!(" fails with {cause}"));
    (!told).then_some(actual)
}

/// Where it was read: viewpoint and path, or the box that acted.
pub fn source(verdict: &Verdict) -> String {
    match &verdict.judged {
        Judged::Expectation(expectation) => {
            format!("{} {}", expectation.viewpoint, expectation.path).trim().to_owned()
        }
        Judged::Action(action) => action.actor.clone(),
        Judged::Run { .. } => "guardian".to_owned(),
    }
}

/// What a verdict is about: the readout, or `call`.
pub fn subject(verdict: &Verdict) -> &str {
    match &verdict.judged {
        Judged::Expectation(expectation) => &expectation.claim.readout,
        Judged::Action(_) | Judged::Run { .. } => "call",
    }
}

fn found(actual: &Actual) -> String {
    match actual {
        Actual::Reading(reading) => reading.to_string(),
        Actual::Compared(reading, other) => apart(reading, "against", other),
        Actual::Change(before, after) => apart(before, "→", after),
    }
}

/// Two readings, or one where both say the same.
fn apart(one: &Reading, word: &str, other: &Reading) -> String {
    let (one, other) = (one.to_string(), other.to_string());
    if one == other { one } else { format!("{one} {word} {other}") }
}

/// What went wrong with an action, when something did.
fn trouble(end: &ActionEnd) -> Option<String> {
    match end {
        ActionEnd::Succeeded => None,
        ActionEnd::Failed { what, .. } => Some(what.clone()),
        ActionEnd::Program(status) => Some(format!("the program {status}")),
        ActionEnd::Refused(why) | ActionEnd::Lost(why) => Some(why.clone()),
    }
}
