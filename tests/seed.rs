//! Variants of lessons: what a seed chooses never changes, everything follows it, and every variant can be loaded.

mod common;

use common::{ISOLAB, Lab, Program, Scratch, is_root, skip, troubles, uses_cgroups};
use isolab::engine::machine::Machine;
use isolab::events::Status;
use isolab::lesson::{Catalog, load, load_selected, prove, text};
use isolab::present::chosen::in_words;
use isolab::vocabulary::{Chosen, Lesson, Selection, Step, Val, Variant};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const VARIED: &str = include_str!("lesson/varied.yaml");
const DOCS: &str = include_str!("../docs/lesson-format.md");

fn selection(seed: &str, set: &[(&str, &str)]) -> Selection {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Selection { seed: Some(seed.parse().expect(seed)), set }
}

fn varied(seed: &str, set: &[(&str, &str)]) -> Lesson {
    load_selected("varied.yaml", VARIED, &selection(seed, set)).unwrap_or_else(|found| panic!("{}", found[0]))
}

/// Were one of these to change, the tasks and solutions of every class would.
#[test]
fn a_seed_chooses_the_same_for_ever() {
    for (seed, values, alternatives) in [
        ("alice", ["swan", "8901", "136", "200ms"], ["longer", "well"]),
        ("bob", ["bird", "8168", "142", "500ms"], ["longer", "number"]),
        ("s1234567", ["heron", "8784", "115", "300ms"], ["host", "well"]),
        ("Zoë", ["swan", "8100", "7", "500ms"], ["host", "number"]),
    ] {
        let [name, port, third, wait] = values;
        let [rename, status] = alternatives;
        let chosen = serde_json::to_value(varied(seed, &[]).chosen()).expect("JSON");
        let values = json!({ "name": name, "port": port, "part": third, "wait": wait, "fixed": "3" });
        let alternatives = json!({ "rename": rename, "status": status });
        assert_eq!(chosen, json!({ "seed": seed, "values": values, "alternatives": alternatives }));
    }
}

#[test]
fn a_value_that_is_set_goes_before_the_seed() {
    let lesson = varied("alice", &[("name", "robin"), ("fixed", "4")]);
    let chosen = lesson.chosen();
    assert_eq!((&*chosen.values["name"], &*chosen.values["fixed"]), ("robin", "4"));
    assert_eq!(chosen.values["port"], varied("alice", &[]).chosen().values["port"]);
    assert_eq!(chosen.alternatives, varied("alice", &[]).chosen().alternatives);
    assert_eq!(lesson.params["name"].initial(), varied("alice", &[]).params["name"].value());
}

#[test]
fn without_a_seed_there_are_the_defaults_and_the_first_alternatives() {
    let lesson = load("varied.yaml", VARIED, &BTreeMap::new()).unwrap_or_else(|found| panic!("{}", found[0]));
    assert_eq!(lesson.chosen(), Chosen::default());
    assert!(lesson.params.values().all(|param| *param.value() == param.default));
    assert_eq!(lesson.alternatives.values().collect::<Vec<_>>(), ["host", "number"]);
}

#[test]
fn values_are_within_their_bounds_and_each_alternative_comes_up() {
    let (mut seen, mut ports) = (BTreeMap::<String, BTreeSet<String>>::new(), BTreeSet::new());
    for number in 0..200 {
        let lesson = varied(&format!("student-{number}"), &[]);
        let Chosen { values, alternatives, .. } = lesson.chosen();
        let port: u16 = values["port"].parse().expect("a port");
        let third: u16 = values["part"].parse().expect("a number");
        assert!((8000..=8999).contains(&port), "{port}");
        assert!((1..=250).contains(&third) && third % 3 == 1, "{third}");
        assert_eq!(values["fixed"], "3", "does not vary");
        ports.insert(port);
        for (name, value) in values.iter().filter(|(name, _)| ["name", "wait"].contains(&name.as_str())) {
            seen.entry(name.clone()).or_default().insert(value.clone());
        }
        for (step, taken) in alternatives {
            seen.entry(step).or_default().insert(taken);
        }
    }
    let counts: BTreeMap<&str, usize> =
        seen.iter().map(|(name, values)| (name.as_str(), values.len())).collect();
    assert_eq!(counts, BTreeMap::from([("name", 5), ("rename", 2), ("status", 2), ("wait", 3)]));
    assert!(ports.len() > 100, "{}", ports.len());
}

#[test]
fn text_actions_solution_and_expectations_follow() {
    for (seed, set) in [("alice", "swan"), ("bob", "wren"), ("s1234567", "heron")] {
        let lesson = varied(seed, &[("name", set), ("port", "8765"), ("part", "99")]);
        let name = match lesson.alternatives["rename"].as_str() {
            "host" => set.to_owned(),
            other => {
                assert_eq!(other, "longer");
                format!("{set}-3")
            }
        };
        let step = format!("{:?}", (&lesson.steps[0].actions, &lesson.steps[0].expect));
        assert_eq!(step.matches(&format!("\"{name}\"")).count(), 2, "{step}");
        let rest = format!("{:?}", (&lesson.workloads, &lesson.readouts, &lesson.steps[1]));
        for part in ["8765", "127.0.0.1:8765", "10.99.0.1/24", &format!("{set} here")] {
            assert!(rest.contains(part), "{part}: {rest}");
        }
        assert!(!rest.replace("port {$port}", "").contains("{$"), "{rest}");
    }
}

#[test]
fn every_variant_of_the_examples_is_a_lesson() {
    for (name, text) in [("varied.yaml", VARIED), ("variants.yaml", documented())] {
        if let Err(found) = prove(name, text) {
            panic!("{}", found[0]);
        }
    }
    let lesson = VARIED.replace("is: \"{$name}-{$fixed}\"", "iss: \"{$name}-{$fixed}\"");
    let found = prove("varied.yaml", &lesson).expect_err("a wrong word in the second alternative");
    assert_eq!(found.len(), 1);
    assert!(found[0].message.ends_with("(with alternative `longer` of `rename`)"), "{}", found[0]);
    let line = lesson.lines().nth(found[0].line - 1).expect("its line");
    assert!(line.contains("iss:"), "{}", found[0]);
}

#[test]
fn combinations_have_a_limit() {
    let step = VARIED
        [VARIED.find("  - id: rename").expect("a step")..VARIED.find("  - id: serve").expect("a step")]
        .to_owned();
    let more: String = (0..6).map(|n| step.replace("id: rename", &format!("id: again-{n}"))).collect();
    let text = VARIED.replace("  - id: serve", &format!("{more}  - id: serve"));
    let found = prove("varied.yaml", &text).expect_err("256 combinations");
    assert_eq!(found[0].message, "more than 64 combinations of alternatives");
}

/// The example of the documentation.
fn documented() -> &'static str {
    let start = DOCS.find("id: variants").expect("the example");
    let start = DOCS[..start].rfind("```yaml\n").expect("a block") + "```yaml\n".len();
    &DOCS[start..start + DOCS[start..].find("```").expect("its end")]
}

fn isolab(args: &[&str]) -> (i32, String, String) {
    let (mut command, state) = (Command::new(ISOLAB), Scratch::new());
    let out = command.args(args).env("NO_COLOR", "1").env("XDG_STATE_HOME", state.path()).output();
    let out = out.expect("isolab");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

#[test]
fn reports_name_the_seed_and_what_it_has_chosen() {
    let file = "tests/lesson/varied.yaml";
    let chosen = serde_json::to_value(varied("alice", &[]).chosen()).expect("JSON");
    let (code, out, err) = isolab(&["check", file, "--seed", "alice", "--format", "json", "--allow-blocked"]);
    assert_eq!(code, 0, "{out}{err}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["lessons"][0]["chosen"], chosen);
    let told = in_words(&varied("alice", &[]).chosen()).expect("it varies");
    let unfolded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for args in [
        &["check", file, "--allow-blocked"][..],
        &["show", file],
        &["render", file],
        &["show", file, "--answers"],
        &["learn", "--plain", file],
    ] {
        let (code, out, err) = isolab(&[args, &["--seed", "alice"]].concat());
        assert!([0, 3].contains(&code), "{args:?}: {out}{err}");
        assert!(unfolded(&out).contains(&told), "{args:?}: {out}");
        let (_, out, _) = isolab(args);
        assert!(!out.contains("seed alice"), "{args:?}: {out}");
    }
}

#[test]
fn a_seed_that_cannot_be_is_refused() {
    for bad in ["", " alice", "a\u{1b}[31m"] {
        let (code, out, err) = isolab(&["check", "tests/lesson/varied.yaml", "--seed", bad]);
        assert_eq!((code, &*out), (2, ""), "{bad:?}");
        assert!(err.contains("a seed ") && !err.contains('\u{1b}'), "{err:?}");
    }
    let (code, _, err) = isolab(&["render", "fifteen-minutes", "--seed", "alice"]);
    assert_eq!((code, err.contains("--seed is for lessons")), (2, true), "{err}");
}

/// What a teacher writes on a list.
const STUDENTS: [&str; 10] =
    ["ann", "ben", "s1234567", "Zoë", "x", "0", "chris.d", "d-0815", "e@example.org", "Fritz 2"];

/// A built-in lesson with what this seed chooses.
fn of_seed(id: &str, seed: &str) -> Lesson {
    let catalog = Catalog::built_in();
    let source = catalog.find(id).unwrap_or_else(|_| panic!("no lesson {id}"));
    source.load_selected(&selection(seed, &[])).unwrap_or_else(|found| panic!("{}", found[0]))
}

#[test]
fn built_in_lessons_vary_within_their_bounds() {
    let mut taken = BTreeSet::new();
    for lesson in common::built_in() {
        for seed in STUDENTS {
            let variant = of_seed(&lesson.id, seed);
            for (name, param) in &variant.params {
                let values: Vec<Val> = (0..param.varieties()).filter_map(|n| param.variety(n)).collect();
                assert!(
                    param.seeded.as_ref().is_some_and(|value| values.contains(value)),
                    "{name}: {param:?}"
                );
                assert!(values.len() > 1 && values.iter().all(|value| is_allowed(&lesson, name, value)));
            }
            taken.extend(
                variant.alternatives.into_iter().map(|(step, id)| format!("{}/{step}/{id}", lesson.id)),
            );
        }
    }
    for alternative in [
        "overlay/identity/mode",
        "overlay/identity/owner",
        "overlay/opaque/empty",
        "overlay/opaque/filled",
        "uts/reader/domain",
        "uts/reader/host",
    ] {
        assert!(taken.contains(alternative), "{alternative} is nobody's: {taken:?}");
    }
}

/// Whether a person may give the parameter this value, too.
fn is_allowed(lesson: &Lesson, name: &str, value: &Val) -> bool {
    let set = BTreeMap::from([(name.to_owned(), value.to_string())]);
    let catalog = Catalog::built_in();
    catalog.find(&lesson.id).is_ok_and(|source| source.load(&set).is_ok())
}

/// Checks a lesson with the values of a seed; of one that measures CPU time, which takes long, only the steps that differ.
fn hold(program: &Program, lessons: &[&str], step: Option<&str>, seed: &str) {
    let step = step.map(|step| ["--step", step]);
    let step = step.as_ref().map_or(&[][..], |step| &step[..]);
    let report = program.check(&[lessons, step, &["--seed", seed, "--allow-blocked"]].concat());
    for id in lessons {
        let record = report.lesson(id);
        assert_eq!(record.chosen, of_seed(id, seed).chosen(), "{id}");
        let good = matches!(record.status, Status::Passed | Status::Blocked { .. });
        assert!(good, "{id} {step:?} with seed {seed}: {}", troubles(record));
    }
}

/// The cheap lessons for each student, those that make cgroups for two.
fn hold_for_everybody(program: &Program) {
    let varies = |lesson: &Lesson| lesson.params.values().any(|param| param.varieties() > 0);
    let all =
        common::built_in().into_iter().filter(|lesson| varies(lesson) || !lesson.alternatives.is_empty());
    let (long, short): (Vec<Lesson>, Vec<Lesson>) = all.partition(uses_cgroups);
    let short: Vec<&str> = short.iter().map(|lesson| lesson.id.as_str()).collect();
    for seed in STUDENTS {
        hold(program, &short, None, seed);
    }
    for (lesson, seed) in long.iter().flat_map(|lesson| STUDENTS[..2].iter().map(move |seed| (lesson, *seed)))
    {
        if lesson.steps.iter().all(|step| step.measure.is_none()) {
            hold(program, &[&lesson.id], None, seed);
            continue;
        }
        let variant = of_seed(&lesson.id, seed);
        let differ =
            variant.steps.iter().zip(&lesson.steps).filter(|(step, plain)| step.actions != plain.actions);
        for (step, _) in differ {
            hold(program, &[&lesson.id], Some(&step.id), seed);
        }
    }
}

#[test]
fn built_in_lessons_hold_for_each_student() {
    hold_for_everybody(&Program::built());
}

#[test]
fn built_in_lessons_hold_for_each_student_as_an_ordinary_user() {
    if !is_root() {
        return skip(&common::test(), "only root can become another user");
    }
    hold_for_everybody(&Program::for_nobody());
}

/// What a lesson shows as the solution of each step that can be tried, as it is handed in.
fn solutions(lesson: &Lesson, variant: &Variant) -> String {
    let of = |step: &Step| {
        let solution = step.solution.as_ref().and_then(|solution| solution.here(variant))?;
        let lines = text::fill(solution, &lesson.params, variant);
        Some(format!("# step: {}/{}\n{lines}\n", lesson.id, step.id))
    };
    lesson.steps.iter().filter_map(of).collect()
}

/// Grades answers with a seed; gives for each step whether it was earned, and the report.
fn graded(program: &Program, answers: &str, seed: &str) -> (BTreeMap<String, bool>, Value) {
    let (file, report) = (program.scratch.file("answers.txt"), program.scratch.file("grade.json"));
    std::fs::write(&file, answers).expect("write");
    let _ = std::fs::remove_file(&report);
    let mut command = program.command();
    command
        .args(["grade", "--seed", seed, "--format", "json", "--answers"])
        .arg(&file)
        .arg("--output")
        .arg(&report);
    Lab::start(&mut command).wait();
    let report: Value = serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON");
    let lessons = report["lessons"].as_array().expect("lessons");
    let steps = lessons.iter().flat_map(|l| l["steps"].as_array().into_iter().flatten().map(move |s| (l, s)));
    let counted = steps.filter(|(_, step)| step["outcome"]["not_counted"].is_null());
    let row = |(lesson, step): (&Value, &Value)| {
        let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
        (format!("{}/{}", id(lesson), id(step)), step["outcome"] == "earned")
    };
    (counted.map(row).collect(), report)
}

/// What the seed asks for earns the points, and what it asks of somebody else does not.
#[test]
fn grading_asks_for_what_the_seed_has_chosen() {
    let program = Program::built();
    let can = program.command().args(["grade", "--can", "uts", "overlay"]).status().expect("isolab");
    if !can.success() {
        return skip(&common::test(), "this machine cannot grade uts and overlay");
    }
    let machine = Machine::read().expect("the machine");
    let of = |seed: &str| {
        let lessons = ["uts", "overlay"].map(|id| of_seed(id, seed));
        lessons.iter().map(|lesson| solutions(lesson, machine.variant())).collect::<String>()
    };
    let [ours, theirs] = ["ben", "Zoë"];
    let differ =
        |step: &str, id: &str| of_seed(id, ours).alternatives[step] != of_seed(id, theirs).alternatives[step];
    assert!(differ("reader", "uts") && differ("identity", "overlay") && differ("opaque", "overlay"));
    let (earned, report) = graded(&program, &of(ours), ours);
    assert!(earned.len() > 10 && earned.values().all(|earned| *earned), "{earned:?}");
    assert_eq!(report["seed"], ours);
    let chosen = serde_json::to_value(of_seed("uts", ours).chosen()).expect("JSON");
    assert_eq!(report["lessons"][0]["chosen"], chosen);
    let (earned, _) = graded(&program, &of(theirs), ours);
    let missed: Vec<&str> =
        earned.iter().filter(|(_, earned)| !**earned).map(|(step, _)| step.as_str()).collect();
    assert_eq!(
        missed,
        ["overlay/copy-up", "overlay/links", "overlay/opaque", "uts/join", "uts/reader", "uts/rename"]
    );
}
