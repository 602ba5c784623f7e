//! Nothing on the screen answers a question before the guess: for every step of every lesson, before Enter, at two sizes.
//!
//! A secret is an error that is declared, or a literal of an expectation. What the question and its options say is no secret, nor what was read
//! before the step, nor, among the planned calls and the text, what an action itself carries.

mod screen;

use isolab::events::{Claim, StepRecord};
use isolab::present::action::{Ends, Files, planned};
use isolab::tui::screen::step::panes;
use isolab::tui::walkthrough::{Pane, Walkthrough};
use isolab::vocabulary::Step;
use ratatui::layout::Size;
use screen::stage::{Machine, Stage};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];
/// Keys of operators whose values name a readout or a step and not what is expected of it.
const NAMES: [&str; 3] = ["same_as", "differs_from", "as_before"];

fn walk(stage: &Stage) -> &Walkthrough {
    stage.app.walk.as_ref().expect("a lesson is open")
}

fn lines(lines: &[ratatui::text::Line]) -> String {
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The literals of an expectation.
fn literals(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.trim().to_owned())),
        Value::Number(number) => drop(into.insert(number.to_string())),
        Value::Array(items) => items.iter().for_each(|i| literals(i, into)),
        Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "readout" | "within" | "for" => {}
                    key if NAMES.contains(&key) => {}
                    "ratio_to" => {
                        value
                            .as_object()
                            .into_iter()
                            .flat_map(|m| m.values())
                            .for_each(|v| literals(v, into));
                    }
                    _ => literals(value, into),
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn expected(stage: &Stage, step: &Step) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for expect in stage.app.environment.expected(step) {
        let claim = serde_json::to_value(Claim::from(expect)).expect("a claim is data");
        literals(&claim, &mut out);
    }
    // Words of operators that stand alone: `alive`, `gone`, `unchanged`.
    out.retain(|l| !l.is_empty() && l != "unchanged" && l != "grew");
    out
}

/// The errors that the step's actions are declared to end with.
fn declared(stage: &Stage, step: &Step) -> BTreeSet<String> {
    let variant = &stage.app.environment.variant;
    let actions = step.given.iter().chain(&step.actions);
    let fails = actions.filter_map(|a| a.modifiers.fails.as_ref()?.here(variant));
    fails.flat_map(|f| f.0.0.iter().map(ToString::to_string)).collect()
}

/// Whether a text has this as a word of its own.
fn has(text: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .any(|(at, _)| !part(text[..at].chars().next_back()) && !part(text[at + word.len()..].chars().next()))
}

/// What a question itself tells, and what was read before its step.
fn open(stage: &Stage, step: &Step, record: Option<&StepRecord>) -> String {
    let mut out = String::new();
    if let Some(predict) = &step.predict {
        let texts = predict.options.values().chain([&predict.ask]);
        texts.for_each(|t| out += &(stage.app.environment.fill(&walk(stage).lesson, t) + "\n"));
    }
    for readout in record.into_iter().flat_map(|r| &r.readouts) {
        out += &readout.before.to_string();
        out += "\n";
    }
    out
}

#[test]
fn no_step_tells_its_answer_before_the_guess() {
    let ids: Vec<String> = Stage::new(80, 24).app.entries.iter().map(|e| e.id.clone()).collect();
    let mut told = Vec::new();
    let machines = [Machine::V1Root, Machine::V2User];
    for (id, machine) in ids.iter().flat_map(|id| machines.map(|machine| (id, machine))) {
        let records = records(&machine.recording(id));
        for (columns, rows) in SIZES {
            let mut stage = Stage::lesson_on(machine, id, columns, rows);
            loop {
                let index = walk(&stage).index;
                told.extend(told_by(&stage, records.get(&walk(&stage).step().id)).into_iter().map(|t| {
                    format!("{machine:?}, {id}:{} at {columns}x{rows}: {t}", walk(&stage).step().id)
                }));
                stage.press("n");
                if walk(&stage).index == index {
                    break;
                }
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// The records of a lesson by the ids of their steps, as the recording has them.
fn records(id: &str) -> BTreeMap<String, StepRecord> {
    let recording = screen::recording::load(id);
    let events = recording.exchanges.iter().flat_map(|e| &e.events);
    let ended = events.filter_map(|e| match e {
        isolab::events::Event::StepEnded(record) => Some((record.id.clone(), (**record).clone())),
        _ => None,
    });
    ended.collect()
}

/// What the step that is shown tells before it is run.
fn told_by(stage: &Stage, record: Option<&StepRecord>) -> Vec<String> {
    let (app, walk) = (&stage.app, walk(stage));
    let step = walk.step();
    assert!(walk.page().record.is_none() && walk.page().answer.is_empty());
    let size = Size { width: app.size.0 - 2, height: app.size.1 };
    let open = open(stage, step, record);
    let variant = &app.environment.variant;
    let plans: Vec<String> = [&step.given, &step.actions]
        .into_iter()
        .flat_map(|actions| planned(actions, variant, Files::Here, Ends::Hidden))
        .map(|p| p.what)
        .collect();
    let pane = |pane| lines(&panes::lines(app, walk, pane, size));
    let (calls, checks, all) = (pane(Pane::Calls), pane(Pane::Checks), pane(Pane::Text));
    let frame = stage.text();
    let mut told = Vec::new();
    for errno in declared(stage, step).iter().filter(|e| !has(&open, e)) {
        let places = [
            ("title", &step.title),
            ("calls", &calls),
            ("checks", &checks),
            ("text", &all),
            ("frame", &frame),
        ];
        told.extend(places.iter().filter(|(_, t)| has(t, errno)).map(|(p, _)| format!("{p} has {errno}")));
    }
    for literal in expected(stage, step).iter().filter(|l| !has(&open, l)) {
        if has(&step.title, literal) {
            told.push(format!("the title has {literal}"));
        }
        // Calls that were made while the step was prepared carry what was given.
        let carried = plans.iter().any(|p| has(p, literal));
        for (place, text) in [("calls", &calls), ("checks", &checks)] {
            if has(text, literal) && !carried {
                told.push(format!("{place} has {literal}"));
            }
        }
    }
    // The commands by hand and the hints are not there at all.
    let filled = |text: &str| app.environment.fill(&walk.lesson, text);
    let commands = [step.by_hand.as_ref(), step.solution.as_ref()].into_iter().flatten();
    let commands: Vec<String> = commands.filter_map(|c| app.environment.here(c)).map(|c| filled(c)).collect();
    let typed = commands.iter().flat_map(|c| c.lines()).map(str::trim).filter(|l| l.len() > 12);
    let hints: Vec<String> = step.hints.iter().map(|h| filled(h)).collect();
    for secret in typed.chain(hints.iter().filter_map(|h| h.lines().next())) {
        let planned = plans.iter().any(|p| p == secret);
        if !planned && (all.contains(secret) || frame.contains(secret)) {
            told.push(format!("a command or a hint is shown: {secret}"));
        }
    }
    if all.contains("By hand") || frame.contains("By hand") {
        told.push("the commands by hand are shown".to_owned());
    }
    told
}

#[test]
fn a_literal_is_found_as_a_word_and_not_in_another_one() {
    assert!(has("fails with ENOMEM.", "ENOMEM") && has("1, init", "1") && !has("10.77.0.1x", "1x0"));
    assert!(!has("PID 12", "1") && !has("birds", "bird") && has("\"bird\"", "bird"));
}
