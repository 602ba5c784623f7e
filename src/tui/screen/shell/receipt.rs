//! What is kept of an attempt: what was typed, and what became of it.

use crate::events::Verdict;
use crate::grading::receipt::Guess;
use crate::grading::score::{Outcome, Shortfall};
use crate::grading::tried::Tried;
use crate::model::millis;
use crate::tui::app::App;
use crate::tui::message::{Effect, Purpose};
use crate::tui::screen::shell::state::Shell;

/// Notes what was sent to the shell of an attempt.
pub fn typed(app: &mut App, bytes: &[u8]) {
    if !app.receipts || app.demo.is_some() {
        return;
    }
    let now = app.now;
    let Some(shell) = app.walk.as_mut().and_then(|w| w.shell.as_mut()) else { return };
    if let (Purpose::Try(_), Some(began)) = (&shell.purpose, shell.began) {
        // The first one is the one that opens by itself.
        let first = shell.acting.first().unwrap_or(&shell.open[0].of);
        let of = Some(shell.now().of.clone()).filter(|of| of != first);
        shell.typed.push(of.as_deref(), bytes, millis(now.saturating_duration_since(began)));
    }
}

/// The attempt has earned its step.
pub fn earned(app: &App) -> Option<Effect> {
    of(app, Outcome::Earned)
}

/// The attempt is left; nothing, if it was earned before or nobody has typed anything.
pub fn left(app: &App) -> Option<Effect> {
    let shell = app.walk.as_ref()?.shell.as_ref().filter(|shell| !shell.done)?;
    let verdicts: Vec<Verdict> = shell.verdicts.clone();
    let why =
        if shell.open.iter().any(|s| s.pid.is_some()) { Shortfall::Unmet } else { Shortfall::ShellEnded };
    of(app, Outcome::NotEarned { why, verdicts })
}

fn of(app: &App, outcome: Outcome) -> Option<Effect> {
    let walk = app.walk.as_ref().filter(|_| app.receipts && app.demo.is_none())?;
    let shell: &Shell = walk.shell.as_ref()?;
    let Purpose::Try(index) = shell.purpose else { return None };
    let at = index.checked_sub(1)?;
    let (step, page) = (walk.lesson.steps.get(at)?, walk.pages.get(at)?);
    let (lines, cut) = shell.typed.lines();
    if lines.is_empty() {
        return None;
    }
    let guess = walk.right(index, &app.environment.variant);
    Some(Effect::KeepTried(Box::new(Tried {
        lesson: walk.lesson.id.clone(),
        set: walk.set.clone(),
        step: step.id.clone(),
        outcome,
        took_ms: shell.began.map_or(0, |began| millis(app.now.saturating_duration_since(began))),
        typed: lines.to_vec(),
        cut,
        variables: shell.open[0].variables.clone(),
        shells: shell.open[1..].iter().map(|other| (other.of.clone(), other.variables.clone())).collect(),
        hints: shell.hints.min(step.hints.len()),
        solution: page.solution,
        guess: guess.map(|right| Guess { chosen: page.answer.clone(), right }),
    })))
}
