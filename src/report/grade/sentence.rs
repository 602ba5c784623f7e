//! What became of a step, in words.

use super::super::points::{blocked, failure};
use crate::events::Status;
use crate::grading::score::{Obstacle, Outcome, Points, Shortfall, StepGrade};
use crate::present::plain::one_line;
use crate::present::shell;

/// The word for an outcome.
pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Earned => "earned",
        Outcome::NotEarned { .. } => "not earned",
        Outcome::NotGradable(_) => "not gradable here",
        Outcome::NotCounted { .. } => "not counted",
    }
}

/// The points that a step brings.
pub fn earned(step: &StepGrade) -> u32 {
    Points::of([step.worth()]).earned
}

/// Why the outcome is what it is, on one line; nothing for what was earned.
pub fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Earned => String::new(),
        Outcome::NotEarned { why, .. } => one_line(&shortfall(why)),
        Outcome::NotGradable(obstacle) => {
            let (reason, remedy) = self::obstacle(obstacle);
            blocked(&reason, &remedy)
        }
        Outcome::NotCounted { reason } => one_line(reason),
    }
}

/// The expectations that were missed, a line each.
pub fn missed(outcome: &Outcome) -> Vec<String> {
    let verdicts = match outcome {
        Outcome::NotEarned { verdicts, .. } => verdicts.as_slice(),
        Outcome::Earned | Outcome::NotGradable(_) | Outcome::NotCounted { .. } => &[],
    };
    verdicts.iter().filter(|v| v.status == Status::Failed).map(failure).collect()
}

/// All of it on one line: the reason, and what was missed.
pub fn message(outcome: &Outcome) -> String {
    let mut parts = vec![reason(outcome)];
    parts.extend(missed(outcome));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// Why this machine could not grade a step, and what helps; the second may be empty.
pub fn obstacle(obstacle: &Obstacle) -> (String, String) {
    match obstacle {
        Obstacle::Refused(refusal) => (shell::refusal(refusal), shell::remedy(refusal)),
        Obstacle::OtherWork { percent, attempts } => (
            format!(
                "other work used {percent:.0} % of a CPU, so that a share could not be judged in {attempts} attempts"
            ),
            "end the other work, or give the machine more CPUs, and grade again".to_owned(),
        ),
        Obstacle::NoTerminal(cause) => (cause.clone(), String::new()),
    }
}

fn shortfall(why: &Shortfall) -> String {
    match why {
        Shortfall::NoAnswer => "no answer was handed in".to_owned(),
        Shortfall::Unmet => "not everything that the step expects is true".to_owned(),
        Shortfall::Overtime { seconds, typed } => {
            let lines = if *typed == 1 { "line was" } else { "lines were" };
            format!("not done within {seconds} s; {typed} {lines} typed by then")
        }
        Shortfall::ShellEnded => "the shell ended before the step was done".to_owned(),
        Shortfall::NoShell { of, refusal } => {
            format!("there is no shell in {of}: {}", shell::refusal(refusal))
        }
        Shortfall::RunLost(refusal) => {
            format!("the run's own processes were ended from within: {}", shell::refusal(refusal))
        }
        Shortfall::AfterFailure { step } => format!("{step} was not earned, and the grading is strict"),
    }
}

/// A sum of points: `3 of 4 points, 1 more could not be graded here`.
pub fn sum(points: Points) -> String {
    let Points { earned, possible, not_gradable } = points;
    let noun = if possible == 1 { "point" } else { "points" };
    let rest = match not_gradable {
        0 => String::new(),
        n => format!("; {n} more could not be graded here"),
    };
    format!("{earned} of {possible} {noun}{rest}")
}
