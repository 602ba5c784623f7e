//! No step passes without its actions: each lesson is run as it is, and once more for each of its steps with that step's actions left out.
//! At least one expectation that had held must then fail.

mod common;

use common::{Program, built_in, note, skip, troubles};
use isolab::events::{
    ActionEnd, ActionRecord, Claim, Deed, Judged, JudgedAction, JudgedExpectation, LessonRecord, Status,
    StepRecord, Verdict,
};
use isolab::lesson::Catalog;
use isolab::model::{Actual, Errno, Reading, Source};
use isolab::present::verdict;
use isolab::vocabulary::action::Failing;
use isolab::vocabulary::{Lesson, Op, Selection, Step};
use std::collections::BTreeSet;
use std::process::Stdio;

/// With each of them other values; together every second alternative.
const SEEDS: [&str; 2] = ["chris.d", "ben"];

fn step<'r>(record: &'r LessonRecord, id: &str) -> Option<&'r StepRecord> {
    record.steps.iter().find(|s| s.id == id)
}

/// What is wrong with one step, if anything is.
fn fault(whole: &StepRecord, without: Option<&StepRecord>) -> Option<String> {
    let Some(without) = without else { return Some("the run never got to it".to_owned()) };
    if without.actions.iter().any(|a| !a.preparation && !a.calls.is_empty()) {
        return Some("its actions were made all the same".to_owned());
    }
    let held =
        |claim: &str| whole.verdicts.iter().any(|v| verdict::claim(v) == claim && v.status == Status::Passed);
    let fell = |call: bool| {
        let failed = without.verdicts.iter().filter(|v| v.status == Status::Failed);
        failed.filter(|v| held(&verdict::claim(v))).any(|v| v.is_of_action() == call)
    };
    // A verdict on a call that was not made says nothing, unless failing calls are all that the step has.
    let only_failures = whole.actions.iter().filter(|a| !a.preparation).all(|a| !a.declared.is_empty());
    if fell(false) || (only_failures && fell(true)) {
        return None;
    }
    let verdicts = |s: &StepRecord| -> String {
        let line =
            |v: &Verdict| format!("\n    {:?}: {} ({})", v.status, verdict::claim(v), verdict::actual(v));
        s.verdicts.iter().map(line).collect()
    };
    Some(format!("no expectation notices; with:{}\n  without:{}", verdicts(whole), verdicts(without)))
}

/// The faults of a lesson, and how many of these steps of it were tried.
fn faults(program: &Program, lesson: &Lesson, steps: &[&Step]) -> (Vec<String>, usize) {
    let seed = lesson.seed.as_ref().map(|seed| ["--seed", seed.as_str()]);
    let lab = |more: &[&str]| {
        program.check(
            &[&[lesson.id.as_str()][..], more, seed.as_ref().map_or(&[][..], |seed| &seed[..])].concat(),
        )
    };
    let whole = match steps {
        [one] => lab(&["--step", &one.id]),
        _ => lab(&[]),
    };
    let record = whole.lesson(&lesson.id);
    if !matches!(record.status, Status::Passed | Status::Blocked { .. }) {
        return (vec![format!("it does not pass as it is: {}", troubles(record))], 0);
    }
    let (mut found, mut tried) = (Vec::new(), 0);
    for declared in steps.iter().filter(|s| !s.actions.is_empty()) {
        let whole = step(record, &declared.id);
        let reason = match whole.map(|s| &s.status) {
            Some(Status::Passed) => None,
            Some(Status::Blocked { reason, .. }) => Some(reason.as_str()),
            Some(Status::NotHere) => Some("it belongs to another kind of machine"),
            Some(_) | None => Some("a step before it is blocked"),
        };
        if let Some(reason) = reason {
            skip(&format!("step {}/{} without actions", lesson.id, declared.id), reason);
            continue;
        }
        let Some(whole) = whole else { continue };
        let report = lab(&["--without-actions-of", &declared.id]);
        let without = report.lesson(&lesson.id);
        if let Some(fault) = fault(whole, step(without, &declared.id)) {
            found.push(format!("{}/{}: {fault}\n{}", lesson.id, declared.id, troubles(without)));
        }
        tried += 1;
    }
    (found, tried)
}

#[test]
fn no_step_passes_without_its_actions() {
    let program = Program::built();
    let (mut found, mut all) = (Vec::new(), 0);
    for lesson in built_in() {
        let (faults, tried) = faults(&program, &lesson, &lesson.steps.iter().collect::<Vec<_>>());
        found.extend(faults);
        all += tried;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    note(&format!("  {all} steps tried without their actions"));
}

/// The steps that a seed makes others of.
#[test]
fn no_variant_passes_without_its_actions() {
    let program = Program::built();
    let (mut found, mut all) = (Vec::new(), 0);
    let (catalog, mut alternatives) = (Catalog::built_in(), BTreeSet::new());
    for lesson in built_in() {
        for seed in SEEDS {
            let selection = Selection { seed: seed.parse().ok(), ..Selection::default() };
            let source = catalog.find(&lesson.id).unwrap_or_else(|_| panic!("no lesson {}", lesson.id));
            let variant = source.load_selected(&selection).unwrap_or_else(|found| panic!("{}", found[0]));
            let does = |step: &Step| format!("{:?}", (&step.actions, &step.expect));
            let other =
                variant.steps.iter().zip(&lesson.steps).filter(|(step, plain)| does(step) != does(plain));
            for (step, _) in other {
                let (faults, tried) = faults(&program, &variant, &[step]);
                found.extend(faults);
                all += tried;
            }
            alternatives.extend(variant.alternatives.into_values());
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(
        alternatives.is_superset(&["domain", "filled", "owner"].map(str::to_owned).into()),
        "{alternatives:?}"
    );
    note(&format!("  {all} steps of variants tried without their actions"));
}

/// It would pass, and seem to be a step that passes without its actions.
#[test]
fn a_step_without_actions_is_refused() {
    let built_in = built_in();
    let looks = |lesson: &Lesson| {
        Some((lesson.id.clone(), lesson.steps.iter().find(|s| s.actions.is_empty())?.id.clone()))
    };
    let (lesson, step) = built_in.iter().find_map(looks).expect("a step that only looks");
    let mut command = Program::built().command();
    let output =
        command.args(["check", &lesson, "--without-actions-of", &step]).stderr(Stdio::piped()).output();
    let output = output.expect("isolab");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("has no actions"), "{said}");
}

/// The test can fail: a step whose expectations hold with and without its actions is found.
#[test]
fn a_step_that_nothing_depends_on_is_found() {
    use Status::{Failed, Passed};
    let name = || {
        let operators = vec![Op::Changed];
        Judged::Expectation(Box::new(JudgedExpectation {
            place: None,
            claim: Claim { readout: "name".to_owned(), operators, within: None, r#for: None },
            viewpoint: String::new(),
            path: String::new(),
            actual: Actual::Reading(Reading::Gone),
        }))
    };
    let action = |deliberate: bool| ActionRecord {
        actor: "box".to_owned(),
        deed: Deed::Verb(serde_json::from_str("\"wait\"").expect("a verb")),
        place: None,
        calls: Vec::new(),
        source: Source::Box,
        preparation: false,
        declared: if deliberate { vec![Failing::Errno(Errno(1))] } else { Vec::new() },
        output: None,
        at_ms: 0,
    };
    let record = |of_readout: Status, of_call: Status, deliberate: bool| StepRecord {
        world: 1,
        id: "s".to_owned(),
        title: String::new(),
        status: Status::Passed,
        actions: vec![action(deliberate)],
        readouts: Vec::new(),
        verdicts: vec![
            Verdict { judged: name(), status: of_readout },
            Verdict {
                judged: Judged::Action(JudgedAction::new(0, &action(deliberate), ActionEnd::Succeeded)),
                status: of_call,
            },
        ],
        samples: Vec::new(),
        took_ms: 0,
        measured_ms: 0,
        by_hand: false,
    };
    let whole = record(Passed, Passed, false);
    assert!(fault(&whole, Some(&record(Failed, Passed, false))).is_none());
    assert!(fault(&whole, Some(&record(Passed, Passed, false))).is_some(), "nothing failed");
    assert!(fault(&whole, Some(&record(Passed, Failed, false))).is_some(), "only the call that was not made");
    assert!(fault(&record(Passed, Passed, true), Some(&record(Passed, Failed, true))).is_none());
    assert!(fault(&record(Failed, Passed, false), Some(&record(Failed, Passed, false))).is_some());
    assert!(fault(&whole, None).is_some(), "it was never run");
}
