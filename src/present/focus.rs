//! What a step is about in its readouts: which of them and which of their rows the expectations name, and what was there before it.

use crate::events::{Judged, StepRecord, Verdict};
use crate::lesson::judge::row_is;
use crate::lesson::readouts::compared_with;
use crate::model::Row;
use crate::vocabulary::expect::RowMatch;
use crate::vocabulary::verb::says::Effect;
use crate::vocabulary::{Action, Lesson, Op, Reader, Step, Val, Variant};
use std::collections::{BTreeMap, BTreeSet};

/// What a step is about in one readout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Focus {
    /// An expectation is judged on it.
    pub named: bool,
    /// The rows, or the texts, that expectations look for.
    rows: Vec<RowMatch>,
    /// What an expectation states of the last row.
    last: Option<Val>,
    /// An expectation counts the rows.
    pub counted: bool,
    /// What it is about existed before this step, so what is missing is gone, and not still to come.
    pub existed: bool,
    /// For a list of all processes that the reader sees: the names of the run's own. All others come and go as they like.
    own: Option<BTreeSet<String>>,
}

impl Focus {
    /// Whether an expectation looks for this row; `last` if it is the last one.
    pub fn names_row(&self, row: &Row, last: bool) -> bool {
        (last && self.last.is_some()) || self.rows.iter().any(|wanted| row_is(row, wanted))
    }

    /// Whether an expectation looks for something in this line of a text.
    pub fn names_line(&self, line: &str) -> bool {
        self.rows.iter().any(|wanted| match wanted {
            RowMatch::Cell(value) => line.contains(&value.to_string()),
            RowMatch::Cells(_) => false,
        })
    }

    /// Whether a row is about a process that is not the run's, so that no step changes it.
    pub fn is_foreign(&self, row: &Row) -> bool {
        self.own.as_ref().is_some_and(|own| row.get("name").is_none_or(|name| !own.contains(name)))
    }

    fn add(&mut self, op: &Op) {
        match op {
            Op::Contains(row) | Op::Lacks(row) => self.rows.push(row.clone()),
            Op::Last(value) => self.last = Some(value.clone()),
            Op::Count(_) => self.counted = true,
            Op::Was(op) | Op::Peak(op) | Op::GrewBy(op) => self.add(op),
            Op::Is(_)
            | Op::IsNot(_)
            | Op::AtLeast(_)
            | Op::AtMost(_)
            | Op::Between(..)
            | Op::Near(_)
            | Op::SameAs(_)
            | Op::DiffersFrom(_)
            | Op::AsBefore(_)
            | Op::RatioTo(_)
            | Op::Changed
            | Op::Unchanged
            | Op::Grew
            | Op::Fell
            | Op::Alive
            | Op::Zombie
            | Op::Exited(_)
            | Op::KilledBy(_)
            | Op::Fails(_)
            | Op::Gone => {}
        }
    }
}

/// What a step is about in all its readouts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Foci(BTreeMap<String, Focus>);

static NOTHING: Focus =
    Focus { named: false, rows: Vec::new(), last: None, counted: false, existed: false, own: None };

impl Foci {
    /// Of a step of a lesson, on a machine of this kind.
    pub fn of_step(lesson: &Lesson, step: &Step, variant: &Variant) -> Self {
        let mut foci = Foci::default();
        let here = step.expect.iter().filter(|expect| variant.meets(expect.modifiers.when.as_ref()));
        for expect in here {
            foci.add(&expect.subject, &expect.verbs);
        }
        let born = born_before(lesson, step);
        for (id, readout) in &lesson.readouts {
            let focus = foci.0.entry(id.clone()).or_default();
            let reader = readout.verbs.first();
            let about = reader.and_then(|reader| reader.facts().about).map(|about| about.id);
            focus.existed =
                born.contains(&readout.subject.as_str()) || about.is_some_and(|id| born.contains(&id));
            if let Some(Reader::Processes) = reader {
                focus.own = Some(lesson.boxes.keys().chain(lesson.workloads.keys()).cloned().collect());
            }
        }
        foci
    }

    /// Of the record of a step, as far as it tells. `known` are the readouts that earlier steps have read.
    pub fn of_record(record: &StepRecord, known: &BTreeSet<String>) -> Self {
        let mut foci = Foci::default();
        for Verdict { judged, .. } in &record.verdicts {
            if let Judged::Expectation(expectation) = judged {
                foci.add(&expectation.claim.readout, &expectation.claim.operators);
            }
        }
        for id in known {
            foci.0.entry(id.clone()).or_default().existed = true;
        }
        foci
    }

    /// In the readout with this id.
    pub fn in_readout(&self, id: &str) -> &Focus {
        self.0.get(id).unwrap_or(&NOTHING)
    }

    fn add(&mut self, readout: &str, operators: &[Op]) {
        let focus = self.0.entry(readout.to_owned()).or_default();
        focus.named = true;
        for op in operators {
            focus.add(op);
        }
        for other in operators.iter().flat_map(compared_with) {
            self.0.entry(other.to_owned()).or_default().named = true;
        }
    }
}

/// The boxes and workloads that exist before the actions of a step, or existed.
fn born_before<'l>(lesson: &'l Lesson, step: &Step) -> BTreeSet<&'l str> {
    let earlier = lesson.steps.iter().take_while(|other| other.id != step.id);
    let this = lesson.steps.iter().find(|other| other.id == step.id);
    let actions = lesson.setup.iter().chain(earlier.flat_map(|s| s.given.iter().chain(&s.actions)));
    let actions = actions.chain(this.into_iter().flat_map(|step| &step.given));
    let mut born: BTreeSet<&str> =
        lesson.boxes.iter().filter(|(_, b)| b.forked_by.is_none()).map(|(id, _)| id.as_str()).collect();
    born.extend(actions.flat_map(begun));
    born
}

/// The boxes and workloads that an action begins.
fn begun(action: &Action) -> Vec<&str> {
    let effects = action.verbs.iter().flat_map(|verb| verb.facts().effects);
    effects
        .filter_map(|effect| match effect {
            Effect::Forks(id) | Effect::Starts(id) => Some(id),
            _ => None,
        })
        .collect()
}
