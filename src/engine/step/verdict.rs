//! From judgements to verdicts: what applies here, and what the load of the moment excuses.

use super::Run;
use super::measure::{WINDOWS, needs_idle};
use crate::events::{Claim, ExpectationPlace, Judged, JudgedExpectation, Status, Verdict};
use crate::lesson::judge;
use crate::model::Reading;
use crate::probe;
use crate::vocabulary::Expect;

impl Run<'_, '_, '_> {
    pub(super) fn judge_all(&mut self) {
        for (at, expect) in self.step.expect.iter().enumerate() {
            let judged = |v: &Verdict| v.expectation().is_some_and(|place| place.expectation == at);
            if !self.verdicts.iter().any(judged) {
                self.judge_expectation(at, expect, None);
            }
        }
    }

    /// Judges every operator of an expectation, or takes them for judged.
    pub(super) fn judge_expectation(&mut self, at: usize, expect: &Expect, fixed: Option<&Status>) {
        for operator in 0..expect.verbs.len() {
            let place = ExpectationPlace { expectation: at, operator };
            let verdict = self.verdict(expect, place, fixed.cloned());
            self.verdicts.push(verdict);
        }
    }

    fn verdict(&self, expect: &Expect, place: ExpectationPlace, fixed: Option<Status>) -> Verdict {
        let op = &expect.verbs[place.operator];
        let judged = judge::judge(&expect.subject, op, &self.readings);
        let readout = self.stage.lesson.readouts.get(&expect.subject);
        let not_here = !self.applies(expect)
            || (readout.is_some_and(|r| r.modifiers.optional)
                && self.readings.after.get(&expect.subject) == Some(&Reading::NotMeasured));
        let status = match fixed {
            Some(status) => status,
            None if not_here => Status::NotHere,
            None if judged.holds => Status::Passed,
            None => self.blocked_by_load(expect).unwrap_or(Status::Failed),
        };
        let reader = readout.and_then(|readout| readout.verbs.first());
        let judged = JudgedExpectation {
            place: Some(place),
            claim: Claim { operators: vec![op.clone()], ..Claim::from(expect) },
            viewpoint: readout.map(|readout| readout.subject.clone()).unwrap_or_default(),
            path: reader.map(|r| probe::place(r, self.stage.world.view())).unwrap_or_default(),
            actual: judged.actual,
        };
        Verdict { judged: Judged::Expectation(Box::new(judged)), status }
    }

    /// A lower bound that other work has spoilt is neither failed nor passed.
    fn blocked_by_load(&self, expect: &Expect) -> Option<Status> {
        let needed = needs_idle(expect)?;
        let foreign = self.excused(expect)?;
        let idle = if needed == 1 { "idle CPU is" } else { "idle CPUs are" };
        let (reason, remedy) = if foreign.too_few(needed) {
            let cpus = if foreign.cpus == 1 { "1 CPU".to_owned() } else { format!("{} CPUs", foreign.cpus) };
            (
                format!("the lab may use {cpus}; {needed} {idle} needed"),
                "give the virtual machine more CPUs, or start isolab without taskset",
            )
        } else if foreign.percent > foreign.late {
            (
                format!(
                    "other work used {:.0} % of a CPU in the last of {WINDOWS} measuring windows; {needed} {idle} needed",
                    foreign.percent
                ),
                "end the other work, or give the machine more CPUs, and run it again",
            )
        } else {
            (
                format!(
                    "this machine stood still for {:.0} % of the last of {WINDOWS} measuring windows, as a virtual one does whose host is busy",
                    foreign.late
                ),
                "end the other work on the host, and run it again",
            )
        };
        Some(Status::Blocked { reason, remedy: remedy.to_owned() })
    }
}
