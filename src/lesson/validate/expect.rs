//! Statements: that they fit what is read, and that they can fail.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::check::{Check, Stated, StepAt, inside};
use super::declared::time;
use crate::model::Unit;
use crate::vocabulary::expect::RowMatch;
use crate::vocabulary::reader::Varies;
use crate::vocabulary::when::When;
use crate::vocabulary::yields::Yields;
use crate::vocabulary::{Expect, Op, Reader, Readout, Val};
use std::collections::HashMap;

pub(super) fn check(check: &mut Check) {
    let steps = std::mem::take(&mut check.steps);
    for step in &steps {
        let mut seen = HashMap::new();
        for stated in &step.stated {
            statement(check, step, stated);
            duplicate(check, &mut seen, stated);
        }
        whole(check, step);
    }
    check.steps = steps;
}

/// A step can fail, and by what it does.
fn whole(check: &mut Check, step: &StepAt) {
    if step.broken {
        return;
    }
    let place = step.node.key("expect").unwrap_or(step.node.head());
    if step.step.expect.is_empty() {
        check.tell(
            Mistake::new(place, "a step that expects nothing cannot fail").help("write an expectation"),
        );
        return;
    }
    let lesson = check.lesson;
    let deliberate = step.acts.iter().any(|a| a.part == super::check::Part::Do && a.may_fail());
    let turned = step.stated.iter().any(|s| {
        let constant = lesson
            .readouts
            .get(&s.expect.subject)
            .and_then(|r| r.verbs.first())
            .is_some_and(|reader| reader.facts().varies == Varies::Never);
        !constant && !matches!(s.op, Op::Unchanged | Op::Was(_))
    });
    if !step.step.actions.is_empty() && !deliberate && !turned {
        check.tell(
            Mistake::new(place, "the step would pass without its actions")
                .help("add an expectation that they make true: a value, `changed`, `grew`, …"),
        );
    }
}

/// The same statement twice, where both apply to one machine.
fn duplicate(check: &mut Check, seen: &mut HashMap<String, Vec<Option<When>>>, stated: &Stated) {
    let modifiers = &stated.expect.modifiers;
    // what becomes true and what stays true are two statements
    let key = format!("{} {:?} {}", stated.expect.subject, stated.op, modifiers.r#for.is_some());
    let earlier = seen.entry(key).or_default();
    if earlier.iter().any(|when| *when == modifiers.when || when.is_none() || modifiers.when.is_none()) {
        check.tell(Mistake::new(stated.subject, "the step already says this").help("remove it"));
    }
    earlier.push(modifiers.when.clone());
}

fn statement(check: &mut Check, step: &StepAt, stated: &Stated) {
    let modifiers = &stated.expect.modifiers;
    for (key, value) in [("within", &modifiers.within), ("for", &modifiers.r#for)] {
        if let (Some(value), Some(node)) = (value, stated.entry.get(key)) {
            time(check, value, node, true);
        }
    }
    if modifiers.within.is_some()
        && let (Some(_), Some(span)) = (&modifiers.r#for, stated.entry.key("for"))
    {
        check.tell(
            Mistake::new(span, "`within` and `for` on the same statement")
                .help("becoming true and staying true are two expectations: write two entries"),
        );
    }
    let id = &stated.expect.subject;
    if !check.is_readout(id, stated.subject) {
        return;
    }
    let lesson = check.lesson;
    let readout = &lesson.readouts[id];
    let Some(reader) = readout.verbs.first() else { return };
    if reader.share_of().is_some() {
        share(check, step, stated);
    }
    if reader.is_captured() && matches!(stated.op, Op::Was(_) | Op::AsBefore(_)) {
        let message = "frames are captured from the step's actions on, and none are before";
        check.tell(Mistake::new(inside(stated.node).0, message).help("write `contains`, `lacks` or `count`"));
    }
    let subject = Subject::new(id, readout, reader);
    let sampled = if step.broken { Sampled::Unknown } else { Sampled::These(&step.step.watch) };
    op(check, sampled, stated.op, stated.node, &subject);
}

/// A share has a value only where the step measures, and none before.
fn share(check: &mut Check, step: &StepAt, stated: &Stated) {
    if step.step.measure.is_none() && !step.broken {
        check.tell(
            Mistake::new(
                stated.subject,
                format!("`{}` is measured over a window, and the step has none", stated.expect.subject),
            )
            .help("write `measure: { settle: 300ms, window: 2s }` in the step"),
        );
    }
    unmeasured(check, stated.op, stated.node);
}

/// A share before the step is not known.
fn unmeasured(check: &mut Check, op: &Op, node: &Node) {
    if matches!(op, Op::Changed | Op::Unchanged | Op::Grew | Op::Fell | Op::GrewBy(_) | Op::Was(_)) {
        check.tell(
            Mistake::new(inside(node).0, "a share is not measured before the step")
                .help("state a value: `near`, `at_least`, `at_most`, `between`"),
        );
    }
}

/// A statement that is made outside of a step, in this entry of a file.
pub(super) fn later(check: &mut Check, expect: &Expect, entry: &Node) {
    let id = &expect.subject;
    let (Some(subject), Some(value)) = (entry.key(id), entry.get(id)) else { return };
    if !check.is_readout(id, subject) {
        return;
    }
    let lesson = check.lesson;
    let readout = &lesson.readouts[id];
    let Some(reader) = readout.verbs.first() else { return };
    if expect.verbs.is_empty() {
        check.tell(Mistake::new(subject, format!("nothing is stated about `{id}`")));
    }
    let subject = Subject::new(id, readout, reader);
    for (index, op) in expect.verbs.iter().enumerate() {
        let node = value.one_of(index);
        if reader.share_of().is_some() {
            unmeasured(check, op, node);
        }
        self::op(check, Sampled::Never, op, node, &subject);
    }
}

/// Which readouts are sampled while the time passes that a statement is about.
#[derive(Clone, Copy)]
enum Sampled<'a> {
    /// Those of a step's `watch`.
    These(&'a [String]),
    /// The step has a mistake; no knowing.
    Unknown,
    /// None: it is no statement of a step.
    Never,
}

/// What a statement is about.
struct Subject<'a> {
    id: &'a str,
    readout: &'a Readout,
    yields: Yields,
    /// It can be negative.
    negative: bool,
    /// It only ever grows.
    counter: bool,
}

impl<'a> Subject<'a> {
    fn new(id: &'a str, readout: &'a Readout, reader: &Reader) -> Self {
        let facts = reader.facts();
        let (yields, counter) = (facts.yields, facts.varies == Varies::Grows);
        Subject { id, readout, yields, negative: yields == Yields::Any, counter }
    }

    fn with(&self, yields: Yields, negative: bool) -> Subject<'_> {
        Subject { id: self.id, readout: self.readout, yields, negative, counter: false }
    }
}

#[allow(clippy::too_many_lines)] // a table: one arm an operator
fn op(check: &mut Check, sampled: Sampled, op: &Op, node: &Node, on: &Subject) {
    let (place, value) = inside(node);
    let lesson = check.lesson;
    if !fits(op, on.yields) {
        let word = check.text.get(place.start..place.end).unwrap_or_default();
        let message = format!("`{word}` does not apply to `{}`, which is {}", on.id, on.yields.words());
        check.tell(Mistake::new(place, message).help(instead(on.yields, sampled)));
        return;
    }
    match op {
        Op::Is(v) | Op::IsNot(v) | Op::AtMost(v) => unit(check, v, value, on),
        Op::AtLeast(v) => {
            unit(check, v, value, on);
            if !on.negative && v.number().is_some_and(|n| n <= 0.0) {
                never_fails(check, value.span, "it is never less");
            }
        }
        Op::Between(low, high) => {
            for (index, v) in [low, high].into_iter().enumerate() {
                unit(check, v, value.one_of(index), on);
            }
            if let (Some(a), Some(b)) = (low.number(), high.number())
                && a > b
            {
                check.tell(
                    Mistake::new(value.span, "nothing is between these")
                        .help(format!("write [{high}, {low}]")),
                );
            }
        }
        Op::Near(near) => {
            for (key, v) in [("value", &near.value), ("by", &near.by)] {
                if let Some(node) = value.get(key) {
                    unit(check, v, node, on);
                }
            }
            if let (Some(v), Some(by), Some(node)) = (near.value.number(), near.by.number(), value.get("by"))
            {
                if !on.negative && v > 0.0 && by >= v {
                    never_fails(check, node.span, "the tolerance reaches down to nothing");
                } else if by < 0.0 {
                    check.tell(Mistake::new(node.span, "a negative tolerance"));
                }
            }
        }
        Op::SameAs(other) | Op::DiffersFrom(other) => {
            if !check.is_readout(other, value.span) {
                return;
            }
            if other == on.id {
                let message = format!("`{other}` is compared with itself");
                check.tell(
                    Mistake::new(value.span, message).help("name another readout, or write `unchanged`"),
                );
                return;
            }
            let theirs =
                lesson.readouts[other].verbs.first().map_or(Yields::Any, |reader| reader.facts().yields);
            if let (Yields::Identity(ours), Yields::Identity(theirs)) = (on.yields, theirs)
                && ours != theirs
            {
                let message = format!(
                    "`{}` is the identity of a `{}` namespace, `{other}` of a `{}` namespace: they are never equal",
                    on.id,
                    ours.word(),
                    theirs.word()
                );
                check.tell(Mistake::new(value.span, message).help("compare namespaces of one type"));
            } else if !comparable(on.yields, theirs) {
                let message = format!("`{}` is {}, `{other}` {}", on.id, on.yields.words(), theirs.words());
                check.tell(Mistake::new(value.span, message).help("compare values that can be equal"));
            } else if lesson.readouts[other] == *on.readout {
                let message = format!("`{other}` reads the same in the same way");
                check.tell(Mistake::new(value.span, message).help("compare with another readout"));
            }
        }
        Op::RatioTo(one) => {
            let [(key, inner), ..] = value.entries() else { return };
            if check.is_readout(&one.0, key.span) {
                if one.0 == on.id {
                    let message = format!("`{}` is compared with itself", one.0);
                    check.tell(Mistake::new(key.span, message).help("name another readout"));
                }
                let theirs =
                    lesson.readouts[&one.0].verbs.first().map_or(Yields::Any, |reader| reader.facts().yields);
                if !matches!(theirs, Yields::Number(_) | Yields::Any) {
                    let message = format!("`{}` is {}", one.0, theirs.words());
                    check.tell(Mistake::new(key.span, message).help("a ratio is between numbers"));
                }
            }
            self::op(check, sampled, &one.1, inner, &on.with(Yields::Number(Some(Unit::Times)), false));
        }
        Op::GrewBy(inner) => self::op(check, sampled, inner, value, &on.with(on.yields, !on.counter)),
        Op::Was(inner) => {
            if matches!(
                **inner,
                Op::Changed | Op::Unchanged | Op::Grew | Op::Fell | Op::GrewBy(_) | Op::Was(_)
            ) {
                check.tell(
                    Mistake::new(
                        value.head(),
                        "`was` is about the time before the step, when nothing had changed yet",
                    )
                    .help("state a value: `is`, `same_as`, `contains`, …"),
                );
            }
            self::op(check, sampled, inner, value, on);
        }
        Op::Peak(inner) => {
            if matches!(sampled, Sampled::These(watch) if !watch.iter().any(|w| w == on.id)) {
                check.tell(
                    Mistake::new(place, format!("nothing samples `{}` during the step", on.id))
                        .help(format!("write `watch: [{}]` in the step", on.id)),
                );
            }
            self::op(check, sampled, inner, value, on);
        }
        Op::Contains(row) | Op::Lacks(row) => self::row(check, row, value, on),
        Op::Count(inner) => self::op(check, sampled, inner, value, &on.with(Yields::Number(None), false)),
        Op::Exited(status) => {
            if !(0..=255).contains(status) {
                check.tell(
                    Mistake::new(value.span, format!("`{status}` is not an exit status"))
                        .help("write 0 to 255"),
                );
            }
        }
        Op::AsBefore(_)
        | Op::Last(_)
        | Op::Changed
        | Op::Unchanged
        | Op::Grew
        | Op::Fell
        | Op::Alive
        | Op::Zombie
        | Op::KilledBy(_)
        | Op::Fails(_)
        | Op::Gone => {}
    }
}

fn never_fails(check: &mut Check, span: Span, why: &str) {
    check.tell(
        Mistake::new(span, format!("this cannot fail: {why}")).help("write a value that can turn out wrong"),
    );
}

/// Whether an operator can be asked of what is read.
fn fits(op: &Op, yields: Yields) -> bool {
    match op {
        Op::Is(_) | Op::IsNot(_) => !matches!(yields, Yields::Process | Yields::Rows(_)),
        Op::AtLeast(_)
        | Op::AtMost(_)
        | Op::Between(..)
        | Op::Near(_)
        | Op::RatioTo(_)
        | Op::Grew
        | Op::Fell
        | Op::GrewBy(_)
        | Op::Peak(_) => matches!(yields, Yields::Number(_) | Yields::Any),
        Op::Contains(_) | Op::Lacks(_) | Op::Last(_) => {
            matches!(yields, Yields::Rows(_) | Yields::Text | Yields::Identity(_) | Yields::Any)
        }
        Op::Count(_) => matches!(yields, Yields::Rows(_)),
        Op::Alive | Op::Zombie | Op::Exited(_) | Op::KilledBy(_) => yields == Yields::Process,
        Op::SameAs(_)
        | Op::DiffersFrom(_)
        | Op::AsBefore(_)
        | Op::Changed
        | Op::Unchanged
        | Op::Was(_)
        | Op::Fails(_)
        | Op::Gone => true,
    }
}

/// What can be asked of it.
fn instead(yields: Yields, sampled: Sampled) -> &'static str {
    match yields {
        Yields::Number(_) if matches!(sampled, Sampled::Never) => {
            "of a number: is, is_not, at_least, at_most, between, near, ratio_to, grew, fell, grew_by"
        }
        Yields::Number(_) => {
            "of a number: is, is_not, at_least, at_most, between, near, ratio_to, grew, fell, grew_by, peak"
        }
        Yields::Identity(_) => "of an identity: same_as, differs_from, changed, unchanged, as_before",
        Yields::Text | Yields::Any => "of a text: is, is_not, contains, lacks, last",
        Yields::Rows(_) => "of rows: contains, lacks, count, last",
        Yields::Process => "of a process: alive, zombie, exited, killed_by, gone",
    }
}

fn comparable(a: Yields, b: Yields) -> bool {
    match (a, b) {
        (Yields::Any, Yields::Number(_) | Yields::Text | Yields::Identity(_) | Yields::Any)
        | (Yields::Number(_) | Yields::Text | Yields::Identity(_), Yields::Any)
        | (Yields::Text | Yields::Identity(_), Yields::Text)
        | (Yields::Text, Yields::Identity(_))
        | (Yields::Rows(_), Yields::Rows(_))
        | (Yields::Process, Yields::Process) => true,
        (Yields::Identity(a), Yields::Identity(b)) => a == b,
        (Yields::Number(a), Yields::Number(b)) => a == b || a.is_none() || b.is_none(),
        _ => false,
    }
}

/// A value has the unit of what is read.
fn unit(check: &mut Check, value: &Val, node: &Node, on: &Subject) {
    let Yields::Number(unit) = on.yields else { return };
    let good = match value {
        Val::Num(_) | Val::Param(_) => true,
        Val::Quantity(_, have, _) => unit == Some(*have),
        Val::Text(text) => text == "max" || text.parse::<f64>().is_ok(),
    };
    if !good {
        let help = match unit {
            Some(Unit::Percent) => "write a share of one CPU: 20%",
            Some(Unit::Bytes) => "write a size: 20M",
            Some(Unit::Seconds) => "write a time: 300ms",
            Some(Unit::Times) => "write a multiple: 4x",
            None => "write a plain number",
        };
        check.tell(Mistake::new(node.span, format!("`{value}` does not fit `{}`", on.id)).help(help));
    }
}

/// The columns are those that the reader gives.
fn row(check: &mut Check, row: &RowMatch, node: &Node, on: &Subject) {
    match row {
        RowMatch::Cell(value) => {
            if value.to_string().is_empty() {
                never_fails(check, node.span, "an empty text is in every text");
            }
        }
        RowMatch::Cells(cells) => {
            if cells.is_empty() {
                never_fails(check, node.span, "every row matches a condition on no cells");
            }
            match on.yields {
                Yields::Rows([]) => {}
                Yields::Rows(columns) => {
                    for (key, _) in node.entries().iter().filter(|(k, _)| !columns.contains(&k.text.as_str()))
                    {
                        check.unknown("column", &key.text, key.span, columns.iter().copied(), "");
                    }
                }
                _ => {
                    let message = format!("`{}` is {}, which has no columns", on.id, on.yields.words());
                    check.tell(Mistake::new(node.head(), message).help("write a text"));
                }
            }
        }
    }
}
