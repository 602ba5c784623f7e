//! Grades in the Test Anything Protocol, version 13: a point for each step that counts.

use super::super::tap::{description, message};
use super::graded::Graded;
use super::sentence;
use crate::grading::score::Outcome;
use crate::present::leftover::leftovers;
use crate::present::plain::one_line;

/// All lessons.
pub fn document(graded: &Graded) -> String {
    let mut out = "TAP version 13\n".to_owned();
    let mut number = 0;
    for lesson in graded.lessons {
        out += &format!("# {}\n", one_line(&format!("{}: {}", lesson.id, sentence::sum(lesson.points()))));
        for step in &lesson.steps {
            number += 1;
            let name = description(&format!("{}/{}: {}", lesson.id, step.id, step.title));
            let reason = one_line(&sentence::message(&step.outcome));
            out += &match step.outcome {
                Outcome::Earned => format!("ok {number} - {name}\n"),
                Outcome::NotEarned { .. } => format!("not ok {number} - {name}\n{}", message(&reason)),
                Outcome::NotGradable(_) | Outcome::NotCounted { .. } => {
                    format!("ok {number} - {name} # SKIP {reason}\n")
                }
            };
        }
        for left in leftovers(&lesson.left) {
            number += 1;
            let reason = one_line(&format!("could not be undone: {left}"));
            out += &format!("not ok {number} - {}/undo\n{}", description(&lesson.id), message(&reason));
        }
    }
    out + &format!("1..{number}\n")
}
