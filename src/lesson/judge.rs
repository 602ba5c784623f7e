//! Judging: an operator, what was read before and after, whether it holds. Pure.
//!
//! What was not read never passes, unless the expectation names the error.

use crate::model::{Actual, Fact, Process, Reading, Row, Unit, Value};
use crate::vocabulary::expect::RowMatch;
use crate::vocabulary::{Op, Val};
use std::collections::BTreeMap;

/// Everything that a step has read.
#[derive(Debug, Default)]
pub struct Readings {
    /// Before the step's actions, by readout.
    pub before: BTreeMap<String, Reading>,
    /// After them.
    pub after: BTreeMap<String, Reading>,
    /// The highest value while the step lasted.
    pub peak: BTreeMap<String, Reading>,
    /// What earlier steps of this world had read before their actions, by step and readout.
    pub earlier: BTreeMap<String, BTreeMap<String, Reading>>,
}

/// A judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Whether it holds.
    pub holds: bool,
    /// What it was applied to.
    pub actual: Actual,
}

static UNREAD: Reading = Reading::Gone;

/// Judges one operator on one readout.
pub fn judge(id: &str, op: &Op, readings: &Readings) -> Judgement {
    let after = readings.after.get(id).unwrap_or(&UNREAD);
    let before = readings.before.get(id).unwrap_or(&UNREAD);
    judge_reading(id, op, before, after, readings)
}

fn judge_reading(id: &str, op: &Op, before: &Reading, now: &Reading, all: &Readings) -> Judgement {
    let other = |id: &String| all.after.get(id).unwrap_or(&UNREAD);
    let nested = |inner: &Op, reading: &Reading| judge_reading(id, inner, before, reading, all);
    let alone = || Actual::Reading(now.clone());
    let compared = |other: &Reading| Actual::Compared(now.clone(), other.clone());
    let change = || Actual::Change(before.clone(), now.clone());
    let (holds, actual) = match op {
        Op::Is(v) => (now.value().is_some_and(|x| equals(x, v)), alone()),
        Op::IsNot(v) => (now.value().is_some_and(|x| !equals(x, v)), alone()),
        Op::AtLeast(v) => (compare(now, v).is_some_and(|(a, b)| a >= b), alone()),
        Op::AtMost(v) => (compare(now, v).is_some_and(|(a, b)| a <= b), alone()),
        Op::Between(low, high) => {
            let holds = compare(now, low).is_some_and(|(a, b)| a >= b)
                && compare(now, high).is_some_and(|(a, b)| a <= b);
            (holds, alone())
        }
        Op::Near(near) => {
            let by = near.by.number().unwrap_or(0.0);
            (compare(now, &near.value).is_some_and(|(a, b)| (a - b).abs() <= by), alone())
        }
        // These are applied to something made of the readings.
        Op::Was(inner) => return nested(inner, before),
        Op::Peak(inner) => return nested(inner, all.peak.get(id).unwrap_or(&UNREAD)),
        Op::GrewBy(inner) => return nested(inner, &difference(before, now)),
        Op::RatioTo(one) => return nested(&one.1, &ratio(now, other(&one.0))),
        Op::Count(inner) => return judge_reading(id, inner, &count(before), &count(now), all),
        Op::SameAs(id) => (both(now, other(id)).is_some_and(|(a, b)| same(a, b)), compared(other(id))),
        Op::DiffersFrom(id) => (both(now, other(id)).is_some_and(|(a, b)| !same(a, b)), compared(other(id))),
        Op::AsBefore(step) => {
            let then = all.earlier.get(step).and_then(|s| s.get(id)).unwrap_or(&UNREAD);
            (both(now, then).is_some_and(|(a, b)| same(a, b)), compared(then))
        }
        Op::Changed => (both(before, now).is_some_and(|(a, b)| !same(a, b)), change()),
        Op::Unchanged => (both(before, now).is_some_and(|(a, b)| same(a, b)), change()),
        Op::Grew => (numbers(before, now).is_some_and(|(a, b)| b > a), change()),
        Op::Fell => (numbers(before, now).is_some_and(|(a, b)| b < a), change()),
        Op::Contains(row) => (now.value().is_some_and(|v| contains(v, row)), alone()),
        Op::Lacks(row) => (now.value().is_some_and(|v| !contains(v, row)), alone()),
        Op::Last(v) => (now.value().is_some_and(|x| last(x) == Some(v.to_string())), alone()),
        Op::Alive => (process(now).is_some_and(|p| matches!(p, Process::Alive(_))), alone()),
        Op::Zombie => (process(now) == Some(&Process::Zombie), alone()),
        Op::Exited(n) => (process(now) == Some(&Process::Exited(*n)), alone()),
        Op::KilledBy(s) => (process(now) == Some(&Process::KilledBy(s.name().to_owned())), alone()),
        Op::Fails(errno) => (matches!(now, Reading::Unread { errno: e, .. } if e == errno), alone()),
        Op::Gone => (matches!(now, Reading::Gone) || process(now) == Some(&Process::Gone), alone()),
    };
    Judgement { holds, actual }
}

/// The number of rows, for a table.
fn count(reading: &Reading) -> Reading {
    match reading.value() {
        Some(Value::Table(rows)) => Reading::Fact(Fact::of(Value::Int(rows.len() as i64))),
        _ => reading.clone(),
    }
}

fn process(reading: &Reading) -> Option<&Process> {
    match reading.value() {
        Some(Value::Process(p)) => Some(p),
        _ => None,
    }
}

fn both<'a>(a: &'a Reading, b: &'a Reading) -> Option<(&'a Value, &'a Value)> {
    Some((a.value()?, b.value()?))
}

fn numbers(a: &Reading, b: &Reading) -> Option<(f64, f64)> {
    Some((number(a.value()?)?, number(b.value()?)?))
}

fn compare(now: &Reading, v: &Val) -> Option<(f64, f64)> {
    Some((number(now.value()?)?, v.number()?))
}

/// The number in a value; a text counts when it is one.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Quantity(n, _) => Some(*n),
        Value::Text(t) => t.trim().parse().ok(),
        Value::Table(_) | Value::Process(_) => None,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.trim_end_matches('\n') == b.trim_end_matches('\n'),
        (Value::Table(a), Value::Table(b)) => same_rows(a, b),
        (a, b) => a == b,
    }
}

/// Whether both have the same rows, each equally often. Their order has no meaning: a copied mount table lists a mount on top of a mount before its
/// neighbours, where the original has it at the end.
fn same_rows(a: &[Row], b: &[Row]) -> bool {
    let sorted = |rows: &[Row]| {
        let mut rows: Vec<Vec<(String, String)>> = rows.iter().map(|r| r.0.clone()).collect();
        rows.sort_unstable();
        rows
    };
    a == b || a.len() == b.len() && sorted(a) == sorted(b)
}

fn equals(value: &Value, v: &Val) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    match (value, v) {
        (Value::Text(t), v) => t.trim_end_matches('\n') == v.to_string(),
        (Value::Int(n), v) => v.number().is_some_and(|m| close(*n as f64, m)),
        (Value::Quantity(n, unit), Val::Quantity(m, other, _)) => unit == other && close(*n, *m),
        (Value::Quantity(n, _), Val::Num(m)) => close(*n, *m as f64),
        _ => false,
    }
}

/// The difference between two numbers, in the unit of the later one.
fn difference(before: &Reading, now: &Reading) -> Reading {
    match (numbers(before, now), now.value()) {
        (Some((a, b)), Some(Value::Quantity(_, unit))) => {
            Reading::Fact(Fact::of(Value::Quantity(b - a, *unit)))
        }
        (Some((a, b)), _) => Reading::Fact(Fact::of(Value::Int((b - a) as i64))),
        (None, _) => Reading::NotMeasured,
    }
}

fn ratio(now: &Reading, other: &Reading) -> Reading {
    match numbers(now, other) {
        Some((a, b)) if b > 0.0 => Reading::Fact(Fact::of(Value::Quantity(a / b, Unit::Times))),
        _ => Reading::NotMeasured,
    }
}

fn last(value: &Value) -> Option<String> {
    match value {
        Value::Table(rows) => rows.last().map(Row::to_string),
        Value::Text(t) => t.split_ascii_whitespace().last().map(str::to_owned),
        _ => None,
    }
}

fn contains(value: &Value, wanted: &RowMatch) -> bool {
    match (value, wanted) {
        (Value::Table(rows), wanted) => rows.iter().any(|row| row_is(row, wanted)),
        (Value::Text(t), RowMatch::Cell(v)) => t.contains(&v.to_string()),
        _ => false,
    }
}

/// Whether a row is one that an expectation looks for.
pub fn row_is(row: &Row, wanted: &RowMatch) -> bool {
    match wanted {
        RowMatch::Cell(v) => row.0.iter().any(|(_, cell)| cell_is(cell, v)),
        RowMatch::Cells(cells) => {
            cells.iter().all(|(column, v)| row.get(column).is_some_and(|cell| cell_is(cell, v)))
        }
    }
}

/// A cell can hold several words (addresses); each of them counts.
fn cell_is(cell: &str, v: &Val) -> bool {
    let v = v.to_string();
    cell == v || cell.split(' ').any(|word| word == v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Errno;

    fn fact(v: Value) -> Reading {
        Reading::Fact(Fact::of(v))
    }

    fn op(yaml: &str) -> Op {
        serde_yaml::with::singleton_map_recursive::deserialize(serde_yaml::Deserializer::from_str(yaml))
            .expect("an operator")
    }

    fn holds(yaml: &str, before: Reading, after: Reading) -> bool {
        let readings = Readings {
            before: [("x".to_owned(), before)].into(),
            after: [("x".to_owned(), after), ("y".to_owned(), fact(Value::Int(2)))].into(),
            ..Readings::default()
        };
        judge("x", &op(yaml), &readings).holds
    }

    #[test]
    fn numbers_and_quantities() {
        let share = || fact(Value::Quantity(20.4, Unit::Percent));
        assert!(holds("near: { value: 20%, by: 2% }", Reading::Gone, share()));
        assert!(!holds("near: { value: 20%, by: 0.3% }", Reading::Gone, share()));
        assert!(holds("at_most: 21%", Reading::Gone, share()));
        assert!(holds("between: [20%, 21%]", Reading::Gone, share()));
        assert!(holds("is: 20M", Reading::Gone, fact(Value::Quantity(20_971_520.0, Unit::Bytes))));
        assert!(!holds("is: 20%", Reading::Gone, fact(Value::Quantity(20.0, Unit::Bytes))));
        assert!(holds("grew_by: { at_least: 3 }", fact(Value::Int(4)), fact(Value::Int(7))));
        assert!(holds(
            "ratio_to: { y: { near: { value: 4x, by: 0.1x } } }",
            Reading::Gone,
            fact(Value::Int(8))
        ));
        assert!(holds("is: max", Reading::Gone, fact(Value::Text("max".into()))));
        assert!(holds("is: \"1\"", Reading::Gone, fact(Value::Text("1\n".into()))));
    }

    #[test]
    fn tables() {
        let rows =
            vec![Row::new([("name", "lo".to_owned()), ("address", "127.0.0.1/8 10.0.0.1/8".to_owned())])];
        let table = || fact(Value::Table(rows.clone()));
        assert!(holds("contains: { name: lo, address: 10.0.0.1/8 }", Reading::Gone, table()));
        assert!(!holds("contains: { name: eth0 }", Reading::Gone, table()));
        assert!(holds("lacks: eth0", Reading::Gone, table()));
        assert!(holds("count: { is: 1 }", Reading::Gone, table()));
        let none = || fact(Value::Table(Vec::new()));
        assert!(holds("count: { grew_by: { is: 1 } }", none(), table()));
        assert!(!holds("count: { grew_by: { is: 1 } }", table(), table()));
        assert!(!holds("count: { grew_by: { is: 1 } }", Reading::Gone, table()));
        assert!(holds("count: { is: 0 }", Reading::Gone, fact(Value::Table(Vec::new()))));
    }

    /// A copied mount table lists mounts on top of mounts earlier than the original does.
    #[test]
    fn the_order_of_rows_says_nothing() {
        let table = |names: &[&str]| {
            fact(Value::Table(names.iter().map(|n| Row::new([("at", (*n).to_owned())])).collect()))
        };
        let (one, other) =
            (|| table(&["/", "/var", "/mnt", "/mnt"]), || table(&["/mnt", "/", "/mnt", "/var"]));
        assert!(holds("unchanged", one(), other()));
        assert!(!holds("changed", one(), other()));
        assert!(!holds("unchanged", one(), table(&["/", "/var", "/var", "/mnt"])), "as often as before");
        assert!(holds("changed", one(), table(&["/", "/var", "/mnt"])));
    }

    #[test]
    fn what_was_not_read_passes_only_by_its_name() {
        let unread = || Reading::Unread { errno: Errno(2), what: "read x: ENOENT".into() };
        for yaml in [
            "unchanged",
            "changed",
            "is: 1",
            "is_not: 1",
            "lacks: a",
            "at_most: 5",
            "differs_from: y",
            "count: { is: 0 }",
            "fell",
        ] {
            assert!(!holds(yaml, unread(), unread()), "{yaml} passed on nothing");
            assert!(!holds(yaml, Reading::Gone, Reading::Gone), "{yaml} passed on nothing");
            assert!(!holds(yaml, Reading::NotMeasured, Reading::NotMeasured), "{yaml} passed on nothing");
        }
        assert!(holds("fails: ENOENT", Reading::Gone, unread()));
        assert!(!holds("fails: EPERM", Reading::Gone, unread()));
        assert!(holds("gone", Reading::Gone, Reading::Gone));
        assert!(!holds("gone", Reading::Gone, unread()));
    }
}
