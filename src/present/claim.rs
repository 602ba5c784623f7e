//! Expectations in words: `box-name is bird`, `share is within 2 % of 20 %`.

use crate::events::Claim;
use crate::vocabulary::expect::{Near, Op, RowMatch};
use crate::vocabulary::spelling::{quoted, spell};
use crate::vocabulary::{One, Val};

/// A predicate, in the two tenses that `was` needs.
enum Phrase {
    /// After `is` or `was`.
    Be(String),
    /// A verb of its own: now, before, and what follows.
    Do(&'static str, &'static str, String),
    /// The statement is about something made of the readout: how that is called, and what is said of it.
    Of(String, Box<Phrase>),
}

/// The whole claim, its operators joined by `and`, with its time.
pub fn claim(claim: &Claim) -> String {
    let one = |op| sentence(&claim.readout, &phrase(op), false);
    let timed = |word: &str, time: &Option<Val>| {
        time.as_ref().map_or_else(String::new, |time| format!(" ({word} {})", spell(time)))
    };
    let within = timed("becomes true within", &claim.within);
    let lasting = timed("stays true for", &claim.r#for);
    let claims: Vec<String> = claim.operators.iter().map(one).collect();
    format!("{}{within}{lasting}", claims.join(" and "))
}

/// What would pass, without the readout's name: `bird`, `at least 150 %`, `changed`. For use beside the claim, which says of what.
pub fn expected(operators: &[Op]) -> String {
    operators.iter().map(|op| bare(&phrase(op))).collect::<Vec<_>>().join(" and ")
}

fn bare(phrase: &Phrase) -> String {
    match phrase {
        Phrase::Be(rest) => rest.clone(),
        Phrase::Do(now, _, rest) => format!("{now} {rest}").trim_end().to_owned(),
        Phrase::Of(_, inner) => bare(inner),
    }
}

fn sentence(subject: &str, phrase: &Phrase, past: bool) -> String {
    match phrase {
        Phrase::Be(rest) => format!("{subject} {} {rest}", if past { "was" } else { "is" }),
        Phrase::Do(now, before, rest) => {
            let verb = if past { before } else { now };
            format!("{subject} {verb} {rest}").trim_end().to_owned()
        }
        Phrase::Of(pattern, inner) => sentence(&pattern.replace("{}", subject), inner, past),
    }
}

fn phrase(op: &Op) -> Phrase {
    match op {
        Op::Is(value) => Phrase::Be(say(value)),
        Op::IsNot(value) => Phrase::Be(format!("not {}", say(value))),
        Op::AtLeast(value) => Phrase::Be(format!("at least {}", say(value))),
        Op::AtMost(value) => Phrase::Be(format!("at most {}", say(value))),
        Op::Between(from, to) => Phrase::Be(format!("between {} and {}", say(from), say(to))),
        Op::Near(Near { value, by }) => Phrase::Be(format!("within {} of {}", say(by), say(value))),
        Op::SameAs(other) => Phrase::Be(format!("the same as {other}")),
        Op::DiffersFrom(other) => Phrase::Do("differs", "differed", format!("from {other}")),
        Op::AsBefore(step) => Phrase::Be(format!("as it was before step {step}")),
        Op::RatioTo(One(other, op)) => Phrase::Of(format!("{{}} / {other}"), Box::new(phrase(op))),
        Op::Changed => Phrase::Do("changed", "changed", String::new()),
        Op::Unchanged => Phrase::Be("unchanged".into()),
        Op::Grew => Phrase::Do("grew", "grew", String::new()),
        Op::Fell => Phrase::Do("fell", "fell", String::new()),
        Op::GrewBy(op) => match phrase(op) {
            Phrase::Be(amount) => match amount.strip_prefix('-') {
                Some(less) => Phrase::Do("fell", "fell", format!("by {less}")),
                None => Phrase::Do("grew", "grew", format!("by {amount}")),
            },
            other => Phrase::Of("the growth of {}".into(), Box::new(other)),
        },
        Op::Was(op) => past(phrase(op)),
        Op::Peak(op) => Phrase::Of("the peak of {}".into(), Box::new(phrase(op))),
        Op::Contains(RowMatch::Cell(value)) => Phrase::Do("contains", "contained", say(value)),
        Op::Contains(row) => Phrase::Do("has", "had", format!("a row with {}", cells(row))),
        Op::Lacks(RowMatch::Cell(value)) => Phrase::Do("lacks", "lacked", say(value)),
        Op::Lacks(row) => Phrase::Do("has", "had", format!("no row with {}", cells(row))),
        Op::Count(op) => match phrase(op) {
            Phrase::Be(number) if number == "1" => Phrase::Do("has", "had", "1 row".into()),
            Phrase::Be(number) => Phrase::Do("has", "had", format!("{number} rows")),
            other => Phrase::Of("the number of rows of {}".into(), Box::new(other)),
        },
        Op::Last(value) => Phrase::Do("ends", "ended", format!("with {}", say(value))),
        Op::Alive => Phrase::Be("alive".into()),
        Op::Zombie => Phrase::Be("a zombie".into()),
        Op::Exited(status) => Phrase::Do("exited", "exited", format!("with status {status}")),
        Op::KilledBy(signal) => Phrase::Do("was", "was", format!("killed by SIG{}", signal.name())),
        Op::Fails(errno) => Phrase::Do("cannot", "could not", format!("be read: {errno}")),
        Op::Gone => Phrase::Be("gone".into()),
    }
}

fn past(phrase: Phrase) -> Phrase {
    match phrase {
        Phrase::Be(rest) => Phrase::Do("was", "was", format!("{rest} before the step")),
        Phrase::Do(_, before, rest) if rest.is_empty() => {
            Phrase::Do(before, before, "before the step".into())
        }
        Phrase::Do(_, before, rest) => Phrase::Do(before, before, format!("{rest} before the step")),
        Phrase::Of(pattern, inner) => Phrase::Of(pattern, Box::new(past(*inner))),
    }
}

fn cells(row: &RowMatch) -> String {
    match row {
        RowMatch::Cell(value) => say(value),
        RowMatch::Cells(cells) => {
            let cells: Vec<String> =
                cells.iter().map(|(column, value)| format!("{column}={}", say(value))).collect();
            cells.join(", ")
        }
    }
}

/// A value as it stands in a sentence: quantities spelled, texts quoted where a reader could lose their ends.
fn say(value: &Val) -> String {
    match value {
        Val::Text(text)
            if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) =>
        {
            quoted(text.strip_suffix('\n').unwrap_or(text))
        }
        other => spell(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Expect;
    use serde_yaml::with::singleton_map_recursive::deserialize;

    fn said(yaml: &str) -> String {
        let expect: Expect = deserialize(serde_yaml::Deserializer::from_str(yaml)).expect(yaml);
        claim(&Claim::from(&expect))
    }

    #[test]
    fn every_operator_is_a_sentence() {
        let cases = [
            ("{ box-name: { is: bird } }", "box-name is bird"),
            ("{ hello: { is: \"hello from inner\\n\" } }", "hello is \"hello from inner\""),
            ("{ x: { is: \"\" } }", "x is \"\""),
            ("{ x: { is_not: 3 } }", "x is not 3"),
            ("{ share: { at_least: 150% } }", "share is at least 150 %"),
            ("{ share: { between: [90%, 140%] } }", "share is between 90 % and 140 %"),
            ("{ share: { near: { value: 20%, by: 2% } } }", "share is within 2 % of 20 %"),
            ("{ a: { same_as: b } }", "a is the same as b"),
            ("{ a: { differs_from: b } }", "a differs from b"),
            ("{ a: { as_before: accident } }", "a is as it was before step accident"),
            ("{ a: { ratio_to: { b: { near: { value: 4x, by: 0.4x } } } } }", "a / b is within 0.4x of 4x"),
            ("{ a: unchanged }", "a is unchanged"),
            ("{ a: changed }", "a changed"),
            ("{ a: grew }", "a grew"),
            ("{ a: { grew_by: { at_least: 16 } } }", "a grew by at least 16"),
            ("{ a: { grew_by: { is: -1 } } }", "a fell by 1"),
            ("{ a: { was: { same_as: b } } }", "a was the same as b before the step"),
            ("{ a: { was: { contains: INSIDE } } }", "a contained INSIDE before the step"),
            ("{ a: { was: { fails: ENOENT } } }", "a could not be read: ENOENT before the step"),
            ("{ rss: { peak: { at_least: 20M } } }", "the peak of rss is at least 20 MiB"),
            ("{ a: { lacks: { at: stage/cup } } }", "a has no row with at=stage/cup"),
            ("{ a: { contains: { name: lo, state: down } } }", "a has a row with name=lo, state=down"),
            ("{ a: { count: { is: 1 } } }", "a has 1 row"),
            ("{ a: { count: { is: 0 } } }", "a has 0 rows"),
            ("{ a: { last: \"1\" } }", "a ends with 1"),
            ("{ a: { exited: 0 } }", "a exited with status 0"),
            ("{ a: { killed_by: KILL }, within: 5s }", "a was killed by SIGKILL (becomes true within 5 s)"),
            ("{ a: alive, for: 300ms }", "a is alive (stays true for 300 ms)"),
            ("{ a: { fails: ENOENT } }", "a cannot be read: ENOENT"),
            ("{ a: gone }", "a is gone"),
            ("{ a: [{ at_least: 1 }, { at_most: 3 }] }", "a is at least 1 and a is at most 3"),
        ];
        for (yaml, sentence) in cases {
            assert_eq!(said(yaml), sentence, "{yaml}");
        }
    }

    #[test]
    fn what_would_pass_stands_alone() {
        assert_eq!(expected(&[Op::Is(Val::Text("bird".into()))]), "bird");
        assert_eq!(expected(&[Op::AtLeast(Val::Num(3))]), "at least 3");
        assert_eq!(expected(&[Op::Changed]), "changed");
        assert_eq!(expected(&[Op::Peak(Box::new(Op::AtLeast(Val::Num(3))))]), "at least 3");
    }
}
