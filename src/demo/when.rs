//! `pace: when`: after a step its readouts are read again and again until something holds. Pure: what was read comes in, a verdict goes out.

use crate::lesson::judge::{self, Readings, number};
use crate::lesson::shape::expect::Expect;
use crate::lesson::shape::{Lesson, Reader, Val, Version};
use crate::lesson::{claim, shape::Op};
use crate::model::{Reading, Status, StepRecord, Verdict};
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
    /// Who reads the readout, and where.
    source: String,
    until: Instant,
    /// Since when it holds, without an interruption.
    held: Option<Instant>,
}

impl Awaited {
    /// Begins behind the step's record. `before` is what the step had read before its actions; `earlier` are records of other steps, for what is
    /// compared with them: those of another world do not count.
    pub fn new(expect: &Expect, record: &StepRecord, earlier: &[&StepRecord], now: Instant) -> Self {
        let mut readings = Readings::default();
        for readout in &record.readouts {
            readings.before.insert(readout.id.clone(), readout.before.clone());
            readings.peak.extend(readout.peak.clone().map(|peak| (readout.id.clone(), peak)));
        }
        for step in earlier.iter().filter(|step| step.world == record.world) {
            let before = step.readouts.iter().map(|r| (r.id.clone(), r.before.clone()));
            readings.earlier.insert(step.id.clone(), before.collect());
        }
        let source = record.readouts.iter().find(|r| r.id == expect.subject);
        Awaited {
            source: source.map_or_else(String::new, |r| format!("{} {}", r.viewpoint, r.path)),
            until: now + within(expect),
            expect: expect.clone(),
            readings,
            held: None,
        }
    }

    /// The readouts that are to be watched.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for id in claim::named_by(&self.expect) {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        ids
    }

    /// Milliseconds from one reading of them to the next.
    pub fn every_ms(&self, lesson: &Lesson) -> u64 {
        let reader = |id: &String| lesson.readouts.get(id).and_then(|r| r.verbs.first());
        let shares = self.ids().iter().any(|id| matches!(reader(id), Some(Reader::CpuShare(_))));
        if shares { SHARE_EVERY_MS } else { EVERY_MS }
    }

    /// When the waiting is over, whatever holds.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// What is waited for, in words.
    pub fn claim(&self) -> String {
        claim::claim(&self.expect)
    }

    /// Judges what was read now. Passed when it holds, and for as long as it shall; else failed, which before [`Self::until`] means: not yet.
    pub fn see(&mut self, read: &[(String, Reading)], now: Instant) -> Verdict {
        for (id, reading) in read {
            self.observe(id, reading);
            self.readings.after.insert(id.clone(), reading.clone());
        }
        let verdict = self.verdict();
        if verdict.status != Status::Passed {
            self.held = None;
            return verdict;
        }
        let since = *self.held.get_or_insert(now);
        let shall = self.expect.modifiers.r#for.as_ref().and_then(Val::duration).unwrap_or_default();
        let long_enough = now.saturating_duration_since(since) >= shall;
        Verdict { status: if long_enough { Status::Passed } else { Status::Failed }, ..verdict }
    }

    fn observe(&mut self, id: &str, reading: &Reading) {
        let Some(value) = reading.value().and_then(number) else { return };
        let highest = self.readings.peak.get(id).and_then(Reading::value).and_then(number);
        if highest.is_none_or(|highest| value > highest) {
            self.readings.peak.insert(id.to_owned(), reading.clone());
        }
    }

    /// As what was read last has it; of several operators, the first that does not hold is told. Nothing holds before all of it was read.
    pub fn verdict(&self) -> Verdict {
        let subject = &self.expect.subject;
        let judge = |op: &Op| judge::judge(subject, op, &self.readings);
        let judged: Vec<judge::Judgement> = self.expect.verbs.iter().map(judge).collect();
        let told = judged.iter().find(|j| !j.holds).or(judged.first());
        let read = claim::named_by(&self.expect).iter().all(|id| self.readings.after.contains_key(*id));
        let holds = read && !judged.is_empty() && judged.iter().all(|j| j.holds);
        Verdict {
            subject: subject.clone(),
            claim: self.claim(),
            status: if holds { Status::Passed } else { Status::Failed },
            expected: told.map_or_else(String::new, |j| j.expected.clone()),
            actual: told.map_or_else(String::new, |j| j.actual.clone()),
            source: self.source.clone(),
        }
    }
}

/// How long it is waited at most.
pub fn within(expect: &Expect) -> Duration {
    expect.modifiers.within.as_ref().and_then(Val::duration).unwrap_or(WITHIN)
}

/// Whether it is waited for on this kind of machine.
pub fn applies(expect: &Expect, version: Version, rootless: bool) -> bool {
    expect.modifiers.when.as_ref().is_none_or(|when| when.here(version, rootless))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::ReadoutRecord;
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

    fn record(id: &str, world: u32, before: Reading, after: Reading) -> StepRecord {
        let readout = ReadoutRecord {
            id: "x".into(),
            viewpoint: "host".into(),
            path: "/proc/x".into(),
            before,
            after: after.clone(),
            peak: Some(after),
        };
        StepRecord {
            world,
            id: id.into(),
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

    /// The status of each reading of `x`, 100 ms one after the other.
    fn seen(yaml: &str, before: Reading, readings: Vec<Reading>) -> Vec<bool> {
        let start = Instant::now();
        let record = record("b", 1, before, int(0));
        let mut awaited = Awaited::new(&expect(yaml), &record, &[], start);
        let see = |(i, reading): (u32, Reading)| {
            let now = start + Duration::from_millis(100) * i;
            awaited.see(&[("x".to_owned(), reading)], now).status == Status::Passed
        };
        (0..).zip(readings).map(see).collect()
    }

    #[test]
    fn it_holds_as_soon_as_it_is_read() {
        let readings = || vec![int(3), int(5), int(4)];
        assert_eq!(seen("{ x: { at_least: 5 } }", int(3), readings()), [false, true, false]);
        assert_eq!(seen("{ x: changed }", int(3), readings()), [false, true, true]);
        assert_eq!(seen("{ x: { grew_by: { is: 1 } } }", int(3), readings()), [false, false, true]);
        assert_eq!(seen("{ x: { peak: { at_least: 5 } } }", int(3), readings()), [false, true, true]);
        assert_eq!(
            seen("{ x: [{ at_least: 4 }, { at_most: 4 }] }", int(3), readings()),
            [false, false, true]
        );
    }

    #[test]
    fn what_shall_last_must_hold_without_an_interruption() {
        let readings = vec![int(1), int(1), int(0), int(1), int(1), int(1)];
        let held = seen("{ x: { is: 1 }, for: 200ms }", int(0), readings);
        assert_eq!(held, [false, false, false, false, false, true]);
    }

    #[test]
    fn nothing_read_is_nothing_that_holds() {
        for yaml in
            ["{ x: unchanged }", "{ x: changed }", "{ x: { at_most: 9 } }", "{ x: { was: { is: 1 } } }"]
        {
            let readings = vec![Reading::NotMeasured, Reading::Gone];
            assert_eq!(seen(yaml, Reading::Gone, readings), [false, false], "{yaml}");
        }
        let record = record("b", 1, int(1), int(1));
        let mut awaited = Awaited::new(&expect("{ x: gone }"), &record, &[], Instant::now());
        assert_eq!(awaited.verdict().status, Status::Failed, "not read yet");
        assert_eq!(awaited.see(&[], Instant::now()).status, Status::Failed, "an unknown readout");
        let gone = [("x".to_owned(), Reading::Gone)];
        assert_eq!(awaited.see(&gone, Instant::now()).status, Status::Passed);
    }

    #[test]
    fn earlier_steps_count_in_their_own_world() {
        let (own, other) = (record("a", 1, int(7), int(0)), record("a", 2, int(7), int(0)));
        let now = record("b", 1, int(1), int(1));
        let holds = |earlier: &StepRecord| {
            let expect = expect("{ x: { as_before: a } }");
            let mut awaited = Awaited::new(&expect, &now, &[earlier], Instant::now());
            awaited.see(&[("x".to_owned(), int(7))], Instant::now()).status == Status::Passed
        };
        assert_eq!((holds(&own), holds(&other)), (true, false));
    }

    #[test]
    fn the_verdict_says_what_and_where() {
        let start = Instant::now();
        let record = record("b", 1, int(1), int(2));
        let mut awaited = Awaited::new(&expect("{ x: { at_least: 5 }, within: 2s }"), &record, &[], start);
        assert_eq!(awaited.until(), start + Duration::from_secs(2));
        let verdict = awaited.see(&[("x".to_owned(), int(4))], start);
        assert_eq!(verdict.claim, "x is at least 5 (becomes true within 2 s)");
        assert_eq!((verdict.expected.as_str(), verdict.actual.as_str()), ("at least 5", "4"));
        assert_eq!((verdict.source.as_str(), verdict.status), ("host /proc/x", Status::Failed));
        assert_eq!(within(&expect("{ x: changed }")), WITHIN);
    }

    #[test]
    fn both_sides_of_a_comparison_are_watched() {
        let record = record("b", 1, int(1), int(2));
        let start = Instant::now();
        let ratio = expect("{ x: [{ ratio_to: { y: { at_least: 2x } } }, { at_least: 1% }] }");
        let mut awaited = Awaited::new(&ratio, &record, &[], start);
        assert_eq!(awaited.ids(), ["x", "y"]);
        let both = |x: f64, y: f64| [("x".to_owned(), percent(x)), ("y".to_owned(), percent(y))];
        assert_eq!(awaited.see(&both(30.0, 20.0), start).status, Status::Failed);
        assert_eq!(awaited.see(&both(40.0, 20.0), start).status, Status::Passed);
    }
}
