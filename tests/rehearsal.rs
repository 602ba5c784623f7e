//! Scripts that are rehearsed by the built program on this kernel, as whoever runs the tests and, when that is root, as an ordinary user.

mod common;

use common::{Lab, Program, is_root, leftover, note, skip, wait_for};
use isolab::demo::rehearsal::{CueRecord, CueTitle, Instead, Rehearsal};
use isolab::demo::{Cue, Plan};
use isolab::events::Status;
use isolab::lesson::Catalog;
use isolab::model::Reading;
use isolab::present::verdict;
use isolab::vocabulary::when::Rights;
use isolab::vocabulary::{Variant, Version};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What is waited for comes within this time, however busy the machine is: 60 s.
const SOON: Duration = Duration::from_secs(60);

/// As whom the program is started here: a name, and the program.
fn users() -> Vec<(&'static str, Program)> {
    let mut all = vec![("who runs the tests", Program::built())];
    if is_root() {
        all.push(("an ordinary user", Program::for_nobody()));
    } else {
        skip("as an ordinary user besides", "only root can become one");
    }
    all
}

struct Ended {
    code: Option<i32>,
    out: String,
    said: String,
}

/// Copies scripts and lessons of the tests where everybody can read them.
fn scripts(program: &Program) -> PathBuf {
    let to = program.scratch.file("demos");
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demos");
    let copied = Command::new("cp").args(["-R", "--", from]).arg(&to).status().expect("cp");
    assert!(copied.success());
    let open = Command::new("chmod").args(["-R", "a+rX", "--"]).arg(&to).status().expect("chmod");
    assert!(open.success());
    to
}

fn command(program: &Program, words: &[&str]) -> Command {
    let demos = scripts_once(program);
    let mut command = program.command();
    command.arg("--lessons").arg(demos.join("lessons")).args(words).env("COLUMNS", "80");
    for (i, word) in words.iter().enumerate() {
        assert!(i == 0 || !word.contains('/'), "scripts are named by their ids here");
    }
    command.current_dir(demos);
    command
}

fn scripts_once(program: &Program) -> PathBuf {
    let there = program.scratch.file("demos");
    if there.exists() { there } else { scripts(program) }
}

fn run(program: &Program, words: &[&str]) -> Ended {
    let [out, said] = ["out", "said"].map(|name| program.scratch.file(name));
    let mut command = command(program, words);
    command.stdout(File::create(&out).expect("a file")).stderr(File::create(&said).expect("a file"));
    let mut lab = Lab::start(&mut command);
    let code = lab.wait();
    let left = leftover::of(lab.pid);
    assert!(left.is_empty(), "{words:?} has left\n{}", left.join("\n"));
    let [out, said] = [out, said].map(|file| std::fs::read_to_string(file).expect("UTF-8"));
    assert!(!said.contains("panicked"), "{said}");
    Ended { code, out, said }
}

fn text(program: &Program, script: &str) -> Ended {
    run(program, &["demo", &format!("{script}.yaml"), "--rehearse"])
}

fn json(program: &Program, script: &str) -> (Option<i32>, serde_json::Value, Rehearsal) {
    let ended = run(program, &["demo", &format!("{script}.yaml"), "--rehearse", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ended.out)
        .unwrap_or_else(|e| panic!("{script}: {e}: {}\n{}", ended.out, ended.said));
    let rehearsal = serde_json::from_value(document["rehearsal"].clone()).expect("a rehearsal");
    (ended.code, document, rehearsal)
}

/// Whether lessons can be run at all; the reason when not.
fn blocked(program: &Program) -> Option<String> {
    let report = program.check(&["uts"]);
    match &report.lesson("uts").status {
        Status::Blocked { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

fn each_user(test: impl Fn(&str, &Program)) {
    for (who, program) in users() {
        match blocked(&program) {
            Some(reason) => skip(who, &reason),
            None => test(who, &program),
        }
    }
}

fn name(shown: &CueRecord) -> &str {
    match &shown.what {
        CueTitle::Card(_) => "card",
        CueTitle::Step { id, .. } => id,
    }
}

fn words(shown: &[CueRecord]) -> Vec<(&str, &'static str)> {
    shown.iter().map(|s| (name(s), s.status.word())).collect()
}

#[test]
fn what_goes_well_passes_and_is_told_with_its_time() {
    each_user(|who, program| {
        let (code, document, rehearsal) = json(program, "good");
        assert_eq!((code, &document["overall"]), (Some(0), &"passed".into()), "{who}");
        assert_eq!(document["cues_by_status"]["passed"], 4, "{who}");
        let [names, waiting] = rehearsal.chapters.as_slice() else { panic!("{who}: two chapters") };
        assert_eq!(words(&names.shown), [("card", "passed"), ("own", "passed"), ("rename", "passed")]);
        // A lesson stays open from one cue to the next.
        let worlds: Vec<u32> = names.shown.iter().filter_map(|s| Some(s.record.as_ref()?.world)).collect();
        assert_eq!((worlds.len(), worlds[0]), (2, worlds[1]), "{who}");
        let awaited = waiting.shown[0].awaited.as_ref().expect("it was awaited");
        assert_eq!((awaited.status.clone(), verdict::subject(awaited)), (Status::Passed, "box-uts"));
        assert_eq!((names.planned_ms, waiting.planned_ms), (70_000, 60_000));
        assert_eq!(document["planned_ms"], 130_000);
        assert_eq!(document["left_ms"][0], 70_000 - names.real_ms().cast_signed());

        let Ended { code, out, said } = text(program, "good");
        assert_eq!((code, said.as_str()), (Some(0), ""), "{who}");
        for part in [
            "━━ good · What goes well ━━",
            "── 1. Names\n· card ",
            "  A card with a title\n✓ passed ",
            " of 30.0 s      plain/rename · Another name\n",
            "   2. Waiting: ",
            " of 1 min 0 s left for talking\n",
            "\n✓ passed: good – 4 cues: 4 passed\n",
        ] {
            assert!(out.contains(part), "{who}: no {part:?} in\n{out}");
        }
        assert!(!out.contains("note"), "{out}");
    });
}

/// A share of CPU time is known only from the second reading on: what is awaited does not hold yet when the step has ended.
#[test]
fn what_is_awaited_is_read_again_until_it_holds() {
    each_user(|who, program| {
        let (code, _, rehearsal) = json(program, "waits");
        let shown = &rehearsal.chapters[0].shown[0];
        let awaited = shown.awaited.as_ref().expect("it was awaited");
        assert_eq!((code, awaited.status.clone()), (Some(0), Status::Passed), "{who}: {shown:#?}");
        let record = shown.record.as_ref().expect("a record");
        let share = record.readouts.iter().find(|r| r.id == "share").expect("it is watched");
        assert_eq!(share.after, Reading::NotMeasured, "{who}: the step has not measured it");
        assert!(verdict::actual(awaited).ends_with(" %"), "{who}: {awaited:?}");
    });
}

#[test]
fn what_fails_is_told_and_ends_nothing() {
    each_user(|who, program| {
        let (code, document, rehearsal) = json(program, "bad");
        assert_eq!((code, &document["overall"]), (Some(1), &"failed".into()), "{who}");
        let shown = &rehearsal.chapters[0].shown;
        assert_eq!(words(shown), [("wrong", "failed"), ("own", "failed"), ("copy", "passed")], "{who}");
        assert_eq!(
            shown[1].record.as_ref().map(|r| r.status.clone()),
            Some(Status::Passed),
            "the step itself"
        );
        let awaited = shown[1].awaited.as_ref().expect("it was awaited");
        assert_eq!(
            (verdict::expected(awaited), verdict::source(awaited)),
            ("nightingale".to_owned(), "box".to_owned())
        );
        assert!(shown[1].took_ms >= 300, "it was awaited for 300 ms");

        let Ended { code, out, .. } = text(program, "bad");
        assert_eq!(code, Some(1), "{who}");
        let lines: Vec<&str> = out.lines().map(str::trim).collect();
        for part in [
            "✗ failed    name is bird",
            "expected  bird",
            "actual    owl",
            "read      box /proc/sys/kernel/hostname",
            "✗ failed    name is nightingale (becomes true within 300 ms)",
            "expected  nightingale",
            "✗ failed: bad – 3 cues: 1 passed, 2 failed",
        ] {
            assert!(lines.contains(&part), "{who}: no line {part:?} in\n{out}");
        }
    });
}

#[test]
fn a_fallback_stands_for_what_is_blocked_and_may_have_one_itself() {
    each_user(|who, program| {
        let (code, document, rehearsal) = json(program, "chain");
        assert_eq!((code, &document["overall"]), (Some(0), &"passed".into()), "{who}");
        let fallback = |shown: &CueRecord| match &shown.instead {
            Some(Instead::Fallback(shown)) => shown.clone(),
            other => panic!("{who}: {}: {other:?}", name(shown)),
        };
        let step = &rehearsal.chapters[0].shown;
        assert_eq!(words(step), [("rename", "passed"), ("lacking", "blocked")], "{who}");
        assert_eq!(words(&fallback(&step[1])), [("card", "passed")], "{who}");
        let CueTitle::Card(card) = &fallback(&step[1])[0].what else { panic!("{who}: no card") };
        assert!(card.contains("Not here: no-such-program-anywhere is not in PATH"), "{who}: {card}");
        let lesson = &rehearsal.chapters[1].shown;
        assert_eq!(words(lesson), [("first", "blocked"), ("second", "not run")], "{who}");
        assert_eq!(lesson[1].instead, Some(Instead::Before), "a fallback stands for the rest of its entry");
        let first = fallback(&lesson[0]);
        assert_eq!(words(&first), [("second", "blocked")], "{who}");
        assert_eq!(words(&fallback(&first[0])), [("copy", "passed")], "{who}");
        // What is played instead has a time of its own, and that is what the plan gives here: 15 s and 10 s, and 10 s.
        let planned: Vec<u64> = rehearsal.chapters.iter().map(|c| c.planned_ms).collect();
        assert_eq!((planned, &document["planned_ms"]), (vec![25_000, 10_000], &35_000.into()), "{who}");

        let Ended { code, out, .. } = text(program, "chain");
        assert_eq!(code, Some(0), "{who}");
        assert_eq!(out.matches("↳ its fallback is played instead:").count(), 3, "{out}");
        assert_eq!(out.matches("no-such-program-anywhere is not in PATH").count(), 3, "{out}");
        assert_eq!(out.matches("install the package that has").count(), 3, "{out}");
        assert!(out.contains("– left out "), "{out}");
        assert!(out.contains("3 cues: 3 passed; a fallback was played 2 times"), "{out}");
    });
}

#[test]
fn what_is_blocked_without_a_fallback_has_an_exit_code_of_its_own() {
    each_user(|who, program| {
        let (code, document, rehearsal) = json(program, "alone");
        assert_eq!((code, &document["overall"]), (Some(3), &"blocked".into()), "{who}");
        assert_eq!(words(&rehearsal.chapters[0].shown), [("first", "blocked"), ("own", "passed")], "{who}");
        let allowed = run(program, &["demo", "alone.yaml", "--rehearse", "--allow-blocked"]);
        assert_eq!(allowed.code, Some(0), "{who}");
        assert!(allowed.out.contains("⊘ blocked: alone – 2 cues: 1 passed, 1 blocked"), "{}", allowed.out);
    });
}

/// Cgroups of version 1 are root's; an ordinary user is told so, and what would help.
#[test]
fn cgroups_are_blocked_for_an_ordinary_user_where_root_keeps_them() {
    for (who, program) in users() {
        let report = program.check(&["cgroup-memory"]);
        let lesson = report.lesson("cgroup-memory");
        let Status::Blocked { reason, remedy } = &lesson.status else {
            skip(who, "cgroup-memory is not blocked");
            continue;
        };
        let (code, _, rehearsal) = json(&program, "limit");
        assert_eq!(code, Some(0), "{who}");
        let shown: Vec<&CueRecord> = rehearsal.shown().collect();
        let status = Status::Blocked { reason: reason.clone(), remedy: remedy.clone() };
        assert_eq!(shown[0].status, status, "{who}");
        assert!(matches!(shown[0].instead, Some(Instead::Fallback(_))), "{who}");
    }
}

#[test]
fn wrong_usage_runs_nothing() {
    let program = Program::built();
    for words in [
        &["demo", "fifteen-minuts", "--rehearse"][..],
        &["demo", "nosuch.yaml", "--rehearse"],
        &["demo", "good.yaml", "--rehearse", "--auto"],
        &["demo", "good.yaml", "--format", "json"],
        &["demo", "--rehearse"],
    ] {
        let ended = run(&program, words);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{words:?}: {}", ended.said);
        assert!(!ended.said.is_empty(), "{words:?}");
    }
}

#[test]
fn a_full_disk_is_no_success() {
    let program = Program::built();
    for format in ["text", "json"] {
        let mut command = command(&program, &["demo", "good.yaml", "--rehearse", "--format", format]);
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let said = program.scratch.file("said");
        let mut lab = Lab::start(command.stdout(full).stderr(File::create(&said).expect("a file")));
        assert_eq!(lab.wait(), Some(2), "{format}");
        let said = std::fs::read_to_string(said).expect("UTF-8");
        assert!(said.contains("standard output: ENOSPC"), "{format}: {said}");
        assert_eq!(leftover::of(lab.pid), Vec::<String>::new(), "{format}");
    }
}

/// Starts the long script and waits until it is in the middle of its measurement.
fn in_the_middle(program: &Program) -> (Lab, PathBuf) {
    let idle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/idle.yaml");
    let mut command = command(program, &["demo", "long.yaml", "--rehearse"]);
    common::copy(idle.as_ref(), &program.scratch.file("demos").join("lessons/idle.yaml"));
    let out = program.scratch.file("long.txt");
    let lab = Lab::start(command.stdout(File::create(&out).expect("a file")));
    let measured = wait_for(SOON, || {
        let read = std::fs::read_to_string(&out).unwrap_or_default();
        let server = leftover::processes_of(lab.pid).iter().any(|p| p.name.contains("server"));
        (read.contains("idle/short") && server).then_some(())
    });
    assert!(measured.is_some(), "it never got to its measurement: {:?}", std::fs::read_to_string(&out));
    (lab, out)
}

#[test]
fn a_signal_in_the_middle_undoes_everything() {
    each_user(|who, program| {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let (mut lab, out) = in_the_middle(program);
            lab.signal(signal);
            assert_eq!(lab.wait(), Some(130), "{who}: {signal}");
            let left = leftover::of(lab.pid);
            assert!(left.is_empty(), "{who}: {signal}: left\n{}", left.join("\n"));
            let out = std::fs::read_to_string(out).expect("UTF-8");
            assert!(out.contains("✓ passed") && out.contains("– not run "), "{who}: {signal}: {out}");
            assert!(
                out.contains("– interrupted: long – 3 cues: 1 passed, 2 not run"),
                "{who}: {signal}: {out}"
            );
        }
    });
}

/// The cue in which the guardian is lost has failed; the next one has another guardian.
#[test]
fn a_lost_guardian_fails_its_cue_and_ends_nothing() {
    let program = Program::built();
    if let Some(reason) = blocked(&program) {
        return skip("a lost guardian", &reason);
    }
    let (mut lab, out) = in_the_middle(&program);
    let guardian = leftover::guardian_of(lab.pid).expect("a guardian");
    let _ = kill(Pid::from_raw(guardian), Signal::SIGKILL);
    assert_eq!(lab.wait(), Some(1));
    let out = std::fs::read_to_string(out).expect("UTF-8");
    let line = |part: &str| out.lines().find(|l| l.contains(part)).unwrap_or_else(|| panic!("{part}: {out}"));
    assert!(line("idle/long").starts_with("✗ failed ") && out.contains("guardian"), "{out}");
    assert!(line("uts/copy").starts_with("✓ passed "), "{out}");
    assert!(out.contains("✗ failed: long – 3 cues: 2 passed, 1 failed"), "{out}");
    let left = leftover::of(lab.pid);
    assert!(left.is_empty(), "left\n{}", left.join("\n"));
}

#[test]
fn what_a_killed_rehearsal_leaves_is_undone_by_the_next_start() {
    let program = Program::built();
    if let Some(reason) = blocked(&program) {
        return skip("a killed rehearsal", &reason);
    }
    let (mut lab, _) = in_the_middle(&program);
    let guardian = leftover::guardian_of(lab.pid).expect("a guardian");
    for pid in [lab.pid, guardian] {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    lab.wait();
    let dead = wait_for(SOON, || leftover::guardian_anywhere(lab.pid).is_none().then_some(()));
    assert!(dead.is_some(), "the guardian does not die");
    let next = text(&program, "good");
    assert_eq!(next.code, Some(0), "{}", next.said);
    // A program that somebody else has started beside this one may have been the first to sweep.
    let own = next.said.contains(&format!("undid what a killed run had left: isolab-{}-", lab.pid));
    note(&format!("  swept by {}", if own { "the next rehearsal" } else { "another program" }));
    let gone = wait_for(SOON, || leftover::of(lab.pid).is_empty().then_some(()));
    assert!(gone.is_some(), "left\n{}", leftover::of(lab.pid).join("\n"));
}

/// A show knows before it comes to a lesson that it is blocked, and what is then played instead.
#[test]
fn the_plan_has_the_time_of_what_can_be_played() {
    let demos = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demos");
    let lessons = Catalog::with_directory(&Path::new(demos).join("lessons")).expect("lessons");
    let text = std::fs::read_to_string(format!("{demos}/chain.yaml")).expect("the script");
    let script = isolab::demo::script::load::load("chain.yaml", &text, &lessons).expect("no mistakes");
    let here = Variant::new(Version::V2, Rights::Root);
    let plan = Plan::new(&script, &here, &|id, set| lessons.load(id, set)).expect("its lessons are there");
    let times = |blocked: &[&str]| -> Vec<u64> {
        let instead = |cue: &Cue| plan.instead(cue, &|id| blocked.contains(&id));
        plan.times(&|_, cue| instead(cue)).iter().map(Duration::as_secs).collect()
    };
    assert_eq!(times(&[]), [15, 15, 15, 15]);
    assert_eq!(times(&["plain"]), [10, 0, 15, 15]);
    let both = plan.cues.iter().find_map(|cue| plan.instead(cue, &|id| id == "nowhere"));
    assert_eq!(
        (both, times(&["nowhere"])),
        (Some(1), vec![15, 15, 10, 0]),
        "the first of them is blocked, too"
    );
    assert_eq!(times(&["nowhere", "uts"]), [15, 15, 10, 0], "of those that are all blocked the last counts");
}
