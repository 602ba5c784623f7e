//! Kills the lab, its guardian, its boxes, at random moments and at chosen ones. Each time nothing may be left, and a run beside it must
//! not notice.
//!
//! `ISOLAB_SEED` repeats the moments of an earlier run; `ISOLAB_KILLS` multiplies their number.

mod common;

use common::random::Random;
use common::{Lab, Program, Scratch, is_root, leftover, lessons_of, note, skip, troubles, wait_for};
use isolab::events::Status;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lessons that are short and use most of what there is.
const SHORT: &[&str] = &["uts", "pid", "mount", "overlay"];
/// A lesson with one action that takes seconds.
const HELD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/held.yaml");
/// A lesson with a process that keeps neither the run's session nor its environment.
const STRAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/stray.yaml");
/// Everything must be gone so long after a kill: 40 s, more than the guardian's own deadlines for its processes and cgroups together.
const GONE: Duration = Duration::from_secs(40);
/// A moment that was waited for (a traced box, a guardian) comes within this time: 20 s.
const SOON: Duration = Duration::from_secs(20);

// ---------------------------------------------------------------- chance

/// Random moments.
struct Chance(Random);

impl Chance {
    fn new(test: &str) -> Self {
        let given = std::env::var("ISOLAB_SEED").ok().and_then(|s| s.parse().ok());
        let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |d| d.as_nanos() as u64);
        let seed = given.unwrap_or_else(now);
        note(&format!("{test}: ISOLAB_SEED={seed}"));
        Chance(Random(seed))
    }

    fn next(&mut self) -> u64 {
        self.0.next()
    }

    /// Lets a random part of this time pass.
    fn moment(&mut self, within: Duration) -> Duration {
        let part = Duration::from_micros(self.next() % u64::try_from(within.as_micros()).unwrap_or(1).max(1));
        std::thread::sleep(part);
        part
    }
}

fn times(number: usize) -> usize {
    number * std::env::var("ISOLAB_KILLS").ok().and_then(|s| s.parse().ok()).unwrap_or(1)
}

// ---------------------------------------------------------------- surroundings

/// One test at a time: they look for orphans of this very process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Whatever loses its parent comes here, marked or not.
    nix::sys::prctl::set_child_subreaper(true).expect("PR_SET_CHILD_SUBREAPER");
    guard
}

/// A run that goes on beside the kills, again and again, and must not notice them. A shell starts it, so that this process has one child
/// for all of them.
struct Companion {
    shell: Child,
    scratch: Scratch,
}

impl Companion {
    fn start() -> Self {
        let scratch = Scratch::new();
        let script = r#"
            while [ ! -e "$1/stop" ]; do
                if "$2" check pid mount >"$1/report" 2>&1
                then echo passed >>"$1/log"
                else echo "failed with $?" >>"$1/log"; cat "$1/report" >>"$1/log"
                fi
            done"#;
        let shell = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(scratch.path())
            .arg(common::ISOLAB)
            .stdin(Stdio::null())
            .spawn()
            .expect("sh starts");
        Companion { shell, scratch }
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.shell.id()).expect("a process number")
    }

    fn finish(mut self) {
        std::fs::write(self.scratch.file("stop"), "").expect("a file");
        let ended = wait_for(GONE, || self.shell.try_wait().expect("wait"));
        assert!(ended.is_some(), "the run beside did not end");
        let log = std::fs::read_to_string(self.scratch.file("log")).unwrap_or_default();
        assert!(log.contains("passed"), "the run beside never got to its end");
        assert!(log.lines().all(|l| l == "passed"), "a run beside was disturbed:\n{log}");
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        let _ = std::fs::write(self.scratch.file("stop"), "");
        let _ = wait_for(GONE, || self.shell.try_wait().ok().flatten());
    }
}

/// Waits until no child of this process is left but the companion, reaping those that have come here.
fn orphans_gone(companion: Option<&Companion>, at_most: Duration) -> Result<(), String> {
    let me = i32::try_from(std::process::id()).expect("a process number");
    let mut last = String::new();
    let gone = wait_for(at_most, || {
        let known = companion.map(Companion::pid);
        let children = leftover::children(me);
        let orphans: Vec<_> = children.into_iter().filter(|p| Some(p.pid) != known).collect();
        for orphan in &orphans {
            let _ = waitpid(Pid::from_raw(orphan.pid), Some(WaitPidFlag::WNOHANG));
        }
        last = format!("{orphans:#?}");
        orphans.is_empty().then_some(())
    });
    gone.ok_or(last)
}

/// After the lab has ended: everybody it has left to this process ends, and by then everything is undone.
fn nothing_left(lab: i32, companion: Option<&Companion>, what: &str) {
    if let Err(orphans) = orphans_gone(companion, GONE) {
        panic!("{what}: processes of lab {lab} are left after {} s: {orphans}", GONE.as_secs());
    }
    // At once: the next start of the companion would sweep, too, and hide it.
    let left = leftover::of(lab);
    assert!(left.is_empty(), "{what}: lab {lab} has left\n  {}", left.join("\n  "));
}

fn end(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Lessons, and how long each takes here and now.
struct Pool(Vec<(&'static str, Duration)>);

impl Pool {
    fn of(program: &Program, lessons: &[&'static str]) -> Self {
        let length = |lesson: &&'static str| {
            let start = Instant::now();
            let report = program.check(&[lesson]);
            assert_eq!(report.code, Some(0), "{}{}", report.complaints, all_troubles(&report));
            (*lesson, start.elapsed())
        };
        Pool(lessons.iter().map(length).collect())
    }

    fn pick(&self, chance: &mut Chance) -> (&'static str, Duration) {
        self.0[chance.next() as usize % self.0.len()]
    }
}

fn all_troubles(report: &common::Report) -> String {
    report.lessons.iter().filter(|l| l.status != Status::Passed).map(troubles).collect()
}

/// Starts a lesson and lets a random part of its length pass. Gives what is said when something goes wrong.
fn start(program: &Program, pool: &Pool, chance: &mut Chance) -> (Lab, String) {
    let (lesson, whole) = pool.pick(chance);
    let lab = Lab::start(program.command().args(["check", lesson]));
    let at = chance.moment(whole);
    (lab, format!("{} ms after the start of {lesson}", at.as_millis()))
}

// ---------------------------------------------------------------- the kills

/// Kills the lab alone: its guardian ends everything.
fn kill_labs(number: usize, program: &Program, pool: &Pool, beside: Option<&Companion>, chance: &mut Chance) {
    let mut guarded = 0;
    for round in 0..number {
        let (mut lab, at) = start(program, pool, chance);
        let guardian = leftover::guardian_of(lab.pid);
        guarded += usize::from(guardian.is_some());
        lab.signal(Signal::SIGKILL);
        lab.wait();
        nothing_left(lab.pid, beside, &format!("kill {round} of the lab, {at}"));
    }
    note(&format!("  {number} kills of the lab, {guarded} of them while a guardian lived"));
    assert!(guarded * 3 >= number, "most kills hit no run at all: the moments are not those that matter");
}

/// Kills the guardian alone: the lab ends everything, says that the lesson failed, and ends itself.
fn kill_guardians(
    number: usize,
    program: &Program,
    pool: &Pool,
    beside: Option<&Companion>,
    chance: &mut Chance,
) {
    let mut done = 0;
    for _ in 0..number * 5 {
        let (mut lab, at) = start(program, pool, chance);
        let Some(guardian) = wait_for(SOON, || match leftover::guardian_of(lab.pid) {
            Some(pid) => Some(Some(pid)),
            None => lab.ended().then_some(None),
        })
        .expect("a guardian, or the end") else {
            nothing_left(lab.pid, beside, "a run that was over before its guardian could be killed");
            continue;
        };
        end(guardian, Signal::SIGKILL);
        let code = lab.wait();
        let what = format!("kill of the guardian, {at}");
        // After its last word a guardian's death changes no verdict.
        assert!(matches!(code, Some(0 | 1)), "{what}: exit code {code:?}");
        let left = leftover::of(lab.pid);
        assert!(left.is_empty(), "{what}: lab {} has left\n  {}", lab.pid, left.join("\n  "));
        nothing_left(lab.pid, beside, &what);
        done += 1;
        if done == number {
            break;
        }
    }
    assert_eq!(done, number, "too few guardians were there to be killed");
    note(&format!("  {number} kills of the guardian"));
}

/// Kills both at once: the next start ends everything.
fn kill_both(number: usize, program: &Program, pool: &Pool, beside: Option<&Companion>, chance: &mut Chance) {
    let (mut done, mut swept) = (0, 0);
    for round in 0..number * 5 {
        let (mut lab, at) = start(program, pool, chance);
        let Some(guardian) = leftover::guardian_of(lab.pid) else {
            lab.signal(Signal::SIGKILL);
            lab.wait();
            nothing_left(lab.pid, beside, "kill of a lab without a guardian");
            continue;
        };
        let victims = if round % 2 == 0 { [lab.pid, guardian] } else { [guardian, lab.pid] };
        for pid in victims {
            end(pid, Signal::SIGKILL);
        }
        lab.wait();
        clean(program, lab.pid, beside, round % 4 < 2, &mut swept);
        let what = format!("kill {round} of lab and guardian, {at}");
        nothing_left(lab.pid, beside, &what);
        done += 1;
        if done == number {
            break;
        }
    }
    assert_eq!(done, number, "too few guardians were there to be killed");
    note(&format!("  {number} kills of both; in {swept} of them the next start had something to undo"));
}

/// Starts the program anew, which sweeps, and waits until a dead run is undone; the companion may be sweeping at the same time.
fn clean(program: &Program, lab: i32, beside: Option<&Companion>, by_clean: bool, swept: &mut usize) {
    // Dead are those whose locks are gone, and that is when they have ended, not when they were told to.
    let dead = wait_for(GONE, || leftover::guardian_anywhere(lab).is_none().then_some(()));
    assert!(dead.is_some(), "the guardian of lab {lab} does not die");
    *swept += usize::from(!leftover::of(lab).is_empty());
    let arguments: &[&str] = if by_clean { &["clean"] } else { &["check", "uts"] };
    let told = program.scratch.file("next");
    let output = std::fs::File::create(&told).expect("a file");
    let mut next = Lab::start(program.command().args(arguments).stdout(output));
    let code = next.wait();
    let said = std::fs::read_to_string(&told).unwrap_or_default();
    assert_eq!(code, Some(0), "isolab {}: {said}", arguments.join(" "));
    if beside.is_some() {
        let _ = wait_for(GONE, || leftover::of(lab).is_empty().then_some(()));
    }
}

#[test]
fn random_kills_leave_nothing() {
    let _alone = alone();
    let mut chance = Chance::new("random_kills_leave_nothing");
    let program = Program::built();
    let beside = Companion::start();
    let pool = Pool::of(&program, SHORT);
    kill_labs(times(100), &program, &pool, Some(&beside), &mut chance);
    kill_guardians(times(20), &program, &pool, Some(&beside), &mut chance);
    kill_both(times(20), &program, &pool, Some(&beside), &mut chance);
    beside.finish();
}

#[test]
fn random_kills_of_an_ordinary_users_run_leave_nothing() {
    if !is_root() {
        return skip("kills of another user's run", "only root can start the program as one");
    }
    let _alone = alone();
    let mut chance = Chance::new("random_kills_of_an_ordinary_users_run_leave_nothing");
    let program = Program::for_nobody();
    if let Some(reason) = blocked(&program, "uts") {
        return skip("kills of another user's run", &reason);
    }
    let beside = Companion::start();
    let pool = Pool::of(&program, SHORT);
    kill_labs(times(12), &program, &pool, Some(&beside), &mut chance);
    kill_guardians(times(4), &program, &pool, Some(&beside), &mut chance);
    kill_both(times(4), &program, &pool, Some(&beside), &mut chance);
    beside.finish();
}

#[test]
fn random_kills_of_a_run_with_cgroups_leave_nothing() {
    let _alone = alone();
    let program = Program::built();
    if let Some(reason) = blocked(&program, "cgroup-memory") {
        return skip("kills of a run with cgroups", &reason);
    }
    let mut chance = Chance::new("random_kills_of_a_run_with_cgroups_leave_nothing");
    let pool = Pool::of(&program, &["cgroup-memory"]);
    kill_labs(times(6), &program, &pool, None, &mut chance);
    kill_guardians(times(2), &program, &pool, None, &mut chance);
    kill_both(times(2), &program, &pool, None, &mut chance);
}

/// What a program has let loose ends with its run: such processes come to this one, whatever they have kept.
fn kill_strays(program: &Program, test: &str) {
    let mut chance = Chance::new(test);
    let lesson = Box::leak(program.reachable(STRAY).display().to_string().into_boxed_str());
    let pool = Pool::of(program, &[lesson]);
    kill_labs(times(6), program, &pool, None, &mut chance);
    kill_guardians(times(7), program, &pool, None, &mut chance);
    kill_both(times(7), program, &pool, None, &mut chance);
}

#[test]
fn random_kills_leave_no_process_that_has_lost_every_mark() {
    let _alone = alone();
    kill_strays(&Program::built(), "random_kills_leave_no_process_that_has_lost_every_mark");
}

#[test]
fn random_kills_of_an_ordinary_users_run_leave_no_process_that_has_lost_every_mark() {
    if !is_root() {
        return skip("kills of another user's run", "only root can start the program as one");
    }
    let _alone = alone();
    let program = Program::for_nobody();
    if let Some(reason) = blocked(&program, "uts") {
        return skip("kills of another user's run", &reason);
    }
    let test = "random_kills_of_an_ordinary_users_run_leave_no_process_that_has_lost_every_mark";
    kill_strays(&program, test);
}

/// Why a lesson cannot be run here, if it cannot.
fn blocked(program: &Program, lesson: &str) -> Option<String> {
    let report = program.check(&[lesson]);
    match &report.lesson(lesson).status {
        Status::Blocked { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

// ---------------------------------------------------------------- signals

/// A wish to end is carried out like any other end: everything is undone, and the exit code says so.
#[test]
fn a_signal_ends_the_run_in_order() {
    let _alone = alone();
    let mut chance = Chance::new("a_signal_ends_the_run_in_order");
    let program = Program::built();
    for round in 0..times(12) {
        let signal = [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT][round % 3];
        let file = program.scratch.file(&format!("{round}.json"));
        let mut lab = Lab::start(
            program.command().args(["check", "pid", "net", "--format", "json", "--output"]).arg(&file),
        );
        // Before there is a guardian there may be no handler yet, and then there is nothing to undo either.
        let guarded = wait_for(SOON, || leftover::guardian_of(lab.pid));
        assert!(guarded.is_some(), "no guardian");
        let at = chance.moment(Duration::from_millis(300));
        if signal == Signal::SIGINT {
            lab.signal_group(signal);
        } else {
            lab.signal(signal);
        }
        let code = lab.wait();
        let what = format!("{signal} {} ms after the guardian's start", at.as_millis());
        assert_eq!(code, Some(130), "{what}");
        let left = leftover::of(lab.pid);
        assert!(left.is_empty(), "{what}: lab {} has left\n  {}", lab.pid, left.join("\n  "));
        nothing_left(lab.pid, None, &what);
        let lessons = lessons_of(&file);
        let unfinished = |s: &isolab::events::StepRecord| s.status == Status::NotRun;
        assert!(lessons.iter().any(|l| l.steps.iter().any(unfinished)), "{what}: every step was run");
        assert!(lessons.iter().all(|l| l.left.is_empty()), "{what}: {lessons:#?}");
        assert!(
            lessons.iter().all(|l| l.status != Status::Failed),
            "{what}: an interrupted run is no failed one: {}",
            lessons.iter().map(troubles).collect::<String>()
        );
    }
}

// ---------------------------------------------------------------- chosen moments

/// A run that is held in the middle of an action: a box stands in a stop of its tracer, and the guardian, who traces it, is stopped.
struct Held {
    lab: Lab,
    guardian: i32,
    tracee: leftover::Process,
    report: std::path::PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        // A stopped guardian would undo nothing, and stay.
        end(self.guardian, Signal::SIGCONT);
    }
}

/// Starts a run whose one action takes seconds, and holds it there.
fn hold(program: &Program) -> Held {
    let report = program.scratch.file("held.json");
    let mut lab =
        Lab::start(program.command().args(["check", HELD, "--format", "json", "--output"]).arg(&report));
    let pid = lab.pid;
    let own = leftover::namespace(std::process::id().cast_signed(), "net");
    let in_its_action = || {
        let guardian = leftover::guardian_of(pid)?;
        let is_it = |p: &leftover::Process| p.arguments.get(2).is_some_and(|name| name == "slow");
        let tracee = leftover::children(guardian).into_iter().find(is_it)?.pid;
        let net = leftover::namespace(tracee, "net").filter(|n| Some(n) != own.as_ref());
        (net.is_some() && leftover::tracer(tracee) == Some(guardian)).then_some((guardian, tracee))
    };
    let found = wait_for(SOON, || if lab.ended() { Some(None) } else { in_its_action().map(Some) });
    let Some(Some((guardian, tracee))) = found else { panic!("the run never got to its long action") };
    let mut held = Held { lab, guardian, tracee: leftover::process(tracee).expect("the box"), report };
    // It may be between two of its actions; the last one takes seconds, and then it stops at the end of its call.
    let stopped = wait_for(SOON, || {
        end(guardian, Signal::SIGSTOP);
        let stopped = wait_for(Duration::from_secs(3), || {
            leftover::process(tracee).filter(|p| p.state == 't' || leftover::tracer(tracee).is_none())
        });
        let held = stopped.filter(|p| p.state == 't');
        if held.is_none() {
            end(guardian, Signal::SIGCONT);
        }
        held
    });
    held.tracee = stopped.expect("a box that is traced stops when its tracer is stopped");
    held
}

#[test]
fn a_lab_that_dies_while_a_box_is_traced_leaves_nothing() {
    let _alone = alone();
    let program = Program::built();
    for _ in 0..times(3) {
        let mut held = hold(&program);
        held.lab.signal(Signal::SIGKILL);
        held.lab.wait();
        end(held.guardian, Signal::SIGCONT);
        nothing_left(held.lab.pid, None, &format!("the lab killed while {:?} was traced", held.tracee));
    }
}

#[test]
fn a_guardian_that_dies_while_it_traces_leaves_nothing() {
    let _alone = alone();
    let program = Program::built();
    for _ in 0..times(3) {
        let mut held = hold(&program);
        end(held.guardian, Signal::SIGKILL);
        let what = format!("the guardian killed while it traced {:?}", held.tracee);
        assert_eq!(held.lab.wait(), Some(1), "{what}");
        let left = leftover::of(held.lab.pid);
        assert!(left.is_empty(), "{what}: lab {} has left\n  {}", held.lab.pid, left.join("\n  "));
        nothing_left(held.lab.pid, None, &what);
    }
}

#[test]
fn lab_and_guardian_that_die_while_a_box_is_traced_are_undone_by_the_next_start() {
    let _alone = alone();
    let program = Program::built();
    for round in 0..times(2) {
        let mut held = hold(&program);
        held.lab.signal(Signal::SIGKILL);
        end(held.guardian, Signal::SIGKILL);
        held.lab.wait();
        clean(&program, held.lab.pid, None, round % 2 == 0, &mut 0);
        nothing_left(held.lab.pid, None, &format!("both killed while {:?} was traced", held.tracee));
    }
}

/// A box that dies in the middle of its action: the step says so, the rest is not run, and everything is undone.
#[test]
fn a_box_that_dies_in_its_action_fails_the_step() {
    let _alone = alone();
    let program = Program::built();
    for _ in 0..times(3) {
        let mut held = hold(&program);
        end(held.tracee.pid, Signal::SIGKILL);
        end(held.guardian, Signal::SIGCONT);
        let what = format!("{:?} killed in its action", held.tracee);
        assert_eq!(held.lab.wait(), Some(1), "{what}");
        nothing_left(held.lab.pid, None, &what);
        let lessons = lessons_of(&held.report);
        let [lesson] = lessons.as_slice() else { panic!("{what}: {} records", lessons.len()) };
        assert_eq!(lesson.status, Status::Failed, "{what}");
        assert!(lesson.left.is_empty(), "{what}: left {:?}", lesson.left);
        let broken = lesson.steps.iter().position(|s| s.status == Status::Failed);
        let Some(broken) = broken else { panic!("{what}: no step has failed") };
        let name = &held.tracee.arguments[2];
        let says_so = |v: &isolab::events::Verdict| {
            v.status == Status::Failed && isolab::present::verdict::actual(v).contains(name)
        };
        assert!(lesson.steps[broken].verdicts.iter().any(says_so), "{what}: {}", troubles(lesson));
        let after = &lesson.steps[broken + 1..];
        assert!(after.iter().all(|s| s.status == Status::NotRun), "{what}: {}", troubles(lesson));
    }
}

/// A box that dies between its actions: whatever the moment, the run ends by itself and nothing is left.
#[test]
fn boxes_killed_at_random_moments_leave_nothing() {
    let _alone = alone();
    let mut chance = Chance::new("boxes_killed_at_random_moments_leave_nothing");
    let program = Program::built();
    let pool = Pool::of(&program, &["uts", "pid"]);
    let mut hit = 0;
    for round in 0..times(15) {
        let file = program.scratch.file(&format!("{round}.json"));
        let (lesson, whole) = pool.pick(&mut chance);
        let mut lab =
            Lab::start(program.command().args(["check", lesson, "--format", "json", "--output"]).arg(&file));
        let at = chance.moment(whole);
        let of_run = leftover::processes_of(lab.pid);
        let boxes: Vec<_> =
            of_run.into_iter().filter(|p| p.arguments.get(1).is_some_and(|a| a == "__box")).collect();
        let picked = chance.next() as usize % boxes.len().max(1);
        if let Some(victim) = boxes.get(picked) {
            end(victim.pid, Signal::SIGKILL);
            hit += 1;
        }
        let code = lab.wait();
        let what =
            format!("kill {round} of box {:?}, {} ms after the start", boxes.get(picked), at.as_millis());
        assert!(matches!(code, Some(0 | 1)), "{what}: exit code {code:?}");
        let left = leftover::of(lab.pid);
        assert!(left.is_empty(), "{what}: lab {} has left\n  {}", lab.pid, left.join("\n  "));
        nothing_left(lab.pid, None, &what);
        // That somebody is dead is known from its connection and not from its silence.
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(!text.contains("in time"), "{what}: somebody was waited for until a deadline: {text}");
    }
    note(&format!("  {hit} boxes killed"));
    assert!(hit > 0, "no box was there to be killed");
}
