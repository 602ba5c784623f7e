//! `pace: when`: after a step its readouts are read again and again until something holds. Pure: what was read comes in, a verdict goes out.

use crate::events::{Claim, Judged, JudgedExpectation, Status, StepRecord, Verdict};
use crate::lesson::judge::{self, Readings};
use crate::lesson::readouts::named_by;
use crate::model::{Actual, Reading};
use crate::vocabulary::Op;
use crate::vocabulary::expect::Expect;
use crate::vocabulary::{Lesson, Readout, Val};
use indexmap::IndexMap;
use std::time::{Duration, Instant};

/// It is waited so long unless the script says otherwise.
pub const WITHIN: Duration = Duration::from_secs(60);
/// From one reading to the next, in milliseconds.
const EVERY_MS: u64 = 100;
/// The same for a share of CPU time: five of the kernel's usual periods of a quota, or a throttled group would jump between nothing and everything.
const SHARE_EVERY_MS: u64 = 500;

/// What is waited for after a step.
#[derive(Debug)]
pub struct Awaited {
    expect: Expect,
    readings: Readings,
    /// Who reads the readout.
    viewpoint: String,
    /// Where it is read from; empty when the step has no such readout.
    path: String,
    until: Instant,
}

impl Awaited {
    /// Begins behind the step's record: `before` is what the step had read before its actions. What is compared with other steps, or was the
    /// highest, does not change any more; a script that awaits it has a mistake.
    pub fn new(
        expect: &Expect,
        readouts: &IndexMap<String, Readout>,
        record: &StepRecord,
        now: Instant,
    ) -> Self {
        let before = record.readouts.iter().map(|r| (r.id.clone(), r.before.clone()));
        let readings = Readings { before: before.collect(), ..Readings::default() };
        let read = record.readouts.iter().find(|r| r.id == expect.subject);
        Awaited {
            viewpoint: readouts.get(&expect.subject).map(|r| r.subject.clone()).unwrap_or_default(),
            path: read.map(|r| r.path.clone()).unwrap_or_default(),
            until: now + within(expect),
            expect: expect.clone(),
            readings,
        }
    }

    /// The readouts that are to be watched.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for id in named_by(&self.expect) {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        ids
    }

    /// Milliseconds from one reading of them to the next.
    pub fn every_ms(&self, lesson: &Lesson) -> u64 {
        let shares =
            self.ids().iter().any(|id| lesson.readouts.get(id).is_some_and(|r| r.share_of().is_some()));
        if shares { SHARE_EVERY_MS } else { EVERY_MS }
    }

    /// When the waiting is over, whatever holds.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// What is waited for.
    pub fn claim(&self) -> Claim {
        Claim::from(&self.expect)
    }

    /// Judges what was read now: passed when it holds, else failed, which before [`Self::until`] means: not yet.
    pub fn see(&mut self, read: &[(String, Reading)]) -> Verdict {
        self.readings.after.extend(read.iter().cloned());
        self.verdict()
    }

    /// As what was read last has it; of several operators, what the first that does not hold was applied to. Nothing holds before all of it was read.
    pub fn verdict(&self) -> Verdict {
        let subject = &self.expect.subject;
        let judge = |op: &Op| judge::judge(subject, op, &self.readings);
        let judged: Vec<judge::Judgement> = self.expect.verbs.iter().map(judge).collect();
        let told = judged.iter().find(|j| !j.holds).or(judged.first());
        let actual = told.map_or(Actual::Reading(Reading::NotMeasured), |j| j.actual.clone());
        let read = named_by(&self.expect).iter().all(|id| self.readings.after.contains_key(*id));
        let holds = read && !judged.is_empty() && judged.iter().all(|j| j.holds);
        let judged = JudgedExpectation {
            place: None,
            claim: self.claim(),
            viewpoint: self.viewpoint.clone(),
            path: self.path.clone(),
            actual,
        };
        let status = if holds { Status::Passed } else { Status::Failed };
        Verdict { judged: Judged::Expectation(Box::new(judged)), status }
    }
}

/// How long it is waited at most.
pub fn within(expect: &Expect) -> Duration {
    expect.modifiers.within.as_ref().and_then(Val::duration).unwrap_or(WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::ReadoutRecord;
    use crate::model::{Fact, Unit, Value};
    use serde_yaml::with::singleton_map_recursive::deserialize;

    fn expect(yaml: &str) -> Expect {
        deserialize(serde_yaml::Deserializer::from_str(yaml)).expect(yaml)
    }

    fn int(n: i64) -> Reading {
        Reading::Fact(Fact::of(Value::Int(n)))
    }

    fn percent(n: f64) -> Reading {
        Reading::Fact(Fact::of(Value::Quantity(n, Unit::Percent)))
    }

    fn record(before: Reading) -> StepRecord {
        let readout = ReadoutRecord {
            id: "x".into(),
            viewpoint: "host".into(),
            path: "/proc/x".into(),
            before,
            after: int(0),
            peak: None,
            opened: None,
        };
        StepRecord {
            world: 1,
            id: "b".into(),
            title: String::new(),
            status: Status::Passed,
            actions: vec![],
            readouts: vec![readout],
            verdicts: vec![],
            samples: vec![],
            took_ms: 0,
            measured_ms: 0,
            by_hand: false,
        }
    }

    /// Whether it holds at each reading of `x`, one after the other.
    fn seen(yaml: &str, before: Reading, readings: Vec<Reading>) -> Vec<bool> {
        let mut awaited = Awaited::new(&expect(yaml), &IndexMap::new(), &record(before), Instant::now());
        let see = |reading| awaited.see(&[("x".to_owned(), reading)]).status == Status::Passed;
        readings.into_iter().map(see).collect()
    }

    #[test]
    fn it_holds_as_soon_as_it_is_read() {
        let readings = || vec![int(3), int(5), int(4)];
        assert_eq!(seen("{ x: { at_least: 5 } }", int(3), readings()), [false, true, false]);
        assert_eq!(seen("{ x: changed }", int(3), readings()), [false, true, true]);
        assert_eq!(seen("{ x: { grew_by: { is: 1 } } }", int(3), readings()), [false, false, true]);
        assert_eq!(
            seen("{ x: [{ at_least: 4 }, { at_most: 4 }] }", int(3), readings()),
            [false, false, true]
        );
    }

    #[test]
    fn nothing_read_is_nothing_that_holds() {
        for yaml in
            ["{ x: unchanged }", "{ x: changed }", "{ x: { at_most: 9 } }", "{ x: { was: { is: 1 } } }"]
        {
            let readings = vec![Reading::NotMeasured, Reading::Gone];
            assert_eq!(seen(yaml, Reading::Gone, readings), [false, false], "{yaml}");
        }
        let record = record(int(1));
        let mut awaited = Awaited::new(&expect("{ x: gone }"), &IndexMap::new(), &record, Instant::now());
        assert_eq!(awaited.verdict().status, Status::Failed, "not read yet");
        assert_eq!(awaited.see(&[]).status, Status::Failed, "an unknown readout");
        let gone = [("x".to_owned(), Reading::Gone)];
        assert_eq!(awaited.see(&gone).status, Status::Passed);
    }

    #[test]
    fn the_verdict_says_what_and_where() {
        let start = Instant::now();
        let record = record(int(1));
        let mut awaited =
            Awaited::new(&expect("{ x: { at_least: 5 }, within: 2s }"), &IndexMap::new(), &record, start);
        assert_eq!(awaited.until(), start + Duration::from_secs(2));
        let verdict = awaited.see(&[("x".to_owned(), int(4))]);
        assert_eq!(verdict.status, Status::Failed);
        let Judged::Expectation(judged) = verdict.judged else { panic!("{verdict:?}") };
        assert_eq!(judged.claim, Claim::from(&expect("{ x: { at_least: 5 }, within: 2s }")));
        assert_eq!((judged.path.as_str(), judged.actual), ("/proc/x", Actual::Reading(int(4))));
        assert_eq!(within(&expect("{ x: changed }")), WITHIN);
    }

    #[test]
    fn both_sides_of_a_comparison_are_watched() {
        let record = record(int(1));
        let start = Instant::now();
        let ratio = expect("{ x: [{ ratio_to: { y: { at_least: 2x } } }, { at_least: 1% }] }");
        let mut awaited = Awaited::new(&ratio, &IndexMap::new(), &record, start);
        assert_eq!(awaited.ids(), ["x", "y"]);
        let both = |x: f64, y: f64| [("x".to_owned(), percent(x)), ("y".to_owned(), percent(y))];
        assert_eq!(awaited.see(&both(30.0, 20.0)).status, Status::Failed);
        assert_eq!(awaited.see(&both(40.0, 20.0)).status, Status::Passed);
    }
}
