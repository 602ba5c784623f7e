//! Pairs the lines of before and after.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{HashMap, VecDeque};

/// Above this many comparisons, lines are paired by position; the kernel's tables are shorter.
const MOST_COMPARISONS: usize = 1_000_000;

/// Where the lines of a pair are: their indices in before and in after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The same line on both sides.
    Same(usize, usize),
    /// A line that became another one.
    Changed(usize, usize),
    /// A line that is only in before.
    Before(usize),
    /// A line that is only in after.
    After(usize),
}

/// Pairs lines by their longest common subsequence. Between two common lines, an old and a new line are one changed line if they begin with the same
/// word, or if there is one of each.
pub fn places(before: &[String], after: &[String]) -> Vec<Place> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (old, new) = (&before[head..], &after[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (old.len() - tail, new.len() - tail);
    if old.saturating_mul(new) > MOST_COMPARISONS {
        return by_position(before, after);
    }
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, before, after) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                out.extend((0..len).map(|n| Place::Same(old_index + n, new_index + n)));
            }
            DiffOp::Delete { old_index, old_len, .. } => {
                out.extend((old_index..old_index + old_len).map(Place::Before));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                out.extend((new_index..new_index + new_len).map(Place::After));
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                let (old, new) = (old_index..old_index + old_len, new_index..new_index + new_len);
                if old_len == 1 && new_len == 1 {
                    out.push(Place::Changed(old_index, new_index));
                } else {
                    lay((&before[old], old_index), (&after[new], new_index), &mut out);
                }
            }
        }
    }
    out
}

/// Pairs lines by position, for sides that have nothing in common.
pub fn by_position(before: &[String], after: &[String]) -> Vec<Place> {
    let most = before.len().max(after.len());
    let places = (0..most).map(|i| match (before.get(i), after.get(i)) {
        (Some(a), Some(b)) if a == b => Place::Same(i, i),
        (Some(_), Some(_)) => Place::Changed(i, i),
        (Some(_), None) => Place::Before(i),
        (None, _) => Place::After(i),
    });
    places.collect()
}

/// Old and new lines that have none in common, with the index of the first of each.
fn lay((old, first_old): (&[String], usize), (new, first_new): (&[String], usize), out: &mut Vec<Place>) {
    // The lines that each word begins, in order: the new lines are not searched again for every old one.
    let mut starts: HashMap<Option<&str>, VecDeque<usize>> = HashMap::new();
    for (at, b) in new.iter().enumerate() {
        starts.entry(word(b)).or_default().push_back(at);
    }
    let mut came = 0;
    for (i, a) in old.iter().enumerate() {
        let mut next = starts.get_mut(&word(a));
        while let Some(all) = &mut next
            && all.front().is_some_and(|at| *at < came)
        {
            all.pop_front();
        }
        match next.and_then(VecDeque::pop_front) {
            Some(at) => {
                out.extend((came..at).map(|j| Place::After(first_new + j)));
                out.push(Place::Changed(first_old + i, first_new + at));
                came = at + 1;
            }
            None => out.push(Place::Before(first_old + i)),
        }
    }
    out.extend((came..new.len()).map(|j| Place::After(first_new + j)));
}

fn word(line: &str) -> Option<&str> {
    line.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(';').filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    #[track_caller]
    fn laid(before: &str, after: &str) -> String {
        let (before, after) = (lines(before), lines(after));
        let said = places(&before, &after).into_iter().map(|place| match place {
            Place::Same(i, j) => format!("{}={}", before[i], after[j]),
            Place::Changed(i, j) => format!("{}≠{}", before[i], after[j]),
            Place::Before(i) => format!("{}-", before[i]),
            Place::After(j) => format!("+{}", after[j]),
        });
        said.collect::<Vec<_>>().join(";")
    }

    #[test]
    fn lines_find_their_partners() {
        assert_eq!(laid("", ""), "");
        assert_eq!(laid("a;b", "a;b"), "a=a;b=b");
        assert_eq!(laid("a;c", "a;b;c"), "a=a;+b;c=c");
        assert_eq!(laid("a;b;c", "a;c"), "a=a;b-;c=c");
        assert_eq!(laid("a", "b"), "a≠b");
        assert_eq!(laid("a;lo down;z", "a;eth0 up;lo up;z"), "a=a;+eth0 up;lo down≠lo up;z=z");
        assert_eq!(laid("x 1;y 1", "y 2;w 1"), "x 1-;y 1≠y 2;+w 1");
        assert_eq!(laid("a;a;b", "a;b"), "a=a;a-;b=b");
    }

    /// More lines than are compared one by one, and all different: they are laid out without comparing each pair.
    #[test]
    fn many_lines_are_laid_out_in_one_go() {
        let lines = |side: &str| (0..100_000).map(|i| format!("{side}{i} x")).collect::<Vec<_>>();
        let (before, after) = (lines("a"), lines("b"));
        assert!(places(&before, &after).len() >= 100_000);
        let shifted: Vec<String> = before[1..].to_vec();
        assert!(places(&before, &shifted).len() >= 100_000);
    }

    #[test]
    fn no_line_is_lost() {
        let before = lines("a;b;c;d;e;f;c");
        let after = lines("c;x;a;e;c;y");
        let (mut olds, mut news) = (Vec::new(), Vec::new());
        for place in places(&before, &after) {
            let (a, b) = match place {
                Place::Same(i, j) | Place::Changed(i, j) => (Some(i), Some(j)),
                Place::Before(i) => (Some(i), None),
                Place::After(j) => (None, Some(j)),
            };
            olds.extend(a);
            news.extend(b);
        }
        assert!(olds.into_iter().eq(0..before.len()) && news.into_iter().eq(0..after.len()));
    }
}
