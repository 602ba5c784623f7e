//! Pairs the lines of before and after.

use std::collections::{HashMap, VecDeque};

/// Above this many comparisons, lines are paired by position; the kernel's tables are shorter.
const MOST_COMPARISONS: usize = 1_000_000;

/// A line of before, a line of after, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair<'a> {
    /// The same line on both sides.
    Same(&'a str),
    /// A line that became another one.
    Changed(&'a str, &'a str),
    /// A line that is only in before.
    Before(&'a str),
    /// A line that is only in after.
    After(&'a str),
}

/// Pairs lines by their longest common subsequence. Between two common lines, an old and a new line are one changed line
/// if they begin with the same word, or if there is one of each.
pub fn pairs<'a>(before: &'a [String], after: &'a [String]) -> Vec<Pair<'a>> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before_rest, after_rest) = (&before[head..], &after[head..]);
    let tail = before_rest.iter().rev().zip(after_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&before_rest[..before_rest.len() - tail], &after_rest[..after_rest.len() - tail]);

    let mut out: Vec<Pair> = before[..head].iter().map(|line| Pair::Same(line)).collect();
    let (mut i, mut j) = (0, 0);
    for (a, b) in common(old, new).into_iter().chain([(old.len(), new.len())]) {
        lay(&old[i..a], &new[j..b], &mut out);
        if a < old.len() && b < new.len() {
            out.push(Pair::Same(&old[a]));
        }
        (i, j) = (a + 1, b + 1);
    }
    out.extend(before[before.len() - tail..].iter().map(|line| Pair::Same(line)));
    out
}

/// Pairs lines by position, for sides that have nothing in common.
pub fn by_position<'a>(before: &'a [String], after: &'a [String]) -> Vec<Pair<'a>> {
    let most = before.len().max(after.len());
    let pairs = (0..most).filter_map(|i| match (before.get(i), after.get(i)) {
        (Some(a), Some(b)) if a == b => Some(Pair::Same(a)),
        (Some(a), Some(b)) => Some(Pair::Changed(a, b)),
        (Some(a), None) => Some(Pair::Before(a)),
        (None, Some(b)) => Some(Pair::After(b)),
        (None, None) => None,
    });
    pairs.collect()
}

/// The indices of a longest common subsequence.
fn common(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let columns = new.len() + 1;
    if old.len().saturating_mul(new.len()) > MOST_COMPARISONS {
        return old.iter().zip(new).enumerate().filter(|(_, (a, b))| a == b).map(|(i, _)| (i, i)).collect();
    }
    // Compared as numbers, so each line is read only once, however long it is.
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let old: Vec<usize> = old.iter().map(|line| number(&mut numbers, line)).collect();
    let new: Vec<usize> = new.iter().map(|line| number(&mut numbers, line)).collect();
    let mut longest = vec![0_u32; (old.len() + 1) * columns];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * columns + j] = if old[i] == new[j] {
                longest[(i + 1) * columns + j + 1] + 1
            } else {
                longest[(i + 1) * columns + j].max(longest[i * columns + j + 1])
            };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * columns + j] >= longest[i * columns + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

fn lay<'a>(old: &'a [String], new: &'a [String], out: &mut Vec<Pair<'a>>) {
    if let ([a], [b]) = (old, new) {
        out.push(Pair::Changed(a, b));
        return;
    }
    // The lines that each word begins, in order: the new lines are not searched again for every old one.
    let mut places: HashMap<Option<&str>, VecDeque<usize>> = HashMap::new();
    for (at, b) in new.iter().enumerate() {
        places.entry(word(b)).or_default().push_back(at);
    }
    let mut came = 0;
    for a in old {
        let mut next = places.get_mut(&word(a));
        while let Some(all) = &mut next
            && all.front().is_some_and(|at| *at < came)
        {
            all.pop_front();
        }
        match next.and_then(VecDeque::pop_front) {
            Some(at) => {
                out.extend(new[came..at].iter().map(|b| Pair::After(b)));
                out.push(Pair::Changed(a, &new[at]));
                came = at + 1;
            }
            None => out.push(Pair::Before(a)),
        }
    }
    out.extend(new[came..].iter().map(|b| Pair::After(b)));
}

/// The number of a line among those seen so far; a new line gets a new number.
fn number<'l>(numbers: &mut HashMap<&'l str, usize>, line: &'l str) -> usize {
    let next = numbers.len();
    *numbers.entry(line).or_insert(next)
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
        let pairs = pairs(&before, &after);
        let said = pairs.iter().map(|pair| match pair {
            Pair::Same(a) => format!("{a}={a}"),
            Pair::Changed(a, b) => format!("{a}≠{b}"),
            Pair::Before(a) => format!("{a}-"),
            Pair::After(b) => format!("+{b}"),
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
        assert_eq!(pairs(&before, &after).len(), 200_000);
        let shifted: Vec<String> = before[1..].to_vec();
        assert!(pairs(&before, &shifted).len() >= 100_000);
    }

    #[test]
    fn no_line_is_lost() {
        let before = lines("a;b;c;d;e;f;c");
        let after = lines("c;x;a;e;c;y");
        let (mut olds, mut news) = (Vec::new(), Vec::new());
        for pair in pairs(&before, &after) {
            let (a, b) = match pair {
                Pair::Same(a) => (Some(a), Some(a)),
                Pair::Changed(a, b) => (Some(a), Some(b)),
                Pair::Before(a) => (Some(a), None),
                Pair::After(b) => (None, Some(b)),
            };
            olds.extend(a);
            news.extend(b);
        }
        assert_eq!(
            (olds, news),
            (before.iter().map(String::as_str).collect(), after.iter().map(String::as_str).collect())
        );
    }
}
