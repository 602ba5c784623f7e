//! Before and after of a readout, line by line: what belongs together, what matters, and how many of each kind are left out.

use super::focus::Focus;
use super::pairs::{Place, places};
use super::reading::{MOST_LINES, compared, missing, plain_lines, table};
use crate::events::ReadoutRecord;
use crate::model::{Reading, Row};
use crate::plain::count;
use std::collections::{HashMap, VecDeque};

/// Of a long value that did not change, this many lines are enough to see which it is.
const FEW: usize = 3;
/// Rows that expectations name are shown even where there is no room for them, up to this many.
const MOST_NAMED: usize = 12;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is the same on both sides.
    Same,
    /// It became another one.
    Changed,
    /// It is only in before.
    Gone,
    /// It is only in after.
    New,
    /// Nobody can tell: one of both sides was not read, or not yet.
    Unknown,
}

/// How much a line matters to the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// An expectation looks for it.
    Named,
    /// It is any other line.
    Other,
    /// It is about a process that is not the run's; whatever becomes of it, the step did not do it.
    Foreign,
}

/// A line of before, a line of after, or both, by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePair {
    /// Its place in before.
    pub before: Option<usize>,
    /// Its place in after.
    pub after: Option<usize>,
    /// What became of it.
    pub change: Change,
    /// How much it matters.
    pub rank: Rank,
}

/// Before and after, line by line in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// All lines.
    pub pairs: Vec<LinePair>,
    /// How many rows both sides have, where each is a list.
    pub counts: Option<(usize, usize)>,
    /// Rows of one cell each, or frames: their order is the kernel's, and may be what the step is about.
    pub in_order: bool,
}

/// The lines that are shown, and how many there are besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Those that are shown, what matters first.
    pub shown: Vec<LinePair>,
    /// What is said of the others; empty when there are none.
    pub left_out: Vec<String>,
}

impl Comparison {
    /// Of a readout. While `after` is false, only what was read before is in it.
    pub fn of(record: &ReadoutRecord, focus: &Focus, after: bool) -> Self {
        let missing = Reading::NotMeasured;
        let (old, new) = (&record.before, if after { &record.after } else { &missing });
        let tables = [table(old), table(new)];
        let counts = match (old.value(), new.value()) {
            (Some(_), Some(_)) if tables.iter().any(|rows| !rows.is_empty()) => {
                Some((tables[0].len(), tables[1].len()))
            }
            _ => None,
        };
        let facts = matches!((old, new), (Reading::Fact(_), Reading::Fact(_)));
        let comparable = after && compared(record);
        let long = tables.iter().any(|rows| rows.len() > MOST_LINES);
        let mut pairs = if tables.iter().all(|rows| rows.is_empty()) || long {
            lines(record, focus, after, facts)
        } else {
            rows(tables, focus)
        };
        if !comparable {
            for pair in &mut pairs {
                pair.change = Change::Unknown;
            }
        }
        let ordered = |row: &Row| row.0.len() == 1 || row.get("direction").is_some();
        let in_order = !long && tables.iter().flat_map(|rows| rows.iter()).all(ordered);
        Comparison { pairs, counts, in_order }
    }

    /// Whether something changed that the step can have changed.
    pub fn changed(&self) -> bool {
        self.pairs
            .iter()
            .any(|pair| pair.rank != Rank::Foreign && !matches!(pair.change, Change::Same | Change::Unknown))
    }

    /// Whether all lines take no more room than `most` lines.
    pub fn fits(&self, most: usize) -> bool {
        self.pairs.len() <= most
    }

    /// At most about `most` lines: those that expectations name, those that changed, the others if there is room for all of them.
    pub fn select(&self, most: usize) -> Selection {
        let mut ordered: Vec<LinePair> = self.pairs.clone();
        if self.fits(most) {
            if !self.in_order {
                ordered.sort_by_key(|pair| pair.rank);
            }
            return Selection { shown: ordered, left_out: Vec::new() };
        }
        let order = |pair: &LinePair| match (pair.rank, pair.change) {
            (Rank::Named, _) => 0,
            (Rank::Other, Change::Changed | Change::Gone | Change::New) => 1,
            (Rank::Other, Change::Same | Change::Unknown) => 2,
            (Rank::Foreign, _) => 3,
        };
        ordered.sort_by_key(order);
        let told = ordered.iter().take_while(|pair| order(pair) < 2).count();
        let named = ordered.iter().take_while(|pair| order(pair) == 0).count();
        let shown = told.min(most).max(named.min(MOST_NAMED)).max(if told == 0 { FEW.min(most) } else { 1 });
        let rest = ordered.split_off(shown.min(ordered.len()));
        Selection { shown: ordered, left_out: counted(&rest) }
    }
}

/// How many lines of each kind: `138 more gone`, `30 unchanged`.
fn counted(pairs: &[LinePair]) -> Vec<String> {
    let foreign: Vec<&LinePair> = pairs.iter().filter(|pair| pair.rank == Rank::Foreign).collect();
    let own: Vec<&LinePair> = pairs.iter().filter(|pair| pair.rank != Rank::Foreign).collect();
    let of = |pairs: &[&LinePair], change: Change| pairs.iter().filter(|pair| pair.change == change).count();
    let mut out = Vec::new();
    let mut say = |n: usize, word: &str| {
        if n > 0 {
            out.push(format!("{n} {word}"));
        }
    };
    say(of(&own, Change::Changed), "more changed");
    say(of(&own, Change::New), "more new");
    say(of(&own, Change::Gone), "more gone");
    say(of(&own, Change::Same), "unchanged");
    let unknown = of(&own, Change::Unknown);
    if unknown > 0 {
        out.push(count(unknown, "more line"));
    }
    // A process that is not the run's came or went by itself.
    let kinds = [
        (of(&foreign, Change::New), "came"),
        (of(&foreign, Change::Gone), "gone"),
        (of(&foreign, Change::Changed), "changed"),
        (of(&foreign, Change::Same) + of(&foreign, Change::Unknown), ""),
    ];
    let kinds: Vec<(usize, &str)> = kinds.into_iter().filter(|(n, _)| *n > 0).collect();
    match kinds.as_slice() {
        [] => {}
        [(n, word)] => {
            let others = count_of(*n, "other process", "other processes");
            out.push(format!("{others} {word}").trim_end().to_owned());
        }
        kinds => {
            let said = kinds
                .iter()
                .map(|(n, word)| format!("{n} {}", if word.is_empty() { "as before" } else { word }));
            out.push(format!("other processes: {}", said.collect::<Vec<_>>().join(", ")));
        }
    }
    out
}

fn count_of(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// The lines of texts, in their order.
fn lines(record: &ReadoutRecord, focus: &Focus, after: bool, facts: bool) -> Vec<LinePair> {
    let (old, new, missing) = (&record.before, &record.after, missing(record, focus));
    let before = plain_lines(old, missing[0]);
    let now = if after { plain_lines(new, missing[1]) } else { Vec::new() };
    let rank = |line: Option<&String>| match line {
        Some(line) if focus.names_line(line) => Rank::Named,
        _ => Rank::Other,
    };
    let pair = |(i, j): (Option<usize>, Option<usize>), change| LinePair {
        before: i,
        after: j,
        change,
        rank: rank(i.map(|i| &before[i])).min(rank(j.map(|j| &now[j]))),
    };
    if !facts {
        return (0..before.len().max(now.len()))
            .map(|i| {
                let at = ((i < before.len()).then_some(i), (i < now.len()).then_some(i));
                let change = match at {
                    (Some(i), Some(j)) if before[i] == now[j] => Change::Same,
                    (Some(_), Some(_)) => Change::Changed,
                    (Some(_), None) => Change::Gone,
                    (None, _) => Change::New,
                };
                pair(at, change)
            })
            .collect();
    }
    places(&before, &now)
        .into_iter()
        .map(|place| match place {
            Place::Same(i, j) => pair((Some(i), Some(j)), Change::Same),
            Place::Changed(i, j) => pair((Some(i), Some(j)), Change::Changed),
            Place::Before(i) => pair((Some(i), None), Change::Gone),
            Place::After(j) => pair((None, Some(j)), Change::New),
        })
        .collect()
}

/// The rows of tables. Their order has no meaning: equal rows belong together wherever they are, then rows of the same name.
fn rows([before, after]: [&[Row]; 2], focus: &Focus) -> Vec<LinePair> {
    let mut partner: Vec<Option<usize>> = vec![None; before.len()];
    let mut taken = vec![false; after.len()];
    let mut same = vec![false; after.len()];
    let whole = |row: &Row| row.0.clone();
    let key = |row: &Row| {
        row.get("name").map_or_else(|| row.0.first().map(|c| c.1.clone()), |n| Some(n.to_owned()))
    };
    matched(before, after, whole, &mut partner, &mut taken);
    same.clone_from(&taken);
    matched(before, after, key, &mut partner, &mut taken);
    let rank = |row: &Row, last: bool| match row {
        row if focus.names_row(row, last) => Rank::Named,
        row if focus.is_foreign(row) => Rank::Foreign,
        _ => Rank::Other,
    };
    let rank = |i: Option<usize>, j: Option<usize>| {
        let old = i.map(|i| rank(&before[i], i + 1 == before.len()));
        let new = j.map(|j| rank(&after[j], j + 1 == after.len()));
        old.into_iter().chain(new).min().unwrap_or(Rank::Other)
    };
    // A row that is gone is where it was: behind the row that it followed.
    let mut keyed: Vec<((usize, usize), LinePair)> = Vec::new();
    let mut behind = 0;
    for (i, at) in partner.iter().enumerate() {
        let change = match at {
            Some(j) if same[*j] => Change::Same,
            Some(_) => Change::Changed,
            None => Change::Gone,
        };
        behind = at.map_or(behind, |j| j + 1);
        let place = at.map_or((behind, i + 1), |j| (j + 1, 0));
        keyed.push((place, LinePair { before: Some(i), after: *at, change, rank: rank(Some(i), *at) }));
    }
    for (j, _) in taken.iter().enumerate().filter(|(_, taken)| !**taken) {
        let pair = LinePair { before: None, after: Some(j), change: Change::New, rank: rank(None, Some(j)) };
        keyed.push(((j + 1, 0), pair));
    }
    keyed.sort_by_key(|(place, _)| *place);
    let mut pairs: Vec<LinePair> = keyed.into_iter().map(|(_, pair)| pair).collect();
    // Of equal rows, one is enough to show what an expectation found.
    let mut found: Vec<[Option<&Row>; 2]> = Vec::new();
    for pair in pairs.iter_mut().filter(|pair| pair.rank == Rank::Named) {
        let sides = [pair.before.map(|i| &before[i]), pair.after.map(|j| &after[j])];
        if found.contains(&sides) {
            pair.rank = Rank::Other;
        } else {
            found.push(sides);
        }
    }
    pairs
}

/// Gives rows of before that have no partner the first row of after that has the same key and is free.
fn matched<K: std::hash::Hash + Eq>(
    before: &[Row],
    after: &[Row],
    key: impl Fn(&Row) -> K,
    partner: &mut [Option<usize>],
    taken: &mut [bool],
) {
    let mut free: HashMap<K, VecDeque<usize>> = HashMap::new();
    for (j, row) in after.iter().enumerate().filter(|(j, _)| !taken[*j]) {
        free.entry(key(row)).or_default().push_back(j);
    }
    for (i, row) in before.iter().enumerate() {
        if partner[i].is_none()
            && let Some(j) = free.get_mut(&key(row)).and_then(VecDeque::pop_front)
        {
            partner[i] = Some(j);
            taken[j] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_values_keep_their_order_whatever_is_looked_for() {
        let pair = |at, rank| LinePair { before: None, after: Some(at), change: Change::New, rank };
        let pairs = vec![pair(0, Rank::Other), pair(1, Rank::Named)];
        let shown = |in_order| Comparison { pairs: pairs.clone(), counts: None, in_order }.select(9).shown;
        assert_eq!(shown(true), pairs);
        assert_eq!(shown(false), [pairs[1], pairs[0]]);
    }
}
