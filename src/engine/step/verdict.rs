//! From judgements to verdicts: what applies here, and what the load of the moment excuses.

use super::Run;
use super::measure::{WINDOWS, needs_idle};
use crate::events::{Status, Verdict};
use crate::lesson::{claim, judge};
use crate::model::Reading;
use crate::vocabulary::Op;
use crate::vocabulary::expect::Expect;

impl Run<'_, '_, '_> {
    pub(super) fn judge_all(&mut self) {
        for expect in &self.step.expect {
            let told = |v: &&Verdict| v.claim == claim_of(expect, &expect.verbs[0]);
            if self.verdicts.iter().any(|v| told(&v)) {
                continue;
            }
            for op in &expect.verbs {
                let verdict = self.verdict(expect, op, None);
                self.verdicts.push(verdict);
            }
        }
    }

    pub(super) fn verdict(&self, expect: &Expect, op: &Op, fixed: Option<Status>) -> Verdict {
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
        let source = readout.map(|r| self.source(&r.subject, r.verbs.first())).unwrap_or_default();
        Verdict {
            subject: expect.subject.clone(),
            claim: claim_of(expect, op),
            status,
            expected: judged.expected,
            actual: judged.actual,
            source,
        }
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

fn claim_of(expect: &Expect, op: &Op) -> String {
    if expect.verbs.len() == 1 { claim::claim(expect) } else { claim::claim_op(&expect.subject, op) }
}
