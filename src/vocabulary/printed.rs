//! The output that a block of commands prints when a person types it: the lines that a lesson states, and whether an output has them.

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// Matches any text within a line.
const ANYTHING: &str = "...";
/// A search through an output ends after this many comparisons of a statement with a line.
const MOST_COMPARISONS: usize = 200_000;

/// A statement about the output of a block of commands.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[serde(untagged)]
pub enum Printed {
    /// A line of the output. `...` matches anything, `<name>` a word, `<15..25>` a number between the two.
    Line(String),
    /// A statement with a verb.
    Stated(PrintedVerb),
}

/// Other statements about an output.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PrintedVerb {
    /// No line is like this one.
    Lacks(String),
}

impl<'de> Deserialize<'de> for Printed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PrintedVisitor;
        impl<'de> Visitor<'de> for PrintedVisitor {
            type Value = Printed;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a line of output, or { lacks: LINE }")
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Printed, E> {
                Ok(Printed::Line(s.to_owned()))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Printed, E> {
                Ok(Printed::Line(n.to_string()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Printed, A::Error> {
                PrintedVerb::deserialize(MapAccessDeserializer::new(map)).map(Printed::Stated)
            }
        }
        deserializer.deserialize_any(PrintedVisitor)
    }
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Printed::Line(line) => write!(f, "prints `{line}`"),
            Printed::Stated(PrintedVerb::Lacks(line)) => write!(f, "lacks `{line}`"),
        }
    }
}

impl Printed {
    /// The line as written in the lesson.
    pub fn line(&self) -> &str {
        match self {
            Printed::Line(line) | Printed::Stated(PrintedVerb::Lacks(line)) => line,
        }
    }
}

/// A part of a stated line.
#[derive(Debug, Clone, PartialEq)]
enum Part<'t> {
    Literal(&'t str),
    Anything,
    /// A word that has a name.
    Word(&'t str),
    /// A number between these two.
    Number(f64, f64),
}

/// Parses `<name>` or `<15..25>`, without the brackets; `None` if it is neither, and then it is plain text.
fn marked(inside: &str) -> Option<Part<'_>> {
    if let Some((low, high)) = inside.split_once("..") {
        return Some(Part::Number(low.parse().ok()?, high.parse().ok()?));
    }
    let name = inside.starts_with(|c: char| c.is_ascii_lowercase())
        && inside.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    name.then_some(Part::Word(inside))
}

fn parts(line: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut plain) = (line.trim(), 0);
    while plain < rest.len() {
        let ahead = &rest[plain..];
        let mark = ahead
            .strip_prefix('<')
            .and_then(|t| t.split_once('>'))
            .and_then(|(inside, _)| marked(inside).map(|part| (part, inside.len() + 2)));
        let special = if ahead.starts_with(ANYTHING) { Some((Part::Anything, ANYTHING.len())) } else { mark };
        match special {
            Some((part, length)) => {
                if plain > 0 {
                    found.push(Part::Literal(&rest[..plain]));
                }
                found.push(part);
                (rest, plain) = (&rest[plain + length..], 0);
            }
            None => plain += ahead.chars().next().map_or(1, char::len_utf8),
        }
    }
    if !rest.is_empty() {
        found.push(Part::Literal(rest));
    }
    found
}

/// Words by the name that the statements give them. Two names never stand for the same word.
type Words<'t> = BTreeMap<&'t str, &'t str>;

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.' || c == '-'
}

/// Every way in which a line can match a stated one: the words in each case.
fn ways<'t>(parts: &[Part<'t>], line: &'t str, words: &Words<'t>, found: &mut Vec<Words<'t>>) {
    let Some((part, rest)) = parts.split_first() else {
        if line.is_empty() {
            found.push(words.clone());
        }
        return;
    };
    match part {
        Part::Literal(text) => {
            if let Some(line) = line.strip_prefix(text) {
                ways(rest, line, words, found);
            }
        }
        Part::Anything => {
            for (at, _) in line.char_indices().chain([(line.len(), ' ')]) {
                ways(rest, &line[at..], words, found);
                // The skipped text binds no words, so one way is as good as another if no word follows.
                if !found.is_empty() && !rest.iter().any(|p| matches!(p, Part::Word(_))) {
                    return;
                }
            }
        }
        Part::Word(name) => {
            let end = line.find(char::is_whitespace).unwrap_or(line.len());
            let lengths = line[..end].char_indices().map(|(at, c)| at + c.len_utf8());
            for length in lengths {
                let word = &line[..length];
                let known = words.get(name);
                let taken = known.is_none() && words.values().any(|other| *other == word);
                if known.is_some_and(|known| *known != word) || taken {
                    continue;
                }
                let mut words = words.clone();
                words.insert(name, word);
                ways(rest, &line[length..], &words, found);
            }
        }
        Part::Number(low, high) => {
            let end = line.find(|c: char| !is_number(c)).unwrap_or(line.len());
            if line[..end].parse::<f64>().is_ok_and(|n| (*low..=*high).contains(&n)) {
                ways(rest, &line[end..], words, found);
            }
        }
    }
}

fn like<'t>(stated: &'t str, line: &'t str, words: &Words<'t>) -> Vec<Words<'t>> {
    let mut found = Vec::new();
    ways(&parts(stated), line.trim(), words, &mut found);
    found
}

/// Searches for the stated lines in order, with other lines allowed between; finds how many there are at most, and the words if all are.
struct Search<'t> {
    lines: Vec<&'t str>,
    stated: Vec<&'t str>,
    most: usize,
    comparisons: usize,
}

impl<'t> Search<'t> {
    fn from(&mut self, number: usize, line: usize, words: &Words<'t>) -> Option<Words<'t>> {
        self.most = self.most.max(number);
        let Some(stated) = self.stated.get(number).copied() else { return Some(words.clone()) };
        for at in line..self.lines.len() {
            self.comparisons += 1;
            if self.comparisons > MOST_COMPARISONS {
                return None;
            }
            for words in like(stated, self.lines[at], words) {
                if let Some(all) = self.from(number + 1, at + 1, &words) {
                    return Some(all);
                }
            }
        }
        None
    }
}

/// A line with single blanks: how `ls` spaces its columns depends on the terminal.
fn single_blanks(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The statements that do not hold for an output, in order: the first missing line also stands for those after it. A run of blanks counts as one, and
/// blanks at the ends of a line do not count.
pub fn unmet<'s>(stated: &'s [Printed], output: &str) -> Vec<&'s Printed> {
    let lines: Vec<&Printed> = stated.iter().filter(|s| matches!(s, Printed::Line(_))).collect();
    let printed: Vec<String> = output.lines().map(single_blanks).collect();
    let wanted: Vec<String> = lines.iter().map(|s| single_blanks(s.line())).collect();
    let unwanted: Vec<String> = stated.iter().map(|s| single_blanks(s.line())).collect();
    let mut search = Search {
        lines: printed.iter().map(String::as_str).collect(),
        stated: wanted.iter().map(String::as_str).collect(),
        most: 0,
        comparisons: 0,
    };
    let words = search.from(0, 0, &Words::new());
    let missing = words.is_none().then(|| lines.get(search.most).copied()).flatten();
    let words = words.unwrap_or_default();
    let mut unmet: Vec<&Printed> = missing.into_iter().collect();
    for (statement, line) in stated.iter().zip(&unwanted) {
        let lacks = matches!(statement, Printed::Stated(PrintedVerb::Lacks(_)));
        if lacks && printed.iter().any(|found| !like(line, found, &words).is_empty()) {
            unmet.push(statement);
        }
    }
    unmet
}

/// Why a statement can never fail or never hold; `named` has the words that earlier lines name.
pub fn mistake(stated: &Printed, named: &mut Vec<String>) -> Option<(String, &'static str)> {
    let parts = parts(stated.line());
    if parts.iter().all(|p| *p == Part::Anything) {
        let what = match stated {
            Printed::Line(_) => "any line is like this one",
            Printed::Stated(PrintedVerb::Lacks(_)) => "every output has a line like this one",
        };
        return Some((what.to_owned(), "write a part of the line beside `...`"));
    }
    for part in &parts {
        match (part, stated) {
            (Part::Number(low, high), _) if low > high => {
                return Some((
                    format!("no number lies between {low} and {high}"),
                    "write the lower one first",
                ));
            }
            (Part::Word(name), Printed::Line(_)) => named.push((*name).to_owned()),
            (Part::Word(name), Printed::Stated(PrintedVerb::Lacks(_)))
                if !named.iter().any(|n| n == name) =>
            {
                return Some((
                    format!("no line before names a word `<{name}>`"),
                    "name it in a line of the list, or write `...` for anything",
                ));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(stated: &[Printed], output: &str) -> Vec<String> {
        unmet(stated, output).iter().map(ToString::to_string).collect()
    }

    fn line(text: &str) -> Printed {
        Printed::Line(text.to_owned())
    }

    fn lacks(text: &str) -> Printed {
        Printed::Stated(PrintedVerb::Lacks(text.to_owned()))
    }

    #[test]
    fn lines_stand_in_their_order_with_others_between() {
        let output = "[1] 4711\n  bird  \nlab\n6.18\n";
        assert_eq!(missing(&[line("bird"), line("6.18")], output), [""; 0]);
        assert_eq!(missing(&[line("lab"), line("bird")], output), ["prints `bird`"]);
        assert_eq!(missing(&[line("cache doomed")], "cache  doomed\tlogs\n"), ["prints `cache doomed`"]);
        assert_eq!(missing(&[line("cache  doomed logs")], "cache  doomed\tlogs\n"), [""; 0], "columns");
        assert_eq!(missing(&[line("bir")], output), ["prints `bir`"], "a whole line");
        assert_eq!(missing(&[line("bird"), line("bird")], output), ["prints `bird`"], "once is not twice");
        assert_eq!(missing(&[line("...ir..."), lacks("...robin...")], output), [""; 0]);
        assert_eq!(missing(&[lacks("l...b")], output), ["lacks `l...b`"]);
    }

    #[test]
    fn a_name_is_one_word_and_two_names_are_two() {
        let differ = [line("uts:[<host>]"), line("uts:[<box>]")];
        assert_eq!(missing(&differ, "uts:[4026531838]\nuts:[4026532200]\n"), [""; 0]);
        assert_eq!(missing(&differ, "uts:[4026531838]\nuts:[4026531838]\n"), ["prints `uts:[<box>]`"]);
        let same = [line("<kernel>"), line("<kernel>")];
        assert_eq!(
            missing(&same, "x\n6.1\ny\n6.1\n"),
            [""; 0],
            "the words are looked for, not the first lines"
        );
        assert_eq!(missing(&same, "x\ny\n"), ["prints `<kernel>`"]);
        assert_eq!(missing(&[line("a <n> b")], "a x y b\n"), ["prints `a <n> b`"], "a word has no blanks");
        assert_eq!(missing(&[line("<n>"), lacks("<n>.")], "ab\nab.\n"), ["lacks `<n>.`"]);
    }

    #[test]
    fn numbers_lie_between_two() {
        let share = [line("<15..25> %")];
        assert_eq!(missing(&share, "19 %\n"), [""; 0]);
        assert_eq!(missing(&share, "25 %\n"), [""; 0]);
        assert_eq!(missing(&share, "26 %\n"), ["prints `<15..25> %`"]);
        assert_eq!(missing(&[line("real ...m<1.5..2.5>s")], "real\t0m2.01s\n"), [""; 0]);
        assert_eq!(missing(&[line("real ...m<3..4>s")], "real\t0m2.01s\n"), ["prints `real ...m<3..4>s`"]);
        assert_eq!(missing(&[line("real...m<1.5..2.5>s")], "real\t0m2.01s\n"), [""; 0]);
    }

    #[test]
    fn other_angle_brackets_are_themselves() {
        assert_eq!(missing(&[line("lo: <LOOPBACK> mtu")], "lo: <LOOPBACK> mtu\n"), [""; 0]);
        assert_eq!(missing(&[line("a < b")], "a < b\n"), [""; 0]);
        assert_eq!(missing(&[line("<é>")], "<é>\n"), [""; 0]);
    }

    #[test]
    fn a_search_has_an_end() {
        let stated: Vec<Printed> =
            (0..30).map(|n| line(&format!("...<w{n}>..."))).chain([line("end")]).collect();
        let output = "word and more of it\n".repeat(60);
        assert!(!unmet(&stated, &output).is_empty());
    }

    #[test]
    fn what_cannot_fail_is_a_mistake() {
        let told = |stated: &Printed| mistake(stated, &mut vec!["host".to_owned()]).map(|m| m.0);
        assert_eq!(told(&line("... ...")), None, "a blank is a text");
        assert!(told(&line("...")).is_some() && told(&lacks("......")).is_some());
        assert!(told(&line("<9..1>")).is_some());
        assert_eq!(told(&lacks("uts:[<host>]")), None);
        assert!(told(&lacks("uts:[<box>]")).is_some());
    }
}
