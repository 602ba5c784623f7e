//! The ids of root's runs: a range for each, and nobody else's.

mod common;
#[macro_use]
#[path = "common/pty.rs"]
mod pty;

use common::{Program, Scratch, is_root, leftover, lessons_of, note, skip, troubles, wait_for};
use isolab::actor::ids::IdRange;
use isolab::actor::ledger::{self, Ledger, LedgerEntry};
use isolab::events::{Deed, LessonRecord, Status};
use isolab::vocabulary::Verb;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What is waited for comes within this time: 60 s.
const SOON: Duration = Duration::from_secs(60);

/// The range that a run has written into its map, as its setup shows it.
fn range_of(lesson: &LessonRecord) -> IdRange {
    let mut maps = lesson.steps.iter().flat_map(|s| &s.actions).filter_map(|a| match &a.deed {
        Deed::Verb(verb) => match verb.as_ref() {
            Verb::UidMap(map) if map.0.of.as_deref() == Some("run") => map.0.map.with_own(None),
            _ => None,
        },
        Deed::Lab(_) => None,
    });
    let map = maps.next().unwrap_or_else(|| panic!("no map in {:?}", lesson.steps.first()));
    let words: Vec<u32> = map.split(' ').filter_map(|w| w.parse().ok()).collect();
    assert_eq!((words.len(), words[0]), (3, 0), "{map}");
    IdRange { first: words[1], count: words[2] }
}

/// Ledgers in the place of ledgers, gone when the test ends. They are held, so nobody else undoes them.
struct Ledgers(Vec<PathBuf>);

impl Ledgers {
    fn create(&mut self) -> Ledger {
        let run = format!("{}{}-{}", ledger::PREFIX, std::process::id(), 900 + self.0.len());
        let path = ledger::path_of(&run);
        self.0.push(path.clone());
        Ledger::create(&path).expect("a ledger")
    }
}

impl Drop for Ledgers {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A range that no run takes.
fn made_up(number: u32) -> (IdRange, PathBuf) {
    let range = IdRange { first: 3_000_000_000 + std::process::id() % 1_000_000 * 100 + number, count: 10 };
    (range, Path::new(ledger::HOME).join(format!("isolab-ids-{}", range.first)))
}

#[test]
fn of_all_who_want_a_range_one_gets_it() {
    let (range, claim) = made_up(1);
    let mut files = Ledgers(Vec::new());
    let mut all: Vec<Ledger> = (0..8).map(|_| files.create()).collect();
    let got: Vec<bool> = std::thread::scope(|scope| {
        let ask = |ledger: &mut Ledger| ledger.claim(range, true).expect("claim").is_some();
        let asked: Vec<_> = all.iter_mut().map(|ledger| scope.spawn(move || ask(ledger))).collect();
        asked.into_iter().map(|t| t.join().expect("a thread")).collect()
    });
    assert_eq!(got.iter().filter(|got| **got).count(), 1, "{got:?}");
    let winner = got.iter().position(|got| *got).expect("one");
    let who = ledger::holder(range).expect("a holder");
    assert_eq!(Some(who.as_str()), ledger::run_of(all[winner].path()));
    // Who has only wanted it does not give it away.
    for (index, ledger) in all.iter().enumerate().filter(|(index, _)| *index != winner) {
        assert_eq!(ledger.undo(), [], "ledger {index}");
        assert!(claim.exists(), "ledger {index} has given away what is another's");
    }
    assert_eq!(all[winner].undo(), []);
    assert!(claim.symlink_metadata().is_err(), "the claim is left");
}

#[test]
fn a_range_is_given_back_when_nothing_of_its_run_is_left() {
    let (range, claim) = made_up(2);
    let mut files = Ledgers(Vec::new());
    let mut ledger = files.create();
    assert!(ledger.claim(range, true).expect("claim").is_some());
    // Nothing has this name, and no directory can be opened at it.
    let scratch = Scratch::new();
    let obstacle = scratch.file("obstacle");
    std::fs::write(&obstacle, "").expect("a file");
    ledger.note(&LedgerEntry::Workspace(obstacle.clone())).expect("an entry");
    assert_eq!(ledger.undo().len(), 1);
    assert!(claim.exists(), "given back, and something of the run is left");
    std::fs::remove_file(&obstacle).expect("removed");
    assert_eq!(ledger.undo(), []);
    assert!(claim.symlink_metadata().is_err(), "the claim is left");
}

/// A ledger that somebody has removed by hand keeps no range for ever, and a name that somebody else has made keeps none at all.
#[test]
fn a_claim_of_nobody_is_taken_over() {
    let (range, claim) = made_up(3);
    let mut files = Ledgers(Vec::new());
    let mut first = files.create();
    assert!(first.claim(range, true).expect("claim").is_some());
    std::fs::remove_file(first.path()).expect("removed");
    let mut second = files.create();
    assert!(second.claim(range, true).expect("claim").is_none(), "the run that has it lives");
    drop(first);
    // A process that another test is starting has the ledger open until its exec.
    let taken = wait_for(SOON, || second.claim(range, true).expect("claim"));
    assert!(taken.is_some());
    assert_eq!(second.undo(), []);
    if !is_root() {
        return skip("a name that another user has made", "only root can make one");
    }
    std::fs::write(&claim, "").expect("a file");
    std::os::unix::fs::lchown(&claim, Some(common::NOBODY), Some(common::NOBODY)).expect("chown");
    let mut third = files.create();
    assert!(third.claim(range, true).expect("claim").is_some());
    assert_eq!(claim.metadata().expect("the claim").ino(), third.path().metadata().expect("it").ino());
    assert_eq!(third.undo(), []);
}

/// Runs of root that go on at the same time have nothing in common, and nothing that a user or a container on this machine may have.
#[test]
fn runs_of_root_share_no_ids() {
    if !is_root() {
        return skip("the ids of root's runs", "only root starts them");
    }
    let program = Program::built();
    let held = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/held.yaml");
    let start = |number: usize| {
        let report = program.scratch.file(&format!("{number}.json"));
        let mut command = program.command();
        command.args(["check", held, "--format", "json", "--output"]).arg(&report);
        (common::Lab::start(&mut command), report)
    };
    let mut labs: Vec<_> = (0..4).map(start).collect();
    let mut ranges = Vec::new();
    for (lab, report) in &mut labs {
        lab.wait();
        let lessons = lessons_of(report);
        ranges.push(range_of(lessons.first().expect("a record")));
        let left = leftover::of(lab.pid);
        assert!(left.is_empty(), "left\n  {}", left.join("\n  "));
    }
    note(&format!("  {ranges:?}"));
    for (index, range) in ranges.iter().enumerate() {
        assert_eq!(range.count, 65_536);
        assert!(range.first > 2_000_200_000 && range.first <= 2_147_352_575 - 65_535, "{range:?}");
        assert!(!ranges[..index].contains(range), "{ranges:?}");
    }
}

/// On stock Debian and Ubuntu 100000 to 165535 are the first user's subordinate ids: a run of root's could end a process of theirs.
#[test]
fn a_process_with_a_subordinate_id_is_out_of_reach() {
    if !is_root() {
        return skip("a process with a subordinate id", "only root can start one");
    }
    let mut victim = Command::new("sleep")
        .arg("300")
        .uid(100_000)
        .gid(100_000)
        .stdin(Stdio::null())
        .spawn()
        .expect("sleep");
    let program = Program::built();
    let lesson = format!(
        "format: 1\nid: reach\ntitle: Reach\nsummary: It tries to end a stranger.\nminutes: 1\n\
         boxes: {{ box: {{}} }}\nreadouts: {{ said: {{ host: {{ output: box }} }} }}\n\
         steps:\n  - id: kill\n    title: Kill\n    text: |\n      It tries.\n    do:\n\
         \x20     - {{ box: {{ run: [sh, -c, \"kill -9 {}; echo tried\"] }} }}\n\
         \x20   expect:\n      - {{ said: {{ contains: tried }} }}\n",
        victim.id()
    );
    let file = program.scratch.file("reach.yaml");
    std::fs::write(&file, lesson).expect("a file");
    let report = program.check(&[file.to_str().expect("a path")]);
    let alive = victim.try_wait().expect("wait").is_none();
    victim.kill().expect("kill");
    victim.wait().expect("wait");
    let lesson = report.lesson("reach");
    if let Status::Blocked { reason, .. } = &lesson.status {
        return skip("a process with a subordinate id", reason);
    }
    assert_eq!(lesson.status, Status::Passed, "{}", troubles(lesson));
    assert!(alive, "a run of root's has ended a process of uid 100000");
}

/// A lab whose own map is that of a container, with the host's root as its root.
fn in_a_small_map(program: &Program, arguments: &[&str]) -> common::Lab {
    let mut command = Command::new("unshare");
    command.args(["--user", "sh", "-c", "read go; exec \"$@\"", "sh"]).arg(common::ISOLAB).args(arguments);
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.process_group(0).env_remove("ISOLAB_RUN").env("HOME", program.scratch.path());
    let mut lab = common::Lab::start(&mut command);
    small_map(lab.pid);
    lab.say("go\n");
    lab
}

/// Gives a process that has got a user namespace the map of a container, once it has.
fn small_map(pid: i32) {
    let own = leftover::namespace(std::process::id().cast_signed(), "user");
    let moved = wait_for(SOON, || (leftover::namespace(pid, "user") != own).then_some(()));
    assert!(moved.is_some(), "no user namespace");
    for map in ["uid_map", "gid_map"] {
        std::fs::write(format!("/proc/{pid}/{map}"), "0 0 1\n1 2000250000 65535").expect("a map");
    }
}

/// Where the map has no room for a range for each, runs of root go one at a time.
#[test]
fn in_a_small_map_runs_go_one_at_a_time() {
    if !is_root() {
        return skip("runs in a small map", "only root can write one");
    }
    let program = Program::built();
    let held = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/held.yaml");
    let start = |number: usize| {
        let report = program.scratch.file(&format!("small-{number}.json"));
        let path = report.to_str().expect("a path").to_owned();
        (in_a_small_map(&program, &["check", held, "--format", "json", "--output", &path]), report)
    };
    let mut labs: Vec<_> = (0..3).map(start).collect();
    let mut ranges = Vec::new();
    for (lab, report) in &mut labs {
        let code = lab.wait();
        let lessons = lessons_of(report);
        let lesson = lessons.first().unwrap_or_else(|| panic!("no record, exit {code:?}"));
        if let Status::Blocked { reason, .. } = &lesson.status
            && !reason.contains("has the only ids")
        {
            return skip("runs in a small map", reason);
        }
        assert_eq!(lesson.status, Status::Passed, "{}", troubles(lesson));
        ranges.push(range_of(lesson));
    }
    note(&format!("  {ranges:?}"));
    assert!(ranges.iter().all(|range| *range == ranges[0]), "{ranges:?}");
    assert!(ranges[0].first > 0 && ranges[0].count > 1, "{ranges:?}");
    let claim = Path::new(ledger::HOME).join(format!("isolab-ids-{}", ranges[0].first));
    assert!(claim.symlink_metadata().is_err(), "{} is left", claim.display());
}

/// A step that is prepared and waits for its reader lets another run go first.
#[test]
fn a_step_that_only_waits_gives_its_turn_away() {
    if !is_root() {
        return skip("runs in a small map", "only root can write one");
    }
    on_a_terminal!();
    let program = Program::built();
    let screen = pty::Pty::start((80, 24), "unshare", |command| {
        command.args(["--user", "sh", "-c", "read go; exec \"$@\"", "sh", common::ISOLAB, "learn", "uts"]);
        command.current_dir("/").env("HOME", program.scratch.path()).env_remove("ISOLAB_RUN");
        command.env("XDG_STATE_HOME", program.scratch.path());
    });
    small_map(screen.pid());
    screen.keys("go<enter>");
    if !screen.shows(SOON, |cells| {
        let text = pty::text(cells);
        text.contains("before:") || text.contains("is blocked") || text.contains("has the only ids")
    }) {
        panic!("nothing was prepared:\n{}", screen.screen());
    }
    if !screen.screen().contains("before:") {
        return skip("runs in a small map", &screen.screen());
    }
    let report = program.scratch.file("turn.json");
    let path = report.to_str().expect("a path").to_owned();
    let mut lab = in_a_small_map(&program, &["check", "uts", "--format", "json", "--output", &path]);
    assert_eq!(lab.wait(), Some(0), "{:?}", lessons_of(&report).first().map(troubles));
    screen.wait_for("another run was waiting");
    // And it is made again when its reader goes on.
    screen.keys("<enter>");
    screen.wait_for("checks ✓");
    screen.keys("q");
    assert_eq!(screen.wait_exit(), 0);
}

/// A run that does not get its turn is blocked, and says by whom.
#[test]
fn who_does_not_get_its_turn_is_told_by_whom() {
    if !is_root() {
        return skip("runs in a small map", "only root can write one");
    }
    if std::env::var_os("ISOLAB_SLOW").is_none() {
        return skip("a run that does not get its turn", "it waits 20 s; ISOLAB_SLOW=1 enables it");
    }
    let program = Program::built();
    let report = program.scratch.file("blocked.json");
    let path = report.to_str().expect("a path").to_owned();
    let run = |lesson: &str| {
        let mut lab = in_a_small_map(&program, &["check", lesson, "--format", "json", "--output", &path]);
        let code = lab.wait();
        (code, lessons_of(&report).into_iter().next().expect("a record"))
    };
    let (_, passed) = run("uts");
    let range = range_of(&passed);
    let mut files = Ledgers(Vec::new());
    let mut holder = files.create();
    let got = wait_for(SOON, || holder.claim(range, false).expect("claim"));
    assert!(got.is_some(), "another test has it");
    let (code, blocked) = run("uts");
    assert_eq!(holder.undo(), []);
    let Status::Blocked { reason, remedy } = &blocked.status else { panic!("{}", troubles(&blocked)) };
    assert!(reason.contains(ledger::run_of(&files.0[0]).expect("a run")), "{reason}");
    assert!(!remedy.is_empty());
    assert_ne!(code, Some(0));
}
