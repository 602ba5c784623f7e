//! Which readouts operators, expectations and steps name.

use crate::vocabulary::expect::{Expect, Op};
use crate::vocabulary::{Lesson, One, Step};

/// The readouts that an operator compares with, besides the one that it stands on.
pub fn compared_with(op: &Op) -> Vec<&str> {
    match op {
        Op::SameAs(other) | Op::DiffersFrom(other) => vec![other],
        Op::RatioTo(One(other, op)) => std::iter::once(other.as_str()).chain(compared_with(op)).collect(),
        Op::GrewBy(op) | Op::Was(op) | Op::Peak(op) | Op::Count(op) => compared_with(op),
        _ => Vec::new(),
    }
}

/// The readouts that an expectation is judged on.
pub fn named_by(expect: &Expect) -> Vec<&str> {
    let others = expect.verbs.iter().flat_map(compared_with);
    std::iter::once(expect.subject.as_str()).chain(others).collect()
}

/// The readouts of a step: those that it shows, watches or judges, in the order of the lesson.
pub fn readouts_of<'l>(lesson: &'l Lesson, step: &Step) -> Vec<&'l str> {
    let mut named: Vec<&str> = step.show.iter().chain(&step.watch).map(String::as_str).collect();
    named.extend(step.expect.iter().flat_map(named_by));
    lesson.readouts.keys().map(String::as_str).filter(|id| named.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_name_their_readouts() {
        let op = Op::Was(Box::new(Op::SameAs("host-uts".into())));
        assert_eq!(compared_with(&op), ["host-uts"]);
        let inner = Op::GrewBy(Box::new(Op::DiffersFrom("b".into())));
        assert_eq!(compared_with(&Op::RatioTo(One("a".into(), Box::new(inner)))), ["a", "b"]);
        assert!(compared_with(&Op::AsBefore("a-step".into())).is_empty());
    }
}
