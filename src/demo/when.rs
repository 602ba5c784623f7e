//! What a script awaits, judged on a step that was run and on what is read now.

use crate::lesson::judge::{Judgement, Readings, judge as judge_op};
use crate::lesson::shape::Expect;
use crate::model::{Reading, StepRecord};

/// Whether it holds.
pub fn judge(expect: &Expect, record: &StepRecord, now: &[(String, Reading)]) -> Judgement {
    let mut readings = Readings::default();
    for r in &record.readouts {
        readings.before.insert(r.id.clone(), r.before.clone());
        readings.after.insert(r.id.clone(), r.after.clone());
    }
    readings.after.extend(now.iter().cloned());
    let all: Vec<Judgement> =
        expect.verbs.iter().map(|op| judge_op(&expect.subject, op, &readings)).collect();
    let worst = all.iter().find(|j| !j.holds).or(all.first()).cloned();
    worst.unwrap_or(Judgement { holds: false, expected: String::new(), actual: String::new() })
}
